//! Chunked bodies against `testdata/http/bodies.txt`, and counted ones.

mod common;

use common::{cases, check, escape, steps};
use jk_http::{BodyDecoder, BodyError, Framing, Limits};

#[test]
fn chunked() {
    for case in cases("bodies.txt") {
        for step in steps(case.send.len()) {
            check(&case, &answer(&case.send, step));
        }
    }
}

/// What follows a body is left alone.
#[test]
fn with_trailing_bytes() {
    for case in cases("bodies.txt").iter().filter(|case| case.want.starts_with("whole")) {
        for trailing in [&b"GET / HTTP/1.1\r\n"[..], b"\r\n", b"0", b"\0"] {
            let bytes = [&case.send, trailing].concat();
            for step in steps(bytes.len()) {
                check(case, &answer(&bytes, step));
            }
            let mut decoder = BodyDecoder::new(Framing::Chunked);
            let consumed = drain(&mut decoder, &bytes, &mut Vec::new());
            assert_eq!(consumed, Ok(case.send.len()), "{}", case.at);
        }
    }
}

#[test]
fn counted() {
    for length in [1_usize, 2, 3, 7] {
        let bytes = b"0123456789";
        for step in steps(bytes.len()) {
            let mut decoder = BodyDecoder::new(Framing::Length(length as u64));
            let mut content = Vec::new();
            for (at, piece) in bytes.chunks(step).enumerate() {
                let left = length.saturating_sub(at * step);
                assert_eq!(decoder.remaining(), Some(left as u64));
                assert_eq!(drain(&mut decoder, piece, &mut content), Ok(left.min(piece.len())));
            }
            assert_eq!(content, &bytes[..length]);
            assert!(decoder.is_done());
        }
    }
}

#[test]
fn without_content_nothing_is_consumed() {
    for framing in [Framing::None, Framing::Length(0)] {
        let mut decoder = BodyDecoder::new(framing);
        assert!(decoder.is_done());
        assert_eq!(decoder.remaining(), Some(0));
        assert_eq!(decoder.decode(b"GET").expect("no error").consumed, 0);
    }
}

#[test]
fn the_largest_length_is_counted() {
    let mut decoder = BodyDecoder::new(Framing::Length(i64::MAX as u64));
    assert_eq!(decoder.decode(b"abc").expect("no error").content, 0..3);
    assert_eq!(decoder.remaining(), Some(i64::MAX as u64 - 3));
}

#[test]
fn an_error_stays() {
    let mut decoder = BodyDecoder::new(Framing::Chunked);
    let first = decoder.decode(b"x").expect_err("not a digit");
    assert_eq!(first.status, 400);
    assert_eq!(decoder.decode(b"3\r\nabc"), Err(first));
    assert_eq!(decoder.decode(b""), Err(first));
    assert!(!decoder.is_done());
}

/// Content in front of an error is still delivered: it was well framed.
#[test]
fn content_before_an_error_is_delivered() {
    let mut decoder = BodyDecoder::new(Framing::Chunked);
    let piece = decoder.decode(b"3\r\nabcX").expect("the content is well framed");
    assert_eq!((piece.consumed, piece.content), (6, 3..6));
    assert_eq!(decoder.decode(b"X").expect_err("no CRLF").status, 400);
}

#[test]
fn limits_are_the_callers() {
    let limits = Limits { line: 10, field_size: 10, fields: 1 };
    let fed = |bytes: &[u8]| {
        let mut decoder = BodyDecoder::with_limits(Framing::Chunked, &limits);
        drain(&mut decoder, bytes, &mut Vec::new()).map_err(|error| error.status)
    };
    assert_eq!(fed(b"0;345678\r\n"), Ok(10));
    assert_eq!(fed(b"0;3456789\r\n"), Err(413));
    assert_eq!(fed(b"0\r\nX: 1\r\n\r\n"), Ok(11));
    assert_eq!(fed(b"0\r\nX: 1\r\nY: 1\r\n\r\n"), Err(400));
    assert_eq!(fed(b"0\r\nX: 3456789012\r\n\r\n"), Err(400));
}

fn answer(bytes: &[u8], step: usize) -> String {
    let mut decoder = BodyDecoder::new(Framing::Chunked);
    let mut content = Vec::new();
    for piece in bytes.chunks(step) {
        if let Err(error) = drain(&mut decoder, piece, &mut content) {
            return format!("{} close {:?}", error.status, error.kind);
        }
    }
    match decoder.is_done() {
        true => format!("whole {}", escape(&content)).trim_end().to_owned(),
        false => "partial".to_owned(),
    }
}

/// Decodes until nothing more is consumed; every call but the last makes progress.
fn drain(
    decoder: &mut BodyDecoder,
    input: &[u8],
    content: &mut Vec<u8>,
) -> Result<usize, BodyError> {
    let mut consumed = 0;
    while consumed < input.len() && !decoder.is_done() {
        let rest = &input[consumed..];
        let piece = decoder.decode(rest)?;
        assert!(piece.consumed > 0, "progress");
        assert!(piece.content.end <= piece.consumed, "content is consumed");
        content.extend_from_slice(&rest[piece.content]);
        consumed += piece.consumed;
    }
    Ok(consumed)
}
