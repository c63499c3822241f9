//! Which members a summary counts as good, degraded or bad.

use jk_types::{Activation, MemberState, StatusSettings};

/// How a member is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rating {
    /// A good rule matches and no bad one.
    Good,
    /// No rule matches.
    Degraded,
    /// A bad rule matches.
    Bad,
}

const GOOD: &[&str] = &["a.o", "a.i", "a.b", "a.r"];
const BAD: &[&str] = &["e", "s"];

/// Rates a member by the lists `good` and `bad` of a status worker.
pub fn rate(settings: &StatusSettings, activation: Activation, state: MemberState) -> Rating {
    let any = |rules: &Option<Vec<String>>, default: &[&str]| match rules {
        Some(rules) => rules.iter().any(|rule| matches(rule, activation, state)),
        None => default.iter().any(|rule| matches(rule, activation, state)),
    };
    if any(&settings.bad, BAD) {
        Rating::Bad
    } else if any(&settings.good, GOOD) {
        Rating::Good
    } else {
        Rating::Degraded
    }
}

/// `X` or `X.Y`: each part names an activation or a class of states by its first letter.
fn matches(rule: &str, activation: Activation, state: MemberState) -> bool {
    let rule = rule.trim_start_matches(['.', ' ', '\t']);
    let mut parts = rule.splitn(2, '.').filter(|part| !part.is_empty()).peekable();
    parts.peek().is_some() && parts.all(|part| part_matches(part, activation, state))
}

fn part_matches(part: &str, activation: Activation, state: MemberState) -> bool {
    use {Activation as A, MemberState as S};
    match part.bytes().next().map(|letter| letter.to_ascii_lowercase()) {
        Some(b'a') => activation == A::Active,
        Some(b'd') => activation == A::Disabled,
        Some(b's') => activation == A::Stopped,
        Some(b'o') => state == S::Ok,
        Some(b'i' | b'n') => state == S::Idle,
        Some(b'b') => state == S::Busy,
        Some(b'e') => state == S::Error,
        Some(b'r') => matches!(state, S::Recover | S::Probe | S::Force),
        _ => false,
    }
}
