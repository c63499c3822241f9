//! The protocol: content both ways, pings, splits, and mistakes.

use std::io::{Read, Write};

use jk_backend::{Backend, Demo, Handle};

use crate::client::{Ask, Client, GET, connect, request};

pub(crate) fn node(route: &str) -> Handle {
    Backend::start("127.0.0.1:0".parse().unwrap(), Demo::new(route)).unwrap()
}

fn post(content: &[u8]) -> Ask<'_> {
    Ask { method: "POST", content: Some(content), ..GET }
}

#[test]
fn content_comes_back_whatever_its_length() {
    let node = node("n1");
    let mut client = Client::new(node.addr());
    for len in [0, 1, 511, 512, 767, 768, 2560, 8186, 8187, 20_000, 300_000] {
        let content: Vec<u8> = (0..len).map(|at: u32| (at % 251) as u8).collect();
        for chunked in [false, true] {
            let answer = client.ask("/echo", Ask { chunked, ..post(&content) });
            assert_eq!(answer.status, 200);
            assert_eq!(answer.content, content, "{len} bytes, chunked: {chunked}");
            assert_eq!(answer.field("content-length"), Some(len.to_string().as_str()));
            assert!(answer.reusable);
        }
    }
    client.ping();
}

#[test]
fn content_that_nobody_wants_is_read_all_the_same() {
    let node = node("n1");
    let mut client = Client::new(node.addr());
    let content = vec![b'x'; 100_000];
    for chunked in [false, true] {
        let answer = client.ask("/b/3", Ask { chunked, ..post(&content) });
        assert_eq!(answer.content, b"xxx");
        assert!(answer.reusable);
    }
}

#[test]
fn filler_has_the_length_asked_for() {
    let node = node("n1");
    let mut client = Client::new(node.addr());
    for len in [0, 1, 8184, 8185, 65_536, 3_000_000] {
        let answer = client.get(&format!("/b/{len}"));
        assert_eq!(answer.content.len(), len);
        assert_eq!(answer.field("content-length"), Some(len.to_string().as_str()));
        assert!(answer.reusable);
    }
}

#[test]
fn responses_without_content_have_none() {
    let node = node("n1");
    let mut client = Client::new(node.addr());
    let head = client.ask("/b/1000", Ask { method: "HEAD", ..GET });
    assert_eq!((head.field("content-length"), head.content.len()), (Some("1000"), 0));
    for status in [204, 304] {
        let answer = client.get(&format!("/status/{status}"));
        assert_eq!((answer.status, answer.field("content-length")), (status, None));
        assert!(answer.content.is_empty());
    }
}

#[test]
fn a_request_may_come_byte_by_byte_or_behind_a_ping() {
    let node = node("n1");
    let mut client = Client::new(node.addr());
    for byte in request("/status/404", GET) {
        client.socket.write_all(&[byte]).unwrap();
    }
    assert_eq!(client.answer(GET).status, 404);

    let mut wire = ajp13::CPING.to_vec();
    wire.extend(request("/status/410", GET));
    client.socket.write_all(&wire).unwrap();
    let mut pong = [0; 5];
    client.socket.read_exact(&mut pong).unwrap();
    assert_eq!(pong, *b"AB\0\x01\x09");
    assert_eq!(client.answer(GET).status, 410);
}

#[test]
fn a_client_that_breaks_the_protocol_is_left() {
    let node = node("n1");
    let mut long = request("/echo", Ask { content: Some(b"ab"), ..GET });
    long.extend(*b"\x12\x34\0\x05\0\x03abc");
    let wires: [&[u8]; 5] = [
        b"GET / HTTP/1.1\r\n\r\n",
        b"AB\0\x01\x09",
        b"\x12\x34\0\x01\x07",
        b"\x12\x34\0\x02\x02\x02",
        &long,
    ];
    for wire in wires {
        let mut socket = connect(node.addr());
        socket.write_all(wire).unwrap();
        let mut rest = Vec::new();
        // The end, or a reset because unread bytes were left behind.
        let _ = socket.read_to_end(&mut rest);
        assert!(rest.is_empty(), "{}", wire.escape_ascii());
    }
    Client::new(node.addr()).ping();
}
