//! Writing what a container answers. Everything is appended to the caller's buffer.

use thiserror::Error;

use crate::frame::{FROM_CONTAINER, HEADER_LEN, RECEIVE_LIMIT};
use crate::message::{CPONG, END_RESPONSE, GET_BODY_CHUNK, SEND_BODY_CHUNK, SEND_HEADERS};
use crate::names::response_header_code;
use crate::request::patch;

/// Packet header, type and length before the content of a chunk, zero byte after it.
const CHUNK_OVERHEAD: usize = HEADER_LEN + 4;

/// The head of a response exceeds the largest packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the headers do not fit a packet of 65536 bytes")]
pub struct HeadersTooLong;

/// Writes Send Headers. Known names become codes, in whatever case they are written; text is not
/// examined, for applications can write anything as well.
///
/// # Errors
/// The packet would be too long; `out` is then as it was.
pub fn send_headers<'h>(
    out: &mut Vec<u8>,
    status: u16,
    reason: &[u8],
    headers: impl IntoIterator<Item = (&'h [u8], &'h [u8])>,
) -> Result<(), HeadersTooLong> {
    let start = out.len();
    begin(out, 0, SEND_HEADERS);
    out.extend_from_slice(&status.to_be_bytes());
    string(out, reason);
    let count_at = out.len();
    out.extend_from_slice(&[0, 0]);
    let mut count: u16 = 0;
    for (name, value) in headers {
        match response_header_code(name) {
            Some(code) => out.extend_from_slice(&code.to_be_bytes()),
            None => string(out, name),
        }
        string(out, value);
        count = count.saturating_add(1);
    }
    let len = out.len() - start;
    if len > RECEIVE_LIMIT {
        out.truncate(start);
        return Err(HeadersTooLong);
    }
    patch(out, count_at, count);
    patch(out, start + 2, (len - HEADER_LEN) as u16);
    Ok(())
}

/// Writes content as Send Body Chunk, in as many packets as it takes. Empty content is a flush.
///
/// Clients with a smaller packet refuse chunks beyond [`max_chunk`]; hand them smaller pieces.
pub fn send_body_chunk(out: &mut Vec<u8>, content: &[u8]) {
    let mut rest = content;
    loop {
        let (chunk, more) = rest.split_at(rest.len().min(max_chunk(RECEIVE_LIMIT)));
        out.extend_from_slice(&send_body_chunk_head(chunk.len()));
        out.extend_from_slice(chunk);
        out.push(0);
        if more.is_empty() {
            return;
        }
        rest = more;
    }
}

/// What precedes `len` bytes of content on the wire; a zero byte has to follow them.
///
/// # Panics
/// If `len` exceeds what the largest packet can carry.
pub fn send_body_chunk_head(len: usize) -> [u8; CHUNK_OVERHEAD - 1] {
    assert!(len <= max_chunk(RECEIVE_LIMIT), "{len} bytes do not fit a chunk");
    let [m0, m1] = FROM_CONTAINER.to_be_bytes();
    let [p0, p1] = ((len + 4) as u16).to_be_bytes();
    let [n0, n1] = (len as u16).to_be_bytes();
    [m0, m1, p0, p1, SEND_BODY_CHUNK, n0, n1]
}

/// The most content one chunk can carry in a packet of that size.
pub fn max_chunk(max_packet_size: usize) -> usize {
    max_packet_size.min(RECEIVE_LIMIT).saturating_sub(CHUNK_OVERHEAD)
}

/// Writes Get Body Chunk.
pub fn get_body_chunk(out: &mut Vec<u8>, wanted: u16) {
    begin(out, 3, GET_BODY_CHUNK);
    out.extend_from_slice(&wanted.to_be_bytes());
}

/// Writes End Response.
pub fn end_response(out: &mut Vec<u8>, reuse: bool) {
    begin(out, 2, END_RESPONSE);
    out.push(reuse.into());
}

/// Writes CPong.
pub fn cpong(out: &mut Vec<u8>) {
    begin(out, 1, CPONG);
}

fn begin(out: &mut Vec<u8>, payload: u16, code: u8) {
    out.extend_from_slice(&FROM_CONTAINER.to_be_bytes());
    out.extend_from_slice(&payload.to_be_bytes());
    out.push(code);
}

/// A string too long for its length makes the whole packet too long, so that the cast never shows.
fn string(out: &mut Vec<u8>, text: &[u8]) {
    out.extend_from_slice(&(text.len() as u16).to_be_bytes());
    out.extend_from_slice(text);
    out.push(0);
}
