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

    /// Whether what has arrived is worth fetching together with what has arrived on others: not when
    /// more is likely to have arrived than [`Net::read_each`] fetches.
    fn is_brief(&self) -> bool {
        true
    }

    /// The number that logs show for it.
    fn number(&self) -> i32 {
        -1
    }
}

/// What came of one of several writes; `None` when it was not tried.
pub(crate) type Outcome = Option<io::Result<usize>>;

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

    /// Whether several streams can be written to, or read from, for less than one by one.
    fn has_batches(&self) -> bool {
        false
    }

    /// Writes to each stream what it takes now; tells in `outcomes` what came of each. An error that is
    /// told here also shows at the next write.
    fn write_each<'a>(
        &mut self,
        writes: impl Iterator<Item = (&'a Self::Stream, &'a [u8])>,
        outcomes: &mut Vec<Outcome>,
    ) where
        Self::Stream: 'a,
    {
        outcomes.clear();
        outcomes.extend(writes.map(|_| None));
    }

    /// Fetches the first of what has arrived on each of `count` streams; [`Self::hand_over`] follows
    /// for each.
    fn read_each<'a>(&mut self, _count: usize, _: impl Iterator<Item = &'a Self::Stream>)
    where
        Self::Stream: 'a,
    {
    }

    /// Has the stream's next read find what was fetched for it, by its place among those of
    /// [`Self::read_each`].
    fn hand_over(&mut self, _at: usize, _to: &mut Self::Stream) {}

    /// Puts a command into the inbox of a loop, this one included.
    fn send(&self, to: LoopId, command: Command<Self::Stream>);
}
