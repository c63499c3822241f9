//! The pages for people, ours beside mod_jk's: the same sections, the same columns, the same links,
//! the same fields. Both are recordings; the conformance cases see to it that they are true.

use std::collections::BTreeSet;
use std::path::Path;

use regex::Regex;

/// The pages of a recording: the request, and the markup.
fn pages(file: &str) -> Vec<(String, String)> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/conformance/status");
    let text = std::fs::read_to_string(dir.join(file)).unwrap();
    let steps = text.split("\n== ").filter(|step| step.contains("text/html"));
    let style = Regex::new("(?s)<style>.*?</style>").unwrap();
    steps
        .map(|step| {
            let request = step.lines().next().unwrap_or_default().to_owned();
            let lines = step.lines().filter_map(|line| line.strip_prefix("| "));
            let markup: String = lines.map(|line| line.replace("\\n", "\n")).collect();
            (request, style.replace(&markup, "").into_owned())
        })
        .collect()
}

/// All first groups, as plain words.
fn all(pattern: &str, markup: &str) -> Vec<String> {
    let tag = Regex::new("<[^>]*>").unwrap();
    let words = |text: &str| {
        let text = tag.replace_all(text, " ").replace("&nbsp;", " ").replace("&#39;", "'");
        text.replace("&amp;", "&").split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let found = Regex::new(pattern).unwrap();
    found.captures_iter(markup).map(|found| words(&found[1])).collect()
}

fn set(items: Vec<String>) -> BTreeSet<String> {
    items.into_iter().collect()
}

#[test]
fn sections_columns_links_and_fields_are_those_of_mod_jk() {
    let (theirs, ours) = (pages("html.recorded"), pages("html.intended"));
    assert_eq!(theirs.len(), ours.len());
    assert!(theirs.len() >= 12, "{}", theirs.len());
    for ((request, theirs), (_, ours)) in theirs.iter().zip(&ours) {
        let heads = "(?s)<h[1-4]>(.*?)</h[1-4]>";
        assert_eq!(all(heads, ours), all(heads, theirs), "sections of {request}");
        let columns = |markup| {
            let mut columns = all("(?s)<th(?: [^>]*)?>(.*?)</th>", markup);
            columns.retain(|column| !column.is_empty());
            columns
        };
        assert_eq!(columns(ours), columns(theirs), "columns of {request}");
        let links = "<a href=\"(/[^\"]*)\"";
        let (ours_to, theirs_to) = (set(all(links, ours)), set(all(links, theirs)));
        let missing: Vec<_> = theirs_to.difference(&ours_to).collect();
        assert!(missing.is_empty(), "links of {request}: {missing:?} are missing");
        let fields = "<(?:input|select)[^>]* name=\"([^\"]*)\"";
        let (our_fields, their_fields) = (set(all(fields, ours)), set(all(fields, theirs)));
        let missing: Vec<_> = their_fields.difference(&our_fields).collect();
        assert!(missing.is_empty(), "fields of {request}: {missing:?} are missing");
    }
}
