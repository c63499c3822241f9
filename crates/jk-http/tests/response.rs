//! What goes out: status lines, fields, chunks, and when the connection closes. The expectations
//! about persistence were recorded from httpd 2.4.71.

use jk_http::{
    CHUNK_END, DateCache, Exchange, KeepAlive, LAST_CHUNK, Limits, RequestHead, ResponseFraming,
    Version, is_field_value, is_reason, is_token, list_has_token, persistence, reason_phrase,
    response_framing, write_chunk_head, write_field, write_status_line,
};

fn written(write: impl FnOnce(&mut Vec<u8>)) -> String {
    let mut out = Vec::new();
    write(&mut out);
    String::from_utf8(out).expect("ASCII")
}

#[test]
fn status_lines() {
    let line = |status, reason: &[u8]| written(|out| write_status_line(out, status, reason));
    assert_eq!(line(200, b"OK"), "HTTP/1.1 200 OK\r\n");
    assert_eq!(line(299, b""), "HTTP/1.1 299 \r\n");
    assert_eq!(line(404, b"a\r\nX: 1"), "HTTP/1.1 404 Not Found\r\n");
    assert_eq!(line(299, b"a\0"), "HTTP/1.1 299 Unknown Reason\r\n");
}

#[test]
fn fields() {
    let field = |name: &[u8], value: &[u8]| written(|out| _ = write_field(out, name, value));
    assert_eq!(field(b"X", b"1"), "X: 1\r\n");
    assert_eq!(field(b"X", b""), "X: \r\n");
    for (name, value) in [(&b"X"[..], &b"a\r\nY: 1"[..]), (b"X", b"a\nb"), (b"X", b"\0")] {
        assert_eq!(field(name, value), "");
    }
    for name in [&b""[..], b"X Y", b"X:", b"X\r\n", b"\xe9"] {
        assert_eq!(field(name, b"1"), "");
    }
}

#[test]
fn chunk_heads() {
    let head = |length| written(|out| write_chunk_head(out, length));
    for (length, text) in
        [(1, "1"), (15, "f"), (16, "10"), (0x1f8, "1f8"), (0xabcd_ef01, "abcdef01")]
    {
        assert_eq!(head(length), format!("{text}\r\n"));
    }
    assert_eq!(head(usize::MAX), format!("{:x}\r\n", usize::MAX));
    assert_eq!(head(0), "", "an empty chunk would end the content");
    assert_eq!((CHUNK_END, LAST_CHUNK), (&b"\r\n"[..], &b"0\r\n\r\n"[..]));
}

#[test]
fn reasons() {
    assert_eq!(reason_phrase(200), Some("OK"));
    assert_eq!(reason_phrase(413), Some("Request Entity Too Large"));
    assert_eq!(reason_phrase(511), Some("Network Authentication Required"));
    for status in [0, 99, 209, 306, 418, 425, 509, 512, 600, u16::MAX] {
        assert_eq!(reason_phrase(status), None, "{status}");
    }
    assert!((0..=u16::MAX).filter_map(reason_phrase).all(|phrase| is_reason(phrase.as_bytes())));
}

#[test]
fn character_classes() {
    assert!(is_token(b"!#$%&'*+-.^_`|~aZ09") && !is_token(b"") && !is_token(b"a b"));
    for b in 0..=u8::MAX {
        let separator = b"\"(),/:;<=>?@[\\]{}".contains(&b);
        assert_eq!(is_token(&[b]), b.is_ascii_graphic() && !separator, "{b}");
        assert_eq!(is_field_value(&[b]), b == b'\t' || !b.is_ascii_control(), "{b}");
    }
}

#[test]
fn tokens_in_lists() {
    for value in ["close", "CLOSE", "a, close", "a,close,b", "a close", "close;x", "\"close\"", "c"]
    {
        assert!(list_has_token(value.as_bytes(), b"close"), "{value}");
    }
    for value in ["", "closed", "close-x", "xclose", "x", ", ,"] {
        assert!(!list_has_token(value.as_bytes(), b"close"), "{value}");
    }
}

#[test]
fn dates() {
    let mut cache = DateCache::default();
    assert_eq!(cache.text(0), b"Thu, 01 Jan 1970 00:00:00 GMT");
    assert_eq!(cache.text(784_111_777), b"Sun, 06 Nov 1994 08:49:37 GMT");
    assert_eq!(cache.text(784_111_777), b"Sun, 06 Nov 1994 08:49:37 GMT");
    assert_eq!(cache.text(784_111_778), b"Sun, 06 Nov 1994 08:49:38 GMT");
    assert_eq!(cache.text(u64::MAX), b"Fri, 31 Dec 9999 23:59:59 GMT");
}

