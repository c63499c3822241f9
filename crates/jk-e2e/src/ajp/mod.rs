//! AJP/1.3 as a container sees it, written once more for the harness.
//!
//! The recordings are the oracle for the product's own codec, so they are made with a decoder that
//! shares nothing with it.

mod compose;
mod request;
mod response;
mod wire;

pub use compose::{Composed, data_packet};
pub use request::{Attribute, ForwardRequest, Header};
pub use response::{body_chunk, cpong, end_response, get_body_chunk, send_headers};
pub use wire::{Packet, Reader, read_packet};
