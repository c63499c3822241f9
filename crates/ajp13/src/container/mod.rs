//! The other side of the protocol: reading requests and writing responses, as a container does.
//!
//! Decoding is strict, so that a test container notices what a lenient one would forgive.
//!
//! ```
//! use ajp13::container::{self, Incoming};
//!
//! let frame = container::split_frame(&ajp13::CPING, ajp13::RECEIVE_LIMIT)?.expect("it is whole");
//! assert!(matches!(Incoming::decode(frame.payload)?, Incoming::CPing));
//!
//! let mut out = Vec::new();
//! container::cpong(&mut out);
//! assert_eq!(out, b"AB\x00\x01\x09");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod request;
mod response;

pub use request::{Attributes, ForwardRequest, Headers, Incoming, RequestError, body_data};
pub use response::{
    HeadersTooLong, cpong, end_response, get_body_chunk, max_chunk, send_body_chunk,
    send_body_chunk_head, send_headers,
};

use crate::FrameError;
use crate::frame::{Frame, TO_CONTAINER, split};

/// As [`crate::split_frame`], for packets of a client.
///
/// # Errors
/// The header is wrong.
pub fn split_frame(buf: &[u8], limit: usize) -> Result<Option<Frame<'_>>, FrameError> {
    split(buf, TO_CONTAINER, limit)
}
