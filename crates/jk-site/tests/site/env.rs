//! Request variables against httpd's.

use jk_site::location::Place;
use std::net::IpAddr;

use crate::common::rows;
use jk_config::EnvRule;
use jk_site::access_log::push_escaped;
use jk_site::env::{EnvRules, EnvVars, RequestView};
use jk_site::target::split_target;
use proptest::prelude::*;

/// Words of a directive; quotes hold blanks together.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut rest = line.trim_start();
    while !rest.is_empty() {
        let (word, after) = match rest.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"').expect("a closing quote"),
            None => rest.split_once(' ').unwrap_or((rest, "")),
        };
        words.push(word.to_owned());
        rest = after.trim_start();
    }
    words
}

fn rule(line: &str) -> EnvRule {
    let mut words = words(line);
    let directive = words.remove(0);
    if directive == "SetEnv" {
        let value = words.get(1).cloned().unwrap_or_default();
        return EnvRule::Set(words.remove(0), value);
    }
    if directive == "UnsetEnv" {
        return EnvRule::Unset(words.remove(0));
    }
    let browser = directive.starts_with("Browser");
    let attribute = if browser { "User-Agent".to_owned() } else { words.remove(0) };
    let pattern = words.remove(0);
    let variables = words.iter().map(|word| variable(word)).collect();
    EnvRule::SetIf { attribute, pattern, no_case: directive.ends_with("NoCase"), variables }
}

fn variable(word: &str) -> (String, Option<String>) {
    if let Some(name) = word.strip_prefix('!') {
        return (name.to_owned(), None);
    }
    let (name, value) = word.split_once('=').unwrap_or((word, "1"));
    (name.to_owned(), Some(value.to_owned()))
}

fn fields(text: &str, host: &str) -> Vec<(Vec<u8>, Vec<u8>)> {
    let mut fields: Vec<(Vec<u8>, Vec<u8>)> = vec![(b"Host".to_vec(), host.as_bytes().to_vec())];
    for line in text.split(" | ").filter(|line| *line != "-") {
        let (name, value) = line.split_once(": ").expect("a field");
        // The table is in UTF-8, what it stands for was Latin-1.
        let value: Vec<u8> =
            value.chars().map(|c| u8::try_from(u32::from(c)).expect("Latin-1")).collect();
        match fields.iter_mut().find(|(known, _)| known.eq_ignore_ascii_case(name.as_bytes())) {
            Some((_, before)) => before.extend_from_slice(&[b", ", &value[..]].concat()),
            None => fields.push((name.as_bytes().to_vec(), value)),
        }
    }
    fields
}

#[test]
fn variables_are_set_as_measured() {
    let loopback: IpAddr = "127.0.0.1".parse().expect("an address");
    // One set of variables for all: nothing may be left from the request before.
    let mut vars = EnvVars::default();
    for (line, row) in rows("env.tsv") {
        let rules: Vec<EnvRule> = row[0].split("\\n").map(rule).collect();
        let rules = EnvRules::compile(&rules).expect("httpd took it");
        let target = split_target(b"GET", row[1].as_bytes()).expect("httpd took it");
        let host = row[3..].iter().find(|v| v.starts_with('e') && v.ends_with(".test"));
        let fields = fields(&row[2], host.map_or("h", |host| host));
        let view = RequestView {
            remote_addr: loopback,
            remote_host: None,
            server_addr: loopback,
            method: b"GET",
            protocol: b"HTTP/1.1",
            path: target.path,
            fields: &fields,
        };
        vars.clear();
        rules.apply_early(&view, &mut vars);
        rules.apply_late(Place { path: b"/", file: None }, &mut vars, &mut EnvVars::default());
        let shown = |name: &[u8]| match vars.get(name) {
            None => "-".to_owned(),
            Some(value) => {
                let mut out = Vec::new();
                push_escaped(value, &mut out);
                String::from_utf8(out).expect("escaped")
            }
        };
        assert_eq!(
            [shown(b"V"), shown(b"w")],
            [row[3].clone(), row[4].clone()],
            "env.tsv:{line}: {row:?}"
        );
    }
}

#[test]
fn a_pattern_that_is_none_is_named() {
    let rules = [rule("SetEnvIf X-A a(b V=1")];
    let error = EnvRules::compile(&rules).expect_err("it is not balanced");
    assert_eq!(error.pattern, "a(b");
    assert!(error.to_string().starts_with("`a(b` is not a regular expression: "));
}

#[test]
fn variables_replace_and_vanish_in_whatever_case() {
    let mut vars = EnvVars::default();
    vars.set(b"One", b"1");
    vars.set(b"two", b"2");
    vars.set(b"ONE", b"first");
    assert_eq!(vars.get(b"one"), Some(&b"first"[..]));
    let all: Vec<_> = vars.iter().collect();
    assert_eq!(all, [(&b"ONE"[..], &b"first"[..]), (b"two", b"2")]);
    vars.unset(b"TWO");
    assert_eq!((vars.len(), vars.get(b"two"), vars.is_empty()), (1, None, false));
    vars.clear();
    assert!(vars.is_empty());
}

proptest! {
    #[test]
    fn variables_are_a_map(steps in prop::collection::vec(("[a-c]", prop::option::of("[x-z]{0,3}")), 0..30)) {
        let mut vars = EnvVars::default();
        let mut model = std::collections::BTreeMap::new();
        for (name, value) in &steps {
            match value {
                Some(value) => {
                    vars.set(name.as_bytes(), value.as_bytes());
                    model.insert(name.as_bytes(), value.as_bytes());
                }
                None => {
                    vars.unset(name.as_bytes());
                    model.remove(name.as_bytes());
                }
            }
        }
        let mut all: Vec<_> = vars.iter().collect();
        all.sort();
        prop_assert_eq!(all, model.into_iter().collect::<Vec<_>>());
    }
}
