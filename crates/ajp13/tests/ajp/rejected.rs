//! B01 to B17, and what mod_jk tolerates.

use ajp13::{Conversation, Message, MessageError, ProtocolError, RECEIVE_LIMIT, split_frame};

use crate::cases::{STEPS, cases, feed};

#[test]
fn every_bad_packet_is_refused_for_its_reason() {
    let cases = cases("rejected.txt");
    assert_eq!(cases.len(), 17);
    for case in cases {
        for step in STEPS {
            let mut conversation = Conversation::new();
            conversation.request_sent(false);
            let error = feed(&case.bytes, step, 8192, |message| Ok(conversation.receive(message)?))
                .expect_err(&case.id);
            let name = case.text.split(':').next().unwrap();
            let shown = format!("{error:?}");
            assert!(shown.contains(name), "{} is {shown}, not {name}", case.id);
        }
    }
}

#[test]
fn the_class_of_an_error_tells_how_far_the_packet_was_understood() {
    let class = |id: &str| {
        let case = cases("rejected.txt").into_iter().find(|case| case.id == id).unwrap();
        let mut conversation = Conversation::new();
        conversation.request_sent(false);
        match feed(&case.bytes, 1, 8192, |message| Ok(conversation.receive(message)?)) {
            Err(ProtocolError::Frame(_)) => "frame",
            Err(ProtocolError::Message(_)) => "message",
            Err(ProtocolError::Sequence(_)) => "sequence",
            Ok(()) => "none",
        }
    };
    assert_eq!(class("B01"), "frame");
    assert_eq!(class("B02"), "message");
    assert_eq!(class("B03"), "frame");
    assert_eq!(class("B14"), "message");
    assert_eq!(class("B17"), "sequence");
}

#[test]
fn b03_a_header_alone_is_enough() {
    assert!(split_frame(&[0x41, 0x42, 0x1F, 0xFD], 8192).is_err());
    assert_eq!(split_frame(&[0x41, 0x42, 0x1F, 0xFC], 8192), Ok(None));
    assert_eq!(split_frame(&[0x41, 0x42, 0xFF, 0xFC], RECEIVE_LIMIT), Ok(None));
    assert!(split_frame(&[0x41, 0x42, 0xFF, 0xFD], RECEIVE_LIMIT).is_err());
}

#[test]
fn numbers_that_mod_jk_reads_as_missing_are_refused() {
    assert_eq!(Message::decode(&[5, 0xFF]), Err(MessageError::ReuseFlag));
    assert_eq!(Message::decode(&[4, 0xFF, 0xFF, 0, 0, 0, 0, 0]), Err(MessageError::Status(65535)));
}

#[test]
fn a_chunk_needs_no_zero_byte_and_trailing_bytes_are_ignored() {
    assert_eq!(Message::decode(&[3, 0, 2, b'h', b'i']), Ok(Message::SendBodyChunk(b"hi")));
    assert_eq!(Message::decode(&[3, 0, 1, b'h', 0, 9]), Ok(Message::SendBodyChunk(b"h")));
    assert_eq!(Message::decode(&[3, 0, 0]), Ok(Message::SendBodyChunk(b"")));
    assert_eq!(Message::decode(&[5, 1, 7, 7]), Ok(Message::EndResponse { reuse: true }));
    assert_eq!(Message::decode(&[9, 7]), Ok(Message::CPong));
}

#[test]
fn statuses_have_three_digits() {
    let head = |status: u16| {
        let [s0, s1] = status.to_be_bytes();
        Message::decode(&[4, s0, s1, 0xFF, 0xFF, 0, 0]).is_ok()
    };
    assert!(head(100) && head(999));
    assert!(!head(99) && !head(1000));
}

#[test]
fn a_reason_may_be_null() {
    let Ok(Message::SendHeaders(head)) = Message::decode(&[4, 0, 200, 0xFF, 0xFF, 0, 0]) else {
        panic!("a null reason is sound")
    };
    assert_eq!(head.reason, None);
}
