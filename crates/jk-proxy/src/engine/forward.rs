//! The way of a request to a backend: slot, tries, failures, the next member.
//!
//! This follows mod_jk's two nested loops (`service` of the load balancer around `ajp_service`), made
//! resumable: wherever mod_jk waits or sleeps, a [`Step`] says what for and the loop goes on with
//! something else.

use std::rc::Rc;
use std::time::{Duration, Instant};

use ajp13::Conversation;
use jk_balance::{Election, Facts, Failure, Next, Outcome, Progress, Report, Run, Seconds, Tries};
use jk_config::JkLogLevel;
use jk_types::{Activation, RecoveryOptions};

use super::client::Line;
use super::context::{BackendUse, Context};
use super::exchange::{Exchange, Received, Stage};
use super::journal;
use super::net::{Connect, Net, Stream};
use super::request::Ends;
use crate::arena::Key;
use crate::command::Command;
use crate::pool::{Parked, Start, Waiter};
use crate::site::{Backend, Kind, Lb, Site};
use crate::token::Token;

/// mod_jk looks for a free slot this often.
const LOOK: Duration = Duration::from_millis(100);

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
    election: Option<Election>,
    tries: Tries,
    has_slot: bool,
    in_service: bool,
    /// AJP bytes of this service call, in and out.
    pub read: u64,
    /// AJP bytes sent.
    pub written: u64,
}

