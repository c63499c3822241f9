//! The way of a request to a backend: what it waits for, and who goes on then.
//!
//! This follows mod_jk's two nested loops, made resumable: `service` of the load balancer
//! ([`super::election`]) around `ajp_service` ([`super::service`]), which works on a connection
//! ([`super::link`]). Wherever mod_jk waits or sleeps, a [`Step`] says what for, and the loop goes on
//! with something else.

use std::time::{Duration, Instant};

use ajp13::Conversation;
use jk_balance::{Election, Tries};

use super::client::Line;
use super::context::Context;
use super::exchange::Exchange;
use super::journal::Trouble;
use super::net::{Net, Stream};
use crate::arena::Key;
use crate::site::Backend;

/// Where the forwarding of a request stands. Reused from request to request.
pub(crate) struct Forward<S> {
    /// The backend being tried.
    pub backend: usize,
    /// What is waited for.
    pub step: Step,
    /// The connection.
    pub link: Option<Link<S>>,
    /// What may be said on it.
    pub conversation: Conversation,
    /// The Forward Request, whole, for as long as it may have to be sent again.
    pub packet: Vec<u8>,
    /// Bytes that the backend's socket would not take yet.
    pub unsent: Vec<u8>,
    /// How many of these it has taken since.
    pub unsent_at: usize,
    /// The beginning of a packet from the backend.
    pub partial: Vec<u8>,
    /// Content bytes that were sent and are kept for another try.
    pub outstanding: usize,
    /// Content bytes of the request that are gone for good.
    pub consumed: u64,
    /// The backend asked for content beyond the first packet, or for any of a chunked request.
    pub body_consumed: bool,
    /// Response headers came in this try.
    pub headers_received: bool,
    /// The response is read to its end, but the client gets our own page with this status.
    pub replaced: Option<u16>,
    /// Since when the next packet is awaited.
    pub quiet_since: Option<Instant>,
    /// The attempt on a member, until it is settled.
    pub election: Option<Election>,
    /// The tries of this service call.
    pub tries: Tries,
    /// The place that a new connection gets among those of the pool.
    pub order: u64,
    /// A slot of the pool is held.
    pub has_slot: bool,
    /// The service call counts as busy.
    pub in_service: bool,
    /// AJP bytes of this service call, in and out.
    pub read: u64,
    /// AJP bytes sent.
    pub written: u64,
    /// How many bytes the client had taken, and how many the backend had sent, when the client last got
    /// any or was still there.
    pub unheard_since: (u64, u64),
    /// What exactly went wrong last.
    pub trouble: Trouble,
    /// Idle connections that this try met and could not use: ended ones, and silent ones.
    pub useless: [u32; 2],
    /// The last try was broken off in the middle of an answer.
    pub unended: bool,
}

/// What the forwarding of a request waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// The first packet's worth of content, while the worker has better to do.
    Content {
        /// The worker.
        worker: usize,
    },
    /// A free slot of the backend's pool.
    Slot {
        /// When to give up, or to see whether the queue moves.
        until: Instant,
        /// How many slots had been given back when that was decided.
        seen: u64,
        /// The request stands in the pool's queue.
        queued: bool,
    },
    /// The sleep between two tries on one backend.
    NextTry {
        /// Its end.
        at: Instant,
    },
    /// The sleep between two rounds of a load balancer.
    NextRound {
        /// Its end.
        at: Instant,
    },
    /// The end of this wake-up's events, when the request is sent.
    Gathered,
    /// A connection.
    Connected {
        /// When to give up.
        until: Option<Instant>,
    },
    /// The answer to a CPING.
    Pong {
        /// When to give up.
        until: Instant,
    },
    /// The response.
    Response,
}

/// A connection to a backend, in use.
pub(crate) struct Link<S> {
    /// The socket.
    pub stream: S,
    /// Its name among the loop's backend connections.
    pub key: Key,
    /// It was opened for this request.
    pub fresh: bool,
    /// Something may be read.
    pub readable: bool,
    /// Something may be written.
    pub writable: bool,
    /// So many bytes of the request have been written ahead of its turn.
    pub ahead: usize,
    /// Its place among those of the pool.
    pub order: u64,
    /// The backend has ended its side: reading goes on to the end.
    pub ended: bool,
    /// The connection stands (and is counted).
    pub open: bool,
}

