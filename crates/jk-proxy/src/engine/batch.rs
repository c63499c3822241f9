//! Several connections at once: what has arrived is fetched, and what is to be sent is written, for all
//! that have an event in one wake-up. The steps of each connection are the same as when it is alone; they
//! find done what they would have done.

use super::Engine;
use super::client::{Client, Phase};
use super::context::{BackendUse, Context};
use super::exchange::{Exchange, Stage};
use super::forward::Step;
use super::net::{Net, Outcome, Stream};
use crate::arena::Key;
use crate::token::Token;

/// No more are written to with one call: what was written first is to be on its way soon.
const MOST: usize = 64;

/// Of no more sockets is it fetched what has arrived, which bounds the memory for it; the others are read
/// one by one.
const MOST_AHEAD: usize = 256;

impl<N: Net> Engine<N> {
    /// Fetches what has arrived on these sockets, as far as it will be read as soon as their events are
    /// taken.
    pub(crate) fn look_ahead(&mut self, readable: impl Iterator<Item = Token> + Clone) {
        if !self.ctx.net.has_batches() {
            return;
        }
        let readable = readable.take(MOST_AHEAD);
        let Self { ctx: Context { net, backends, .. }, clients, .. } = self;
        let owner = |token| match token {
            Token::Client(key) => Some(key),
            Token::Backend(key) => match backends.get(key) {
                Some(BackendUse::InUse(client)) => Some(*client),
                _ => None,
            },
            Token::Inbox | Token::Listener(_) => None,
        };
        let streams =
            readable.clone().filter_map(|token| clients.get(owner(token)?)?.reader(token));
        let count = streams.clone().count();
        if count < 2 {
            return;
        }
        net.read_each(count, streams);
        let mut at = 0;
        for token in readable {
            let client = owner(token).and_then(|owner| clients.get_mut(owner));
            if let Some(stream) = client.and_then(|client| client.reader_mut(token)) {
                net.hand_over(at, stream);
                at += 1;
            }
        }
    }

    /// Writes what these clients' requests have to write next.
    pub(super) fn write_ahead(&mut self, keys: &[Key]) {
        if keys.len() < 2 || !self.ctx.net.has_batches() {
            return;
        }
        let Self { ctx, clients, outcomes, .. } = self;
        for keys in keys.chunks(MOST) {
            let writes = keys.iter().filter_map(|key| clients.get(*key)?.next_write());
            ctx.net.write_each(writes, outcomes);
            let mut outcomes = outcomes.drain(..);
            for key in keys {
                let client = clients.get_mut(*key).filter(|client| client.next_write().is_some());
                if let Some(client) = client {
                    client.wrote(outcomes.next().flatten());
                }
            }
        }
    }
}

impl<S: Stream> Client<S> {
    /// The stream of that name, if an event that makes it readable has it read at once.
    fn reader(&self, token: Token) -> Option<&S> {
        let stream = match (&self.phase, token) {
            (Phase::Head, Token::Client(_)) if self.parsing.is_none() => &self.line.stream,
            (Phase::Busy(exchange), Token::Backend(key)) if exchange.reads_from(key) => {
                &exchange.forward.link.as_ref()?.stream
            }
            _ => return None,
        };
        stream.is_brief().then_some(stream)
    }

    fn reader_mut(&mut self, token: Token) -> Option<&mut S> {
        self.reader(token)?;
        match (&mut self.phase, token) {
            (Phase::Busy(exchange), Token::Backend(_)) => {
                exchange.forward.link.as_mut().map(|link| &mut link.stream)
            }
            _ => Some(&mut self.line.stream),
        }
    }

    /// What is written next, and to whom, when nothing but a write is the next step.
    fn next_write(&self) -> Option<(&S, &[u8])> {
        let Phase::Busy(exchange) = &self.phase else { return None };
        match exchange.stage {
            Stage::Send if self.line.writable && exchange.reply.is_clogged() => {
                Some((&self.line.stream, exchange.reply.unsent()))
            }
            Stage::Forward => exchange.next_packet(),
            Stage::Send | Stage::File(_) => None,
        }
    }

    /// Takes note of what came of the write.
    fn wrote(&mut self, outcome: Outcome) {
        let (Phase::Busy(exchange), Some(outcome)) = (&mut self.phase, outcome) else { return };
        if matches!(exchange.stage, Stage::Send) {
            // An error shows at the next write, too.
            let _ = exchange.reply.took(outcome, &mut self.line.writable);
        } else if let Some(link) = &mut exchange.forward.link {
            match outcome {
                Ok(taken) => link.ahead = taken,
                Err(error) => link.writable &= error.kind() != std::io::ErrorKind::WouldBlock,
            }
        }
    }
}

impl<S: Stream> Exchange<S> {
    /// Whether what this backend connection brings is read at once.
    fn reads_from(&self, key: Key) -> bool {
        matches!(self.stage, Stage::Forward)
            && self.forward.step == Step::Response
            && !self.reply.is_clogged()
            && !self.forward.is_clogged()
            && !self.forward.conversation.can_send_data()
            && self.forward.link.as_ref().is_some_and(|link| link.key == key && link.open)
    }

    /// The Forward Request, when it is written next, by itself, and on a connection that was idle.
    fn next_packet(&self) -> Option<(&S, &[u8])> {
        let link = self.forward.link.as_ref()?;
        let is_next = self.forward.step == Step::Gathered
            && link.open
            && link.writable
            && !link.readable
            && self.announced() == 0
            && self.backend().live.prepost_timeout().is_zero();
        is_next.then_some((&link.stream, &self.forward.packet[..]))
    }
}
