//! Host names as clients write them.

/// A host that a request names, checked but not copied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Host<'a> {
    /// The name as written, without brackets, port and a trailing dot. httpd compares and shows it
    /// in lower case: see [`Self::push_name`] and [`Self::is`].
    pub name: &'a [u8],
    /// The port, if one was written.
    pub port: Option<u16>,
    /// Written as an IPv6 literal.
    pub ipv6: bool,
}

impl<'a> Host<'a> {
    /// Reads a `Host` field or the authority of a target. `None` for a blank text, which names no
    /// host.
    ///
    /// # Errors
    /// The status that httpd answers with: 400.
    pub fn parse(text: &'a [u8]) -> Result<Option<Self>, u16> {
        if text.is_empty() {
            return Ok(None);
        }
        let (name, port, ipv6) = match text {
            [b'[', rest @ ..] => {
                let end = memchr::memchr(b']', rest).ok_or(400u16)?;
                (&rest[..end], port_of(&rest[end + 1..])?, true)
            }
            _ => {
                let end = memchr::memrchr(b':', text).unwrap_or(text.len());
                (&text[..end], port_of(&text[end..])?, false)
            }
        };
        let sound = if ipv6 { is_ipv6_text(name) } else { is_strict_name(name) };
        if !sound {
            return Err(400);
        }
        let name = if ipv6 { name } else { name.strip_suffix(b".").unwrap_or(name) };
        Ok(Some(Self { name, port, ipv6 }))
    }

    /// Appends the name in the form in which httpd keeps it: lower case.
    pub fn push_name(&self, out: &mut Vec<u8>) {
        out.extend(self.name.iter().map(u8::to_ascii_lowercase));
    }

    /// Whether this is the host of that name, in whatever case.
    pub fn is(&self, name: &[u8]) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }
}

/// `[ ":" port ]`; anything else is 400.
fn port_of(text: &[u8]) -> Result<Option<u16>, u16> {
    let Some(digits) = text.strip_prefix(b":") else {
        return if text.is_empty() { Ok(None) } else { Err(400) };
    };
    let digits = std::str::from_utf8(digits).map_err(|_| 400u16)?;
    if !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(400);
    }
    match digits.parse() {
        Ok(0) | Err(_) => Err(400),
        Ok(port) => Ok(Some(port)),
    }
}

fn is_ipv6_text(name: &[u8]) -> bool {
    let mut double_colon = false;
    for (at, &byte) in name.iter().enumerate() {
        let next = name.get(at + 1);
        match byte {
            b':' if next == Some(&b':') => {
                if double_colon {
                    return false;
                }
                double_colon = true;
            }
            b':' if next == Some(&b'.') => return false,
            b'.' if matches!(next, Some(b':' | b'.')) => return false,
            b':' | b'.' => {}
            _ if byte.is_ascii_hexdigit() => {}
            _ => return false,
        }
    }
    true
}

/// httpd's `fix_hostname_non_v6` and `strict_hostname_check`.
fn is_strict_name(name: &[u8]) -> bool {
    if name.is_empty() || memchr::memmem::find(name, b"..").is_some() {
        return false;
    }
    let name = name.strip_suffix(b".").unwrap_or(name);
    if !name.iter().all(|&b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.')) {
        return false;
    }
    if name.iter().all(|&b| b.is_ascii_digit() || b == b'.') {
        return is_dotted_decimal(name);
    }
    // The top-level domain begins with a letter (RFC 1123 §2.1).
    match name.iter().rposition(|&b| b == b'.') {
        Some(dot) => name.get(dot + 1).is_none_or(u8::is_ascii_alphabetic),
        None => true,
    }
}

fn is_dotted_decimal(name: &[u8]) -> bool {
    name.split(|&b| b == b'.').count() == 4
        && !name.starts_with(b".")
        && name.split(|&b| b == b'.').all(|part| part.len() < 2 || part[0] != b'0')
}
