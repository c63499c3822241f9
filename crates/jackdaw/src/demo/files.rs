//! The demo's configuration files, which are nowhere on the disk.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use jk_config::Files;

/// The file to begin with.
pub(super) const ROOT: &str = "/demo/httpd.conf";

/// A file system that holds these files and nothing else.
#[derive(Debug)]
pub(super) struct Memory(BTreeMap<PathBuf, String>);

impl Memory {
    /// The files of a site that listens on `listen` and has backends at these addresses.
    pub(super) fn new(listen: SocketAddr, routes: &[&str], backends: &[SocketAddr]) -> Self {
        Self(BTreeMap::from([
            (PathBuf::from(ROOT), httpd(listen)),
            (PathBuf::from("/demo/workers.properties"), workers(routes, backends)),
            (PathBuf::from("/demo/uriworkermap.properties"), "/*=demo\n".to_owned()),
        ]))
    }
}

fn httpd(listen: SocketAddr) -> String {
    format!(
        "Listen {listen}\n\
         ServerName localhost\n\
         ErrorLog /dev/null\n\
         JkLogFile /dev/null\n\
         JkWorkersFile workers.properties\n\
         JkMountFile uriworkermap.properties\n"
    )
}

fn workers(routes: &[&str], backends: &[SocketAddr]) -> String {
    let mut text = format!(
        "worker.list=demo\n\
         worker.demo.type=lb\n\
         worker.demo.balance_workers={}\n",
        routes.join(",")
    );
    for (route, address) in routes.iter().zip(backends) {
        let (host, port) = (address.ip(), address.port());
        let _ = write!(
            text,
            "worker.{route}.reference=worker.backend\n\
             worker.{route}.host={host}\n\
             worker.{route}.port={port}\n"
        );
    }
    text += "worker.backend.ping_mode=A\n\
             worker.backend.socket_connect_timeout=2000\n\
             worker.backend.reply_timeout=70000\n";
    text
}

impl Files for Memory {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        let text = self.0.get(path).ok_or(io::ErrorKind::NotFound)?;
        Ok(text.clone().into_bytes())
    }

    fn list(&self, _: &Path) -> io::Result<Vec<String>> {
        Err(io::ErrorKind::NotFound.into())
    }

    fn is_dir(&self, _: &Path) -> bool {
        false
    }

    fn exists(&self, path: &Path) -> bool {
        self.0.contains_key(path)
    }

    fn env(&self, _: &str) -> Option<String> {
        None
    }
}
