//! What a servlet answers. One value is reused for all requests of a loop.

use std::fmt;
use std::io::Write;
use std::time::Duration;

/// The answer to one request; 200 without content unless the servlet says otherwise.
///
/// `Content-Length` is added to it, and content is left out where HTTP wants none.
#[derive(Debug)]
pub struct Response {
    status: u16,
    /// Names and values, one after another.
    text: Vec<u8>,
    /// For each field where its name ends in `text`, and where its value does.
    fields: Vec<(usize, usize)>,
    content: Vec<u8>,
    filler: u64,
    delay: Option<Duration>,
}

impl Response {
    pub(crate) fn new() -> Self {
        Self {
            status: 200,
            text: Vec::new(),
            fields: Vec::new(),
            content: Vec::new(),
            filler: 0,
            delay: None,
        }
    }

    /// Sets the status.
    pub fn status(&mut self, status: u16) {
        self.status = status;
    }

    /// Adds a field.
    pub fn field(&mut self, name: &str, value: impl AsRef<[u8]>) {
        self.text.extend_from_slice(name.as_bytes());
        let name_end = self.text.len();
        self.text.extend_from_slice(value.as_ref());
        self.fields.push((name_end, self.text.len()));
    }

    /// The content, to write to.
    pub fn content(&mut self) -> &mut Vec<u8> {
        &mut self.content
    }

    /// Appends text to the content.
    pub fn print(&mut self, text: fmt::Arguments<'_>) {
        self.content.write_fmt(text).expect("a vector takes everything");
    }

    /// Answers with `len` bytes of no meaning, made while they are sent, after the content.
    pub fn fill(&mut self, len: u64) {
        self.filler = len;
    }

    /// Holds the answer back for that long, without holding up anyone else.
    pub fn delay(&mut self, delay: Duration) {
        self.delay = Some(delay);
    }

    /// Makes room for the next answer, without giving memory back but after an unusually big one.
    pub(crate) fn clear(&mut self) {
        self.status = 200;
        self.text.clear();
        self.fields.clear();
        self.content.clear();
        self.content.shrink_to(KEPT);
        self.filler = 0;
        self.delay = None;
    }

    /// What is written of the answer to `head`, a request that wants the head alone, or to another.
    pub(crate) fn parts(&self, head: bool) -> Parts<'_> {
        let bodiless = matches!(self.status, 100..=199 | 204 | 304);
        let len = self.content.len() as u64 + self.filler;
        let silent = head || bodiless;
        Parts {
            status: self.status,
            reason: reason(self.status),
            content_length: (!bodiless).then_some(len),
            content: if silent { &[] } else { &self.content },
            filler: if silent { 0 } else { self.filler },
        }
    }

    pub(crate) fn fields(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        let mut start = 0;
        self.fields.iter().map(move |&(name_end, value_end)| {
            let field = (&self.text[start..name_end], &self.text[name_end..value_end]);
            start = value_end;
            field
        })
    }

    pub(crate) fn held_back(&self) -> Option<Duration> {
        self.delay
    }
}

/// Content memory that is kept between two answers.
const KEPT: usize = 256 * 1024;

/// A response as it goes out.
pub(crate) struct Parts<'a> {
    pub(crate) status: u16,
    pub(crate) reason: &'static str,
    pub(crate) content_length: Option<u64>,
    pub(crate) content: &'a [u8],
    pub(crate) filler: u64,
}

/// The phrases of RFC 9110 for what tests and demo ask for.
fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        201 => "Created",
        202 => "Accepted",
        204 => "No Content",
        205 => "Reset Content",
        206 => "Partial Content",
        301 => "Moved Permanently",
        302 => "Found",
        303 => "See Other",
        304 => "Not Modified",
        307 => "Temporary Redirect",
        308 => "Permanent Redirect",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        409 => "Conflict",
        410 => "Gone",
        411 => "Length Required",
        413 => "Content Too Large",
        418 => "I'm a teapot",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        501 => "Not Implemented",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        _ => "Unknown",
    }
}
