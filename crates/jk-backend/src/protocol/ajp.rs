//! The container's side of AJP/1.3.

use std::fmt::Display;
use std::io::Write;

use ajp13::container::{self, ForwardRequest, Incoming};
use ajp13::max_data;

use super::content::Content;
use super::outbox::Dress;
use super::{Inbox, Kitchen, Outbox, Protocol, Step, Violation, after};
use crate::{Request, Response};

/// One AJP connection.
#[derive(Debug)]
pub(crate) struct Ajp {
    reading: Option<Reading>,
    /// Bytes of a packet that we send or ask for, its header included.
    packet_size: usize,
}

/// A request whose content is under way.
#[derive(Debug)]
struct Reading {
    /// The packet of the request, out of the way of the content.
    payload: Vec<u8>,
    content: Content,
}

impl Ajp {
    pub(crate) fn new(packet_size: usize) -> Self {
        Self { reading: None, packet_size }
    }

    /// A packet while no request is under way.
    fn begin(
        &mut self,
        payload: &[u8],
        outbox: &mut Outbox,
        kitchen: &mut Kitchen<'_>,
    ) -> Result<Step, Violation> {
        let Incoming::Forward(head) = Incoming::decode(payload).map_err(violation)? else {
            container::cpong(outbox.bytes());
            return Ok(Step::Again);
        };
        let request = Request::from_ajp(head);
        let announced = announced(&head)?;
        if announced == Some(0) {
            return Ok(self.answer(&request, false, outbox, kitchen));
        }
        if announced.is_none() {
            self.ask(outbox);
        }
        let content = Content::new(announced, kitchen.servlet.keeps_content(&request));
        self.reading = Some(Reading { payload: payload.to_vec(), content });
        Ok(Step::Again)
    }

    /// A packet of content.
    fn go_on(
        &mut self,
        mut reading: Reading,
        payload: &[u8],
        outbox: &mut Outbox,
        kitchen: &mut Kitchen<'_>,
    ) -> Result<Step, Violation> {
        let data = container::body_data(payload).map_err(violation)?;
        if !reading.content.add(data) {
            return Err(violation("more content than announced"));
        }
        // An empty packet ends the content, even short of what was announced.
        if !data.is_empty() && reading.content.left() != Some(0) {
            self.ask(outbox);
            self.reading = Some(reading);
            return Ok(Step::Again);
        }
        let head = ForwardRequest::decode(&reading.payload).map_err(violation)?;
        let content = &reading.content;
        let request = Request::from_ajp(head).with_content(content.kept(), content.len());
        Ok(self.answer(&request, content.overflown(), outbox, kitchen))
    }

    fn ask(&self, outbox: &mut Outbox) {
        // Exact: no packet carries more than 65530 bytes of data.
        container::get_body_chunk(outbox.bytes(), max_data(self.packet_size) as u16);
    }

    fn answer(
        &self,
        request: &Request<'_>,
        overflown: bool,
        outbox: &mut Outbox,
        kitchen: &mut Kitchen<'_>,
    ) -> Step {
        let response = kitchen.serve(request, overflown);
        self.write(response, request.is_head(), outbox);
        after(response)
    }

    fn write(&self, response: &Response, head: bool, outbox: &mut Outbox) {
        let parts = response.parts(head);
        let out = outbox.bytes();
        let mut digits = Digits::default();
        let length = parts.content_length.map(|len| (&b"Content-Length"[..], digits.of(len)));
        let fields = response.fields().chain(length);
        if container::send_headers(out, parts.status, parts.reason.as_bytes(), fields).is_err() {
            log::warn!("backend: a servlet wrote more fields than fit a packet");
            container::send_headers(out, 500, b"Internal Server Error", [])
                .expect("a head without fields fits");
            return container::end_response(out, true);
        }
        for chunk in parts.content.chunks(container::max_chunk(self.packet_size)) {
            container::send_body_chunk(out, chunk);
        }
        outbox.fill(parts.filler, Dress::Ajp);
    }
}

impl Protocol for Ajp {
    fn step(
        &mut self,
        inbox: &mut Inbox,
        outbox: &mut Outbox,
        kitchen: &mut Kitchen<'_>,
    ) -> Result<Step, Violation> {
        let frame = container::split_frame(inbox.unread(), ajp13::RECEIVE_LIMIT);
        let Some(frame) = frame.map_err(violation)? else { return Ok(Step::Read) };
        let step = match self.reading.take() {
            None => self.begin(frame.payload, outbox, kitchen),
            Some(reading) => self.go_on(reading, frame.payload, outbox, kitchen),
        };
        let len = frame.len;
        inbox.take(len);
        step
    }
}

/// Bytes of content that follow; `None` when only their end will tell.
fn announced(head: &ForwardRequest<'_>) -> Result<Option<u64>, Violation> {
    let Some(value) = head.header(b"content-length") else {
        return Ok(if head.header(b"transfer-encoding").is_some() { None } else { Some(0) });
    };
    let text = std::str::from_utf8(value).map_err(violation)?;
    text.parse().map(Some).map_err(|_| violation("content-length is no number"))
}

fn violation(what: impl Display) -> Violation {
    Violation(what.to_string())
}

/// A number in decimal, without an allocation.
#[derive(Default)]
struct Digits([u8; 20]);

impl Digits {
    fn of(&mut self, number: u64) -> &[u8] {
        let mut rest = &mut self.0[..];
        write!(rest, "{number}").expect("20 digits hold any u64");
        let left = rest.len();
        &self.0[..self.0.len() - left]
    }
}
