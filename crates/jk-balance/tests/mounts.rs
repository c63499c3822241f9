//! Runs the tables of `testdata/uriworkermap`, which cite the assertions of the reference by number
//! (`U31`).

mod rules;

use jk_balance::{Decision, MountMap, normalise};

#[test]
fn patterns_match_what_they_should() {
    check("patterns.txt");
}

#[test]
fn rules_are_tried_in_mod_jks_order() {
    check("order.txt");
}

#[test]
fn exclusions_cancel_the_hit() {
    check("exclusions.txt");
}

#[test]
fn paths_are_normalised_first() {
    check("normalise.txt");
}

fn check(file: &str) {
    let mut failures = Vec::new();
    for case in rules::read(file) {
        let map = MountMap::new(case.rules, case.reject_unsafe);
        for expected in &case.expectations {
            let got = mapped(&map, &expected.path);
            if got != expected.result {
                let path = String::from_utf8_lossy(&expected.path);
                let shown = path.chars().take(60).collect::<String>();
                failures.push(format!(
                    "{} ({}): {shown} -> {got}, not {}",
                    expected.place, case.title, expected.result
                ));
            }
        }
    }
    assert!(failures.is_empty(), "\n{}", failures.join("\n"));
}

fn mapped(map: &MountMap, path: &[u8]) -> String {
    let mut normal = Vec::new();
    if normalise(path, &mut normal).is_err() {
        return "400".to_owned();
    }
    let hit = map.lookup(&normal);
    let traced = match map.trace(&normal).decision {
        Decision::Mapped(index) => Some(&map.mounts()[index]),
        _ => None,
    };
    assert_eq!(hit, traced, "the index and the definition disagree on {path:?}");
    hit.map_or_else(|| "none".to_owned(), |mount| mount.rule.worker.clone())
}

#[test]
fn a_trace_names_what_was_tried() {
    let case = rules::read("exclusions.txt").into_iter().find(|case| case.title.starts_with("U31"));
    let map = MountMap::new(case.expect("the table has it").rules, false);
    let patterns: Vec<&str> = map.mounts().iter().map(|mount| &*mount.rule.pattern).collect();
    assert_eq!(patterns, ["/app/img/*", "/app/*", "/*"]);

    let trace = map.trace(b"/app/img/x");
    assert_eq!(trace.decision, Decision::Excluded { hit: 1, by: 0 });
    let tested = |tested: &[jk_balance::Tested]| -> Vec<(usize, bool)> {
        tested.iter().map(|rule| (rule.index, rule.matched)).collect()
    };
    assert_eq!(tested(&trace.rules), [(1, true)]);
    assert_eq!(tested(&trace.exclusions), [(0, true)]);

    let trace = map.trace(b"/other");
    assert_eq!(trace.decision, Decision::Mapped(2));
    assert_eq!(tested(&trace.rules), [(1, false), (2, true)]);
    assert_eq!(tested(&trace.exclusions), []);
    assert_eq!(map.trace(b"*").decision, Decision::NotAbsolute);
}
