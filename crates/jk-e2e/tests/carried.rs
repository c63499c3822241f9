//! What is promised is shown: each entry of `docs/COMPAT.md` by a case or a test, each assertion about
//! mod_jk too.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use regex::Regex;

/// Assertions about mod_jk by the letter they are named with: workers and load balancing, mapping and
/// forwarding, the status worker.
const ASSERTIONS: [(&str, usize); 3] = [("W", 100), ("U", 62), ("S", 15)];

/// Files that may show something: cases, tables, tests.
fn evidence() -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut found = Vec::new();
    for top in ["testdata", "crates"] {
        gather(&root.join(top), &mut found);
    }
    assert!(found.len() > 500, "only {} files", found.len());
    found
}

fn gather(dir: &Path, found: &mut Vec<(PathBuf, String)>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let kinds = [".case", ".rs", ".txt", ".tsv", ".properties"];
        if path.is_dir() && name != "target" && name != "generated" {
            gather(&path, found);
        } else if kinds.iter().any(|end| name.ends_with(end)) && name != "carried.rs" {
            let shown = fs::read_to_string(&path).unwrap_or_default();
            found.push((path, of_tests(&name, &shown).to_owned()));
        }
    }
}

/// Of code only what belongs to a test counts.
fn of_tests<'t>(name: &str, text: &'t str) -> &'t str {
    if name.ends_with(".rs") && !text.contains("#[test]") { "" } else { text }
}

fn entries() -> BTreeSet<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/COMPAT.md");
    let text = fs::read_to_string(path).unwrap();
    let entry = Regex::new(r"(?m)^\*\*\[([a-z0-9.-]+)\]\*\*").unwrap();
    entry.captures_iter(&text).map(|found| found[1].to_owned()).collect()
}

/// The entries that files name, with one of those files for each: `compat: slug` heads a case,
/// `compat slug` a row, `[slug]` stands in what is said of a test.
fn named() -> BTreeMap<String, PathBuf> {
    let name = Regex::new(r"(?m)^compat:? ([a-z0-9.-]+)$|\[([a-z]+(?:-[a-z]+)+)\]").unwrap();
    let mut named = BTreeMap::new();
    for (path, text) in evidence() {
        for found in name.captures_iter(&text) {
            let slug = found.get(1).or(found.get(2)).map_or("", |slug| slug.as_str());
            named.entry(slug.to_owned()).or_insert_with(|| path.clone());
        }
    }
    named
}

#[test]
fn each_difference_is_shown() {
    let named = named();
    let bare: Vec<_> = entries().into_iter().filter(|slug| !named.contains_key(slug)).collect();
    assert!(bare.is_empty(), "no case and no test names {bare:?}");
}

#[test]
fn each_case_that_may_differ_names_an_entry() {
    let entries = entries();
    let heading = Regex::new(r"(?m)^compat:? ([a-z0-9.-]+)$").unwrap();
    for (path, text) in evidence() {
        for found in heading.captures_iter(&text) {
            assert!(entries.contains(&found[1]), "{}: there is no {}", path.display(), &found[1]);
        }
    }
}

#[test]
fn each_assertion_is_carried() {
    let files = evidence();
    for (letter, count) in ASSERTIONS {
        let number = Regex::new(&format!(r"\b{letter}([0-9]+)\b")).unwrap();
        let carried: BTreeSet<usize> = files
            .iter()
            .flat_map(|(_, text)| number.captures_iter(text))
            .filter_map(|found| found[1].parse().ok())
            .collect();
        let missing: Vec<_> = (1..=count).filter(|number| !carried.contains(number)).collect();
        assert!(missing.is_empty(), "no case and no test names {letter}{missing:?}");
    }
}
