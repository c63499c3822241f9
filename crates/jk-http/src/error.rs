use std::ops::Range;

use memchr::memchr;
use thiserror::Error;

/// Why a request head was refused. The connection cannot be used any further.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{kind}")]
#[non_exhaustive]
pub struct HeadError {
    /// The status to answer with.
    pub status: u16,
    /// What was wrong.
    pub kind: HeadErrorKind,
    /// Where the request line lies in the parsed bytes, without its CRLF; cut where it became too
    /// long, empty when none was received. For the log only: see [`Self::write_line`].
    pub line: Range<usize>,
}

/// What was wrong with a request head.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum HeadErrorKind {
    /// More than ten empty lines came before the request line.
    #[error("too many empty lines before the request line")]
    EmptyLines,
    /// The request line is longer than the limit.
    #[error("the request line is longer than the limit")]
    LineTooLong,
    /// A line ends with LF alone.
    #[error("a line does not end with CRLF")]
    LineEnd,
    /// The request line is not method, target and version with one space between each.
    #[error("the request line is malformed")]
    Line,
    /// The method is not a token.
    #[error("the method is not a token")]
    Method,
    /// The request target is malformed.
    #[error("the request target is malformed")]
    Target,
    /// The version is not written `HTTP/` digit `.` digit.
    #[error("the protocol version is malformed")]
    Version,
    /// A request without a version, as in HTTP/0.9.
    #[error("the protocol version is missing")]
    NoVersion,
    /// A field line, or a value put together from several, is longer than the limit.
    #[error("a field is longer than the limit")]
    FieldTooLong,
    /// There are more fields than the limit.
    #[error("there are more fields than the limit")]
    TooManyFields,
    /// A field line has no name that is a token followed at once by a colon.
    #[error("a field name is malformed")]
    FieldName,
    /// A field value holds a control byte.
    #[error("a field value holds a control byte")]
    FieldValue,
    /// A continuation line is empty, or continues nothing.
    #[error("a continuation line is out of place")]
    Fold,
    /// `Content-Length` is not one number.
    #[error("Content-Length is not one number")]
    ContentLength,
    /// `Transfer-Encoding` does not end in `chunked`, or is used in HTTP/1.0.
    #[error("Transfer-Encoding leaves the length of the content open")]
    TransferEncoding,
    /// `Transfer-Encoding` names codings besides `chunked`.
    #[error("Transfer-Encoding names an unsupported coding")]
    UnsupportedCoding,
    /// An HTTP/1.1 request does not name its host.
    #[error("Host is missing")]
    NoHost,
    /// The host is malformed.
    #[error("the host is malformed")]
    Host,
    /// `Expect` holds something other than `100-continue`.
    #[error("Expect holds an unknown expectation")]
    Expectation,
}

impl HeadErrorKind {
    /// The status httpd answers with.
    pub const fn status(self) -> u16 {
        match self {
            Self::LineTooLong => 414,
            Self::Expectation => 417,
            Self::UnsupportedCoding => 501,
            _ => 400,
        }
    }
}

impl HeadError {
    pub(crate) fn new(kind: HeadErrorKind, line: Range<usize>) -> Self {
        Self { status: kind.status(), kind, line }
    }

    /// Appends the request line as httpd logs it with `%r`, given the bytes that were parsed.
    ///
    /// httpd puts a line together again from its first three words, except when it could not even
    /// read it as a line; it sees nothing behind a NUL. Bytes are not escaped.
    pub fn write_line(&self, buf: &[u8], out: &mut Vec<u8>) {
        let line = buf.get(self.line.clone()).unwrap_or_default();
        let end = memchr(0, line);
        let unread = matches!(self.kind, HeadErrorKind::LineTooLong | HeadErrorKind::LineEnd);
        if unread || end.is_some() {
            out.extend_from_slice(line.get(..end.unwrap_or(line.len())).unwrap_or_default());
            return;
        }
        let words = line.split(|b| b"\t\n\x0b\x0c\r ".contains(b)).filter(|word| !word.is_empty());
        for (at, word) in words.take(3).enumerate() {
            if at > 0 {
                out.push(b' ');
            }
            out.extend_from_slice(word);
        }
    }
}

/// Why a request body was refused. The connection cannot be used any further.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("{kind}")]
#[non_exhaustive]
pub struct BodyError {
    /// The status to answer with, if no response has begun.
    pub status: u16,
    /// What was wrong.
    pub kind: BodyErrorKind,
}

/// What was wrong with a request body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum BodyErrorKind {
    /// A chunk size is malformed.
    #[error("a chunk size is malformed")]
    ChunkSize,
    /// A chunk size does not fit 63 bits.
    #[error("a chunk size is too large")]
    ChunkTooLarge,
    /// A chunk size with its extensions is longer than the limit.
    #[error("a chunk header is longer than the limit")]
    ChunkLineTooLong,
    /// A chunk extension holds a control byte.
    #[error("a chunk extension is malformed")]
    ChunkExtension,
    /// A line does not end with CRLF.
    #[error("a line of the chunked coding does not end with CRLF")]
    LineEnd,
    /// A trailer field is malformed.
    #[error("a trailer field is malformed")]
    Trailer,
    /// A trailer field is longer than the limit, or there are too many.
    #[error("the trailer section is larger than the limit")]
    TrailerTooLarge,
}

impl BodyErrorKind {
    /// The status httpd answers with.
    pub const fn status(self) -> u16 {
        match self {
            Self::ChunkTooLarge | Self::ChunkLineTooLong => 413,
            _ => 400,
        }
    }
}

impl From<BodyErrorKind> for BodyError {
    fn from(kind: BodyErrorKind) -> Self {
        Self { status: kind.status(), kind }
    }
}
