//! Bytes as lines that a person can read and compare.

use std::fmt::Write as _;

/// Above this many bytes a body is shown by its length and checksum only.
const SHOWN: usize = 16 * 1024;
/// Above this many bytes a body that is nothing but [`pattern`] is called just that.
const PATTERN: usize = 100;

/// Printable ASCII as it is, everything else escaped. A backslash is doubled.
pub fn printable(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len());
    for &byte in bytes {
        match byte {
            b'\\' => out.push_str("\\\\"),
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            b'\t' => out.push_str("\\t"),
            0x20..=0x7e => out.push(char::from(byte)),
            _ => {
                let _ = write!(out, "\\x{byte:02x}");
            }
        }
    }
    out
}

/// Undoes [`printable`]: `\\`, `\n`, `\r`, `\t`, `\xNN`; anything else is taken as it stands.
pub fn unprintable(text: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let (value, used) = match (byte, bytes.get(at + 1)) {
            (b'\\', Some(b'\\')) => (b'\\', 2),
            (b'\\', Some(b'n')) => (b'\n', 2),
            (b'\\', Some(b'r')) => (b'\r', 2),
            (b'\\', Some(b't')) => (b'\t', 2),
            (b'\\', Some(b'x')) => match hex_pair(bytes, at + 2) {
                Some(value) => (value, 4),
                None => (byte, 1),
            },
            _ => (byte, 1),
        };
        out.push(value);
        at += used;
    }
    out
}

fn hex_pair(bytes: &[u8], at: usize) -> Option<u8> {
    let digits = std::str::from_utf8(bytes.get(at..at + 2)?).ok()?;
    u8::from_str_radix(digits, 16).ok()
}

/// A body in one line or a few: its text when it is short, else its length and checksum.
pub fn body_summary(body: &[u8]) -> String {
    if body.is_empty() {
        return "body empty".to_owned();
    }
    if body.len() > PATTERN && body == pattern(body.len()) {
        return format!("body {} bytes of pattern", body.len());
    }
    if body.len() > SHOWN {
        return format!("body {} bytes, fnv {:016x}", body.len(), fnv(body));
    }
    let mut out = format!("body {} bytes", body.len());
    for line in body.split_inclusive(|&byte| byte == b'\n') {
        let _ = write!(out, "\n| {}", printable(line));
    }
    out
}

/// FNV-1a, 64 bits: enough to notice any lost, doubled or reordered byte.
pub fn fnv(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// `length` bytes in which every position can be told from every other: a running counter.
pub fn pattern(length: usize) -> Vec<u8> {
    let mut out = Vec::with_capacity(length + 10);
    let mut line = *b"00000000\n";
    while out.len() < length {
        out.extend_from_slice(&line);
        // The next number. Megabytes are made of these, so that formatting would take its time.
        for digit in line[..8].iter_mut().rev() {
            if *digit < b'9' {
                *digit += 1;
                break;
            }
            *digit = b'0';
        }
    }
    out.truncate(length);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_survives_printing() {
        let all: Vec<u8> = (0..=255).collect();
        assert_eq!(unprintable(&printable(&all)), all);
    }

    #[test]
    fn patterns_are_prefixes_of_each_other() {
        assert_eq!(pattern(100)[..33], pattern(33)[..]);
        assert_eq!(pattern(0), b"");
        assert!(pattern(9010).ends_with(b"00001000\n0"));
    }
}
