//! The target of a request line: which of its four forms it has, and what its parts are.
//!
//! Follows httpd's `ap_parse_uri` and `ap_parse_request_line` with `HttpProtocolOptions Strict`.

use memchr::{memchr, memchr2, memrchr};

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
    /// The path, still escaped; `/` when an absolute target has none, `*` for the asterisk form.
    pub path: &'a [u8],
    /// What follows the first `?`; empty when nothing does.
    pub query: Option<&'a [u8]>,
    /// The scheme of an absolute target, as written.
    pub scheme: Option<&'a [u8]>,
    /// The host and port that the target names. They count instead of the `Host` field, but only
    /// when [`Self::names_host`] says so.
    pub authority: Option<&'a [u8]>,
}

impl Target<'_> {
    /// Whether the authority stands in for the `Host` field: only for the scheme that is spoken.
    pub fn names_host(&self, spoken: &str) -> bool {
        match self.form {
            Form::Authority => true,
            Form::Absolute => {
                self.scheme.is_some_and(|scheme| scheme.eq_ignore_ascii_case(spoken.as_bytes()))
            }
            Form::Origin | Form::Asterisk => false,
        }
    }
}

/// Splits the target of a request line.
///
/// # Errors
/// The status that httpd answers with: 400.
pub fn split_target<'a>(method: &[u8], target: &'a [u8]) -> Result<Target<'a>, u16> {
    if method == b"CONNECT" {
        return connect_target(target);
    }
    let (target_text, query) = split_query(target);
    match target_text {
        b"*" if method == b"OPTIONS" => Ok(plain(Form::Asterisk, target_text, query)),
        [b'/', ..] => Ok(plain(Form::Origin, target_text, query)),
        _ => absolute_target(method, target_text, query),
    }
}

fn plain<'a>(form: Form, path: &'a [u8], query: Option<&'a [u8]>) -> Target<'a> {
    Target { form, path, query, scheme: None, authority: None }
}

fn split_query(target: &[u8]) -> (&[u8], Option<&[u8]>) {
    let end = memchr(b'#', target).unwrap_or(target.len());
    let target = &target[..end];
    match memchr(b'?', target) {
        Some(at) => (&target[..at], Some(&target[at + 1..])),
        None => (target, None),
    }
}

fn connect_target(target: &[u8]) -> Result<Target<'_>, u16> {
    let colon = memrchr(b':', target).ok_or(400u16)?;
    let port = &target[colon + 1..];
    if port.is_empty()
        || !port.iter().all(u8::is_ascii_digit)
        || memchr2(b'/', b'@', target).is_some()
    {
        return Err(400);
    }
    Ok(Target {
        form: Form::Authority,
        path: b"/",
        query: None,
        scheme: None,
        authority: Some(target),
    })
}

fn absolute_target<'a>(
    method: &[u8],
    target: &'a [u8],
    query: Option<&'a [u8]>,
) -> Result<Target<'a>, u16> {
    let colon = memchr(b':', target).ok_or(400u16)?;
    let scheme = &target[..colon];
    let rest = target[colon..].strip_prefix(b"://").ok_or(400u16)?;
    if scheme.is_empty() {
        return Err(400);
    }
    let slash = memchr(b'/', rest).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(slash);
    let path: &[u8] = match path {
        [] if method == b"OPTIONS" => b"*",
        [] => b"/",
        path => path,
    };
    let authority = memrchr(b'@', authority).map_or(authority, |at| &authority[at + 1..]);
    Ok(Target {
        form: Form::Absolute,
        path,
        query,
        scheme: Some(scheme),
        authority: Some(authority),
    })
}
