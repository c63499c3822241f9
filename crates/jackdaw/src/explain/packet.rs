//! The Forward Request, read back from its bytes.

use std::fmt::Write as _;
use std::ops::Range;

use ajp13::Attribute;
use ajp13::container::{self, Incoming};

use super::fact;
use crate::term::shown;

/// What stands for a secret.
const HIDDEN: &str = "***";

/// Writes the packet field by field.
pub(super) fn write(out: &mut String, packet: &[u8]) {
    let frame = container::split_frame(packet, ajp13::RECEIVE_LIMIT);
    let decoded = frame.ok().flatten().and_then(|frame| Incoming::decode(frame.payload).ok());
    let Some(Incoming::Forward(request)) = decoded else {
        // Not reached: the encoder's own tests read all it writes.
        return fact(out, "packet", "cannot be read back");
    };
    let line = request.line();
    fact(out, "method", &shown(line.method));
    fact(out, "protocol", &shown(line.protocol));
    fact(out, "req_uri", &shown(line.uri));
    fact(out, "remote_addr", &shown(line.remote_addr));
    fact(out, "remote_host", &line.remote_host.map_or("(null)".to_owned(), shown));
    fact(out, "server_name", &shown(line.server_name));
    fact(out, "server_port", &line.server_port.to_string());
    fact(out, "is_ssl", &line.is_ssl.to_string());
    for (at, (name, value)) in request.headers().enumerate() {
        let label = if at == 0 { "headers" } else { "" };
        fact(out, label, &format!("{}: {}", shown(name), shown(value)));
    }
    for (at, attribute) in request.attributes().enumerate() {
        let label = if at == 0 { "attributes" } else { "" };
        fact(out, label, &attribute_text(&attribute));
    }
}

fn attribute_text(attribute: &Attribute<'_>) -> String {
    let text = |name: &str, value: &[u8]| match value {
        [] => format!("{name}: (empty)"),
        _ => format!("{name}: {}", shown(value)),
    };
    match attribute {
        Attribute::RemoteUser(user) => text("remote_user", user),
        Attribute::AuthType(kind) => text("auth_type", kind),
        Attribute::QueryString(query) => text("query_string", query),
        Attribute::Route(route) => text("route", route),
        Attribute::SslCert(certificate) => text("ssl_cert", certificate),
        Attribute::SslCipher(cipher) => text("ssl_cipher", cipher),
        Attribute::SslSession(session) => text("ssl_session", session),
        Attribute::SslKeySize(size) => format!("ssl_key_size: {size}"),
        Attribute::Secret(_) => format!("secret: {HIDDEN}"),
        Attribute::StoredMethod(method) => text("stored_method", method),
        Attribute::Request { name, value } => text(&shown(name), value),
    }
}

/// Writes the packet as bytes and characters, those of the secret left out.
pub(super) fn write_hex(out: &mut String, packet: &[u8], secret: Option<&[u8]>) {
    let hidden = secret.and_then(|secret| place_of_secret(packet, secret)).unwrap_or_default();
    for (row, bytes) in packet.chunks(16).enumerate() {
        let offset = row * 16;
        let (mut hex, mut text) = (String::new(), String::new());
        for (at, byte) in bytes.iter().enumerate() {
            let gap = if at == 8 { "  " } else { " " };
            if hidden.contains(&(offset + at)) {
                let _ = write!(hex, "{gap}**");
                text.push('*');
            } else {
                let _ = write!(hex, "{gap}{byte:02x}");
                text.push(if matches!(byte, 0x20..0x7F) { char::from(*byte) } else { '.' });
            }
        }
        let _ = writeln!(out, "  {offset:04x} {hex:<49}  {text}");
    }
}

/// The bytes of the secret, found by the attribute that it is: code 12, length, text, zero.
fn place_of_secret(packet: &[u8], secret: &[u8]) -> Option<Range<usize>> {
    let length = u16::try_from(secret.len()).ok()?.to_be_bytes();
    let attribute = [&[0x0C][..], &length, secret, &[0]].concat();
    let start = packet.windows(attribute.len()).position(|window| window == attribute)? + 3;
    Some(start..start + secret.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packet() -> Vec<u8> {
        let line = ajp13::RequestLine {
            method: b"GET",
            protocol: b"HTTP/1.1",
            uri: b"/a",
            remote_addr: b"192.0.2.1",
            remote_host: None,
            server_name: b"h",
            server_port: 80,
            is_ssl: false,
        };
        let mut packet = Vec::new();
        let mut encoder = ajp13::RequestEncoder::begin(&mut packet, 8192, &line);
        encoder.header(b"cookie", b"a=1");
        encoder.attribute(Attribute::Secret(b"hush"));
        encoder.attribute(Attribute::Route(b"hush"));
        encoder.finish().unwrap();
        packet
    }

    #[test]
    fn the_secret_is_hidden_and_nothing_else() {
        let mut out = String::new();
        write(&mut out, &packet());
        assert!(out.contains("secret: ***") && out.contains("route: hush"), "{out}");
        let mut hex = String::new();
        write_hex(&mut hex, &packet(), Some(b"hush"));
        assert_eq!(hex.matches("**").count(), 4 + 2, "{hex}");
        assert!(hex.starts_with("  0000  12 34 00"), "{hex}");
    }
}
