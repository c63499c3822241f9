//! Any rules and any path: the index finds what the definition finds. The first line is the path,
//! the others are `pattern worker`, with `-` and `!` before the pattern as in a rule file.
#![no_main]

use jk_balance::{Decision, MountMap, normalise};
use jk_types::{Extensions, MountRule, RuleSource};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let (path, rules) = split_line(data);
    let Ok(rules) = std::str::from_utf8(rules) else { return };
    let map = MountMap::new(rules.lines().take(64).map(rule).collect(), path.len() % 2 == 0);
    let mut normal = Vec::new();
    if normalise(path, &mut normal).is_ok() {
        let mut again = Vec::new();
        assert_eq!(normalise(&normal, &mut again), Ok(()));
        assert_eq!(normal, again);
        compare(&map, &normal);
    }
    compare(&map, path);
});

fn compare(map: &MountMap, path: &[u8]) {
    let linear = match map.trace(path).decision {
        Decision::Mapped(index) => Some(index),
        _ => None,
    };
    assert_eq!(map.lookup(path).map(|mount| mount.index), linear);
}

fn split_line(data: &[u8]) -> (&[u8], &[u8]) {
    let end = data.iter().position(|&byte| byte == b'\n').unwrap_or(data.len());
    (&data[..end], data.get(end + 1..).unwrap_or_default())
}

fn rule(line: &str) -> MountRule {
    let (pattern, worker) = line.split_once(' ').unwrap_or((line, "w"));
    let (disabled, pattern) = pattern.strip_prefix('-').map_or((false, pattern), |p| (true, p));
    let (exclusion, pattern) = pattern.strip_prefix('!').map_or((false, pattern), |p| (true, p));
    MountRule {
        pattern: pattern.to_owned(),
        worker: worker.to_owned(),
        disabled,
        exclusion,
        source: if line.len() % 2 == 0 { RuleSource::File } else { RuleSource::JkMount },
        extensions: Extensions::default(),
    }
}
