//! Request paths: removal of escapes and dot segments, and the two ways to put escapes back.

use jk_config::EncodedSlashes;

/// Decodes a raw path into `out`, which is cleared first: dot segments resolved, `//` merged, escapes
/// removed once. `;` parameters stay. `*` stays as it is.
///
/// Follows httpd's `ap_normalize_path` and `ap_unescape_url_ex` in the order in which
/// `ap_process_request_internal` calls them, with `MergeSlashes On`.
///
/// # Errors
/// The status that httpd answers with: 400 for a malformed escape, a path that does not begin with
/// `/` or one that climbs above the root; 404 for `%00` and for a forbidden `%2F`.
pub fn decode_path(raw: &[u8], slashes: EncodedSlashes, out: &mut Vec<u8>) -> Result<(), u16> {
    out.clear();
    out.extend_from_slice(raw);
    // No request line that httpd accepts holds a zero byte; no path of ours may.
    if !normalize(out, true) || out.contains(&0) {
        return Err(400);
    }
    if memchr::memchr(b'%', out).is_some() {
        unescape(out, slashes)?;
    }
    if slashes == EncodedSlashes::On {
        // A decoded slash may have made new dot segments. httpd ignores what this pass returns: a
        // `..` at the root is dropped.
        normalize(out, false);
    }
    Ok(())
}

/// Escapes a decoded path as `JkOptions +ForwardURIProxy` sends it: upper-case digits.
pub fn escape_proxy(path: &[u8], out: &mut Vec<u8>) {
    escape(path, b"0123456789ABCDEF", out);
}

/// Escapes a decoded path as `JkOptions +ForwardURIEscaped` sends it and as httpd writes it into a
/// `Location`: lower-case digits.
pub fn escape_httpd(path: &[u8], out: &mut Vec<u8>) {
    escape(path, b"0123456789abcdef", out);
}

fn escape(path: &[u8], digits: &[u8; 16], out: &mut Vec<u8>) {
    out.reserve(path.len());
    for &byte in path {
        if is_path_safe(byte) {
            out.push(byte);
        } else {
            let (high, low) = (usize::from(byte >> 4), usize::from(byte & 15));
            out.extend_from_slice(&[b'%', digits[high], digits[low]]);
        }
    }
}

fn is_path_safe(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(
            byte,
            b'$' | b'-'
                | b'_'
                | b'.'
                | b'+'
                | b'!'
                | b'*'
                | b'\''
                | b'('
                | b')'
                | b','
                | b':'
                | b';'
                | b'@'
                | b'&'
                | b'='
                | b'/'
                | b'~'
        )
}

fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

/// Resolves dot segments and merges slashes in place; with `decode`, also decodes unreserved bytes.
/// `false` when the path is malformed, though it is normalised as far as possible.
fn normalize(path: &mut Vec<u8>, decode: bool) -> bool {
    if path.first() != Some(&b'/') {
        return path == b"*";
    }
    let mut sound = true;
    let (mut read, mut write) = (1, 1);
    while read < path.len() {
        if decode && path[read] == b'%' {
            match escaped(path, read) {
                Some(byte) if is_unreserved(byte) => {
                    read += 2;
                    path[read] = byte;
                }
                Some(_) => {}
                None => sound = false,
            }
        }
        if path[write - 1] == b'/' {
            match special_segment(path, read, decode) {
                Segment::Skip(next) => {
                    read = next;
                    continue;
                }
                Segment::Up(next) => {
                    sound &= write > 1;
                    write = parent(&path[..write]);
                    read = next;
                    continue;
                }
                Segment::Name => {}
            }
        }
        path[write] = path[read];
        write += 1;
        read += 1;
    }
    path.truncate(write);
    sound
}

/// What begins at a segment's first byte, and where to read on behind it.
enum Segment {
    /// A further slash, or `.` with its slash.
    Skip(usize),
    /// `..` with its slash.
    Up(usize),
    Name,
}

fn special_segment(path: &[u8], at: usize, decode: bool) -> Segment {
    let past = |end: usize| if end < path.len() { end + 1 } else { end };
    let ends = |at: usize| matches!(path.get(at), None | Some(b'/'));
    if path[at] == b'/' {
        return Segment::Skip(at + 1);
    }
    if path[at] != b'.' {
        return Segment::Name;
    }
    if ends(at + 1) {
        return Segment::Skip(past(at + 1));
    }
    // Only the first dot has been decoded so far.
    let second = match path.get(at + 1..) {
        Some([b'.', ..]) => at + 2,
        Some([b'%', b'2', b'e' | b'E', ..]) if decode => at + 4,
        _ => return Segment::Name,
    };
    if ends(second) { Segment::Up(past(second)) } else { Segment::Name }
}

/// The length of a path that ends in `/` without its last segment.
fn parent(path: &[u8]) -> usize {
    path[..path.len() - 1].iter().rposition(|&byte| byte == b'/').map_or(1, |slash| slash + 1)
}

/// The byte that the escape at `at` stands for.
fn escaped(path: &[u8], at: usize) -> Option<u8> {
    let digit = |offset: usize| path.get(at + offset).and_then(|&b| (b as char).to_digit(16));
    let value = digit(1)? * 16 + digit(2)?;
    u8::try_from(value).ok()
}

fn unescape(path: &mut Vec<u8>, slashes: EncodedSlashes) -> Result<(), u16> {
    let Some(first) = memchr::memchr(b'%', path) else { return Ok(()) };
    let (mut read, mut write) = (first, first);
    let (mut malformed, mut forbidden) = (false, false);
    while read < path.len() {
        let mut byte = path[read];
        let mut width = 1;
        if byte == b'%' {
            match escaped(path, read) {
                None => malformed = true,
                Some(b'/') if slashes == EncodedSlashes::NoDecode => {}
                // Unreserved bytes were decoded before: what looks like one now was made of `%25`.
                Some(decoded) if is_unreserved(decoded) => {}
                Some(decoded) => {
                    forbidden |=
                        decoded == 0 || (decoded == b'/' && slashes == EncodedSlashes::Off);
                    (byte, width) = (decoded, 3);
                }
            }
        }
        path[write] = byte;
        write += 1;
        read += width;
    }
    path.truncate(write);
    match (malformed, forbidden) {
        (true, _) => Err(400),
        (_, true) => Err(404),
        _ => Ok(()),
    }
}
