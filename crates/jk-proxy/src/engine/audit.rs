//! What tests may know of an engine.

use super::Engine;
use super::exchange::Exchange;
use super::net::Net;

impl<N: Net> Engine<N> {
    /// Client connections.
    pub(crate) fn clients_open(&self) -> usize {
        self.clients.keys().count()
    }

    /// Backend connections registered here.
    pub(crate) fn backends_open(&self) -> usize {
        self.ctx.backends.keys().count()
    }

    /// Entries of deadlines, dead ones included.
    pub(crate) fn timers_armed(&self) -> usize {
        self.ctx.timers.len()
    }

    /// The bytes held for that client for which most are held.
    pub(crate) fn most_held(&self) -> usize {
        let held = |key| self.clients.get(key).map_or(0, |client| client.held());
        self.clients.keys().map(held).max().unwrap_or(0)
    }
}

impl<S> Exchange<S> {
    /// How many bytes are held for it.
    pub(super) fn held(&self) -> usize {
        let forward = &self.forward;
        self.received.bytes.capacity()
            + self.intake.capacity()
            + self.reply.buffered()
            + forward.packet.capacity()
            + forward.unsent.capacity()
            + forward.partial.capacity()
    }
}
