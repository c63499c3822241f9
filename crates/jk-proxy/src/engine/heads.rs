//! How a connection gets its request heads: in pieces, in time, or not at all.

use std::io;
use std::time::{Duration, Instant};

use jk_config::Server;
use jk_http::{HeadError, Limits, Parsed};

use super::client::{Client, Line, Phase, Step};
use super::context::{Context, SCRATCH};
use super::exchange::Exchange;
use super::net::{Net, Stream};
use crate::site::Site;

/// How long the kernel keeps a connection from httpd on which the client says nothing
/// (`TCP_DEFER_ACCEPT`): only then does httpd's own time begin.
const DEFERRED: Duration = Duration::from_secs(30);

/// How much is read at once of a head that did not come whole.
const MORE: usize = 4096;

impl<S: Stream> Client<S> {
    /// Reads and parses a head.
    pub(super) fn read_head<N: Net<Stream = S>>(&mut self, ctx: &mut Context<N>) -> Step {
        if !self.line.readable {
            let idle = self.stash.is_empty();
            if idle && ctx.finishing && !ctx.awaits_idle {
                return Step::Gone;
            }
            if ctx.clock.now >= self.head_deadline(ctx) {
                // httpd answers once it has the request line, and notes the first that never comes.
                if has_line(&self.stash) {
                    return self.refuse(ctx, 408);
                }
                if self.line.served == 0 {
                    let mut exchange = ctx.exchange();
                    exchange.note_silence(ctx, &self.line);
                    super::record::write(ctx, &exchange, &self.line);
                    ctx.log.hand_over();
                    ctx.recycle(exchange);
                }
                return self.end(ctx);
            }
            return Step::Wait;
        }
        if self.parsing.is_some() && ctx.clock.now >= self.head_deadline(ctx) {
            // Bytes that come too late do not count, or a trickle of them would last for ever.
            self.line.readable = false;
            return Step::Again;
        }
        if self.parsing.is_some() {
            return self.read_more(ctx);
        }
        let mut scratch = std::mem::take(&mut ctx.scratch);
        let step = match self.read(&mut scratch) {
            Ok(0) => Step::Gone,
            Ok(n) => self.parse(ctx, &scratch[..n]),
            Err(step) => step,
        };
        ctx.scratch = scratch;
        step
    }

    /// Reads more of a head behind what there is of it, which is not moved: a client that sends byte
    /// by byte costs no more than any other.
    fn read_more<N: Net<Stream = S>>(&mut self, ctx: &mut Context<N>) -> Step {
        let mut stash = std::mem::take(&mut self.stash);
        let kept = stash.len();
        if kept >= SCRATCH {
            self.stash = stash;
            return self.refuse(ctx, 400);
        }
        stash.resize(kept + MORE, 0);
        let step = match self.read(&mut stash[kept..]) {
            Ok(0) => {
                stash.truncate(kept);
                if has_line(&stash) {
                    self.stash = stash;
                    return self.refuse(ctx, 400);
                }
                Step::Gone
            }
            Ok(n) => {
                stash.truncate(kept + n);
                self.parse(ctx, &stash)
            }
            Err(step) => {
                stash.truncate(kept);
                step
            }
        };
        if self.parsing.is_some() {
            self.stash = stash;
        }
        step
    }

    /// Reads once, or says why not; nothing is the end.
    fn read(&mut self, into: &mut [u8]) -> Result<usize, Step> {
        match self.line.stream.read(into) {
            Ok(n) => {
                self.line.readable = n == into.len() || self.line.ended;
                Ok(n)
            }
            Err(e) if e.kind() == io::ErrorKind::WouldBlock => {
                self.line.readable = false;
                Err(Step::Again)
            }
            Err(e) if e.kind() == io::ErrorKind::Interrupted => Err(Step::Again),
            Err(_) => Err(Step::Gone),
        }
    }

