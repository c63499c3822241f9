//! Reading what a client sends.

use thiserror::Error;

use crate::names::{METHODS, REQUEST_HEADERS, STORED_METHOD, lookup};
use crate::reader::{Name, Reader};
use crate::request as code;
use crate::{Attribute, ReadError, RequestLine};

const CPING: u8 = 0x0A;
/// Attributes that nobody sends any more; containers read and drop them.
const CONTEXT: u8 = 0x01;
const SERVLET_PATH: u8 = 0x02;

/// What a client did wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum RequestError {
    /// No payload, hence no type.
    #[error("empty packet")]
    Empty,
    /// No such message from a client.
    #[error("unknown packet type 0x{0:02x}")]
    UnknownCode(u8),
    /// A value cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// No such method.
    #[error("unknown method code 0x{0:02x}")]
    Method(u8),
    /// The method has no code, and its text is missing.
    #[error("the method is missing")]
    NoMethod,
    /// The text of a method although it has a code.
    #[error("the method is given twice")]
    TwoMethods,
    /// A header code outside 0xA001 to 0xA00E.
    #[error("unknown header code 0x{0:04x}")]
    HeaderCode(u16),
    /// No such attribute.
    #[error("unknown attribute 0x{0:02x}")]
    AttributeCode(u8),
    /// Bytes after the end of the message.
    #[error("bytes after the end of the request")]
    Trailing,
    /// The length of the data in a data packet is not that of the packet.
    #[error("data of {claimed} bytes in a packet that holds {present}")]
    DataLength {
        /// Bytes announced.
        claimed: usize,
        /// Bytes there.
        present: usize,
    },
}

/// A packet that may come when no request is under way.
#[derive(Clone, Copy, Debug)]
pub enum Incoming<'b> {
    /// A request.
    Forward(ForwardRequest<'b>),
    /// A liveness probe.
    CPing,
}

impl<'b> Incoming<'b> {
    /// Reads one payload.
    ///
    /// # Errors
    /// The payload is neither a sound request nor a CPing.
    pub fn decode(payload: &'b [u8]) -> Result<Self, RequestError> {
        match payload {
            [] => Err(RequestError::Empty),
            [CPING, ..] => Ok(Self::CPing),
            _ => ForwardRequest::decode(payload).map(Self::Forward),
        }
    }
}

/// A request, validated when it was decoded; borrows its payload.
#[derive(Clone, Copy, Debug)]
pub struct ForwardRequest<'b> {
    line: RequestLine<'b>,
    headers: Headers<'b>,
    attributes: Attributes<'b>,
}

impl<'b> ForwardRequest<'b> {
    /// Reads one payload.
    ///
    /// # Errors
    /// The payload is not a sound request.
    pub fn decode(payload: &'b [u8]) -> Result<Self, RequestError> {
        let mut reader = Reader(payload);
        match reader.byte() {
            Err(_) => return Err(RequestError::Empty),
            Ok(code::FORWARD_REQUEST) => {}
            Ok(unknown) => return Err(RequestError::UnknownCode(unknown)),
        }
        let method = reader.byte()?;
        let line = line(&mut reader)?;
        let headers = headers(&mut reader)?;
        let (attributes, stored) = attributes(reader)?;
        let method = resolve_method(method, stored)?;
        Ok(Self { line: RequestLine { method, ..line }, headers, attributes })
    }

    /// What precedes the headers; the method as text.
    pub fn line(&self) -> &RequestLine<'b> {
        &self.line
    }

    /// Names and values, in the order they came.
    pub fn headers(&self) -> Headers<'b> {
        self.headers
    }

    /// The attributes, in the order they came; obsolete ones left out.
    pub fn attributes(&self) -> Attributes<'b> {
        self.attributes
    }

    /// The value of the first header of that name, in whatever case.
    pub fn header(&self, name: &[u8]) -> Option<&'b [u8]> {
        self.headers().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// The query, without the question mark.
    pub fn query(&self) -> Option<&'b [u8]> {
        self.attributes().find_map(|attribute| match attribute {
            Attribute::QueryString(query) => Some(query),
            _ => None,
        })
    }
}

/// Iterates over the headers of a [`ForwardRequest`].
#[derive(Clone, Copy, Debug)]
pub struct Headers<'b> {
    left: u16,
    reader: Reader<'b>,
}

impl<'b> Iterator for Headers<'b> {
    type Item = (&'b [u8], &'b [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        self.left = self.left.checked_sub(1)?;
        header(&mut self.reader).ok()
    }
}

/// Iterates over the attributes of a [`ForwardRequest`].
#[derive(Clone, Copy, Debug)]
pub struct Attributes<'b> {
    reader: Reader<'b>,
}

