//! The request body: which bytes after the head are content.

use std::ops::Range;

use crate::chunk::ChunkLine;
use crate::error::{BodyError, BodyErrorKind};
use crate::head::{Framing, Limits};
use crate::trailer::Trailer;

/// What a piece of input turned out to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// How many bytes of the input are done with. More than none, unless the input is empty or the
    /// body has ended.
    pub consumed: usize,
    /// Which of them are content; may be empty.
    pub content: Range<usize>,
}

/// Finds the content in what follows a head, however the network cuts it.
#[derive(Clone, Debug)]
pub struct BodyDecoder {
    state: State,
    limits: Limits,
}

#[derive(Clone, Debug)]
enum State {
    /// Content that is counted by `Content-Length`.
    Length(u64),
    /// The line in front of a chunk.
    Size(ChunkLine),
    /// The content of a chunk.
    Chunk(u64),
    /// CRLF after the content of a chunk.
    ChunkEnd {
        saw_cr: bool,
    },
    Trailer(Trailer),
    Done,
    Failed(BodyError),
}

impl BodyDecoder {
    /// A decoder with httpd's default limits on chunk lines and trailers.
    pub fn new(framing: Framing) -> Self {
        Self::with_limits(framing, &Limits::default())
    }

    /// A decoder for which `limits` bound the chunk lines and the trailer section.
    pub fn with_limits(framing: Framing, limits: &Limits) -> Self {
        let state = match framing {
            Framing::None | Framing::Length(0) => State::Done,
            Framing::Length(length) => State::Length(length),
            Framing::Chunked => State::Size(ChunkLine::default()),
        };
        Self { state, limits: *limits }
    }

    /// Whether the body has ended; what follows is the next request.
    pub fn is_done(&self) -> bool {
        matches!(self.state, State::Done)
    }

    /// How much content is still to come, where that is known before it comes.
    pub fn remaining(&self) -> Option<u64> {
        match self.state {
            State::Length(length) => Some(length),
            State::Done => Some(0),
            _ => None,
        }
    }

    /// Takes bytes from the front of `input`, up to the end of the first run of content in it.
    /// Call again with the rest until nothing is consumed. Trailers are checked and dropped.
    ///
    /// # Errors
    /// As soon as the bytes cannot be a body of this framing, and from then on always.
    pub fn decode(&mut self, input: &[u8]) -> Result<Piece, BodyError> {
        let mut consumed = 0;
        while consumed < input.len() {
            let rest = input.get(consumed..).unwrap_or_default();
            match self.state {
                State::Length(left) | State::Chunk(left) => {
                    return Ok(self.take_content(left, consumed, rest.len()));
                }
                State::Done => break,
                State::Failed(error) => return Err(error),
                _ => consumed += self.advance(rest)?,
            }
        }
        match self.state {
            State::Failed(error) => Err(error),
            _ => Ok(Piece { consumed, content: consumed..consumed }),
        }
    }

    fn take_content(&mut self, left: u64, start: usize, available: usize) -> Piece {
        // The smaller of the two fits `usize`, because `available` does.
        let taken = usize::try_from(left).map_or(available, |left| left.min(available));
        let left = left - taken as u64;
        self.state = match self.state {
            State::Chunk(_) if left == 0 => State::ChunkEnd { saw_cr: false },
            State::Chunk(_) => State::Chunk(left),
            _ if left == 0 => State::Done,
            _ => State::Length(left),
        };
        Piece { consumed: start + taken, content: start..start + taken }
    }

    /// Takes bytes that are not content; returns how many.
    fn advance(&mut self, input: &[u8]) -> Result<usize, BodyError> {
        self.step(input).map_err(|kind| {
            let error = BodyError::from(kind);
            self.state = State::Failed(error);
            error
        })
    }

    fn step(&mut self, input: &[u8]) -> Result<usize, BodyErrorKind> {
        let (consumed, next) = match &mut self.state {
            State::Size(line) => {
                let (consumed, size) = line.take(input, self.limits.field_size)?;
                (consumed, size.map(State::after_size))
            }
            State::ChunkEnd { saw_cr } => (1, chunk_end(*saw_cr, input)?),
            State::Trailer(trailer) => {
                let (consumed, ended) = trailer.take(input, &self.limits)?;
                (consumed, ended.then_some(State::Done))
            }
            _ => (0, None),
        };
        if let Some(next) = next {
            self.state = next;
        }
        Ok(consumed)
    }
}

impl State {
    fn after_size(size: u64) -> Self {
        if size == 0 { Self::Trailer(Trailer::default()) } else { Self::Chunk(size) }
    }
}

/// The next byte of the CRLF that follows a chunk.
fn chunk_end(saw_cr: bool, input: &[u8]) -> Result<Option<State>, BodyErrorKind> {
    match (saw_cr, input.first()) {
        (false, Some(b'\r')) => Ok(Some(State::ChunkEnd { saw_cr: true })),
        (true, Some(b'\n')) => Ok(Some(State::Size(ChunkLine::default()))),
        _ => Err(BodyErrorKind::LineEnd),
    }
}
