//! What a peer can do wrong, sorted by how far its packet was understood.

use thiserror::Error;

/// The peer broke the protocol. The connection is of no further use.
///
/// mod_jk answers its client with 502 to the first kind and with 500 to the second; the variants
/// keep them apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum ProtocolError {
    /// The four header bytes are wrong; nothing after them can be trusted.
    #[error(transparent)]
    Frame(#[from] FrameError),
    /// A packet of sound length has unsound content.
    #[error(transparent)]
    Message(#[from] MessageError),
    /// A sound message that may not come now.
    #[error(transparent)]
    Sequence(#[from] SequenceError),
}

/// The header of a packet is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum FrameError {
    /// The first two bytes are not those of the direction.
    #[error("wrong packet signature 0x{0:04x}")]
    Magic(u16),
    /// The payload is longer than the receiver admits.
    #[error("payload of {payload} bytes exceeds a packet of {limit}")]
    TooLong {
        /// What the header announces.
        payload: usize,
        /// The largest packet admitted, its header included.
        limit: usize,
    },
}

/// A number or a string could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ReadError {
    /// A number or string runs past the end of the payload.
    #[error("a value runs past the end of the packet")]
    Truncated,
    /// The byte after a string is not zero (CVE-2026-34032).
    #[error("a string is not terminated by a zero byte")]
    Unterminated,
    /// A null string where text is required.
    #[error("a null string where text is required")]
    Null,
}

/// The payload of a packet from the backend is malformed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum MessageError {
    /// No payload, hence no type.
    #[error("empty packet")]
    Empty,
    /// No such message from a backend.
    #[error("unknown packet type 0x{0:02x}")]
    UnknownCode(u8),
    /// A value cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// A status outside 100 to 999.
    #[error("status {0} is not between 100 and 999")]
    Status(u16),
    /// A header code outside 0xA001 to 0xA00B.
    #[error("unknown header code 0x{0:04x}")]
    HeaderCode(u16),
    /// A body chunk claims more bytes than its packet holds (CVE-2026-34059).
    #[error("chunk of {claimed} bytes in a packet that holds {present}")]
    ChunkLength {
        /// Bytes announced.
        claimed: usize,
        /// Bytes there.
        present: usize,
    },
    /// A reuse flag of 0xFF, which mod_jk cannot tell from a missing flag.
    #[error("reuse flag 0xff")]
    ReuseFlag,
}

/// A message came at the wrong time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SequenceError {
    /// Something came although no request is under way.
    #[error("packet type 0x{code:02x} without a request")]
    Unsolicited {
        /// The type of the packet.
        code: u8,
    },
    /// Something other than CPong answered a CPing.
    #[error("packet type 0x{code:02x} in place of a pong")]
    NotCPong {
        /// The type of the packet.
        code: u8,
    },
    /// A CPong that answers nothing.
    #[error("pong during a response")]
    UnexpectedCPong,
    /// Response content before Send Headers.
    #[error("content before headers")]
    ContentBeforeHeaders,
    /// End Response before Send Headers. mod_jk takes it for a success with its default status.
    #[error("end of response before headers")]
    EndBeforeHeaders,
    /// Send Headers directly after Send Headers. mod_jk takes it for malformed content.
    #[error("headers sent twice")]
    HeadersRepeated,
    /// Send Headers once more, after other packets. mod_jk gives up without a retry.
    #[error("headers sent again after other packets")]
    HeadersAgain,
    /// Get Body Chunk although the first data packet, due without being asked for, is not sent yet.
    #[error("content asked for before the first data packet was sent")]
    AskedBeforeFirst,
    /// Get Body Chunk while an earlier one is unanswered.
    #[error("content asked for twice")]
    AskedTwice,
}
