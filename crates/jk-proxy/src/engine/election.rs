//! Who serves a request: the load balancer's loop over its members, and the slot of the one elected
//! (mod_jk: `service` of the load balancer, `ajp_get_endpoint`).

use std::rc::Rc;
use std::time::Duration;

use jk_balance::{Facts, Failure, Seconds};

use super::client::Line;
use super::context::Context;
use super::exchange::{Exchange, Received, Stage};
use super::forward::{Flow, Step};
use super::journal;
use super::net::{Net, Stream};
use super::variables::is_on;
use crate::pool::Waiter;
use crate::shared::Shared;
use crate::site::{Kind, Lb, Site};

/// Whether half of the connections that the worker may have are in use.
fn is_half_full<S>(serving: &Shared<S>, worker: usize) -> bool {
    let pools = match &serving.site.workers[worker].kind {
        Kind::Ajp { backend } => *backend..*backend + 1,
        Kind::Lb(lb) => lb.first..lb.first + lb.settings.members.len(),
        Kind::Status(_) => return false,
    };
    let loads = serving.pools[pools].iter().map(|pool| pool.lock().load());
    let (used, all) = loads.fold((0_usize, 0_usize), |(used, all), (more, limit)| {
        (used + more, all.saturating_add(limit))
    });
    used * 2 >= all
}

/// mod_jk looks for a free slot this often.
const LOOK: Duration = Duration::from_millis(100);

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
        if self.awaits_first_content(line) && is_half_full(&serving, worker) {
            self.forward.step = Step::Content { worker };
            return;
        }
        super::maintenance::at_request(ctx, &serving);
        match &serving.site.workers[worker].kind {
            Kind::Ajp { backend } => self.acquire(ctx, line, *backend),
            Kind::Lb(lb) => {
                let facts = facts(&self.received, lb);
                let mut slot_free =
                    |member: usize| serving.pools[lb.first + member].lock().has_free_slot();
                let step = {
                    let mut balancer = lb.balancer.lock();
                    balancer.begin(&mut self.run, &facts, &mut slot_free);
                    balancer.next(&mut self.run, &facts, now)
                };
                drop(facts);
                self.tell_balancing(ctx, lb);
                self.take_turn(ctx, line, lb, step);
            }
            Kind::Status(_) => self.begin_status(ctx, line, worker),
        }
    }

    /// Goes on with the load balancer's next member, or ends.
    pub(super) fn next_member<N: Net<Stream = S>>(
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
        self.tell_balancing(ctx, lb);
        self.take_turn(ctx, line, lb, step);
    }

    /// Does what the load balancer says is next.
    fn take_turn<N: Net<Stream = S>>(
        &mut self,
        ctx: &mut Context<N>,
        line: &mut Line<S>,
        lb: &Lb,
        step: jk_balance::Step,
    ) {
        match step {
            jk_balance::Step::Try(election) => {
                let backend = lb.first + election.member();
                self.forward.election = Some(election);
                self.acquire(ctx, line, backend);
            }
            jk_balance::Step::Wait(pause) => {
                self.forward.step = Step::NextRound { at: ctx.clock.now + pause };
            }
            jk_balance::Step::Finish { status, client_error, .. } => {
                self.tell_end(ctx, if client_error { journal::CLIENT_ERROR } else { 0 });
                self.give_up(ctx, line, status);
            }
        }
    }

    /// Takes a slot of the backend's pool, or waits for one.
    pub(super) fn acquire<N: Net<Stream = S>>(
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
        let until = ctx.clock.now + whole_looks(timeout);
        self.forward.step = Step::Slot { until, seen: 0, queued: false };
        self.look_for_slot(ctx, line);
    }

    pub(super) fn look_for_slot<N: Net<Stream = S>>(
        &mut self,
        ctx: &mut Context<N>,
        line: &mut Line<S>,
    ) -> Flow {
        let Step::Slot { until, seen, queued } = self.forward.step else { return Flow::Again };
        let waiter = Waiter { home: ctx.home, client: line.key };
        let serving = Rc::clone(&self.received.serving);
        let mut pool = serving.pools[self.forward.backend].lock();
        if let Some(start) = pool.acquire(waiter, queued) {
            drop(pool);
            self.forward.has_slot = true;
            self.begin_service(ctx, line, start);
            return Flow::Again;
        }
        let released = pool.released();
        if !queued {
            pool.wait(waiter);
            self.forward.step = Step::Slot { until, seen: released, queued: true };
            return Flow::Wait;
        }
        if ctx.clock.now < until {
            return Flow::Wait;
        }
        // Without `connection_pool_size`, httpd has a connection for each request that it serves:
        // who comes too many waits for a thread, however long. So does this one, while it moves up, and
        // while besiegers are being found out.
        let settings = &self.backend().settings;
        let waits_on = released != seen || pool.is_besieged();
        if settings.connection_pool_size.is_none() && waits_on {
            let until = ctx.clock.now + whole_looks(settings.connection_acquire_timeout);
            self.forward.step = Step::Slot { until, seen: released, queued };
            return Flow::Wait;
        }
        drop(pool);
        self.leave_queue(ctx, line);
        self.no_slot(ctx, line);
        Flow::Again
    }

    /// Leaves the queue of a pool, if the request stands in one.
    pub(super) fn leave_queue<N: Net<Stream = S>>(&mut self, ctx: &mut Context<N>, line: &Line<S>) {
        if let Step::Slot { queued: true, .. } = self.forward.step {
            let waiter = Waiter { home: ctx.home, client: line.key };
            let pool = &self.received.serving.pools[self.forward.backend];
            let next = pool.lock().stop_waiting(waiter);
            ctx.slot_is_free(next);
            self.forward.step = Step::Response;
        }
    }

    pub(super) fn no_slot<N: Net<Stream = S>>(&mut self, ctx: &mut Context<N>, line: &mut Line<S>) {
        self.tell_no_slot(ctx, line);
        let Some(election) = self.forward.election.take() else {
            self.tell_end(ctx, journal::code(Failure::NoSlot));
            return self.give_up(ctx, line, Failure::NoSlot.status());
        };
        let serving = Rc::clone(&self.received.serving);
        if let Some(lb) = lb_of(&serving.site, &self.received) {
            lb.balancer.lock().no_slot(&mut self.run, election);
        }
        self.next_member(ctx, line, ctx.clock.seconds());
    }
}

/// mod_jk looks every [`LOOK`], so that its timeouts are multiples of that.
fn whole_looks(timeout: Duration) -> Duration {
    let looks = timeout.as_millis().div_ceil(LOOK.as_millis());
    LOOK * u32::try_from(looks).unwrap_or(u32::MAX)
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
    if lb.is_sticky() && !facts.sticky_ignore {
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
