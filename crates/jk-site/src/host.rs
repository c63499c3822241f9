//! Host names as clients write them: in the `Host` field and in request targets.
//!
//! As observed on httpd 2.4.71 (`testdata/site/hosts.tsv`, `targets.tsv`).

use std::net::Ipv6Addr;

use crate::target::{Form, Target};

/// A host that a request names, checked but not copied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Host<'a> {
    /// The name as written, without brackets, port and a trailing dot. httpd compares and shows it
    /// in lower case: see [`Self::push_name`] and [`Self::is`]. Empty for `http:///`.
    pub name: &'a [u8],
    /// The port, if one was written. A target's may be 0.
    pub port: Option<u16>,
    /// An IPv6 literal.
    pub ipv6: bool,
    from_target: bool,
    /// The port as the target had it.
    target_port: Option<&'a [u8]>,
}

/// The host and port of a request target, unchecked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Authority<'a> {
    /// Without brackets.
    pub name: &'a [u8],
    /// What follows the colon; empty when nothing does.
    pub port_text: Option<&'a [u8]>,
    port: Option<u16>,
}

impl<'a> Authority<'a> {
    /// `host [ ":" port ]`, the host perhaps in brackets. `None` when it is neither.
    pub(crate) fn parse(text: &'a [u8]) -> Option<Self> {
        let (name, rest) = match text {
            [b'[', rest @ ..] => {
                let end = memchr::memchr(b']', rest)?;
                (&rest[..end], &rest[end + 1..])
            }
            _ => text.split_at(memchr::memchr(b':', text).unwrap_or(text.len())),
        };
        let port_text = match rest {
            [] => None,
            [b':', digits @ ..] => Some(digits),
            _ => return None,
        };
        let port = match port_text {
            None | Some(b"") => None,
            Some(digits) => Some(wrapped_port(digits)?),
        };
        Some(Self { name, port_text, port })
    }
}

/// The host that a request is for, or `None` when it names none. `version` is the protocol's,
/// `spoken` the scheme of the connection (`http` or `https`). A repeated `Host` field is for the
/// caller to refuse (400).
///
/// # Errors
/// The status that httpd answers with: 400, also when HTTP/1.1 or later names no host.
pub fn of_request<'a>(
    target: &Target<'a>,
    field: Option<&'a [u8]>,
    version: (u8, u8),
    spoken: &str,
) -> Result<Option<Host<'a>>, u16> {
    let names_host = match target.form {
        Form::Authority => true,
        _ => target.scheme.is_some_and(|s| s.eq_ignore_ascii_case(spoken.as_bytes())),
    };
    let host = match target.authority.filter(|_| names_host) {
        Some(authority) => Some(Host::of_authority(&authority, target.scheme)?),
        None => field.map(Host::parse).transpose()?.flatten(),
    };
    if (host.is_none() && version >= (1, 1)) || (field.is_none() && version == (1, 1)) {
        return Err(400);
    }
    Ok(host)
}

impl<'a> Host<'a> {
    /// The host of a `Host` field that was checked by the same rules, when the head was read.
    ///
    /// `name` has no brackets and no dot at its end.
    pub const fn checked(name: &'a [u8], port: Option<u16>, ipv6: bool) -> Self {
        Self { name, port, ipv6, from_target: false, target_port: None }
    }

    /// Reads a `Host` field. `None` for a blank one, which names no host.
    ///
    /// # Errors
    /// The status that httpd answers with: 400.
    pub fn parse(text: &'a [u8]) -> Result<Option<Self>, u16> {
        if text.is_empty() {
            return Ok(None);
        }
        let (name, port, ipv6) = match text {
            [b'[', rest @ ..] => {
                let end = memchr::memchr(b']', rest).ok_or(400u16)?;
                (&rest[..end], port_of(&rest[end + 1..])?, true)
            }
            _ => {
                let end = memchr::memrchr(b':', text).unwrap_or(text.len());
                (&text[..end], port_of(&text[end..])?, false)
            }
        };
        let valid = if ipv6 { is_ipv6(name) } else { is_strict_name(name) };
        if !valid {
            return Err(400);
        }
        let name = without_dot(name, ipv6);
        Ok(Some(Self { name, port, ipv6, from_target: false, target_port: None }))
    }

