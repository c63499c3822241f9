//! The way of a request to a backend, once there is a connection: the Forward Request, and its
//! content packet by packet as it becomes due.

use std::io::{self, IoSlice};

use ajp13::{BodyDue, END_OF_BODY, data_head, data_len, max_data};
use jk_balance::Failure;
use jk_http::Framing;

use super::client::Line;
use super::context::Context;
use super::exchange::Exchange;
use super::forward::{Flow, Forward, Link, Step};
use super::intake::{Filled, IntakeError};
use super::journal::Trouble;
use super::net::{Net, Stream};

/// What the data packet holds that follows a Forward Request, with packets of the usual size.
const FIRST_CONTENT: usize = 8186;

impl<S: Stream> Exchange<S> {
    /// Sends the request, and what of its content is due and at hand.
    pub(super) fn send_request<N: Net<Stream = S>>(
        &mut self,
        ctx: &mut Context<N>,
        line: &mut Line<S>,
    ) {
        let first_due = self.announced() > 0;
        self.forward.conversation.request_sent(first_due);
        self.forward.step = Step::Response;
        self.forward.partial.clear();
        self.forward.outstanding = 0;
        let want = self.due_length();
        let mut head = [0; 6];
        let mut content: &[u8] = &[];
        if first_due {
            self.interim(line);
            match self.intake.fill(want, line) {
                Ok(Filled::Ready) => {
                    let length = data_len(self.intake.content().len().min(want));
                    content = &self.intake.content()[..length];
                    head = data_head(length);
                }
                // An error is told below, once the request is out: the backend is not to blame.
                Ok(Filled::Dry) | Err(_) => {}
            }
        }
        let head = if content.is_empty() { &[][..] } else { &head[..] };
        let length = content.len();
        let Forward { link, unsent, packet, written, .. } = &mut self.forward;
        let sent = write_parts(link, unsent, written, &[packet, head, content]);
        if !sent {
            return self.fail(ctx, line, Failure::Send);
        }
        if length > 0 {
            self.forward.outstanding = length;
            self.forward.conversation.data_sent();
        }
        self.forward.quiet_since = Some(ctx.clock.now);
    }

    /// Whether the content that goes with the Forward Request has yet to come. When connections are
    /// scarce, such a request waits for it first: clients that dribble would otherwise hold all of them,
    /// and as many threads of the container. One that waits for leave to send is told as soon as a
    /// connection stands, as by httpd.
    pub(super) fn awaits_first_content(&mut self, line: &mut Line<S>) -> bool {
        let announced = self.announced();
        if announced == 0 || self.received.expects_continue {
            return false;
        }
        let want = usize::try_from(announced).map_or(FIRST_CONTENT, |all| all.min(FIRST_CONTENT));
        matches!(self.intake.fill(want, line), Ok(Filled::Dry))
    }

    /// The content length that the Forward Request announces; 0 for none and for streamed content.
    pub(super) fn announced(&self) -> u64 {
        match self.received.framing() {
            Framing::Length(length) if !self.received.is_streamed() => length,
            _ => 0,
        }
    }

    /// How much content the data packet that is due should carry.
    pub(super) fn due_length(&self) -> usize {
        let most = max_data(self.backend().live.max_packet_size());
        let most = match self.forward.conversation.body_due() {
            Some(BodyDue::Asked { wanted }) => most.min(usize::from(wanted)),
            _ => most,
        };
        match self.announced() {
            0 => most,
            length => {
                let left = length.saturating_sub(self.forward.consumed);
                most.min(usize::try_from(left).unwrap_or(usize::MAX))
            }
        }
    }

