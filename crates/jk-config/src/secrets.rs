//! What must not be seen: which part of a quoted line, and which properties.

use std::collections::BTreeSet;

use crate::directive::Directive;
use crate::properties::{Content, is_space, single};
use crate::property_map::PropertyMap;
use crate::{Sources, Span};

/// How far variables are followed: a secret made of a variable made of a variable.
const MOST_HOPS: usize = 3;

/// The value of this line, if it is a secret or a variable that goes into one.
pub(crate) fn value_in(sources: &Sources, line: &[u8]) -> Option<Span> {
    if let Some((name, value)) = definition(line) {
        return is_used(sources, [b"${", name, b"}"], MOST_HOPS).then_some(value);
    }
    let Some((key, value)) = key_and_value(line) else { return without_equals(line) };
    (is_secret(key) || is_used(sources, [b"$(", key, b")"], MOST_HOPS)).then_some(value)
}

/// Whether a line gives a secret.
pub(crate) fn is_in(line: &[u8]) -> bool {
    match key_and_value(line) {
        Some((key, _)) => is_secret(key),
        None => without_equals(line).is_some(),
    }
}

/// The variables that go into a secret with this text, by any number of steps.
pub(crate) fn variables(map: &PropertyMap, text: &[u8]) -> BTreeSet<Vec<u8>> {
    let mut found = BTreeSet::new();
    let mut open = vec![text];
    while let Some(text) = open.pop() {
        for name in names(text) {
            if found.insert(name.to_vec()) {
                let written = map.get(name).map(|entry| &entry.written[..]).unwrap_or_default();
                open.extend(written.iter().map(|one| &one.raw[..]));
            }
        }
    }
    found
}

/// Each `name` of `$(name)`.
fn names(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    let begun = (0..value.len()).filter(|&at| value[at..].starts_with(b"$("));
    begun.filter_map(|at| value[at + 2..].split(|&b| b == b')').next())
}

/// Name and value of `name = value` or `JkWorkerProperty name = value`.
fn key_and_value(line: &[u8]) -> Option<(&[u8], Span)> {
    let Content::Property { key, .. } = single(line) else { return None };
    let name_at = key.bytes.iter().rposition(|&b| is_space(b) || b == b'"').map_or(0, |at| at + 1);
    let equals = line.iter().position(|&b| b == b'=')?;
    let blanks = line[equals + 1..].iter().take_while(|&&b| is_space(b)).count();
    Some((&key.bytes[name_at..], equals + 1 + blanks..line.len()))
}

/// `worker.a.secret: text` is not a property, but what is meant is clear.
fn without_equals(line: &[u8]) -> Option<Span> {
    let words = line.split(|&b| is_space(b) || b == b':');
    let word = words.into_iter().find(|word| is_secret(word))?;
    let end = nom::Offset::offset(line, word) + word.len();
    (end < line.len()).then_some(end..line.len())
}

/// Also of names that are misspelt: rather hide too much.
pub(crate) fn is_secret(key: &[u8]) -> bool {
    let parts: Vec<_> = key.split(|&b| b == b'.').collect();
    // The second may be a worker's name.
    let name = usize::from(parts.len() > 2 && parts[0] == b"worker");
    let counts = |at: usize| name == 0 || at != name;
    parts.iter().enumerate().filter(|&(at, _)| counts(at)).any(|(_, part)| {
        let word = String::from_utf8_lossy(part).to_ascii_lowercase();
        let meant = || matches!(Directive::similar(&word), Some("secret" | "secretkey"));
        ["secret", "password", "passwd"].iter().any(|it| word.contains(it)) || meant()
    })
}

/// Name and value of `Define name value`.
fn definition(line: &[u8]) -> Option<(&[u8], Span)> {
    let mut words = line.split(|&b| is_space(b)).filter(|word| !word.is_empty());
    words.next().filter(|word| word.eq_ignore_ascii_case(b"Define"))?;
    let (name, value) = (words.next()?, words.next()?);
    Some((name, nom::Offset::offset(line, value)..line.len()))
}

/// Whether a variable goes into a secret, or into a variable that does.
fn is_used(sources: &Sources, usage: [&[u8]; 3], hops: usize) -> bool {
    if hops == 0 || usage[1].is_empty() {
        return false;
    }
    let usage = usage.concat();
    let used = |line: &&[u8]| line.windows(usage.len()).any(|window| window == usage);
    let mut lines = sources.texts().flat_map(|text| text.split(|&b| b == b'\n')).filter(used);
    lines.any(|line| {
        if let Some((name, _)) = definition(line) {
            return is_used(sources, [b"${", name, b"}"], hops - 1);
        }
        let key = key_and_value(line).map_or(&b""[..], |(key, _)| key);
        is_secret(key) || is_used(sources, [b"$(", key, b")"], hops - 1)
    })
}
