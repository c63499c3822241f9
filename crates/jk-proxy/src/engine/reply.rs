//! The answer on its way to the client: held back while small, framed, sent, and what the socket
//! would not take yet.

use std::io::{self, IoSlice, Write};
use std::ops::Range;

use jk_http::{
    CHUNK_END, KeepAlive, LAST_CHUNK, Persistence, ResponseFraming, Version, is_header_only,
    persistence, response_framing, write_checked_field, write_chunk_head, write_field,
    write_status_line,
};
use jk_site::fields::Fields as _;

use super::field_list::FieldList;

/// Content up to this size is held back until the answer ends, as httpd's output filters do: then
/// its length is known and it needs no chunking.
pub(super) const HOLD: usize = 8000;

/// More pieces than this are copied together rather than written from where they are.
const MOST_PIECES: usize = 60;

/// Up to this many bytes, copying them behind the head costs less than a vectored write does beyond
/// a plain one.
const COPIED: usize = 4096;

/// What an answer depends on besides the backend.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Terms<'a> {
    /// The client's version.
    pub version: Version,
    /// The method was HEAD.
    pub head_only: bool,
    /// `Date`.
    pub date: &'a [u8],
    /// `Server`.
    pub server: &'a [u8],
    /// The server's settings for persistent connections.
    pub keep_alive: KeepAlive,
    /// The client asked to close.
    pub wants_close: bool,
    /// The client asked to keep the connection alive.
    pub wants_keep_alive: bool,
    /// Answers before this one on the connection.
    pub served: u32,
    /// The connection cannot go on after this answer.
    pub last: bool,
    /// The variable `nokeepalive` is set.
    pub no_keep_alive: bool,
    /// The end of a small answer is written after the other events of this wake-up.
    pub gathers: bool,
}

/// One answer. Reused from request to request.
#[derive(Debug, Default)]
pub(crate) struct Reply {
    /// The status.
    pub status: u16,
    /// The reason phrase.
    pub reason: Vec<u8>,
    /// Fields in order, without `Date`, `Server` and `Content-Type`. A declared `Content-Length`
    /// is among them, because httpd leaves it in its place.
    pub fields: FieldList,
    /// `Content-Type`, which httpd puts last.
    pub content_type: Vec<u8>,
    /// The content length that was announced.
    pub length: Option<u64>,
    /// A head has been given.
    pub started: bool,
    /// The answer is complete, or was given up.
    pub ended: bool,
    /// The answer cannot be completed: the client must see that.
    pub broken: bool,
    /// The connection ends after this answer.
    pub close: bool,
    /// The backend asked to flush before the end: what came first has been sent by httpd.
    pub flushed: bool,
    /// The length is not told although it is known, as httpd does in some answers.
    pub unmeasured: bool,
    /// Content bytes put on the way.
    pub content: u64,
    /// Bytes that the client's socket took, heads included.
    pub sent: u64,
    /// Fields that the head got besides, for the logs.
    pub framed: Vec<(&'static [u8], &'static [u8])>,
    committed: bool,
    framing: Option<ResponseFraming>,
    held: Vec<u8>,
    out: Vec<u8>,
    at: usize,
}

impl Reply {
    /// Ready for another answer.
    pub(crate) fn reset(&mut self) {
        let Self {
            mut reason, mut fields, mut content_type, mut held, mut out, mut framed, ..
        } = std::mem::take(self);
        fields.clear();
        framed.clear();
        for buffer in [&mut reason, &mut content_type, &mut held, &mut out] {
            buffer.clear();
            buffer.shrink_to(64 * 1024);
        }
        *self = Self { reason, fields, content_type, held, out, framed, ..Self::default() };
    }

    /// Forgets a head and content of which nothing was sent, so that another may take their place.
    pub(crate) fn withdraw(&mut self) {
        debug_assert!(!self.committed, "what was sent cannot be withdrawn");
        let (out, at, sent) = (std::mem::take(&mut self.out), self.at, self.sent);
        self.reset();
        (self.out, self.at, self.sent) = (out, at, sent);
    }