/// What a step came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flow {
    /// The state has changed: look again.
    Again,
    /// Nothing to do until an event or a deadline.
    Wait,
    /// Something is to be written after the other events of this wake-up.
    Gathered,
}

impl<S> Default for Forward<S> {
    fn default() -> Self {
        Self {
            backend: 0,
            step: Step::Response,
            link: None,
            conversation: Conversation::new(),
            packet: Vec::new(),
            unsent: Vec::new(),
            unsent_at: 0,
            partial: Vec::new(),
            outstanding: 0,
            consumed: 0,
            body_consumed: false,
            headers_received: false,
            replaced: None,
            quiet_since: None,
            election: None,
            tries: Tries::new(1, None),
            order: 0,
            has_slot: false,
            in_service: false,
            read: 0,
            written: 0,
            unheard_since: (0, 0),
            trouble: Trouble::default(),
            useless: [0; 2],
            unended: false,
        }
    }
}

impl<S> Forward<S> {
    /// Forgets its request. Slot and connection have been given back.
    pub(crate) fn reset(&mut self) {
        debug_assert!(!self.has_slot && self.link.is_none() && self.election.is_none());
        self.packet.clear();
        self.consumed = 0;
        self.body_consumed = false;
        self.quiet_since = None;
        self.begin_try();
    }

    /// Forgets what the last try left behind.
    pub(super) fn begin_try(&mut self) {
        self.trouble = Trouble::Unknown;
        self.unsent.clear();
        self.unsent_at = 0;
        self.partial.clear();
        self.headers_received = false;
        self.replaced = None;
        self.conversation = Conversation::new();
    }

    /// Whether the backend's socket has to take something first.
    pub(crate) fn is_clogged(&self) -> bool {
        self.unsent_at < self.unsent.len()
    }
}

impl<S: Stream> Exchange<S> {
    /// The backend being tried.
    pub(crate) fn backend(&self) -> &Backend {
        &self.received.site().backends[self.forward.backend]
    }

    /// One step of forwarding.
    pub(crate) fn forward_step<N: Net<Stream = S>>(
        &mut self,
        ctx: &mut Context<N>,
        line: &mut Line<S>,
    ) -> Flow {
        let now = ctx.clock.now;
        match self.forward.step {
            Step::Content { worker } => {
                if self.awaits_first_content(line) {
                    return Flow::Wait;
                }
                self.begin_forward(ctx, line, worker);
                Flow::Again
            }
            Step::Slot { .. } => self.look_for_slot(ctx, line),
            Step::NextTry { at } if now >= at => {
                self.forward.link = self.take_idle(ctx, line.key);
                self.try_once(ctx, line);
                Flow::Again
            }
            Step::NextRound { at } if now >= at => {
                self.next_member(ctx, line, ctx.clock.seconds());
                Flow::Again
            }
            Step::NextTry { .. } | Step::NextRound { .. } => Flow::Wait,
            Step::Gathered if ctx.gathering => Flow::Gathered,
            Step::Gathered => {
                self.try_once(ctx, line);
                Flow::Again
            }
            Step::Connected { until } => self.await_connection(ctx, line, until),
            Step::Pong { until } => self.await_pong(ctx, line, until),
            Step::Response => self.converse(ctx, line),
        }
    }

    /// When the forwarding must be looked at again, whatever happens.
    pub(crate) fn forward_deadline(&self, timeout: Duration) -> Option<Instant> {
        match self.forward.step {
            Step::Slot { until, .. } | Step::Pong { until } => Some(until),
            Step::NextTry { at } | Step::NextRound { at } => Some(at),
            Step::Connected { until } => until,
            Step::Content { .. } | Step::Gathered => None,
            Step::Response => self.response_deadline(timeout),
        }
    }
}
