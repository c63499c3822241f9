//! What the engines ask of the simulated world.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::io::{self, ErrorKind};
use std::rc::Rc;

use super::dice::Dice;
use super::wire::{End, SimStream, pair};
use crate::command::Command;
use crate::engine::{Connect, Net, Outcome};
use crate::pool::LoopId;
use crate::token::Token;

/// What all loops see of the world.
pub(super) struct Hub {
    pub dice: Dice,
    pub faults: bool,
    /// One for each loop.
    pub inboxes: Vec<VecDeque<Command<SimStream>>>,
    /// Connections that were asked for and nobody has taken up.
    pub connecting: Vec<(u16, End)>,
}

pub(super) struct SimNet {
    pub home: LoopId,
    pub hub: Rc<RefCell<Hub>>,
    /// What was fetched for each of several streams.
    pub fetched: Vec<Option<io::Result<Vec<u8>>>>,
}

impl Net for SimNet {
    type Stream = SimStream;

    fn connect(&mut self, how: &Connect, token: Token) -> io::Result<SimStream> {
        let mut hub = self.hub.borrow_mut();
        if hub.faults && hub.dice.one_in(40) {
            return Err(ErrorKind::ConnectionRefused.into());
        }
        let room = if hub.dice.one_in(4) { hub.dice.between(1, 20_000) } else { 1 << 20 };
        let (ours, theirs) = pair(&hub.dice, room, false);
        ours.0.borrow_mut().register(self.home, token);
        hub.connecting.push((how.to.port(), theirs));
        Ok(ours)
    }

    fn adopt(&mut self, stream: &mut SimStream, _: LoopId, token: Token) -> io::Result<()> {
        stream.0.borrow_mut().register(self.home, token);
        Ok(())
    }

    fn is_quiet(&self, stream: &SimStream) -> bool {
        stream.is_quiet()
    }

    fn has_batches(&self) -> bool {
        true
    }

    fn write_each<'a>(
        &mut self,
        writes: impl Iterator<Item = (&'a SimStream, &'a [u8])>,
        outcomes: &mut Vec<Outcome>,
    ) {
        let dice = self.hub.borrow().dice.clone();
        // Now and then one is not tried.
        let try_one = |(stream, bytes): (&SimStream, &[u8])| {
            (!dice.one_in(10)).then(|| stream.write_now(bytes))
        };
        outcomes.clear();
        outcomes.extend(writes.map(try_one));
    }

    fn read_each<'a>(&mut self, count: usize, streams: impl Iterator<Item = &'a SimStream>) {
        let dice = self.hub.borrow().dice.clone();
        let fetch = |stream: &SimStream| {
            let most = if dice.one_in(4) { dice.between(1, 64) } else { 4096 };
            (!dice.one_in(10)).then(|| stream.fetch(most))
        };
        self.fetched = streams.map(fetch).collect();
        assert_eq!(self.fetched.len(), count);
    }

    fn hand_over(&mut self, at: usize, to: &mut SimStream) {
        if let Some(fetched) = self.fetched[at].take() {
            to.put_ahead(fetched);
        }
    }

    fn send(&self, to: LoopId, command: Command<SimStream>) {
        self.hub.borrow_mut().inboxes[to].push_back(command);
    }
}
