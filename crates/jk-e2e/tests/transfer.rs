//! Bytes in both directions, through a real Tomcat: from none to 100 MiB, with checksums end to
//! end. Proved on httpd with mod_jk first.

use std::fs;
use std::path::PathBuf;

use jk_e2e::client::Client;
use jk_e2e::cluster;
use jk_e2e::front::{Front, Program};
use jk_e2e::site::{Site, SiteText};
use jk_e2e::text::fnv;
use jk_e2e::tomcat::Tomcat;
use jk_e2e::tools::{curl, wrk};

const SIZES: [usize; 10] = [0, 1, 511, 512, 8186, 8187, 65_536, 1_000_003, 16 * MIB, 100 * MIB];
const MIB: usize = 1024 * 1024;

#[test]
fn transfers_on_httpd() {
    transfers(Program::Httpd);
}

#[test]
fn transfers_on_jackdaw() {
    transfers(Program::Jackdaw);
}

fn transfers(program: Program) {
    let stage = Stage::set(program);
    for size in SIZES {
        stage.upload(size);
        stage.download(size);
    }
    for size in [1, 8187, 1_000_003, 16 * MIB] {
        stage.echo(size);
    }
    stage.converse();
    stage.load();
}

/// A server, the Tomcat behind it, and a file of test bytes.
struct Stage {
    front: Front,
    site: Site,
    _tomcats: Vec<Tomcat>,
}

impl Stage {
    fn set(program: Program) -> Self {
        let site = Site::claim().unwrap();
        let tomcats = cluster::start(site.slot(), &["A"], &[("transfer", "transfer")]).unwrap();
        let workers =
            format!("worker.list=A\nworker.A.host=@IP@\nworker.A.port={}\n", cluster::ajp_port(0));
        let httpd = "JkMount /transfer/* A\n".to_owned();
        site.write(&SiteText { workers: Some(workers), httpd, ..SiteText::default() }).unwrap();
        let front = Front::start(program, &site).unwrap();
        Self { front, site, _tomcats: tomcats }
    }

    fn url(&self, page: &str) -> String {
        format!("http://{}/transfer/{page}", self.front.addr())
    }

    fn file(&self, name: &str, content: &[u8]) -> PathBuf {
        let path = self.site.dir().join(name);
        fs::write(&path, content).unwrap();
        path
    }

    /// With a length and in chunks, POST and PUT.
    fn upload(&self, size: usize) {
        let content = bytes(size);
        let path = self.file("upload", &content);
        let from = format!("@{}", path.display());
        let url = self.url("upload.jsp");
        let expected = format!("{size} {:016x}", fnv(&content));
        for method in ["POST", "PUT"] {
            for coding in ["Expect:", "Transfer-Encoding: chunked"] {
                let args = [
                    "-X",
                    method,
                    "-H",
                    coding,
                    "-H",
                    "Content-Type: x/y",
                    "--data-binary",
                    &from,
                    &url,
                ];
                let answer = curl(&args).unwrap();
                assert_eq!(answer.status, 200, "{method} {size} {coding}");
                assert_eq!(answer.body, format!("{method} {expected}"), "{coding}");
            }
        }
    }

    /// With a length and without.
    fn download(&self, size: usize) {
        let expected = bytes(size);
        let target = self.site.dir().join("download");
        for announced in ["", "&length=1"] {
            let url = self.url(&format!("download.jsp?size={size}{announced}"));
            let answer = curl(&["-o", target.to_str().unwrap(), &url]).unwrap();
            assert_eq!(answer.status, 200, "{size} {announced}");
            let got = fs::read(&target).unwrap_or_default();
            assert!(got == expected, "{size} {announced}: {} other bytes came", got.len());
        }
    }

    /// Both directions at once.
    fn echo(&self, size: usize) {
        let content = bytes(size);
        let from = format!("@{}", self.file("echo", &content).display());
        let target = self.site.dir().join("echoed");
        for coding in ["Expect:", "Transfer-Encoding: chunked"] {
            let args = [
                "-H",
                coding,
                "-H",
                "Content-Type: x/y",
                "--data-binary",
                &from,
                "-o",
                target.to_str().unwrap(),
                &self.url("echo.jsp"),
            ];
            assert_eq!(curl(&args).unwrap().status, 200, "{size} {coding}");
            assert!(fs::read(&target).unwrap() == content, "{size} {coding}: other bytes came");
        }
    }

    /// As a browser does: one connection for many requests of several kinds.
    fn converse(&self) {
        let mut client = Client::connect(self.front.addr()).unwrap();
        for round in 0..30 {
            let size = round * 1000;
            let body = bytes(size);
            let head = format!(
                "POST /transfer/upload.jsp HTTP/1.1\r\nHost: www.test\r\nContent-Length: {size}\r\n\r\n"
            );
            client.send(head.as_bytes()).unwrap();
            client.send(&body).unwrap();
            let response = client.receive("POST");
            assert_eq!(response.text(), format!("POST {size} {:016x}", fnv(&body)));

            let get = format!(
                "GET /transfer/download.jsp?size={size} HTTP/1.1\r\nHost: www.test\r\n\r\n"
            );
            client.send(get.as_bytes()).unwrap();
            assert!(client.receive("GET").body == body, "round {round}");

            client
                .send(b"HEAD /transfer/download.jsp?size=5&length=1 HTTP/1.1\r\nHost: x\r\n\r\n")
                .unwrap();
            let response = client.receive("HEAD");
            assert_eq!(response.field("Content-Length"), Some(&b"5"[..]));
        }
    }

    fn load(&self) {
        let load = wrk(&self.url("download.jsp?size=100"), 32, 2, None).unwrap();
        assert!(load.requests > 100, "{load:?}");
        assert_eq!(load.complaints, [""; 0], "{load:?}");
    }
}

/// What `download.jsp` sends.
fn bytes(size: usize) -> Vec<u8> {
    (0..size).map(|i| ((i * 31 + (i >> 8)) & 0xff) as u8).collect()
}
