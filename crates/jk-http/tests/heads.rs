//! Request heads against `testdata/http/heads.txt`.

mod common;

use common::{Case, cases, check, escape, steps};
use jk_http::{
    Exchange, Framing, HeadError, KeepAlive, Limits, Parsed, RequestHead, ResponseFraming,
    persistence,
};

#[test]
fn whole() {
    let mut head = RequestHead::default();
    for case in cases("heads.txt") {
        let result = head.parse(&case.send, &Limits::default());
        check(&case, &answer(&head, &case.send, result));
    }
}

#[test]
fn in_pieces_parsed_anew() {
    for case in cases("heads.txt") {
        // Parsing anew is quadratic, so that the longest heads are left to the next test.
        if case.send.len() < 2000 {
            in_pieces(&case, RequestHead::parse);
        }
    }
}

#[test]
fn in_pieces_resumed() {
    for case in cases("heads.txt") {
        in_pieces(&case, RequestHead::resume);
    }
}

/// What follows a head changes nothing about it.
#[test]
fn with_trailing_bytes() {
    let mut head = RequestHead::default();
    for case in cases("heads.txt").iter().filter(|case| case.want != "partial") {
        for trailing in [&case.body[..], b"GET / HTTP/1.1\r\n", b"\r\n", b" ", b"\0", b"\n"] {
            let bytes = [&case.send, trailing].concat();
            let result = head.parse(&bytes, &Limits::default());
            if let Ok(Parsed::Complete(length)) = result {
                assert_eq!(length, case.send.len(), "{}", case.at);
            }
            check(case, &answer(&head, &bytes, result));
        }
    }
}

/// Every prefix of an accepted head is partial.
#[test]
fn prefixes_are_partial() {
    let mut head = RequestHead::default();
    for case in cases("heads.txt").iter().filter(|case| !is_refused(case)) {
        for length in
            (0..case.send.len()).filter(|length| case.send.len() < 2000 || length % 97 == 0)
        {
            let result = head.parse(&case.send[..length], &Limits::default());
            assert_eq!(result, Ok(Parsed::Partial), "{} cut at {length}", case.at);
        }
    }
}

type Parse = fn(&mut RequestHead, &[u8], &Limits) -> Result<Parsed, HeadError>;

fn in_pieces(case: &Case, parse: Parse) {
    for step in steps(case.send.len()) {
        let mut head = RequestHead::default();
        let mut end = 0;
        loop {
            end = (end + step).min(case.send.len());
            let buf = &case.send[..end];
            let result = parse(&mut head, buf, &Limits::default());
            if result != Ok(Parsed::Partial) || end == case.send.len() {
                check(case, &answer(&head, buf, result));
                break;
            }
        }
    }
}

fn is_refused(case: &Case) -> bool {
    case.want.starts_with(['4', '5'])
}

/// The outcome in the words of the tables.
fn answer(head: &RequestHead, buf: &[u8], result: Result<Parsed, HeadError>) -> String {
    match result {
        Ok(Parsed::Partial) => "partial".to_owned(),
        Ok(Parsed::Complete(_)) => describe(head, buf),
        Err(error) => {
            assert!(error.line.end <= buf.len(), "the line lies within the bytes");
            format!("{} close {:?}", error.status, error.kind)
        }
    }
}

fn describe(head: &RequestHead, buf: &[u8]) -> String {
    let mut fields: Vec<_> = head.fields(buf).collect();
    let mut framing = match head.framing() {
        Framing::None => "none".to_owned(),
        Framing::Chunked => "chunked".to_owned(),
        Framing::Length(length) => {
            let text = head.find(buf, "content-length").expect("the framing came from it");
            let number: u64 = std::str::from_utf8(text).expect("digits").parse().expect("a number");
            assert_eq!(number, length);
            format!("length={}", escape(text))
        }
    };
    // mod_jk writes the same for no content and for `Content-Length: 0` at the end.
    if fields.last().is_some_and(|(n, v)| n.eq_ignore_ascii_case(b"content-length") && *v == b"0") {
        fields.pop();
        framing = "none".to_owned();
    }
    if head.expects_continue() {
        framing.push_str(" continue");
    }
    let ok = ResponseFraming::Length(2);
    let keep = persistence(&KeepAlive::default(), &Exchange::of(head, 200, ok, 0)).keep;
    let uri = head.target(buf).split(|&b| b == b'?').next().unwrap_or_default();
    let host = head.host(buf).map_or("mount.test:80".to_owned(), |host| {
        format!("{}:{}", escape(host.name), host.port.unwrap_or(80))
    });
    let fields: Vec<_> = fields
        .iter()
        .map(|(name, value)| escape(&[&name.to_ascii_lowercase(), &b": "[..], value].concat()))
        .collect();
    format!(
        "{} {} {} {} {framing} host={host} | {}",
        if keep { "keep" } else { "close" },
        escape(head.method(buf)),
        escape(uri),
        escape(head.protocol(buf)),
        fields.join(" | ")
    )
    .trim_end()
    .to_owned()
}
