//! The brain of one event loop: connections, exchanges, deadlines. It opens no socket and reads no
//! clock by itself; [`Net`] and [`Clock`] bring the world in.

mod batch;
mod client;
mod context;
mod converse;
mod election;
mod exchange;
pub mod explain;
mod field_list;
mod forward;
mod heads;
mod index;
mod intake;
mod journal;
mod link;
mod local;
mod maintenance;
mod net;
mod parts;
mod patience;
mod probe;
mod record;
mod reply;
mod request;
mod route;
mod service;
mod snapshot;
mod static_file;
mod status;
mod translate;
mod unread;
mod upload;
mod variables;
mod waiting;

#[cfg(any(test, feature = "simulation"))]
mod audit;

#[cfg(test)]
mod tests;

use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

pub(crate) use context::{BackendUse, Clock, Context};
pub(crate) use net::{Connect, Net, Outcome, Stream};
pub(crate) use record::local_time;
pub(crate) use request::Ends;

use crate::arena::{Arena, Key};
use crate::command::{Command, Idle};
use client::{Client, Fate};

/// What an event says of a socket.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Readiness {
    /// Something may be read.
    pub readable: bool,
    /// Something may be written.
    pub writable: bool,
    /// The other side has ended, or the connection is broken.
    pub ended: bool,
}

/// So many connections may want another turn, or have something to write, without new memory.
const TURNS: usize = 256;

/// So many clients are looked at to find one to dismiss.
const LOOKS: usize = 256;

/// One event loop's connections.
pub(crate) struct Engine<N: Net> {
    ctx: Context<N>,
    clients: Arena<Box<Client<N::Stream>>>,
    /// Who has something to write after the events of this wake-up.
    gathered: Vec<Key>,
    /// What came of writes that were made together.
    outcomes: Vec<Outcome>,
    /// All events that there are have been seen with this wake-up.
    saw_all: bool,
    /// Where the next search for somebody to dismiss begins.
    looked_at: usize,
    /// Stop at the latest then.
    stop_at: Option<Instant>,
}

impl<N: Net> Engine<N> {
    /// A loop without connections.
    pub(crate) fn new(ctx: Context<N>) -> Self {
        Self {
            ctx,
            clients: Arena::default(),
            gathered: Vec::with_capacity(TURNS),
            outcomes: Vec::new(),
            saw_all: true,
            looked_at: 0,
            stop_at: None,
        }
    }

    /// Access to sockets, for the shell.
    pub(crate) fn net(&mut self) -> &mut N {
        &mut self.ctx.net
    }

    /// The time has moved on.
    pub(crate) fn set_clock(&mut self, clock: Clock) {
        self.ctx.clock = clock;
    }

    /// Takes a new connection in; `register` is told its key before anything happens on it.
    ///
    /// # Errors
    /// What `register` answers.
    pub(crate) fn accept(
        &mut self,
        stream: N::Stream,
        ends: Ends,
        register: impl FnOnce(&mut N, &mut N::Stream, Key) -> std::io::Result<()>,
    ) -> std::io::Result<()> {
        let now = self.ctx.clock.now;
        let none = Key { index: 0, generation: 0 };
        let key = self.clients.insert(Box::new(Client::new(none, stream, ends, now)));
        let Some(client) = self.clients.get_mut(key) else { return Ok(()) };
        client.line.key = key;
        if let Err(error) = register(&mut self.ctx.net, &mut client.line.stream, key) {
            self.clients.remove(key);
            return Err(error);
        }
        self.advance(key);
        Ok(())
    }

    /// Something happened on a client's socket.
    pub(crate) fn client_ready(&mut self, key: Key, readiness: Readiness) {
        let Some(client) = self.clients.get_mut(key) else { return };
        client.line.readable |= readiness.readable;
        client.line.writable |= readiness.writable;
        client.line.ended |= readiness.ended;
        self.ctx.vouched = self.saw_all;
        self.advance(key);
        self.ctx.vouched = false;
    }

    /// Something happened on a backend's socket.
    pub(crate) fn backend_ready(&mut self, key: Key, readiness: Readiness) {
        let Readiness { readable, writable, ended } = readiness;
        match self.ctx.backends.get(key) {
            Some(BackendUse::InUse(client)) => {
                let owner = *client;
                if let Some(client) = self.clients.get_mut(owner) {
                    client.backend_ready(key, readable, writable, ended);
                    self.advance(owner);
                }
            }
            Some(BackendUse::Probed(_)) => probe::ready(&mut self.ctx, key, readiness),
            // Writable alone is no news.
            Some(BackendUse::Parked(..)) if readable || ended => {
                maintenance::unexpected(&mut self.ctx, key);
            }
            _ => {}
        }
    }

    /// Whether no event is left for the next wake-up: only then is an idle connection without one known
    /// to be as it was left.
    pub(crate) fn note_completeness(&mut self, saw_all: bool) {
        self.saw_all = saw_all;
    }

    /// Several events follow, up to [`Self::scatter`]: the small writes that they lead to are made
    /// after them. Each kind of work, in here and in the kernel, then runs many times in a row, which
    /// the processor's caches reward.
    pub(crate) fn gather(&mut self) {
        self.ctx.gathering = true;
    }

