//! The servlet of `jackdaw demo`: shows which backend answered, and that sessions stick to one.
//!
//! | last part of the path | answer |
//! |---|---|
//! | `whoami` | `route=… session=… hits=…` in plain text |
//! | `slow?ms=N` | the same, after that many milliseconds |
//! | `echo` | the content of the request |
//! | `status/NNN` | that status |
//! | `b/N` | N bytes |
//! | `forget` | ends the session and leads back to the page |
//! | anything else | the page |
//!
//! Only the page, `whoami` and `slow` belong to a session.

mod page;
mod session;
mod target;

use std::time::Duration;

use crate::{Request, Response, Servlet};
use session::{Sessions, Visit};
use target::Target;

/// The demo servlet of one backend.
pub struct Demo {
    route: String,
    sessions: Sessions,
}

impl Demo {
    /// A servlet that calls itself `route` and ends the session ids it makes with it.
    pub fn new(route: impl Into<String>) -> Self {
        let route = route.into();
        Self { sessions: Sessions::new(route.clone()), route }
    }

    fn whoami(&self, visit: &Visit, response: &mut Response) {
        visit.remember(response);
        plain(response);
        let Self { route, .. } = self;
        let Visit { id, hits, .. } = visit;
        response.print(format_args!("route={route} session={id} hits={hits}\n"));
    }

    fn page(&self, request: &Request<'_>, response: &mut Response) {
        let visit = self.sessions.visit(request);
        visit.remember(response);
        response.field("Content-Type", "text/html; charset=utf-8");
        response.field("Cache-Control", "no-store");
        page::write(&self.route, request, &visit, response);
    }

    fn forget(&self, request: &Request<'_>, response: &mut Response) {
        self.sessions.forget(request);
        response.status(302);
        response.field("Location", "./");
        response.field("Set-Cookie", session::EXPIRED);
        response.field("Cache-Control", "no-store");
    }
}

impl Servlet for Demo {
    fn serve(&self, request: &Request<'_>, response: &mut Response) {
        match Target::of(request.path) {
            Target::Bytes(len) => {
                response.field("Content-Type", "application/octet-stream");
                response.fill(len);
            }
            Target::Page => self.page(request, response),
            Target::WhoAmI => self.whoami(&self.sessions.visit(request), response),
            Target::Slow => {
                response.delay(pause(request));
                self.whoami(&self.sessions.visit(request), response);
            }
            Target::Echo => echo(request, response),
            Target::Status(status) => {
                response.status(status);
                plain(response);
                response.print(format_args!("status {status} from {}\n", self.route));
            }
            Target::Forget => self.forget(request, response),
        }
    }

    fn keeps_content(&self, request: &Request<'_>) -> bool {
        Target::of(request.path) == Target::Echo
    }
}

/// How long `slow` waits; bounded, for a connection is held all that time.
fn pause(request: &Request<'_>) -> Duration {
    const LONGEST: Duration = Duration::from_secs(60);
    let ms = request.parameter("ms").and_then(target::number).unwrap_or(1000);
    Duration::from_millis(ms).min(LONGEST)
}

fn echo(request: &Request<'_>, response: &mut Response) {
    response.field("Content-Type", request.field("content-type").unwrap_or(b"text/plain"));
    response.content().extend_from_slice(request.content);
}

fn plain(response: &mut Response) {
    response.field("Content-Type", "text/plain; charset=utf-8");
    response.field("Cache-Control", "no-store");
}
