//! The request head: what the caller keeps between requests, and the questions it answers.

use crate::error::{HeadError, HeadErrorKind};
use crate::fields::Fields;
use crate::grammar::{list_has_token, parse_length};
use crate::host::{self, Host, HostText};
use crate::lines::Phase;
use crate::target::{Target, TargetForm};
use crate::text::Text;

/// How long and how many the parts of a request head may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// `LimitRequestLine`: bytes of the request line.
    pub line: usize,
    /// `LimitRequestFieldSize`: bytes of a field line, and of a value put together from several.
    pub field_size: usize,
    /// `LimitRequestFields`: field lines; 0 is unlimited.
    pub fields: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { line: 8190, field_size: 8190, fields: 100 }
    }
}

/// How far a head has been parsed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parsed {
    /// The head goes on beyond the bytes given. What there is of it is not wrong.
    Partial,
    /// The head is these first bytes, empty lines before the request line included.
    Complete(usize),
}

/// The protocol version of a request, as far as it changes anything.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Version {
    /// HTTP/1.0.
    Http10,
    /// HTTP/1.1, and what claims to be later: httpd answers those as 1.1.
    #[default]
    Http11,
}

/// How the end of a request's content is found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Framing {
    /// There is none.
    #[default]
    None,
    /// `Content-Length`, at most 2^63 - 1.
    Length(u64),
    /// `Transfer-Encoding: chunked`.
    Chunked,
}

/// A request head.
///
/// It holds no copy of the head but places in the caller's buffer, so that every question takes the
/// same `buf` that was parsed. One value serves one request after the other.
#[derive(Clone, Debug, Default)]
pub struct RequestHead {
    /// Where the line parser stands.
    pub(crate) phase: Phase,
    pub(crate) line: Text,
    pub(crate) method: Text,
    pub(crate) target: Text,
    pub(crate) protocol: Text,
    pub(crate) version: Version,
    pub(crate) fields: Fields,
    parts: Target,
    host: Option<HostText>,
    framing: Framing,
    close: bool,
    keep_alive: bool,
    expects_continue: bool,
}

impl RequestHead {
    /// Parses `buf` from its beginning; whatever this head held before is forgotten.
    ///
    /// # Errors
    /// As soon as the bytes cannot become an acceptable head. What was read of the request line can
    /// still be asked for: the refusal of a HEAD request has no content either.
    pub fn parse(&mut self, buf: &[u8], limits: &Limits) -> Result<Parsed, HeadError> {
        self.reset();
        if let Some(length) = self.parse_plain(buf, limits) {
            return self.conclude(buf, limits, length);
        }
        self.reset();
        self.resume(buf, limits)
    }

    /// Goes on after [`Parsed::Partial`]. `buf` begins with the same bytes as then and has grown;
    /// those are not looked at again, so that a client which sends byte by byte costs no more than
    /// any other.
    ///
    /// # Errors
    /// As for [`Self::parse`].
    pub fn resume(&mut self, buf: &[u8], limits: &Limits) -> Result<Parsed, HeadError> {
        match self.parse_lines(buf, limits) {
            Ok(Some(length)) => self.conclude(buf, limits, length),
            Ok(None) => Ok(Parsed::Partial),
            Err(kind) => Err(self.error(kind)),
        }
    }

    /// Forgets everything but keeps its memory.
    pub fn reset(&mut self) {
        let mut fields = std::mem::take(&mut self.fields);
        fields.clear();
        *self = Self { fields, ..Self::default() };
    }

