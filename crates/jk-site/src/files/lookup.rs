use std::io::ErrorKind;

use crate::options::{StaticMethod, static_method};
use crate::path::escape_httpd;

/// What a file name turned out to be, links followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// A regular file.
    File,
    /// A directory.
    Directory,
    /// A socket, a pipe or a device.
    Other,
    /// A symbolic link that leads nowhere.
    DanglingLink,
    /// Looking failed.
    Missing(ErrorKind),
}

/// What to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Send the file: see [`super::plan`].
    Serve,
    /// Redirect (301) to the path with a slash: see [`push_moved_location`].
    Redirect,
    /// Try the names of [`super::StaticSite::index`] in order, then [`without_index`].
    TryIndex,
    /// Answer OPTIONS: see [`crate::options::push_fields`].
    Options,
    /// An error page with this status.
    Refuse(u16),
}

/// Decides what a request gets for what was found. `path` is the decoded path.
pub fn decide(method: &[u8], path: &[u8], found: Found) -> Step {
    match found {
        Found::Directory if path.ends_with(b"/") => Step::TryIndex,
        Found::Directory => Step::Redirect,
        Found::File => by_method(method, Step::Serve),
        Found::Missing(ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            by_method(method, Step::Refuse(404))
        }
        // httpd would open a pipe and hang.
        Found::Other => by_method(method, Step::Refuse(403)),
        Found::DanglingLink | Found::Missing(_) => Step::Refuse(403),
    }
}

/// Decides what a request for a directory gets that has no index file. Listings are not made.
pub fn without_index(method: &[u8]) -> Step {
    by_method(method, Step::Refuse(if method == b"POST" { 404 } else { 403 }))
}

/// Appends the value of `Location` for a directory without its slash. `base` is the server's URL
/// without a path (see [`crate::canonical::Identity::push_url`]), `path` decoded, `query` raw.
pub fn push_moved_location(base: &[u8], path: &[u8], query: Option<&[u8]>, out: &mut Vec<u8>) {
    out.extend_from_slice(base);
    escape_httpd(path, out);
    out.push(b'/');
    if let Some(query) = query {
        out.push(b'?');
        out.extend_from_slice(query);
    }
}

fn by_method(method: &[u8], serve: Step) -> Step {
    match static_method(method) {
        StaticMethod::Serve => serve,
        StaticMethod::Options => Step::Options,
        StaticMethod::Refuse(status) => Step::Refuse(status),
    }
}
