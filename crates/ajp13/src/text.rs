//! Whether text of a backend is fit to stand in an HTTP response. Containers do not filter what
//! applications write, so these checks are what prevents response splitting.

/// Whether `bytes` can name a field: a token of RFC 9110 §5.6.2.
pub fn is_token(bytes: &[u8]) -> bool {
    !bytes.is_empty() && bytes.iter().all(|&byte| TOKEN[usize::from(byte)])
}

/// Whether `bytes` can be the value of a field: no control byte but the tab (RFC 9110 §5.5).
pub fn is_field_value(bytes: &[u8]) -> bool {
    bytes.iter().all(|&byte| byte == b'\t' || is_text(byte))
}

/// Whether `bytes` can be a reason phrase: something, and no control byte at all.
pub fn is_reason(bytes: &[u8]) -> bool {
    !bytes.is_empty() && bytes.iter().all(|&byte| is_text(byte))
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
