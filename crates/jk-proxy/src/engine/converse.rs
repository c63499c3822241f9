//! The conversation with a backend, once the request is out: its packets in, acted on one by one.

use std::io;
use std::ops::Range;
use std::rc::Rc;
use std::time::{Duration, Instant};

use ajp13::{
    HEADER_LEN, Message, MessageError, RECEIVE_LIMIT, SendHeaders, SequenceError, split_frame,
};
use jk_balance::Failure;

use super::client::Line;
use super::context::Context;
use super::election::lb_of;
use super::exchange::{Exchange, Stage};
use super::forward::{Flow, Forward, Step};
use super::journal::Trouble;
use super::net::{Net, Stream};
use super::reply::Urgency;
use super::translate;

/// The type of a CPONG, which mod_jk does not know where a response is due.
const CPONG: u8 = 9;

/// Bytes asked of the backend at first; more when the client keeps up.
const FIRST_READ: usize = 64 * 1024;

/// A backend may say so much of which a client that has ended its side gets nothing.
const UNHEARD: u64 = 256 * 1024;

/// What one read from the backend brought.
#[derive(Default)]
struct Received {
    /// The response is complete.
    ended: bool,
    /// The backend asked to flush.
    flush: bool,
}

impl<S: Stream> Exchange<S> {
    /// One step of the conversation.
    pub(super) fn converse<N: Net<Stream = S>>(
        &mut self,
        ctx: &mut Context<N>,
        line: &mut Line<S>,
    ) -> Flow {
        if self.waits_for_client() {
            // The backend's time begins when it is the backend that is waited for.
            self.forward.quiet_since = Some(ctx.clock.now);
        }
        if self.reply.flush(&mut line.stream, &mut line.writable).is_err() {
            self.fail(ctx, line, Failure::ClientWrite);
            return Flow::Again;
        }
        if !self.flush_to_backend() {
            let failure =
                if self.forward.body_consumed { Failure::BodySend } else { Failure::Send };
            self.fail(ctx, line, failure);
            return Flow::Again;
        }
        if self.forward.conversation.can_send_data() && !self.forward.is_clogged() {
            if let Some(flow) = self.send_content(ctx, line) {
                return flow;
            }
        }
        // A client that does not take the answer stops the reading of more.
        let readable = self.forward.link.as_ref().is_some_and(|link| link.readable);
        if readable && !self.reply.is_clogged() {
            if self.talks_to_nobody(line) {
                self.fail(ctx, line, Failure::ClientWrite);
                return Flow::Again;
            }
            self.read_answer(ctx, line);
            return Flow::Again;
        }
        self.check_deadlines(ctx, line)
    }

    /// Whether the client has ended its side, and the backend has since said much of which the client gets
    /// nothing: content of an answer that has none, or packets without any. No write would ever show that
    /// the client is gone.
    fn talks_to_nobody(&mut self, line: &Line<S>) -> bool {
        let Forward { unheard_since: (sent, read), read: now, .. } = &mut self.forward;
        if *sent != self.reply.sent || !line.ended {
            (*sent, *read) = (self.reply.sent, *now);
        }
        now.saturating_sub(*read) > UNHEARD
    }

    /// Reads from the backend once and acts on the whole packets.
    fn read_answer<N: Net<Stream = S>>(&mut self, ctx: &mut Context<N>, line: &mut Line<S>) {
        let mut scratch = std::mem::take(&mut ctx.scratch);
        ctx.pieces.clear();
        let filled = self.receive(ctx.clock.now, &mut scratch);
        let outcome = match filled {
            Ok(0) => Ok(Received::default()),
            Ok(end) => self.take_packets(ctx, &scratch[..end]),
            Err(failure) => Err(failure),
        };
        match outcome {
            Ok(received) if received.ended => {
                self.reply.flushed |= received.flush;
                self.finish(ctx, line, &scratch);
            }
            Ok(received) => self.pass_on(ctx, line, &scratch, received.flush),
            Err(failure) => self.fail(ctx, line, failure),
        }
        ctx.scratch = scratch;
    }

