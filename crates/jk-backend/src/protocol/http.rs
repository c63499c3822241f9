//! The server's side of HTTP/1.1, as far as a benchmark behind another proxy needs it.

use std::io::Write;

use super::content::Content;
use super::outbox::Dress;
use super::{Inbox, Kitchen, Outbox, Protocol, Step, Violation, after};
use crate::{Request, Response};

const MAX_FIELDS: usize = 100;
/// The longest head; the inbox grows no further than this.
const MAX_HEAD: usize = 64 * 1024;

/// One HTTP connection.
#[derive(Debug, Default)]
pub(crate) struct Http {
    reading: Option<Reading>,
}

/// A request whose content is under way.
#[derive(Debug)]
struct Reading {
    /// The head of the request, out of the way of the content.
    head: Vec<u8>,
    content: Content,
}

/// What the framing of a message needs to know of its head.
struct Framing {
    content_length: u64,
    keep_alive: bool,
    expects: bool,
}

impl Http {
    /// Takes content of a request out of the inbox.
    fn go_on(
        &mut self,
        mut reading: Reading,
        inbox: &mut Inbox,
        outbox: &mut Outbox,
        kitchen: &mut Kitchen<'_>,
    ) -> Result<Step, Violation> {
        let left = reading.content.left().unwrap_or(0);
        let unread = inbox.unread();
        let len = usize::try_from(left).map_or(unread.len(), |left| left.min(unread.len()));
        reading.content.add(&unread[..len]);
        inbox.take(len);
        if reading.content.left() != Some(0) {
            self.reading = Some(reading);
            return Ok(Step::Read);
        }
        let mut fields = [httparse::EMPTY_HEADER; MAX_FIELDS];
        let Some((request, framing, _)) = parse(&reading.head, &mut fields)? else {
            return Err(Violation("a head that was whole is not".to_owned()));
        };
        let content = &reading.content;
        let request = request.with_content(content.kept(), content.len());
        Ok(answer(&request, &framing, content.overflown(), outbox, kitchen))
    }
}

impl Protocol for Http {
    fn step(
        &mut self,
        inbox: &mut Inbox,
        outbox: &mut Outbox,
        kitchen: &mut Kitchen<'_>,
    ) -> Result<Step, Violation> {
        if let Some(reading) = self.reading.take() {
            return self.go_on(reading, inbox, outbox, kitchen);
        }
        let mut fields = [httparse::EMPTY_HEADER; MAX_FIELDS];
        let unread = inbox.unread();
        let Some((request, framing, len)) = parse(unread, &mut fields)? else {
            if unread.len() >= MAX_HEAD {
                return Err(Violation("the head is too long".to_owned()));
            }
            return Ok(Step::Read);
        };
        let step = if framing.content_length == 0 {
            answer(&request, &framing, false, outbox, kitchen)
        } else {
            if framing.expects {
                outbox.bytes().extend_from_slice(b"HTTP/1.1 100 Continue\r\n\r\n");
            }
            let keep = kitchen.servlet.keeps_content(&request);
            let content = Content::new(Some(framing.content_length), keep);
            self.reading = Some(Reading { head: unread[..len].to_vec(), content });
            Step::Again
        };
        inbox.take(len);
        Ok(step)
    }
}

/// The request at the start of `bytes` and the length of its head, or `None` until it is whole.
fn parse<'b>(
    bytes: &'b [u8],
    fields: &'b mut [httparse::Header<'b>],
) -> Result<Option<(Request<'b>, Framing, usize)>, Violation> {
    let mut parsed = httparse::Request::new(fields);
    let status = parsed.parse(bytes).map_err(|error| Violation(error.to_string()))?;
    let httparse::Status::Complete(len) = status else { return Ok(None) };
    let (Some(method), Some(target), Some(version)) = (parsed.method, parsed.path, parsed.version)
    else {
        return Ok(None);
    };
    let request = Request::from_http(method, target, parsed.headers);
    let framing = framing(&request, version)?;
    Ok(Some((request, framing, len)))
}

fn framing(request: &Request<'_>, version: u8) -> Result<Framing, Violation> {
    if request.field("transfer-encoding").is_some() {
        return Err(Violation("chunked content is not supported".to_owned()));
    }
    let content_length = match request.field("content-length") {
        None => 0,
        Some(value) => std::str::from_utf8(value)
            .ok()
            .and_then(|text| text.parse().ok())
            .ok_or_else(|| Violation("content-length is no number".to_owned()))?,
    };
    let says = |word: &[u8]| {
        request.field("connection").is_some_and(|value| value.eq_ignore_ascii_case(word))
    };
    let keep_alive = if version == 0 { says(b"keep-alive") } else { !says(b"close") };
    Ok(Framing { content_length, keep_alive, expects: request.field("expect").is_some() })
}

fn answer(
    request: &Request<'_>,
    framing: &Framing,
    overflown: bool,
    outbox: &mut Outbox,
    kitchen: &mut Kitchen<'_>,
) -> Step {
    let response = kitchen.serve(request, overflown);
    write(response, request.is_head(), framing.keep_alive, outbox);
    outbox.last = !framing.keep_alive;
    after(response)
}

fn write(response: &Response, head: bool, keep_alive: bool, outbox: &mut Outbox) {
    let parts = response.parts(head);
    let out = outbox.bytes();
    write!(out, "HTTP/1.1 {} {}\r\n", parts.status, parts.reason).expect(INFALLIBLE);
    for (name, value) in response.fields() {
        for piece in [name, b": ", value, b"\r\n"] {
            out.extend_from_slice(piece);
        }
    }
    if let Some(len) = parts.content_length {
        write!(out, "Content-Length: {len}\r\n").expect(INFALLIBLE);
    }
    // Spelled out for clients of HTTP/1.0, which would not expect it.
    let connection: &[u8] = if keep_alive { b"keep-alive" } else { b"close" };
    for piece in [b"Connection: ", connection, b"\r\n\r\n", parts.content] {
        out.extend_from_slice(piece);
    }
    outbox.fill(parts.filler, Dress::Plain);
}

const INFALLIBLE: &str = "a vector takes everything";