impl<'b> Iterator for Attributes<'b> {
    type Item = Attribute<'b>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            match attribute(&mut self.reader).ok()? {
                Step::Attribute(attribute) => return Some(attribute),
                Step::Obsolete => {}
                Step::Done => return None,
            }
        }
    }
}

/// The content of a data packet; empty at the end of the body, in either of its forms.
///
/// # Errors
/// The two lengths of the packet disagree.
pub fn body_data(payload: &[u8]) -> Result<&[u8], RequestError> {
    if payload.is_empty() {
        return Ok(payload);
    }
    let mut reader = Reader(payload);
    let claimed = usize::from(reader.integer()?);
    let present = reader.0.len();
    if claimed != present {
        return Err(RequestError::DataLength { claimed, present });
    }
    Ok(reader.0)
}

fn line<'b>(reader: &mut Reader<'b>) -> Result<RequestLine<'b>, RequestError> {
    Ok(RequestLine {
        method: b"",
        protocol: reader.required()?,
        uri: reader.required()?,
        remote_addr: reader.string()?.unwrap_or_default(),
        remote_host: reader.string()?,
        server_name: reader.required()?,
        server_port: reader.integer()?,
        is_ssl: reader.byte()? != 0,
    })
}

/// Reads past the headers and returns an iterator that reads them again.
fn headers<'b>(reader: &mut Reader<'b>) -> Result<Headers<'b>, RequestError> {
    let count = reader.integer()?;
    let headers = Headers { left: count, reader: *reader };
    for _ in 0..count {
        header(reader)?;
    }
    Ok(headers)
}

fn header<'b>(reader: &mut Reader<'b>) -> Result<(&'b [u8], &'b [u8]), RequestError> {
    let name = match reader.name()? {
        Name::Text(name) => name,
        Name::Code(code) => {
            lookup(&REQUEST_HEADERS, code).ok_or(RequestError::HeaderCode(code))?.as_bytes()
        }
    };
    Ok((name, reader.required()?))
}

/// Reads to the end of the message; also returns the stored method, which ends up in the line.
fn attributes(mut reader: Reader<'_>) -> Result<(Attributes<'_>, Option<&[u8]>), RequestError> {
    let attributes = Attributes { reader };
    let mut stored = None;
    loop {
        match attribute(&mut reader)? {
            Step::Attribute(Attribute::StoredMethod(method)) => stored = Some(method),
            Step::Attribute(_) | Step::Obsolete => {}
            Step::Done if reader.0.is_empty() => return Ok((attributes, stored)),
            Step::Done => return Err(RequestError::Trailing),
        }
    }
}

enum Step<'b> {
    Attribute(Attribute<'b>),
    Obsolete,
    Done,
}

fn attribute<'b>(reader: &mut Reader<'b>) -> Result<Step<'b>, RequestError> {
    Ok(Step::Attribute(match reader.byte()? {
        code::ARE_DONE => return Ok(Step::Done),
        CONTEXT | SERVLET_PATH => {
            return reader.string().map(|_| Step::Obsolete).map_err(Into::into);
        }
        code::SSL_KEY_SIZE => Attribute::SslKeySize(reader.integer()?),
        code::REQUEST_ATTRIBUTE => {
            Attribute::Request { name: reader.required()?, value: reader.required()? }
        }
        code::REMOTE_USER => Attribute::RemoteUser(reader.required()?),
        code::AUTH_TYPE => Attribute::AuthType(reader.required()?),
        code::QUERY_STRING => Attribute::QueryString(reader.required()?),
        code::ROUTE => Attribute::Route(reader.required()?),
        code::SSL_CERT => Attribute::SslCert(reader.required()?),
        code::SSL_CIPHER => Attribute::SslCipher(reader.required()?),
        code::SSL_SESSION => Attribute::SslSession(reader.required()?),
        code::SECRET => Attribute::Secret(reader.required()?),
        code::STORED_METHOD_TEXT => Attribute::StoredMethod(reader.required()?),
        unknown => return Err(RequestError::AttributeCode(unknown)),
    }))
}

fn resolve_method(code: u8, stored: Option<&[u8]>) -> Result<&[u8], RequestError> {
    match (code, stored) {
        (STORED_METHOD, stored) => stored.ok_or(RequestError::NoMethod),
        (_, Some(_)) => Err(RequestError::TwoMethods),
        (code, None) => usize::from(code)
            .checked_sub(1)
            .and_then(|at| METHODS.get(at))
            .map(|method| method.as_bytes())
            .ok_or(RequestError::Method(code)),
    }
}
