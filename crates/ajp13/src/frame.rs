//! Packets: four header bytes and a payload.

use crate::FrameError;

/// Bytes before the payload of every packet.
pub const HEADER_LEN: usize = 4;

/// The largest packet we accept, its header included. What we *send* is bounded by the worker's
/// `max_packet_size` instead: only that direction has to match the backend's setting.
pub const RECEIVE_LIMIT: usize = 65536;

/// A whole CPing packet.
pub const CPING: [u8; 5] = [0x12, 0x34, 0x00, 0x01, 0x0A];

/// Signature of packets to the container.
pub(crate) const TO_CONTAINER: u16 = 0x1234;
/// Signature of packets from the container: `AB`.
pub(crate) const FROM_CONTAINER: u16 = 0x4142;

/// One packet at the start of a buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame<'b> {
    /// What follows the header.
    pub payload: &'b [u8],
    /// Bytes of the packet, its header included: where the next one starts.
    pub len: usize,
}

/// Cuts one packet of the backend off `buf`, which starts at a packet boundary, or says `None` until
/// more has arrived. `limit` bounds the packet, its header included.
///
/// # Errors
/// The header is judged as soon as it is there, before any of the payload is waited for.
pub fn split_frame(buf: &[u8], limit: usize) -> Result<Option<Frame<'_>>, FrameError> {
    split(buf, FROM_CONTAINER, limit)
}

pub(crate) fn split(buf: &[u8], magic: u16, limit: usize) -> Result<Option<Frame<'_>>, FrameError> {
    let Some((&[m0, m1, l0, l1], rest)) = buf.split_first_chunk::<HEADER_LEN>() else {
        return Ok(None);
    };
    let seen = u16::from_be_bytes([m0, m1]);
    if seen != magic {
        return Err(FrameError::Magic(seen));
    }
    let payload = usize::from(u16::from_be_bytes([l0, l1]));
    let len = HEADER_LEN + payload;
    if len > limit {
        return Err(FrameError::TooLong { payload, limit });
    }
    Ok(rest.get(..payload).map(|payload| Frame { payload, len }))
}
