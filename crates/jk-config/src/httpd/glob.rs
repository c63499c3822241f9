//! File name patterns (APR: `apr_fnmatch`), as `Include` and `<Location>` take them.

/// Whether a text holds a wildcard, and is to be matched instead of compared.
pub(crate) fn is_pattern(text: &str) -> bool {
    let mut bytes = text.bytes();
    let mut bracket = false;
    while let Some(byte) = bytes.next() {
        match byte {
            b'*' | b'?' => return true,
            b'\\' if bytes.next().is_none() => return false,
            b'[' => bracket = true,
            b']' if bracket => return true,
            _ => {}
        }
    }
    false
}

/// Whether a file name matches. A leading dot is matched by a dot alone, as in a shell.
pub(crate) fn matches(pattern: &str, name: &str) -> bool {
    if name.starts_with('.') && !pattern.starts_with(['.', '\\']) {
        return false;
    }
    let (pattern, name) = (pattern.as_bytes(), name.as_bytes());
    let (mut p, mut n) = (0, 0);
    // Where to go on when what follows the last `*` turns out not to match.
    let mut retry: Option<(usize, usize)> = None;
    loop {
        if pattern.get(p) == Some(&b'*') {
            retry = Some((p + 1, n));
            p += 1;
            continue;
        }
        match (name.get(n), one(pattern, p)) {
            (None, None) => return true,
            (Some(&byte), Some((accepts, after))) if accepts.accepts(byte) => {
                (p, n) = (after, n + 1);
            }
            _ => match retry {
                Some((after_star, from)) if from < name.len() => {
                    retry = Some((after_star, from + 1));
                    (p, n) = (after_star, from + 1);
                }
                _ => return false,
            },
        }
    }
}

/// What one place of a pattern accepts.
enum One<'p> {
    Any,
    Byte(u8),
    Set { negated: bool, members: &'p [u8] },
}

impl One<'_> {
    fn accepts(&self, byte: u8) -> bool {
        match *self {
            Self::Any => true,
            Self::Byte(expected) => byte == expected,
            Self::Set { negated, members } => in_set(members, byte) != negated,
        }
    }
}

/// The element at `at`, and where the next one begins.
fn one(pattern: &[u8], at: usize) -> Option<(One<'_>, usize)> {
    let rest = pattern.get(at..)?;
    Some(match *rest {
        [] => return None,
        [b'?', ..] => (One::Any, at + 1),
        [b'\\', escaped, ..] => (One::Byte(escaped), at + 2),
        [b'[', ref inside @ ..] => set(inside, at).unwrap_or((One::Byte(b'['), at + 1)),
        [byte, ..] => (One::Byte(byte), at + 1),
    })
}

/// `[…]`, whose first member may be a bracket; `None` when it is not closed.
fn set(inside: &[u8], at: usize) -> Option<(One<'_>, usize)> {
    let negated = matches!(inside.first(), Some(b'!' | b'^'));
    let start = usize::from(negated);
    let length = inside.get(start + 1..)?.iter().position(|&b| b == b']')? + 1;
    let members = inside.get(start..start + length)?;
    Some((One::Set { negated, members }, at + 1 + start + length + 1))
}

fn in_set(members: &[u8], byte: u8) -> bool {
    let mut rest = members;
    loop {
        rest = match *rest {
            [] => return false,
            [low, b'-', high, ref after @ ..] => {
                if (low..=high).contains(&byte) {
                    return true;
                }
                after
            }
            [member, ref after @ ..] => {
                if member == byte {
                    return true;
                }
                after
            }
        };
    }
}

#[cfg(test)]
mod tests {
    use super::{is_pattern, matches};

    #[test]
    fn tells_patterns_from_names() {
        for text in ["*.conf", "a?", "[ab]", "x[!a]y"] {
            assert!(is_pattern(text), "{text}");
        }
        for text in ["plain", "a]b", "a[b", r"a\*", "a\\", ""] {
            assert!(!is_pattern(text), "{text}");
        }
    }

    #[test]
    fn matches_as_apr_does() {
        for (pattern, name) in [
            ("*.conf", "a.conf"),
            ("*", "anything"),
            ("a*b*c", "axxbyyc"),
            ("[12].conf", "2.conf"),
            ("[!a-c]x", "dx"),
            ("[]]", "]"),
            (".*", ".hidden"),
            (r"\*", "*"),
            ("a[b", "a[b"),
        ] {
            assert!(matches(pattern, name), "{pattern} {name}");
        }
        for (pattern, name) in
            [("*.conf", "a.conf~"), ("*.conf", ".a.conf"), ("?", ""), ("[a-c]", "d"), ("a", "ab")]
        {
            assert!(!matches(pattern, name), "{pattern} {name}");
        }
    }
}
