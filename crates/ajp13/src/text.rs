//! Whether text of a backend is fit to stand in an HTTP response. Containers do not filter what
//! applications write, so these checks are what prevents response splitting.

/// Whether `bytes` can name a field: a token of RFC 9110 §5.6.2.
pub fn is_token(bytes: &[u8]) -> bool {
    !bytes.is_empty() && bytes.iter().all(|&byte| TOKEN[usize::from(byte)])
}

/// Whether `bytes` can be the value of a field: no control byte but the tab (RFC 9110 §5.5).
pub fn is_field_value(bytes: &[u8]) -> bool {
    is_plain(bytes) || bytes.iter().all(|&byte| byte == b'\t' || is_text(byte))
}

/// Whether `bytes` can be a reason phrase: something, and no control byte at all.
pub fn is_reason(bytes: &[u8]) -> bool {
    !bytes.is_empty() && bytes.iter().all(|&byte| is_text(byte))
}

/// Whether no byte is a control byte, eight at a time. This is asked for every value of every
/// request and response, and nearly all of them are plain.
pub(crate) fn is_plain(bytes: &[u8]) -> bool {
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
        None => rest.iter().all(|&byte| is_text(byte)),
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

fn is_text(byte: u8) -> bool {
    byte >= 0x20 && byte != 0x7F
}

/// `tchar` of RFC 9110, as a table: this is asked for every byte of every name.
static TOKEN: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 128 {
        table[byte] = (byte as u8).is_ascii_alphanumeric();
        byte += 1;
    }
    let marks = b"!#$%&'*+-.^_`|~";
    let mut at = 0;
    while at < marks.len() {
        table[marks[at] as usize] = true;
        at += 1;
    }
    table
};
