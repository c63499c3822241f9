/// Response header names by code, from 0xA001.
const HEADERS: [&str; 11] = [
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

/// SEND_HEADERS. Names that have a code are sent as one, as Tomcat does.
pub fn send_headers(status: u16, reason: &[u8], headers: &[(Vec<u8>, Vec<u8>)]) -> Vec<u8> {
    let mut payload = vec![4];
    payload.extend_from_slice(&status.to_be_bytes());
    string(&mut payload, reason);
    payload.extend_from_slice(&length(headers.len()));
    for (name, value) in headers {
        let code = HEADERS.iter().position(|known| known.as_bytes().eq_ignore_ascii_case(name));
        match code {
            Some(index) => payload.extend_from_slice(&length(0xa001 + index)),
            None => string(&mut payload, name),
        }
        string(&mut payload, value);
    }
    packet(&payload)
}

/// SEND_BODY_CHUNK; an empty one is a flush.
pub fn body_chunk(data: &[u8]) -> Vec<u8> {
    let mut payload = vec![3];
    string(&mut payload, data);
    packet(&payload)
}

/// GET_BODY_CHUNK
pub fn get_body_chunk(wanted: u16) -> Vec<u8> {
    let [high, low] = wanted.to_be_bytes();
    packet(&[6, high, low])
}

/// END_RESPONSE
pub fn end_response(reuse: u8) -> Vec<u8> {
    packet(&[5, reuse])
}

/// CPONG
pub fn cpong() -> Vec<u8> {
    packet(&[9])
}

fn packet(payload: &[u8]) -> Vec<u8> {
    let mut out = b"AB".to_vec();
    out.extend_from_slice(&length(payload.len()));
    out.extend_from_slice(payload);
    out
}

pub(super) fn string(out: &mut Vec<u8>, text: &[u8]) {
    out.extend_from_slice(&length(text.len()));
    out.extend_from_slice(text);
    out.push(0);
}

pub(super) fn length(n: usize) -> [u8; 2] {
    u16::try_from(n).expect("scripts write no string above 65535 bytes").to_be_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packets_equal_the_published_vectors() {
        assert_eq!(cpong(), [0x41, 0x42, 0, 1, 9]);
        assert_eq!(get_body_chunk(8186), [0x41, 0x42, 0, 3, 6, 0x1f, 0xfa]);
        assert_eq!(body_chunk(b"Hello"), *b"AB\x00\x09\x03\x00\x05Hello\x00");
        assert_eq!(end_response(1), [0x41, 0x42, 0, 2, 5, 1]);
        let headers = vec![
            (b"Content-Type".to_vec(), b"text/plain;charset=UTF-8".to_vec()),
            (b"content-length".to_vec(), b"5".to_vec()),
        ];
        assert_eq!(
            send_headers(200, b"200", &headers),
            *b"AB\x00\x2e\x04\x00\xc8\x00\x03200\x00\x00\x02\xa0\x01\x00\x18text/plain;charset=UTF-8\x00\xa0\x03\x00\x015\x00"
        );
    }
}
