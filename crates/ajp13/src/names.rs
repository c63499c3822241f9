//! The code tables: methods, request headers, response headers.

use jk_text::is_same_name;

/// Stands for a method without a code; its text is the attribute [`Attribute::StoredMethod`].
///
/// [`Attribute::StoredMethod`]: crate::Attribute::StoredMethod
pub(crate) const STORED_METHOD: u8 = 0xFF;

/// The code of a method, which is case-sensitive, or `None` for one that travels as text.
pub fn method_code(method: &[u8]) -> Option<u8> {
    Some(match method {
        b"OPTIONS" => 1,
        b"GET" => 2,
        b"HEAD" => 3,
        b"POST" => 4,
        b"PUT" => 5,
        b"DELETE" => 6,
        b"TRACE" => 7,
        b"PROPFIND" => 8,
        b"PROPPATCH" => 9,
        b"MKCOL" => 10,
        b"COPY" => 11,
        b"MOVE" => 12,
        b"LOCK" => 13,
        b"UNLOCK" => 14,
        b"ACL" => 15,
        b"REPORT" => 16,
        b"VERSION-CONTROL" => 17,
        b"CHECKIN" => 18,
        b"CHECKOUT" => 19,
        b"UNCHECKOUT" => 20,
        b"SEARCH" => 21,
        b"MKWORKSPACE" => 22,
        b"UPDATE" => 23,
        b"LABEL" => 24,
        b"MERGE" => 25,
        b"BASELINE-CONTROL" => 26,
        b"MKACTIVITY" => 27,
        _ => return None,
    })
}

/// The methods in the order of their codes, which start at 1.
pub(crate) const METHODS: [&str; 27] = [
    "OPTIONS",
    "GET",
    "HEAD",
    "POST",
    "PUT",
    "DELETE",
    "TRACE",
    "PROPFIND",
    "PROPPATCH",
    "MKCOL",
    "COPY",
    "MOVE",
    "LOCK",
    "UNLOCK",
    "ACL",
    "REPORT",
    "VERSION-CONTROL",
    "CHECKIN",
    "CHECKOUT",
    "UNCHECKOUT",
    "SEARCH",
    "MKWORKSPACE",
    "UPDATE",
    "LABEL",
    "MERGE",
    "BASELINE-CONTROL",
    "MKACTIVITY",
];

/// Request headers in the order of their codes, which start at 0xA001.
pub(crate) const REQUEST_HEADERS: [&str; 14] = [
    "accept",
    "accept-charset",
    "accept-encoding",
    "accept-language",
    "authorization",
    "connection",
    "content-type",
    "content-length",
    "cookie",
    "cookie2",
    "host",
    "pragma",
    "referer",
    "user-agent",
];

/// Response headers in the order of their codes, which start at 0xA001.
pub(crate) const RESPONSE_HEADERS: [&str; 11] = [
    "Content-Type",
    "Content-Language",
    "Content-Length",
    "Date",
    "Last-Modified",
    "Location",
    "Set-Cookie",
    "Set-Cookie2",
    "Servlet-Engine",
    "Status",
    "WWW-Authenticate",
];

/// The code under which a request header is sent; case does not matter.
///
/// `accept-charset`, `accept-encoding` and `accept-language` have codes (0xA002 to 0xA004), but
/// mod_jk 1.2.48 sends them as text, and a container takes either.
pub(crate) fn request_header_code(name: &[u8]) -> Option<u16> {
    // Length and first letter leave one candidate, so that most names cost one comparison or none.
    let first = name.first()?.to_ascii_lowercase();
    let code = match (name.len(), first) {
        (4, b'h') => 0xA00B,
        (6, b'a') => 0xA001,
        (6, b'c') => 0xA009,
        (6, b'p') => 0xA00C,
        (7, b'c') => 0xA00A,
        (7, b'r') => 0xA00D,
        (10, b'c') => 0xA006,
        (10, b'u') => 0xA00E,
        (12, b'c') => 0xA007,
        (13, b'a') => 0xA005,
        (14, b'c') => 0xA008,
        _ => return None,
    };
    let known = lookup(&REQUEST_HEADERS, code)?;
    is_same_name(known.as_bytes(), name).then_some(code)
}

/// The code of a response header; case does not matter.
pub(crate) fn response_header_code(name: &[u8]) -> Option<u16> {
    (0xA001..)
        .zip(RESPONSE_HEADERS)
        .find_map(|(code, known)| known.as_bytes().eq_ignore_ascii_case(name).then_some(code))
}

/// The name that stands for a header code, if the table has it.
pub(crate) fn lookup(table: &'static [&'static str], code: u16) -> Option<&'static str> {
    table.get(usize::from(code.checked_sub(0xA001)?)).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_method_has_the_code_of_its_place() {
        for (code, method) in (1..).zip(METHODS) {
            assert_eq!(method_code(method.as_bytes()), Some(code), "{method}");
        }
        assert_eq!(method_code(b"get"), None);
        assert_eq!(method_code(b"PATCH"), None);
    }

    #[test]
    fn every_header_has_the_code_of_its_place_in_any_case() {
        let as_text = |name: &&str| name.starts_with("accept-");
        for (code, name) in (0xA001..).zip(REQUEST_HEADERS).filter(|(_, name)| !as_text(name)) {
            assert_eq!(request_header_code(name.as_bytes()), Some(code), "{name}");
            assert_eq!(request_header_code(name.to_uppercase().as_bytes()), Some(code), "{name}");
        }
        for (code, name) in (0xA001..).zip(RESPONSE_HEADERS) {
            assert_eq!(response_header_code(name.to_lowercase().as_bytes()), Some(code), "{name}");
        }
        for name in REQUEST_HEADERS.iter().filter(|name| as_text(name)) {
            assert_eq!(request_header_code(name.as_bytes()), None, "{name}");
        }
        assert_eq!(request_header_code(b"transfer-encoding"), None);
        assert_eq!(lookup(&REQUEST_HEADERS, 0xA000), None);
        assert_eq!(lookup(&RESPONSE_HEADERS, 0xA00C), None);
    }
}
