//! One client connection: heads in, exchanges one after another, the end.

use std::io;
use std::time::{Duration, Instant};

use jk_http::RequestHead;

use super::context::Context;
use super::exchange::{Exchange, Stage};
use super::forward::Flow;
use super::intake::Discarded;
use super::net::{Net, Stream};
use super::request::Ends;
use crate::arena::Key;
use crate::timers::Armed;

/// How long the rest of what a client sends is awaited after the last answer, so that the answer is
/// not lost in a reset.
const LINGER: Duration = Duration::from_secs(2);

/// Steps that one connection may take before others get their turn.
const TURN: usize = 64;

/// The connection itself, apart from what is done on it.
pub(crate) struct Line<S> {
    /// Its name.
    pub key: Key,
    /// The socket.
    pub stream: S,
    /// Both ends.
    pub ends: Ends,
    /// Something may be read.
    pub readable: bool,
    /// Something may be written.
    pub writable: bool,
    /// The client has ended its side or the connection is broken.
    pub ended: bool,
    /// Answers that left the connection open.
    pub served: u32,
}

/// A client connection.
pub(super) struct Client<S> {
    /// The connection.
    pub line: Line<S>,
    /// When it must be looked at again.
    pub armed: Armed,
    /// It has something to write after the other events of this wake-up.
    pub is_gathered: bool,
    pub(super) phase: Phase<S>,
    /// The beginning of a head.
    pub(super) stash: Vec<u8>,
    /// What was parsed of it, once there is a beginning.
    pub(super) parsing: Option<Box<RequestHead>>,
    /// When the present wait began.
    pub(super) since: Instant,
    /// When the last bytes of a head came.
    pub(super) heard: Instant,
    /// How long it may be idle, once it has been answered.
    pub(super) idle_timeout: Option<Duration>,
}

/// What a connection is about.
pub(super) enum Phase<S> {
    /// Waits for a head.
    Head,
    /// Serves a request.
    Busy(Box<Exchange<S>>),
    /// Has ended its side and waits for the client to end its own.
    Linger,
}

/// What a connection is to its loop after it was looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// It waits for an event or a deadline.
    Waits,
    /// It has had its turn and wants another.
    Again,
    /// It has something to write after the other events of this wake-up.
    Gathered,
    /// It is done.
    Gone,
}

/// What a connection does next.
pub(super) enum Step {
    Again,
    Wait,
    Gone,
}

impl<S: Stream> Client<S> {
    /// A connection that was just accepted.
    pub(super) fn new(key: Key, stream: S, ends: Ends, now: Instant) -> Self {
        Self {
            line: Line {
                key,
                stream,
                ends,
                // Clients speak first, often before they are accepted.
                readable: true,
                writable: true,
                ended: false,
                served: 0,
            },
            armed: Armed::default(),
            is_gathered: false,
            phase: Phase::Head,
            stash: Vec::new(),
            parsing: None,
            since: now,
            heard: now,
            idle_timeout: None,
        }
    }

    /// Does all that can be done without waiting.
    pub(super) fn advance<N: Net<Stream = S>>(&mut self, ctx: &mut Context<N>) -> Fate {
        for _ in 0..TURN {
            let step = match &mut self.phase {
                Phase::Head => self.read_head(ctx),
                Phase::Busy(exchange) => match advance(exchange, ctx, &mut self.line, self.since) {
                    Progress::Flow(Flow::Again) => Step::Again,
                    Progress::Flow(Flow::Wait) => Step::Wait,
                    Progress::Flow(Flow::Gathered) => return Fate::Gathered,
                    Progress::Done => self.next_request(ctx),
                },
                Phase::Linger => self.linger(ctx),
            };
            match step {
                Step::Again => {}
                Step::Wait => {
                    self.arm(ctx);
                    return Fate::Waits;
                }
                Step::Gone => return Fate::Gone,
            }
        }
        Fate::Again
    }

    /// An event came for the backend connection of the request being served.
    pub(super) fn backend_ready(&mut self, key: Key, readable: bool, writable: bool, ended: bool) {
        let Phase::Busy(exchange) = &mut self.phase else { return };
        if let Some(link) = &mut exchange.forward.link {
            if link.key == key {
                link.readable |= readable;
                link.writable |= writable;
                link.ended |= ended;
            }
        }
    }

    /// A file was opened or read for the request being served.
    pub(super) fn fetched(&mut self, fetched: crate::files::Fetched) {
        if let Phase::Busy(exchange) = &mut self.phase {
            if let Stage::File(send) = &mut exchange.stage {
                send.fetched = Some(fetched);
            }
        }
    }

    /// Whether a request is being served.
    pub(super) fn is_busy(&self) -> bool {
        matches!(self.phase, Phase::Busy(_)) || !self.stash.is_empty()
    }

    /// Since when the client has been holding its place and no more, if it has; who is in the middle of
    /// a request comes last.
    pub(super) fn holds_its_place(&self) -> Option<(bool, Instant)> {
        match &self.phase {
            Phase::Head | Phase::Linger => Some((false, self.since)),
            Phase::Busy(exchange) => exchange.waits_for_client_now().then_some((true, self.since)),
        }
    }