    /// Sends the data packet that is due. `None` when the client has to send first.
    pub(super) fn send_content<N: Net<Stream = S>>(
        &mut self,
        ctx: &mut Context<N>,
        line: &mut Line<S>,
    ) -> Option<Flow> {
        let asked = matches!(self.forward.conversation.body_due(), Some(BodyDue::Asked { .. }));
        if asked {
            self.forward.trouble = Trouble::Asked;
        }
        if asked && !self.forward.body_consumed {
            // From here on the request cannot be sent again.
            self.forward.body_consumed = true;
        }
        self.drop_outstanding();
        let want = self.due_length();
        self.interim(line);
        let filled = match want {
            0 => Ok(Filled::Ready),
            _ => self.intake.fill(want, line),
        };
        let limit = self.received.settings().limit_request_body;
        if limit > 0 && self.intake.total > limit {
            self.fail(ctx, line, Failure::ClientRead);
            return Some(Flow::Again);
        }
        match filled {
            Ok(Filled::Ready) => {}
            Ok(Filled::Dry) => return None,
            Err(IntakeError::Gone | IntakeError::Body(_)) => {
                self.fail(ctx, line, Failure::ClientRead);
                return Some(Flow::Again);
            }
        }
        let length = data_len(self.intake.content().len().min(want));
        let head = data_head(length);
        let sent = match length {
            0 => self.send_to_backend(&[&END_OF_BODY]),
            _ => {
                let Forward { link, unsent, written, .. } = &mut self.forward;
                let content = &self.intake.content()[..length];
                write_parts(link, unsent, written, &[&head, content])
            }
        };
        if !sent {
            let failure = if asked { Failure::BodySend } else { Failure::Send };
            self.fail(ctx, line, failure);
            return Some(Flow::Again);
        }
        self.forward.conversation.data_sent();
        self.forward.outstanding = length;
        if asked {
            self.drop_outstanding();
        }
        self.forward.quiet_since = Some(ctx.clock.now);
        Some(Flow::Again)
    }

    /// Content that no other try will need.
    pub(super) fn drop_outstanding(&mut self) {
        let length = std::mem::take(&mut self.forward.outstanding);
        self.intake.consume(length);
        self.forward.consumed += length as u64;
    }

    /// Tells a client that waits for leave to send its content to go on, unless it is being answered
    /// (httpd: `ap_http_filter`).
    pub(super) fn interim(&mut self, line: &mut Line<S>) {
        if self.received.take_expectation() && !self.reply.is_committed() {
            self.reply.interim(b"HTTP/1.1 100 Continue\r\n\r\n");
            // An error shows when the client is next read.
            let _ = self.reply.flush(&mut line.stream, &mut line.writable);
        }
    }

    /// Writes bytes of ours to the backend. `false` when the connection is broken.
    pub(super) fn send_to_backend(&mut self, parts: &[&[u8]]) -> bool {
        let Forward { link, unsent, written, .. } = &mut self.forward;
        write_parts(link, unsent, written, parts)
    }

    /// Sends what the backend's socket would not take before. `false` when it is broken.
    pub(super) fn flush_to_backend(&mut self) -> bool {
        let forward = &mut self.forward;
        let Some(link) = &mut forward.link else { return false };
        while forward.unsent_at < forward.unsent.len() && link.writable {
            match link.stream.write(&forward.unsent[forward.unsent_at..]) {
                Ok(n) => forward.unsent_at += n,
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => link.writable = false,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return false,
            }
        }
        if forward.unsent_at == forward.unsent.len() {
            forward.unsent.clear();
            forward.unsent_at = 0;
        }
        true
    }
}

/// Writes up to three parts to the backend with one call; what is not taken is kept. `false` when
/// the connection is broken.
pub(super) fn write_parts<S: Stream>(
    link: &mut Option<Link<S>>,
    unsent: &mut Vec<u8>,
    written: &mut u64,
    parts: &[&[u8]],
) -> bool {
    let Some(link) = link else { return false };
    let mut slices = [IoSlice::new(&[]); 3];
    for (slice, part) in slices.iter_mut().zip(parts) {
        *slice = IoSlice::new(part);
    }
    let total: usize = slices.iter().map(|slice| slice.len()).sum();
    let mut taken = std::mem::take(&mut link.ahead);
    while link.writable && taken == 0 && total > 0 {
        // A request without content is one part, which a plain write sends for less.
        let written = match parts {
            [only] | [only, [], []] => link.stream.write(only),
            _ => link.stream.write_vectored(&slices),
        };
        match written {
            Ok(n) => taken = n,
            Err(e) if e.kind() == io::ErrorKind::WouldBlock => link.writable = false,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => return false,
        }
    }
    *written += total as u64;
    link.writable &= taken == total;
    let mut skip = taken;
    for slice in &slices {
        let from = skip.min(slice.len());
        skip -= from;
        unsent.extend_from_slice(&slice[from..]);
    }
    true
}
