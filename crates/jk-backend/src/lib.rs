//! An AJP container in miniature, for the demo, the tests and the benchmark.
//!
//! A [`Backend`] listens on loopback, reads AJP/1.3 and, if asked, plain HTTP/1.1, and hands each
//! request to a [`Servlet`]. Event loops serve all connections; nothing blocks, and a request
//! without content costs no allocation. [`Demo`] is the servlet of `jackdaw demo`.
//!
//! What it deliberately does not do: it is no server for the open network. There is no TLS, no
//! secret, no idle timeout, and no chunked request content on the HTTP side.
//!
//! ```
//! use jk_backend::{Backend, Request, Response, Servlet};
//!
//! struct Hello;
//!
//! impl Servlet for Hello {
//!     fn serve(&self, request: &Request<'_>, response: &mut Response) {
//!         response.field("Content-Type", "text/plain");
//!         response.print(format_args!("hello from {}", request.path.escape_ascii()));
//!     }
//! }
//!
//! let backend = Backend::start("127.0.0.1:0".parse()?, Hello)?;
//! println!("ajp13 on {}", backend.addr());
//! // Dropping the handle stops the loops and closes every connection.
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod backend;
mod demo;
mod net;
mod protocol;
mod request;
mod response;

pub use backend::{Backend, Handle, Options};
pub use demo::Demo;
pub use request::Request;
pub use response::Response;

/// Answers requests. One servlet is shared by all loops of a backend.
pub trait Servlet: Send + Sync + 'static {
    /// Answers one request, whose content has been read by now. Runs on an event loop, so it must
    /// not block: an answer that takes its time says so with [`Response::delay`].
    fn serve(&self, request: &Request<'_>, response: &mut Response);

    /// Whether the content of this request is to be kept for [`Self::serve`]. It is read in any
    /// case, but by default it is discarded.
    fn keeps_content(&self, _request: &Request<'_>) -> bool {
        false
    }
}
