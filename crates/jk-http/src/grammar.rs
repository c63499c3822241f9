//! The character classes and small grammars of RFC 9110 that several modules share.

/// Whether `bytes` is a token (RFC 9110 section 5.6.2): a method, a field name.
pub fn is_token(bytes: &[u8]) -> bool {
    !bytes.is_empty() && bytes.iter().all(|&b| is_token_byte(b))
}

/// Whether `bytes` may stand as a field value: no control byte but the tab (RFC 9110 section 5.5).
/// White space around it is not looked at.
pub fn is_field_value(bytes: &[u8]) -> bool {
    is_plain(bytes) || bytes.iter().all(|&b| is_field_byte(b))
}

/// Whether no byte is a control byte, eight at a time: nearly all values are plain.
fn is_plain(bytes: &[u8]) -> bool {
    let mut rest = bytes;
    while let Some((chunk, behind)) = rest.split_first_chunk() {
        if !has_no_control(u64::from_le_bytes(*chunk)) {
            return false;
        }
        rest = behind;
    }
    match bytes.last_chunk() {
        // The last eight overlap the chunks before them.
        Some(last) => has_no_control(u64::from_le_bytes(*last)),
        None => rest.iter().all(|&b| is_target_byte(b) || b == b' '),
    }
}

/// A borrow out of a byte whose upper bit is clear shows that it was too small ("Determine if a word
/// has a byte less than n", Bit Twiddling Hacks).
const fn has_no_control(word: u64) -> bool {
    const ONES: u64 = u64::MAX / 0xff;
    let below_space = word.wrapping_sub(ONES * 0x20) & !word;
    let delete = word ^ (ONES * 0x7f);
    let is_delete = delete.wrapping_sub(ONES) & !delete;
    (below_space | is_delete) & (ONES * 0x80) == 0
}

/// Whether `bytes` may stand as a reason phrase (RFC 9112 section 4); the empty one may.
pub fn is_reason(bytes: &[u8]) -> bool {
    is_field_value(bytes)
}

/// Whether a field value that is a list of tokens, such as `Connection`, holds `token`.
///
/// Every byte that cannot be part of a token separates, and case is ignored. As in httpd
/// (`ap_find_token`), the beginning of `token` is enough: `Connection: c` closes.
pub fn list_has_token(value: &[u8], token: &[u8]) -> bool {
    value.split(|&b| !is_token_byte(b)).any(|word| {
        let start = token.get(..word.len());
        !word.is_empty() && start.is_some_and(|start| start.eq_ignore_ascii_case(word))
    })
}

/// Whether two names are the same but for case, eight bytes at a time: the standard library's way of
/// one by one was a tenth of all that a small request costs.
pub fn is_same_name(a: &[u8], b: &[u8]) -> bool {
    if a.len() != b.len() {
        return false;
    }
    let (mut left, mut right) = (a, b);
    while let (Some((a, behind_a)), Some((b, behind_b))) =
        (left.split_first_chunk(), right.split_first_chunk())
    {
        if fold(u64::from_le_bytes(*a)) != fold(u64::from_le_bytes(*b)) {
            return false;
        }
        (left, right) = (behind_a, behind_b);
    }
    match (a.last_chunk(), b.last_chunk()) {
        // The last eight overlap the chunks before them.
        (Some(a), Some(b)) => fold(u64::from_le_bytes(*a)) == fold(u64::from_le_bytes(*b)),
        _ => fold(short(left)) == fold(short(right)),
    }
}

/// Fewer than eight bytes as one word.
fn short(bytes: &[u8]) -> u64 {
    match (bytes.first_chunk(), bytes.last_chunk()) {
        (Some(first), Some(last)) => {
            u64::from(u32::from_le_bytes(*first)) << 32 | u64::from(u32::from_le_bytes(*last))
        }
        _ => bytes.iter().fold(0, |word, &byte| word << 8 | u64::from(byte)),
    }
}

/// A word of ASCII letters in lower case; other bytes stay. A byte is a capital if adding what `A` lacks
/// of 128 sets its upper bit and adding what `Z` lacks of 127 does not.
const fn fold(word: u64) -> u64 {
    const ONES: u64 = u64::MAX / 0xff;
    const TOPS: u64 = ONES * 0x80;
    let low = word & !TOPS;
    let from_a = low + ONES * (0x80 - b'A' as u64);
    let beyond_z = low + ONES * (0x7f - b'Z' as u64);
    let capital = (from_a ^ beyond_z) & !word & TOPS;
    word | capital >> 2
}

/// Reads a `Content-Length`: digits only, at most 2^63 - 1 (httpd: `ap_parse_strict_length`).
pub(crate) fn parse_length(value: &[u8]) -> Option<u64> {
    if value.is_empty() {
        return None;
    }
    let length = value.iter().try_fold(0_u64, |length, &b| {
        let digit = b.is_ascii_digit().then(|| u64::from(b - b'0'))?;
        length.checked_mul(10)?.checked_add(digit)
    })?;
    i64::try_from(length).is_ok().then_some(length)
}

pub(crate) const fn is_blank(b: u8) -> bool {
    matches!(b, b' ' | b'\t')
}

pub(crate) const fn is_token_byte(b: u8) -> bool {
    TOKEN[b as usize]
}

pub(crate) const fn is_field_byte(b: u8) -> bool {
    b == b'\t' || (b >= b' ' && b != 0x7f)
}

/// Whether `b` may stand in a request target: anything but controls and space.
pub(crate) const fn is_target_byte(b: u8) -> bool {
    b > b' ' && b != 0x7f
}

static TOKEN: [bool; 256] = {
    let mut table = [false; 256];
    let mut b = 0;
    while b < 256 {
        table[b] = (b as u8).is_ascii_alphanumeric()
            || matches!(b as u8, b'!' | b'#'..=b'\'' | b'*' | b'+' | b'-' | b'.' | b'^'..=b'`' | b'|' | b'~');
        b += 1;
    }
    table
};
