//! The parts of a target, and what is known of a head that was refused.

use jk_http::{HeadErrorKind, Limits, Parsed, RequestHead, TargetForm};

/// Form, path and query of a target.
fn parts(method: &str, target: &str) -> (TargetForm, String, Option<String>) {
    let bytes = format!("{method} {target} HTTP/1.1\r\nHost: a\r\n\r\n");
    let mut head = RequestHead::default();
    let complete = Ok(Parsed::Complete(bytes.len()));
    assert_eq!(head.parse(bytes.as_bytes(), &Limits::default()), complete, "{target}");
    let text = |part: &[u8]| String::from_utf8_lossy(part).into_owned();
    assert_eq!(text(head.target(bytes.as_bytes())), target);
    let query = head.query(bytes.as_bytes()).map(text);
    (head.target_form(), text(head.path(bytes.as_bytes())), query)
}

#[test]
fn targets() {
    use TargetForm::{Absolute, Asterisk, Authority, Origin};
    for (method, target, form, path, query) in [
        ("GET", "/", Origin, "/", None),
        ("GET", "/a/b?c", Origin, "/a/b", Some("c")),
        ("GET", "/a?", Origin, "/a", Some("")),
        ("GET", "/a?b?c", Origin, "/a", Some("b?c")),
        ("GET", "//a//b", Origin, "/a//b", None),
        ("GET", "///a?//", Origin, "/a", Some("//")),
        ("GET", "/a%20;b=c", Origin, "/a%20;b=c", None),
        ("GET", "http://b/x?y", Absolute, "/x", Some("y")),
        ("GET", "http://b//x", Absolute, "//x", None),
        ("GET", "http://b", Absolute, "/", None),
        ("GET", "http://b?y/z", Absolute, "/", Some("y/z")),
        ("GET", "https://[::1]:8/x", Absolute, "/x", None),
        ("OPTIONS", "*", Asterisk, "*", None),
        ("OPTIONS", "*?x", Asterisk, "*", Some("x")),
        ("OPTIONS", "http://b", Absolute, "*", None),
        ("OPTIONS", "http://b/", Absolute, "/", None),
        ("CONNECT", "b:443", Authority, "/", None),
    ] {
        let wanted = (form, path.to_owned(), query.map(str::to_owned));
        assert_eq!(parts(method, target), wanted, "{target}");
    }
}

/// The right column was recorded from httpd's access log (`%r`).
#[test]
fn refused_lines_are_logged_as_by_httpd() {
    let long = format!("GET /{}", "a".repeat(8300));
    for (bytes, logged) in [
        (long.as_str(), &long[..8191]),
        ("GET / HTTP/1.1\nHost: a\r\n\r\n", "GET / HTTP/1.1\n"),
        ("GET  /x  HTTP/1.1\r\nHost: a\r\n\r\n", "GET /x HTTP/1.1"),
        ("GET /a b HTTP/1.1\r\n\r\n", "GET /a b"),
        ("GET / HTTP/1.1\r\nHost\r\n\r\n", "GET / HTTP/1.1"),
        ("GET / HTTP/1.1\r\n\r\n", "GET / HTTP/1.1"),
        ("G\0T / HTTP/1.1\r\n\r\n", "G"),
        ("GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n", "GET /a#b HTTP/1.1"),
        ("\x16\x03\x01\r\n", "\x16\x03\x01"),
        ("GET\r\n", "GET"),
        ("\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n", ""),
    ] {
        let error = RequestHead::default()
            .parse(bytes.as_bytes(), &Limits::default())
            .expect_err("every one is refused");
        let mut line = Vec::new();
        error.write_line(bytes.as_bytes(), &mut line);
        assert_eq!(String::from_utf8_lossy(&line), logged, "{bytes:?}");
    }
}

/// Whoever answers must know that HEAD gets no content, whatever was wrong with the rest.
#[test]
fn a_refused_head_keeps_its_method() {
    for bytes in ["HEAD / HTTP/1.1\r\nHost\r\n\r\n", "HEAD / HTTP/1.1\r\n\r\n", "HEAD  /x\r\n"] {
        let mut head = RequestHead::default();
        head.parse(bytes.as_bytes(), &Limits::default()).expect_err("every one is refused");
        assert_eq!(head.method(bytes.as_bytes()), b"HEAD", "{bytes:?}");
    }
}

/// Without a limit on fields there still is one on lines.
#[test]
fn limits_can_be_lifted() {
    let bytes = format!("GET / HTTP/1.1\r\nHost: a\r\n{}\r\n", "X: 1\r\n".repeat(500));
    let mut head = RequestHead::default();
    let unlimited = Limits { fields: 0, ..Limits::default() };
    let complete = Ok(Parsed::Complete(bytes.len()));
    assert_eq!(head.parse(bytes.as_bytes(), &unlimited), complete);
    assert_eq!(head.find(bytes.as_bytes(), "x"), Some(&"1, ".repeat(500).as_bytes()[..1498]));
    let error = head.parse(bytes.as_bytes(), &Limits::default()).expect_err("501 fields");
    assert_eq!(error.kind, HeadErrorKind::TooManyFields);
}
