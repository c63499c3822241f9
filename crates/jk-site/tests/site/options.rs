//! What httpd answers by itself, and what it calls itself.

use jk_config::{ServerTokens, Trace};
use jk_site::banner;
use jk_site::errors;
use jk_site::options::{
    StaticMethod, TraceAnswer, allow, allow_elsewhere, push_fields, push_trace, static_method,
    trace,
};

#[test]
fn methods_of_static_files_are_as_measured() {
    for method in ["GET", "HEAD", "POST"] {
        assert_eq!(static_method(method.as_bytes()), StaticMethod::Serve, "{method}");
    }
    assert_eq!(static_method(b"OPTIONS"), StaticMethod::Options);
    let known = "PUT DELETE CONNECT PATCH PROPFIND PROPPATCH MKCOL COPY MOVE LOCK UNLOCK \
                 VERSION-CONTROL CHECKOUT UNCHECKOUT CHECKIN UPDATE LABEL REPORT MKWORKSPACE \
                 MKACTIVITY BASELINE-CONTROL MERGE";
    for method in known.split_whitespace() {
        assert_eq!(static_method(method.as_bytes()), StaticMethod::Refuse(405), "{method}");
    }
    for method in "ACL SEARCH BREW PRI BIND LINK QUERY INVALID get Head FOO".split_whitespace() {
        assert_eq!(static_method(method.as_bytes()), StaticMethod::Refuse(501), "{method}");
    }
}

#[test]
fn options_is_answered_as_measured() {
    let answer = |trace| {
        let mut out = Vec::new();
        push_fields(trace, &mut out);
        String::from_utf8(out).expect("text")
    };
    let on = "Allow: GET,POST,OPTIONS,HEAD,TRACE\r\nContent-Length: 0\r\n";
    assert_eq!(answer(Some(Trace::On)), on);
    assert_eq!(answer(Some(Trace::Extended)), on);
    assert_eq!(answer(Some(Trace::Off)), "Allow: GET,POST,OPTIONS,HEAD\r\nContent-Length: 0\r\n");
    assert_eq!(answer(None), "Content-Length: 0\r\n");
    assert_eq!((allow_elsewhere(Trace::On), allow_elsewhere(Trace::Off)), ("TRACE", ""));
    assert!(allow(Trace::On).ends_with(allow_elsewhere(Trace::On)));
}

#[test]
fn trace_is_answered_as_measured() {
    for (setting, has_body, expected) in [
        (Trace::On, false, TraceAnswer::Echo),
        (Trace::On, true, TraceAnswer::Refuse(413)),
        (Trace::Extended, false, TraceAnswer::EchoWithBody),
        (Trace::Extended, true, TraceAnswer::EchoWithBody),
        (Trace::Off, false, TraceAnswer::Refuse(405)),
        (Trace::Off, true, TraceAnswer::Refuse(405)),
    ] {
        assert_eq!(trace(setting, has_body), expected, "{setting:?} {has_body}");
    }
    let mut out = Vec::new();
    let fields = [(&b"Host"[..], &b"h"[..]), (b"X-A", b"b, c")];
    push_trace(b"TRACE /x?y HTTP/1.1", &fields, &mut out);
    assert_eq!(out, b"TRACE /x?y HTTP/1.1\r\nHost: h\r\nX-A: b, c\r\n\r\n");
}

#[test]
fn the_banner_says_what_server_tokens_allows() {
    for (tokens, expected) in [
        (ServerTokens::Full, "Jackdaw/0.1.2 (Unix)"),
        (ServerTokens::Os, "Jackdaw/0.1.2 (Unix)"),
        (ServerTokens::Minimal, "Jackdaw/0.1.2"),
        (ServerTokens::Minor, "Jackdaw/0.1"),
        (ServerTokens::Major, "Jackdaw/0"),
        (ServerTokens::Prod, "Jackdaw"),
    ] {
        assert_eq!(banner::server(tokens, "0.1.2"), expected);
    }
}

#[test]
fn statuses_that_end_the_connection_are_as_measured() {
    let closing: Vec<u16> = (100..600).filter(|&s| errors::closes_connection(s)).collect();
    assert_eq!(closing, [400, 408, 411, 413, 414, 500, 501, 503]);
    let bare: Vec<u16> = (200..600).filter(|&s| errors::is_header_only(s)).collect();
    assert_eq!(bare, [204, 304]);
}

#[test]
fn reasons_are_those_that_httpd_knows() {
    for (status, reason) in
        [(103, Some("Early Hints")), (226, Some("IM Used")), (418, None), (425, None)]
    {
        assert_eq!(errors::reason(status), reason, "{status}");
    }
}
