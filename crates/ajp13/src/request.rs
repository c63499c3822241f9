//! Writing a Forward Request.

use std::fmt;

use jk_text::is_plain;
use thiserror::Error;

use crate::frame::{HEADER_LEN, RECEIVE_LIMIT, TO_CONTAINER};
use crate::names::{STORED_METHOD, method_code, request_header_code};
use crate::reader::NULL;

pub(crate) const FORWARD_REQUEST: u8 = 0x02;
pub(crate) const REMOTE_USER: u8 = 0x03;
pub(crate) const AUTH_TYPE: u8 = 0x04;
pub(crate) const QUERY_STRING: u8 = 0x05;
pub(crate) const ROUTE: u8 = 0x06;
pub(crate) const SSL_CERT: u8 = 0x07;
pub(crate) const SSL_CIPHER: u8 = 0x08;
pub(crate) const SSL_SESSION: u8 = 0x09;
pub(crate) const REQUEST_ATTRIBUTE: u8 = 0x0A;
pub(crate) const SSL_KEY_SIZE: u8 = 0x0B;
pub(crate) const SECRET: u8 = 0x0C;
pub(crate) const STORED_METHOD_TEXT: u8 = 0x0D;
pub(crate) const ARE_DONE: u8 = 0xFF;

/// What a Forward Request says before its headers.
#[derive(Clone, Copy, Debug)]
pub struct RequestLine<'a> {
    /// As the client spelled it. A method without a code also needs [`Attribute::StoredMethod`].
    pub method: &'a [u8],
    /// `HTTP/1.1`
    pub protocol: &'a [u8],
    /// The path, still percent-encoded, without the query.
    pub uri: &'a [u8],
    /// The client's address. An empty one is sent as a null string, as mod_jk does.
    pub remote_addr: &'a [u8],
    /// The client's name, if it was looked up.
    pub remote_host: Option<&'a [u8]>,
    /// The host the client asked for, without its port.
    pub server_name: &'a [u8],
    /// The port the client asked for.
    pub server_port: u16,
    /// Whether the client speaks TLS.
    pub is_ssl: bool,
}

/// What a Forward Request may say after its headers.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Attribute<'a> {
    /// The user whom the front end authenticated.
    RemoteUser(&'a [u8]),
    /// How it authenticated that user.
    AuthType(&'a [u8]),
    /// The query, without the question mark.
    QueryString(&'a [u8]),
    /// The route of the member that was elected.
    Route(&'a [u8]),
    /// The client's certificates in PEM.
    SslCert(&'a [u8]),
    /// The cipher suite.
    SslCipher(&'a [u8]),
    /// The TLS session, in hexadecimal.
    SslSession(&'a [u8]),
    /// Bits of the cipher's key. The one attribute that is a number on the wire.
    SslKeySize(u16),
    /// The secret shared with the backend.
    Secret(&'a [u8]),
    /// The method, when it has no code.
    StoredMethod(&'a [u8]),
    /// A named attribute. Tomcat refuses requests with names it does not know.
    Request {
        /// Its name.
        name: &'a [u8],
        /// Its value.
        value: &'a [u8],
    },
}

impl fmt::Debug for Attribute<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, value) = match *self {
            Self::Secret(_) => return f.write_str("Secret(…)"),
            Self::SslKeySize(bits) => return write!(f, "SslKeySize({bits})"),
            Self::Request { name, value } => {
                return write!(f, "Request({}={})", name.escape_ascii(), value.escape_ascii());
            }
            Self::RemoteUser(value) => ("RemoteUser", value),
            Self::AuthType(value) => ("AuthType", value),
            Self::QueryString(value) => ("QueryString", value),
            Self::Route(value) => ("Route", value),
            Self::SslCert(value) => ("SslCert", value),
            Self::SslCipher(value) => ("SslCipher", value),
            Self::SslSession(value) => ("SslSession", value),
            Self::StoredMethod(value) => ("StoredMethod", value),
        };
        write!(f, "{name}({})", value.escape_ascii())
    }
}

/// Why a request cannot be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum EncodeError {
    /// The message exceeds the packet it must fit in; there is no continuation.
    #[error("the request does not fit a packet of {limit} bytes")]
    TooLarge {
        /// `max_packet_size`
        limit: usize,
    },
    /// Text holds a byte that it must not hold: NUL, and CR or LF but in certificates and in values
    /// of named attributes. Header names of 40960 to 41215 bytes count too: their length would read
    /// as a code.
    #[error("{field} holds bytes that cannot be forwarded")]
    BadText {
        /// Where.
        field: TextField,
    },
    /// More headers than their number can say.
    #[error("more than 65535 headers")]
    TooManyHeaders,
}

/// A part of a request that is text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextField {
    /// The protocol.
    Protocol,
    /// The URI.
    Uri,
    /// Address or name of the client.
    Remote,
    /// The name of the server.
    ServerName,
    /// The name of a header.
    HeaderName,
    /// The value of a header.
    HeaderValue,
    /// Name or value of an attribute.
    Attribute,
}

impl fmt::Display for TextField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Protocol => "the protocol",
            Self::Uri => "the URI",
            Self::Remote => "the client's address",
            Self::ServerName => "the server name",
            Self::HeaderName => "a header name",
            Self::HeaderValue => "a header value",
            Self::Attribute => "an attribute",
        })
    }
}

