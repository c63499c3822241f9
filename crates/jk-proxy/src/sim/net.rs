//! What the engines ask of the simulated world.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::io::{self, ErrorKind};
use std::rc::Rc;

use super::dice::Dice;
use super::wire::{End, SimStream, pair};
use crate::command::Command;
use crate::engine::{Connect, Net};
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

    fn send(&self, to: LoopId, command: Command<SimStream>) {
        self.hub.borrow_mut().inboxes[to].push_back(command);
    }
}
