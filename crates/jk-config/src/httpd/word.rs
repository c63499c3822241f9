//! The words of a directive (httpd: `ap_getword_conf`).
//!
//! ```text
//! word     = quoted / bare
//! quoted   = quote *( "\" quote / "\\" / byte ) [ quote ]     ; `"` or `'`, the end may lack
//! bare     = 1*( "\\" / nonblank )                            ; no escape but the backslash's own
//! ```
//!
//! A closing quote ends a word even when no blank follows, and a quote inside a bare word is an
//! ordinary byte.

use std::ops::Range;

use nom::branch::alt;
use nom::bytes::complete::tag;
use nom::combinator::{opt, value, verify};
use nom::multi::fold_many0;
use nom::number::complete::u8 as any_byte;
use nom::sequence::delimited;
use nom::{IResult, Parser};

use super::line::{Text, is_blank};
use crate::Location;

/// One word, its quotes and escapes removed.
#[derive(Clone, Debug)]
pub(crate) struct Word {
    /// The text; bytes that are not UTF-8 have been replaced.
    pub(crate) text: String,
    /// Where it was written, quotes included.
    pub(crate) at: Location,
}

/// Takes words off the front of a text.
#[derive(Clone)]
pub(crate) struct Words<'t> {
    text: &'t Text,
    rest: Range<usize>,
}

impl<'t> Words<'t> {
    pub(crate) fn new(text: &'t Text, rest: Range<usize>) -> Self {
        Self { text, rest }
    }

    /// The bytes that are left.
    pub(crate) fn rest(&self) -> Range<usize> {
        self.rest.clone()
    }

    /// The next word; `None` when nothing is left. May be an empty word: `""`.
    fn take(&mut self) -> Option<Word> {
        self.skip_blanks();
        let input = self.text.bytes().get(self.rest.clone()).filter(|input| !input.is_empty())?;
        let (after_word, bytes) = word(input).ok()?;
        let length = input.len() - after_word.len();
        let written = self.rest.start..self.rest.start + length;
        self.rest.start += length;
        self.skip_blanks();

        let text = String::from_utf8_lossy(&bytes).into_owned();
        Some(Word { text, at: self.text.location(written) })
    }
}

impl Words<'_> {
    /// Skips one byte if it comes next.
    pub(crate) fn take_byte(&mut self, byte: u8) -> bool {
        let next = self.text.bytes().get(self.rest.clone()).and_then(<[u8]>::first);
        let found = next == Some(&byte);
        self.rest.start += usize::from(found);
        found
    }

    fn skip_blanks(&mut self) {
        let input = self.text.bytes().get(self.rest.clone()).unwrap_or_default();
        let blanks = input.iter().take_while(|&&b| is_blank(b)).count();
        self.rest.start += blanks;
    }
}

impl Iterator for Words<'_> {
    type Item = Word;

    fn next(&mut self) -> Option<Word> {
        self.take()
    }
}

type Parsed<'b, T> = IResult<&'b [u8], T>;

fn word(input: &[u8]) -> Parsed<'_, Vec<u8>> {
    alt((|i| quoted(i, b'"'), |i| quoted(i, b'\''), bare)).parse(input)
}

fn quoted(input: &[u8], quote: u8) -> Parsed<'_, Vec<u8>> {
    let mark = [quote];
    let escaped_quote = [b'\\', quote];
    let content = alt((
        value(quote, tag(&escaped_quote[..])),
        value(b'\\', tag(&b"\\\\"[..])),
        verify(any_byte, |&b| b != quote),
    ));
    delimited(tag(&mark[..]), fold_many0(content, Vec::new, pushed), opt(tag(&mark[..])))
        .parse(input)
}

fn bare(input: &[u8]) -> Parsed<'_, Vec<u8>> {
    let content = alt((value(b'\\', tag(&b"\\\\"[..])), verify(any_byte, |&b| !is_blank(b))));
    fold_many0(content, Vec::new, pushed).parse(input)
}

fn pushed(mut bytes: Vec<u8>, byte: u8) -> Vec<u8> {
    bytes.push(byte);
    bytes
}