    /// Whether any of the head or content has been put on its way.
    pub(crate) fn is_committed(&self) -> bool {
        self.committed
    }

    /// Content of which nothing was sent yet, when with `more` bytes it is all there is and may be
    /// cut: httpd's byterange filter does so with what reaches it as a whole.
    pub(crate) fn take_whole(&mut self, more: usize) -> Option<Vec<u8>> {
        let total = self.held.len() + more;
        let whole = !self.committed && !self.flushed && total > 0 && total <= HOLD;
        whole.then(|| std::mem::take(&mut self.held))
    }

    /// Whether the socket has to take something first.
    pub(crate) fn is_clogged(&self) -> bool {
        self.at < self.out.len()
    }

    /// Whether the client can tell by the framing that a broken answer is broken.
    pub(crate) fn shows_truncation(&self) -> bool {
        self.framing != Some(ResponseFraming::UntilClose)
    }

    /// Puts bytes on the way that are no part of the answer: an interim response.
    pub(crate) fn interim(&mut self, bytes: &[u8]) {
        self.out.extend_from_slice(bytes);
    }

    /// Takes content, all from `source`, and sends what is not worth holding back.
    ///
    /// # Errors
    /// The client's connection is broken.
    pub(crate) fn push(
        &mut self,
        client: &mut impl Write,
        writable: &mut bool,
        terms: &Terms<'_>,
        source: &[u8],
        pieces: &[Range<usize>],
        now: Urgency,
    ) -> io::Result<()> {
        let mut total: usize = pieces.iter().map(ExactSizeIterator::len).sum();
        if terms.head_only || is_header_only(self.status) {
            total = 0;
        }
        self.flushed |= now == Urgency::Flush;
        let small = !self.committed && self.held.len() + total <= HOLD;
        // A small answer is held back as it is: its true length will be told.
        let held_back = small && (now == Urgency::None || (now == Urgency::End && !self.flushed));
        let cut;
        let mut pieces = if total == 0 { &[] } else { pieces };
        if let Some(room) = self.room().filter(|_| !held_back && self.exceeds(total)) {
            // More than announced: nothing of the surplus may be sent, and the client must not
            // take what follows for the next answer.
            self.broken = true;
            self.close = true;
            self.held.truncate(room);
            total = room - self.held.len();
            cut = first_bytes(pieces, total);
            pieces = &cut;
        }
        self.ended |= now == Urgency::End;
        if !self.committed {
            if now == Urgency::None && self.held.len() + total <= HOLD {
                pieces.iter().for_each(|piece| self.held.extend_from_slice(&source[piece.clone()]));
                return Ok(());
            }
            self.commit(terms, total);
        }
        let tail = self.frame(total);
        if total <= COPIED || pieces.len() > MOST_PIECES {
            pieces.iter().for_each(|piece| self.out.extend_from_slice(&source[piece.clone()]));
            tail.iter().for_each(|bytes| self.out.extend_from_slice(bytes));
            if terms.gathers && self.ended {
                return Ok(());
            }
            return self.flush(client, writable);
        }
        self.send(client, writable, source, pieces, tail)
    }

    /// Sends what is left.
    ///
    /// # Errors
    /// The client's connection is broken.
    pub(crate) fn flush(&mut self, client: &mut impl Write, writable: &mut bool) -> io::Result<()> {
        while self.is_clogged() && *writable {
            self.took(client.write(self.unsent()), writable)?;
        }
        if !self.is_clogged() {
            self.out.clear();
            self.at = 0;
        }
        Ok(())
    }

    /// What the client's socket has not taken yet.
    pub(crate) fn unsent(&self) -> &[u8] {
        &self.out[self.at..]
    }

