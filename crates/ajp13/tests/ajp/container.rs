//! The container side refuses what a real one would, or should.

use ajp13::container::{
    ForwardRequest, HeadersTooLong, Incoming, RequestError, body_data, max_chunk, send_body_chunk,
    send_headers,
};
use ajp13::{Message, RECEIVE_LIMIT, ReadError, split_frame};

use crate::cases::packet;

/// V03 with one change.
fn v03(change: impl FnOnce(&mut Vec<u8>)) -> Result<(), RequestError> {
    let mut payload = packet("V03").split_off(4);
    change(&mut payload);
    ForwardRequest::decode(&payload).map(|_| ())
}

#[test]
fn an_altered_request_is_refused() {
    assert_eq!(v03(|_| {}), Ok(()));
    assert_eq!(v03(Vec::clear), Err(RequestError::Empty));
    assert_eq!(v03(|p| p[0] = 7), Err(RequestError::UnknownCode(7)));
    assert_eq!(v03(|p| p[1] = 0), Err(RequestError::Method(0)));
    assert_eq!(v03(|p| p[1] = 28), Err(RequestError::Method(28)));
    assert_eq!(v03(|p| p[1] = 255), Err(RequestError::NoMethod));
    assert_eq!(v03(|p| p.push(0)), Err(RequestError::Trailing));
    assert_eq!(v03(|p| p.truncate(p.len() - 1)), Err(ReadError::Truncated.into()));
    assert_eq!(v03(|p| p[12] = b'x'), Err(ReadError::Unterminated.into()));
    assert_eq!(v03(|p| (p[2], p[3]) = (0xFF, 0xFF)), Err(ReadError::Null.into()));
}

#[test]
fn attributes_out_of_place_are_refused() {
    let with = |tail: &[u8]| {
        v03(|p| {
            p.pop();
            p.extend_from_slice(tail);
        })
    };
    assert_eq!(with(&[1, 0, 0, 0, 2, 0xFF, 0xFF, 0xFF]), Ok(()), "obsolete ones are dropped");
    assert_eq!(with(&[0x0E]), Err(RequestError::AttributeCode(0x0E)));
    assert_eq!(with(&[0x00]), Err(RequestError::AttributeCode(0)));
    assert_eq!(with(&[0x0D, 0, 1, b'X', 0, 0xFF]), Err(RequestError::TwoMethods));
    assert_eq!(with(&[0x05, 0xFF, 0xFF, 0xFF]), Err(ReadError::Null.into()));
}

#[test]
fn header_codes_end_at_a00e() {
    let at = packet("V03").windows(2).position(|pair| pair == [0xA0, 0x0B]).unwrap() - 4;
    assert_eq!(v03(|p| p[at + 1] = 0x0E), Ok(()));
    assert_eq!(v03(|p| p[at + 1] = 0x0F), Err(RequestError::HeaderCode(0xA00F)));
    assert_eq!(v03(|p| p[at + 1] = 0x00), Err(RequestError::HeaderCode(0xA000)));
}

#[test]
fn an_idle_container_takes_requests_and_pings_only() {
    assert!(matches!(Incoming::decode(&[0x0A, 1, 2]), Ok(Incoming::CPing)));
    for code in [0x00, 0x03, 0x07, 0x08, 0x09, 0xFF] {
        assert!(matches!(Incoming::decode(&[code]), Err(RequestError::UnknownCode(_))), "{code}");
    }
    assert!(matches!(Incoming::decode(&[]), Err(RequestError::Empty)));
}

#[test]
fn the_lengths_of_a_data_packet_must_agree() {
    assert_eq!(body_data(&[0, 2, b'h', b'i']), Ok(&b"hi"[..]));
    assert_eq!(
        body_data(&[0, 3, b'h', b'i']),
        Err(RequestError::DataLength { claimed: 3, present: 2 })
    );
    assert!(body_data(&[0, 1, b'h', b'i']).is_err());
    assert!(body_data(&[0]).is_err());
}

#[test]
fn long_content_takes_several_chunks() {
    let content = vec![b'x'; max_chunk(RECEIVE_LIMIT) + 1];
    let mut out = Vec::new();
    send_body_chunk(&mut out, &content);
    let first = split_frame(&out, RECEIVE_LIMIT).unwrap().unwrap();
    assert_eq!(first.len, RECEIVE_LIMIT);
    let second = split_frame(&out[first.len..], RECEIVE_LIMIT).unwrap().unwrap();
    assert_eq!(Message::decode(second.payload), Ok(Message::SendBodyChunk(b"x")));
}

#[test]
fn headers_beyond_the_largest_packet_leave_nothing_behind() {
    let mut out = b"before".to_vec();
    let value = vec![b'x'; RECEIVE_LIMIT];
    let sent = send_headers(&mut out, 200, b"OK", [(&b"X"[..], &value[..])]);
    assert_eq!(sent, Err(HeadersTooLong));
    assert_eq!(out, b"before");
}
