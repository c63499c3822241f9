//! Bytes received and not yet taken.

use std::io::{self, Read};

/// Room at the start. Larger packets make it grow, up to what the protocol admits.
const ROOM: usize = 16 * 1024;

/// A buffer that is read into at its end and taken from at its start.
#[derive(Debug)]
pub(crate) struct Inbox {
    /// Initialised throughout, so that sockets can write into it; `start <= end <= bytes.len()`.
    bytes: Vec<u8>,
    start: usize,
    end: usize,
}

impl Inbox {
    pub(crate) fn new() -> Self {
        Self { bytes: vec![0; ROOM], start: 0, end: 0 }
    }

    pub(crate) fn unread(&self) -> &[u8] {
        &self.bytes[self.start..self.end]
    }

    /// Drops `len` of the unread bytes.
    pub(crate) fn take(&mut self, len: usize) {
        self.start += len;
        debug_assert!(self.start <= self.end, "more taken than there is");
        if self.start == self.end {
            (self.start, self.end) = (0, 0);
        }
    }

    /// Reads once; says how much came, and whether there was room for more.
    pub(crate) fn fill(&mut self, socket: &mut impl Read) -> io::Result<(usize, bool)> {
        self.make_room();
        let room = self.bytes.len() - self.end;
        let read = socket.read(&mut self.bytes[self.end..])?;
        self.end += read;
        Ok((read, read < room))
    }

    /// Moves what is unread to the front, and doubles the buffer when that was in vain.
    fn make_room(&mut self) {
        if self.start > 0 {
            self.bytes.copy_within(self.start..self.end, 0);
            (self.start, self.end) = (0, self.end - self.start);
        }
        if self.end == self.bytes.len() {
            self.bytes.resize(2 * self.end, 0);
        }
    }
}