    /// Accounts for a write of [`Self::unsent`].
    ///
    /// # Errors
    /// The client's connection is broken.
    pub(crate) fn took(&mut self, taken: io::Result<usize>, writable: &mut bool) -> io::Result<()> {
        match taken {
            Ok(n) => {
                self.at += n;
                self.sent += n as u64;
            }
            Err(e) if e.kind() == io::ErrorKind::WouldBlock => *writable = false,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
        Ok(())
    }

    /// Gives up what the client's socket has not taken.
    pub(crate) fn drop_unsent(&mut self) {
        self.out.clear();
        self.at = 0;
    }

    /// Whether so much more content is more than was announced, which only matters once something
    /// has to be sent before all of it is there.
    pub(crate) fn exceeds(&self, more: usize) -> bool {
        let small = !self.committed && !self.flushed && self.held.len() + more <= HOLD;
        !small && self.room().is_some_and(|room| self.held.len() + more > room)
    }

    /// How much content may still follow, when a length was announced.
    fn room(&self) -> Option<usize> {
        let left = self.length?.saturating_sub(self.content);
        Some(usize::try_from(left).unwrap_or(usize::MAX))
    }

    /// Chooses the framing and writes the head. `more` bytes of content are at hand beyond those
    /// held.
    fn commit(&mut self, terms: &Terms<'_>, more: usize) {
        self.committed = true;
        let at_hand = self.held.len() + more;
        // httpd knows the length if nothing made it send before the end came.
        let whole = self.ended && !self.broken && !self.flushed && at_hand <= HOLD;
        let complete = whole.then_some(at_hand as u64);
        if self.unmeasured {
            self.length = None;
        } else if complete.is_some() && !terms.head_only {
            // The whole content is here: its length is the true one, whatever was declared.
            self.length = complete;
        }
        let broken = terms.last || self.close;
        let length = self.length;
        let framing = response_framing(terms.head_only, terms.version, self.status, length, broken);
        self.framing = Some(framing);
        let persistence = self.persist(terms, framing, broken);
        self.close |= !persistence.keep;
        self.announce_length(terms, framing);

        let out = &mut self.out;
        write_status_line(out, self.status, &self.reason);
        write_checked_field(out, b"Date", terms.date);
        write_checked_field(out, b"Server", terms.server);
        self.fields.write(out);
        persistence.write(out);
        if framing == ResponseFraming::Chunked {
            write_checked_field(out, b"Transfer-Encoding", b"chunked");
            self.framed.push((b"Transfer-Encoding", b"chunked"));
        }
        if let Some(word) = persistence.connection {
            self.framed.push((b"Connection", word.as_bytes()));
        }
        if !self.content_type.is_empty() && !is_header_only(self.status) {
            write_field(out, b"Content-Type", &self.content_type);
        }
        out.extend_from_slice(b"\r\n");
    }

    /// Decides about the connection; what a backend's own fields say is merged.
    fn persist(
        &mut self,
        terms: &Terms<'_>,
        framing: ResponseFraming,
        broken: bool,
    ) -> Persistence {
        let mut persistence = persistence(
            &terms.keep_alive,
            &jk_http::Exchange {
                version: terms.version,
                wants_close: terms.wants_close,
                wants_keep_alive: terms.wants_keep_alive,
                status: self.status,
                framing,
                connection: self.fields.get(b"Connection"),
                served: terms.served,
                broken,
                no_keep_alive: terms.no_keep_alive,
            },
        );
        if self.fields.get(b"Connection").is_some() {
            if let Some(word) = persistence.connection.take() {
                self.fields.merge(b"Connection", word.as_bytes());
            }
        }
        if self.fields.get(b"Keep-Alive").is_some() {
            if let Some(field) = persistence.keep_alive.take() {
                let mut value = Vec::new();
                field.write(&mut value);
                self.fields.set(b"Keep-Alive", &value);
            }
        }
        persistence
    }

    /// Makes the field `Content-Length` say what the framing is.
    fn announce_length(&mut self, terms: &Terms<'_>, framing: ResponseFraming) {
        let length = match framing {
            ResponseFraming::Length(length) => Some(length),
            // What the answer to a GET would have; httpd leaves a zero out.
            ResponseFraming::None if terms.head_only => self.length.filter(|&length| length > 0),
            _ => None,
        };
        match length.filter(|_| !is_header_only(self.status)) {
            Some(length) => {
                let mut digits = [0; 20];
                self.fields.set(b"Content-Length", decimal(length, &mut digits));
            }
            None => self.fields.remove(b"Content-Length"),
        }
    }

    /// Puts the held content and the frame around it and `more` bytes into `out`; answers what must
    /// follow these bytes.
    fn frame(&mut self, more: usize) -> &'static [&'static [u8]] {
        let content = self.held.len() + more;
        self.content += content as u64;
        let chunked = self.framing == Some(ResponseFraming::Chunked);
        if chunked {
            write_chunk_head(&mut self.out, content);
        }
        self.out.append(&mut self.held);
        if let Some(ResponseFraming::Length(length)) = self.framing {
            // Short of what was announced: the client must see that the answer is not whole.
            self.broken |= self.ended && self.content < length;
        }
        self.close |= self.broken;
        match (chunked, content > 0, self.ended && !self.broken) {
            (true, true, false) => &[CHUNK_END],
            (true, true, true) => &[CHUNK_END, LAST_CHUNK],
            (true, false, true) => &[LAST_CHUNK],
            _ => &[],
        }
    }

