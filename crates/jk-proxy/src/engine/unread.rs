//! Content of requests that httpd's default handler answers: it reads all of it before it looks at
//! anything (`ap_discard_request_body`), so that a request which never ends gets no file.

use super::client::Line;
use super::context::Context;
use super::exchange::{Exchange, Stage};
use super::intake::{Discarded, IntakeError};
use super::net::{Net, Stream};

/// What became of content that nobody asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unread {
    /// All of it has come.
    Gone,
    /// The client has to send more first.
    Waits,
    /// More of it is there than one turn may take.
    More,
    /// It cannot be had, and the client has been told so.
    Refused,
}

impl<S: Stream> Exchange<S> {
    /// Drops the content of a request before it is answered from a file.
    pub(super) fn drop_content<N: Net<Stream = S>>(
        &mut self,
        ctx: &mut Context<N>,
        line: &mut Line<S>,
    ) -> Unread {
        // The document of an error has none.
        if self.received.error.is_some() || self.intake.is_exhausted() {
            return Unread::Gone;
        }
        self.interim(line);
        let discarded = self.intake.discard(line);
        let limit = self.received.settings().limit_request_body;
        let status = match discarded {
            _ if limit > 0 && self.intake.total > limit => 413,
            Ok(Discarded::All) => return Unread::Gone,
            Ok(Discarded::Dry) => return Unread::Waits,
            Ok(Discarded::More) => return Unread::More,
            Err(IntakeError::Body(status)) => status,
            Err(IntakeError::Gone) => 400,
        };
        // What a filter of httpd's objects to is told without a length.
        self.reply.unmeasured = status == 413 || matches!(discarded, Err(IntakeError::Body(_)));
        self.refuse_content(ctx, line, status);
        Unread::Refused
    }

    /// The client is being waited for with a file in hand.
    pub(super) fn awaits_rest(&self) -> bool {
        matches!(&self.stage, Stage::File(send) if send.awaits_content)
    }

    /// Answers a request whose content is not to be had.
    pub(super) fn refuse_content<N: Net<Stream = S>>(
        &mut self,
        ctx: &mut Context<N>,
        line: &mut Line<S>,
        status: u16,
    ) {
        self.reply.close = true;
        self.answer_error(ctx, line, status);
    }
}