#[test]
fn framing() {
    use ResponseFraming::{Chunked, Length, None as Nothing, UntilClose};
    use Version::{Http10, Http11};
    let choose = response_framing;
    assert_eq!(choose(false, Http11, 200, Some(3), false), Length(3));
    assert_eq!(choose(false, Http11, 200, None, false), Chunked);
    assert_eq!(choose(false, Http10, 200, None, false), UntilClose);
    assert_eq!(choose(false, Http10, 200, Some(0), false), Length(0));
    assert_eq!(choose(false, Http11, 200, None, true), UntilClose);
    assert_eq!(choose(true, Http10, 200, None, false), Nothing);
    assert_eq!(choose(true, Http11, 200, Some(3), false), Nothing);
    assert_eq!(choose(false, Http11, 204, None, false), Nothing);
    assert_eq!(choose(false, Http11, 304, Some(3), true), Nothing);
    assert_eq!(choose(false, Http11, 205, None, false), Chunked);
}

const LENGTH: ResponseFraming = ResponseFraming::Length(3);

/// The decision for a GET with `fields`, and the lines it adds.
fn decide(
    version: &str,
    fields: &str,
    config: KeepAlive,
    change: impl FnOnce(&mut Exchange),
) -> String {
    let bytes = format!("GET / HTTP/{version}\r\nHost: a\r\n{fields}\r\n");
    let mut head = RequestHead::default();
    head.parse(bytes.as_bytes(), &Limits::default()).expect("a good head");
    let mut exchange = Exchange::of(&head, 200, LENGTH, 0);
    change(&mut exchange);
    let persistence = persistence(&config, &exchange);
    let lines = written(|out| persistence.write(out)).replace("\r\n", "|");
    format!("{} {lines}", if persistence.keep { "keep" } else { "close" }).trim_end().to_owned()
}

const ASKS: &str = "Connection: keep-alive\r\n";

#[test]
fn persistence_counts_down() {
    let config = KeepAlive { max: 3, ..KeepAlive::default() };
    for (served, wanted) in [
        (0, "keep Keep-Alive: timeout=5, max=3|Connection: Keep-Alive|"),
        (1, "keep Keep-Alive: timeout=5, max=2|Connection: Keep-Alive|"),
        (2, "keep Keep-Alive: timeout=5, max=1|Connection: Keep-Alive|"),
        (3, "close Connection: close|"),
        (4, "close Connection: close|"),
    ] {
        assert_eq!(decide("1.1", ASKS, config, |exchange| exchange.served = served), wanted);
    }
    assert_eq!(decide("1.1", "", config, |exchange| exchange.served = 2), "keep");
    assert_eq!(
        decide("1.1", "", config, |exchange| exchange.served = 3),
        "close Connection: close|"
    );
}

#[test]
fn persistence_by_configuration() {
    let config = KeepAlive::default();
    let unlimited = KeepAlive { max: 0, timeout: 7, ..config };
    assert_eq!(
        decide("1.1", ASKS, unlimited, |exchange| exchange.served = u32::MAX),
        "keep Keep-Alive: timeout=7|Connection: Keep-Alive|"
    );
    for off in [KeepAlive { enabled: false, ..config }, KeepAlive { timeout: 0, ..config }] {
        assert_eq!(decide("1.1", ASKS, off, |_| {}), "close Connection: close|");
    }
}

#[test]
fn persistence_by_request() {
    let config = KeepAlive::default();
    let default = "keep Keep-Alive: timeout=5, max=100|Connection: Keep-Alive|";
    assert_eq!(decide("1.1", "", config, |_| {}), "keep");
    assert_eq!(decide("1.0", ASKS, config, |_| {}), default);
    assert_eq!(decide("1.0", "", config, |_| {}), "close Connection: close|");
    assert_eq!(decide("1.1", "Connection: close\r\n", config, |_| {}), "close Connection: close|");
    assert_eq!(
        decide("1.1", "Connection: keep-alive, close\r\n", config, |_| {}),
        "close Connection: close|"
    );
    let ignored = decide("1.1", ASKS, config, |exchange| exchange.no_keep_alive = true);
    assert_eq!(ignored, "close Connection: close|");
}

#[test]
fn persistence_by_response() {
    let config = KeepAlive::default();
    for status in [400, 408, 411, 413, 414, 500, 501, 503] {
        let answer = decide("1.1", ASKS, config, |exchange| exchange.status = status);
        assert_eq!(answer, "close Connection: close|", "{status}");
    }
    for status in [199, 200, 204, 205, 299, 302, 304, 401, 403, 404, 405, 416, 417, 502, 504] {
        let answer = decide("1.1", "", config, |exchange| exchange.status = status);
        assert_eq!(answer, "keep", "{status}");
    }
    let until_close = |exchange: &mut Exchange| exchange.framing = ResponseFraming::UntilClose;
    assert_eq!(decide("1.1", ASKS, config, until_close), "close Connection: close|");
    let broken = |exchange: &mut Exchange| exchange.broken = true;
    assert_eq!(decide("1.1", ASKS, config, broken), "close Connection: close|");
}

/// A `Connection` that the response brings along is kept, and obeyed if it says `close`.
#[test]
fn persistence_with_a_connection_field() {
    let config = KeepAlive::default();
    let close = decide("1.1", ASKS, config, |exchange| exchange.connection = Some(b"Close"));
    assert_eq!(close, "close");
    let other = decide("1.1", ASKS, config, |exchange| exchange.connection = Some(b"foo"));
    assert!(other.ends_with("Connection: Keep-Alive|"), "to be appended: {other}");
}
