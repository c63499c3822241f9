//! Error pages against those of httpd.

use crate::common::testdata;
use jk_config::{ErrorDocument, Signature};
use jk_site::errors::{self, PageFacts, SignatureLine};

const BANNER: &str = "Apache";
const ADMIN: &str = "http://adm.test/<x>&";

/// The pages of the table: heading and body.
fn pages() -> Vec<(String, Vec<u8>)> {
    let table = std::fs::read(testdata("pages.txt")).expect("the table is part of the sources");
    let mut pages: Vec<(String, Vec<u8>)> = Vec::new();
    for line in table.split_inclusive(|&b| b == b'\n') {
        match (line.strip_prefix(b"=== "), pages.last_mut()) {
            (Some(heading), _) => {
                let heading = String::from_utf8_lossy(heading).trim_end().to_owned();
                pages.push((heading, Vec::new()));
            }
            (None, Some((_, body))) => body.extend_from_slice(line),
            (None, None) => {}
        }
    }
    assert!(pages.len() > 70);
    pages
}

fn page(heading: &str) -> Vec<u8> {
    let mut words = heading.split(' ');
    let status = words.next().and_then(|w| w.parse().ok()).expect("a status");
    let mut facts = PageFacts {
        method: b"GET",
        admin: Some("adm@site.test"),
        expect: Some(b"100-continue"),
        ..PageFacts::default()
    };
    match (words.next(), words.next()) {
        (Some("sig"), port) => {
            let setting = if port == Some("21651") { Signature::On } else { Signature::EMail };
            facts.admin = Some(ADMIN);
            facts.signature = SignatureLine::new(setting, BANNER, b"h.test", 99, Some(ADMIN));
        }
        (Some(method), _) => {
            let mut out = Vec::new();
            errors::push_page(status, &PageFacts { method: method.as_bytes(), ..facts }, &mut out);
            return out;
        }
        _ => {}
    }
    let mut out = Vec::new();
    errors::push_page(status, &facts, &mut out);
    out
}

#[test]
fn pages_are_those_of_httpd() {
    for (heading, expected) in pages() {
        let got = page(&heading);
        let (got, expected) = (String::from_utf8_lossy(&got), String::from_utf8_lossy(&expected));
        assert_eq!(got, expected, "pages.txt: {heading}");
    }
}

#[test]
fn what_the_client_sent_is_escaped() {
    let mut out = Vec::new();
    let facts = PageFacts {
        location: b"http://h/?a&b<\">",
        notes: Some("<b>as it is</b>"),
        second: Some(404),
        ..PageFacts::default()
    };
    errors::push_page(301, &facts, &mut out);
    errors::push_page(400, &facts, &mut out);
    let out = String::from_utf8(out).expect("text");
    assert!(out.contains("<a href=\"http://h/?a&amp;b&lt;&quot;&gt;\">here</a>"), "{out}");
    assert!(
        out.contains("understand.<br />\n<b>as it is</b></p>\n<p>Additionally, a 404 Not Found\n")
    );
}

#[test]
fn the_last_error_document_for_a_status_counts() {
    let text = ErrorDocument::Text("gone".to_owned());
    let documents = [
        (404, text.clone()),
        (503, text.clone()),
        (503, ErrorDocument::Default),
        (404, text.clone()),
    ];
    assert_eq!(errors::document(&documents, 404), Some(&text));
    assert_eq!(errors::document(&documents, 503), None);
    assert_eq!(errors::document(&documents, 500), None);
}

#[test]
fn a_signature_is_off_unless_asked_for() {
    assert!(SignatureLine::new(Signature::Off, BANNER, b"h", 80, None).is_none());
    let line = SignatureLine::new(Signature::EMail, BANNER, b"h", 80, Some("me@h"));
    let mut out = Vec::new();
    errors::push_page(404, &PageFacts { signature: line, ..PageFacts::default() }, &mut out);
    let out = String::from_utf8(out).expect("text");
    assert!(
        out.contains("Server at <a href=\"mailto:me@h\">h</a> Port 80</address>\n</body>"),
        "{out}"
    );
}
