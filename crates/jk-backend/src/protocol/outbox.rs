//! Bytes to be sent, and filler that is made only when there is room for it.

use std::io::{self, Write};

use ajp13::container;

/// Filler is made in portions of about this size.
const PORTION: usize = 64 * 1024;
/// Memory that is kept once everything is sent.
const KEPT: usize = 2 * PORTION;

/// How filler is dressed.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Dress {
    /// As Send Body Chunk, and End Response behind the last one.
    Ajp,
    /// As it is.
    Plain,
}

/// A buffer that is appended to and sent from its start.
#[derive(Debug)]
pub(crate) struct Outbox {
    bytes: Vec<u8>,
    sent: usize,
    /// Filler that is not yet in `bytes`. There is none once it is `None`.
    filler: Option<(u64, Dress)>,
    /// Nothing is read any more, and the connection is closed once all is sent.
    pub(crate) last: bool,
}

impl Outbox {
    pub(crate) fn new() -> Self {
        Self { bytes: Vec::new(), sent: 0, filler: None, last: false }
    }

    /// Where to append. Not while filler is under way.
    pub(crate) fn bytes(&mut self) -> &mut Vec<u8> {
        debug_assert!(self.filler.is_none(), "bytes would overtake the filler");
        &mut self.bytes
    }

    /// Appends `len` bytes of filler, and what follows them.
    pub(crate) fn fill(&mut self, len: u64, dress: Dress) {
        self.filler = Some((len, dress));
        self.portion();
    }

    /// Sends until everything is sent or the socket would block.
    pub(crate) fn flush(&mut self, socket: &mut impl Write) -> io::Result<()> {
        loop {
            while self.sent < self.bytes.len() {
                match socket.write(&self.bytes[self.sent..]) {
                    Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                    Ok(written) => self.sent += written,
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    Err(error) => return Err(error),
                }
            }
            self.bytes.clear();
            self.bytes.shrink_to(KEPT);
            self.sent = 0;
            if self.filler.is_none() {
                return Ok(());
            }
            self.portion();
        }
    }

    /// Turns some of the filler into bytes.
    fn portion(&mut self) {
        let Some((mut left, dress)) = self.filler else { return };
        while left > 0 && self.bytes.len() < PORTION {
            let len = usize::try_from(left).map_or(BLOCK.len(), |left| left.min(BLOCK.len()));
            match dress {
                Dress::Ajp => container::send_body_chunk(&mut self.bytes, &BLOCK[..len]),
                Dress::Plain => self.bytes.extend_from_slice(&BLOCK[..len]),
            }
            left -= len as u64;
        }
        self.filler = (left > 0).then_some((left, dress));
        if left == 0 && matches!(dress, Dress::Ajp) {
            container::end_response(&mut self.bytes, true);
        }
    }
}

/// The most that fits a chunk of the usual packet.
static BLOCK: [u8; 8184] = [b'x'; 8184];
