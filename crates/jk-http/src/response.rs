//! The response side: what goes out in front of and around content.

use crate::Version;
use crate::grammar::{is_field_value, is_reason, is_token};
use crate::reason::reason_phrase;

/// What ends a chunk's content.
pub const CHUNK_END: &[u8] = b"\r\n";

/// The chunk that ends the content, with an empty trailer section.
pub const LAST_CHUNK: &[u8] = b"0\r\n\r\n";

/// How the end of a response's content is made known to the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResponseFraming {
    /// There is no content: an answer to HEAD, or a 204 or 304.
    None,
    /// Content of this length; `Content-Length` says so.
    Length(u64),
    /// `Transfer-Encoding: chunked`.
    Chunked,
    /// The connection closes after the content.
    UntilClose,
}

/// Chooses the framing of a response as httpd does (`ap_set_keepalive`, `ap_http_header_filter`).
///
/// `length` is the length of the content if it is known. `broken` says that the connection is
/// already bound to close: a request body that could not be read, or a client that may still be
/// waiting for `100 Continue`. Such a response is not chunked even in HTTP/1.1.
pub fn response_framing(
    is_head: bool,
    version: Version,
    status: u16,
    length: Option<u64>,
    broken: bool,
) -> ResponseFraming {
    if is_head || is_header_only(status) {
        return ResponseFraming::None;
    }
    match length {
        Some(length) => ResponseFraming::Length(length),
        None if version == Version::Http11 && !broken => ResponseFraming::Chunked,
        None => ResponseFraming::UntilClose,
    }
}

/// Whether a response with this status has no content, whatever the method was.
///
/// Such a response carries neither `Content-Length`, `Transfer-Encoding`, `Content-Type`,
/// `Content-Encoding` nor `Content-Language`.
pub const fn is_header_only(status: u16) -> bool {
    matches!(status, 204 | 304)
}

/// Appends a status line. A reason that could break the line is replaced by the standard phrase.
pub fn write_status_line(out: &mut Vec<u8>, status: u16, reason: &[u8]) {
    let reason = if is_reason(reason) { reason } else { standard_reason(status) };
    out.extend_from_slice(b"HTTP/1.1 ");
    write_decimal(out, status.into());
    out.push(b' ');
    out.extend_from_slice(reason);
    out.extend_from_slice(b"\r\n");
}

/// Appends a field line and returns whether it did: a name that is no token, or a value with
/// control bytes, would let its author write the rest of the head, and is left out.
pub fn write_field(out: &mut Vec<u8>, name: &[u8], value: &[u8]) -> bool {
    if !is_token(name) || !is_field_value(value) {
        return false;
    }
    write_checked_field(out, name, value);
    true
}

/// Appends the line of a field whose name and value are known to pass [`is_token`] and
/// [`is_field_value`].
pub fn write_checked_field(out: &mut Vec<u8>, name: &[u8], value: &[u8]) {
    out.extend_from_slice(name);
    out.extend_from_slice(b": ");
    out.extend_from_slice(value);
    out.extend_from_slice(b"\r\n");
}

/// Appends the line in front of a chunk of `length` bytes. A length of zero would end the content,
/// so nothing is appended for it.
pub fn write_chunk_head(out: &mut Vec<u8>, length: usize) {
    let significant = (usize::BITS - length.leading_zeros()).div_ceil(4);
    for digit in (0..significant).rev() {
        out.push(b"0123456789abcdef"[length >> (4 * digit) & 0xf]);
    }
    if significant > 0 {
        out.extend_from_slice(b"\r\n");
    }
}

/// Appends a number without the detour of a `String`.
pub(crate) fn write_decimal(out: &mut Vec<u8>, number: u64) {
    let mut digits = [0; 20];
    let mut rest = number;
    let mut start = digits.len();
    loop {
        start -= 1;
        digits[start] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    out.extend_from_slice(&digits[start..]);
}

fn standard_reason(status: u16) -> &'static [u8] {
    reason_phrase(status).unwrap_or("Unknown Reason").as_bytes()
}
