//! Each site against its expectation, byte for byte.

use std::fs;

use crate::case::{self, Case};
use crate::dump;

#[test]
fn sites_are_read_as_expected() {
    let differing: Vec<String> =
        case::all().iter().filter(|case| !agrees(case)).map(Case::name).collect();
    assert!(differing.is_empty(), "not as expected: {differing:?}; see with UPDATE=1 and git diff");
}

fn agrees(case: &Case) -> bool {
    let loaded = case.load();
    let config = match &loaded.config {
        Some(config) => dump::config(config, &loaded.sources),
        None => "refused\n".to_owned(),
    };
    let found = format!("{config}\n{}", case::rendered(&loaded));
    let expected = case.beside("expected");
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&expected, &found).expect("an expectation can be written");
    }
    let expected = fs::read_to_string(&expected).unwrap_or_default();
    if expected != found {
        eprintln!("--- {} found:\n{found}", case.name());
    }
    expected == found
}
