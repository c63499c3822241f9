//! AJP/1.3: bytes to messages and back, and which message may follow which.
//!
//! The crate speaks both sides. The *client* side is what a proxy needs: [`RequestEncoder`] writes a
//! Forward Request, [`data_head`] frames a piece of request content, [`split_frame`] and
//! [`Message::decode`] read what the backend answers, and [`Conversation`] says whether a message may
//! come now and what may be sent. The [`container`] side is its mirror, for backends in miniature.
//!
//! Everything borrows: a decoded message points into the bytes it was read from, an encoder appends
//! to the caller's buffer. Incomplete input is `Ok(None)`, never an error.
//!
//! What this crate deliberately does not do: it owns no socket, buffer, clock or timeout; it does
//! not decide which headers a request carries, nor what a client sees of an error. Field values are
//! delivered as the backend wrote them, CR, LF and NUL included; [`is_field_value`] and its
//! siblings tell whether they are fit to forward.
//!
//! ```
//! use ajp13::{Attribute, Conversation, Message, RequestEncoder, RequestLine, split_frame};
//!
//! let mut wire = Vec::new();
//! let line = RequestLine {
//!     method: b"GET",
//!     protocol: b"HTTP/1.1",
//!     uri: b"/app/",
//!     remote_addr: b"192.0.2.7",
//!     remote_host: None,
//!     server_name: b"www.example.com",
//!     server_port: 80,
//!     is_ssl: false,
//! };
//! let mut request = RequestEncoder::begin(&mut wire, 8192, &line);
//! request.header(b"content-length", b"0");
//! request.header(b"host", b"www.example.com");
//! request.attribute(Attribute::QueryString(b"q=1"));
//! assert_eq!(request.finish()?, wire.len());
//!
//! let mut conversation = Conversation::new();
//! conversation.request_sent(false);
//!
//! // What the backend answers: 200 without fields, then the end of the response.
//! let answer = b"AB\x00\x0b\x04\x00\xc8\x00\x03200\x00\x00\x00AB\x00\x02\x05\x01";
//! let mut rest = &answer[..];
//! while let Some(frame) = split_frame(rest, ajp13::RECEIVE_LIMIT)? {
//!     let message = Message::decode(frame.payload)?;
//!     conversation.receive(&message)?;
//!     rest = &rest[frame.len..];
//! }
//! assert!(conversation.reusable());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod container;

mod conversation;
mod data;
mod error;
mod frame;
mod message;
mod names;
mod reader;
mod request;
mod text;

pub use conversation::{BodyDue, Conversation, State};
pub use data::{END_OF_BODY, MAX_DATA, data_head, data_len, max_data};
pub use error::{FrameError, MessageError, ProtocolError, ReadError, SequenceError};
pub use frame::{CPING, Frame, HEADER_LEN, RECEIVE_LIMIT, split_frame};
pub use message::{Fields, Message, SendHeaders};
pub use names::method_code;
pub use request::{Attribute, EncodeError, RequestEncoder, RequestLine, TextField};
pub use text::{is_field_value, is_reason, is_token};
