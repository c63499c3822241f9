//! The line in front of a chunk (RFC 9112 section 7.1; httpd: `parse_chunk_size`).

use crate::error::BodyErrorKind;
use crate::grammar::{is_blank, is_field_byte};

/// Blanks that httpd tolerates after a chunk size.
const BLANKS: u8 = 10;

/// A chunk line that has been read in part.
#[derive(Clone, Debug, Default)]
pub(crate) struct ChunkLine {
    part: Part,
    size: u64,
    blanks: u8,
    length: usize,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Part {
    #[default]
    Start,
    Digits,
    Blanks,
    Extension,
    LineFeed,
}

impl ChunkLine {
    /// Takes bytes up to the end of the line; returns how many, and the size if the line ended.
    pub(crate) fn take(
        &mut self,
        input: &[u8],
        limit: usize,
    ) -> Result<(usize, Option<u64>), BodyErrorKind> {
        for (at, &b) in input.iter().enumerate() {
            self.length = self.length.saturating_add(1);
            if self.length > limit {
                return Err(BodyErrorKind::ChunkLineTooLong);
            }
            if b == b'\n' && self.part == Part::LineFeed {
                return Ok((at + 1, Some(self.size)));
            }
            self.part = self.after(b)?;
        }
        Ok((input.len(), None))
    }

    fn after(&mut self, b: u8) -> Result<Part, BodyErrorKind> {
        match (self.part, b) {
            (Part::LineFeed, _) | (_, b'\n') => Err(BodyErrorKind::LineEnd),
            (Part::Start | Part::Digits, b) if b.is_ascii_hexdigit() => self.digit(b),
            (Part::Start, _) => Err(BodyErrorKind::ChunkSize),
            (_, b'\r') => Ok(Part::LineFeed),
            (Part::Extension, b) if is_field_byte(b) => Ok(Part::Extension),
            (Part::Extension, _) => Err(BodyErrorKind::ChunkExtension),
            (_, b';') => Ok(Part::Extension),
            (Part::Digits | Part::Blanks, b) if is_blank(b) => self.blank(),
            _ => Err(BodyErrorKind::ChunkSize),
        }
    }

    fn digit(&mut self, b: u8) -> Result<Part, BodyErrorKind> {
        let digit = char::from(b).to_digit(16).ok_or(BodyErrorKind::ChunkSize)?;
        // The size stays below 2^63, as an httpd `apr_off_t` does.
        if self.size >= 1 << 59 {
            return Err(BodyErrorKind::ChunkTooLarge);
        }
        self.size = self.size << 4 | u64::from(digit);
        Ok(Part::Digits)
    }

    fn blank(&mut self) -> Result<Part, BodyErrorKind> {
        self.blanks += 1;
        if self.blanks > BLANKS { Err(BodyErrorKind::ChunkSize) } else { Ok(Part::Blanks) }
    }
}
