//! CPINGs on idle connections (`connection_ping_interval`): maintenance takes them out of their
//! pool, a slot each, and puts those back that answer.
//!
//! mod_jk holds the pool's lock meanwhile, so that requests for the worker wait. We do not.

use std::io::{self, Write};
use std::rc::Rc;
use std::time::Instant;

use ajp13::{CPING, Message, RECEIVE_LIMIT, split_frame};

use super::Readiness;
use super::context::{BackendUse, Context, Serving};
use super::net::{Net, Stream};
use crate::arena::Key;
use crate::pool::Parked;

/// An idle connection that was asked whether it is alive.
#[derive(Debug)]
pub(crate) struct Probe<S> {
    parked: Parked<S>,
    serving: Serving<S>,
    backend: usize,
    received: Vec<u8>,
    until: Instant,
}

/// How a probe stands.
enum Verdict {
    Waits,
    Alive,
    Dead,
}

/// Probes this loop's connections that have been idle for long enough.
pub(crate) fn begin<N: Net>(ctx: &mut Context<N>) {
    let serving = Rc::clone(&ctx.serving);
    for (at, (backend, pool)) in serving.site.backends.iter().zip(&serving.pools).enumerate() {
        let interval = backend.live.connection_ping_interval();
        let timeout = backend.live.ping_timeout();
        if interval.is_zero() || timeout.is_zero() {
            continue;
        }
        let clocked = !backend.live.connection_pool_timeout().is_zero();
        let taken = pool.lock().take_for_probe(ctx.home, interval, clocked, ctx.clock.now);
        for mut parked in taken {
            let key = parked.key;
            // An idle connection takes five bytes at once, or is broken.
            let sent = parked.stream.write(&CPING).is_ok_and(|n| n == CPING.len());
            let probe = Probe {
                parked,
                serving: Rc::clone(&serving),
                backend: at,
                received: Vec::new(),
                until: ctx.clock.now + timeout,
            };
            if sent {
                if let Some(used) = ctx.backends.get_mut(key) {
                    *used = BackendUse::Probed(Box::new(probe));
                }
                ctx.probing.push(key);
            } else {
                end(ctx, probe, false);
            }
        }
    }
}

/// Something happened on a connection that is being probed.
pub(crate) fn ready<N: Net>(ctx: &mut Context<N>, key: Key, readiness: Readiness) {
    if !readiness.readable {
        return;
    }
    let Some(BackendUse::Probed(probe)) = ctx.backends.get_mut(key) else { return };
    match read(probe) {
        Verdict::Waits => {}
        Verdict::Alive => take_back(ctx, key, !readiness.ended),
        Verdict::Dead => take_back(ctx, key, false),
    }
}

/// Gives up on connections that did not answer in time.
pub(crate) fn expire<N: Net>(ctx: &mut Context<N>) {
    for key in std::mem::take(&mut ctx.probing) {
        match ctx.backends.get(key) {
            Some(BackendUse::Probed(probe)) if probe.until > ctx.clock.now => ctx.probing.push(key),
            Some(BackendUse::Probed(_)) => take_back(ctx, key, false),
            _ => {}
        }
    }
}

/// When [`expire`] has something to do.
pub(crate) fn next_deadline<N: Net>(ctx: &Context<N>) -> Option<Instant> {
    let until = |key: &Key| match ctx.backends.get(*key) {
        Some(BackendUse::Probed(probe)) => Some(probe.until),
        _ => None,
    };
    ctx.probing.iter().filter_map(until).min()
}

fn read<S: Stream>(probe: &mut Probe<S>) -> Verdict {
    let mut bytes = [0; 32];
    loop {
        match probe.parked.stream.read(&mut bytes) {
            Ok(0) => return Verdict::Dead,
            Ok(n) => probe.received.extend_from_slice(&bytes[..n]),
            Err(e) if e.kind() == io::ErrorKind::WouldBlock => break,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => return Verdict::Dead,
        }
        if probe.received.len() > bytes.len() {
            return Verdict::Dead;
        }
    }
    match split_frame(&probe.received, RECEIVE_LIMIT) {
        Ok(None) => Verdict::Waits,
        Ok(Some(frame)) if frame.len == probe.received.len() => {
            match Message::decode(frame.payload) {
                Ok(Message::CPong) => Verdict::Alive,
                _ => Verdict::Dead,
            }
        }
        _ => Verdict::Dead,
    }
}

fn take_back<N: Net>(ctx: &mut Context<N>, key: Key, alive: bool) {
    let Some(used) = ctx.backends.get_mut(key) else { return };
    let BackendUse::Probed(probe) = std::mem::replace(used, BackendUse::Gone) else { return };
    end(ctx, *probe, alive);
}

/// Gives the slot back, with the connection if it is alive. The idle clock does not start anew, so
/// that idle connections are probed at every run, as in mod_jk.
fn end<N: Net>(ctx: &mut Context<N>, probe: Probe<N::Stream>, alive: bool) {
    let Probe { parked, serving, backend, .. } = probe;
    let key = parked.key;
    let kept = alive.then_some(parked);
    if kept.is_some() {
        if let Some(used) = ctx.backends.get_mut(key) {
            *used = BackendUse::Parked(Rc::clone(&serving), backend);
        }
    }
    let closed = kept.is_none();
    let (waiter, refused) = serving.pools[backend].lock().release(ctx.home, kept);
    if closed || refused.is_some() {
        ctx.backends.remove(key);
        serving.site.backends[backend].counters.closed();
    }
    ctx.slot_is_free(waiter);
}
