//! The request target, split as httpd and APR split it (`ap_parse_uri`, `apr_uri_parse`).

use memchr::{memchr, memrchr};

use crate::error::HeadErrorKind;
use crate::text::Text;

/// The forms of a request target (RFC 9112 section 3.2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TargetForm {
    /// `/path?query`
    #[default]
    Origin,
    /// `http://host/path?query`
    Absolute,
    /// `host:port`, of CONNECT.
    Authority,
    /// `*`, of OPTIONS.
    Asterisk,
}

/// The parts of a target.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Target {
    pub(crate) form: TargetForm,
    /// The host that the target names, if that counts as the request's host.
    pub(crate) authority: Option<Authority>,
    pub(crate) path: Option<Text>,
    pub(crate) query: Option<Text>,
}

/// `host[:port]`, the brackets of an IPv6 address removed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Authority {
    pub(crate) host: Text,
    /// The text after the colon, which may be empty.
    pub(crate) port: Option<Text>,
}

impl Target {
    pub(crate) fn parse(buf: &[u8], method: &[u8], target: Text) -> Result<Self, HeadErrorKind> {
        let bytes = target.within(buf);
        let parts = match bytes {
            _ if method == b"CONNECT" => return Self::authority(bytes, target),
            [b'/', ..] => Self::origin(bytes, target),
            // httpd lets a query follow the asterisk.
            [b'*'] | [b'*', b'?', ..] if method == b"OPTIONS" => Self::asterisk(bytes, target),
            _ => Self::absolute(bytes, target)?,
        };
        // RFC 9110 section 4.2.5: the fragment never leaves the client.
        if memchr(b'#', bytes).is_some() { Err(HeadErrorKind::Target) } else { Ok(parts) }
    }

    /// Slashes in front are reduced to one, lest they begin an authority.
    fn origin(bytes: &[u8], target: Text) -> Self {
        let slashes = bytes.iter().take_while(|&&b| b == b'/').count();
        let start = slashes.saturating_sub(1);
        split_path(bytes.get(start..).unwrap_or_default(), target.start + start)
    }

    fn asterisk(bytes: &[u8], target: Text) -> Self {
        Self { form: TargetForm::Asterisk, ..split_path(bytes, target.start) }
    }

    fn authority(bytes: &[u8], target: Text) -> Result<Self, HeadErrorKind> {
        let authority = Authority::parse(bytes, target.start)?;
        match authority.port {
            Some(port) if port.len() > 0 => {}
            _ => return Err(HeadErrorKind::Target),
        }
        Ok(Self { form: TargetForm::Authority, authority: Some(authority), ..Self::default() })
    }

    fn absolute(bytes: &[u8], target: Text) -> Result<Self, HeadErrorKind> {
        let scheme = memchr(b':', bytes).ok_or(HeadErrorKind::Target)?;
        let (name, rest) = bytes.split_at(scheme);
        let is_http = name.eq_ignore_ascii_case(b"http");
        if !is_http && !name.eq_ignore_ascii_case(b"https") {
            return Err(HeadErrorKind::Target);
        }
        let rest = rest.strip_prefix(b"://").ok_or(HeadErrorKind::Target)?;
        let start = target.start + scheme + 3;
        let length = rest.iter().position(|b| b"/?#".contains(b)).unwrap_or(rest.len());
        let (authority, path) = rest.split_at(length);
        let authority = Authority::parse(authority, start)?;
        let parts = split_path(path, start + length);
        Ok(Self { form: TargetForm::Absolute, authority: is_http.then_some(authority), ..parts })
    }
}

impl Authority {
    /// `text` begins at `start`. User information is refused (RFC 9110 section 4.2.4).
    fn parse(text: &[u8], start: usize) -> Result<Self, HeadErrorKind> {
        if text.contains(&b'@') {
            return Err(HeadErrorKind::Target);
        }
        let (host, colon) = if text.first() == Some(&b'[') {
            let bracket = memrchr(b']', text).ok_or(HeadErrorKind::Target)?;
            (1..bracket, bracket + 1)
        } else {
            let colon = memchr(b':', text).unwrap_or(text.len());
            (0..colon, colon)
        };
        let host = Text::received(start + host.start, start + host.end);
        let port = match text.get(colon..).unwrap_or_default() {
            [] => None,
            [b':', digits @ ..] if digits.iter().all(u8::is_ascii_digit) => {
                Some(Text::received(start + colon + 1, start + text.len()))
            }
            _ => return Err(HeadErrorKind::Target),
        };
        Ok(Self { host, port })
    }
}

/// Splits `bytes`, which begin at `start`, at the first `?`.
fn split_path(bytes: &[u8], start: usize) -> Target {
    let end = start + bytes.len();
    let (path, query) = match memchr(b'?', bytes) {
        Some(mark) => (start + mark, Some(Text::received(start + mark + 1, end))),
        None => (end, None),
    };
    let path = (path > start).then_some(Text::received(start, path));
    Target { path, query, ..Target::default() }
}
