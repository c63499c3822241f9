use crate::Extensions;

/// Where a mapping rule was written. The order is the order in which ties are broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RuleSource {
    /// A line of a `JkMountFile`.
    File,
    /// A `JkMount` or `JkUnMount` directive.
    JkMount,
    /// A `mount` directive of a worker.
    WorkerDefinition,
}

impl RuleSource {
    /// The words that the status worker prints.
    pub const fn label(self) -> &'static str {
        match self {
            Self::File => "uriworkermap",
            Self::JkMount => "JkMount",
            Self::WorkerDefinition => "worker definition",
        }
    }
}

/// One mapping rule: requests whose path matches `pattern` go to `worker`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MountRule {
    /// The pattern, without its prefixes; begins with `/`. `*` and `?` are wildcards.
    pub pattern: String,
    /// The worker's name as written. On an exclusion, `*` stands for every worker.
    pub worker: String,
    /// Written with `-`: the rule neither matches nor excludes.
    pub disabled: bool,
    /// Written with `!` or by `JkUnMount`: cancels a match for `worker`.
    pub exclusion: bool,
    /// Where the rule was written.
    pub source: RuleSource,
    /// What the rule changes for its requests.
    pub extensions: Extensions,
}

impl MountRule {
    /// Whether the pattern holds a wildcard.
    pub fn is_wildcard(&self) -> bool {
        self.pattern.contains(['*', '?'])
    }
}
