//! Any bytes as a request head: cut anywhere they give the same answer, the short cut agrees with
//! the line parser, and what is accepted is clean.
#![no_main]

use jk_http::{Limits, Parsed, RequestHead, is_field_value, is_token};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some((&[cut, size], bytes)) = data.split_first_chunk() else { return };
    // Small limits are reached, httpd's own are not.
    let limits = match size {
        0..128 => Limits::default(),
        _ => Limits { line: usize::from(size), field_size: usize::from(size), fields: 9 },
    };
    let (mut whole, mut pieces) = (RequestHead::default(), RequestHead::default());
    let result = whole.parse(bytes, &limits);

    let first = bytes.len().min(cut.into());
    let mut by_pieces = pieces.resume(&bytes[..first], &limits);
    if by_pieces == Ok(Parsed::Partial) {
        by_pieces = pieces.resume(bytes, &limits);
    }
    assert_eq!(result, by_pieces);

    let Ok(Parsed::Complete(length)) = result else { return };
    assert!(length <= bytes.len());
    assert!(is_token(whole.method(bytes)));
    assert!(whole.fields(bytes).eq(pieces.fields(bytes)));
    assert!(whole.fields(bytes).all(|(name, value)| is_token(name) && is_field_value(value)));
    assert_eq!(whole.framing(), pieces.framing());
    assert_eq!(whole.host(bytes), pieces.host(bytes));
    assert_eq!(whole.wants_close(), pieces.wants_close());
    assert_eq!(pieces.parse(&bytes[..length - 1], &limits), Ok(Parsed::Partial));
});
