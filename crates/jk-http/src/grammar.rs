//! The character classes and small grammars of RFC 9110 that several modules share.

pub(crate) use jk_text::{is_field_byte, is_token_byte};
pub use jk_text::{is_field_value, is_same_name, is_token};

/// Whether `bytes` may stand as a reason phrase (RFC 9112 section 4); the empty one may.
pub fn is_reason(bytes: &[u8]) -> bool {
    is_field_value(bytes)
}

/// Whether a field value that is a list of tokens, such as `Connection`, holds `token`.
///
/// Every byte that cannot be part of a token separates, and case is ignored. As in httpd
/// (`ap_find_token`), the beginning of `token` is enough: `Connection: c` closes.
pub fn list_has_token(value: &[u8], token: &[u8]) -> bool {
    value.split(|&b| !is_token_byte(b)).any(|word| {
        let start = token.get(..word.len());
        !word.is_empty() && start.is_some_and(|start| start.eq_ignore_ascii_case(word))
    })
}

/// Reads a `Content-Length`: digits only, at most 2^63 - 1 (httpd: `ap_parse_strict_length`).
pub(crate) fn parse_length(value: &[u8]) -> Option<u64> {
    if value.is_empty() {
        return None;
    }
    let length = value.iter().try_fold(0_u64, |length, &b| {
        let digit = b.is_ascii_digit().then(|| u64::from(b - b'0'))?;
        length.checked_mul(10)?.checked_add(digit)
    })?;
    i64::try_from(length).is_ok().then_some(length)
}

pub(crate) const fn is_blank(b: u8) -> bool {
    matches!(b, b' ' | b'\t')
}

/// Whether `b` may stand in a request target: anything but controls and space.
pub(crate) const fn is_target_byte(b: u8) -> bool {
    b > b' ' && b != 0x7f
}
