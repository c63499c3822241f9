//! What was asked and what was answered, as the two ends know it.

/// Whom a request is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Target {
    /// A backend.
    Backend,
    /// One of [`super::site::FILES`].
    File(usize),
    /// The status worker.
    Status,
}

/// A request that a client sends.
#[derive(Debug)]
pub(super) struct Asked {
    pub target: Target,
    /// It asks the status worker for a change.
    pub edits: bool,
    pub method: &'static str,
    /// Content bytes; `None` when the request has none.
    pub length: Option<usize>,
    /// The client has sent all of it.
    pub sent: bool,
    /// A backend was sent content that it had asked for.
    pub consumed: bool,
    /// A backend ended its answer without having begun it.
    pub headless: bool,
    /// The answer that the client saw begin.
    pub seen: bool,
    pub done: bool,
}

/// An answer that a backend gives.
#[derive(Debug)]
pub(super) struct Answer {
    pub request: usize,
    pub status: u16,
    /// Content bytes sent so far.
    pub sent: usize,
    /// Content bytes that were announced, truly.
    pub announced: Option<usize>,
    /// The end was sent.
    pub finished: bool,
    /// The length that was announced, when it was not the true one.
    pub lied: bool,
}

/// All of both.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    pub asked: Vec<Asked>,
    pub answers: Vec<Answer>,
    /// Requests that were answered in full, by whom they were for.
    pub whole: usize,
    /// Changes of workers that the status worker made.
    pub edits: usize,
    /// Requests that the proxy answered itself.
    pub own: usize,
    /// Requests whose answer was cut short, or never came, and whose client could tell.
    pub aborted: usize,
}
