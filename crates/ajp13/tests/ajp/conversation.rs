//! D1 to D12 and more of their kind.

use ajp13::container::{Incoming, split_frame};
use ajp13::{BodyDue, Conversation, Message, ProtocolError, RECEIVE_LIMIT, SequenceError, State};

use crate::cases::{STEPS, feed, file, packet};

#[test]
fn every_dialogue_ends_as_it_should() {
    let text = file("dialogues.txt");
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let mut seen = 0;
    for line in lines {
        seen += 1;
        let (steps, end) = line.split_once(" => ").expect(line);
        for step in STEPS {
            assert_eq!(play(steps, step), end, "{line}, fed {step} bytes at a time");
        }
    }
    assert!(seen >= 12);
}

/// Plays a dialogue; says how it ended and which content it carried.
fn play(dialogue: &str, step: usize) -> String {
    let mut conversation = Conversation::new();
    let mut content = Vec::new();
    let mut end = None;
    for word in dialogue.split_whitespace().skip(1) {
        assert_eq!(end, None, "the dialogue goes on after its error");
        match word.split_once(':').expect(word) {
            ("C", id) => send(&mut conversation, &packet(id)),
            (_, id) => end = receive(&mut conversation, &packet(id), step, &mut content),
        }
    }
    let mut end = end.unwrap_or_else(|| format!("{:?}", conversation.state()));
    assert_eq!(conversation.reusable(), end == "Idle");
    if !content.is_empty() {
        end.push(' ');
        end.push_str(std::str::from_utf8(&content).unwrap());
    }
    end
}

fn send(conversation: &mut Conversation, wire: &[u8]) {
    let frame = split_frame(wire, RECEIVE_LIMIT).unwrap().unwrap();
    if conversation.can_send_data() {
        return conversation.data_sent();
    }
    assert!(conversation.reusable(), "nothing may be sent now");
    match Incoming::decode(frame.payload).unwrap() {
        Incoming::CPing => conversation.ping_sent(),
        Incoming::Forward(request) => {
            let length = request.header(b"content-length");
            conversation.request_sent(length.is_some_and(|length| length != b"0"));
        }
    }
}

fn receive(
    conversation: &mut Conversation,
    wire: &[u8],
    step: usize,
    content: &mut Vec<u8>,
) -> Option<String> {
    let fed = feed(wire, step, 8192, |message| {
        conversation.receive(message)?;
        if let Message::SendBodyChunk(chunk) = message {
            content.extend_from_slice(chunk);
        }
        Ok(())
    });
    match fed {
        Ok(()) => None,
        Err(ProtocolError::Sequence(error)) => {
            assert_eq!(conversation.state(), State::Closed);
            Some(format!("{error:?}").split([' ', '{']).next().unwrap().to_owned())
        }
        Err(other) => panic!("{other}"),
    }
}

#[test]
fn a_data_packet_is_due_first_or_when_asked_for() {
    let mut conversation = Conversation::new();
    conversation.request_sent(true);
    assert_eq!(conversation.body_due(), Some(BodyDue::First));
    conversation.data_sent();
    assert!(!conversation.can_send_data());
    conversation.receive(&Message::GetBodyChunk { wanted: 8186 }).unwrap();
    assert_eq!(conversation.body_due(), Some(BodyDue::Asked { wanted: 8186 }));
    conversation.data_sent();
    assert_eq!(conversation.body_due(), None);
}

#[test]
fn headers_between_the_parts_of_an_upload_change_nothing_about_it() {
    let mut conversation = Conversation::new();
    conversation.request_sent(true);
    let head = packet("V10");
    conversation.receive(&Message::decode(&head[4..]).unwrap()).unwrap();
    conversation.receive(&Message::SendBodyChunk(b"x")).unwrap();
    assert_eq!(conversation.body_due(), Some(BodyDue::First));
    conversation.data_sent();
    conversation.receive(&Message::EndResponse { reuse: true }).unwrap();
    assert!(conversation.reusable());
}

#[test]
fn closing_is_final() {
    let mut conversation = Conversation::new();
    conversation.request_sent(true);
    conversation.close();
    assert!(!conversation.can_send_data());
    assert_eq!(conversation.receive(&Message::CPong), Err(SequenceError::Unsolicited { code: 9 }));
    assert_eq!(conversation.state(), State::Closed);
}
