//! Rules that no path can ever reach, because another one is always looked at before.

use std::cmp::Reverse;

use jk_types::MountRule;

use crate::diagnostic::quoted;
use crate::{Diagnostic, Location};

/// More rules than this are not compared with each other.
const MOST: usize = 2000;

/// What can be said of a file's rules as a whole.
pub(super) fn findings(rules: &[(MountRule, Location)]) -> Vec<Diagnostic> {
    let active = |(rule, _): &&(MountRule, Location)| !rule.disabled && !rule.exclusion;
    let mut sorted: Vec<_> = rules.iter().filter(active).collect();
    if sorted.len() > MOST {
        return Vec::new();
    }
    // As mod_jk sorts them: more slashes first, then the longer pattern, then as written.
    sorted.sort_by_key(|(rule, _)| {
        (Reverse(rule.pattern.matches('/').count()), Reverse(rule.pattern.len()))
    });
    let shadowed = |(at, (rule, location)): (usize, &&(MountRule, Location))| {
        let earlier = sorted[..at].iter().find(|(other, _)| hides(other, rule))?;
        Some(finding(rule, &earlier.0, location.clone()))
    };
    sorted.iter().enumerate().filter_map(shadowed).collect()
}

fn hides(earlier: &MountRule, rule: &MountRule) -> bool {
    if rule.is_wildcard() {
        return earlier.pattern == rule.pattern;
    }
    glob(earlier.pattern.as_bytes(), rule.pattern.as_bytes())
}

fn finding(rule: &MountRule, earlier: &MountRule, at: Location) -> Diagnostic {
    let pattern = quoted(rule.pattern.as_bytes());
    if earlier.pattern == rule.pattern {
        let message = format!("{pattern} has a rule already, which is always found first");
        return Diagnostic::hint(at, message);
    }
    let other = quoted(earlier.pattern.as_bytes());
    let message = format!("{pattern} is never reached: {other} is looked at first");
    let help = "more slashes go first, then longer patterns, then the upper line; that one has \
                a wildcard does not matter";
    Diagnostic::hint(at, message).help(help)
}

/// Whether `pattern` matches all of `path`: `*` is any run of bytes, `?` is one.
fn glob(pattern: &[u8], path: &[u8]) -> bool {
    let (mut p, mut t) = (0, 0);
    // Where to go on if a `*` was taken for too little: behind it, one byte further in the path.
    let mut again: Option<(usize, usize)> = None;
    while t < path.len() {
        match pattern.get(p) {
            Some(b'*') => {
                again = Some((p + 1, t));
                p += 1;
            }
            Some(&b) if b == b'?' || b == path[t] => {
                (p, t) = (p + 1, t + 1);
            }
            _ => {
                let Some((star, from)) = again else { return false };
                again = Some((star, from + 1));
                (p, t) = (star, from + 1);
            }
        }
    }
    pattern[p..].iter().all(|&b| b == b'*')
}

#[cfg(test)]
mod tests {
    use super::glob;

    #[test]
    fn globs_match_the_whole_path() {
        for (pattern, path, expected) in [
            ("/app", "/app", true),
            ("/app", "/apps", false),
            ("/app/*", "/app/", true),
            ("/app/*", "/app", false),
            ("/a?c", "/abc", true),
            ("/a?c", "/a/c", true),
            ("/*.jsp", "/d/e/a.jsp", true),
            ("/*.jsp", "/a.jsp/x", false),
            ("/x/*/y", "/x/1/2/y", true),
            ("/x/*/y", "/x/y", false),
            ("/*a*a*a*b", "/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false),
            ("", "", true),
        ] {
            assert_eq!(glob(pattern.as_bytes(), path.as_bytes()), expected, "{pattern} {path}");
        }
    }
}
