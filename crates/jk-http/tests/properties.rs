//! What must hold for every input: any cut of the bytes gives the same events, the short cut for
//! plain heads decides as the line parser does, and what is written can be read back.

use jk_http::{
    BodyDecoder, BodyError, CHUNK_END, Framing, HeadError, LAST_CHUNK, Limits, Parsed, RequestHead,
    is_field_value, is_token, write_chunk_head,
};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn heads_are_the_same_however_they_are_cut(bytes in hostile_head(), cuts in vec(1_usize..40, 1..20)) {
        let mut head = RequestHead::default();
        let whole = events(&head.parse(&bytes, &LIMITS), &head, &bytes);
        let mut head = RequestHead::default();
        let mut end = 0;
        let mut steps = cuts.iter().cycle();
        let in_pieces = loop {
            end = bytes.len().min(end + steps.next().expect("a cycle"));
            let result = head.resume(&bytes[..end], &LIMITS);
            if result != Ok(Parsed::Partial) || end == bytes.len() {
                break events(&result, &head, &bytes[..end]);
            }
        };
        prop_assert_eq!(whole, in_pieces);
    }

    #[test]
    fn the_short_cut_decides_as_the_line_parser(bytes in hostile_head()) {
        let mut short = RequestHead::default();
        let mut lines = RequestHead::default();
        let by_short_cut = short.parse(&bytes, &LIMITS);
        let by_lines = lines.resume(&bytes, &LIMITS);
        prop_assert_eq!(events(&by_short_cut, &short, &bytes), events(&by_lines, &lines, &bytes));
    }

    #[test]
    fn a_used_head_is_as_good_as_a_new_one(first in hostile_head(), second in hostile_head()) {
        let (mut used, mut new) = (RequestHead::default(), RequestHead::default());
        let _ = used.parse(&first, &LIMITS);
        let by_used = used.parse(&second, &LIMITS);
        let by_new = new.parse(&second, &LIMITS);
        prop_assert_eq!(events(&by_used, &used, &second), events(&by_new, &new, &second));
    }

    #[test]
    fn no_question_panics_with_another_buffer(bytes in hostile_head(), other in vec(any::<u8>(), 0..50)) {
        let mut head = RequestHead::default();
        let result = head.parse(&bytes, &LIMITS);
        events(&result, &head, &other);
        let _ = head.resume(&other, &LIMITS);
    }

    /// Nothing that leaves the parser can break a line of what is written with it.
    #[test]
    fn accepted_fields_are_clean(bytes in hostile_head()) {
        let mut head = RequestHead::default();
        if let Ok(Parsed::Complete(length)) = head.parse(&bytes, &LIMITS) {
            prop_assert!(length <= bytes.len());
            prop_assert!(is_token(head.method(&bytes)));
            prop_assert!(head.target(&bytes).iter().all(|b| *b > b' ' && *b != 0x7f));
            for (name, value) in head.fields(&bytes) {
                prop_assert!(is_token(name) && is_field_value(value));
            }
        }
    }

    #[test]
    fn fields_are_read_as_written(fields in vec(("[a-z]{1,3}", "[!-~]{0,9}"), 0..90)) {
        let mut bytes = b"GET / HTTP/1.0\r\n".to_vec();
        let mut wanted: Vec<(Vec<u8>, Vec<u8>)> = Vec::new();
        for (name, value) in &fields {
            bytes.extend_from_slice(format!("{name}: {value}\r\n").as_bytes());
            match wanted.iter_mut().find(|(other, _)| other == name.as_bytes()) {
                Some((_, joined)) => joined.extend_from_slice(format!(", {value}").as_bytes()),
                None => wanted.push((name.clone().into(), value.clone().into())),
            }
        }
        bytes.extend_from_slice(b"\r\n");
        let mut head = RequestHead::default();
        let complete = Ok(Parsed::Complete(bytes.len()));
        prop_assert_eq!(head.parse(&bytes, &Limits::default()), complete);
        let read: Vec<_> = head.fields(&bytes).map(|(n, v)| (n.to_vec(), v.to_vec())).collect();
        for (name, value) in &read {
            let name = String::from_utf8_lossy(name).to_ascii_uppercase();
            prop_assert_eq!(head.find(&bytes, &name), Some(&value[..]));
        }
        prop_assert_eq!(read, wanted);
    }

    #[test]
    fn bodies_are_the_same_however_they_are_cut(bytes in hostile_body(), cuts in vec(1_usize..9, 1..20)) {
        let whole = decode(&bytes, &[bytes.len().max(1)]);
        prop_assert_eq!(whole, decode(&bytes, &cuts));
    }

    #[test]
    fn chunks_are_read_as_written(chunks in vec(vec(any::<u8>(), 1..300), 0..9), cuts in vec(1_usize..50, 1..20)) {
        let mut bytes = Vec::new();
        for chunk in &chunks {
            write_chunk_head(&mut bytes, chunk.len());
            bytes.extend_from_slice(chunk);
            bytes.extend_from_slice(CHUNK_END);
        }
        bytes.extend_from_slice(LAST_CHUNK);
        bytes.extend_from_slice(b"GET");
        let (content, consumed, ended) = decode(&bytes, &cuts);
        prop_assert_eq!(content, chunks.concat());
        prop_assert_eq!(consumed, bytes.len() - 3);
        prop_assert_eq!(ended, Ok(true));
    }
}