    /// Puts the kept beginning of a packet and what can be read into `scratch`; answers how much is
    /// there.
    fn receive(&mut self, now: Instant, scratch: &mut [u8]) -> Result<usize, Failure> {
        let kept = self.forward.partial.len();
        scratch[..kept].copy_from_slice(&self.forward.partial);
        let room = if self.reply.content > FIRST_READ as u64 { scratch.len() } else { FIRST_READ };
        let room = room.max(kept + RECEIVE_LIMIT).min(scratch.len());
        let Some(link) = &mut self.forward.link else { return Ok(0) };
        loop {
            match link.stream.read(&mut scratch[kept..room]) {
                Ok(0) if kept > 0 => {
                    // Of a packet that breaks off, mod_jk counts the header.
                    if kept >= HEADER_LEN {
                        self.forward.read += HEADER_LEN as u64;
                    }
                    self.forward.trouble = Trouble::CutShort;
                    return Err(Failure::Framing);
                }
                Ok(0) => {
                    self.forward.trouble = Trouble::Closed;
                    return Err(Failure::ConnectionLost);
                }
                Ok(n) => {
                    // A short read has emptied the socket; what comes next comes with an event.
                    link.readable = kept + n == room || link.ended;
                    self.forward.partial.clear();
                    self.forward.quiet_since = Some(now);
                    return Ok(kept + n);
                }
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => {
                    link.readable = false;
                    return Ok(0);
                }
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    self.forward.trouble = Trouble::of(&error);
                    return Err(match self.has_reply_timeout() {
                        true => Failure::ReplyTimeout,
                        false => Failure::ConnectionLost,
                    });
                }
            }
        }
    }

    /// mod_jk waits for packets with a poll when there is a reply timeout, and takes an error of the
    /// socket for a timeout then.
    fn has_reply_timeout(&self) -> bool {
        !self.reply_timeout().is_zero()
    }

    /// Acts on the whole packets in `bytes`, keeping a beginning of another. Ranges of content are
    /// left in `ctx.pieces`.
    fn take_packets<N: Net<Stream = S>>(
        &mut self,
        ctx: &mut Context<N>,
        bytes: &[u8],
    ) -> Result<Received, Failure> {
        let mut received = Received::default();
        let mut at = 0;
        // mod_jk counts the payload alone.
        let limit = (self.backend().live.max_packet_size() + HEADER_LEN).min(RECEIVE_LIMIT);
        loop {
            let frame = match split_frame(&bytes[at..], limit) {
                Ok(Some(frame)) => frame,
                Ok(None) => break,
                Err(error) => {
                    self.forward.read += HEADER_LEN as u64;
                    self.forward.trouble = Trouble::Frame(error);
                    return Err(Failure::Framing);
                }
            };
            let payload = at + HEADER_LEN;
            at += frame.len;
            // By the packet, as mod_jk counts: what follows one that ends the conversation decides
            // no election by traffic.
            self.forward.read += frame.len as u64;
            let message = Message::decode(frame.payload).map_err(|error| {
                self.forward.trouble = Trouble::Message(error);
                Failure::Malformed
            })?;
            self.check_sequence(&message)?;
            match message {
                Message::SendHeaders(headers) => {
                    self.take_headers(&headers)?;
                    received.flush |= self.options().flush_header;
                }
                Message::SendBodyChunk([]) => received.flush |= self.forward.headers_received,
                Message::SendBodyChunk(chunk) => {
                    received.flush |= self.options().flush_packets;
                    ctx.pieces.push(content_range(payload, chunk));
                }
                Message::EndResponse { reuse } => {
                    received.ended = true;
                    if !reuse {
                        self.tell_no_reuse(ctx);
                    }
                    // Bytes behind the end make the connection unfit for another request.
                    if at < bytes.len() {
                        self.forward.conversation.close();
                    }
                    return Ok(received);
                }
                Message::GetBodyChunk { .. } | Message::CPong => {}
            }
        }
        self.forward.partial.extend_from_slice(&bytes[at..]);
        Ok(received)
    }

    fn options(&self) -> &jk_config::JkOptions {
        self.received.site().jk_options(self.received.server)
    }

    fn check_sequence(&mut self, message: &Message<'_>) -> Result<(), Failure> {
        match self.forward.conversation.receive(message) {
            Ok(()) => Ok(()),
            // mod_jk takes this for an answer with status 200 and nothing in it.
            Err(SequenceError::EndBeforeHeaders) => {
                self.set_status(200);
                self.reply.started = true;
                Ok(())
            }
            Err(SequenceError::HeadersAgain) => Err(Failure::SecondHeadersAfterBody),
            Err(SequenceError::UnexpectedCPong) => {
                self.forward.trouble = Trouble::Message(MessageError::UnknownCode(CPONG));
                Err(Failure::Malformed)
            }
            Err(_) => Err(Failure::Malformed),
        }
    }

    fn take_headers(&mut self, headers: &SendHeaders<'_>) -> Result<(), Failure> {
        let serving = Rc::clone(&self.received.serving);
        let extensions = self.received.extensions();
        let listed = &serving.site.backends[self.forward.backend].settings.fail_on_status;
        let list = extensions.fail_on_status.as_ref().unwrap_or(listed);
        if let Some(verdict) = list.verdict(headers.status) {
            self.forward.trouble = Trouble::Status(headers.status);
            return Err(Failure::FailStatus(verdict));
        }
        let threshold = extensions.use_server_errors;
        let replaces = threshold > 0 && i32::from(headers.status) >= threshold;
        self.forward.headers_received = true;
        self.reply.started = true;
        // An interim status as the only one would leave the client waiting for the final one, and
        // taking the next answer for it.
        let well_formed =
            translate::head(&mut self.reply, headers, self.received.wall) && headers.status >= 200;
        if let Some(charset) = &serving.site.settings(self.received.server).default_charset {
            translate::default_charset(&mut self.reply, charset);
        }
        if lb_of(&serving.site, &self.received).is_some() {
            translate::route_cookies(&mut self.reply, &self.run);
        }
        if !well_formed {
            self.reply.close = true;
            self.forward.replaced = Some(500);
        } else if replaces {
            self.forward.replaced = Some(headers.status);
        }
        Ok(())
    }

    /// Passes content on to the client, or holds it back.
    fn pass_on<N: Net<Stream = S>>(
        &mut self,
        ctx: &mut Context<N>,
        line: &mut Line<S>,
        source: &[u8],
        flush: bool,
    ) {
        if !self.forward.headers_received || self.forward.replaced.is_some() {
            return;
        }
        let urgency = if flush { Urgency::Flush } else { Urgency::None };
        if !self.push(ctx, line, source, urgency) {
            return self.fail(ctx, line, Failure::ClientWrite);
        }
        if self.reply.broken {
            // More content than was announced: the backend cannot be trusted any further.
            self.forward.conversation.close();
            self.end_service(ctx, line, Ok(()), false);
            self.abandon(self.reply.status);
        }
    }

    /// The response is complete: gives the connection back, then sends the rest of the answer.
    fn finish<N: Net<Stream = S>>(
        &mut self,
        ctx: &mut Context<N>,
        line: &mut Line<S>,
        source: &[u8],
    ) {
        let total = ctx.pieces.iter().map(ExactSizeIterator::len).sum();
        if self.forward.replaced.is_none() && self.reply.exceeds(total) {
            // It said one thing and did another: not to be trusted with the next request.
            self.forward.conversation.close();
        }
        self.end_service(ctx, line, Ok(()), false);
        self.tell_no_body(ctx);
        self.stage = Stage::Send;
        if let Some(status) = self.forward.replaced.take() {
            // Fields that would break the message: httpd gives up on the rest of its own, too.
            let close = self.reply.close;
            let challenge = translate::challenge(&self.reply, status);
            self.reply.withdraw();
            self.reply.close = close;
            self.reply.unmeasured = close;
            if let Some(challenge) = challenge {
                self.reply.fields.add(b"WWW-Authenticate", &challenge);
            }
            return self.answer_error(ctx, line, status);
        }
        if self.asks_for_parts() {
            return self.finish_in_parts(ctx, line, source);
        }
        if !self.push(ctx, line, source, Urgency::End) {
            self.abandon(self.reply.status);
        }
    }

    /// When the waiting for the response must be looked at again.
    pub(super) fn response_deadline(&self, timeout: Duration) -> Option<Instant> {
        let since = self.forward.quiet_since?;
        if self.waits_for_client() {
            return None;
        }
        let settings = &self.backend().settings;
        let waits = if self.forward.is_clogged() {
            // mod_jk would wait for ever.
            [timeout, Duration::ZERO]
        } else {
            [self.reply_timeout(), settings.socket_timeout]
        };
        waits.into_iter().filter(|wait| !wait.is_zero()).map(|wait| since + wait).min()
    }

    /// Nothing can go on before the client sends or takes something.
    pub(super) fn waits_for_client(&self) -> bool {
        if matches!(self.forward.step, Step::Content { .. }) {
            return true;
        }
        let dry = self.forward.conversation.can_send_data() && !self.forward.is_clogged();
        self.forward.step == Step::Response && (dry || self.reply.is_clogged())
    }

    fn check_deadlines<N: Net<Stream = S>>(
        &mut self,
        ctx: &mut Context<N>,
        line: &mut Line<S>,
    ) -> Flow {
        let timeout = self.received.settings().timeout;
        let due = self.response_deadline(timeout).is_some_and(|at| ctx.clock.now >= at);
        if !due {
            return Flow::Wait;
        }
        let since = self.forward.quiet_since.unwrap_or(ctx.clock.now);
        let reply = self.reply_timeout();
        let failure = if self.forward.is_clogged() {
            if self.forward.body_consumed { Failure::BodySend } else { Failure::Send }
        } else if !reply.is_zero() && ctx.clock.now >= since + reply {
            self.forward.trouble = Trouble::TIMED_OUT;
            Failure::ReplyTimeout
        } else {
            // The socket timeout: mod_jk sees a broken connection.
            self.forward.trouble = Trouble::TRY_AGAIN;
            Failure::ConnectionLost
        };
        self.fail(ctx, line, failure);
        Flow::Again
    }

    /// The longest wait for a packet: the variable, else the rule, else the worker says.
    fn reply_timeout(&self) -> Duration {
        let variable = self.received.variable("JK_REPLY_TIMEOUT").map(super::variables::atoi);
        let variable = variable.and_then(|ms| u64::try_from(ms).ok()).map(Duration::from_millis);
        variable
            .or(self.received.extensions().reply_timeout)
            .unwrap_or_else(|| self.backend().live.reply_timeout())
    }

    /// Reads the answer to a CPING. `None` while it is incomplete.
    pub(super) fn read_pong(&mut self) -> Option<bool> {
        if !self.flush_to_backend() {
            return Some(false);
        }
        let link = self.forward.link.as_mut()?;
        let mut bytes = [0; 32];
        while link.readable {
            match link.stream.read(&mut bytes) {
                Ok(0) => {
                    self.forward.trouble = Trouble::Closed;
                    return Some(false);
                }
                Ok(n) => {
                    link.readable = n == bytes.len() || link.ended;
                    self.forward.partial.extend_from_slice(&bytes[..n]);
                    break;
                }
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => link.readable = false,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    self.forward.trouble = Trouble::of(&error);
                    return Some(false);
                }
            }
        }
        let partial = &self.forward.partial;
        let frame = match split_frame(partial, RECEIVE_LIMIT) {
            Ok(Some(frame)) => frame,
            Ok(None) => return None,
            Err(error) => {
                self.forward.trouble = Trouble::Frame(error);
                self.forward.read += HEADER_LEN as u64;
                return Some(false);
            }
        };
        self.forward.read += frame.len as u64;
        let pong = matches!(Message::decode(frame.payload), Ok(Message::CPong));
        let alone = frame.len == partial.len();
        let accepted =
            pong && alone && { self.forward.conversation.receive(&Message::CPong).is_ok() };
        self.forward.partial.clear();
        if !accepted {
            self.forward.trouble = Trouble::OtherThanPong;
        }
        Some(accepted)
    }
}

/// Where a chunk's content lies, given where its payload begins.
fn content_range(payload: usize, chunk: &[u8]) -> Range<usize> {
    // Type and length come first: AJP13, Send Body Chunk.
    let start = payload + 3;
    start..start + chunk.len()
}
