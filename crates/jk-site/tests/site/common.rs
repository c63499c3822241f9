//! What the tests share: the measured tables, and configurations to measure against.

use std::io;
use std::path::{Path, PathBuf};

use jk_config::{
    Config, Files, LoadOptions, Location, Server, Sources, VhostAddress, VirtualHost, load,
};

/// A file below `testdata/site/`.
pub(crate) fn testdata(name: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../testdata/site")).join(name)
}

/// The rows of a table: line number and columns. Blank lines and lines that begin with `# ` are
/// left out.
pub(crate) fn rows(name: &str) -> Vec<(usize, Vec<String>)> {
    let text = std::fs::read_to_string(testdata(name)).expect("the table is part of the sources");
    let rows: Vec<_> = text
        .lines()
        .enumerate()
        .filter(|(_, line)| !line.is_empty() && !line.starts_with("# "))
        .map(|(at, line)| (at + 1, line.split('\t').map(str::to_owned).collect()))
        .collect();
    assert!(!rows.is_empty(), "{name} is empty");
    rows
}

/// Reads `\xHH` escapes; everything else is itself.
pub(crate) fn unescape(text: &str) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find("\\x") {
        out.extend_from_slice(&rest.as_bytes()[..at]);
        out.push(u8::from_str_radix(&rest[at + 2..at + 4], 16).expect("two digits"));
        rest = &rest[at + 4..];
    }
    out.extend_from_slice(rest.as_bytes());
    out
}

/// Shows bytes as the tables do.
pub(crate) fn escape(bytes: &[u8]) -> String {
    let show = |&b: &u8| match b {
        b'!'..=b'[' | b']'..=b'~' => (b as char).to_string(),
        _ => format!("\\x{b:02x}"),
    };
    bytes.iter().map(show).collect()
}

/// A server with httpd's defaults and no virtual host beside it.
pub(crate) fn config(main: Server) -> Config {
    Config { main, ..defaults() }
}

/// A server with httpd's defaults.
pub(crate) fn server(name: Option<&str>) -> Server {
    Server {
        name: name.map(str::to_owned),
        document_root: Some("/srv/www".into()),
        directory_index: vec!["index.html".to_owned()],
        ..defaults().main
    }
}

/// What the shortest configuration gives.
fn defaults() -> Config {
    struct Shortest;

    impl Files for Shortest {
        fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
            match path.to_str() {
                Some("/httpd.conf") => Ok(b"Listen 80\nServerName h\n".to_vec()),
                _ => Err(io::ErrorKind::NotFound.into()),
            }
        }

        fn list(&self, _: &Path) -> io::Result<Vec<String>> {
            Err(io::ErrorKind::NotFound.into())
        }

        fn is_dir(&self, _: &Path) -> bool {
            false
        }

        fn exists(&self, _: &Path) -> bool {
            false
        }

        fn env(&self, _: &str) -> Option<String> {
            None
        }
    }

    let loaded = load(Path::new("/httpd.conf"), &Shortest, &LoadOptions::default());
    loaded.config.expect("nothing is wrong with two lines")
}

/// A virtual host at addresses such as `127.0.0.1:80`, `*`, `[::1]:*`.
pub(crate) fn vhost(addresses: &str, server: Server) -> VirtualHost {
    let source = Sources::default().add("httpd.conf".into(), Vec::new());
    VirtualHost {
        addresses: addresses.split(' ').map(address).collect(),
        server,
        location: Location { source, span: 0..0 },
    }
}

fn address(text: &str) -> VhostAddress {
    if let Ok(ip) = text.parse() {
        return VhostAddress { ip: Some(ip), port: None };
    }
    let (host, port) = text.rsplit_once(':').unwrap_or((text, "*"));
    let host = host.trim_matches(['[', ']']);
    VhostAddress { ip: host.parse().ok(), port: port.parse().ok() }
}
