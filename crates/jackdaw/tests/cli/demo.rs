//! The demo, over HTTP and until Ctrl-C.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// A demo in another process; ended with the test, however that goes.
struct Demo {
    process: Child,
    address: SocketAddr,
}

impl Demo {
    /// Starts on a free port and waits for the line that says where.
    fn start() -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_jackdaw"))
            .args(["demo", "--listen", "127.0.0.1:0"])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let url = line.split_once("http://").unwrap_or_else(|| panic!("{line}")).1;
        let address = url.split('/').next().unwrap().parse().unwrap();
        Self { process, address }
    }

    /// The answer to a GET, head and content.
    fn get(&self, path: &str, cookie: Option<&str>) -> String {
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let cookie = cookie.map(|cookie| format!("Cookie: {cookie}\r\n")).unwrap_or_default();
        let head =
            format!("GET {path} HTTP/1.1\r\nHost: demo\r\nConnection: close\r\n{cookie}\r\n");
        stream.write_all(head.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
        answer
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// What stands behind `name` in an answer, up to a blank or `;`.
fn value<'a>(answer: &'a str, name: &str) -> &'a str {
    let rest = answer.split_once(name).unwrap_or_else(|| panic!("no {name} in {answer}")).1;
    rest.split([' ', ';', '\r', '\n']).next().unwrap()
}

#[test]
fn strangers_are_spread_and_sessions_stick() {
    let demo = Demo::start();
    let routes: Vec<String> =
        (0..6).map(|_| value(&demo.get("/whoami", None), "route=").to_owned()).collect();
    for route in ["a", "b", "c"] {
        assert_eq!(routes.iter().filter(|other| *other == route).count(), 2, "{routes:?}");
    }
    let first = demo.get("/", None);
    let session = value(&first, "Set-Cookie: JSESSIONID=");
    let cookie = format!("JSESSIONID={session}");
    for hits in 2..6 {
        let answer = demo.get("/whoami", Some(&cookie));
        assert_eq!(value(&answer, "session="), session);
        assert_eq!(value(&answer, "hits="), hits.to_string());
    }
}

#[test]
#[cfg(unix)]
fn ctrl_c_ends_it_well() {
    let mut demo = Demo::start();
    let pid = demo.process.id().to_string();
    assert!(Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
    assert_eq!(demo.process.wait().unwrap().code(), Some(0));
}

#[test]
fn a_taken_address_is_said_with_the_way_out() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let output = Command::new(env!("CARGO_BIN_EXE_jackdaw"))
        .args(["demo", "--listen", &address])
        .output()
        .unwrap();
    let message = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(message.contains(&address) && message.contains("--listen"), "{message}");
}