    /// The events have been taken: writes what they made ready.
    pub(crate) fn scatter(&mut self) {
        self.ctx.gathering = false;
        let mut gathered = std::mem::take(&mut self.gathered);
        self.write_ahead(&gathered);
        for key in gathered.drain(..) {
            if let Some(client) = self.clients.get_mut(key) {
                client.is_gathered = false;
            }
            self.advance(key);
        }
        self.gathered = gathered;
    }

    /// Somebody who only holds a place: best of all one that has waited long with nothing said, or half
    /// of a request head; else one whose request waits for its own client. `None` if all those looked
    /// at are being served.
    pub(crate) fn dismissable(&mut self) -> Option<Key> {
        let start = self.looked_at;
        self.looked_at = start.wrapping_add(LOOKS);
        let found = self.clients.around(start, LOOKS);
        let waiting = found.filter_map(|(key, client)| Some((client.holds_its_place()?, key)));
        waiting.min().map(|(_, key)| key)
    }

    /// Ends a client's connection for the sake of another.
    pub(crate) fn dismiss(&mut self, key: Key) {
        self.close(key);
    }

    /// Whether an event for this backend connection would concern one that waits in its pool. Such
    /// events go first: a connection that has ended must not be given to a request that came with
    /// the same wake-up.
    pub(crate) fn is_parked(&self, key: Key) -> bool {
        matches!(self.ctx.backends.get(key), Some(BackendUse::Parked(..)))
    }

    /// Another thread asks for something.
    pub(crate) fn command(&mut self, command: Command<N::Stream>) {
        match command {
            Command::Adopt(shared) => self.adopt(&shared),
            Command::Finish { grace, idle } => self.finish(grace, idle),
            Command::SlotFree(client) => self.advance(client),
            Command::Taken(key) => drop(self.ctx.backends.remove(key)),
            Command::ProbeIdle => probe::begin(&mut self.ctx),
            Command::File(key, fetched) => {
                if let Some(client) = self.clients.get_mut(key) {
                    client.fetched(fetched);
                    self.advance(key);
                }
            }
        }
    }

    /// Fires deadlines and gives those another turn who want one; to be called after the events of
    /// a wake-up.
    pub(crate) fn settle(&mut self) {
        while let Some((key, at)) = self.ctx.timers.pop_due(self.ctx.clock.now) {
            let live = self.clients.get_mut(key).is_some_and(|client| client.armed.fired(at));
            if live {
                self.advance(key);
            }
        }
        probe::expire(&mut self.ctx);
        maintenance::watch(&mut self.ctx);
        // Only those of now: who wants yet another turn gets it after the next look at the sockets.
        let wanted = self.ctx.again.len();
        if wanted > 1 {
            self.gather();
        }
        for at in 0..wanted {
            self.advance(self.ctx.again[at]);
        }
        self.scatter();
        self.ctx.again.drain(..wanted);
        if self.stop_at.is_some_and(|at| self.ctx.clock.now >= at) {
            self.clients.keys().collect::<Vec<_>>().into_iter().for_each(|key| self.close(key));
        }
        self.ctx.log.hand_over();
    }

    /// How long the loop may sleep: not at all when somebody wants a turn.
    pub(crate) fn sleep(&self) -> Option<Duration> {
        if !self.ctx.again.is_empty() {
            return Some(Duration::ZERO);
        }
        let probes = probe::next_deadline(&self.ctx);
        let next = [self.ctx.timers.next(), self.stop_at, probes, self.ctx.watch_at]
            .into_iter()
            .flatten()
            .min()?;
        Some(next.saturating_duration_since(self.ctx.clock.now))
    }

    /// Nothing is left to do.
    pub(crate) fn is_finished(&self) -> bool {
        self.ctx.finishing && self.clients.is_empty()
    }

    fn advance(&mut self, key: Key) {
        let Some(client) = self.clients.get_mut(key) else { return };
        match client.advance(&mut self.ctx) {
            Fate::Waits => {}
            Fate::Again => self.ctx.again.push(key),
            // Once, however many events it has: its turn to write comes once.
            Fate::Gathered if !std::mem::replace(&mut client.is_gathered, true) => {
                self.gathered.push(key);
            }
            Fate::Gathered => {}
            Fate::Gone => self.close(key),
        }
    }

    fn close(&mut self, key: Key) {
        if let Some(mut client) = self.clients.remove(key) {
            client.close(&mut self.ctx);
        }
    }

    fn adopt(&mut self, shared: &Arc<crate::shared::Shared<N::Stream>>) {
        let old = self.ctx.adopt(Rc::new(Arc::clone(shared)));
        maintenance::retire(&mut self.ctx, &old);
    }

    fn finish(&mut self, grace: Option<Duration>, idle: Idle) {
        // Who finishes already only gets less time for it.
        let awaits = !self.ctx.finishing || self.ctx.awaits_idle;
        self.ctx.finishing = true;
        self.ctx.awaits_idle = awaits && idle == Idle::Await;
        let end = grace.and_then(|grace| self.ctx.clock.now.checked_add(grace));
        self.stop_at = [self.stop_at, end].into_iter().flatten().min();
        if self.ctx.awaits_idle {
            return;
        }
        let idle: Vec<Key> = self.clients.keys().collect();
        for key in idle {
            match self.clients.get(key) {
                Some(client) if !client.is_busy() => self.close(key),
                _ => {}
            }
        }
    }
}
