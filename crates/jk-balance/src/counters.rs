//! What every instance of a worker name shares: the numbers behind limits and status pages.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU32, AtomicU64, Ordering::Relaxed};

use crate::{Outcome, Seconds};

/// Counters of one worker *name*. A worker that is listed, and a member of two load balancers,
/// is three instances with one set of counters.
///
/// A service call is [begun](Self::begin_use), then [`enter`](Self::enter)ed, then
/// [`leave`](Self::leave)s; the load balancer is told afterwards, for it asks whether anybody else
/// is still inside.
#[derive(Debug, Default)]
pub struct WorkerCounters {
    used: AtomicU64,
    used_snapshot: AtomicU64,
    busy: AtomicU32,
    max_busy: AtomicU32,
    connected: AtomicU32,
    max_connected: AtomicU32,
    errors: AtomicU64,
    client_errors: AtomicU64,
    reply_timeouts: AtomicU32,
    transferred: AtomicU64,
    read: AtomicU64,
    last_reset: AtomicU64,
    /// Zero stands for "none".
    error_time: AtomicU64,
    state: AtomicU8,
}

/// How the last service call of a worker name went. It is shown and decides nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AjpState {
    /// Not used since the last maintenance.
    #[default]
    Idle,
    /// The last request succeeded, or failed by the client's fault.
    Ok,
    /// The last request failed.
    Error,
    /// A request is under way after a failed one.
    Probe,
}

impl AjpState {
    /// The text that the status worker prints.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Idle => "OK/IDLE",
            Self::Ok => "OK",
            Self::Error => "ERR",
            Self::Probe => "ERR/PRB",
        }
    }

    const fn from_code(code: u8) -> Self {
        match code {
            1 => Self::Ok,
            2 => Self::Error,
            3 => Self::Probe,
            _ => Self::Idle,
        }
    }

    const fn code(self) -> u8 {
        match self {
            Self::Idle => 0,
            Self::Ok => 1,
            Self::Error => 2,
            Self::Probe => 3,
        }
    }
}

impl WorkerCounters {
    /// Counters that start at zero now.
    pub fn new(now: Seconds) -> Self {
        Self { last_reset: AtomicU64::new(now.0), ..Self::default() }
    }

    /// [`Self::new`], ready to be shared.
    pub fn shared(now: Seconds) -> Arc<Self> {
        Arc::new(Self::new(now))
    }

    /// A service call begins; its request packet is not built yet.
    pub fn begin_use(&self) {
        self.used.fetch_add(1, Relaxed);
    }

    /// The request does not fit into a packet: the call ends without having been entered.
    pub fn too_large(&self) {
        self.client_errors.fetch_add(1, Relaxed);
    }

    /// The backend is about to be contacted. `false` when `busy_limit` (0 is off) is exceeded: the
    /// call ends here, do not [`leave`](Self::leave).
    pub fn enter(&self, busy_limit: u32, now: Seconds) -> bool {
        let busy = self.busy.fetch_add(1, Relaxed).saturating_add(1);
        if busy_limit > 0 && busy > busy_limit {
            self.decrement_busy();
            self.errors.fetch_add(1, Relaxed);
            self.error_time.store(now.0, Relaxed);
            return false;
        }
        if self.state() == AjpState::Error {
            self.set_state(AjpState::Probe);
        }
        raise(&self.max_busy, busy);
        true
    }

    /// The service call is over. Bytes are those of AJP, packet headers and probes included.
    pub fn leave(&self, outcome: Outcome, read: u64, written: u64, now: Seconds) {
        self.read.fetch_add(read, Relaxed);
        self.transferred.fetch_add(written, Relaxed);
        self.decrement_busy();
        match outcome {
            Outcome::Success => self.set_state(AjpState::Ok),
            Outcome::ClientError => {
                self.set_state(AjpState::Ok);
                // One when it was noticed and one at the end, as mod_jk counts.
                self.client_errors.fetch_add(2, Relaxed);
            }
            _ => {
                self.set_state(AjpState::Error);
                self.errors.fetch_add(1, Relaxed);
                self.error_time.store(now.0, Relaxed);
            }
        }
    }

    /// One try ended in a reply timeout.
    pub fn reply_timeout(&self) {
        self.reply_timeouts.fetch_add(1, Relaxed);
    }

