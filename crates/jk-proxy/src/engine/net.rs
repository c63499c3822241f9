//! What the engine needs of the world outside: sockets, other loops, and nothing else.
//!
//! The engine is generic over [`Net`], so that tests run whole exchanges over in-memory streams and
//! a clock of their own. The real implementation, over mio, is in [`crate::net`].

use std::io::{self, Read, Write};
use std::net::{IpAddr, SocketAddr};

use crate::command::Command;
use crate::pool::LoopId;
use crate::token::Token;

/// A non-blocking byte stream. `WouldBlock` means that an event will follow when it is worth
/// trying again; an event comes once per change (edge-triggered).
pub(crate) trait Stream: Read + Write {
    /// How a connect that was begun has ended.
    ///
    /// # Errors
    /// Why the connection was not made.
    fn connected(&self) -> io::Result<()>;

    /// No more will be written; the peer sees the end after what was written before.
    fn finish_writing(&self);

    /// Dropping the stream will reset the connection instead of ending it in order.
    fn reset_on_drop(&self);
}

/// How a backend is to be connected to.
#[derive(Clone, Debug)]
pub(crate) struct Connect {
    /// The backend.
    pub to: SocketAddr,
    /// The local address to connect from.
    pub from: Option<IpAddr>,
    /// TCP keep-alive.
    pub keepalive: bool,
    /// Send and receive buffer size; 0 leaves the system's.
    pub buffer: u32,
}

/// The world as the engine of one loop sees it.
pub(crate) trait Net {
    /// Its streams.
    type Stream: Stream;

    /// Begins to connect; a writable event tells the end.
    ///
    /// # Errors
    /// The connect failed at once.
    fn connect(&mut self, how: &Connect, token: Token) -> io::Result<Self::Stream>;

    /// Takes over a stream that another loop had registered.
    ///
    /// # Errors
    /// The stream cannot be registered here.
    fn adopt(&mut self, stream: &mut Self::Stream, from: LoopId, token: Token) -> io::Result<()>;

    /// Whether nothing has come in on an idle stream: neither bytes nor its end. Only needed for a
    /// stream whose events went to another loop.
    fn is_quiet(&self, stream: &Self::Stream) -> bool;

    /// Puts a command into the inbox of a loop, this one included.
    fn send(&self, to: LoopId, command: Command<Self::Stream>);
}
