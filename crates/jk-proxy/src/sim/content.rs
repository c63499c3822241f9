//! Content that says whose it is: each block of 16 bytes names its owner and its place.

/// Which way content goes.
#[derive(Clone, Copy, Debug)]
pub(super) enum Way {
    /// From a client, named by its request.
    Up,
    /// From a backend, named by its answer.
    Down,
}

/// How the blocks of content begin.
pub(super) const MARKS: [&[u8]; 2] = [b"<up ", b"<dn "];

/// The first `length` bytes of somebody's content.
pub(super) fn content(way: Way, owner: usize, length: usize) -> Vec<u8> {
    let mark = match way {
        Way::Up => "up",
        Way::Down => "dn",
    };
    let mut bytes = Vec::with_capacity(length + 16);
    for block in 0..length.div_ceil(16) {
        bytes.extend_from_slice(format!("<{mark} {owner:05x}.{block:05x}>").as_bytes());
    }
    bytes.truncate(length);
    bytes
}

/// Panics unless `bytes` are somebody's content from `offset` on.
#[track_caller]
pub(super) fn check(way: Way, owner: usize, offset: usize, bytes: &[u8]) {
    let whole = content(way, owner, offset + bytes.len());
    if whole[offset..] != *bytes {
        let at = whole[offset..].iter().zip(bytes).position(|(a, b)| a != b).unwrap_or(0);
        let seen = String::from_utf8_lossy(&bytes[at..bytes.len().min(at + 64)]);
        panic!("foreign bytes in content {way:?} of {owner}, at {}: {seen}", offset + at);
    }
}