/// What the forwarding of a request waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// A free slot of the backend's pool.
    Slot {
        /// When to give up.
        until: Instant,
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
            has_slot: false,
            in_service: false,
            read: 0,
            written: 0,
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

    fn begin_try(&mut self) {
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
    /// Begins to forward to a worker.
    pub(crate) fn begin_forward<N: Net<Stream = S>>(
        &mut self,
        ctx: &mut Context<N>,
        line: &mut Line<S>,
        worker: usize,
    ) {
        self.stage = Stage::Forward;
        let now = ctx.clock.seconds();
        let serving = Rc::clone(&self.received.serving);
        super::maintenance::at_request(ctx, &serving);
        match &serving.site.workers[worker].kind {
            Kind::Ajp { backend } => self.acquire(ctx, line, *backend),
            Kind::Lb(lb) => {
                let facts = facts(&self.received, lb);
                let mut slot_free =
                    |member: usize| serving.pools[lb.first + member].lock().has_free_slot();
                lb.balancer.lock().begin(&mut self.run, &facts, &mut slot_free);
                drop(facts);
                self.next_member(ctx, line, now);
            }
            Kind::Status(_) => self.answer_error(ctx, line, 500),
        }
    }

    /// Goes on with the load balancer's next member, or ends.
    fn next_member<N: Net<Stream = S>>(
        &mut self,
        ctx: &mut Context<N>,
        line: &mut Line<S>,
        now: Seconds,
    ) {
        let serving = Rc::clone(&self.received.serving);
        let Some(lb) = lb_of(&serving.site, &self.received) else { return };
        let step = {
            let facts = facts(&self.received, lb);
            lb.balancer.lock().next(&mut self.run, &facts, now)
        };
        match step {
            jk_balance::Step::Try(election) => {
                let backend = lb.first + election.member();
                self.forward.election = Some(election);
                self.acquire(ctx, line, backend);
            }
            jk_balance::Step::Wait(pause) => {
                self.forward.step = Step::NextRound { at: ctx.clock.now + pause };
            }
            jk_balance::Step::Finish { status, .. } => self.give_up(ctx, line, status),
        }
    }

    /// Takes a slot of the backend's pool, or waits for one.
    fn acquire<N: Net<Stream = S>>(
        &mut self,
        ctx: &mut Context<N>,
        line: &mut Line<S>,
        backend: usize,
    ) {
        self.forward.backend = backend;
        let timeout = self.backend().settings.connection_acquire_timeout;
        if timeout.is_zero() {
            return self.no_slot(ctx, line);
        }
        // mod_jk looks every 100 ms, so that its timeouts are multiples of that.
        let looks = timeout.as_millis().div_ceil(LOOK.as_millis());
        let until = ctx.clock.now + LOOK * u32::try_from(looks).unwrap_or(u32::MAX);
        self.forward.step = Step::Slot { until };
        self.look_for_slot(ctx, line);
    }

    fn look_for_slot<N: Net<Stream = S>>(
        &mut self,
        ctx: &mut Context<N>,
        line: &mut Line<S>,
    ) -> Flow {
        let Step::Slot { until } = self.forward.step else { return Flow::Again };
        let waiter = Waiter { home: ctx.home, client: line.key };
        let serving = Rc::clone(&self.received.serving);
        let mut pool = serving.pools[self.forward.backend].lock();
        match pool.acquire(ctx.home) {
            Some(start) => {
                pool.stop_waiting(waiter);
                drop(pool);
                self.forward.has_slot = true;
                self.begin_service(ctx, line, start);
                Flow::Again
            }
            None if ctx.clock.now >= until => {
                pool.stop_waiting(waiter);
                drop(pool);
                self.no_slot(ctx, line);
                Flow::Again
            }
            None => {
                pool.wait(waiter);
                Flow::Wait
            }
        }
    }

    fn no_slot<N: Net<Stream = S>>(&mut self, ctx: &mut Context<N>, line: &mut Line<S>) {
        let Some(election) = self.forward.election.take() else {
            return self.give_up(ctx, line, Failure::NoSlot.status());
        };
        let serving = Rc::clone(&self.received.serving);
        if let Some(lb) = lb_of(&serving.site, &self.received) {
            lb.balancer.lock().no_slot(&mut self.run, election);
        }
        self.next_member(ctx, line, ctx.clock.seconds());
    }

    /// A slot was obtained: one service call begins (mod_jk: `ajp_service`).
    fn begin_service<N: Net<Stream = S>>(
        &mut self,
        ctx: &mut Context<N>,
        line: &mut Line<S>,
        start: Start<S>,
    ) {
        let serving = Rc::clone(&self.received.serving);
        let backend = &serving.site.backends[self.forward.backend];
        if let (Some(election), Some(lb)) =
            (&self.forward.election, lb_of(&serving.site, &self.received))
        {
            let facts = facts(&self.received, lb);
            lb.balancer.lock().admitted(&mut self.run, election, &facts);
        }
        self.forward.read = 0;
        self.forward.written = 0;
        self.forward.link = self.take_over(ctx, line.key, start);
        backend.counters.begin_use();
        self.forward.packet.clear();
        let activation = self.forward.election.as_ref().map(Election::activation);
        let packet = &mut self.forward.packet;
        let encoded = encode(packet, &self.received, &self.run, line.ends, backend, activation);
        if let Err(failure) = encoded {
            backend.counters.too_large();
            return self.end_service(ctx, line, Err(failure), false);
        }
        if !backend.counters.enter(backend.settings.busy_limit, ctx.clock.seconds()) {
            return self.end_service(ctx, line, Err(Failure::BusyLimit), true);
        }
        self.forward.in_service = true;
        self.forward.tries = Tries::new(backend.settings.retries, backend.settings.retry_interval);
        self.try_once(ctx, line);
    }

    /// Sends the request over an idle connection that is alive, or over a new one (mod_jk:
    /// `ajp_send_request`).
    fn try_once<N: Net<Stream = S>>(&mut self, ctx: &mut Context<N>, line: &mut Line<S>) {
        self.forward.begin_try();
        while let Some(link) = &self.forward.link {
            if !link.readable {
                let probe = self.backend().settings.prepost_timeout;
                return if probe.is_zero() {
                    self.send_request(ctx, line)
                } else {
                    self.ping(ctx, line, probe)
                };
            }
            // The end of the stream, or bytes that nobody asked for.
            self.drop_link(ctx);
            self.forward.link = self.take_idle(ctx, line.key);
        }
        self.connect(ctx, line);
    }

    fn connect<N: Net<Stream = S>>(&mut self, ctx: &mut Context<N>, line: &mut Line<S>) {
        let backend = self.backend();
        let Some(to) = backend.address else { return self.fail(ctx, line, Failure::Connect) };
        let timeout = backend.settings.socket_connect_timeout;
        let how = Connect {
            to,
            from: backend.source,
            keepalive: backend.settings.socket_keepalive,
            buffer: backend.settings.socket_buffer,
        };
        let key = ctx.backends.insert(BackendUse::InUse(line.key));
        match ctx.net.connect(&how, Token::Backend(key)) {
            Ok(stream) => {
                self.forward.link = Some(Link {
                    stream,
                    key,
                    fresh: true,
                    readable: false,
                    writable: false,
                    ended: false,
                    open: false,
                });
                let until = (!timeout.is_zero()).then(|| ctx.clock.now + timeout);
                self.forward.step = Step::Connected { until };
            }
            Err(_) => {
                ctx.backends.remove(key);
                self.fail(ctx, line, Failure::Connect);
            }
        }
    }

    fn connected<N: Net<Stream = S>>(&mut self, ctx: &mut Context<N>, line: &mut Line<S>) {
        let serving = Rc::clone(&self.received.serving);
        let backend = &serving.site.backends[self.forward.backend];
        let Some(link) = &mut self.forward.link else { return };
        if link.stream.connected().is_err() {
            return self.fail(ctx, line, Failure::Connect);
        }
        link.open = true;
        backend.counters.opened();
        let settings = &backend.settings;
        // At most one probe: after connecting, or before the request if that one is off.
        let probe = [settings.connect_timeout, settings.prepost_timeout];
        match probe.into_iter().find(|timeout| !timeout.is_zero()) {
            Some(timeout) => self.ping(ctx, line, timeout),
            None => self.send_request(ctx, line),
        }
    }

    fn ping<N: Net<Stream = S>>(
        &mut self,
        ctx: &mut Context<N>,
        line: &mut Line<S>,
        timeout: Duration,
    ) {
        self.forward.conversation.ping_sent();
        self.forward.partial.clear();
        self.forward.step = Step::Pong { until: ctx.clock.now + timeout };
        if !self.send_to_backend(&[&ajp13::CPING]) {
            self.no_pong(ctx, line);
        }
    }

    /// The probe failed: the next idle connection, or a failed try if this one was fresh.
    fn no_pong<N: Net<Stream = S>>(&mut self, ctx: &mut Context<N>, line: &mut Line<S>) {
        if self.forward.link.as_ref().is_none_or(|link| link.fresh) {
            return self.fail(ctx, line, Failure::Probe);
        }
        self.drop_link(ctx);
        self.forward.link = self.take_idle(ctx, line.key);
        self.try_once(ctx, line);
    }

    /// A try failed: once more here, or the end of the service call.
    pub(crate) fn fail<N: Net<Stream = S>>(
        &mut self,
        ctx: &mut Context<N>,
        line: &mut Line<S>,
        failure: Failure,
    ) {
        let serving = Rc::clone(&self.received.serving);
        let backend = &serving.site.backends[self.forward.backend];
        let options = backend.settings.recovery_options;
        let clients_fault = matches!(failure, Failure::ClientRead | Failure::ClientWrite);
        if clients_fault && options.has(RecoveryOptions::ABORT_ON_CLIENT_ERROR) {
            if let Some(link) = &self.forward.link {
                link.stream.reset_on_drop();
            }
        }
        self.drop_link(ctx);
        if failure == Failure::ReplyTimeout {
            backend.counters.reply_timeout();
        }
        let forbidden = options.has(RecoveryOptions::NO_RETRY_AFTER_HEADERS)
            && self.forward.headers_received
            && !matches!(failure, Failure::FailStatus(_) | Failure::Malformed);
        let progress = Progress {
            // Nothing that only we hold has reached the client: it can be withdrawn.
            headers_sent: self.reply.is_committed() || forbidden,
            body_consumed: self.forward.body_consumed,
        };
        let recoverable = failure.recoverable(options, self.received.method(), progress);
        if !self.reply.is_committed() {
            self.reply.withdraw();
        }
        journal::note(
            ctx,
            &self.received,
            JkLogLevel::Info,
            "ajp_service",
            format_args!(
                "({}) try failed, {}: {}",
                backend.settings.name,
                if recoverable { "recoverable" } else { "not recoverable" },
                journal::reason(failure)
            ),
        );
        match self.forward.tries.after(failure, recoverable) {
            Next::Again { sleep: None } => {
                self.forward.link = self.take_idle(ctx, line.key);
                self.try_once(ctx, line);
            }
            Next::Again { sleep: Some(pause) } => {
                self.forward.step = Step::NextTry { at: ctx.clock.now + pause };
            }
            Next::GiveUp => self.end_service(ctx, line, Err(failure), recoverable),
        }
    }

    /// The service call is over: gives the slot back and tells the load balancer.
    pub(crate) fn end_service<N: Net<Stream = S>>(
        &mut self,
        ctx: &mut Context<N>,
        line: &mut Line<S>,
        result: Result<(), Failure>,
        recoverable: bool,
    ) {
        let serving = Rc::clone(&self.received.serving);
        let now = ctx.clock.seconds();
        let outcome = result.map_or_else(Failure::outcome, |()| Outcome::Success);
        let (read, written) = (self.forward.read, self.forward.written);
        if std::mem::take(&mut self.forward.in_service) {
            let backend = &serving.site.backends[self.forward.backend];
            backend.counters.leave(outcome, read, written, now);
        }
        self.give_slot_back(ctx);
        let status = result.map_or_else(Failure::status, |()| self.reply.status);
        if let Err(failure) = result {
            let name = &serving.site.backends[self.forward.backend].settings.name;
            journal::note(
                ctx,
                &self.received,
                JkLogLevel::Error,
                "service",
                format_args!("({name}) request not served: {}", journal::reason(failure)),
            );
        }
        let Some(election) = self.forward.election.take() else {
            if result.is_err() {
                self.give_up_after(ctx, line, status, result);
            }
            return;
        };
        if let Some(lb) = lb_of(&serving.site, &self.received) {
            let report =
                Report { outcome, recoverable, status, bytes_read: read, bytes_written: written };
            let facts = facts(&self.received, lb);
            lb.balancer.lock().settle(&mut self.run, election, report, &facts, now);
        }
        match result {
            // Ends the run, which is when the log's notes about the last member are taken.
            Ok(()) => {
                if let Some(lb) = lb_of(&serving.site, &self.received) {
                    let facts = facts(&self.received, lb);
                    lb.balancer.lock().next(&mut self.run, &facts, now);
                }
            }
            Err(Failure::ClientRead | Failure::ClientWrite) => {
                self.give_up_after(ctx, line, status, result);
            }
            Err(_) => self.next_member(ctx, line, now),
        }
    }

    /// A failure of the client's ends its connection; any other is answered.
    fn give_up_after<N: Net<Stream = S>>(
        &mut self,
        ctx: &mut Context<N>,
        line: &mut Line<S>,
        status: u16,
        result: Result<(), Failure>,
    ) {
        match result {
            Err(Failure::ClientRead | Failure::ClientWrite) => self.abandon(status),
            _ => self.give_up(ctx, line, status),
        }
    }

    /// Nobody serves the request.
    fn give_up<N: Net<Stream = S>>(
        &mut self,
        ctx: &mut Context<N>,
        line: &mut Line<S>,
        status: u16,
    ) {
        if self.reply.is_committed() {
            return self.abandon(status);
        }
        self.answer_error(ctx, line, status);
    }

    /// Ends the answer where it is, and with it the connection.
    pub(crate) fn abandon(&mut self, status: u16) {
        if !self.reply.is_committed() {
            self.reply.status = status;
        }
        self.reply.ended = true;
        self.reply.broken = true;
        self.reply.close = true;
        self.stage = Stage::Send;
    }

    /// Whatever happens to the client: the slot, the connection and the election are given back.
    pub(crate) fn release<N: Net<Stream = S>>(&mut self, ctx: &mut Context<N>, line: &mut Line<S>) {
        if let Step::Slot { .. } = self.forward.step {
            let waiter = Waiter { home: ctx.home, client: line.key };
            self.received.serving.pools[self.forward.backend].lock().stop_waiting(waiter);
        }
        self.drop_link(ctx);
        if self.forward.has_slot {
            self.end_service(ctx, line, Err(Failure::ClientWrite), false);
        } else if let Some(election) = self.forward.election.take() {
            let serving = Rc::clone(&self.received.serving);
            if let Some(lb) = lb_of(&serving.site, &self.received) {
                lb.balancer.lock().no_slot(&mut self.run, election);
            }
        }
    }

    fn give_slot_back<N: Net<Stream = S>>(&mut self, ctx: &mut Context<N>) {
        if !std::mem::take(&mut self.forward.has_slot) {
            return;
        }
        let serving = Rc::clone(&self.received.serving);
        let at = self.forward.backend;
        let keep = self.forward.conversation.reusable()
            && !self.forward.is_clogged()
            && self.forward.partial.is_empty()
            && !self.received.settings().jk.options.disable_reuse;
        let parked = match self.forward.link.take() {
            Some(link) if keep && link.open && !link.readable => {
                if let Some(used) = ctx.backends.get_mut(link.key) {
                    *used = BackendUse::Parked(Rc::clone(&serving), at);
                }
                Some(Parked { stream: link.stream, key: link.key, since: ctx.clock.now })
            }
            link => {
                self.forward.link = link;
                self.drop_link(ctx);
                None
            }
        };
        let (waiter, refused) = serving.pools[at].lock().release(ctx.home, parked);
        if let Some(parked) = refused {
            ctx.backends.remove(parked.key);
            serving.site.backends[at].counters.closed();
        }
        if let Some(waiter) = waiter {
            if waiter.home == ctx.home {
                ctx.again.push(waiter.client);
            } else {
                ctx.net.send(waiter.home, Command::SlotFree(waiter.client));
            }
        }
    }

    /// Closes the connection, if there is one.
    pub(crate) fn drop_link<N: Net<Stream = S>>(&mut self, ctx: &mut Context<N>) {
        if let Some(link) = self.forward.link.take() {
            ctx.backends.remove(link.key);
            if link.open {
                self.backend().counters.closed();
            }
        }
    }

    fn take_idle<N: Net<Stream = S>>(
        &mut self,
        ctx: &mut Context<N>,
        client: Key,
    ) -> Option<Link<S>> {
        let serving = Rc::clone(&self.received.serving);
        let start = serving.pools[self.forward.backend].lock().take_idle(ctx.home);
        self.take_over(ctx, client, start)
    }

    /// Makes an idle connection this request's own.
    fn take_over<N: Net<Stream = S>>(
        &mut self,
        ctx: &mut Context<N>,
        client: Key,
        start: Start<S>,
    ) -> Option<Link<S>> {
        let (from, mut parked) = match start {
            Start::Fresh => return None,
            Start::Own(parked) => (ctx.home, parked),
            Start::Foreign(from, parked) => (from, parked),
        };
        let mut quiet = true;
        if from == ctx.home {
            if let Some(used) = ctx.backends.get_mut(parked.key) {
                *used = BackendUse::InUse(client);
            }
        } else {
            ctx.net.send(from, Command::Taken(parked.key));
            parked.key = ctx.backends.insert(BackendUse::InUse(client));
            let token = Token::Backend(parked.key);
            quiet = ctx.net.adopt(&mut parked.stream, from, token).is_ok()
                && ctx.net.is_quiet(&parked.stream);
        }
        Some(Link {
            stream: parked.stream,
            key: parked.key,
            fresh: false,
            readable: !quiet,
            writable: true,
            ended: !quiet,
            open: true,
        })
    }

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
            Step::Connected { until } => self.await_connection(ctx, line, until),
            Step::Pong { until } => self.await_pong(ctx, line, until),
            Step::Response => self.converse(ctx, line),
        }
    }

    fn await_connection<N: Net<Stream = S>>(
        &mut self,
        ctx: &mut Context<N>,
        line: &mut Line<S>,
        until: Option<Instant>,
    ) -> Flow {
        if self.forward.link.as_ref().is_some_and(|link| link.writable) {
            self.connected(ctx, line);
            return Flow::Again;
        }
        if until.is_some_and(|until| ctx.clock.now >= until) {
            self.fail(ctx, line, Failure::Connect);
            return Flow::Again;
        }
        Flow::Wait
    }

    fn await_pong<N: Net<Stream = S>>(
        &mut self,
        ctx: &mut Context<N>,
        line: &mut Line<S>,
        until: Instant,
    ) -> Flow {
        match self.read_pong() {
            Some(true) => self.send_request(ctx, line),
            Some(false) => self.no_pong(ctx, line),
            None if ctx.clock.now >= until => self.no_pong(ctx, line),
            None => return Flow::Wait,
        }
        Flow::Again
    }

    /// When the forwarding must be looked at again, whatever happens.
    pub(crate) fn forward_deadline(&self, timeout: Duration) -> Option<Instant> {
        match self.forward.step {
            Step::Slot { until } | Step::Pong { until } => Some(until),
            Step::NextTry { at } | Step::NextRound { at } => Some(at),
            Step::Connected { until } => until,
            Step::Response => self.response_deadline(timeout),
        }
    }
}

