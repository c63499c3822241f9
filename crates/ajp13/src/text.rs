//! Whether text of a backend is fit to stand in an HTTP response. Containers do not filter what
//! applications write, so these checks are what prevents response splitting.

pub use jk_text::{is_field_value, is_token};

/// Whether `bytes` can be a reason phrase: something, and no control byte at all.
pub fn is_reason(bytes: &[u8]) -> bool {
    !bytes.is_empty() && jk_text::is_plain(bytes)
}
