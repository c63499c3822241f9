//! Which part of a quoted line must not be seen.

use crate::directive::Directive;
use crate::properties::{Content, is_space, single};
use crate::{Sources, Span};

/// How far variables are followed: a secret made of a variable made of a variable.
const MOST_HOPS: usize = 3;

/// The value of this line, if it is a secret or a variable that goes into one.
pub(super) fn value_in(sources: &Sources, line: &[u8]) -> Option<Span> {
    let Some((key, value)) = key_and_value(line) else { return without_equals(line) };
    (is_secret(key) || feeds_secret(sources, key, MOST_HOPS)).then_some(value)
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
fn is_secret(key: &[u8]) -> bool {
    let last = key.rsplit(|&b| b == b'.').next().unwrap_or_default();
    let word = String::from_utf8_lossy(last).to_ascii_lowercase();
    let meant = || matches!(Directive::similar(&word), Some("secret" | "secretkey"));
    ["secret", "password", "passwd"].iter().any(|part| word.contains(part)) || meant()
}

fn feeds_secret(sources: &Sources, variable: &[u8], hops: usize) -> bool {
    if hops == 0 || variable.is_empty() {
        return false;
    }
    let usage = [b"$(", variable, b")"].concat();
    let used = |line: &&[u8]| line.windows(usage.len()).any(|window| window == usage);
    let mut lines = sources.texts().flat_map(|text| text.split(|&b| b == b'\n')).filter(used);
    lines.any(|line| {
        let key = key_and_value(line).map_or(&b""[..], |(key, _)| key);
        is_secret(key) || feeds_secret(sources, key, hops - 1)
    })
}
