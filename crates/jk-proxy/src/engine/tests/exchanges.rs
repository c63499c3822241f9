//! One exchange at a time: the ordinary ones, however the bytes come.

use std::time::Duration;

use ajp13::container;

use super::wire::*;
use super::world::World;

#[test]
fn a_request_goes_there_and_back_and_the_connection_is_used_again() {
    let mut world = World::new(ONE, "w");
    let client = world.client(1 << 20);
    world.send(&client, GET);
    let backend = world.accept();
    let sent = packets(&backend.end.drain());
    let request = container::ForwardRequest::decode(&sent[0]).unwrap();
    assert_eq!(request.line().uri, b"/app");
    assert_eq!(request.query(), Some(&b"q=1"[..]));
    assert_eq!(request.header(b"content-length"), Some(&b"0"[..]));
    world.answer(&backend, &answer(b"hello"));
    assert_eq!(body(&world.receive(&client)), "hello");

    world.send(&client, GET);
    assert!(!world.is_connecting());
    assert!(is_request(&backend));
    world.answer(&backend, &answer(b"again"));
    assert_eq!(body(&world.receive(&client)), "again");
}

/// COMPAT [content-length-first]
#[test]
fn the_length_of_the_content_comes_before_other_fields() {
    let mut world = World::new(ONE, "w");
    let client = world.client(1 << 20);
    world.send(
        &client,
        b"POST /p HTTP/1.1\r\nA: b\r\nHost: h\r\nContent-Length: 2\r\nC: d\r\n\r\nhi",
    );
    let backend = world.accept();
    let sent = packets(&backend.end.drain());
    let request = container::ForwardRequest::decode(&sent[0]).unwrap();
    let names: Vec<&[u8]> = request.headers().map(|(name, _)| name).collect();
    assert_eq!(names, [&b"content-length"[..], b"A", b"host", b"C"]);
}

#[test]
fn any_split_of_the_answer_gives_the_same_response() {
    let wire = answer(b"some content");
    for step in 1..wire.len() {
        let mut world = World::new(ONE, "w");
        let client = world.client(1 << 20);
        world.send(&client, GET);
        let backend = world.accept();
        wire.chunks(step).for_each(|piece| world.answer(&backend, piece));
        assert_eq!(body(&world.receive(&client)), "some content", "{step} bytes at a time");
    }
}

#[test]
fn any_split_of_the_request_gives_the_same_packets() {
    let request = b"POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello".to_vec();
    for step in 1..request.len() {
        let mut world = World::new(ONE, "w");
        let client = world.client(1 << 20);
        request.chunks(step).for_each(|piece| world.send(&client, piece));
        let backend = world.accept();
        let sent = packets(&backend.end.drain());
        assert_eq!(sent.len(), 2, "{step} bytes at a time");
        assert_eq!(sent[1], b"\x00\x05hello");
    }
}

#[test]
fn requests_of_one_wake_up_go_out_after_all_have_been_heard() {
    let mut world = World::new(ONE, "w");
    let (one, two) = (world.client(1 << 20), world.client(1 << 20));
    world.send_together(&[(&one, GET), (&two, &[GET, GET].concat())]);
    let (first, second) = (world.accept(), world.accept());
    world.answer(&first, &answer(b"one"));
    world.answer(&second, &answer(b"two"));
    assert_eq!(body(&world.receive(&one)), "one");
    // The second of the pipelined requests takes whichever connection is idle.
    for backend in [&first, &second] {
        if packets(&backend.end.drain()).len() == 2 {
            world.answer(backend, &answer(b"three"));
        }
    }
    let got = text(&world.receive(&two));
    assert!(got.find("two").unwrap() < got.find("three").unwrap());
}

#[test]
fn pipelined_requests_are_answered_in_order() {
    let mut world = World::new(ONE, "w");
    let client = world.client(1 << 20);
    world.send(&client, &[GET, GET].concat());
    let backend = world.accept();
    world.answer(&backend, &answer(b"one"));
    world.answer(&backend, &answer(b"two"));
    let got = text(&world.receive(&client));
    assert!(got.find("one").unwrap() < got.find("two").unwrap());
    assert_eq!(packets(&backend.end.drain()).len(), 2);
}

