//! The connection of a service call: taken from the pool or opened, probed, given back (mod_jk:
//! `ajp_connect_to_endpoint`, `ajp_handle_cping_cpong`, `ajp_done`).

use std::rc::Rc;
use std::time::{Duration, Instant};

use jk_balance::Failure;

use super::client::Line;
use super::context::{BackendUse, Context};
use super::exchange::Exchange;
use super::forward::{Flow, Link, Step};
use super::journal::Trouble;
use super::net::{Connect, Net, Stream};
use crate::arena::Key;
use crate::command::Command;
use crate::pool::{Parked, Start};
use crate::token::Token;

impl<S: Stream> Exchange<S> {
    pub(super) fn connect<N: Net<Stream = S>>(&mut self, ctx: &mut Context<N>, line: &mut Line<S>) {
        let backend = self.backend();
        let Some(to) = backend.live.address() else {
            self.forward.trouble = Trouble::Unknown;
            return self.fail(ctx, line, Failure::Connect);
        };
        self.tell_none_usable(ctx);
        let backend = self.backend();
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
                    ahead: 0,
                    ended: false,
                    order: self.forward.order,
                    open: false,
                });
                let until = (!timeout.is_zero()).then(|| ctx.clock.now + timeout);
                self.forward.step = Step::Connected { until };
            }
            Err(error) => {
                self.forward.trouble = Trouble::of(&error);
                ctx.backends.remove(key);
                self.fail(ctx, line, Failure::Connect);
            }
        }
    }

    pub(super) fn connected<N: Net<Stream = S>>(
        &mut self,
        ctx: &mut Context<N>,
        line: &mut Line<S>,
    ) {
        let serving = Rc::clone(&self.received.serving);
        let backend = &serving.site.backends[self.forward.backend];
        let Some(link) = &mut self.forward.link else { return };
        if let Err(error) = link.stream.connected() {
            self.forward.trouble = Trouble::of(&error);
            return self.fail(ctx, line, Failure::Connect);
        }
        link.open = true;
        backend.counters.opened();
        let live = &backend.live;
        // At most one probe: after connecting, or before the request if that one is off.
        let probe = [live.connect_timeout(), live.prepost_timeout()];
        match probe.into_iter().find(|timeout| !timeout.is_zero()) {
            Some(timeout) => self.ping(ctx, line, timeout),
            None => self.send_request(ctx, line),
        }
    }

    pub(super) fn ping<N: Net<Stream = S>>(
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
    pub(super) fn no_pong<N: Net<Stream = S>>(&mut self, ctx: &mut Context<N>, line: &mut Line<S>) {
        if self.forward.link.as_ref().is_none_or(|link| link.fresh) {
            return self.fail(ctx, line, Failure::Probe);
        }
        self.tell_stale(ctx);
        self.forward.useless[1] += 1;
        self.drop_link(ctx);
        self.forward.link = self.take_idle(ctx, line.key);
        self.try_on(ctx, line);
    }

    pub(super) fn await_connection<N: Net<Stream = S>>(
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
            self.forward.trouble = Trouble::TIMED_OUT;
            self.fail(ctx, line, Failure::Connect);
            return Flow::Again;
        }
        Flow::Wait
    }

    pub(super) fn await_pong<N: Net<Stream = S>>(
        &mut self,
        ctx: &mut Context<N>,
        line: &mut Line<S>,
        until: Instant,
    ) -> Flow {
        match self.read_pong() {
            Some(true) => self.send_request(ctx, line),
            Some(false) => self.no_pong(ctx, line),
            None if ctx.clock.now >= until => {
                let live = &self.backend().live;
                let fresh = self.forward.link.as_ref().is_some_and(|link| link.fresh);
                let waits = [live.connect_timeout(), live.prepost_timeout()];
                let waits = if fresh { waits } else { [waits[1], waits[0]] };
                let waited = waits.into_iter().find(|wait| !wait.is_zero());
                self.forward.trouble = Trouble::NoPong(waited.unwrap_or_default());
                self.no_pong(ctx, line);
            }
            None => return Flow::Wait,
        }
        Flow::Again
    }

    pub(super) fn take_idle<N: Net<Stream = S>>(
        &mut self,
        ctx: &mut Context<N>,
        client: Key,
    ) -> Option<Link<S>> {
        let serving = Rc::clone(&self.received.serving);
        let start = serving.pools[self.forward.backend].lock().take_idle(ctx.home);
        self.take_over(ctx, client, start)
    }

    /// Makes an idle connection this request's own.
    pub(super) fn take_over<N: Net<Stream = S>>(
        &mut self,
        ctx: &mut Context<N>,
        client: Key,
        start: Start<S>,
    ) -> Option<Link<S>> {
        let (from, mut parked) = match start {
            Start::Fresh(order) => {
                self.forward.order = order;
                return None;
            }
            Start::Own(parked) => (ctx.home, parked),
            Start::Foreign(from, parked) => (from, parked),
        };
        let mut quiet = ctx.vouched;
        if from == ctx.home {
            quiet = quiet || ctx.net.is_quiet(&parked.stream);
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
            ahead: 0,
            ended: !quiet,
            order: parked.order,
            open: true,
        })
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

    pub(super) fn give_slot_back<N: Net<Stream = S>>(&mut self, ctx: &mut Context<N>) {
        if !std::mem::take(&mut self.forward.has_slot) {
            return;
        }
        let serving = Rc::clone(&self.received.serving);
        let at = self.forward.backend;
        if self.received.stalled.take().is_some() {
            serving.pools[at].lock().stall(false);
        }
        let keep = self.forward.conversation.reusable()
            && !self.forward.is_clogged()
            && self.forward.partial.is_empty()
            && !self.received.settings().jk.options.disable_reuse;
        let parked = match self.forward.link.take() {
            Some(link) if keep && link.open && !link.readable => {
                if let Some(used) = ctx.backends.get_mut(link.key) {
                    *used = BackendUse::Parked(Rc::clone(&serving), at);
                }
                Some(Parked {
                    stream: link.stream,
                    key: link.key,
                    since: ctx.clock.now,
                    order: link.order,
                })
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
        ctx.slot_is_free(waiter);
    }
}
