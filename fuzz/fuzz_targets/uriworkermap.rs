//! Any rule file: no panic, every place is inside the text, patterns begin with a slash, and no
//! finding keeps the server from starting.
#![no_main]

use jk_config::{Severity, Sources, read_uriworkermap};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &[u8]| {
    let mut sources = Sources::default();
    let file = sources.add("uriworkermap.properties".into(), text.to_vec());
    let (rules, findings) = read_uriworkermap(file, sources.text(file), &|_| None);
    for (rule, location) in rules.iter().flatten() {
        assert!(rule.pattern.starts_with('/'));
        assert!(location.span.start <= location.span.end && location.span.end <= text.len());
    }
    for finding in &findings {
        assert!(finding.severity < Severity::Error);
        assert!(finding.location.as_ref().is_some_and(|l| l.span.end <= text.len()));
        assert!(finding.render(&sources).to_string().ends_with('\n'));
    }
});
