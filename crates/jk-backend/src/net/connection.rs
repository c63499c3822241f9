//! One connection: a socket and the machine that answers it.

use std::io::{self, ErrorKind};
use std::time::{Duration, Instant};

use mio::net::TcpStream;

use crate::protocol::{Inbox, Kitchen, Outbox, Protocol, Step};

/// Steps that a connection may take before it is another one's turn.
const BUDGET: usize = 64;

/// How a turn of a connection ended.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Turn {
    /// An event of the socket will say when to go on.
    Wait,
    /// The budget is spent and no event will come: it has to be taken up again.
    Again,
    /// Nothing is to be done for that long.
    Pause(Duration),
    /// It is over.
    Close,
}

pub(super) struct Connection {
    pub(super) socket: TcpStream,
    protocol: Box<dyn Protocol + Send>,
    inbox: Inbox,
    outbox: Outbox,
    /// The socket may hold more than we have read.
    pub(super) readable: bool,
    /// Nothing is sent or read before that time.
    pub(super) paused_until: Option<Instant>,
}

impl Connection {
    pub(super) fn new(socket: TcpStream, protocol: Box<dyn Protocol + Send>) -> Self {
        Self {
            socket,
            protocol,
            inbox: Inbox::new(),
            outbox: Outbox::new(),
            readable: false,
            paused_until: None,
        }
    }

    /// Sends, answers and reads as long as it can.
    pub(super) fn turn(&mut self, kitchen: &mut Kitchen<'_>) -> Turn {
        if self.paused_until.is_some() {
            return Turn::Wait;
        }
        for _ in 0..BUDGET {
            match self.once(kitchen) {
                Ok(None) => {}
                Ok(Some(turn)) => return turn,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Turn::Wait,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => {
                    log::debug!("backend: connection lost, {error}");
                    return Turn::Close;
                }
            }
        }
        Turn::Again
    }

    fn once(&mut self, kitchen: &mut Kitchen<'_>) -> io::Result<Option<Turn>> {
        self.outbox.flush(&mut self.socket)?;
        if self.outbox.last {
            return Ok(Some(Turn::Close));
        }
        match self.protocol.step(&mut self.inbox, &mut self.outbox, kitchen) {
            Ok(Step::Again) => Ok(None),
            Ok(Step::Pause(pause)) => Ok(Some(Turn::Pause(pause))),
            Ok(Step::Read) => self.read(),
            Err(violation) => {
                log::debug!("backend: connection closed, {}", violation.0);
                Ok(Some(Turn::Close))
            }
        }
    }

    fn read(&mut self) -> io::Result<Option<Turn>> {
        if !self.readable {
            return Ok(Some(Turn::Wait));
        }
        let (read, drained) = match self.inbox.fill(&mut self.socket) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                self.readable = false;
                return Ok(Some(Turn::Wait));
            }
            other => other?,
        };
        if read == 0 {
            return Ok(Some(Turn::Close));
        }
        // A short read has emptied a stream socket: what comes later, the end included, raises a new
        // event (epoll(7)). That saves one call per request.
        self.readable = !drained;
        Ok(None)
    }
}
