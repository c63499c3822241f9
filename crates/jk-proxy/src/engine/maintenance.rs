//! The periodic duties: decay of load values, recovery of members, idle connections (mod_jk:
//! `wc_maintain`).
//!
//! As in mod_jk they are done at the start of a request when they are due, unless
//! `JkWatchdogInterval` gives them to a timer.

use std::rc::Rc;
use std::sync::atomic::Ordering::Relaxed;

use super::context::{BackendUse, Context, Serving};
use super::net::Net;
use crate::command::Command;
use crate::site::Kind;

/// A request begins: maintenance, if no watchdog does it.
pub(super) fn at_request<N: Net>(ctx: &mut Context<N>, serving: &Serving<N::Stream>) {
    if serving.site.config.watchdog_interval.is_zero() {
        if_due(ctx, serving);
    }
}

/// The watchdog of `JkWatchdogInterval`, which the first loop keeps.
pub(crate) fn watch<N: Net>(ctx: &mut Context<N>) {
    let interval = ctx.serving.site.config.watchdog_interval;
    if ctx.home != 0 || interval.is_zero() {
        ctx.watch_at = None;
        return;
    }
    let now = ctx.clock.now;
    match ctx.watch_at {
        Some(at) if at > now => {}
        Some(_) => {
            let serving = Rc::clone(&ctx.serving);
            if_due(ctx, &serving);
            ctx.watch_at = Some(now + interval);
        }
        None => ctx.watch_at = Some(now + interval),
    }
}

/// Does what is due, at most once per interval over all loops.
pub(super) fn if_due<N: Net>(ctx: &mut Context<N>, serving: &Serving<N::Stream>) {
    let site = &serving.site;
    let interval = site.config.maintain.as_secs();
    let now = ctx.clock.seconds();
    let last = site.maintained.load(Relaxed);
    if interval == 0 || now.0.saturating_sub(last) < interval {
        return;
    }
    if site.maintained.compare_exchange(last, now.0, Relaxed, Relaxed).is_err() {
        return;
    }
    for worker in &site.workers {
        match &worker.kind {
            Kind::Lb(lb) => lb.balancer.lock().maintain(now, interval),
            Kind::Ajp { backend } => site.backends[*backend].counters.mark_idle(),
            Kind::Status(_) => {}
        }
    }
    expire(ctx, serving);
    if site.backends.iter().any(|backend| !backend.live.connection_ping_interval().is_zero()) {
        (0..ctx.loops).for_each(|home| ctx.net.send(home, Command::ProbeIdle));
    }
}

/// Closes the expired idle connections of all loops, before the request that caused this takes one.
fn expire<N: Net>(ctx: &mut Context<N>, serving: &Serving<N::Stream>) {
    for (backend, pool) in serving.site.backends.iter().zip(&serving.pools) {
        let timeout = backend.live.connection_pool_timeout();
        if timeout.is_zero() {
            continue;
        }
        for home in 0..ctx.loops {
            let expired = pool.lock().expire(home, timeout, backend.pool_minimum, ctx.clock.now);
            for parked in expired {
                backend.counters.closed();
                if home == ctx.home {
                    ctx.backends.remove(parked.key);
                } else {
                    ctx.net.send(home, Command::Taken(parked.key));
                }
            }
        }
    }
}

/// Closes the idle connections of a configuration that is no longer served.
pub(super) fn retire<N: Net>(ctx: &mut Context<N>, serving: &Serving<N::Stream>) {
    for (backend, pool) in serving.site.backends.iter().zip(&serving.pools) {
        for parked in pool.lock().retire(ctx.home) {
            ctx.backends.remove(parked.key);
            backend.counters.closed();
        }
    }
}

/// Something came in on a connection that nobody uses: its end, or bytes nobody asked for. Either
/// way it is of no use any more.
pub(super) fn unexpected<N: Net>(ctx: &mut Context<N>, key: crate::arena::Key) {
    let Some(BackendUse::Parked(serving, at)) = ctx.backends.get(key) else { return };
    let (serving, at) = (Rc::clone(serving), *at);
    if serving.pools[at].lock().forget(ctx.home, key).is_some() {
        ctx.backends.remove(key);
        serving.site.backends[at].counters.closed();
    }
}
