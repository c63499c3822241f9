//! The rules of safety: what no backend gets to see, and no client either.

use ajp13::container;

use super::wire::*;
use super::world::World;

#[test]
fn a_false_alarm_repeats_nothing() {
    let mut world = World::new(ONE, "w");
    let client = world.client(1 << 20);
    world.send(&client, GET);
    let backend = world.accept();
    world.answer(&backend, &headers(&[]));
    for _ in 0..3 {
        world.answer(&backend, &chunk(&[b'x'; 5000]));
        world.false_alarm(&backend);
    }
    world.answer(&backend, &end(true));
    let got = world.receive(&client);
    assert_eq!(got.iter().filter(|&&byte| byte == b'x').count(), 15000);
}

/// R2 and R5: the content length comes first, and no attribute is sent but the known ones.
#[test]
fn a_request_says_what_it_must_and_no_more() {
    let mut world = World::new(TWO, "lb");
    let client = world.client(1 << 20);
    let head = b"POST /p HTTP/1.1\r\nHost: h\r\nX-A: 1\r\nContent-Length: 2\r\n\r\nok";
    world.send(&client, head);
    let backend = world.accept();
    let sent = packets(&backend.end.drain());
    let request = container::ForwardRequest::decode(&sent[0]).unwrap();
    let names: Vec<String> = request.headers().map(|(name, _)| text(name).to_lowercase()).collect();
    assert_eq!(names, ["content-length", "host", "x-a"]);
    let attributes: Vec<String> = request.attributes().map(|one| format!("{one:?}")).collect();
    let known = ["Route(a)", "Request(AJP_REMOTE_PORT=80)", "Request(AJP_LOCAL_ADDR=127.0.0.1)"];
    assert_eq!(attributes[..3], known);
    assert_eq!(attributes[3..], ["Request(JK_LB_ACTIVATION=ACT)"]);
}

/// R1 and R6: two ways to frame the content are one too many.
#[test]
fn ambiguous_framing_never_reaches_a_backend() {
    for fields in [
        "Content-Length: 1\r\nContent-Length: 2",
        "Content-Length: +1",
        "Content-Length: 1, 1",
        "Transfer-Encoding: identity, chunked",
        "Transfer-Encoding: chunked, chunked",
        "Transfer-Encoding : chunked",
    ] {
        let mut world = World::new(ONE, "w");
        let client = world.client(1 << 20);
        world.send(&client, format!("POST / HTTP/1.1\r\nHost: h\r\n{fields}\r\n\r\n").as_bytes());
        assert!(!world.is_connecting(), "{fields}");
        let got = text(&world.receive(&client));
        assert!(
            got.starts_with("HTTP/1.1 4") || got.starts_with("HTTP/1.1 501 "),
            "{fields}: {got}"
        );
        assert!(client.end.is_ended(), "{fields}");
    }
}

/// R8: what comes in on an idle connection makes it unfit.
#[test]
fn an_idle_connection_with_bytes_is_not_used() {
    let mut world = World::new(ONE, "w");
    let client = world.client(1 << 20);
    world.send(&client, GET);
    let backend = world.accept();
    world.answer(&backend, &answer(b"x"));
    world.answer(&backend, &answer(b"for somebody else"));
    assert!(backend.end.is_ended());
    world.send(&client, GET);
    let fresh = world.accept();
    world.answer(&fresh, &answer(b"mine"));
    assert!(text(&world.receive(&client)).ends_with("mine"));
}

/// R9: never more than was asked for.
#[test]
fn no_packet_exceeds_what_was_asked_for() {
    let mut world = World::new(ONE, "w");
    let client = world.client(1 << 20);
    world.send(&client, b"POST /p HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n");
    let backend = world.accept();
    world.send(&client, b"6\r\nabcdef\r\n0\r\n\r\n");
    backend.end.drain();
    for expected in ["abcd", "ef", ""] {
        world.answer(&backend, &ask(4));
        let packet = packets(&backend.end.drain()).remove(0);
        assert_eq!(packet.get(2..).unwrap_or_default(), expected.as_bytes());
    }
}

/// R3: a data packet never begins like a request or a ping.
#[test]
fn lengths_that_look_like_requests_are_avoided() {
    let mut world = World::new(ONE, "w");
    let client = world.client(1 << 20);
    let head = b"POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: 600\r\n\r\n".to_vec();
    world.send(&client, &[head, vec![b'x'; 600]].concat());
    let backend = world.accept();
    let sent = packets(&backend.end.drain());
    assert_eq!(sent[1][..2], 511_u16.to_be_bytes());
    world.answer(&backend, &ask(8186));
    assert_eq!(packets(&backend.end.drain())[0][..2], 89_u16.to_be_bytes());
}

/// D4, R7 and R10: an answer before the promised content costs the connection.
#[test]
fn a_connection_with_content_due_is_not_used_again() {
    let mut world = World::new(ONE, "w");
    let client = world.client(1 << 20);
    world.send(&client, b"POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\n");
    let backend = world.accept();
    world.answer(&backend, &answer(b"early"));
    assert!(backend.end.is_ended());
    assert_eq!(body(&world.receive(&client)), "early");
    // The rest of the content is taken and dropped, then the next request is served.
    world.send(&client, &[b"123456789", GET].concat());
    let next = world.accept();
    assert!(is_request(&next));
}

#[test]
fn bytes_after_the_end_cost_the_connection() {
    let mut world = World::new(ONE, "w");
    let client = world.client(1 << 20);
    world.send(&client, GET);
    let backend = world.accept();
    world.answer(&backend, &[answer(b"x"), chunk(b"stray")].concat());
    assert_eq!(body(&world.receive(&client)), "x");
    assert!(backend.end.is_ended());
}

#[test]
fn more_content_than_announced_is_cut_and_the_connection_ends() {
    let mut world = World::new(ONE, "w");
    let client = world.client(1 << 20);
    world.send(&client, GET);
    let backend = world.accept();
    let long = vec![b'y'; 8184];
    world.answer(&backend, &[headers(&[(b"Content-Length", b"9000")]), chunk(&long)].concat());
    world.answer(&backend, &chunk(&long));
    let got = world.receive(&client);
    assert_eq!(got.iter().filter(|&&byte| byte == b'y').count(), 9000);
    assert!(client.end.is_ended());
    assert!(backend.end.is_ended());
}