    /// The method, in the case it was sent in.
    pub fn method<'b>(&self, buf: &'b [u8]) -> &'b [u8] {
        self.method.within(buf)
    }

    /// The request target as received.
    pub fn target<'b>(&self, buf: &'b [u8]) -> &'b [u8] {
        self.target.within(buf)
    }

    /// The request line as received, without its line end.
    pub fn line<'b>(&self, buf: &'b [u8]) -> &'b [u8] {
        self.line.within(buf)
    }

    /// The version as written, such as `HTTP/1.1`.
    pub fn protocol<'b>(&self, buf: &'b [u8]) -> &'b [u8] {
        self.protocol.within(buf)
    }

    /// The version.
    pub fn version(&self) -> Version {
        self.version
    }

    /// The form of the target.
    pub fn target_form(&self) -> TargetForm {
        self.parts.form
    }

    /// The path of the target, not decoded. Slashes it begins with are reduced to one; without a
    /// path it is `/`, or `*` for OPTIONS.
    pub fn path<'b>(&self, buf: &'b [u8]) -> &'b [u8] {
        match self.parts.path {
            Some(path) => path.within(buf),
            None if self.method(buf) == b"OPTIONS" => b"*",
            None => b"/",
        }
    }

    /// The query of the target: what follows the first `?`, if there is one.
    pub fn query<'b>(&self, buf: &'b [u8]) -> Option<&'b [u8]> {
        self.parts.query.map(|query| query.within(buf))
    }

    /// The fields in order. Repeated ones are joined with `, ` at the place and in the spelling of
    /// the first, as httpd does.
    pub fn fields<'a>(&'a self, buf: &'a [u8]) -> impl Iterator<Item = (&'a [u8], &'a [u8])> {
        self.fields.iter(buf)
    }

    /// The value of the field `name`, in any case.
    #[inline]
    pub fn find<'a>(&'a self, buf: &'a [u8], name: &str) -> Option<&'a [u8]> {
        self.fields.find(buf, name.as_bytes())
    }

    /// How the end of the content is found.
    pub fn framing(&self) -> Framing {
        self.framing
    }

    /// The host that the request is for, from an absolute target or from `Host`.
    pub fn host<'a>(&'a self, buf: &'a [u8]) -> Option<Host<'a>> {
        self.host.map(|host| host.of(buf, self.fields.store()))
    }

    /// Whether the connection must close after the response: the client said so, or both framings
    /// were given and the next request cannot be found with certainty, or it waits for a
    /// `100 Continue` that will not come, because there is no content or the version is 1.0.
    pub fn wants_close(&self) -> bool {
        self.close
    }

    /// Whether `Connection` holds `keep-alive`.
    pub fn wants_keep_alive(&self) -> bool {
        self.keep_alive
    }

    /// Whether the client waits for `100 Continue` before it sends the content. If it is answered
    /// without, the connection must close: see `broken` in [`crate::Exchange`].
    pub fn expects_continue(&self) -> bool {
        self.expects_continue
    }

    /// Draws the conclusions from a head whose lines are all right, in httpd's order: the first
    /// one that fails is the answer.
    fn conclude(
        &mut self,
        buf: &[u8],
        limits: &Limits,
        length: usize,
    ) -> Result<Parsed, HeadError> {
        self.fields
            .merge(buf, limits.field_size)
            .and_then(|()| self.conclude_framing(buf))
            .and_then(|()| self.conclude_host(buf))
            .and_then(|()| self.conclude_expectation(buf))
            .and_then(|()| self.conclude_coding(buf))
            .map_err(|kind| self.error(kind))?;
        let connection = self.find(buf, "Connection").unwrap_or_default();
        let (close, keep_alive) =
            (list_has_token(connection, b"close"), list_has_token(connection, b"keep-alive"));
        self.close |= close;
        self.keep_alive = keep_alive;
        Ok(Parsed::Complete(length))
    }

    /// RFC 9112 section 6.3.
    fn conclude_framing(&mut self, buf: &[u8]) -> Result<(), HeadErrorKind> {
        let content_length = self.find(buf, "Content-Length");
        if let Some(value) = content_length {
            let length = parse_length(value).ok_or(HeadErrorKind::ContentLength)?;
            self.framing = Framing::Length(length);
        }
        let Some(coding) = self.find(buf, "Transfer-Encoding") else { return Ok(()) };
        // RFC 9112 section 6.1: no 1.0 client can mean it; an intermediary may have passed it on.
        if Coding::of(coding) == Coding::Open || self.version == Version::Http10 {
            return Err(HeadErrorKind::TransferEncoding);
        }
        if self.framing != Framing::None {
            self.fields.remove(buf, b"Content-Length");
            self.close = true;
        }
        self.framing = Framing::Chunked;
        Ok(())
    }

    fn conclude_host(&mut self, buf: &[u8]) -> Result<(), HeadErrorKind> {
        let field = self.fields.find_text(buf, b"Host");
        if let Some(authority) = self.parts.authority {
            let host = host::from_target(authority, buf, self.fields.store_mut())?;
            if field.is_some() {
                let text = host.render(authority, buf, self.fields.store_mut());
                self.fields.replace(buf, b"Host", text);
            }
            self.host = Some(host);
        } else if let Some(text) = field {
            self.host = host::from_field(text, buf, self.fields.store_mut())?;
        }
        let needs_field = self.protocol(buf) == b"HTTP/1.1";
        let missing = self.host.is_none() || (needs_field && field.is_none());
        if missing && self.version == Version::Http11 {
            return Err(HeadErrorKind::NoHost);
        }
        Ok(())
    }

    fn conclude_expectation(&mut self, buf: &[u8]) -> Result<(), HeadErrorKind> {
        match self.find(buf, "Expect").unwrap_or_default() {
            b"" => return Ok(()),
            value if value.eq_ignore_ascii_case(b"100-continue") => {}
            _ => return Err(HeadErrorKind::Expectation),
        }
        let has_content = !matches!(self.framing, Framing::None | Framing::Length(0));
        self.expects_continue = has_content && self.version == Version::Http11;
        self.close |= !self.expects_continue;
        Ok(())
    }

    /// Comes last because httpd would answer everything else first.
    fn conclude_coding(&self, buf: &[u8]) -> Result<(), HeadErrorKind> {
        match self.find(buf, "Transfer-Encoding").map(Coding::of) {
            Some(Coding::Unsupported) => Err(HeadErrorKind::UnsupportedCoding),
            _ => Ok(()),
        }
    }

    /// Splits and checks the target; the last step of reading a request line.
    pub(crate) fn read_target(&mut self, buf: &[u8]) -> Result<(), HeadErrorKind> {
        self.parts = Target::parse(buf, self.method.within(buf), self.target)?;
        Ok(())
    }

    fn error(&self, kind: HeadErrorKind) -> HeadError {
        HeadError::new(kind, self.line.start..self.line.end)
    }
}

/// How a `Transfer-Encoding` is to be answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Coding {
    /// `chunked` alone.
    Chunked,
    /// Several codings of which the last is `chunked`. httpd leaves them to the handler, and
    /// mod_jk's answer is 501; ours is the same before anyone can read the content wrongly.
    Unsupported,
    /// Anything else: the end of the content cannot be found.
    Open,
}

impl Coding {
    /// Only spaces, no tabs, may precede the last coding (httpd: `ap_is_chunked`).
    fn of(value: &[u8]) -> Self {
        if value.eq_ignore_ascii_case(b"chunked") {
            return Self::Chunked;
        }
        let last = value.rsplit(|&b| b == b',').next().unwrap_or_default();
        let spaces = last.iter().take_while(|&&b| b == b' ').count();
        match last.get(spaces..) {
            Some(last) if last.eq_ignore_ascii_case(b"chunked") => Self::Unsupported,
            _ => Self::Open,
        }
    }
}
