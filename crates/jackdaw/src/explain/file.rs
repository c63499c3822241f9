//! Which file answers a request that no rule maps.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use jk_balance::MountMap;
use jk_config::Server;
use jk_site::files::{Found, Step, decide, without_index};

use crate::term::shown;

/// What the server itself answers.
pub(super) fn answer(
    file: &Result<Vec<u8>, u16>,
    method: &str,
    path: &[u8],
    server: &Server,
    rules: &MountMap,
) -> String {
    let name = match file {
        Ok(name) => path_of(name),
        Err(404) => return "404: the server has no document root".to_owned(),
        Err(status) => return format!("{status}: such names are not served"),
    };
    let shown = name.display();
    match decide(method.as_bytes(), path, found(&name)) {
        Step::Serve => format!("the file {shown}"),
        Step::Redirect => format!("301 to the same with a slash: {shown} is a directory"),
        Step::Options => "the methods that are allowed".to_owned(),
        Step::Refuse(404) => format!("404: there is no {shown}"),
        Step::Refuse(status) => format!("{status} for {shown}"),
        Step::TryIndex => index(&name, method, path, server, rules),
    }
}

/// The first of `DirectoryIndex` that is there. One that a rule maps is the worker's.
fn index(directory: &Path, method: &str, path: &[u8], server: &Server, rules: &MountMap) -> String {
    for index in &server.directory_index {
        let name = directory.join(index.trim_start_matches('/'));
        if found(&name) != Found::File {
            continue;
        }
        let path = [path, index.trim_start_matches('/').as_bytes()].concat();
        let mut mapped = Vec::new();
        let hit =
            jk_balance::normalise(&path, &mut mapped).ok().and_then(|()| rules.lookup(&mapped));
        return match hit {
            Some(hit) => format!(
                "the index file is mapped: {} goes to {} by rule {}",
                shown(&path),
                hit.rule.worker,
                hit.index + 1
            ),
            None => format!("the file {}", name.display()),
        };
    }
    match without_index(method.as_bytes()) {
        Step::Refuse(status) => {
            format!("{status}: no index file in {}", directory.display())
        }
        _ => "the methods that are allowed".to_owned(),
    }
}

fn found(name: &Path) -> Found {
    match fs::metadata(name) {
        Ok(data) if data.is_dir() => Found::Directory,
        Ok(data) if data.is_file() => Found::File,
        Ok(_) => Found::Other,
        Err(error) if error.kind() == io::ErrorKind::NotFound && name.is_symlink() => {
            Found::DanglingLink
        }
        Err(error) => Found::Missing(error.kind()),
    }
}

fn path_of(name: &[u8]) -> PathBuf {
    PathBuf::from(OsStr::from_bytes(name))
}