/// Small, so that random input reaches them.
const LIMITS: Limits = Limits { line: 40, field_size: 30, fields: 5 };

/// Heads that are nearly right.
fn hostile_head() -> impl Strategy<Value = Vec<u8>> {
    let start = select(vec![
        "GET / HTTP/1.1\r\nHost: a\r\n",
        "POST /a?b HTTP/1.1\r\nhost:b\r\n",
        "GET /x HTTP/1.0\r\n",
        "GET http://b:1/ HTTP/1.1\r\nHost: a\r\n",
        "\r\nGET / HTTP/1.1\r\nHost: A.b.\r\n",
        "",
    ]);
    let piece = prop_oneof![
        4 => select(vec![
            "\r\n", "\r\n", "X: 1\r\n", "x: 2\r\n", "Y:\r\n", " fold\r\n", "\t2\r\n", "Host: a\r\n",
            "Connection: close\r\n", "Connection: keep-alive\r\n", "Expect: 100-continue\r\n",
            "Content-Length: 3\r\n", "Transfer-Encoding: chunked\r\n", "Cookie: a=b\r\n",
        ]),
        1 => select(vec![
            "\n", "\r", "\0", " ", "\t", ":", ",", "a", "aaaaaaaaaaaaaaaa", "GET ", "/ ", "HTTP/1.1",
            "HTTP/1.0", "\u{e9}", "\u{7f}", "0", "chunked", "X", "Host:", "[::1]", "*",
        ]),
    ];
    (start, vec(piece, 0..12)).prop_map(|(start, pieces)| [start, &pieces.concat()].concat().into())
}

fn hostile_body() -> impl Strategy<Value = Vec<u8>> {
    let piece = select(vec![
        "0",
        "1",
        "3",
        "a",
        "\r\n",
        "\r\n",
        "\r\n",
        "\n",
        "\r",
        ";",
        ";x=\"y\"",
        " ",
        "abc\r\n",
        "3\r\nabc\r\n",
        "0\r\n",
        "0\r\n\r\n",
        "X: 1\r\n",
        " 2\r\n",
        "aaaaaaaaaaaaaaaaaaaaaaa",
        "\0",
        "ffffffff",
    ]);
    vec(piece, 0..12).prop_map(|pieces| pieces.concat().into())
}

/// Everything a caller can learn.
fn events(result: &Result<Parsed, HeadError>, head: &RequestHead, buf: &[u8]) -> String {
    let fields: Vec<_> = head.fields(buf).collect();
    match result {
        Ok(Parsed::Complete(_)) => format!(
            "{result:?} {:?} {:?} {:?} {:?} {:?} {:?} {fields:?} {:?} {:?} {} {} {}",
            head.line(buf),
            head.method(buf),
            head.target(buf),
            head.protocol(buf),
            head.path(buf),
            head.query(buf),
            head.framing(),
            head.host(buf),
            head.wants_close(),
            head.wants_keep_alive(),
            head.expects_continue(),
        ),
        _ => format!("{result:?}"),
    }
}

/// The content, how much was consumed, and whether the body ended. Pieces are as long as `cuts`
/// say, over and over.
fn decode(bytes: &[u8], cuts: &[usize]) -> (Vec<u8>, usize, Result<bool, BodyError>) {
    let mut decoder = BodyDecoder::with_limits(Framing::Chunked, &LIMITS);
    let (mut content, mut consumed, mut end) = (Vec::new(), 0, 0);
    for step in cuts.iter().cycle() {
        end = bytes.len().min(end + step);
        while consumed < end && !decoder.is_done() {
            let input = &bytes[consumed..end];
            match decoder.decode(input) {
                Ok(piece) => {
                    assert!(piece.consumed > 0, "progress");
                    content.extend_from_slice(&input[piece.content]);
                    consumed += piece.consumed;
                }
                // How far the failing call came depends on the cut.
                Err(error) => return (content, 0, Err(error)),
            }
        }
        if decoder.is_done() || end == bytes.len() {
            break;
        }
    }
    (content, consumed, Ok(decoder.is_done()))
}
