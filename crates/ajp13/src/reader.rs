//! Numbers and strings of a payload. Nothing here reads past its end.

use crate::ReadError;

/// Stands for a null string where its length would be.
pub(crate) const NULL: u16 = 0xFFFF;

/// What is left of a payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Reader<'b>(pub(crate) &'b [u8]);

impl<'b> Reader<'b> {
    pub(crate) fn byte(&mut self) -> Result<u8, ReadError> {
        let (&byte, rest) = self.0.split_first().ok_or(ReadError::Truncated)?;
        self.0 = rest;
        Ok(byte)
    }

    pub(crate) fn integer(&mut self) -> Result<u16, ReadError> {
        let (&bytes, rest) = self.0.split_first_chunk().ok_or(ReadError::Truncated)?;
        self.0 = rest;
        Ok(u16::from_be_bytes(bytes))
    }

    /// A string, or `None` for a null string.
    pub(crate) fn string(&mut self) -> Result<Option<&'b [u8]>, ReadError> {
        match self.integer()? {
            NULL => Ok(None),
            len => self.text(len).map(Some),
        }
    }

    /// A string that may not be null.
    pub(crate) fn required(&mut self) -> Result<&'b [u8], ReadError> {
        self.string()?.ok_or(ReadError::Null)
    }

    /// The bytes of a string whose length is already read, and its terminator.
    pub(crate) fn text(&mut self, len: u16) -> Result<&'b [u8], ReadError> {
        let (text, rest) = self.0.split_at_checked(len.into()).ok_or(ReadError::Truncated)?;
        match rest.split_first() {
            None => Err(ReadError::Truncated),
            Some((0, rest)) => {
                self.0 = rest;
                Ok(text)
            }
            Some(_) => Err(ReadError::Unterminated),
        }
    }

    /// The name of a header: a code, or text.
    pub(crate) fn name(&mut self) -> Result<Name<'b>, ReadError> {
        match self.integer()? {
            code @ 0xA000..=0xA0FF => Ok(Name::Code(code)),
            NULL => Err(ReadError::Null),
            len => self.text(len).map(Name::Text),
        }
    }
}

/// The name of a header as it stands on the wire.
pub(crate) enum Name<'b> {
    Code(u16),
    Text(&'b [u8]),
}
