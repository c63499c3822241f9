//! Any sequence of operations: a connection goes back to its pool only after an exchange in which
//! every promise was kept, and a closed conversation stays closed.
#![no_main]

use ajp13::{Conversation, Message, State};
use libfuzzer_sys::fuzz_target;

/// What happened since the last request, told independently of the conversation.
#[derive(Default)]
struct Exchange {
    requested: bool,
    headers: usize,
    owed: usize,
    ended_for_reuse: bool,
}

fuzz_target!(|operations: &[u8]| {
    let mut conversation = Conversation::new();
    let mut exchange = Exchange::default();
    for &operation in operations {
        let closed = conversation.state() == State::Closed;
        step(&mut conversation, &mut exchange, operation);
        if closed {
            assert_eq!(conversation.state(), State::Closed);
        }
        if conversation.reusable() && exchange.requested {
            assert_eq!(exchange.headers, 1);
            assert_eq!(exchange.owed, 0);
            assert!(exchange.ended_for_reuse);
        }
        assert_eq!(conversation.can_send_data(), conversation.body_due().is_some());
    }
});

fn step(conversation: &mut Conversation, exchange: &mut Exchange, operation: u8) {
    match operation % 10 {
        0 | 1 if conversation.reusable() => {
            let first = operation % 10 == 1;
            *exchange = Exchange { requested: true, owed: first.into(), ..Exchange::default() };
            conversation.request_sent(first);
        }
        2 if conversation.reusable() => {
            *exchange = Exchange::default();
            conversation.ping_sent();
        }
        3 if conversation.can_send_data() => {
            exchange.owed -= 1;
            conversation.data_sent();
        }
        4 if operation > 240 => conversation.close(),
        kind => receive(conversation, exchange, kind),
    }
}

fn receive(conversation: &mut Conversation, exchange: &mut Exchange, kind: u8) {
    let payload: &[u8] = match kind {
        5 => &[4, 0, 200, 0xFF, 0xFF, 0, 0],
        6 => &[3, 0, 0, 0],
        7 => &[3, 0, 1, b'x', 0],
        8 => &[6, 0x1F, 0xFA],
        9 => &[5, 1],
        4 => &[5, 0],
        _ => &[9],
    };
    let message = Message::decode(payload).expect("the payloads above are sound");
    if conversation.receive(&message).is_err() {
        return assert_eq!(conversation.state(), State::Closed);
    }
    match message {
        Message::SendHeaders(_) => exchange.headers += 1,
        Message::GetBodyChunk { .. } => exchange.owed += 1,
        Message::EndResponse { reuse } => exchange.ended_for_reuse = reuse,
        Message::SendBodyChunk(_) | Message::CPong => {}
    }
}
