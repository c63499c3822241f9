//! The two protocols, as machines between an [`Inbox`] and an [`Outbox`]. No socket here.

mod ajp;
mod content;
mod http;
mod inbox;
mod outbox;

use std::time::Duration;

pub(crate) use ajp::Ajp;
pub(crate) use http::Http;
pub(crate) use inbox::Inbox;
pub(crate) use outbox::Outbox;

use crate::{Request, Response, Servlet};

/// What a connection needs next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Something was done, more may be possible at once.
    Again,
    /// More input.
    Read,
    /// That long a pause, before what is in the outbox may leave.
    Pause(Duration),
}

/// The peer made a mistake; the text is for the log.
#[derive(Debug)]
pub(crate) struct Violation(pub(crate) String);

/// One side of a connection that is being served.
pub(crate) trait Protocol {
    /// Takes one packet or request out of `inbox`, if it is whole, and writes what answers it.
    fn step(
        &mut self,
        inbox: &mut Inbox,
        outbox: &mut Outbox,
        kitchen: &mut Kitchen<'_>,
    ) -> Result<Step, Violation>;
}

/// Where answers are made.
pub(crate) struct Kitchen<'s> {
    servlet: &'s dyn Servlet,
    response: Response,
}

impl<'s> Kitchen<'s> {
    pub(crate) fn new(servlet: &'s dyn Servlet) -> Self {
        Self { servlet, response: Response::new() }
    }

    /// Has the request served, or refused when its content was too much to keep.
    fn serve(&mut self, request: &Request<'_>, overflown: bool) -> &Response {
        self.response.clear();
        if overflown {
            self.response.status(413);
        } else {
            self.servlet.serve(request, &mut self.response);
        }
        &self.response
    }
}

/// After an answer is written: hold it back, or go on.
fn after(response: &Response) -> Step {
    response.held_back().map_or(Step::Again, Step::Pause)
}