    fn of_authority(authority: &Authority<'a>, scheme: Option<&[u8]>) -> Result<Self, u16> {
        let name = authority.name;
        let ipv6 = name.contains(&b':');
        let valid =
            if ipv6 { is_loose_ipv6(name) } else { name.is_empty() || is_strict_name(name) };
        if !valid {
            return Err(400);
        }
        // `http://host:/` is as good as naming the scheme's port.
        let scheme_port =
            if scheme.is_some_and(|s| s.eq_ignore_ascii_case(b"https")) { 443 } else { 80 };
        let port = authority.port_text.map(|_| authority.port.unwrap_or(scheme_port));
        let name = without_dot(name, ipv6);
        Ok(Self { name, port, ipv6, from_target: true, target_port: authority.port_text })
    }

    /// Appends the name in the form in which httpd keeps it: lower case.
    pub fn push_name(&self, out: &mut Vec<u8>) {
        out.extend(self.name.iter().map(u8::to_ascii_lowercase));
    }

    /// Whether the request target named the host. Then [`Self::push_field`] replaces the request's
    /// `Host` field, if it has one.
    pub fn from_target(&self) -> bool {
        self.from_target
    }

    /// Appends the value that replaces the request's `Host` field when the target named the host.
    pub fn push_field(&self, out: &mut Vec<u8>) {
        if self.ipv6 {
            out.push(b'[');
        }
        self.push_name(out);
        if self.ipv6 {
            out.push(b']');
        }
        if let Some(port) = self.target_port {
            out.push(b':');
            out.extend_from_slice(port);
        }
    }

    /// Whether this is the host of that name, in whatever case.
    pub fn is(&self, name: &[u8]) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }
}

fn without_dot(name: &[u8], ipv6: bool) -> &[u8] {
    if ipv6 { name } else { name.strip_suffix(b".").unwrap_or(name) }
}

/// `[ ":" port ]`, the port 1 to 65535; anything else is 400.
fn port_of(text: &[u8]) -> Result<Option<u16>, u16> {
    let Some(digits) = text.strip_prefix(b":") else {
        return if text.is_empty() { Ok(None) } else { Err(400) };
    };
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return Err(400);
    }
    match std::str::from_utf8(digits).unwrap_or_default().parse() {
        Ok(0) | Err(_) => Err(400),
        Ok(port) => Ok(Some(port)),
    }
}

/// A port of a target as httpd's library reads it: a C `long`, cut to 16 bits. `None` when it is not
/// a number.
fn wrapped_port(text: &[u8]) -> Option<u16> {
    let (negative, digits) = match text {
        [b'-', digits @ ..] => (true, digits),
        [b'+', digits @ ..] => (false, digits),
        digits => (false, digits),
    };
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let magnitude = digits
        .iter()
        .fold(0i64, |sum, digit| sum.saturating_mul(10).saturating_add(i64::from(digit - b'0')));
    let value = if negative { magnitude.wrapping_neg() } else { magnitude };
    let [low, high, ..] = value.to_le_bytes();
    Some(u16::from_le_bytes([low, high]))
}

/// The address in a `Host` field is read as the system does, without a zone.
fn is_ipv6(name: &[u8]) -> bool {
    std::str::from_utf8(name).is_ok_and(|text| text.parse::<Ipv6Addr>().is_ok())
}

/// The address in a target only has to look like one (`fix_hostname_v6_literal`).
fn is_loose_ipv6(name: &[u8]) -> bool {
    let twice = |pair: &[u8]| memchr::memmem::find_iter(name, pair).count();
    let known = name.iter().all(|&b| b.is_ascii_hexdigit() || b == b':' || b == b'.');
    known && twice(b"::") < 2 && twice(b":.") == 0 && twice(b".:") == 0 && twice(b"..") == 0
}

/// `fix_hostname_non_v6`, then `strict_hostname_check`.
fn is_strict_name(name: &[u8]) -> bool {
    if name.is_empty() || name.windows(2).any(|pair| pair == b"..") {
        return false;
    }
    let name = name.strip_suffix(b".").unwrap_or(name);
    if !name.iter().all(|&b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.')) {
        return false;
    }
    if name.iter().all(|&b| b.is_ascii_digit() || b == b'.') {
        return is_dotted_decimal(name);
    }
    // The top-level domain begins with a letter (RFC 1123 §2.1).
    match name.iter().rposition(|&b| b == b'.') {
        Some(dot) => name.get(dot + 1).is_none_or(u8::is_ascii_alphabetic),
        None => true,
    }
}

fn is_dotted_decimal(name: &[u8]) -> bool {
    let parts = || name.split(|&b| b == b'.');
    parts().count() == 4
        && parts().all(|part| !part.is_empty() && (part.len() < 2 || part[0] != b'0'))
}
