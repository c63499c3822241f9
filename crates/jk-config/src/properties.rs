//! Lines of `name = value`, as `workers.properties` and `uriworkermap.properties` both have them.
//!
//! The grammar is that of mod_jk (`jk_map_read_properties`, `jk_map_read_property`): bytes, no
//! escapes, no quotes, no continuation. The first `#` begins a comment, the first `=` separates.

use nom::bytes::complete::{tag, take_till};
use nom::combinator::rest;
use nom::sequence::separated_pair;
use nom::{IResult, Offset, Parser};

use crate::Span;

/// What mod_jk reads at once, the newline included. A longer line is cut here, and what follows is
/// read as if it were another line.
pub(crate) const MAX_LINE: usize = 8191;

/// Some bytes of a text, and where they begin in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Piece<'t> {
    pub(crate) bytes: &'t [u8],
    pub(crate) at: usize,
}

impl Piece<'_> {
    pub(crate) fn span(&self) -> Span {
        self.at..self.at + self.bytes.len()
    }
}

/// One line, or the part of it that is read at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Line<'t> {
    pub(crate) content: Content<'t>,
    /// Where a `#` cuts into a word, so that the comment may be an accident.
    pub(crate) cut_by_comment: Option<usize>,
    /// The line goes on, but mod_jk begins a new one here.
    pub(crate) cut_by_length: Option<usize>,
}

/// What a line says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Content<'t> {
    /// Nothing but blanks and a comment.
    Blank,
    /// Some text without `=`; ignored.
    NoEquals(Piece<'t>),
    /// `= value`; ignored.
    NoKey(Piece<'t>),
    /// `key =`; ignored, whatever the key.
    NoValue(Piece<'t>),
    /// `key = value`
    Property { key: Piece<'t>, value: Piece<'t> },
}

/// The lines of a file.
pub(crate) fn lines(text: &[u8]) -> impl Iterator<Item = Line<'_>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let left = text.get(at..).filter(|left| !left.is_empty())?;
        let piece = Piece { bytes: read_at_once(left), at };
        at += piece.bytes.len();
        let mut line = file_line(piece);
        let whole = piece.bytes.ends_with(b"\n") || at == text.len();
        line.cut_by_length = (!whole).then_some(at);
        Some(line)
    })
}

/// A text that is one line, in which `#` is an ordinary character (`JkWorkerProperty`).
pub(crate) fn single(text: &[u8]) -> Content<'_> {
    content(Piece { bytes: text, at: 0 })
}

/// Whether mod_jk takes this byte for white space (`isspace` in the C locale).
pub(crate) const fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c)
}

/// The words of a list: separated by blanks, tabs and commas.
pub(crate) fn words(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    value.split(|b| matches!(b, b' ' | b'\t' | b',')).filter(|word| !word.is_empty())
}

fn read_at_once(text: &[u8]) -> &[u8] {
    let window = &text[..text.len().min(MAX_LINE)];
    match window.iter().position(|&b| b == b'\n') {
        Some(newline) => &window[..=newline],
        None => window,
    }
}

fn file_line(piece: Piece<'_>) -> Line<'_> {
    // A NUL ends the C string that mod_jk made of the line.
    let line = until(piece.bytes, 0);
    let code = until(line, b'#');
    let cut = code.len() < line.len() && code.last().is_some_and(|&b| !is_space(b));
    Line {
        content: content(Piece { bytes: code, at: piece.at }),
        cut_by_comment: cut.then_some(piece.at + code.len()),
        cut_by_length: None,
    }
}

fn until(bytes: &[u8], end: u8) -> &[u8] {
    bytes.split(|&b| b == end).next().unwrap_or_default()
}

fn content(line: Piece<'_>) -> Content<'_> {
    let line = trim(line);
    if line.bytes.is_empty() {
        return Content::Blank;
    }
    let Ok((_, (key, value))) = property(line.bytes) else { return Content::NoEquals(line) };
    let key = trim(Piece { bytes: key, at: line.at });
    let value = trim(Piece { bytes: value, at: line.at + line.bytes.offset(value) });
    match (key.bytes, value.bytes) {
        (_, []) => Content::NoValue(key),
        ([], _) => Content::NoKey(value),
        _ => Content::Property { key, value },
    }
}

/// `property = key "=" value`; only the first `=` separates.
fn property(line: &[u8]) -> IResult<&[u8], (&[u8], &[u8]), ()> {
    separated_pair(take_till(|b| b == b'='), tag(&b"="[..]), rest).parse(line)
}

fn trim(piece: Piece<'_>) -> Piece<'_> {
    let start = piece.bytes.iter().position(|&b| !is_space(b)).unwrap_or(piece.bytes.len());
    let end = piece.bytes.iter().rposition(|&b| !is_space(b)).map_or(start, |last| last + 1);
    Piece { bytes: &piece.bytes[start..end], at: piece.at + start }
}

#[cfg(test)]
mod tests;