/// Writes the Forward Request for a backend behind `out`; `activation` is that of the member, if a
/// load balancer elected it.
pub(super) fn encode<S>(
    out: &mut Vec<u8>,
    received: &Received<S>,
    run: &Run,
    ends: Ends,
    backend: &Backend,
    activation: Option<Activation>,
) -> Result<usize, Failure> {
    let forced = received.variable("JK_ROUTE").filter(|route| !route.is_empty());
    let route = forced.or_else(|| activation.and_then(|_| run.route()));
    super::request::encode(out, received, ends, &backend.settings, activation, route)
}

/// What the election of a member for this request depends on.
pub(super) fn facts<'a, S>(received: &'a Received<S>, lb: &Lb) -> Facts<'a> {
    let extensions = received.extensions();
    let settings = &lb.settings;
    let mut facts = Facts::new(extensions);
    if let Some(value) = received.variable("JK_STICKY_IGNORE") {
        facts.sticky_ignore = is_on(value);
    }
    if let Some(value) = received.variable("JK_STATELESS") {
        facts.stateless = is_on(value);
    }
    facts.secure = super::request::is_ssl(received);
    facts.forced_route = received.variable("JK_ROUTE").filter(|route| !route.is_empty());
    if settings.sticky_session && !facts.sticky_ignore {
        let cookie = extensions.session_cookie.as_deref().unwrap_or(&settings.session_cookie);
        let path = extensions.session_path.as_deref().unwrap_or(&settings.session_path);
        let cookies = received
            .head
            .fields(&received.bytes)
            .filter(|(name, _)| name.eq_ignore_ascii_case(b"cookie"))
            .map(|(_, value)| value);
        facts.session =
            jk_balance::session_ids(&received.uri, cookies, cookie, path, facts.forced_route);
    }
    facts
}

/// The load balancer that a request is mapped to.
pub(super) fn lb_of<'s, S>(site: &'s Site, received: &Received<S>) -> Option<&'s Lb> {
    let worker = received.mapping?.worker?;
    match &site.workers[worker].kind {
        Kind::Lb(lb) => Some(lb),
        Kind::Ajp { .. } | Kind::Status(_) => None,
    }
}

/// How mod_jk reads the variables that switch something on: empty, or a number other than zero.
fn is_on(value: &[u8]) -> bool {
    value.is_empty() || atoi(value) != 0
}

/// C's `atoi`: leading blanks, a sign, digits; what follows is ignored, no digits is zero.
pub(super) fn atoi(text: &[u8]) -> i64 {
    let text = text.trim_ascii_start();
    let (negative, digits) = match text.split_first() {
        Some((b'-', rest)) => (true, rest),
        Some((b'+', rest)) => (false, rest),
        _ => (false, text),
    };
    let number = digits
        .iter()
        .take_while(|digit| digit.is_ascii_digit())
        .fold(0_i64, |sum, digit| sum.saturating_mul(10).saturating_add(i64::from(digit - b'0')));
    if negative { -number } else { number }
}
