use super::{Place, Reader, Role};
use crate::{Location, Sources};

#[test]
fn parts_of_a_joined_line_are_somewhere_in_it() {
    let source = Sources::default().add("httpd.conf".into(), Vec::new());
    let whole = Location { source, span: 100..130 };
    assert_eq!(Place::new(whole.clone(), 30).at(3..5).span, 103..105);
    assert_eq!(Place::new(whole.clone(), 27).at(3..5).span, 100..130);
    assert_eq!(Place::vague(whole).at(3..5).span, 100..130);
}

#[test]
fn a_property_beats_the_environment() {
    let env = |name: &str| (name == "net").then(|| "environment".to_owned());
    let source = Sources::default().add("workers.properties".into(), Vec::new());
    let mut reader = Reader::new(Role::Workers, &env);
    reader.file(source, b"before=$(net)\nnet=file\nafter=$(net)\n");
    let value = |key: &[u8]| reader.map.get(key).map(|entry| entry.value.clone());
    assert_eq!(value(b"before").as_deref(), Some(&b"environment"[..]));
    assert_eq!(value(b"after").as_deref(), Some(&b"file"[..]));
}

#[test]
fn variables_of_variables_do_not_fill_the_memory() {
    let source = Sources::default().add("workers.properties".into(), Vec::new());
    let mut text = format!("v0={}\n", "x".repeat(8000));
    for i in 0..20 {
        text += &format!("v{}={}\n", i + 1, format!("$(v{i})").repeat(21));
    }
    let mut reader = Reader::new(Role::Workers, &|_| None);
    reader.file(source, text.as_bytes());
    assert!(reader.refused);
    assert_eq!(reader.findings.iter().filter(|f| f.message.contains("grow")).count(), 1);
}

#[test]
fn an_overlong_line_of_httpd_is_refused() {
    let source = Sources::default().add("httpd.conf".into(), Vec::new());
    for (length, refused) in [(8192, false), (8193, true)] {
        let text = format!("x={}", "y".repeat(length - 2));
        let mut reader = Reader::new(Role::Workers, &|_| None);
        reader.single(&text, &Location { source, span: 0..text.len() });
        assert_eq!(!reader.findings.is_empty(), refused, "{length}");
    }
}
