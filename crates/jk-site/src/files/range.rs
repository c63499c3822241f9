use std::ops::Range;

/// The parts of a file that a request asks for. Kept and reused between requests.
#[derive(Clone, Debug, Default)]
pub struct Ranges {
    /// Byte ranges in the order in which they are sent; never empty ones.
    pub parts: Vec<Range<u64>>,
}

/// What separates the parts of a multipart response: random bytes that the caller supplies, as text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MultipartBoundary(pub u64);

/// Appends what precedes a part: boundary, `Content-type`, `Content-range`, blank line.
pub fn push_part_head(
    boundary: MultipartBoundary,
    content_type: Option<&[u8]>,
    part: &Range<u64>,
    size: u64,
    out: &mut Vec<u8>,
) {
    use std::io::Write as _;

    // Writing to a vector cannot fail.
    let _ = write!(out, "\r\n--{:016x}", boundary.0);
    if let Some(content_type) = content_type {
        out.extend_from_slice(b"\r\nContent-type: ");
        out.extend_from_slice(content_type);
    }
    let last = part.end.saturating_sub(1);
    let _ = write!(out, "\r\nContent-range: bytes {}-{last}/{size}\r\n\r\n", part.start);
}

/// Appends what follows the last part.
pub fn push_parts_end(boundary: MultipartBoundary, out: &mut Vec<u8>) {
    use std::io::Write as _;

    let _ = write!(out, "\r\n--{:016x}--\r\n", boundary.0);
}
