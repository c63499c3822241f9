//! `workers.properties` and `JkWorkerProperty` lines to workers.

use std::time::Duration;

use jk_types::{MountRule, Worker};

use crate::{Diagnostic, Location, SourceId};

/// What workers are read from.
pub struct WorkersInput<'a> {
    /// The rest of each `JkWorkerProperty` line, raw, and where it stands. Read before the file.
    pub lines: &'a [(String, Location)],
    /// The `JkWorkersFile`.
    pub file: Option<(SourceId, &'a [u8])>,
    /// What `$(ServerRoot)` stands for in the file.
    pub server_root: &'a str,
    /// The environment variables that `$(name)` may name.
    pub env: &'a dyn Fn(&str) -> Option<String>,
}

/// What came of reading workers.
#[derive(Clone, Debug, Default)]
pub struct WorkersOutput {
    /// The workers of `worker.list`, in order.
    pub workers: Vec<Worker>,
    /// The rules of `mount` directives.
    pub mounts: Vec<MountRule>,
    /// `worker.maintain`; zero disables maintenance.
    pub maintain: Duration,
    /// All properties in the order of definition, references resolved, secrets left out.
    pub properties: Vec<(String, String)>,
    /// All findings, in the order of the text.
    pub diagnostics: Vec<Diagnostic>,
    /// mod_jk would refuse to start, or we do: `workers` is incomplete.
    pub fatal: bool,
}

impl WorkersOutput {
    /// Where a worker of `worker.list` is named.
    pub fn worker_location(&self, worker: &str) -> Option<Location> {
        let _ = worker;
        None
    }

    /// Where `balance_workers` names a member.
    pub fn member_location(&self, lb: &str, member: &str) -> Option<Location> {
        let _ = (lb, member);
        None
    }

    /// Where a directive of a worker or member is given its value.
    pub fn directive_location(&self, worker: &str, directive: &str) -> Option<Location> {
        let _ = (worker, directive);
        None
    }
}

/// Reads `JkWorkerProperty` lines and then the file, in mod_jk's order.
pub fn read_workers(input: &WorkersInput<'_>) -> WorkersOutput {
    let _ = (input.lines, input.file, input.server_root, input.env);
    WorkersOutput::default()
}
