use jk_types::{Activation, MemberState};

/// What the access log may say of a member after an attempt (`JK_LB_FIRST_*`, `JK_LB_LAST_*`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Note {
    /// Which member, by its place in the configuration.
    pub member: usize,
    /// Its load value.
    pub value: u64,
    /// Service calls to its worker.
    pub accessed: u64,
    /// Requests without session.
    pub sessions: u64,
    /// Bytes received from its worker.
    pub read: u64,
    /// Bytes sent to its worker.
    pub transferred: u64,
    /// Its failures.
    pub errors: u64,
    /// Requests its worker serves now.
    pub busy: u32,
    /// Its configured activation, whatever the rule said.
    pub activation: Activation,
    /// Its state.
    pub state: MemberState,
}
