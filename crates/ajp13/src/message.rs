//! What a backend says.

use crate::MessageError;
use crate::names::{RESPONSE_HEADERS, lookup};
use crate::reader::{Name, Reader};

pub(crate) const SEND_BODY_CHUNK: u8 = 0x03;
pub(crate) const SEND_HEADERS: u8 = 0x04;
pub(crate) const END_RESPONSE: u8 = 0x05;
pub(crate) const GET_BODY_CHUNK: u8 = 0x06;
pub(crate) const CPONG: u8 = 0x09;

/// A message from the backend; borrows the payload it was decoded from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Message<'b> {
    /// Status, reason and fields of the response.
    SendHeaders(SendHeaders<'b>),
    /// A piece of the response's content. An empty one asks for a flush.
    SendBodyChunk(&'b [u8]),
    /// Asks for one data packet of request content.
    GetBodyChunk {
        /// How much of it at most.
        wanted: u16,
    },
    /// The response is complete.
    EndResponse {
        /// Whether the connection may serve another request.
        reuse: bool,
    },
    /// The answer to a CPing.
    CPong,
}

impl<'b> Message<'b> {
    /// Reads one payload. Bytes after the message are tolerated, as mod_jk does.
    ///
    /// # Errors
    /// The payload is malformed; see [`MessageError`].
    pub fn decode(payload: &'b [u8]) -> Result<Self, MessageError> {
        let (&code, rest) = payload.split_first().ok_or(MessageError::Empty)?;
        let mut reader = Reader(rest);
        match code {
            SEND_HEADERS => SendHeaders::decode(reader).map(Self::SendHeaders),
            SEND_BODY_CHUNK => body_chunk(reader).map(Self::SendBodyChunk),
            GET_BODY_CHUNK => Ok(Self::GetBodyChunk { wanted: reader.integer()? }),
            END_RESPONSE => match reader.byte()? {
                u8::MAX => Err(MessageError::ReuseFlag),
                reuse => Ok(Self::EndResponse { reuse: reuse != 0 }),
            },
            CPONG => Ok(Self::CPong),
            unknown => Err(MessageError::UnknownCode(unknown)),
        }
    }

    /// The byte that stands for the type of this message.
    pub const fn code(&self) -> u8 {
        match self {
            Self::SendHeaders(_) => SEND_HEADERS,
            Self::SendBodyChunk(_) => SEND_BODY_CHUNK,
            Self::GetBodyChunk { .. } => GET_BODY_CHUNK,
            Self::EndResponse { .. } => END_RESPONSE,
            Self::CPong => CPONG,
        }
    }
}

/// The head of a response, validated when it was decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SendHeaders<'b> {
    /// 100 to 999.
    pub status: u16,
    /// The reason phrase as the backend wrote it; Tomcat repeats the status in digits.
    pub reason: Option<&'b [u8]>,
    fields: Fields<'b>,
}

impl<'b> SendHeaders<'b> {
    /// Names and values of the fields, in the order they came.
    pub fn fields(&self) -> Fields<'b> {
        self.fields
    }

    fn decode(mut reader: Reader<'b>) -> Result<Self, MessageError> {
        let status = reader.integer()?;
        if !(100..=999).contains(&status) {
            return Err(MessageError::Status(status));
        }
        let reason = reader.string()?;
        let count = reader.integer()?;
        let fields = Fields { left: count, reader };
        for _ in 0..count {
            field(&mut reader)?;
        }
        Ok(Self { status, reason, fields })
    }
}

/// Iterates over the fields of a [`SendHeaders`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fields<'b> {
    left: u16,
    /// At the next field. `SendHeaders::decode` has read all `left` of them once.
    reader: Reader<'b>,
}

impl<'b> Iterator for Fields<'b> {
    /// Name and value. Codes come as names in their canonical spelling.
    type Item = (&'b [u8], &'b [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        self.left = self.left.checked_sub(1)?;
        field(&mut self.reader).ok()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left.into(), Some(self.left.into()))
    }
}

impl ExactSizeIterator for Fields<'_> {}

fn field<'b>(reader: &mut Reader<'b>) -> Result<(&'b [u8], &'b [u8]), MessageError> {
    let name = match reader.name()? {
        Name::Text(name) => name,
        Name::Code(code) => {
            lookup(&RESPONSE_HEADERS, code).ok_or(MessageError::HeaderCode(code))?.as_bytes()
        }
    };
    Ok((name, reader.required()?))
}

/// Known containers end a chunk with a zero byte, mod_jk does not insist on it.
fn body_chunk(mut reader: Reader<'_>) -> Result<&[u8], MessageError> {
    let claimed = usize::from(reader.integer()?);
    let present = reader.0.len();
    reader.0.get(..claimed).ok_or(MessageError::ChunkLength { claimed, present })
}
