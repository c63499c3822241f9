//! The target of a request line: which of its four forms it has, and what its parts are.
//!
//! As observed on httpd 2.4.71 (`testdata/site/targets.tsv`). Some of it is lenient beyond RFC 9112
//! (`http:/x` is a path, a port may carry a sign), and callers see what httpd would have seen.

use memchr::{memchr, memchr2};

use crate::host::Authority;

/// The form in which a target was written (RFC 9112 §3.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// `/path?query`
    Origin,
    /// `http://host/path?query`
    Absolute,
    /// `host:port`, with CONNECT
    Authority,
    /// `*`, with OPTIONS
    Asterisk,
}

/// The parts of a request target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target<'a> {
    /// How it was written.
    pub form: Form,
    /// The path, still escaped: begins with `/`, or is `*`.
    pub path: &'a [u8],
    /// What follows the first `?`; empty when nothing does.
    pub query: Option<&'a [u8]>,
    /// The scheme of an absolute target, as written: `http` or `https` in some case.
    pub scheme: Option<&'a [u8]>,
    /// The host and port that the target names. Whether they count instead of the `Host` field is
    /// [`crate::host::of_request`]'s to say.
    pub authority: Option<Authority<'a>>,
}

impl<'a> Target<'a> {
    /// A target that is a path and perhaps a query, split already. `path` begins with one slash.
    pub const fn origin(path: &'a [u8], query: Option<&'a [u8]>) -> Self {
        Self { form: Form::Origin, path, query, scheme: None, authority: None }
    }
}

/// Splits the target of a request line.
///
/// # Errors
/// The status that httpd answers with: 400.
pub fn split_target<'a>(method: &[u8], target: &'a [u8]) -> Result<Target<'a>, u16> {
    if method == b"CONNECT" {
        let authority = Authority::parse(target).filter(|a| a.port_text.is_some());
        let authority = Some(authority.filter(|a| a.port_text != Some(b"")).ok_or(400u16)?);
        return Ok(Target {
            form: Form::Authority,
            path: b"/",
            query: None,
            scheme: None,
            authority,
        });
    }
    if memchr(b'#', target).is_some() {
        return Err(400);
    }
    let (before, query) = split_query(target);
    let (scheme, authority, path) = match before {
        [b'/', ..] => (None, None, without_leading_slashes(before)),
        _ => split_absolute(before)?,
    };
    let path: &[u8] = match path {
        [] if method == b"OPTIONS" => b"*",
        [] => b"/",
        [b'/', ..] => path,
        b"*" if method == b"OPTIONS" => path,
        _ => return Err(400),
    };
    let form = match scheme {
        Some(_) => Form::Absolute,
        None if path == b"*" => Form::Asterisk,
        None => Form::Origin,
    };
    Ok(Target { form, path, query, scheme, authority })
}

fn split_query(target: &[u8]) -> (&[u8], Option<&[u8]>) {
    match memchr(b'?', target) {
        Some(at) => (&target[..at], Some(&target[at + 1..])),
        None => (target, None),
    }
}

/// `//x` is the path `/x`, not the host `x`.
fn without_leading_slashes(path: &[u8]) -> &[u8] {
    let slashes = path.iter().take_while(|&&byte| byte == b'/').count();
    &path[slashes.saturating_sub(1)..]
}

type Absolute<'a> = (Option<&'a [u8]>, Option<Authority<'a>>, &'a [u8]);

/// `[ scheme ":" [ "//" authority ] ] path`
fn split_absolute(target: &[u8]) -> Result<Absolute<'_>, u16> {
    let Some(colon) = memchr2(b':', b'/', target).filter(|&at| target[at] == b':') else {
        return Ok((None, None, target));
    };
    let (scheme, rest) = (&target[..colon], &target[colon + 1..]);
    if !scheme.eq_ignore_ascii_case(b"http") && !scheme.eq_ignore_ascii_case(b"https") {
        return Err(400);
    }
    let Some(rest) = rest.strip_prefix(b"//") else { return Ok((Some(scheme), None, rest)) };
    let (authority, path) = rest.split_at(memchr(b'/', rest).unwrap_or(rest.len()));
    if memchr(b'@', authority).is_some() {
        return Err(400);
    }
    let authority = Authority::parse(authority).ok_or(400u16)?;
    Ok((Some(scheme), Some(authority), path))
}
