use crate::{Diagnostic, Location, Sources, Span};

fn rendered(text: &[u8], span: Span, message: &str) -> String {
    let mut sources = Sources::default();
    let source = sources.add("w.properties".into(), text.to_vec());
    let location = Location { source, span };
    Diagnostic::warning(location, message).help("do it").render(&sources).to_string()
}

#[test]
fn a_finding_quotes_its_line() {
    let expected = "w.properties:2:3: warning: odd\n    2 | x=12\n      |   ^^\n   help: do it\n";
    assert_eq!(rendered(b"a=b\nx=12\n", 6..8, "odd"), expected);
    assert_eq!(rendered(b"a=b\r\nx=12\r\n", 7..9, "odd"), expected);
    assert_eq!(rendered(b"a=b\nx=12", 6..8, "odd"), expected);
}

#[test]
fn without_a_place_there_is_nothing_to_quote() {
    let finding = Diagnostic::new(crate::Severity::Error, None, "no file");
    assert_eq!(finding.render(&Sources::default()).to_string(), "error: no file\n");
}

#[test]
fn carets_stand_below_what_they_mean() {
    for (text, span, line, carets) in [
        (&b"\tx = 1"[..], 1..2, "    x = 1", "    ^"),
        ("权重=1".as_bytes(), 7..8, "权重=1", "     ^"),
        ("权重=1".as_bytes(), 0..6, "权重=1", "^^^^"),
        (b"caf\xe9=1", 5..6, "caf\u{fffd}=1", "     ^"),
        (b"a\x1b[1mb=1", 0..2, "a\u{fffd}[1mb=1", "^^"),
        ("a\u{202e}b=1".as_bytes(), 0..1, "a\u{fffd}b=1", "^"),
        (b"ab", 2..3, "ab", "  ^"),
    ] {
        let found = rendered(text, span, "m");
        let mut lines = found.lines().skip(1);
        assert_eq!(lines.next(), Some(format!("    1 | {line}").as_str()), "{text:?}");
        assert_eq!(lines.next(), Some(format!("      | {carets}").as_str()), "{text:?}");
    }
}

#[test]
fn messages_cannot_drive_a_terminal() {
    assert!(
        rendered(b"x=1", 0..1, "a\x1b[31m\nb")
            .starts_with("w.properties:1:1: warning: a\u{fffd}[31m\u{fffd}b\n")
    );
}

#[test]
fn long_lines_are_quoted_around_the_place() {
    let text = format!("{}HERE{}", "a".repeat(5000), "b".repeat(5000));
    let found = rendered(text.as_bytes(), 5000..5004, "m");
    let line = found.lines().nth(1).expect("a line is quoted");
    assert!(line.chars().count() < 120, "{line}");
    let carets = found.lines().nth(2).expect("carets follow");
    let column = |needle: &str, text: &str| text.find(needle).map(|at| text[..at].chars().count());
    assert_eq!(column("^", carets), column("HERE", line));
}

#[test]
fn places_beyond_the_text_do_no_harm() {
    assert_eq!(rendered(b"x", 0..0, "m"), "w.properties:1:1: warning: m\n   help: do it\n");
    assert!(rendered(b"x", 9..12, "m").contains("warning: m"));
    assert!(rendered(b"x\ny", 0..3, "m").contains("    1 | x\n      | ^\n"));
}

#[test]
fn secrets_are_hidden() {
    for (line, expected) in [
        ("worker.a.secret=hush", "worker.a.secret=***"),
        ("worker.a.secret = hush = hush", "worker.a.secret = ***"),
        ("worker.a.secretkey=hush", "worker.a.secretkey=***"),
        ("worker.a.secert=hush", "worker.a.secert=***"),
        ("JkWorkerProperty worker.a.secret=hush", "JkWorkerProperty worker.a.secret=***"),
        ("JkWorkerProperty \"worker.a.secret=hush\"", "JkWorkerProperty \"worker.a.secret=***"),
        ("worker.a.secret: hush", "worker.a.secret***"),
        ("t.secret=hush", "t.secret=***"),
        ("db_password=hush", "db_password=***"),
        ("worker.a.secret.old=hush", "worker.a.secret.old=***"),
        ("worker.secretary.host=shown", "worker.secretary.host=shown"),
        ("worker.a.host=hush", "worker.a.host=hush"),
    ] {
        let found = rendered(line.as_bytes(), 0..3, "m");
        assert_eq!(found.lines().nth(1), Some(format!("    1 | {expected}").as_str()));
    }
}

#[test]
fn variables_that_go_into_secrets_are_hidden() {
    let text = b"one=hush\ntwo=x$(one)\nworker.a.secret=$(two)\nthree=shown\n";
    assert!(rendered(text, 0..3, "m").contains("| one=***\n"));
    assert!(rendered(text, 9..12, "m").contains("| two=***\n"));
    assert!(rendered(text, 44..49, "m").contains("| three=shown\n"));
}
