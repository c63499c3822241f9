//! The form in which a path is compared with rules.

use std::fmt;

/// Why a path cannot be normalised; the request is answered with 400.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadUri {
    /// It is neither `*` nor does it begin with `/`.
    NotAbsolute,
    /// A `..` leaves the root.
    AboveRoot,
}

impl fmt::Display for BadUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotAbsolute => "the path does not begin with `/`",
            Self::AboveRoot => "the path escapes above the root",
        })
    }
}

impl std::error::Error for BadUri {}

/// Writes to `out` the path that rules are compared with: without path parameters, doubled
/// slashes, `.` and `..` segments (mod_jk: `jk_servlet_normalize`).
///
/// `path` is httpd's decoded path. `out` is cleared first, and is left empty on error. `*` passes
/// through; it maps to nothing.
///
/// # Errors
/// When the path is not absolute or escapes above the root. Parameters are removed first, so
/// `/..;/x` escapes as well.
pub fn normalise(path: &[u8], out: &mut Vec<u8>) -> Result<(), BadUri> {
    out.clear();
    if path == b"*" {
        out.push(b'*');
        return Ok(());
    }
    if path.first() != Some(&b'/') {
        return Err(BadUri::NotAbsolute);
    }
    if is_normal(path) {
        out.extend_from_slice(path);
        return Ok(());
    }
    rewrite(path, out)
}

/// Whether there is nothing to remove; true of nearly every path.
fn is_normal(path: &[u8]) -> bool {
    memchr::memchr(b';', path).is_none()
        && memchr::memchr_iter(b'/', path)
            .all(|at| !matches!(path.get(at.saturating_add(1)), Some(b'/' | b'.')))
}

/// Appends segment after segment. Between segments `out` ends in `/`.
fn rewrite(path: &[u8], out: &mut Vec<u8>) -> Result<(), BadUri> {
    out.push(b'/');
    for segment in path.split_inclusive(|&byte| byte == b'/') {
        let closed = segment.ends_with(b"/");
        let name = segment.strip_suffix(b"/").unwrap_or(segment);
        let name = memchr::memchr(b';', name).map_or(name, |end| &name[..end]);
        match name {
            b"" | b"." => {}
            b".." => leave_segment(out)?,
            _ => {
                out.extend_from_slice(name);
                if closed {
                    out.push(b'/');
                }
            }
        }
    }
    Ok(())
}

/// `/a/b/` becomes `/a/`.
fn leave_segment(out: &mut Vec<u8>) -> Result<(), BadUri> {
    let parent = out.strip_suffix(b"/").and_then(|rest| memchr::memrchr(b'/', rest));
    match parent {
        Some(slash) => {
            out.truncate(slash.saturating_add(1));
            Ok(())
        }
        None => {
            out.clear();
            Err(BadUri::AboveRoot)
        }
    }
}
