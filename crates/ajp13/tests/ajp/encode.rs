//! Writing requests and data: limits, and what is refused.

use ajp13::container::{ForwardRequest, body_data, split_frame};
use ajp13::{
    Attribute, EncodeError, RECEIVE_LIMIT, RequestEncoder, RequestLine, TextField, data_head,
    data_len, max_data,
};

const LINE: RequestLine<'_> = RequestLine {
    method: b"GET",
    protocol: b"HTTP/1.1",
    uri: b"/",
    remote_addr: b"192.0.2.7",
    remote_host: None,
    server_name: b"www.example.com",
    server_port: 80,
    is_ssl: false,
};

fn encode(
    limit: usize,
    line: &RequestLine<'_>,
    fill: impl FnOnce(&mut RequestEncoder<'_>),
) -> Result<Vec<u8>, EncodeError> {
    let mut out = b"before".to_vec();
    let mut encoder = RequestEncoder::begin(&mut out, limit, line);
    fill(&mut encoder);
    match encoder.finish() {
        Ok(len) => {
            assert_eq!(len, out.len() - 6);
            Ok(out.split_off(6))
        }
        Err(error) => {
            assert_eq!(out, b"before", "a failed request leaves nothing behind");
            Err(error)
        }
    }
}

#[test]
fn a_request_may_fill_its_packet_to_the_last_byte() {
    for limit in [8192, 16384, RECEIVE_LIMIT] {
        let empty = encode(limit, &LINE, |request| request.header(b"cookie", b"")).unwrap().len();
        let room = vec![b'x'; limit - empty];
        let full = encode(limit, &LINE, |request| request.header(b"cookie", &room)).unwrap();
        assert_eq!(full.len(), limit);
        let frame = split_frame(&full, limit).unwrap().unwrap();
        assert!(ForwardRequest::decode(frame.payload).is_ok());
        let over = vec![b'x'; limit - empty + 1];
        assert_eq!(
            encode(limit, &LINE, |request| request.header(b"cookie", &over)),
            Err(EncodeError::TooLarge { limit })
        );
    }
}

#[test]
fn text_beyond_any_length_is_too_large() {
    for len in [65534, 65535, 65536, 70000] {
        let uri = vec![b'/'; len];
        let line = RequestLine { uri: &uri, ..LINE };
        assert_eq!(
            encode(1 << 20, &line, |_| {}),
            Err(EncodeError::TooLarge { limit: RECEIVE_LIMIT })
        );
    }
}

#[test]
fn nothing_overflows_however_many_headers_come() {
    let many = encode(RECEIVE_LIMIT, &LINE, |request| {
        (0..70_000).for_each(|_| request.header(b"host", b""));
    });
    assert_eq!(many, Err(EncodeError::TooLarge { limit: RECEIVE_LIMIT }));
}

#[test]
fn control_bytes_are_refused_where_they_would_split_a_line() {
    for bad in [&b"a\0b"[..], b"a\rb", b"a\nb"] {
        let refused = |field, line: &RequestLine<'_>| {
            assert_eq!(encode(8192, line, |_| {}), Err(EncodeError::BadText { field }));
        };
        refused(TextField::Uri, &RequestLine { uri: bad, ..LINE });
        refused(TextField::Protocol, &RequestLine { protocol: bad, ..LINE });
        refused(TextField::Remote, &RequestLine { remote_addr: bad, ..LINE });
        refused(TextField::Remote, &RequestLine { remote_host: Some(bad), ..LINE });
        refused(TextField::ServerName, &RequestLine { server_name: bad, ..LINE });
        assert_eq!(
            encode(8192, &LINE, |request| request.header(bad, b"x")),
            Err(EncodeError::BadText { field: TextField::HeaderName })
        );
        assert_eq!(
            encode(8192, &LINE, |request| request.header(b"x", bad)),
            Err(EncodeError::BadText { field: TextField::HeaderValue })
        );
        assert_eq!(
            encode(8192, &LINE, |request| request.attribute(Attribute::QueryString(bad))),
            Err(EncodeError::BadText { field: TextField::Attribute })
        );
    }
}

#[test]
fn certificates_and_named_values_may_span_lines_but_not_hold_nul() {
    let pem = b"-----BEGIN CERTIFICATE-----\r\nMA==\n";
    let both = |value: &[u8]| {
        let cert = encode(8192, &LINE, |request| request.attribute(Attribute::SslCert(value)));
        let named = encode(8192, &LINE, |request| {
            request.attribute(Attribute::Request { name: b"CERT", value });
        });
        (cert.is_ok(), named.is_ok())
    };
    assert_eq!(both(pem), (true, true));
    assert_eq!(both(b"a\0b"), (false, false));
}

#[test]
fn a_name_whose_length_reads_as_a_code_is_refused() {
    for (len, fits) in [(0x9FFF, true), (0xA000, false), (0xA0FF, false), (0xA100, true)] {
        let name = vec![b'x'; len];
        let wire = encode(RECEIVE_LIMIT, &LINE, |request| request.header(&name, b""));
        assert_eq!(wire.is_ok(), fits, "{len:#x}");
    }
}

#[test]
fn the_first_fault_is_the_one_reported() {
    let wire = encode(8192, &LINE, |request| {
        request.header(b"a\n", b"");
        request.header(b"big", &[b'x'; 9000]);
    });
    assert_eq!(wire, Err(EncodeError::BadText { field: TextField::HeaderName }));
}

#[test]
fn the_secret_does_not_show() {
    let shown = format!("{:?}", Attribute::Secret(b"s3cr3t"));
    assert!(!shown.contains("s3cr3t"), "{shown}");
}

/// R3: what a container reads in place of a request is neither a request nor a ping.
#[test]
fn r3_no_data_packet_looks_like_a_request_or_a_ping() {
    for available in 1..=3000 {
        let len = data_len(available);
        assert!((1..=available).contains(&len), "{available}");
        assert!(available - len <= 256, "{available}");
        let head = data_head(len);
        assert!(head[4] != 0x02 && head[4] != 0x0A, "{available}");
        if !matches!(available, 512..=767 | 2560..=2815) {
            assert_eq!(len, available);
        }
    }
    assert_eq!((data_len(767), data_len(2815)), (511, 2559));
}

#[test]
fn data_fits_its_packet() {
    assert_eq!((max_data(8192), max_data(65536), max_data(usize::MAX)), (8186, 65530, 65530));
    assert_eq!(max_data(3), 0);
    assert_eq!(data_len(usize::MAX), 65530);
    let mut wire = data_head(65530).to_vec();
    wire.resize(65536, b'x');
    let frame = split_frame(&wire, RECEIVE_LIMIT).unwrap().unwrap();
    assert_eq!(body_data(frame.payload).unwrap().len(), 65530);
}
