//! HTTP/1.1 for a server, as bytes: request heads and bodies in, response heads and chunks out.
//!
//! Apache httpd 2.4 with its defaults (`HttpProtocolOptions Strict`) is the model for what is
//! accepted, for the status of each refusal and for when a connection persists. Where this crate is
//! deliberately stricter, the case stands in `testdata/http/` with the key of its entry in
//! `docs/COMPAT.md`.
//!
//! What it does not do: no socket, clock, thread or log; no percent-decoding and no choice of a
//! virtual host; no limit on the size of content (the caller counts what [`BodyDecoder`] yields).
//! Nothing here allocates once the caller's [`RequestHead`] and buffers have grown to their working
//! size.
//!
//! # Example
//!
//! ```
//! use jk_http::{BodyDecoder, Framing, Limits, Parsed, RequestHead};
//!
//! let bytes = b"POST /app?x=1 HTTP/1.1\r\nHost: example.org\r\nContent-Length: 5\r\n\r\nhello";
//! let mut head = RequestHead::default();
//! let Parsed::Complete(length) = head.parse(bytes, &Limits::default())? else {
//!     return Ok(()); // read more, then parse (or resume) again
//! };
//! assert_eq!(head.method(bytes), b"POST");
//! assert_eq!(head.path(bytes), b"/app");
//! assert_eq!(head.framing(), Framing::Length(5));
//!
//! let mut body = BodyDecoder::new(head.framing());
//! let input = &bytes[length..];
//! let piece = body.decode(input)?;
//! assert_eq!(&input[piece.content], b"hello");
//! assert!(body.is_done());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod body;
mod chunk;
mod date;
mod error;
mod fields;
mod grammar;
mod head;
mod host;
mod lines;
mod persistence;
mod plain;
mod reason;
mod response;
mod target;
mod text;
mod trailer;

pub use body::{BodyDecoder, Piece};
pub use date::DateCache;
pub use error::{BodyError, BodyErrorKind, HeadError, HeadErrorKind};
pub use grammar::{is_field_value, is_reason, is_same_name, is_token, list_has_token};
pub use head::{Framing, Limits, Parsed, RequestHead, Version};
pub use host::Host;
pub use persistence::{
    Exchange, KeepAlive, KeepAliveField, Persistence, drops_connection, persistence,
};
pub use reason::reason_phrase;
pub use response::{
    CHUNK_END, LAST_CHUNK, ResponseFraming, is_header_only, response_framing, write_checked_field,
    write_chunk_head, write_field, write_status_line,
};
pub use target::TargetForm;
