//! Each case against its expectation, byte for byte.

use std::fs;
use std::path::Path;

use crate::{case, dump};

#[test]
fn workers_are_read_as_expected() {
    let differing = case::all("properties").into_iter().filter(|path| {
        let read = case::workers(path);
        !agrees(path, &format!("{}\n{}", dump::workers(&read.output), read.rendered()))
    });
    report(differing);
}

#[test]
fn rules_are_read_as_expected() {
    let differing = case::all("uriworkermap").into_iter().filter(|path| {
        let read = case::rules(path);
        let rules = match &read.output {
            Some(rules) => rules.iter().map(|(rule, _)| dump::mount(rule) + "\n").collect(),
            None => "the whole map is lost\n".to_owned(),
        };
        !agrees(path, &format!("{rules}\n{}", read.rendered()))
    });
    report(differing);
}

fn report(differing: impl Iterator<Item = std::path::PathBuf>) {
    let names: Vec<_> = differing.map(|path| case::name(&path)).collect();
    assert!(names.is_empty(), "not as expected: {names:?}; see with UPDATE=1 and git diff");
}

fn agrees(path: &Path, found: &str) -> bool {
    let expected = case::beside(path, "expected");
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&expected, found).expect("an expectation can be written");
    }
    let expected = fs::read_to_string(&expected).unwrap_or_default();
    if expected != found {
        eprintln!("--- {} found:\n{found}", case::name(path));
    }
    expected == found
}
