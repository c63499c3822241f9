//! `$(name)` in values, and `worker.x.reference`.
//!
//! The rules are those of mod_jk (`jk_map_replace_properties`, `jk_map_resolve_references`,
//! `jk_map_inherit_properties`), less two ways in which they never come to an end.

use crate::property_map::{Entry, PropertyMap, TooMuch};
use crate::{Location, Span};

/// How many `$(…)` of one value are looked at, found or not.
pub(crate) const MAX_MACROS: usize = 21;

/// A value grows no further than this. A line of 8191 bytes cannot say so much by itself.
const MAX_VALUE: usize = 1 << 20;

/// How deep references may nest; the first level is the worker itself.
const MAX_DEPTH: usize = 20;

const REFERENCE: &[u8] = b".reference";

/// A value with its macros replaced.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Expanded {
    pub(crate) value: Vec<u8>,
    /// Where in the original value a `$(name)` stands whose name means nothing (yet).
    pub(crate) unknown: Vec<Span>,
    /// Where the first `$(` stands that is one too many.
    pub(crate) ignored: Option<usize>,
}

/// Replaces `$(name)` by what `lookup` says. What it does not know stays as it is; what it inserts
/// is not looked at again.
pub(crate) fn expand(
    value: &[u8],
    lookup: &mut dyn FnMut(&[u8]) -> Option<Vec<u8>>,
) -> Result<Expanded, TooMuch> {
    let mut expanded = Expanded::default();
    let mut copied = 0;
    let mut at = 0;
    let mut count = 0;
    while let Some(open) = find(value, b"$(", at) {
        let Some(close) = find(value, b")", open) else { break };
        if count == MAX_MACROS {
            expanded.ignored = Some(open);
            break;
        }
        count += 1;
        let Some(text) = lookup(&value[open + 2..close]) else {
            expanded.unknown.push(open..close + 1);
            at = close;
            continue;
        };
        expanded.value.extend_from_slice(&value[copied..open]);
        expanded.value.extend_from_slice(&text);
        if expanded.value.len() > MAX_VALUE {
            return Err(TooMuch);
        }
        copied = close + 1;
        at = copied;
    }
    expanded.value.extend_from_slice(&value[copied..]);
    Ok(expanded)
}

fn find(text: &[u8], what: &[u8], from: usize) -> Option<usize> {
    let left = text.get(from..)?;
    left.windows(what.len()).position(|window| window == what).map(|at| from + at)
}

/// Why a `reference` cannot be followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BadReference {
    /// The value of the `reference` that was being followed when it happened.
    pub(crate) location: Option<Location>,
    pub(crate) target: Vec<u8>,
    pub(crate) kind: ReferenceFault,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ReferenceFault {
    /// No property begins with the target and a dot.
    Missing,
    /// More than 19 hops, or a circle.
    TooDeep,
    /// The target holds the worker that refers to it, so copying would never end.
    Ancestor,
    /// What is copied brings a reference that copies it again, or the copies fill the memory.
    TooMuch,
}

/// Copies what `reference` properties of `worker.` keys name, as if each target's lines had been
/// written for the referring worker as well, except those it has itself.
pub(crate) fn resolve_references(map: &mut PropertyMap) -> Vec<BadReference> {
    let mut faults = Vec::new();
    let mut at = 0;
    // Copies may bring further references, which are followed as well: the map grows meanwhile.
    while let Some(entry) = map.entries().get(at) {
        at += 1;
        let Some(base) = referrer(&entry.key) else { continue };
        if entry.value.is_empty() {
            continue;
        }
        let (base, entry) = (base.to_vec(), entry.clone());
        if let Err(fault) = follow(map, &base, &entry, 1) {
            let endless = fault.kind == ReferenceFault::TooMuch;
            faults.push(fault);
            if endless {
                break;
            }
        }
    }
    faults
}

/// `worker.a` for the key `worker.a.reference`.
fn referrer(key: &[u8]) -> Option<&[u8]> {
    key.strip_prefix(b"worker.")?.strip_suffix(REFERENCE)?;
    key.strip_suffix(REFERENCE)
}

fn follow(
    map: &mut PropertyMap,
    base: &[u8],
    reference: &Entry,
    depth: usize,
) -> Result<(), BadReference> {
    let target = reference.value.as_slice();
    let fault =
        |kind| BadReference { location: reference.value_location(), target: target.to_vec(), kind };
    if depth >= MAX_DEPTH {
        return Err(fault(ReferenceFault::TooDeep));
    }
    let prefix = [target, b"."].concat();
    if base.starts_with(&prefix) {
        return Err(fault(ReferenceFault::Ancestor));
    }
    let next = map.get(&[target, REFERENCE].concat()).filter(|e| !e.value.is_empty()).cloned();
    if let Some(next) = next {
        follow(map, target, &next, depth + 1)?;
    }
    match inherit(map, &prefix, base, reference.level) {
        Ok(true) => Ok(()),
        Ok(false) => Err(fault(ReferenceFault::Missing)),
        Err(TooMuch) => Err(fault(ReferenceFault::TooMuch)),
    }
}

/// Whether anything begins with `prefix`. `level` is that of the reference that asks for it.
fn inherit(
    map: &mut PropertyMap,
    prefix: &[u8],
    base: &[u8],
    level: usize,
) -> Result<bool, TooMuch> {
    let mut found = false;
    let copy = |original: &Entry| {
        found = true;
        let tail = original.key.strip_prefix(prefix)?;
        let key = [base, b".", tail].concat();
        let missing = map.get(&key).is_none();
        let level = original.level.max(level) + 1;
        missing.then(|| Entry { key, level, ..original.clone() })
    };
    let copies: Vec<Entry> = map.below(prefix).filter_map(copy).collect();
    for entry in copies {
        // A chain of references does not take more steps; copies that breed take ever more.
        if entry.level >= MAX_DEPTH {
            return Err(TooMuch);
        }
        map.add(entry)?;
    }
    Ok(found)
}

#[cfg(test)]
mod tests;
