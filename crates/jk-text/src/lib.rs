//! What both sides ask of the bytes of a message: may they name a field, may they stand as its value,
//! and are two names the same. HTTP heads and AJP packets are checked by one set of rules, so that
//! nothing passes one check and slips through the other.

/// Whether `bytes` is a token (RFC 9110 section 5.6.2): a method, a field name.
pub fn is_token(bytes: &[u8]) -> bool {
    !bytes.is_empty() && bytes.iter().all(|&byte| is_token_byte(byte))
}

/// Whether `byte` may stand in a token.
pub const fn is_token_byte(byte: u8) -> bool {
    TOKEN[byte as usize]
}

/// Whether `bytes` may stand as a field value: no control byte but the tab (RFC 9110 section 5.5).
/// White space around it is not looked at.
pub fn is_field_value(bytes: &[u8]) -> bool {
    is_plain(bytes) || bytes.iter().all(|&byte| is_field_byte(byte))
}

/// Whether `byte` may stand in a field value.
pub const fn is_field_byte(byte: u8) -> bool {
    byte == b'\t' || is_printable(byte)
}

/// Whether no byte is a control byte, eight at a time. This is asked for every value of every
/// request and response, and nearly all of them are plain.
pub fn is_plain(bytes: &[u8]) -> bool {
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
        None => rest.iter().all(|&byte| is_printable(byte)),
    }
}

/// A borrow out of a byte, once its upper bit is known to be clear, shows that it was too small
/// ("Determine if a word has a byte less than n", Bit Twiddling Hacks).
const fn has_no_control(word: u64) -> bool {
    const ONES: u64 = u64::MAX / 0xFF;
    const TOPS: u64 = ONES * 0x80;
    let below_space = word.wrapping_sub(ONES * 0x20) & !word;
    let delete = word ^ (ONES * 0x7F);
    let is_delete = delete.wrapping_sub(ONES) & !delete;
    (below_space | is_delete) & TOPS == 0
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

const fn is_printable(byte: u8) -> bool {
    byte >= 0x20 && byte != 0x7F
}

/// `tchar` of RFC 9110, as a table: this is asked for every byte of every name.
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

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn plain_is_what_holds_no_control_byte(bytes in vec(any::<u8>(), 0..40)) {
            let control = |byte: &u8| *byte < 0x20 || *byte == 0x7F;
            prop_assert_eq!(is_plain(&bytes), !bytes.iter().any(control));
            let broken = |byte: &u8| control(byte) && *byte != b'\t';
            prop_assert_eq!(is_field_value(&bytes), !bytes.iter().any(broken));
        }
    }

    #[test]
    fn names_are_compared_as_the_standard_library_does() {
        for length in [1, 3, 4, 7, 8, 9, 17] {
            for at in 0..length {
                for (x, y) in (0..=255).flat_map(|x| (0..=255).map(move |y| (x, y))) {
                    let (mut a, mut b) = (vec![b'q'; length], vec![b'Q'; length]);
                    (a[at], b[at]) = (x, y);
                    assert_eq!(is_same_name(&a, &b), a.eq_ignore_ascii_case(&b), "{a:?} {b:?}");
                }
            }
        }
        assert!(!is_same_name(b"host", b"hosts") && is_same_name(b"", b""));
    }
}
