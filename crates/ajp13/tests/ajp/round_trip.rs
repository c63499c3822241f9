//! What one side writes, the other side reads; and nothing that is read can hurt.

use ajp13::container::{self, ForwardRequest, Incoming};
use ajp13::{
    Attribute, Conversation, Message, RECEIVE_LIMIT, RequestEncoder, RequestLine, method_code,
    split_frame,
};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use crate::cases::feed;

/// Text that may stand anywhere in a request.
fn text() -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![0x20..0x7Fu8, 0x80..=0xFFu8, Just(b'\t')];
    vec(byte, 0..40)
}

/// Whatever bytes, of lengths at which a reader may go wrong.
fn odd() -> impl Strategy<Value = Vec<u8>> {
    let lengths =
        [0, 1, 0xff, 0x100, 0x1ffa, 0x7fff, 0x8000, 0x9fff, 0xa001, 0xa0ff, 0xa100, 0xffff];
    let long =
        (any::<u8>(), proptest::sample::select(lengths.to_vec())).prop_map(|(b, n)| vec![b; n]);
    prop_oneof![4 => text(), 2 => vec(any::<u8>(), 0..9), 1 => long]
}

fn method() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        Just(b"GET".to_vec()),
        Just(b"MKACTIVITY".to_vec()),
        Just(b"PATCH".to_vec()),
        Just(b"get".to_vec())
    ]
}

fn name() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![text(), Just(b"Content-Length".to_vec()), Just(b"HOST".to_vec())]
}

#[derive(Clone, Debug)]
enum Owned {
    Text(u8, Vec<u8>),
    KeySize(u16),
    Named(Vec<u8>, Vec<u8>),
}

fn attribute() -> impl Strategy<Value = Owned> {
    prop_oneof![
        (0..8u8, text()).prop_map(|(kind, text)| Owned::Text(kind, text)),
        any::<u16>().prop_map(Owned::KeySize),
        (text(), text()).prop_map(|(name, value)| Owned::Named(name, value)),
    ]
}

fn borrow(owned: &Owned) -> Attribute<'_> {
    match owned {
        Owned::KeySize(bits) => Attribute::SslKeySize(*bits),
        Owned::Named(name, value) => Attribute::Request { name, value },
        Owned::Text(0, text) => Attribute::RemoteUser(text),
        Owned::Text(1, text) => Attribute::AuthType(text),
        Owned::Text(2, text) => Attribute::QueryString(text),
        Owned::Text(3, text) => Attribute::Route(text),
        Owned::Text(4, text) => Attribute::SslCert(text),
        Owned::Text(5, text) => Attribute::SslCipher(text),
        Owned::Text(6, text) => Attribute::SslSession(text),
        Owned::Text(_, text) => Attribute::Secret(text),
    }
}

