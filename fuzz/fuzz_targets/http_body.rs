//! Any bytes as a chunked body: cut anywhere they give the same content and the same end.
#![no_main]

use jk_http::{BodyDecoder, BodyError, Framing, Limits};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some((&[cut], bytes)) = data.split_first_chunk() else { return };
    let whole = decode(bytes, bytes.len().max(1));
    assert_eq!(whole, decode(bytes, usize::from(cut).max(1)));
    assert!(whole.0.len() <= bytes.len());
});

/// The content, and whether the body ended.
fn decode(bytes: &[u8], step: usize) -> (Vec<u8>, Result<bool, BodyError>) {
    let limits = Limits { line: 64, field_size: 64, fields: 5 };
    let mut decoder = BodyDecoder::with_limits(Framing::Chunked, &limits);
    let mut content = Vec::new();
    for mut input in bytes.chunks(step) {
        while !input.is_empty() && !decoder.is_done() {
            match decoder.decode(input) {
                Ok(piece) => {
                    assert!(piece.consumed > 0 && piece.content.end <= piece.consumed);
                    content.extend_from_slice(&input[piece.content]);
                    input = &input[piece.consumed..];
                }
                Err(error) => return (content, Err(error)),
            }
        }
    }
    let ended = decoder.is_done();
    (content, Ok(ended))
}