/// Writes one Forward Request at the end of a buffer: the line first, then the headers, then the
/// attributes. The first thing that goes wrong is remembered and reported by [`Self::finish`].
#[derive(Debug)]
#[must_use = "a request that is not finished leaves half a packet in the buffer"]
pub struct RequestEncoder<'o> {
    out: &'o mut Vec<u8>,
    /// Where the packet begins in `out`.
    start: usize,
    /// Where the number of headers goes in `out`.
    count_at: usize,
    headers: u16,
    limit: usize,
    /// The method has no code and its text is still to come.
    method_owed: bool,
    in_attributes: bool,
    fault: Option<EncodeError>,
}

impl<'o> RequestEncoder<'o> {
    /// Begins a packet of at most `max_packet_size` bytes, its header included.
    pub fn begin(out: &'o mut Vec<u8>, max_packet_size: usize, line: &RequestLine<'_>) -> Self {
        let start = out.len();
        let code = method_code(line.method).unwrap_or(STORED_METHOD);
        let mut this = Self {
            out,
            start,
            count_at: start,
            headers: 0,
            limit: max_packet_size.min(RECEIVE_LIMIT),
            method_owed: code == STORED_METHOD,
            in_attributes: false,
            fault: None,
        };
        let [m0, m1] = TO_CONTAINER.to_be_bytes();
        this.bytes(&[m0, m1, 0, 0, FORWARD_REQUEST, code]);
        this.text(TextField::Protocol, line.protocol);
        this.text(TextField::Uri, line.uri);
        let address = Some(line.remote_addr).filter(|address| !address.is_empty());
        for remote in [address, line.remote_host] {
            match remote {
                Some(text) => this.text(TextField::Remote, text),
                None => this.bytes(&NULL.to_be_bytes()),
            }
        }
        this.text(TextField::ServerName, line.server_name);
        let [p0, p1] = line.server_port.to_be_bytes();
        this.count_at = this.out.len() + 3;
        this.bytes(&[p0, p1, line.is_ssl.into(), 0, 0]);
        this
    }

    /// Adds a header. Known names become codes, in whatever case they are written.
    pub fn header(&mut self, name: &[u8], value: &[u8]) {
        debug_assert!(!self.in_attributes, "a header after an attribute");
        match request_header_code(name) {
            Some(code) => self.bytes(&code.to_be_bytes()),
            None => self.header_name(name),
        }
        self.text(TextField::HeaderValue, value);
        match self.headers.checked_add(1) {
            Some(headers) => self.headers = headers,
            None => self.fail(EncodeError::TooManyHeaders),
        }
    }

