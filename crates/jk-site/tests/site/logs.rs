//! Log lines against those that httpd and mod_jk wrote.

use std::net::SocketAddr;
use std::time::Duration;

use chrono::{DateTime, FixedOffset};
use jk_config::JkLogLevel;
use jk_site::access_log::{ConnectionEnd, Format, FormatError, Record, push_escaped, wanted};
use jk_site::env::EnvVars;
use jk_site::jk_log::{self, RequestFormat, RequestFormatError, RequestRecord, Stamp};
use proptest::prelude::*;

use crate::common::rows;

type Pairs = &'static [(&'static [u8], &'static [u8])];

/// The parts of a measured request in which they differ.
struct Request {
    line: &'static [u8],
    method: &'static [u8],
    protocol: &'static [u8],
    paths: [&'static [u8]; 2],
    query: Option<&'static [u8]>,
    file: Option<&'static [u8]>,
    handler: Option<&'static [u8]>,
    status: u16,
    bytes: [u64; 3],
    end: ConnectionEnd,
    name: &'static [u8],
    fields: [Pairs; 3],
    var: Option<&'static [u8]>,
}

const PLAIN: Request = Request {
    line: b"GET /nope HTTP/1.1",
    method: b"GET",
    protocol: b"HTTP/1.1",
    paths: [b"/nope", b"/nope"],
    query: None,
    file: Some(b"/srv/www/nope"),
    handler: None,
    status: 404,
    bytes: [236, 47, 381],
    end: ConnectionEnd::KeptAlive,
    name: b"h",
    fields: [&[(b"x-a", b"v")], &[(b"Content-Type", b"text/html; charset=iso-8859-1")], &[]],
    var: Some(b""),
};

fn request(tag: &str) -> Request {
    match tag {
        "missing" => PLAIN,
        "proxied" => Request {
            line: b"GET /jk/x?q HTTP/1.1",
            paths: [b"/jk/x", b"/jk/x"],
            query: Some(b"q"),
            file: Some(b"x"),
            handler: Some(b"jakarta-servlet"),
            status: 200,
            bytes: [2, 46, 176],
            fields: [
                &[(b"Host", b"h"), (b"User-Agent", b"")],
                &[
                    (b"Content-Type", b"text/html;charset=x"),
                    (b"Set-Cookie", b"a=1"),
                    (b"Set-Cookie", b"b=\"2\""),
                    (b"X", b"1"),
                    (b"X", b"2"),
                ],
                &[(b"JK_WORKER_NAME", b"w")],
            ],
            ..PLAIN
        },
        "head" => Request {
            line: b"HEAD /jk/x HTTP/1.0",
            method: b"HEAD",
            protocol: b"HTTP/1.0",
            paths: [b"/jk/x", b"/jk/x"],
            file: Some(b"x"),
            handler: Some(b"jakarta-servlet"),
            status: 200,
            bytes: [0, 23, 110],
            end: ConnectionEnd::Closed,
            name: b"log.test",
            fields: [&[], &[], &[(b"JK_WORKER_NAME", b"w")]],
            ..PLAIN
        },
        "replaced" => Request {
            line: b"GET /jk/x?q HTTP/1.1",
            paths: [b"/a.html", b"/jk/x"],
            file: Some(b"/srv/www/a.html"),
            handler: Some(b"jakarta-servlet"),
            status: 410,
            bytes: [1, 33, 212],
            fields: [&[], &[(b"Content-Type", b"text/html")], &[]],
            ..PLAIN
        },
        "garbage" => Request {
            line: b"garbage\x01\"",
            method: b"garbage\x01\"",
            protocol: b"HTTP/1.0",
            paths: [b"/", b"/"],
            file: None,
            status: 400,
            bytes: [266, 11, 432],
            end: ConnectionEnd::Closed,
            name: b"log.test",
            fields: [&[], &[(b"Content-Type", b"text/html")], &[]],
            var: None,
            ..PLAIN
        },
        "hostile" => Request {
            line: b"GET /%22%0a%e4%5c HTTP/1.1",
            paths: [b"/\"\n\xe4\\", b"/\"\n\xe4\\"],
            file: Some(b"/srv/www/\"\n\xe4\\"),
            bytes: [236, 39, 381],
            fields: [&[], &[(b"Content-Type", b"text/html")], &[]],
            ..PLAIN
        },
        "password" => Request {
            line: b"GET http://u:p@h/x HTTP/1.1",
            paths: [b"/x", b"/x"],
            file: None,
            status: 400,
            bytes: [266, 29, 432],
            end: ConnectionEnd::Closed,
            fields: [&[], &[(b"Content-Type", b"text/html")], &[]],
            var: None,
            ..PLAIN
        },
        _ => Request {
            line: b"GET /a.html HTTP/1.1",
            paths: [b"/a.html", b"/a.html"],
            file: Some(b"/srv/www/a.html"),
            status: 200,
            bytes: [1, 79, 210],
            fields: [
                &[(b"Cookie", b"x; y=; Cook=; Cook=\"a b\" ; z"), (b"X-A", b"")],
                &[(b"Content-Type", b"text/html")],
                &[],
            ],
            ..PLAIN
        },
    }
}

fn time() -> DateTime<FixedOffset> {
    DateTime::parse_from_rfc3339("2026-11-20T14:41:02.016623+00:00").expect("a time")
}

/// The line that a format gives for a request.
fn line(format: &str, request: &Request, time: DateTime<FixedOffset>) -> String {
    let address = |text: &str| text.parse::<SocketAddr>().expect("an address");
    let mut env = EnvVars::default();
    if let Some(value) = request.var {
        env.set(b"VAR", value);
    }
    let record = Record {
        client: address("127.0.0.1:52776"),
        peer: address("[::ffff:127.0.0.1]:52776"),
        local: address("127.0.0.1:21680"),
        client_name: None,
        user: None,
        time,
        duration: Duration::from_micros(4228),
        request_line: request.line,
        method: request.method,
        protocol: request.protocol,
        path: request.paths[0],
        original_path: request.paths[1],
        query: request.query,
        file: request.file,
        handler: request.handler,
        status: request.status,
        original_status: request.status,
        body_bytes: request.bytes[0],
        bytes_in: request.bytes[1],
        bytes_out: request.bytes[2],
        kept_alive: 0,
        end: request.end,
        log_id: None,
        configured_name: b"log.test",
        configured_port: 80,
        name: request.name,
        pid: 22769,
        tid: 139_888_255_100_608,
        request_fields: &request.fields[0],
        response_fields: &request.fields[1],
        notes: &request.fields[2],
        env: &env,
    };
    let mut out = Vec::new();
    Format::compile(format).expect("httpd took it").render(&record, &mut out);
    String::from_utf8(out).expect("escaped").strip_suffix('\n').expect("a line").to_owned()
}

#[test]
fn directives_render_as_measured() {
    for (at, row) in rows("access_log.tsv") {
        let got = line(&row[1], &request(&row[0]), time());
        assert_eq!(got, row[2], "access_log.tsv:{at}: {row:?}");
    }
}

#[test]
fn times_render_as_measured() {
    for (format, expected) in [
        ("%t", "[20/Nov/2026:14:41:02 +0000]"),
        ("%{}t", "[20/Nov/2026:14:41:02 +0000]"),
        ("%{begin}t", "[20/Nov/2026:14:41:02 +0000]"),
        ("%{sec}t", "1795185662"),
        ("%{msec}t", "1795185662016"),
        ("%{begin:msec}t", "1795185662016"),
        ("%{usec}t", "1795185662016623"),
        ("%{msec_frac}t", "016"),
        ("%{usec_frac}t", "016623"),
        ("%{end:usec}t", "1795185662020851"),
        ("%{%Y-%m-%d}t", "2026-11-20"),
        ("%{begin:%H}t", "14"),
        ("%{%d/%b/%Y:%T}t.%{msec_frac}t", "20/Nov/2026:14:41:02.016"),
        ("%D %T %{s}T %{ms}T %{us}T %{MS}T %{x}T", "4228 0 0 4 4228 4 x"),
        ("%P %{pid}P %{tid}P %{hextid}P", "22769 22769 139888255100608 7f3a45c0e6c0"),
        ("%{remote}p %{LOCAL}p", "52776 21680"),
    ] {
        assert_eq!(line(format, &PLAIN, time()), expected, "{format}");
    }
    let zoned = time().with_timezone(&FixedOffset::west_opt(12_600).expect("a zone"));
    assert_eq!(line("%t", &PLAIN, zoned), "[20/Nov/2026:11:11:02 -0330]");
}

#[test]
fn constant_text_knows_three_escapes() {
    assert_eq!(line(r#"a\tb\nc\qd\\e"f%%\"#, &PLAIN, time()), "a\tb\nc\\qd\\e\"f%\\");
}

#[test]
fn what_httpd_refuses_is_refused() {
    let refused = |format| Format::compile(format).expect_err("httpd refuses it");
    assert_eq!(refused("%z"), FormatError::Unknown('z'));
    assert_eq!(refused("a%"), FormatError::Unfinished);
    assert_eq!(refused("%{x"), FormatError::Unfinished);
    assert_eq!(refused("%404,"), FormatError::Unfinished);
    assert_eq!(refused("%ä"), FormatError::Unknown('ä'));
}

#[test]
fn a_log_may_depend_on_a_variable() {
    let mut env = EnvVars::default();
    env.set(b"Quiet", b"");
    let clause = |negated| Some(("quiet".to_owned(), negated));
    assert!(wanted(None, &env));
    assert!(wanted(clause(false).as_ref(), &env));
    assert!(!wanted(clause(true).as_ref(), &env));
    env.clear();
    assert!(!wanted(clause(false).as_ref(), &env));
    assert!(wanted(clause(true).as_ref(), &env));
}

fn stamp(format: &str) -> String {
    let mut out = Vec::new();
    Stamp::compile(format).push(&time(), &mut out);
    String::from_utf8(out).expect("text")
}

#[test]
fn stamps_render_as_measured() {
    let long = |count: usize, rest: &str| "x".repeat(count) + rest;
    for (format, expected) in [
        ("[%a %b %d %H:%M:%S.%Q %Y] ", "[Fri Nov 20 14:41:02.016 2026] "),
        ("-", "-"),
        ("%Q", "016"),
        ("%q|%q", "016623|%q"),
        ("%Q|%q|%Q", "016|%q|%Q"),
        ("%Y-%m-%dT%H:%M:%S%z ", "2026-11-20T14:41:02+0000 "),
        (
            "%c|%x|%X|%r|%p|%P|%e|%j|%U|%W|%w|%u|%V|%G|%g ",
            "Fri Nov 20 14:41:02 2026|11/20/26|14:41:02|02:41:02 PM|PM|pm|20|324|46|46|5|5|47|2026|26 ",
        ),
        ("%f|%v|%+|%L|%i ", "%f|%v|%+|%L|%i "),
        ("%Ey|%Od|%_d|%-d", "26|20|20|20"),
        ("%s %n%t%% ", "1795185662 \n\t% "),
        (
            "%C %D %F %T %R %h %I %k %l %y %Z ",
            "20 11/20/26 2026-11-20 14:41:02 14:41 Nov 02 14  2 26 UTC ",
        ),
    ] {
        assert_eq!(stamp(format), expected, "{format}");
    }
    assert_eq!(stamp(&long(55, "%Qyyyyyyyyyy")), long(55, "016yyyyy"));
    assert_eq!(stamp(&long(60, "%Q")), long(60, "016"));
    assert_eq!(stamp(&long(61, "%Q")), long(61, "%Q"));
    assert_eq!(stamp(&long(70, "")), long(70, ""));
}

#[test]
fn a_line_of_the_log_is_as_measured() {
    let default = Stamp::compile("[%a %b %d %H:%M:%S.%Q %Y] ");
    let place = "jk_map_to_storage::mod_jk.c (4055)";
    let mut out = Vec::new();
    let ids = (22768, 139_887_999_174_336);
    jk_log::push_line(
        &default,
        &time(),
        ids,
        JkLogLevel::Debug,
        place,
        b"no match for /a.html found",
        &mut out,
    );
    assert_eq!(
        String::from_utf8(out).expect("text"),
        "[Fri Nov 20 14:41:02.016 2026] [22768:139887999174336] [debug] \
         jk_map_to_storage::mod_jk.c (4055): no match for /a.html found\n"
    );
}

#[test]
fn a_line_that_would_fill_the_buffer_is_cut() {
    let bare = Stamp::compile("-");
    let length = |message: usize| {
        let mut out = b"before".to_vec();
        jk_log::push_line(
            &bare,
            &time(),
            (1, 2),
            JkLogLevel::Warn,
            "f::c (3)",
            &vec![b'a'; message],
            &mut out,
        );
        (out.len() - b"before".len(), out.ends_with(b"a...\n"))
    };
    let head = "-[1:2] [warn] f::c (3): ".len();
    assert_eq!(length(1020 - head), (1021, false));
    assert_eq!(length(1021 - head), (1022, true));
    assert_eq!(length(5000), (1022, true));
}

const RECORD: RequestRecord<'static> = RequestRecord {
    body_bytes: Some(2),
    protocol: b"HTTP/1.1",
    method: b"GET",
    port: 80,
    query: Some(b"q\"%zz"),
    request_line: b"GET /jk/a%22b%0a%e4%5c;x?q\"%zz HTTP/1.1",
    status: 200,
    duration: Duration::from_micros(177),
    path: b"/jk/a\"b\n\xe4\\",
    configured_name: b"jl.test",
    name: b"h.x",
    worker: Some(b"w"),
    route: None,
};

fn request_line(format: &str, record: &RequestRecord<'_>) -> Vec<u8> {
    let mut out = Vec::new();
    let format = RequestFormat::compile(format).expect("mod_jk took it");
    format.push(&Stamp::compile(""), &time(), record, &mut out);
    out
}

#[test]
fn the_request_log_is_as_measured() {
    let format = "b=%b B=%B H=%H m=%m p=%p q=%q r=%r s=%s T=%T v=%v V=%V w=%w R=%R |\\t|\\\\|\\x";
    assert_eq!(
        String::from_utf8(request_line(format, &RECORD)).expect("text"),
        "b=2 B=2 H=HTTP/1.1 m=GET p=80 q=?q\"%zz r=GET /jk/a%22b%0a%e4%5c;x?q\"%zz HTTP/1.1 s=200 \
         T=0.000177 v=jl.test V=h.x w=w R=- |\t|\\|\\x\n"
    );
    for (bytes, expected) in [(None, "- 0\n"), (Some(0), "0 0\n"), (Some(7), "7 7\n")] {
        let record = RequestRecord { body_bytes: bytes, ..RECORD };
        assert_eq!(request_line("%b %B", &record), expected.as_bytes());
    }
    let bare = RequestRecord { query: Some(b""), worker: None, status: 0, ..RECORD };
    assert_eq!(request_line("%q%w%s", &bare), b"?--\n");
}

#[test]
fn a_path_cannot_write_lines_of_its_own() {
    // mod_jk writes the line feed as it is.
    assert_eq!(request_line("%U", &RECORD), b"/jk/a\"b\\n\xe4\\\n");
}

#[test]
fn unknown_codes_of_the_request_log_are_refused() {
    for (format, code) in [("%z", Some('z')), ("%%", Some('%')), ("a%", None), ("%ä", Some('ä'))]
    {
        assert_eq!(RequestFormat::compile(format).expect_err("unknown"), RequestFormatError(code));
    }
}

proptest! {
    #[test]
    fn no_text_breaks_out_of_its_place(text: Vec<u8>) {
        let mut out = Vec::new();
        push_escaped(&text, &mut out);
        prop_assert!(out.iter().all(|b| (b' '..=b'~').contains(b)));
        let quotes = out.iter().enumerate().filter(|&(_, &b)| b == b'"');
        for (at, _) in quotes {
            let slashes = out[..at].iter().rev().take_while(|&&b| b == b'\\').count();
            prop_assert!(slashes % 2 == 1);
        }
    }

    #[test]
    fn any_format_compiles_or_is_refused(format: String) {
        if let Ok(compiled) = Format::compile(&format) {
            drop(compiled);
            prop_assert!(!line(&format, &PLAIN, time()).is_empty() || format.is_empty() || format.contains('%'));
        }
        let _ = stamp(&format);
        let _ = RequestFormat::compile(&format);
    }
}
