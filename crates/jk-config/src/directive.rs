//! The worker directives, one entry each.
//!
//! Looking one up, telling whether mod_jk knows it, how two writings of it combine, which worker it
//! means anything to, what it is when not written: everything comes from this table, and so can
//! documentation.

mod table;

pub use table::DIRECTIVES;

use crate::spelling;

/// A directive `worker.NAME.directive` (or `worker.directive`, if its scope is global).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Directive {
    /// Its name, the last part of the key.
    pub name: &'static str,
    /// To which workers it means something.
    pub scope: Scope,
    /// What its value looks like.
    pub value: Value,
    /// What it is when it is not written; empty for "not set".
    pub default: &'static str,
    /// What two writings of it make.
    pub twice: Twice,
    /// Whether mod_jk warns of it, and what to write instead.
    pub standing: Standing,
    /// What it is for, in one sentence without a full stop.
    pub help: &'static str,
}

/// To which workers a directive means something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scope {
    /// Written without the name of a worker.
    pub global: bool,
    /// Workers of type `ajp13` and `ajp14`.
    pub ajp: bool,
    /// The same, but only as members of a load balancer.
    pub member: bool,
    /// Load balancers.
    pub lb: bool,
    /// Status workers.
    pub status: bool,
}

/// What a value looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value {
    /// Text.
    Text,
    /// Text of at most 60 bytes.
    Name,
    /// Text that must never be shown.
    Secret,
    /// A whole number; `k` and `m` at its end multiply by 1024 and 1048576.
    Number(Unit),
    /// Yes or no.
    Switch,
    /// One of some words, told apart by their first letter.
    Choice(&'static [&'static str]),
    /// Any of the letters C, P, I and A.
    Pings,
    /// Names.
    List,
    /// HTTP statuses.
    Statuses,
}

/// What a number counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Things.
    Count,
    /// Seconds.
    Seconds,
    /// Milliseconds.
    Milliseconds,
    /// Bytes.
    Bytes,
}

/// What two writings of a property make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Twice {
    /// The last one counts, and mod_jk warns.
    Last,
    /// A list of both.
    List,
    /// mod_jk joins the texts with some character that makes little sense.
    Joined,
}

/// Whether a directive should be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Yes.
    Current,
    /// It works, but has been replaced by this one.
    Replaced(&'static str),
    /// It has no effect any more.
    Obsolete,
}

impl Directive {
    /// The directive of this name.
    pub fn find(name: &[u8]) -> Option<&'static Self> {
        DIRECTIVES.iter().find(|d| d.name.as_bytes() == name)
    }

    /// The directive whose name ends this key. Nothing but the end of a key is ever looked at.
    pub(crate) fn of_key(key: &[u8]) -> Option<&'static Self> {
        let dot = key.iter().rposition(|&b| b == b'.')?;
        Self::find(&key[dot + 1..])
    }

    /// The directive whose name is most like this one.
    pub(crate) fn similar(name: &str) -> Option<&'static str> {
        let current = |d: &&Self| d.standing == Standing::Current;
        spelling::nearest(name, DIRECTIVES.iter().filter(current).map(|d| d.name))
    }
}

/// Whether mod_jk reads on after a property of this name (`jk_is_valid_property`).
pub(crate) fn is_valid_key(key: &[u8]) -> bool {
    !key.starts_with(b"worker.") || Directive::of_key(key).is_some()
}

/// What comes between two values that are joined, or `None` if the last one counts
/// (`jk_map_handle_duplicates`).
pub(crate) fn separator(key: &[u8]) -> Option<u8> {
    let directive = Directive::of_key(key);
    match directive.map(|d| d.twice) {
        Some(Twice::Last) => None,
        _ if key.ends_with(b"_path") => Some(b':'),
        Some(Twice::List) => Some(b','),
        _ if directive.is_some_and(|d| d.name == "cmd_line") => Some(b' '),
        _ => Some(b'*'),
    }
}

#[cfg(test)]
mod tests;