    /// The connection is going away: gives back what it holds.
    pub(super) fn close<N: Net<Stream = S>>(&mut self, ctx: &mut Context<N>) {
        if let Phase::Busy(mut exchange) = std::mem::replace(&mut self.phase, Phase::Linger) {
            exchange.release(ctx, &mut self.line);
            ctx.recycle(exchange);
        }
    }

    /// A request has been answered: on to the next, or to the end.
    fn next_request<N: Net<Stream = S>>(&mut self, ctx: &mut Context<N>) -> Step {
        let Phase::Busy(exchange) = std::mem::replace(&mut self.phase, Phase::Head) else {
            return Step::Again;
        };
        super::record::write(ctx, &exchange, &self.line);
        self.since = ctx.clock.now;
        let reply = &exchange.reply;
        if reply.broken && !reply.shows_truncation() {
            self.line.stream.reset_on_drop();
            ctx.recycle(exchange);
            return Step::Gone;
        }
        if reply.close {
            // Who sees the connection end may look for the line, or cause the next one elsewhere.
            ctx.log.hand_over();
            ctx.recycle(exchange);
            return self.end(ctx);
        }
        self.line.served = self.line.served.saturating_add(1);
        self.idle_timeout = Some(exchange.received.settings().keep_alive_timeout);
        let rest = exchange.intake.rest();
        if rest.is_empty() {
            ctx.recycle(exchange);
            return Step::Again;
        }
        // Pipelined: the next head is, at least in part, here already.
        let bytes = rest.to_vec();
        ctx.recycle(exchange);
        self.parse(ctx, &bytes)
    }

    /// Ends our side of the connection.
    pub(super) fn end<N: Net<Stream = S>>(&mut self, ctx: &Context<N>) -> Step {
        if self.line.ended {
            return Step::Gone;
        }
        self.line.stream.finish_writing();
        self.since = ctx.clock.now;
        self.phase = Phase::Linger;
        Step::Again
    }

    /// Reads and drops until the client ends its side or the time is up.
    fn linger<N: Net<Stream = S>>(&mut self, ctx: &mut Context<N>) -> Step {
        if self.line.readable {
            return match self.line.stream.read(&mut ctx.scratch) {
                Ok(0) => Step::Gone,
                Ok(_) => Step::Again,
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => {
                    self.line.readable = false;
                    Step::Again
                }
                Err(e) if e.kind() == io::ErrorKind::Interrupted => Step::Again,
                Err(_) => Step::Gone,
            };
        }
        if ctx.clock.now >= self.since + LINGER { Step::Gone } else { Step::Wait }
    }

    fn arm<N: Net<Stream = S>>(&mut self, ctx: &mut Context<N>) {
        let deadline = match &mut self.phase {
            Phase::Head => Some(self.head_deadline(ctx)),
            Phase::Busy(exchange) => {
                exchange.note_activity(ctx.clock.now);
                exchange.deadline(self.since)
            }
            Phase::Linger => Some(self.since + LINGER),
        };
        if let Some(deadline) = deadline {
            ctx.timers.arm(&mut self.armed, self.line.key, deadline);
        }
    }
}

#[cfg(any(test, feature = "simulation"))]
impl<S> Client<S> {
    /// How many bytes are held for it.
    pub(super) fn held(&self) -> usize {
        self.stash.capacity()
            + match &self.phase {
                Phase::Busy(exchange) => exchange.held(),
                Phase::Head | Phase::Linger => 0,
            }
    }
}

enum Progress {
    Flow(Flow),
    Done,
}

/// One step of a request.
fn advance<N: Net>(
    exchange: &mut Exchange<N::Stream>,
    ctx: &mut Context<N>,
    line: &mut Line<N::Stream>,
    since: Instant,
) -> Progress {
    exchange.note_activity(ctx.clock.now);
    if exchange.client_is_late(ctx.clock.now, since) {
        exchange.client_failed(ctx, line);
    }
    match exchange.stage {
        Stage::Forward => Progress::Flow(exchange.forward_step(ctx, line)),
        Stage::File(_) => Progress::Flow(exchange.file_step(ctx, line)),
        Stage::Send if ctx.gathering && exchange.reply.is_clogged() => {
            Progress::Flow(Flow::Gathered)
        }
        Stage::Send => exchange.send_step(line),
    }
}

impl<S: Stream> Exchange<S> {
    /// Sends what is left of the answer, then takes what is left of the request.
    fn send_step(&mut self, line: &mut Line<S>) -> Progress {
        if self.reply.flush(&mut line.stream, &mut line.writable).is_err() {
            self.reply.close = true;
            self.reply.broken = true;
            return Progress::Done;
        }
        if self.reply.is_clogged() {
            return Progress::Flow(Flow::Wait);
        }
        if self.reply.close {
            return Progress::Done;
        }
        match self.intake.discard(line) {
            Ok(Discarded::All) => Progress::Done,
            Ok(Discarded::Dry) => Progress::Flow(Flow::Wait),
            Ok(Discarded::More) => Progress::Flow(Flow::Again),
            Err(_) => {
                self.reply.close = true;
                Progress::Done
            }
        }
    }
}
