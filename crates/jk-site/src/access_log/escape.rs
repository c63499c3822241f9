/// Appends text that came from outside so that it cannot break out of its place in a log line
/// (httpd's `ap_escape_logitem`).
pub fn push_escaped(text: &[u8], out: &mut Vec<u8>) {
    for &byte in text {
        match byte {
            b'"' | b'\\' => out.extend_from_slice(&[b'\\', byte]),
            b' '..=b'~' => out.push(byte),
            0x08 => out.extend_from_slice(b"\\b"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            0x0b => out.extend_from_slice(b"\\v"),
            _ => {
                const DIGITS: &[u8; 16] = b"0123456789abcdef";
                let (high, low) = (usize::from(byte >> 4), usize::from(byte & 15));
                out.extend_from_slice(&[b'\\', b'x', DIGITS[high], DIGITS[low]]);
            }
        }
    }
}

/// Appends a request line with the password of its target, if there is one, replaced by `XXXXXXXX`.
/// `push` appends a piece of it.
pub fn push_request_line(line: &[u8], push: fn(&[u8], &mut Vec<u8>), out: &mut Vec<u8>) {
    match password(line) {
        None => push(line, out),
        Some((start, end)) => {
            push(&line[..start], out);
            out.extend_from_slice(b"XXXXXXXX");
            push(&line[end..], out);
        }
    }
}

/// Where the password is in `METHOD scheme://user:password@host…`.
fn password(line: &[u8]) -> Option<(usize, usize)> {
    let authority = memchr::memmem::find(line, b"://")? + 3;
    let rest = &line[authority..];
    let stop = memchr::memchr3(b'/', b'?', b'#', rest).unwrap_or(rest.len());
    let at = memchr::memrchr(b'@', &rest[..stop])?;
    let colon = memchr::memchr(b':', &rest[..at])?;
    Some((authority + colon + 1, authority + at))
}
