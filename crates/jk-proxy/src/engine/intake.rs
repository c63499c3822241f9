//! The client's side of a request after its head: content as it arrives, pipelined bytes behind it.

use std::io;
use std::ops::Range;

use jk_http::{BodyDecoder, Framing};

use super::client::Line;
use super::net::Stream;

/// Bytes that are dropped in one go: who sends fast shares its loop with others.
const MOST_DISCARDED: u64 = 256 * 1024;

/// Room for content that is read ahead.
const ROOM: usize = 64 * 1024;

/// Bytes of one request behind its head, and whatever the client sent after it.
///
/// ```text
///  0 <= content.start <= content.end <= raw <= end <= bytes.len()
///  [ used | content, decoded | gap | raw, undecoded | free ]
/// ```
#[derive(Debug, Default)]
pub(crate) struct Intake {
    bytes: Vec<u8>,
    content: Range<usize>,
    raw: usize,
    end: usize,
    decoder: Option<BodyDecoder>,
    /// The client has ended its side.
    pub eof: bool,
    /// Content bytes decoded so far.
    pub total: u64,
    /// Bytes read from the client so far.
    pub received: u64,
}

/// Why no more content can be had.
#[derive(Debug)]
pub(crate) enum IntakeError {
    /// The framing is broken, or says that more comes than may be; the status to answer with.
    Body(u16),
    /// The client ended or broke the connection before the content was complete.
    Gone,
}

/// What filling came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Filled {
    /// At least as much as wanted is there, or all there will be.
    Ready,
    /// The client has to send more first.
    Dry,
}

/// What discarding came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Discarded {
    /// All content is gone.
    All,
    /// The client has to send more first.
    Dry,
    /// More is there, or may be.
    More,
}

impl Intake {
    /// Begins a request whose head was followed by `rest`.
    pub(crate) fn begin(&mut self, framing: Framing, rest: &[u8]) {
        self.decoder = Some(BodyDecoder::new(framing));
        self.content = 0..0;
        self.raw = 0;
        self.total = 0;
        self.received = 0;
        self.end = rest.len();
        if self.bytes.len() < rest.len() {
            self.bytes.resize(rest.len(), 0);
        }
        self.bytes[..rest.len()].copy_from_slice(rest);
    }

    /// Forgets its request.
    pub(crate) fn reset(&mut self) {
        self.content = 0..0;
        self.raw = 0;
        self.end = 0;
        self.eof = false;
        if self.bytes.len() > ROOM {
            self.bytes = Vec::new();
        }
    }

    /// Content that is decoded and not yet consumed.
    pub(crate) fn content(&self) -> &[u8] {
        &self.bytes[self.content.clone()]
    }

    /// All content has been decoded.
    pub(crate) fn is_complete(&self) -> bool {
        self.decoder.as_ref().is_none_or(BodyDecoder::is_done)
    }

    /// All content has been decoded and consumed.
    pub(crate) fn is_exhausted(&self) -> bool {
        self.is_complete() && self.content.is_empty()
    }

    /// Drops the first bytes of the content.
    pub(crate) fn consume(&mut self, bytes: usize) {
        self.content.start = (self.content.start + bytes).min(self.content.end);
    }

    /// Makes `want` bytes of content available, reading from the client as long as it has bytes.
    ///
    /// # Errors
    /// The content cannot be completed.
    pub(crate) fn fill(
        &mut self,
        want: usize,
        client: &mut Line<impl Stream>,
    ) -> Result<Filled, IntakeError> {
        loop {
            self.decode(want)?;
            if self.content.len() >= want || self.is_complete() {
                return Ok(Filled::Ready);
            }
            if self.eof {
                return Err(IntakeError::Gone);
            }
            if !client.readable {
                return Ok(Filled::Dry);
            }
            self.receive(want, client)?;
        }
    }

    /// Reads and drops content, as much as one turn may take.
    ///
    /// # Errors
    /// The content cannot be completed.
    pub(crate) fn discard(
        &mut self,
        client: &mut Line<impl Stream>,
    ) -> Result<Discarded, IntakeError> {
        let until = self.received + MOST_DISCARDED;
        while self.received < until {
            self.content.start = self.content.end;
            match self.fill(1, client)? {
                Filled::Dry => return Ok(Discarded::Dry),
                Filled::Ready if self.is_exhausted() => return Ok(Discarded::All),
                Filled::Ready => {}
            }
        }
        Ok(Discarded::More)
    }

    /// What the client sent behind this request.
    pub(crate) fn rest(&self) -> &[u8] {
        &self.bytes[self.raw..self.end]
    }

    /// Decodes raw bytes until `want` bytes of content are there.
    fn decode(&mut self, want: usize) -> Result<(), IntakeError> {
        let Some(decoder) = &mut self.decoder else { return Ok(()) };
        while self.content.len() < want && self.raw < self.end && !decoder.is_done() {
            let piece = decoder
                .decode(&self.bytes[self.raw..self.end])
                .map_err(|error| IntakeError::Body(error.status))?;
            if piece.consumed == 0 {
                break;
            }
            let content = self.raw + piece.content.start..self.raw + piece.content.end;
            self.total = self.total.saturating_add(content.len() as u64);
            append(&mut self.bytes, &mut self.content, content);
            self.raw += piece.consumed;
        }
        Ok(())
    }

    fn receive(&mut self, want: usize, client: &mut Line<impl Stream>) -> Result<(), IntakeError> {
        self.make_room(want);
        match client.stream.read(&mut self.bytes[self.end..]) {
            Ok(0) => self.eof = true,
            Ok(n) => {
                self.end += n;
                self.received += n as u64;
                // A short read has emptied the socket; the next bytes come with an event. Of an end
                // that has been announced already there will be no other.
                client.readable = self.end == self.bytes.len() || client.ended;
            }
            Err(e) if e.kind() == io::ErrorKind::WouldBlock => client.readable = false,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => return Err(IntakeError::Gone),
        }
        Ok(())
    }

    /// Room to read into behind `end`: moves what is there to the front when the back is full.
    fn make_room(&mut self, want: usize) {
        let held = self.content.len() + (self.end - self.raw);
        if self.bytes.len() < ROOM.max(want) {
            self.bytes.resize(ROOM.max(want), 0);
        }
        if self.end < self.bytes.len() && held > 0 {
            return;
        }
        let content = self.content.len();
        self.bytes.copy_within(self.content.clone(), 0);
        self.bytes.copy_within(self.raw..self.end, content);
        self.content = 0..content;
        self.end = content + (self.end - self.raw);
        self.raw = content;
        if self.end == self.bytes.len() {
            // Only reached with raw bytes that decode to nothing, as chunk extensions do.
            self.bytes.resize(self.bytes.len() * 2, 0);
        }
    }
}

#[cfg(any(test, feature = "simulation"))]
impl Intake {
    /// How many bytes it has room for.
    pub(super) fn capacity(&self) -> usize {
        self.bytes.capacity()
    }
}

/// Moves decoded bytes up to the content before them, unless they adjoin it already.
fn append(bytes: &mut [u8], content: &mut Range<usize>, piece: Range<usize>) {
    if content.start == content.end {
        *content = piece;
    } else if content.end == piece.start {
        content.end = piece.end;
    } else {
        let to = content.end;
        content.end += piece.len();
        bytes.copy_within(piece, to);
    }
}
