//! Connections without sockets that behave like TCP seen through an edge-triggered poller: bytes
//! arrive in pieces, a write is short only when the peer's room is full, and an event comes once for
//! each change.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::io::{self, ErrorKind, IoSlice, Read, Write};
use std::rc::Rc;

use super::dice::Dice;
use crate::engine::{Readiness, Stream};
use crate::token::Token;

/// A connection; one side is the engine's, the other an actor's.
#[derive(Debug)]
pub(super) struct Conn {
    dice: Dice,
    /// Sent by the actor, not arrived yet.
    flight: VecDeque<u8>,
    /// Arrived, not read by the engine yet.
    arrived: VecDeque<u8>,
    /// Fetched together with others, not read by the engine yet.
    ahead: Option<io::Result<Vec<u8>>>,
    /// The actor sends no more; the end follows the bytes.
    ending: bool,
    /// The end has arrived.
    ended: bool,
    /// The actor has closed: it takes nothing any more.
    closed: bool,
    /// A reset has arrived at the engine.
    reset: bool,
    /// Written by the engine, not read by the actor yet.
    written: VecDeque<u8>,
    /// How many of these there may be.
    pub room: usize,
    /// The engine wrote more than there was room for.
    starved: bool,
    /// The engine sends no more.
    finished: bool,
    /// The engine has dropped its side.
    dropped: bool,
    linger_off: bool,
    /// The actor sees a reset.
    broken: bool,
    /// The connect has succeeded.
    pub established: bool,
    refused: bool,
    edge: bool,
    /// The loop where the engine's side is registered, and as what.
    pub at: Option<(usize, Token)>,
}

/// An actor's hold of a connection.
#[derive(Clone, Debug)]
pub(super) struct End(pub Rc<RefCell<Conn>>);

/// The engine's hold of a connection; dropping it closes it.
#[derive(Debug)]
pub(crate) struct SimStream(pub(super) Rc<RefCell<Conn>>);

/// What an actor's read came to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Came {
    Bytes(Vec<u8>),
    Nothing,
    End,
    Reset,
}

/// A new connection.
pub(super) fn pair(dice: &Dice, room: usize, established: bool) -> (SimStream, End) {
    let conn = Rc::new(RefCell::new(Conn {
        dice: dice.clone(),
        flight: VecDeque::new(),
        arrived: VecDeque::new(),
        ahead: None,
        ending: false,
        ended: false,
        closed: false,
        reset: false,
        written: VecDeque::new(),
        room,
        starved: false,
        finished: false,
        dropped: false,
        linger_off: false,
        broken: false,
        established,
        refused: false,
        edge: false,
        at: None,
    }));
    (SimStream(Rc::clone(&conn)), End(conn))
}

impl Conn {
    /// The engine's side was registered: what is so already is told.
    pub(super) fn register(&mut self, home: usize, token: Token) {
        self.at = Some((home, token));
        self.edge = self.established || self.refused;
    }

    /// The event that a poller of this loop would report now.
    pub(super) fn poll(&mut self, home: usize) -> Option<(Token, Readiness)> {
        let (at, token) = self.at?;
        if at != home || !self.edge || self.dropped {
            return None;
        }
        self.edge = false;
        let broken = self.reset || self.refused;
        let ended = self.ended || broken;
        let readable = !self.arrived.is_empty() || ended;
        let writable = broken || (self.established && self.written.len() < self.room);
        Some((token, Readiness { readable, writable, ended }))
    }

    /// An event without a cause.
    pub(super) fn false_alarm(&mut self) {
        self.edge |= self.established;
    }

    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if self.dice.one_in(50) {
            return Err(ErrorKind::Interrupted.into());
        }
        if let Some(ahead) = self.ahead.take() {
            let ahead = ahead?;
            ahead.into_iter().rev().for_each(|byte| self.arrived.push_front(byte));
        }
        self.take_arrived(buf)
    }

    /// What a read of the socket brings.
    fn take_arrived(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if !self.arrived.is_empty() {
            let taken = buf.len().min(self.arrived.len());
            buf.iter_mut().zip(self.arrived.drain(..taken)).for_each(|(to, from)| *to = from);
            return Ok(taken);
        }
        match () {
            () if self.reset || self.refused => Err(ErrorKind::ConnectionReset.into()),
            () if self.ended => Ok(0),
            () => Err(ErrorKind::WouldBlock.into()),
        }
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.dice.one_in(50) {
            return Err(ErrorKind::Interrupted.into());
        }
        if self.reset || self.refused || self.finished {
            return Err(ErrorKind::BrokenPipe.into());
        }
        if !self.established {
            return Err(ErrorKind::WouldBlock.into());
        }
        if self.closed {
            // Accepted here, answered by a reset from there.
            self.reset = true;
            self.edge = true;
            return Ok(bytes.len());
        }
        let taken = bytes.len().min(self.room.saturating_sub(self.written.len()));
        self.starved |= taken < bytes.len();
        if taken == 0 && !bytes.is_empty() {
            return Err(ErrorKind::WouldBlock.into());
        }
        self.written.extend(&bytes[..taken]);
        Ok(taken)
    }
}

