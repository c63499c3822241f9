use std::sync::Arc;

use jk_types::MemberState;

use crate::{Seconds, WorkerCounters};

/// What a load balancer has observed of one member, apart from its load.
#[derive(Debug)]
pub(crate) struct Member {
    pub(crate) counters: Arc<WorkerCounters>,
    pub(crate) state: MemberState,
    pub(crate) mult: u64,
    pub(crate) errors: u64,
    pub(crate) sessions: u64,
    /// When the current streak of failures began.
    pub(crate) first_error: Option<Seconds>,
    pub(crate) last_error: Option<Seconds>,
    /// `used` of the counters at the last maintenance.
    pub(crate) used_snapshot: u64,
}

impl Member {
    pub(crate) fn new(counters: Arc<WorkerCounters>) -> Self {
        Self {
            counters,
            state: MemberState::Idle,
            mult: 1,
            errors: 0,
            sessions: 0,
            first_error: None,
            last_error: None,
            used_snapshot: 0,
        }
    }

    /// A success, or a failure by somebody else's fault, ends the streak.
    pub(crate) fn forgive(&mut self) {
        self.first_error = None;
        self.last_error = None;
    }

    /// A failure that is beyond doubt: it is a streak of its own.
    pub(crate) fn blame(&mut self, now: Seconds) {
        self.errors = self.errors.saturating_add(1);
        self.first_error = Some(now);
        self.last_error = Some(now);
    }

    /// A failure that may be local: it prolongs the streak.
    pub(crate) fn suspect(&mut self, now: Seconds) {
        self.errors = self.errors.saturating_add(1);
        self.first_error.get_or_insert(now);
        self.last_error = Some(now);
    }

    /// Whether the streak is at least this many seconds old. Without a streak it is not.
    pub(crate) fn failing_for(&self, seconds: i32, now: Seconds) -> bool {
        self.first_error.is_some_and(|first| i128::from(now.since(first)) >= i128::from(seconds))
    }
}
