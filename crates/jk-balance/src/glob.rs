//! Wildcards of rules: `*` is any run of bytes, `?` is one byte, and both match `/`.

/// Whether `pattern` matches the whole of `text` (mod_jk: `jk_wildchar_match`).
///
/// Takes no more steps than the product of both lengths.
pub fn matches(pattern: &[u8], text: &[u8]) -> bool {
    let (mut p, mut t) = (0, 0);
    // Where the last `*` stood and how far it reaches; on a mismatch it takes one byte more.
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some(b'*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(&byte) if byte == b'?' || byte == text[t] => {
                p += 1;
                t += 1;
            }
            _ => {
                let Some((at, reach)) = star else { return false };
                p = at + 1;
                t = reach + 1;
                star = Some((at, t));
            }
        }
    }
    pattern[p..].iter().all(|&byte| byte == b'*')
}
