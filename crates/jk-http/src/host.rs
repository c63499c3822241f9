//! Which host a request is for (httpd: `fix_hostname`, `apr_parse_addr_port`).

use std::net::Ipv6Addr;
use std::str;

use crate::error::HeadErrorKind;
use crate::target::Authority;
use crate::text::Text;

/// The host a request is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Host<'a> {
    /// The name in lower case, without a dot at its end; an IPv6 address without its brackets.
    pub name: &'a [u8],
    /// The port, if one was given.
    pub port: Option<u16>,
    /// Whether the name is an IPv6 address.
    pub is_ipv6: bool,
}

/// A [`Host`] by its place.
#[derive(Clone, Copy, Debug)]
pub(crate) struct HostText {
    name: Text,
    port: Option<u16>,
    is_ipv6: bool,
}

impl HostText {
    pub(crate) fn of<'a>(self, buf: &'a [u8], store: &'a [u8]) -> Host<'a> {
        Host { name: self.name.of(buf, store), port: self.port, is_ipv6: self.is_ipv6 }
    }

    /// The `Host` value that says the same, put into `store`; the port as it was written.
    pub(crate) fn render(self, from: Authority, buf: &[u8], store: &mut Vec<u8>) -> Text {
        let start = store.len();
        if self.is_ipv6 {
            store.push(b'[');
        }
        self.name.append(buf, store);
        if self.is_ipv6 {
            store.push(b']');
        }
        if let Some(port) = from.port {
            store.push(b':');
            port.append(buf, store);
        }
        Text::stored(start, store.len())
    }
}

/// The host of a `Host` field; none if the field is empty.
pub(crate) fn from_field(
    field: Text,
    buf: &[u8],
    store: &mut Vec<u8>,
) -> Result<Option<HostText>, HeadErrorKind> {
    let value = field.of(buf, store);
    if value.is_empty() {
        return Ok(None);
    }
    let (host, port) = split_port(value)?;
    let end = field.start + host.len();
    if let [b'[', address @ .., b']'] = host {
        let text = str::from_utf8(address).map_err(|_| HeadErrorKind::Host)?;
        text.parse::<Ipv6Addr>().map_err(|_| HeadErrorKind::Host)?;
        let name = Text { start: field.start + 1, end: end - 1, ..field };
        return Ok(Some(HostText { name: lower(name, buf, store), port, is_ipv6: true }));
    }
    let name = check_name(Text { end, ..field }, buf, store)?;
    Ok(Some(HostText { name, port, is_ipv6: false }))
}

/// The host of an absolute target or of CONNECT.
pub(crate) fn from_target(
    authority: Authority,
    buf: &[u8],
    store: &mut Vec<u8>,
) -> Result<HostText, HeadErrorKind> {
    let port = match authority.port {
        Some(port) if port.len() > 0 => Some(parse_port(port.within(buf))?),
        _ => None,
    };
    let name = authority.host.within(buf);
    if name.contains(&b':') {
        let text = str::from_utf8(name).map_err(|_| HeadErrorKind::Host)?;
        text.parse::<Ipv6Addr>().map_err(|_| HeadErrorKind::Host)?;
        return Ok(HostText { name: lower(authority.host, buf, store), port, is_ipv6: true });
    }
    let name = check_name(authority.host, buf, store)?;
    Ok(HostText { name, port, is_ipv6: false })
}

/// Splits off `:port`. A colon without digits is left to the check of the name, which refuses it.
fn split_port(value: &[u8]) -> Result<(&[u8], Option<u16>), HeadErrorKind> {
    let digits = value.iter().rev().take_while(|b| b.is_ascii_digit()).count();
    let (front, port) = value.split_at(value.len() - digits);
    match front {
        [] => Err(HeadErrorKind::Host),
        [host @ .., b':'] if digits > 0 && !host.is_empty() => Ok((host, Some(parse_port(port)?))),
        _ => Ok((value, None)),
    }
}

fn parse_port(digits: &[u8]) -> Result<u16, HeadErrorKind> {
    let text = str::from_utf8(digits).map_err(|_| HeadErrorKind::Host)?;
    match text.parse() {
        Ok(0) | Err(_) => Err(HeadErrorKind::Host),
        Ok(port) => Ok(port),
    }
}

/// Checks a name or an IPv4 address and returns it in lower case without the dot at its end.
fn check_name(name: Text, buf: &[u8], store: &mut Vec<u8>) -> Result<Text, HeadErrorKind> {
    let text = name.of(buf, store);
    let bytes_allowed = text.iter().all(|&b| b.is_ascii_alphanumeric() || b"-_.".contains(&b));
    if !bytes_allowed || text.windows(2).any(|pair| pair == b"..") {
        return Err(HeadErrorKind::Host);
    }
    let text = text.strip_suffix(b".").unwrap_or(text);
    let name = Text { end: name.start + text.len(), ..name };
    if text.is_empty() {
        return Err(HeadErrorKind::Host);
    }
    let plausible = if text.iter().all(|&b| b.is_ascii_digit() || b == b'.') {
        is_dotted_decimal(text)
    } else {
        has_alphabetic_top(text)
    };
    if plausible { Ok(lower(name, buf, store)) } else { Err(HeadErrorKind::Host) }
}

/// Four numbers, none with a leading zero, which some would read as octal (RFC 3986 section 7.4).
fn is_dotted_decimal(text: &[u8]) -> bool {
    let mut parts = 0;
    let leading_zero = text.split(|&b| b == b'.').any(|part| {
        parts += 1;
        matches!(part, [b'0', _, ..])
    });
    parts == 4 && !leading_zero && text.first() != Some(&b'.')
}

/// The last label of a name begins with a letter (RFC 1123 section 2.1); a single label may not.
fn has_alphabetic_top(text: &[u8]) -> bool {
    let mut labels = text.rsplit(|&b| b == b'.');
    let top = labels.next().and_then(|top| top.first());
    labels.next().is_none() || top.is_none_or(|b| b.is_ascii_alphabetic())
}

/// `text` itself if it is in lower case, else a copy that is.
fn lower(text: Text, buf: &[u8], store: &mut Vec<u8>) -> Text {
    if !text.of(buf, store).iter().any(u8::is_ascii_uppercase) {
        return text;
    }
    let start = store.len();
    text.append(buf, store);
    if let Some(copy) = store.get_mut(start..) {
        copy.make_ascii_lowercase();
    }
    Text::stored(start, store.len())
}
