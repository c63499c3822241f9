//! The index finds what the definition finds; normalising and globbing agree with slow models.

use jk_balance::{BadUri, Decision, MountMap, glob_matches, normalise};
use jk_types::{Extensions, MountRule, RuleSource};
use proptest::prelude::*;

fn rule() -> impl Strategy<Value = MountRule> {
    let source = prop_oneof![
        Just(RuleSource::File),
        Just(RuleSource::JkMount),
        Just(RuleSource::WorkerDefinition)
    ];
    let flags = (proptest::bool::weighted(0.1), proptest::bool::weighted(0.25));
    ("/[ab/?*]{0,6}", "[uvw*]", flags, source).prop_map(
        |(pattern, worker, (disabled, exclusion), source)| MountRule {
            pattern,
            worker,
            disabled,
            exclusion,
            source,
            extensions: Extensions::default(),
        },
    )
}

/// `*` by recursion, straight from its meaning.
fn slow_glob(pattern: &[u8], text: &[u8]) -> bool {
    match pattern.split_first() {
        None => text.is_empty(),
        Some((b'*', rest)) => (0..=text.len()).any(|taken| slow_glob(rest, &text[taken..])),
        Some((byte, rest)) => text
            .split_first()
            .is_some_and(|(first, text)| (*byte == b'?' || byte == first) && slow_glob(rest, text)),
    }
}

/// mod_jk's passes, one after the other.
fn slow_normalise(path: &str) -> Result<String, BadUri> {
    if !path.starts_with('/') {
        return Err(BadUri::NotAbsolute);
    }
    let without = |segment: &str| segment.split(';').next().unwrap_or_default().to_owned();
    let mut path = path.split('/').map(without).collect::<Vec<_>>().join("/");
    while path.contains("//") {
        path = path.replace("//", "/");
    }
    let mut kept: Vec<&str> = Vec::new();
    let segments: Vec<&str> = path.split('/').skip(1).collect();
    for (at, segment) in segments.iter().enumerate() {
        let last = at + 1 == segments.len();
        match *segment {
            ".." => {
                kept.pop().ok_or(BadUri::AboveRoot)?;
            }
            "." => {}
            name => {
                kept.push(name);
                continue;
            }
        }
        if last {
            kept.push("");
        }
    }
    Ok(format!("/{}", kept.join("/")))
}

proptest! {
    #[test]
    fn indexed_lookup_is_the_linear_one(
        rules in proptest::collection::vec(rule(), 0..24),
        paths in proptest::collection::vec("/[ab/]{0,7}", 1..12),
    ) {
        let map = MountMap::new(rules, false);
        for path in paths {
            let linear = match map.trace(path.as_bytes()).decision {
                Decision::Mapped(index) => Some(index),
                _ => None,
            };
            prop_assert_eq!(map.lookup(path.as_bytes()).map(|mount| mount.index), linear);
        }
    }

    #[test]
    fn match_order_is_total_and_stable(rules in proptest::collection::vec(rule(), 0..24)) {
        let map = MountMap::new(rules, false);
        let key = |rule: &MountRule| (
            std::cmp::Reverse(rule.pattern.matches('/').count()),
            std::cmp::Reverse(rule.pattern.len()),
            rule.source,
        );
        prop_assert!(map.mounts().is_sorted_by_key(|mount| key(&mount.rule)));
        prop_assert!(map.mounts().iter().enumerate().all(|(at, mount)| mount.index == at));
    }

    #[test]
    fn globs_mean_what_they_say(pattern in "[ab?*]{0,8}", text in "[ab]{0,10}") {
        prop_assert_eq!(
            glob_matches(pattern.as_bytes(), text.as_bytes()),
            slow_glob(pattern.as_bytes(), text.as_bytes())
        );
    }

    #[test]
    fn normalising_is_mod_jks_passes(path in "/?([a./;]|\\.\\./|;[a.]){0,12}") {
        let mut normal = Vec::new();
        let got = normalise(path.as_bytes(), &mut normal).map(|()| normal.clone());
        let slow = slow_normalise(&path).map(String::into_bytes);
        prop_assert_eq!(&got, &slow);
        if let Ok(once) = got {
            // What is normal stays as it is.
            normalise(&once, &mut normal).unwrap();
            prop_assert_eq!(normal, once);
        }
    }

    #[test]
    fn any_bytes_are_taken(path in proptest::collection::vec(any::<u8>(), 0..40)) {
        let mut normal = Vec::new();
        if normalise(&path, &mut normal).is_err() {
            prop_assert!(normal.is_empty());
        }
        let map = MountMap::new(vec![], true);
        prop_assert!(map.lookup(&path).is_none());
    }
}
