//! Request content on its way to the container.
//!
//! A data packet has no type byte: its payload starts with the length of the data. A container that
//! mistakes it for a request reads the high byte of that length as the type, so that 0x02xx would be
//! a Forward Request and 0x0Axx a CPing. [`data_len`] keeps clear of both.

use crate::frame::{HEADER_LEN, TO_CONTAINER};

/// The packet that says "no more content", in the short form mod_jk sends.
pub const END_OF_BODY: [u8; 4] = [0x12, 0x34, 0x00, 0x00];

/// The most data one packet can carry.
pub const MAX_DATA: usize = crate::RECEIVE_LIMIT - DATA_HEAD_LEN;

/// Packet header, then the length of the data.
const DATA_HEAD_LEN: usize = HEADER_LEN + 2;

/// What precedes `len` bytes of data on the wire; head and data can then leave in one vectored write.
///
/// # Panics
/// If `len` exceeds [`MAX_DATA`]: the rest of the data would be read as packets of its own, which
/// must not happen even by mistake.
pub fn data_head(len: usize) -> [u8; DATA_HEAD_LEN] {
    assert!(len <= MAX_DATA, "{len} bytes do not fit a data packet");
    debug_assert_eq!(data_len(len), len, "the length looks like a packet type");
    let [m0, m1] = TO_CONTAINER.to_be_bytes();
    // Both casts are exact: MAX_DATA + 2 is below 65536.
    let [p0, p1] = ((len + 2) as u16).to_be_bytes();
    let [n0, n1] = (len as u16).to_be_bytes();
    [m0, m1, p0, p1, n0, n1]
}

/// How many of `available` bytes one data packet may take so that its length cannot be mistaken for
/// a packet type: never 512 to 767, never 2560 to 2815, never more than [`MAX_DATA`].
pub fn data_len(available: usize) -> usize {
    match available.min(MAX_DATA) {
        0x0200..=0x02FF => 0x01FF,
        0x0A00..=0x0AFF => 0x09FF,
        len => len,
    }
}

/// The most data a packet of `max_packet_size` bytes can carry.
pub fn max_data(max_packet_size: usize) -> usize {
    max_packet_size.saturating_sub(DATA_HEAD_LEN).min(MAX_DATA)
}
