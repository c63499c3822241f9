//! What every connection of one loop may use, and nothing that belongs to one of them.

use std::ops::Range;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jk_balance::Seconds;
use jk_http::DateCache;

use super::exchange::Exchange;
use super::net::Net;
use super::probe::Probe;
use crate::arena::{Arena, Key};
use crate::command::Command;
use crate::files::Files;
use crate::logs::Sink;
use crate::pool::{LoopId, Waiter};
use crate::shared::Shared;
use crate::timers::Timers;

/// Bytes read from a backend at once, at most.
pub(super) const SCRATCH: usize = 256 * 1024;

/// Spare exchanges that one loop keeps.
const SPARE_EXCHANGES: usize = 1024;

/// The time, looked up once per wake-up.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    /// For deadlines.
    pub now: Instant,
    /// Wall clock, since 1970.
    pub wall: Duration,
    /// What the wall clock would say if nobody had set it since the program began.
    pub steady: Duration,
}

impl Clock {
    /// Whole seconds, the balancer's time: a member that failed is tried again after as long as was
    /// said, whatever becomes of the wall clock meanwhile.
    pub(crate) const fn seconds(&self) -> Seconds {
        Seconds(self.steady.as_secs())
    }
}

/// The configuration that a loop serves new requests by; requests in flight keep theirs alive.
///
/// The reference count is the loop's own, so that counting requests does not make loops contend.
pub(super) type Serving<S> = Rc<Arc<Shared<S>>>;

/// Where the bytes of one backend connection belong.
#[derive(Debug)]
pub(crate) enum BackendUse<S> {
    /// An exchange of this client uses it.
    InUse(Key),
    /// It waits in the pool of this backend.
    Parked(Serving<S>, usize),
    /// It is being probed by maintenance.
    Probed(Box<Probe<S>>),
    /// It is about to be forgotten.
    Gone,
}

/// What connections of one loop share.
pub(crate) struct Context<N: Net> {
    /// Sockets and other loops.
    pub net: N,
    /// This loop.
    pub home: LoopId,
    /// The time.
    pub clock: Clock,
    /// Deadlines.
    pub timers: Timers,
    /// Backend connections registered here.
    pub backends: Arena<BackendUse<N::Stream>>,
    /// The configuration for new requests.
    pub serving: Serving<N::Stream>,
    /// Where bytes are read to that will be gone before the next event.
    pub scratch: Vec<u8>,
    /// Where in [`Self::scratch`] content lies that was just read.
    pub pieces: Vec<Range<usize>>,
    /// What the loop does now was caused by an event of the client whose request it is. Then idle
    /// connections that ended before the request came are known to have ended, because their events
    /// came with it or before; otherwise each must be looked at.
    pub vouched: bool,
    /// Connections to be looked at again before the next wait.
    pub again: Vec<Key>,
    /// Several events are being taken: what is small is written after them, in one go.
    pub gathering: bool,
    /// When the watchdog looks next; only in the first loop.
    pub watch_at: Option<Instant>,
    /// Backend connections that are being probed.
    pub probing: Vec<Key>,
    /// The `Date` field.
    pub date: DateCache,
    /// Log lines.
    pub log: Sink,
    /// Who opens and reads files.
    pub files: Files,
    /// No new request is accepted.
    pub finishing: bool,
    /// While finishing: idle clients may ask once more.
    pub awaits_idle: bool,
    /// How many loops there are.
    pub loops: usize,
    spare: Vec<Box<Exchange<N::Stream>>>,
}

impl<N: Net> Context<N> {
    /// A loop's context.
    pub(crate) fn new(
        net: N,
        home: LoopId,
        loops: usize,
        clock: Clock,
        serving: Arc<Shared<N::Stream>>,
        log: Sink,
        files: Files,
    ) -> Self {
        Self {
            net,
            home,
            clock,
            timers: Timers::default(),
            backends: Arena::default(),
            serving: Rc::new(serving),
            scratch: vec![0; SCRATCH],
            pieces: Vec::new(),
            vouched: false,
            again: Vec::with_capacity(super::TURNS),
            gathering: false,
            watch_at: None,
            probing: Vec::new(),
            date: DateCache::default(),
            log,
            files,
            finishing: false,
            awaits_idle: false,
            loops,
            spare: Vec::new(),
        }
    }

    /// An exchange for a new request, reused if possible.
    pub(crate) fn exchange(&mut self) -> Box<Exchange<N::Stream>> {
        self.spare.pop().unwrap_or_else(|| Box::new(Exchange::new(Rc::clone(&self.serving))))
    }

    /// Serves new requests by another configuration; answers the one before.
    pub(crate) fn adopt(&mut self, serving: Serving<N::Stream>) -> Serving<N::Stream> {
        // Spare exchanges have been made ready for the old one and would keep it alive.
        self.spare.clear();
        std::mem::replace(&mut self.serving, serving)
    }

    /// Tells who waits for a slot that one can be had.
    pub(crate) fn slot_is_free(&mut self, waiter: Option<Waiter>) {
        match waiter {
            Some(waiter) if waiter.home == self.home => self.again.push(waiter.client),
            Some(waiter) => self.net.send(waiter.home, Command::SlotFree(waiter.client)),
            None => {}
        }
    }

    /// Takes an exchange back.
    pub(crate) fn recycle(&mut self, mut exchange: Box<Exchange<N::Stream>>) {
        if self.spare.len() < SPARE_EXCHANGES {
            exchange.reset(&self.serving);
            self.spare.push(exchange);
        }
    }
}
