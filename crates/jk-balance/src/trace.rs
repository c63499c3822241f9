use crate::{Mount, MountMap};

/// How the decision on a path came about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trace {
    /// The rules tried, in match order, up to the one that matched.
    pub rules: Vec<Tested>,
    /// The exclusions tried, in match order, up to the one that cancelled the match. Those of other
    /// workers are not tried.
    pub exclusions: Vec<Tested>,
    /// The decision.
    pub decision: Decision,
}

/// A rule that was compared with the path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tested {
    /// The rule's place in match order.
    pub index: usize,
    /// Whether it matched.
    pub matched: bool,
}

/// The decision on a path, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// This rule maps it.
    Mapped(usize),
    /// The first rule matched, and the second, an exclusion, cancelled it.
    Excluded {
        /// The rule that matched.
        hit: usize,
        /// The exclusion.
        by: usize,
    },
    /// No rule matches.
    NoMatch,
    /// The path does not begin with `/`.
    NotAbsolute,
    /// The path is longer than [`LONGEST_PATH`](crate::LONGEST_PATH).
    TooLong,
    /// The path holds `%` or `\`, and unsafe paths are rejected.
    Unsafe,
}

/// The definition of a lookup, without an index.
pub(crate) fn trace(map: &MountMap, path: &[u8]) -> Trace {
    let mut trace = Trace { rules: vec![], exclusions: vec![], decision: Decision::NoMatch };
    if let Some(refused) = map.refuses(path) {
        trace.decision = refused;
        return trace;
    }
    let Some(hit) = first(map, path, Mount::maps, &mut trace.rules) else { return trace };
    let excludes = |mount: &Mount| mount.excludes(&hit.rule.worker);
    trace.decision = match first(map, path, excludes, &mut trace.exclusions) {
        Some(by) => Decision::Excluded { hit: hit.index, by: by.index },
        None => Decision::Mapped(hit.index),
    };
    trace
}

fn first<'m>(
    map: &'m MountMap,
    path: &[u8],
    wanted: impl Fn(&Mount) -> bool,
    tested: &mut Vec<Tested>,
) -> Option<&'m Mount> {
    map.mounts().iter().filter(|mount| wanted(mount)).find(|mount| {
        let matched = mount.matches(path);
        tested.push(Tested { index: mount.index, matched });
        matched
    })
}