    /// Parses what has come of a head, all of it in `bytes`; begins the request when it is whole.
    pub(super) fn parse<N: Net<Stream = S>>(&mut self, ctx: &mut Context<N>, bytes: &[u8]) -> Step {
        let front = first_server(ctx, &self.line);
        let limits = limits(ctx.serving.site.settings(front));
        let mut exchange = ctx.exchange();
        exchange.received.front = front;
        let parsed = match &mut self.parsing {
            None => exchange.received.head.parse(bytes, &limits),
            Some(head) => {
                let parsed = head.resume(bytes, &limits);
                std::mem::swap(&mut exchange.received.head, head);
                parsed
            }
        };
        match parsed {
            Ok(Parsed::Complete(length)) => {
                self.parsing = None;
                self.begin(ctx, exchange, bytes, length)
            }
            Ok(Parsed::Partial) => {
                self.heard = ctx.clock.now;
                if self.parsing.is_none() {
                    // From the first byte on it is the head that is waited for.
                    self.since = ctx.clock.now;
                    self.stash = bytes.to_vec();
                }
                let head = std::mem::take(&mut exchange.received.head);
                self.parsing = Some(Box::new(head));
                ctx.recycle(exchange);
                Step::Again
            }
            Err(error) => {
                self.parsing = None;
                self.begin_refusal(ctx, exchange, bytes, &error)
            }
        }
    }

    fn begin<N: Net<Stream = S>>(
        &mut self,
        ctx: &mut Context<N>,
        mut exchange: Box<Exchange<S>>,
        bytes: &[u8],
        length: usize,
    ) -> Step {
        let (head, rest) = bytes.split_at(length);
        exchange.received.bytes.extend_from_slice(head);
        exchange.intake.begin(exchange.received.head.framing(), rest);
        exchange.received.expects_continue =
            exchange.received.head.expects_continue() && !exchange.intake.is_complete();
        self.since = ctx.clock.now;
        exchange.route(ctx, &mut self.line);
        self.phase = Phase::Busy(exchange);
        Step::Again
    }

    /// Answers a head that cannot be understood.
    fn begin_refusal<N: Net<Stream = S>>(
        &mut self,
        ctx: &mut Context<N>,
        mut exchange: Box<Exchange<S>>,
        bytes: &[u8],
        error: &HeadError,
    ) -> Step {
        exchange.received.bytes.extend_from_slice(bytes);
        exchange.route_refused(ctx, &mut self.line, error);
        self.phase = Phase::Busy(exchange);
        self.since = ctx.clock.now;
        Step::Again
    }

    /// Answers a client that did not send a whole head in time, or too much of one.
    fn refuse<N: Net<Stream = S>>(&mut self, ctx: &mut Context<N>, status: u16) -> Step {
        let mut exchange = ctx.exchange();
        exchange.received.bytes.append(&mut self.stash);
        if let Some(head) = self.parsing.take() {
            exchange.received.head = *head;
        }
        exchange.refuse_cut(ctx, &mut self.line, status);
        self.phase = Phase::Busy(exchange);
        self.since = ctx.clock.now;
        Step::Again
    }

    /// When a head, or its first byte, is no longer waited for: between requests, after what the server
    /// of the last one grants; otherwise as the server says that the address leads to.
    pub(super) fn head_deadline<N: Net<Stream = S>>(&self, ctx: &Context<N>) -> Instant {
        let server = ctx.serving.site.settings(first_server(ctx, &self.line));
        let pace = &server.read_paces.header;
        if self.parsing.is_some() {
            let quiet = self.heard + server.timeout;
            let allowed = pace.allows(self.stash.len() as u64);
            return allowed.map_or(quiet, |allowed| quiet.min(self.since + allowed));
        }
        self.since
            + match (self.idle_timeout, pace.allows(0)) {
                (Some(timeout), _) => timeout,
                (None, Some(first)) => server.timeout.min(DEFERRED + first),
                (None, None) => server.timeout,
            }
    }
}

/// Whether a request line has come, behind whatever blank lines.
fn has_line(bytes: &[u8]) -> bool {
    let begin = bytes.iter().position(|byte| !matches!(byte, b'\r' | b'\n')).unwrap_or(bytes.len());
    bytes[begin..].contains(&b'\n')
}

/// The server that a connection's address leads to, before a name is known.
fn first_server<N: Net>(ctx: &Context<N>, line: &Line<N::Stream>) -> usize {
    Site::server_index(ctx.serving.site.vhosts.choose(line.ends.local, None))
}

/// Known only per connection, before the name of a virtual host is: httpd too applies those of the
/// server that the address leads to.
pub(super) fn limits(settings: &Server) -> Limits {
    Limits {
        line: settings.limit_request_line,
        field_size: settings.limit_request_field_size,
        fields: settings.limit_request_fields,
    }
}
