use super::{Expanded, MAX_MACROS, ReferenceFault, expand, resolve_references};
use crate::property_map::{Entry, PropertyMap, TooMuch};

fn expanded(value: &str) -> Expanded {
    let mut lookup = |name: &[u8]| match name {
        b"a" => Some(b"1".to_vec()),
        b"again" => Some(b"$(a)".to_vec()),
        b"empty" => Some(Vec::new()),
        _ => None,
    };
    expand(value.as_bytes(), &mut lookup).expect("the value is small")
}

#[test]
fn known_names_are_replaced_once() {
    for (value, expected) in [
        ("$(a)", "1"),
        ("x$(a)y$(a)z", "x1y1z"),
        ("$(again)", "$(a)"),
        ("$(empty)", ""),
        ("$(none)$(a)", "$(none)1"),
        ("$( a )", "$( a )"),
        ("$()", "$()"),
        ("$($(a))", "$($(a))"),
        ("$(a", "$(a"),
        ("${a}", "${a}"),
        ("$(none$(a)", "$(none$(a)"),
        ("$)(a)$(a)", "$)(a)1"),
    ] {
        assert_eq!(String::from_utf8_lossy(&expanded(value).value), expected, "{value}");
    }
}

#[test]
fn unknown_names_count_as_well() {
    let value = format!("{}$(a)$(a)", "$(none)".repeat(MAX_MACROS - 1));
    let found = expanded(&value);
    assert_eq!(found.unknown.len(), MAX_MACROS - 1);
    assert_eq!(found.ignored, Some(value.len() - "$(a)".len()));
    assert!(found.value.ends_with(b"1$(a)"));
}

#[test]
fn values_do_not_grow_without_end() {
    let large = vec![b'x'; 100_000];
    let mut lookup = |_: &[u8]| Some(large.clone());
    assert_eq!(expand("$(x)".repeat(MAX_MACROS).as_bytes(), &mut lookup), Err(TooMuch));
}

fn map(properties: &[(&str, &str)]) -> PropertyMap {
    let mut map = PropertyMap::default();
    for (key, value) in properties {
        let (key, value) = (key.as_bytes().to_vec(), value.as_bytes().to_vec());
        let entry = Entry { key, value, written: Default::default(), level: 0 };
        map.add(entry).expect("there is room");
    }
    map
}

fn faults(properties: &[(&str, &str)]) -> Vec<ReferenceFault> {
    resolve_references(&mut map(properties)).into_iter().map(|fault| fault.kind).collect()
}

#[test]
fn references_copy_what_is_missing() {
    let mut map = map(&[
        ("worker.a.reference", "worker.b"),
        ("worker.a.port", "1"),
        ("worker.b.reference", "t"),
        ("worker.b.port", "2"),
        ("worker.bb.host", "other"),
        ("t.host", "h"),
        ("t.deep.er", "d"),
    ]);
    assert_eq!(resolve_references(&mut map), []);
    let value = |key: &str| {
        map.get(key.as_bytes()).map(|entry| String::from_utf8_lossy(&entry.value).into_owned())
    };
    assert_eq!(value("worker.a.port").as_deref(), Some("1"));
    assert_eq!(value("worker.a.host").as_deref(), Some("h"));
    assert_eq!(value("worker.a.deep.er").as_deref(), Some("d"));
    assert_eq!(value("worker.b.host").as_deref(), Some("h"));
    assert_eq!(value("worker.a.reference").as_deref(), Some("worker.b"));
}

#[test]
fn bad_references_are_told_apart() {
    use ReferenceFault::{Ancestor, Missing, TooDeep, TooMuch};
    assert_eq!(faults(&[("worker.a.reference", "worker.b")]), [Missing]);
    assert_eq!(faults(&[("worker.a.reference", "worker.a")]), [TooDeep]);
    assert_eq!(faults(&[("worker.a.reference", "worker")]), [Ancestor]);
    assert_eq!(faults(&[("worker.a.x.reference", "worker.a")]), [Ancestor]);
    assert_eq!(faults(&[("worker.a.reference", "t"), ("t.x.reference", "t")]), [TooMuch]);
    // Only keys of workers are looked at.
    assert_eq!(faults(&[("t.reference", "nothing"), ("worker.reference", "nothing")]), []);
}
