//! What `explain` says is sent is what `serve` sends, byte for byte.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(20);

/// A served site; ended with the test, however that goes.
struct Served(Child);

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Writes a site with one backend; returns the port that it is to listen on.
fn write_site(directory: &Path, backend: u16) -> u16 {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let httpd = format!(
        "Listen 127.0.0.1:{port}\nServerName agreement.example\nErrorLog /dev/null\n\
         JkLogFile /dev/null\nJkWorkersFile workers.properties\nJkMount /* lb\n\
         JkEnvVar COLOUR none\nSetEnvIf X-Colour (.+) COLOUR=$1\n"
    );
    fs::write(directory.join("httpd.conf"), httpd).unwrap();
    let workers = format!(
        "worker.list=lb\nworker.lb.type=lb\nworker.lb.balance_workers=a,b\n\
         worker.a.host=localhost\nworker.a.port={backend}\nworker.a.activation=stopped\n\
         worker.b.host=127.0.0.1\nworker.b.port={backend}\nworker.b.route=east.b\n"
    );
    fs::write(directory.join("workers.properties"), workers).unwrap();
    port
}

fn serve(directory: &Path) -> Served {
    let mut process = Command::new(env!("CARGO_BIN_EXE_jackdaw"))
        .args(["serve", "-f", "httpd.conf", "--threads", "1"])
        .current_dir(directory)
        .env_remove("RUST_LOG")
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(process.stderr.take().unwrap()).lines();
    let served = Served(process);
    let mut said = lines.map(Result::unwrap);
    assert!(said.any(|line| line.contains("listening on")), "it never listened");
    served
}

/// A response without content, after which the connection is closed.
const ANSWER: &[u8] = b"AB\x00\x0b\x04\x00\xc8\x00\x03200\x00\x00\x00AB\x00\x02\x05\x00";

/// The packet that comes to a backend, which answers it.
fn packet(backend: &TcpListener) -> Vec<u8> {
    let (mut stream, _) = backend.accept().unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut head = [0; 4];
    stream.read_exact(&mut head).unwrap();
    let mut payload = vec![0; usize::from(u16::from_be_bytes([head[2], head[3]]))];
    stream.read_exact(&mut payload).unwrap();
    stream.write_all(ANSWER).unwrap();
    [&head[..], &payload].concat()
}

fn explained(directory: &Path, path: &str, port: u16, fields: &[&str]) -> Vec<u8> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_jackdaw"));
    command.args(["explain", "-f", "httpd.conf", "--hex"]).current_dir(directory);
    command.arg(format!("http://agreement.example:{port}{path}"));
    for field in fields {
        command.args(["--header", field]);
    }
    let report = String::from_utf8(command.output().unwrap().stdout).unwrap();
    let rows = report.split_once("\nPacket\n").unwrap_or_else(|| panic!("{report}")).1;
    let bytes = |row: &str| -> Vec<u8> {
        let hex = &row[7..56];
        hex.split_whitespace().map(|byte| u8::from_str_radix(byte, 16).unwrap()).collect()
    };
    rows.lines().flat_map(bytes).collect()
}

/// The client's port is another one for each connection; all of them have five digits.
fn without_port(mut packet: Vec<u8>) -> Vec<u8> {
    let name = b"AJP_REMOTE_PORT\0\0\x05";
    let at = packet.windows(name.len()).position(|window| window == name);
    let at = at.unwrap_or_else(|| panic!("{}", packet.escape_ascii())) + name.len();
    packet[at..at + 5].fill(b'_');
    packet
}

#[test]
fn the_packet_explained_is_the_packet_sent() {
    let directory = tempfile::tempdir().unwrap();
    let backend = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = write_site(directory.path(), backend.local_addr().unwrap().port());
    let _served = serve(directory.path());
    let cases: [(&str, &[&str]); 3] = [
        ("/a%20b;jsessionid=1.east.b?q", &[]),
        ("//x/./y/", &["Cookie: JSESSIONID=2.a", "X-Colour: blue", "TE: trailers"]),
        ("/", &["cookie: JSESSIONID=3.east", "Cookie: other=1"]),
    ];
    for (path, fields) in cases {
        let mut client = TcpStream::connect(("127.0.0.1", port)).unwrap();
        client.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut head = format!("GET {path} HTTP/1.1\r\nHost: agreement.example:{port}\r\n");
        fields.iter().for_each(|field| head += &format!("{field}\r\n"));
        client.write_all(format!("{head}\r\n").as_bytes()).unwrap();
        let sent = without_port(packet(&backend));
        let mut answer = [0; 12];
        client.read_exact(&mut answer).unwrap();
        assert_eq!(answer, *b"HTTP/1.1 200");
        let said = without_port(explained(directory.path(), path, port, fields));
        assert_eq!(said.escape_ascii().to_string(), sent.escape_ascii().to_string(), "{path}");
    }
}