    /// A connection was opened.
    pub fn opened(&self) {
        let connected = self.connected.fetch_add(1, Relaxed).saturating_add(1);
        raise(&self.max_connected, connected);
    }

    /// A connection was closed.
    pub fn closed(&self) {
        let _ = self.connected.fetch_update(Relaxed, Relaxed, |n| Some(n.saturating_sub(1)));
    }

    /// Global maintenance: a worker that was not used since the last one is idle.
    pub fn mark_idle(&self) {
        let used = self.used();
        if self.state() == AjpState::Ok && used == self.used_snapshot.swap(used, Relaxed) {
            self.set_state(AjpState::Idle);
        }
        self.used_snapshot.store(used, Relaxed);
    }

    /// The status worker's reset of a listed worker. State, last error and what is open now stay.
    pub fn reset(&self, now: Seconds) {
        self.errors.store(0, Relaxed);
        self.reset_as_member(now);
    }

    /// The status worker's reset of a member: as [`Self::reset`], but this counter of errors stays,
    /// for the one shown is the member's own.
    pub fn reset_as_member(&self, now: Seconds) {
        for counter in [&self.used, &self.client_errors, &self.transferred, &self.read] {
            counter.store(0, Relaxed);
        }
        for counter in [&self.reply_timeouts, &self.max_busy, &self.max_connected] {
            counter.store(0, Relaxed);
        }
        self.last_reset.store(now.0, Relaxed);
    }

    /// Service calls begun.
    pub fn used(&self) -> u64 {
        self.used.load(Relaxed)
    }

    /// Requests being served now.
    pub fn busy(&self) -> u32 {
        self.busy.load(Relaxed)
    }

    /// The most requests served at once.
    pub fn max_busy(&self) -> u32 {
        self.max_busy.load(Relaxed)
    }

    /// Connections open now.
    pub fn connected(&self) -> u32 {
        self.connected.load(Relaxed)
    }

    /// The most connections open at once.
    pub fn max_connected(&self) -> u32 {
        self.max_connected.load(Relaxed)
    }

    /// Service calls that failed, not counting client errors.
    pub fn errors(&self) -> u64 {
        self.errors.load(Relaxed)
    }

    /// Failures caused by the client.
    pub fn client_errors(&self) -> u64 {
        self.client_errors.load(Relaxed)
    }

    /// Reply timeouts, halved by maintenance.
    pub fn reply_timeouts(&self) -> u32 {
        self.reply_timeouts.load(Relaxed)
    }

    /// Bytes sent to the backend.
    pub fn transferred(&self) -> u64 {
        self.transferred.load(Relaxed)
    }

    /// Bytes received from the backend.
    pub fn read(&self) -> u64 {
        self.read.load(Relaxed)
    }

    /// When the counters last started from zero.
    pub fn last_reset(&self) -> Seconds {
        Seconds(self.last_reset.load(Relaxed))
    }

    /// When a service call last failed.
    pub fn error_time(&self) -> Option<Seconds> {
        Some(self.error_time.load(Relaxed)).filter(|&time| time > 0).map(Seconds)
    }

    /// How the last service call went.
    pub fn state(&self) -> AjpState {
        AjpState::from_code(self.state.load(Relaxed))
    }

    /// Maintenance: the reply timeouts of the past weigh half as much per interval.
    pub(crate) fn halve_reply_timeouts(&self, times: u32) {
        let halve = |n: u32| Some(n.checked_shr(times).unwrap_or(0));
        let _ = self.reply_timeouts.fetch_update(Relaxed, Relaxed, halve);
    }

    /// The member gets a new chance.
    pub(crate) fn forget_reply_timeouts(&self) {
        self.reply_timeouts.store(0, Relaxed);
    }

    fn set_state(&self, state: AjpState) {
        self.state.store(state.code(), Relaxed);
    }

    fn decrement_busy(&self) {
        let _ = self.busy.fetch_update(Relaxed, Relaxed, |n| Some(n.saturating_sub(1)));
    }
}

/// Keeps a maximum. Looking first spares the exchange, which is as dear as a lock, nearly always.
fn raise(most: &AtomicU32, value: u32) {
    if value > most.load(Relaxed) {
        most.fetch_max(value, Relaxed);
    }
}
