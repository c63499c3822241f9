//! The trailer section: checked like the fields of a head, and dropped (RFC 9112 section 7.1.2).

use crate::error::BodyErrorKind;
use crate::grammar::{is_blank, is_field_byte, is_token_byte};
use crate::head::Limits;

/// A trailer section that has been read in part.
#[derive(Clone, Debug, Default)]
pub(crate) struct Trailer {
    part: Part,
    length: usize,
    lines: usize,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Part {
    #[default]
    LineStart,
    Name,
    Value,
    /// Blanks at the start of a continuation line, which must not be all of it.
    Fold,
    LineFeed,
    LastLineFeed,
}

impl Trailer {
    /// Takes bytes up to the end of the section; returns how many, and whether it ended.
    pub(crate) fn take(
        &mut self,
        input: &[u8],
        limits: &Limits,
    ) -> Result<(usize, bool), BodyErrorKind> {
        for (at, &b) in input.iter().enumerate() {
            if (self.part, b) == (Part::LastLineFeed, b'\n') {
                return Ok((at + 1, true));
            }
            self.part = self.after(b)?;
            self.count(limits)?;
        }
        Ok((input.len(), false))
    }

    fn after(&mut self, b: u8) -> Result<Part, BodyErrorKind> {
        match (self.part, b) {
            (Part::LineFeed, b'\n') => Ok(Part::LineStart),
            (Part::LineFeed | Part::LastLineFeed, _) | (_, b'\n') => Err(BodyErrorKind::LineEnd),
            (Part::LineStart, b'\r') => Ok(Part::LastLineFeed),
            (Part::LineStart, b) if is_blank(b) && self.lines > 0 => Ok(Part::Fold),
            (Part::LineStart, b) if is_token_byte(b) => self.start_line(),
            (Part::Name, b) if is_token_byte(b) => Ok(Part::Name),
            (Part::Name, b':') => Ok(Part::Value),
            (Part::Value, b'\r') => Ok(Part::LineFeed),
            (Part::Fold, b) if is_blank(b) => Ok(Part::Fold),
            (Part::Value | Part::Fold, b) if is_field_byte(b) => Ok(Part::Value),
            _ => Err(BodyErrorKind::Trailer),
        }
    }

    fn start_line(&mut self) -> Result<Part, BodyErrorKind> {
        self.lines = self.lines.saturating_add(1);
        self.length = 0;
        Ok(Part::Name)
    }

    /// Continuation lines count towards the field they continue.
    fn count(&mut self, limits: &Limits) -> Result<(), BodyErrorKind> {
        if !matches!(self.part, Part::LineFeed | Part::LineStart | Part::LastLineFeed) {
            self.length = self.length.saturating_add(1);
        }
        let too_many = limits.fields > 0 && self.lines > limits.fields;
        if too_many || self.length > limits.field_size.saturating_add(1) {
            return Err(BodyErrorKind::TrailerTooLarge);
        }
        Ok(())
    }
}
