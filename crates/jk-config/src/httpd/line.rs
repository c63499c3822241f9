//! Physical lines to logical ones: continuations joined, blanks trimmed, every byte still knowing
//! where it was written (httpd: `ap_cfg_getline`).

use std::ops::Range;

use crate::{Location, SourceId};

/// Bytes that were written in a file, perhaps joined from several lines or put in for a variable.
#[derive(Clone, Debug)]
pub(crate) struct Text {
    source: SourceId,
    bytes: Vec<u8>,
    pieces: Vec<Piece>,
}

/// A run of [`Text`] that begins at `at` and reaches to the next piece.
#[derive(Clone, Debug)]
struct Piece {
    at: usize,
    from: Range<usize>,
    /// The bytes are those of the file; else they stand for all of `from`.
    verbatim: bool,
}

/// Splits a file into logical lines. Comments and blank lines are lines, too: empty or with a `#`.
pub(crate) struct Lines<'f> {
    source: SourceId,
    file: &'f [u8],
    at: usize,
}

impl Text {
    pub(crate) fn new(source: SourceId) -> Self {
        Self { source, bytes: Vec::new(), pieces: Vec::new() }
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Whether it was written on more than one line.
    pub(crate) fn is_joined(&self) -> bool {
        self.pieces.len() > 1
    }

    /// Appends `file[from]` as it is.
    pub(crate) fn push(&mut self, file: &[u8], from: Range<usize>) {
        let Some(bytes) = file.get(from.clone()).filter(|bytes| !bytes.is_empty()) else { return };
        self.pieces.push(Piece { at: self.bytes.len(), from, verbatim: true });
        self.bytes.extend_from_slice(bytes);
    }

    /// Appends a part of another text as it is.
    pub(crate) fn push_text(&mut self, other: &Self, part: Range<usize>) {
        for index in part {
            let Some(&byte) = other.bytes.get(index) else { return };
            let (from, verbatim) = other.origin(index);
            self.push_byte(byte, from, verbatim);
        }
    }

    /// Appends bytes that stand for what was written at `from`.
    pub(crate) fn push_replacement(&mut self, bytes: &[u8], from: Range<usize>) {
        if !bytes.is_empty() {
            self.pieces.push(Piece { at: self.bytes.len(), from, verbatim: false });
            self.bytes.extend_from_slice(bytes);
        }
    }

    /// Where the bytes of a range were written.
    pub(crate) fn location(&self, range: Range<usize>) -> Location {
        let last = range.end.saturating_sub(1).max(range.start);
        let start = self.origin(range.start).0.start;
        let end = if range.is_empty() { start } else { self.origin(last).0.end };
        Location { source: self.source, span: start..end.max(start) }
    }

    /// Where the whole text was written.
    pub(crate) fn whole(&self) -> Location {
        self.location(0..self.bytes.len())
    }

    /// Where one byte was written, and whether it is a byte of the file. One past the end is the
    /// place after the last byte.
    fn origin(&self, index: usize) -> (Range<usize>, bool) {
        let after = self.pieces.partition_point(|piece| piece.at <= index);
        let Some(piece) = after.checked_sub(1).and_then(|before| self.pieces.get(before)) else {
            return (0..0, false);
        };
        if index >= self.bytes.len() {
            return (piece.from.end..piece.from.end, false);
        }
        if !piece.verbatim {
            return (piece.from.clone(), false);
        }
        let start = piece.from.start + (index - piece.at);
        (start..start + 1, true)
    }

    fn push_byte(&mut self, byte: u8, from: Range<usize>, verbatim: bool) {
        match self.pieces.last_mut() {
            Some(last) if verbatim && last.verbatim && last.from.end == from.start => {
                last.from.end = from.end;
            }
            Some(last) if !verbatim && !last.verbatim && last.from == from => {}
            _ => self.pieces.push(Piece { at: self.bytes.len(), from, verbatim }),
        }
        self.bytes.push(byte);
    }
}

impl<'f> Lines<'f> {
    pub(crate) fn new(source: SourceId, file: &'f [u8]) -> Self {
        Self { source, file, at: 0 }
    }

    /// The next physical line's content, and whether the next one continues it.
    fn physical(&mut self) -> (Range<usize>, bool) {
        let start = self.at;
        let rest = self.file.get(start..).unwrap_or_default();
        let feed = rest.iter().position(|&b| b == b'\n');
        let end = feed.map_or(self.file.len(), |length| start + length);
        self.at = feed.map_or(self.file.len(), |_| end + 1);

        let content = self.file.get(start..end).unwrap_or_default();
        // httpd's buffers are C strings: a NUL ends the line, and with it a continuation.
        if let Some(nul) = content.iter().position(|&b| b == 0) {
            return (start..start + nul, false);
        }
        let unterminated = content.strip_suffix(b"\r").unwrap_or(content);
        match unterminated.strip_suffix(b"\\") {
            Some(continued) if feed.is_some() => (start..start + continued.len(), true),
            _ => (start..end, false),
        }
    }
}

impl Iterator for Lines<'_> {
    type Item = Text;

    fn next(&mut self) -> Option<Text> {
        if self.at >= self.file.len() {
            return None;
        }
        let mut joined = Text::new(self.source);
        loop {
            let (content, continued) = self.physical();
            joined.push(self.file, content);
            if !continued || self.at >= self.file.len() {
                return Some(trimmed(joined));
            }
        }
    }
}

/// What C's `isspace` takes for a blank.
pub(crate) fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t'..=b'\r')
}

fn trimmed(text: Text) -> Text {
    let bytes = text.bytes();
    let Some(start) = bytes.iter().position(|&b| !is_blank(b)) else {
        return Text::new(text.source);
    };
    let end = bytes.iter().rposition(|&b| !is_blank(b)).map_or(start, |last| last + 1);
    if (start, end) == (0, bytes.len()) {
        return text;
    }
    let mut kept = Text::new(text.source);
    kept.push_text(&text, start..end);
    kept
}
