//! Any bytes from a backend: what decodes is inside its packet, and is written again as it was read.
#![no_main]

use ajp13::{Message, RECEIVE_LIMIT, container, split_frame};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let mut rest = data;
    while let Ok(Some(frame)) = split_frame(rest, RECEIVE_LIMIT) {
        assert_eq!(frame.payload.len() + ajp13::HEADER_LEN, frame.len);
        if let Ok(message) = Message::decode(frame.payload) {
            check(&message);
        }
        rest = &rest[frame.len..];
    }
    // The same bytes as a bare payload, so that no luck with the header is needed.
    if let Ok(message) = Message::decode(data) {
        check(&message);
    }
});

fn check(message: &Message<'_>) {
    let Message::SendHeaders(head) = message else { return };
    assert_eq!(head.fields().count(), head.fields().len());
    let mut wire = Vec::new();
    let reason = head.reason.unwrap_or_default();
    if container::send_headers(&mut wire, head.status, reason, head.fields()).is_err() {
        return;
    }
    let Ok(Message::SendHeaders(again)) = Message::decode(&wire[ajp13::HEADER_LEN..]) else {
        panic!("what was written does not decode")
    };
    assert_eq!(again.status, head.status);
    assert_eq!(again.fields().len(), head.fields().len());
    for ((name, value), (again_name, again_value)) in head.fields().zip(again.fields()) {
        assert!(name.eq_ignore_ascii_case(again_name));
        assert_eq!(value, again_value);
    }
}