#[test]
fn chunked_content_is_sent_when_asked_for() {
    let mut world = World::new(ONE, "w");
    let client = world.client(1 << 20);
    world.send(&client, b"POST /p HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n");
    let backend = world.accept();
    assert_eq!(packets(&backend.end.drain()).len(), 1);
    world.answer(&backend, &ask(8186));
    world.send(&client, b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
    assert_eq!(packets(&backend.end.drain()), [b"\x00\x05abcde"]);
    world.answer(&backend, &ask(8186));
    assert_eq!(packets(&backend.end.drain()), [b""]);
    world.answer(&backend, &answer(b"done"));
    assert_eq!(body(&world.receive(&client)), "done");
}

#[test]
fn a_slow_client_stops_the_reading_of_more() {
    let mut world = World::new(ONE, "w");
    let client = world.client(1000);
    world.send(&client, GET);
    let backend = world.accept();
    let content = vec![b'z'; 8184];
    world.answer(&backend, &headers(&[]));
    for _ in 0..100 {
        world.answer(&backend, &chunk(&content));
    }
    world.answer(&backend, &end(true));
    let got = world.receive(&client);
    let count = got.iter().filter(|&&byte| byte == b'z').count();
    assert_eq!(count, 100 * content.len());
    assert!(got.ends_with(b"\r\n0\r\n\r\n"));
}

#[test]
fn http_1_0_gets_content_until_the_end() {
    let mut world = World::new(ONE, "w");
    let client = world.client(1 << 20);
    world.send(&client, b"GET / HTTP/1.0\r\n\r\n");
    let backend = world.accept();
    world.answer(&backend, &[headers(&[]), chunk(&[b'x'; 8184]), end(true)].concat());
    let got = text(&world.receive(&client));
    assert!(!got.contains("chunked") && got.contains("Connection: close"), "{got}");
    assert!(client.end.is_ended());
}

#[test]
fn expect_continue_is_answered_when_content_is_needed() {
    let mut world = World::new(ONE, "w");
    let client = world.client(1 << 20);
    world.send(
        &client,
        b"POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n",
    );
    assert!(world.receive(&client).is_empty(), "not before the backend is there");
    let backend = world.accept();
    assert_eq!(text(&world.receive(&client)), "HTTP/1.1 100 Continue\r\n\r\n");
    world.send(&client, b"ok");
    assert_eq!(packets(&backend.end.drain())[1], b"\x00\x02ok");
    world.answer(&backend, &answer(b"x"));
    assert_eq!(body(&world.receive(&client)), "x");
}

#[test]
fn an_idle_client_is_let_go_after_the_keep_alive_timeout() {
    let mut world = World::new(ONE, "w");
    let client = world.client(1 << 20);
    world.send(&client, GET);
    let backend = world.accept();
    world.answer(&backend, &answer(b"x"));
    world.wait(Duration::from_secs(4));
    assert!(!client.end.is_ended());
    world.wait(Duration::from_secs(2));
    assert!(client.end.is_ended());
}

#[test]
fn an_end_that_comes_with_the_last_content_is_seen() {
    let mut world = World::new(ONE, "w");
    let client = world.client(1 << 20);
    world.send(&client, b"POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\n");
    let backend = world.accept();
    world.send_last(&client, b"half");
    assert!(client.end.is_ended());
    assert!(backend.end.is_ended(), "the request cannot be completed");
}

#[test]
fn leave_to_send_does_not_come_in_the_middle_of_an_answer() {
    let mut world = World::new(ONE, "w");
    let client = world.client(1 << 20);
    let head = b"POST /p HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n";
    world.send(&client, head);
    let backend = world.accept();
    world.answer(&backend, &[headers(&[]), chunk(&[b'z'; 8184]), chunk(&[b'z'; 8184])].concat());
    world.answer(&backend, &ask(8186));
    world.send(&client, b"1\r\na\r\n0\r\n\r\n");
    world.answer(&backend, &[chunk(b"end"), end(true)].concat());
    let got = text(&world.receive(&client));
    assert!(got.starts_with("HTTP/1.1 200 ") && !got.contains("100 Continue"), "{got}");
}
