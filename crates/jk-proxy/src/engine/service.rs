//! One service call: the tries on one backend and what a failed one leads to (mod_jk:
//! `ajp_service`).

use std::rc::Rc;

use jk_balance::{Election, Failure, Next, Outcome, Progress, Report, Run, Tries};
use jk_types::{Activation, RecoveryOptions};

use super::client::Line;
use super::context::Context;
use super::election::{facts, lb_of};
use super::exchange::{Exchange, Received, Stage};
use super::forward::Step;
use super::journal;
use super::net::{Net, Stream};
use super::request::Ends;
use crate::pool::Start;
use crate::site::Backend;

impl<S: Stream> Exchange<S> {
    /// A slot was obtained: one service call begins (mod_jk: `ajp_service`).
    pub(super) fn begin_service<N: Net<Stream = S>>(
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
        if !backend.counters.enter(backend.live.busy_limit(), ctx.clock.seconds()) {
            return self.end_service(ctx, line, Err(Failure::BusyLimit), true);
        }
        self.forward.in_service = true;
        self.forward.tries = Tries::new(backend.live.retries(), backend.live.retry_interval());
        if ctx.gathering {
            self.forward.step = Step::Gathered;
            return;
        }
        self.try_once(ctx, line);
    }

    /// Sends the request over an idle connection that is alive, or over a new one (mod_jk:
    /// `ajp_send_request`).
    pub(super) fn try_once<N: Net<Stream = S>>(
        &mut self,
        ctx: &mut Context<N>,
        line: &mut Line<S>,
    ) {
        self.forward.useless = [0; 2];
        if std::mem::take(&mut self.forward.unended) {
            self.tell_unended(ctx);
        }
        self.try_on(ctx, line);
    }

    /// Goes on with the next idle connection of a try.
    pub(super) fn try_on<N: Net<Stream = S>>(&mut self, ctx: &mut Context<N>, line: &mut Line<S>) {
        self.forward.begin_try();
        while let Some(link) = &self.forward.link {
            if !link.readable {
                let probe = self.backend().live.prepost_timeout();
                return if probe.is_zero() {
                    self.send_request(ctx, line)
                } else {
                    self.ping(ctx, line, probe)
                };
            }
            // The end of the stream, or bytes that nobody asked for.
            self.forward.useless[0] += 1;
            self.drop_link(ctx);
            self.forward.link = self.take_idle(ctx, line.key);
        }
        self.connect(ctx, line);
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
        let options = backend.live.recovery_options();
        let clients_fault = matches!(failure, Failure::ClientRead | Failure::ClientWrite);
        if clients_fault && options.has(RecoveryOptions::ABORT_ON_CLIENT_ERROR) {
            if let Some(link) = &self.forward.link {
                link.stream.reset_on_drop();
            }
        }
        let socket = self.forward.link.as_ref().map_or(-1, |link| link.stream.number());
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
        let next = self.forward.tries.after(failure, recoverable);
        self.forward.unended =
            next != Next::GiveUp && matches!(failure, Failure::Malformed | Failure::FailStatus(_));
        self.tell_failed_try(ctx, failure, recoverable, socket);
        match next {
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
            self.tell_failed_service(ctx, failure, recoverable);
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
            let mut balancer = lb.balancer.lock();
            balancer.settle(&mut self.run, election, report, &facts, now);
            if result.is_ok() {
                // Ends the run, which is when the log's notes about the last member are taken.
                balancer.next(&mut self.run, &facts, now);
            }
            drop(balancer);
            drop(facts);
            self.tell_balancing(ctx, lb);
        }
        match result {
            Ok(()) => {}
            Err(Failure::ClientRead | Failure::ClientWrite) => {
                self.give_up_after(ctx, line, status, result);
            }
            Err(_) => self.next_member(ctx, line, now),
        }
    }

    /// A failure of the client's ends its connection; any other is answered.
    pub(super) fn give_up_after<N: Net<Stream = S>>(
        &mut self,
        ctx: &mut Context<N>,
        line: &mut Line<S>,
        status: u16,
        result: Result<(), Failure>,
    ) {
        if let Err(failure) = result {
            self.tell_end(ctx, journal::code(failure));
        }
        match result {
            Err(Failure::ClientRead | Failure::ClientWrite) => self.abandon(status),
            _ => self.give_up(ctx, line, status),
        }
    }

    /// Nobody serves the request.
    pub(super) fn give_up<N: Net<Stream = S>>(
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
        self.leave_queue(ctx, line);
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
    // A load balancer begins with what the variable says, and may have thought better of it.
    let route = match activation {
        Some(_) => run.route(),
        None => received.variable("JK_ROUTE").filter(|route| !route.is_empty()),
    };
    super::request::encode(out, received, ends, backend, activation, route)
}