proptest! {
    #[test]
    fn requests(
        method in method(),
        texts in proptest::array::uniform4(text()),
        host in option::of(text()),
        (port, is_ssl) in (any::<u16>(), any::<bool>()),
        headers in vec((name(), text()), 0..20),
        attributes in vec(attribute(), 0..8),
    ) {
        let [protocol, uri, remote_addr, server_name] = &texts;
        let line = RequestLine {
            method: &method, protocol, uri, remote_addr, remote_host: host.as_deref(),
            server_name, server_port: port, is_ssl,
        };
        let mut wire = Vec::new();
        let mut encoder = RequestEncoder::begin(&mut wire, RECEIVE_LIMIT, &line);
        headers.iter().for_each(|(name, value)| encoder.header(name, value));
        attributes.iter().for_each(|owned| encoder.attribute(borrow(owned)));
        let stored = method_code(&method).is_none();
        if stored {
            encoder.attribute(Attribute::StoredMethod(&method));
        }
        encoder.finish().unwrap();

        let frame = container::split_frame(&wire, RECEIVE_LIMIT).unwrap().unwrap();
        prop_assert_eq!(frame.len, wire.len());
        let request = ForwardRequest::decode(frame.payload).unwrap();
        let got = request.line();
        prop_assert_eq!(got.method, &method);
        prop_assert_eq!(
            [got.protocol, got.uri, got.remote_addr, got.server_name],
            [&protocol[..], uri, remote_addr, server_name]
        );
        prop_assert_eq!(
            (got.remote_host, got.server_port, got.is_ssl),
            (host.as_deref(), port, is_ssl)
        );
        let mut left = headers.iter();
        for (name, value) in request.headers() {
            let (sent_name, sent_value) = left.next().unwrap();
            prop_assert!(name.eq_ignore_ascii_case(sent_name));
            prop_assert_eq!(value, sent_value);
        }
        prop_assert!(left.next().is_none());
        let got: Vec<_> = request.attributes().take(attributes.len()).collect();
        prop_assert_eq!(got, attributes.iter().map(borrow).collect::<Vec<_>>());
        prop_assert_eq!(request.attributes().count(), attributes.len() + usize::from(stored));
    }

    /// A request that cannot be said leaves nothing behind; any other is read as it was meant.
    #[test]
    fn requests_of_whatever_bytes(
        (uri, name, value) in (odd(), odd(), odd()),
        attributes in vec((odd(), odd()), 0..3),
        limit in proptest::sample::select(&[64, 8192, RECEIVE_LIMIT][..]),
    ) {
        let line = RequestLine {
            method: b"GET", protocol: b"HTTP/1.1", uri: &uri, remote_addr: b"10.0.0.1",
            remote_host: None, server_name: b"a", server_port: 80, is_ssl: false,
        };
        let mut wire = b"before".to_vec();
        let mut encoder = RequestEncoder::begin(&mut wire, limit, &line);
        encoder.header(&name, &value);
        for (name, value) in &attributes {
            encoder.attribute(Attribute::Request { name, value });
        }
        let Ok(length) = encoder.finish() else {
            prop_assert_eq!(wire, b"before");
            return Ok(());
        };
        prop_assert!(length <= limit);
        prop_assert_eq!(wire.len(), b"before".len() + length);
        let frame = container::split_frame(&wire[6..], RECEIVE_LIMIT).unwrap().unwrap();
        prop_assert_eq!(frame.len, length);
        let request = ForwardRequest::decode(frame.payload).unwrap();
        prop_assert_eq!(request.line().uri, &uri);
        let headers: Vec<_> = request.headers().collect();
        prop_assert!(headers.len() == 1 && headers[0].0.eq_ignore_ascii_case(&name));
        prop_assert_eq!(headers[0].1, &value);
        let named = attributes.iter().map(|(name, value)| Attribute::Request { name, value });
        prop_assert_eq!(request.attributes().collect::<Vec<_>>(), named.collect::<Vec<_>>());
    }

    #[test]
    fn responses(
        status in 100..1000u16,
        reason in vec(any::<u8>(), 0..20),
        fields in vec((vec(any::<u8>(), 0..20), vec(any::<u8>(), 0..60)), 0..20),
        chunks in vec(vec(any::<u8>(), 1..300), 0..5),
        reuse in any::<bool>(),
        step in 1..50usize,
    ) {
        let mut wire = Vec::new();
        let pairs = fields.iter().map(|(name, value)| (&name[..], &value[..]));
        container::send_headers(&mut wire, status, &reason, pairs).unwrap();
        chunks.iter().for_each(|chunk| container::send_body_chunk(&mut wire, chunk));
        container::end_response(&mut wire, reuse);

        let mut conversation = Conversation::new();
        conversation.request_sent(false);
        let mut content = Vec::new();
        let fed = feed(&wire, step, RECEIVE_LIMIT, |message| {
            conversation.receive(message)?;
            match message {
                Message::SendHeaders(head) => {
                    assert_eq!((head.status, head.reason), (status, Some(&reason[..])));
                    assert_eq!(head.fields().count(), fields.len());
                    for ((name, value), (sent, sent_value)) in head.fields().zip(&fields) {
                        assert!(name.eq_ignore_ascii_case(sent));
                        assert_eq!(value, sent_value);
                    }
                }
                Message::SendBodyChunk(chunk) => content.extend_from_slice(chunk),
                _ => {}
            }
            Ok(())
        });
        prop_assert_eq!(fed, Ok(()));
        prop_assert_eq!(conversation.reusable(), reuse);
        prop_assert_eq!(content, chunks.concat());
    }

    #[test]
    fn arbitrary_payloads_do_not_hurt(code in 0..12u8, rest in vec(any::<u8>(), 0..80)) {
        let mut payload = vec![code];
        payload.extend(rest);
        if let Ok(Message::SendHeaders(head)) = Message::decode(&payload) {
            prop_assert_eq!(head.fields().count(), head.fields().len());
        }
        if let Ok(Incoming::Forward(request)) = Incoming::decode(&payload) {
            let _ = (request.headers().count(), request.attributes().count());
        }
        let _ = container::body_data(&payload);
        let _ = split_frame(&payload, RECEIVE_LIMIT);
    }
}
