//! A file system in memory.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, ErrorKind};
use std::net::{IpAddr, Ipv4Addr};
use std::path::{Path, PathBuf};

use jk_config::Files;

/// Files, the directories that they lie in, and an environment.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tree {
    files: BTreeMap<PathBuf, Vec<u8>>,
    directories: BTreeSet<PathBuf>,
    env: Vec<(String, String)>,
    hosts: Vec<(String, Vec<IpAddr>)>,
}

impl Tree {
    pub(crate) fn file(mut self, path: &str, text: impl Into<Vec<u8>>) -> Self {
        let path = PathBuf::from(path);
        if let Some(parent) = path.parent() {
            self.directories.extend(parent.ancestors().map(Path::to_owned));
        }
        self.files.insert(path, text.into());
        self
    }

    pub(crate) fn directory(mut self, path: &str) -> Self {
        self.directories.extend(Path::new(path).ancestors().map(Path::to_owned));
        self
    }

    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.env.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn host(mut self, name: &str, addresses: &[IpAddr]) -> Self {
        self.hosts.push((name.to_owned(), addresses.to_vec()));
        self
    }

    pub(crate) fn files(&self) -> impl Iterator<Item = (&Path, &[u8])> {
        self.files.iter().map(|(path, text)| (path.as_path(), text.as_slice()))
    }

    pub(crate) fn directories(&self) -> impl Iterator<Item = &Path> {
        self.directories.iter().map(PathBuf::as_path)
    }
}

impl Files for Tree {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        if self.is_dir(path) {
            return Err(ErrorKind::IsADirectory.into());
        }
        self.files.get(path).cloned().ok_or_else(|| ErrorKind::NotFound.into())
    }

    fn list(&self, dir: &Path) -> io::Result<Vec<String>> {
        if !self.is_dir(dir) {
            return Err(ErrorKind::NotFound.into());
        }
        let all = self.files.keys().chain(&self.directories);
        let within = all.filter(|path| path.parent() == Some(dir));
        Ok(within.filter_map(|path| Some(path.file_name()?.to_str()?.to_owned())).collect())
    }

    fn is_dir(&self, path: &Path) -> bool {
        self.directories.contains(path)
    }

    fn exists(&self, path: &Path) -> bool {
        self.is_dir(path) || self.files.contains_key(path)
    }

    fn env(&self, name: &str) -> Option<String> {
        self.env.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone())
    }

    fn resolve(&self, host: &str) -> Vec<IpAddr> {
        let found = self.hosts.iter().find(|(known, _)| known == host);
        let itself = || if host == "localhost" { vec![Ipv4Addr::LOCALHOST.into()] } else { vec![] };
        found.map_or_else(itself, |(_, addresses)| addresses.clone())
    }
}