    /// Adds an attribute, once all headers are there.
    pub fn attribute(&mut self, attribute: Attribute<'_>) {
        use Attribute as A;
        self.in_attributes = true;
        let (code, text) = match attribute {
            A::SslKeySize(bits) => return self.key_size(bits),
            A::Request { name, value } => return self.named_attribute(name, value),
            A::SslCert(pem) => {
                self.bytes(&[SSL_CERT]);
                return self.opaque(TextField::Attribute, pem);
            }
            A::StoredMethod(method) => {
                debug_assert!(self.method_owed, "a stored method overrides the method's code");
                self.method_owed = false;
                (STORED_METHOD_TEXT, method)
            }
            A::RemoteUser(user) => (REMOTE_USER, user),
            A::AuthType(kind) => (AUTH_TYPE, kind),
            A::QueryString(query) => (QUERY_STRING, query),
            A::Route(route) => (ROUTE, route),
            A::SslCipher(cipher) => (SSL_CIPHER, cipher),
            A::SslSession(session) => (SSL_SESSION, session),
            A::Secret(secret) => (SECRET, secret),
        };
        self.bytes(&[code]);
        self.text(TextField::Attribute, text);
    }

    /// Ends the message and says how many bytes it takes in the buffer.
    ///
    /// # Errors
    /// The request cannot be sent; the buffer is then as it was before [`Self::begin`].
    pub fn finish(mut self) -> Result<usize, EncodeError> {
        debug_assert!(!self.method_owed, "a method without a code needs Attribute::StoredMethod");
        self.bytes(&[ARE_DONE]);
        if let Some(fault) = self.fault {
            self.out.truncate(self.start);
            return Err(fault);
        }
        let len = self.out.len() - self.start;
        // Exact: without a fault `len` is within `limit`, which is at most 65536.
        let payload = (len - HEADER_LEN) as u16;
        patch(self.out, self.start + 2, payload);
        patch(self.out, self.count_at, self.headers);
        Ok(len)
    }

    fn header_name(&mut self, name: &[u8]) {
        if (0xA000..=0xA0FF).contains(&name.len()) {
            self.fail(EncodeError::BadText { field: TextField::HeaderName });
        }
        self.text(TextField::HeaderName, name);
    }

    fn key_size(&mut self, bits: u16) {
        let [b0, b1] = bits.to_be_bytes();
        self.bytes(&[SSL_KEY_SIZE, b0, b1]);
    }

    /// Values come from the environment and may span lines, as certificates do.
    fn named_attribute(&mut self, name: &[u8], value: &[u8]) {
        self.bytes(&[REQUEST_ATTRIBUTE]);
        self.text(TextField::Attribute, name);
        self.opaque(TextField::Attribute, value);
    }

    /// A string on a single line.
    fn text(&mut self, field: TextField, text: &[u8]) {
        if !is_plain(text) && memchr::memchr3(0, b'\r', b'\n', text).is_some() {
            return self.fail(EncodeError::BadText { field });
        }
        self.string(text);
    }

    /// A string of whatever bytes, except the one that ends it.
    fn opaque(&mut self, field: TextField, text: &[u8]) {
        if !is_plain(text) && memchr::memchr(0, text).is_some() {
            return self.fail(EncodeError::BadText { field });
        }
        self.string(text);
    }

    fn string(&mut self, text: &[u8]) {
        if !self.fits(text.len().saturating_add(3)) {
            return;
        }
        // Exact: a string that needs more than these two bytes fits no packet.
        self.out.extend_from_slice(&(text.len() as u16).to_be_bytes());
        self.out.extend_from_slice(text);
        self.out.push(0);
    }

    fn bytes(&mut self, bytes: &[u8]) {
        if self.fits(bytes.len()) {
            self.out.extend_from_slice(bytes);
        }
    }

    /// Whether `more` bytes may be written. Nothing is, once something has gone wrong.
    fn fits(&mut self, more: usize) -> bool {
        if (self.out.len() - self.start).saturating_add(more) > self.limit {
            self.fail(EncodeError::TooLarge { limit: self.limit });
        }
        self.fault.is_none()
    }

    fn fail(&mut self, fault: EncodeError) {
        self.fault.get_or_insert(fault);
    }
}

/// Overwrites the two bytes at `at`, which were written as zeros before.
pub(crate) fn patch(out: &mut [u8], at: usize, value: u16) {
    if let Some(place) = out.get_mut(at..).and_then(<[u8]>::first_chunk_mut) {
        *place = value.to_be_bytes();
    }
}
