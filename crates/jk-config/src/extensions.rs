//! `worker;name=value;…`: the value of a mapping rule.

use std::ops::Range;

use jk_types::{Extensions, MountRule, RuleSource};

use crate::{Diagnostic, Location, Severity};

/// What the value of a rule says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Target {
    /// The worker's name.
    pub worker: String,
    /// What follows the name.
    pub extensions: Extensions,
    /// What is odd about it, with the bytes of the value it speaks of.
    pub findings: Vec<Finding>,
}

/// Something odd about a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// Bytes of the value.
    pub span: Range<usize>,
    /// Lower case, without a full stop.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
}

/// Reads `worker;name=value;…`, as in rule files, `JkMount` and the `JkWorkerIndicator` variable.
pub fn parse_target(value: &str) -> Target {
    Target { worker: value.to_owned(), ..Target::default() }
}

/// The rules of one `JkMount`, `JkUnMount` (then `exclusion`) or `mount` token.
///
/// `pattern` may hold a `|`, which makes two rules of one, unless `source` is a worker definition,
/// where it is an ordinary character and where `-` and `!` may come before the pattern.
pub fn mount_rules(
    pattern: &str,
    value: &str,
    exclusion: bool,
    source: RuleSource,
    location: &Location,
) -> (Vec<MountRule>, Vec<Diagnostic>) {
    let _ = (pattern, value, exclusion, source, location);
    (Vec::new(), Vec::new())
}