impl End {
    /// Sends bytes on their way.
    pub(super) fn send(&self, bytes: &[u8]) {
        let mut conn = self.0.borrow_mut();
        if conn.dropped {
            // Bytes for a closed socket: a reset, which takes with it what was not read.
            conn.broken = true;
            conn.written.clear();
        } else if !conn.ending {
            conn.flight.extend(bytes);
        }
    }

    /// Sends no more.
    pub(super) fn end(&self) {
        self.0.borrow_mut().ending = true;
    }

    /// Neither sends nor takes any more.
    pub(super) fn close(&self) {
        let mut conn = self.0.borrow_mut();
        conn.ending = true;
        conn.closed = true;
        conn.written.clear();
    }

    /// Resets the connection.
    pub(super) fn reset(&self) {
        let mut conn = self.0.borrow_mut();
        if conn.dice.below(2) == 0 {
            conn.arrived.clear();
        }
        conn.flight.clear();
        conn.ending = true;
        conn.closed = true;
        conn.reset = true;
        conn.edge = true;
    }

    /// The connect succeeds, or does not.
    pub(super) fn establish(&self, succeeds: bool) {
        let mut conn = self.0.borrow_mut();
        conn.established = succeeds;
        conn.refused = !succeeds;
        conn.edge = true;
    }

    pub(super) fn is_connecting(&self) -> bool {
        let conn = self.0.borrow();
        !conn.established && !conn.refused && !conn.dropped
    }

    /// Whether something is on its way to the engine.
    pub(super) fn is_travelling(&self) -> bool {
        let conn = self.0.borrow();
        !conn.dropped && !conn.reset && (!conn.flight.is_empty() || (conn.ending && !conn.ended))
    }

    /// Up to `most` bytes arrive at the engine; after the last of them the end may.
    pub(super) fn deliver(&self, most: usize, with_end: bool) {
        let mut conn = self.0.borrow_mut();
        let taken = conn.flight.len().min(most);
        let some: Vec<u8> = conn.flight.drain(..taken).collect();
        conn.arrived.extend(some);
        conn.ended |= conn.flight.is_empty() && conn.ending && (with_end || taken == 0);
        conn.edge = true;
    }

    /// Takes up to `most` bytes that the engine wrote.
    pub(super) fn take(&self, most: usize) -> Came {
        let mut conn = self.0.borrow_mut();
        let taken = conn.written.len().min(most);
        if taken > 0 {
            let bytes = conn.written.drain(..taken).collect();
            if std::mem::take(&mut conn.starved) {
                conn.edge = true;
            }
            return Came::Bytes(bytes);
        }
        match () {
            () if conn.broken => Came::Reset,
            () if conn.finished || conn.dropped => Came::End,
            () => Came::Nothing,
        }
    }

    /// Whether a read would bring anything.
    pub(super) fn has_news(&self) -> bool {
        let conn = self.0.borrow();
        !conn.written.is_empty() || conn.finished || conn.dropped || conn.broken
    }

    pub(super) fn is_dropped(&self) -> bool {
        self.0.borrow().dropped
    }
}

impl Read for SimStream {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.0.borrow_mut().read(buf)
    }
}

impl Write for SimStream {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().write(buf)
    }

    fn write_vectored(&mut self, bufs: &[IoSlice<'_>]) -> io::Result<usize> {
        let all: Vec<u8> = bufs.iter().flat_map(|buf| buf.iter().copied()).collect();
        self.0.borrow_mut().write(&all)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Stream for SimStream {
    fn connected(&self) -> io::Result<()> {
        match self.0.borrow().refused {
            true => Err(ErrorKind::ConnectionRefused.into()),
            false => Ok(()),
        }
    }

    fn finish_writing(&self) {
        self.0.borrow_mut().finished = true;
    }

    fn reset_on_drop(&self) {
        self.0.borrow_mut().linger_off = true;
    }

    fn is_brief(&self) -> bool {
        self.0.borrow().ahead.is_none()
    }
}

impl SimStream {
    /// Fetches up to so many bytes.
    pub(super) fn fetch(&self, most: usize) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; most];
        let length = self.0.borrow_mut().take_arrived(&mut bytes)?;
        bytes.truncate(length);
        Ok(bytes)
    }

    /// Has the next read find what was fetched; the end and "not yet" are told again by the socket.
    pub(super) fn put_ahead(&self, fetched: io::Result<Vec<u8>>) {
        let tells = match &fetched {
            Ok(bytes) => !bytes.is_empty(),
            Err(error) => error.kind() != ErrorKind::WouldBlock,
        };
        if tells {
            self.0.borrow_mut().ahead = Some(fetched);
        }
    }

    pub(super) fn write_now(&self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().write(bytes)
    }

    /// Neither bytes nor an end have arrived.
    pub(super) fn is_quiet(&self) -> bool {
        let conn = self.0.borrow();
        assert!(conn.ahead.is_none(), "an idle connection holds nothing that was fetched");
        conn.arrived.is_empty() && !conn.ended && !conn.reset
    }
}

impl Drop for SimStream {
    fn drop(&mut self) {
        let mut conn = self.0.borrow_mut();
        conn.dropped = true;
        if conn.linger_off {
            conn.broken = true;
        } else if !conn.arrived.is_empty() || !conn.flight.is_empty() {
            // Closing over bytes that were not read is a reset, which may overtake what was written.
            conn.broken = true;
            conn.written.clear();
        }
        conn.flight.clear();
        conn.arrived.clear();
    }
}