    /// Writes `out`, the pieces and the tail with one call; what is not taken stays in `out`.
    fn send(
        &mut self,
        client: &mut impl Write,
        writable: &mut bool,
        source: &[u8],
        pieces: &[Range<usize>],
        tail: &[&'static [u8]],
    ) -> io::Result<()> {
        let mut slices = [IoSlice::new(&[]); MOST_PIECES + 3];
        let mut count = 0;
        let bodies = pieces.iter().map(|piece| &source[piece.clone()]);
        for bytes in std::iter::once(&self.out[self.at..]).chain(bodies).chain(tail.iter().copied())
        {
            slices[count] = IoSlice::new(bytes);
            count += 1;
        }
        let total: usize = slices[..count].iter().map(|slice| slice.len()).sum();
        let taken = match total {
            0 => 0,
            _ if !*writable => 0,
            _ => write_once(client, writable, &slices[..count])?,
        };
        self.sent += taken as u64;
        if taken == total {
            self.out.clear();
            self.at = 0;
            return Ok(());
        }
        *writable = false;
        self.keep_rest(taken, source, pieces, tail);
        Ok(())
    }

    fn keep_rest(
        &mut self,
        taken: usize,
        source: &[u8],
        pieces: &[Range<usize>],
        tail: &[&'static [u8]],
    ) {
        let own = self.out.len() - self.at;
        let mut skip = taken.saturating_sub(own);
        if taken >= own {
            self.out.clear();
            self.at = 0;
        } else {
            self.at += taken;
        }
        let bodies = pieces.iter().map(|piece| &source[piece.clone()]);
        for bytes in bodies.chain(tail.iter().copied()) {
            let from = skip.min(bytes.len());
            skip -= from;
            self.out.extend_from_slice(&bytes[from..]);
        }
    }
}

#[cfg(any(test, feature = "simulation"))]
impl Reply {
    /// How many bytes it holds.
    pub(super) fn buffered(&self) -> usize {
        self.held.len() + self.out.len()
    }
}

/// How soon content has to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Urgency {
    /// May be held back.
    None,
    /// The backend asked to flush.
    Flush,
    /// This was the last of it.
    End,
}

fn write_once(
    client: &mut impl Write,
    writable: &mut bool,
    slices: &[IoSlice<'_>],
) -> io::Result<usize> {
    loop {
        match client.write_vectored(slices) {
            Ok(n) => return Ok(n),
            Err(e) if e.kind() == io::ErrorKind::WouldBlock => {
                *writable = false;
                return Ok(0);
            }
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
}

/// The pieces up to so many bytes.
fn first_bytes(pieces: &[Range<usize>], mut bytes: usize) -> Vec<Range<usize>> {
    let mut cut = Vec::new();
    for piece in pieces {
        let taken = piece.len().min(bytes);
        bytes -= taken;
        cut.push(piece.start..piece.start + taken);
    }
    cut
}

/// A number in decimal.
pub(super) fn decimal(mut number: u64, digits: &mut [u8; 20]) -> &[u8] {
    let mut at = digits.len();
    loop {
        at -= 1;
        digits[at] = b'0' + (number % 10) as u8;
        number /= 10;
        if number == 0 {
            return &digits[at..];
        }
    }
}
