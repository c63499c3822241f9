//! Which rule maps a path.

use jk_types::MountRule;

use crate::index::Index;
use crate::{Trace, glob, trace};

/// Paths longer than this are not mapped.
pub const LONGEST_PATH: usize = 4095;

/// The rules of one server, in match order.
///
/// The first rule that matches decides, and *then* an exclusion may cancel it; no other rule is
/// tried instead (mod_jk: `map_uri_to_worker_ext`). Exact patterns have no precedence.
#[derive(Debug, Default)]
pub struct MountMap {
    mounts: Vec<Mount>,
    reject_unsafe: bool,
    rules: Index,
    exclusions: Index,
    any_exclusion: bool,
}

/// A rule and its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mount {
    /// The rule.
    pub rule: MountRule,
    /// Its place in match order.
    pub index: usize,
}

impl Mount {
    /// Whether the pattern matches, whatever else the rule is.
    pub fn matches(&self, path: &[u8]) -> bool {
        let pattern = self.rule.pattern.as_bytes();
        if self.rule.is_wildcard() { glob::matches(pattern, path) } else { pattern == path }
    }

    /// Whether the rule cancels hits for `worker`.
    pub fn excludes(&self, worker: &str) -> bool {
        self.rule.exclusion
            && !self.rule.disabled
            && (self.rule.worker == "*" || self.rule.worker == worker)
    }

    pub(crate) fn maps(&self) -> bool {
        !self.rule.exclusion && !self.rule.disabled
    }
}

impl MountMap {
    /// Sorts the rules: more slashes first, then longer patterns, then file before `JkMount` before
    /// worker definition, then as given. `reject_unsafe` is `JkOptions +RejectUnsafeURI`.
    pub fn new(mut rules: Vec<MountRule>, reject_unsafe: bool) -> Self {
        rules.sort_by_cached_key(|rule| {
            let slashes = memchr::memchr_iter(b'/', rule.pattern.as_bytes()).count();
            (std::cmp::Reverse((slashes, rule.pattern.len())), rule.source)
        });
        let mounts: Vec<Mount> =
            rules.into_iter().enumerate().map(|(index, rule)| Mount { rule, index }).collect();
        let of = |wanted: fn(&Mount) -> bool| {
            Index::new(
                mounts
                    .iter()
                    .filter(move |mount| wanted(mount))
                    .map(|mount| (mount.index, mount.rule.pattern.as_bytes())),
            )
        };
        let excludes: fn(&Mount) -> bool = |mount| mount.rule.exclusion && !mount.rule.disabled;
        let (rules, exclusions) = (of(Mount::maps), of(excludes));
        let any_exclusion = mounts.iter().any(excludes);
        Self { rules, exclusions, any_exclusion, mounts, reject_unsafe }
    }

    /// The rule that maps a normalised path, or none. Nothing is allocated.
    pub fn lookup(&self, path: &[u8]) -> Option<&Mount> {
        if self.refuses(path).is_some() {
            return None;
        }
        let hit = self.mounts.get(self.rules.first(path, |_| true)?)?;
        if self.any_exclusion {
            let excludes = |index: usize| {
                self.mounts.get(index).is_some_and(|mount| mount.excludes(&hit.rule.worker))
            };
            if self.exclusions.first(path, excludes).is_some() {
                return None;
            }
        }
        Some(hit)
    }

    /// All rules in match order, exclusions and disabled ones among them.
    pub fn mounts(&self) -> &[Mount] {
        &self.mounts
    }

    /// How the decision on a path comes about: the definition itself, rule after rule.
    pub fn trace(&self, path: &[u8]) -> Trace {
        trace::trace(self, path)
    }

    /// Why a path is not looked up at all.
    pub(crate) fn refuses(&self, path: &[u8]) -> Option<trace::Decision> {
        if path.first() != Some(&b'/') {
            Some(trace::Decision::NotAbsolute)
        } else if path.len() > LONGEST_PATH {
            Some(trace::Decision::TooLong)
        } else if self.reject_unsafe && memchr::memchr2(b'%', b'\\', path).is_some() {
            Some(trace::Decision::Unsafe)
        } else {
            None
        }
    }
}
