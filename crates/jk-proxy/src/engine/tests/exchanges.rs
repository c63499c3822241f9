//! One exchange at a time: the ordinary ones, and what must happen when a side misbehaves.

use std::time::Duration;

use ajp13::container;

use super::world::{Backend, World};

const ONE: &str = "worker.list=w\nworker.w.host=127.0.0.1\nworker.w.port=8009\n";

const TWO: &str = "\
worker.list=lb
worker.a.host=127.0.0.1
worker.a.port=8001
worker.b.host=127.0.0.1
worker.b.port=8002
worker.lb.type=lb
worker.lb.balance_workers=a,b
";

const GET: &[u8] = b"GET /app?q=1 HTTP/1.1\r\nHost: www.example.org\r\n\r\n";

fn headers(fields: &[(&[u8], &[u8])]) -> Vec<u8> {
    let mut out = Vec::new();
    container::send_headers(&mut out, 200, b"OK", fields.iter().copied()).unwrap();
    out
}

fn chunk(content: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    container::send_body_chunk(&mut out, content);
    out
}

fn end(reuse: bool) -> Vec<u8> {
    let mut out = Vec::new();
    container::end_response(&mut out, reuse);
    out
}

fn ask(wanted: u16) -> Vec<u8> {
    let mut out = Vec::new();
    container::get_body_chunk(&mut out, wanted);
    out
}

fn answer(body: &[u8]) -> Vec<u8> {
    [headers(&[(b"Content-Type", b"text/plain")]), chunk(body), end(true)].concat()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The packets a backend got, without their heads.
fn packets(bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut rest = bytes;
    let mut all = Vec::new();
    while let Some(frame) = container::split_frame(rest, 65536).unwrap() {
        all.push(frame.payload.to_vec());
        rest = &rest[frame.len..];
    }
    assert!(rest.is_empty(), "half a packet");
    all
}

fn is_request(backend: &Backend) -> bool {
    packets(&backend.end.drain()).first().is_some_and(|packet| packet[0] == 2)
}

/// The content of a response, when it is whole.
#[track_caller]
fn body(response: &[u8]) -> String {
    let response = text(response);
    let (head, body) = response.split_once("\r\n\r\n").expect("a whole head");
    let length = head.lines().find_map(|line| line.strip_prefix("Content-Length: "));
    assert_eq!(length, Some(body.len().to_string().as_str()), "{head}");
    body.to_owned()
}

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

/// D4 and R7: an answer before the promised content costs the connection.
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

/// W93: an idle connection that the backend has closed costs no try.
#[test]
fn a_closed_idle_connection_is_replaced() {
    let mut world = World::new(ONE, "w");
    let client = world.client(1 << 20);
    world.send(&client, GET);
    let backend = world.accept();
    world.answer(&backend, &answer(b"x"));
    world.close(&backend);
    world.send(&client, GET);
    let fresh = world.accept();
    assert!(is_request(&fresh));
}

/// W52 for one worker: two tries, then 502.
#[test]
fn a_backend_that_closes_is_tried_again() {
    let mut world = World::new(ONE, "w");
    let client = world.client(1 << 20);
    world.send(&client, GET);
    for _ in 0..2 {
        let backend = world.accept();
        assert!(is_request(&backend));
        world.close(&backend);
        world.wait(Duration::from_millis(100));
    }
    assert!(!world.is_connecting());
    assert!(text(&world.receive(&client)).starts_with("HTTP/1.1 502 "));
}

/// W54: refused by one member, served by the other.
#[test]
fn another_member_steps_in() {
    let mut world = World::new(TWO, "lb");
    world.refuse(8001);
    let client = world.client(1 << 20);
    world.send(&client, GET);
    world.wait(Duration::from_millis(200));
    let backend = world.accept();
    assert_eq!(backend.port, 8002);
    world.answer(&backend, &answer(b"from b"));
    assert_eq!(body(&world.receive(&client)), "from b");
}

/// W69: the first packet is replayed to the next member.
#[test]
fn the_first_data_packet_is_sent_again() {
    let mut world = World::new(TWO, "lb");
    let client = world.client(1 << 20);
    world.send(&client, b"POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello");
    for _ in 0..3 {
        let backend = world.accept();
        assert_eq!(packets(&backend.end.drain())[1], b"\x00\x05hello");
        world.close(&backend);
        world.wait(Duration::from_millis(100));
    }
}

/// W69, second half: what the backend has consumed is never sent again.
#[test]
fn consumed_content_is_not_replayed() {
    let mut world = World::new(TWO, "lb");
    let client = world.client(1 << 20);
    world.send(&client, b"POST /p HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n");
    let backend = world.accept();
    world.send(&client, b"3\r\nabc\r\n");
    world.answer(&backend, &ask(3));
    world.close(&backend);
    world.wait(Duration::from_secs(5));
    assert!(!world.is_connecting(), "no second try");
    assert!(text(&world.receive(&client)).starts_with("HTTP/1.1 502 "));
}

/// W57 the safe way: what has begun to go out is never followed by another answer.
#[test]
fn a_broken_answer_is_visibly_broken() {
    let mut world = World::new(TWO, "lb");
    let client = world.client(1 << 20);
    world.send(&client, GET);
    let backend = world.accept();
    world.answer(&backend, &[headers(&[]), chunk(&[b'x'; 8184])].concat());
    let begun = text(&world.receive(&client));
    assert!(begun.contains("Transfer-Encoding: chunked"));
    world.close(&backend);
    world.wait(Duration::from_secs(1));
    assert!(!world.is_connecting(), "no second try");
    assert!(client.end.is_ended());
    assert!(!text(&world.receive(&client)).contains("0\r\n\r\n"), "no last chunk");
}

/// A part that was held back can be withdrawn, so that the retry of mod_jk does no harm.
#[test]
fn an_answer_held_back_is_withdrawn() {
    let mut world = World::new(ONE, "w");
    let client = world.client(1 << 20);
    world.send(&client, GET);
    let backend = world.accept();
    world.answer(&backend, &[headers(&[(b"X-First", b"1")]), chunk(b"fragment")].concat());
    world.close(&backend);
    world.wait(Duration::from_millis(100));
    let backend = world.accept();
    world.answer(&backend, &answer(b"whole"));
    let got = world.receive(&client);
    assert_eq!(body(&got), "whole");
    assert!(!text(&got).contains("X-First"));
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

/// W64 for one worker: reply timeouts, then 504.
#[test]
fn a_silent_backend_times_out() {
    let mut world = World::new(&format!("{ONE}worker.w.reply_timeout=200\n"), "w");
    let client = world.client(1 << 20);
    world.send(&client, GET);
    for _ in 0..2 {
        let backend = world.accept();
        world.wait(Duration::from_millis(300));
        assert!(backend.end.is_ended());
    }
    assert!(text(&world.receive(&client)).starts_with("HTTP/1.1 504 "));
}

/// W88: with `P` every request is preceded by a CPING, with `C` every connection.
#[test]
fn probes_go_before_requests() {
    for (mode, on_reuse) in [("C", false), ("P", true)] {
        let mut world = World::new(&format!("{ONE}worker.w.ping_mode={mode}\n"), "w");
        let client = world.client(1 << 20);
        world.send(&client, GET);
        let backend = world.accept();
        assert_eq!(backend.end.drain(), ajp13::CPING);
        world.answer(&backend, b"AB\0\x01\x09");
        assert!(is_request(&backend));
        world.answer(&backend, &answer(b"x"));
        world.send(&client, GET);
        assert_eq!(backend.end.drain() == ajp13::CPING, on_reuse, "mode {mode}");
    }
}

/// D8: anything but CPONG closes the connection, and another is tried.
#[test]
fn a_wrong_pong_is_a_failed_try() {
    let mut world = World::new(&format!("{ONE}worker.w.ping_mode=C\n"), "w");
    let client = world.client(1 << 20);
    world.send(&client, GET);
    let backend = world.accept();
    world.answer(&backend, &end(true));
    assert!(backend.end.is_ended());
    world.wait(Duration::from_millis(100));
    assert!(world.is_connecting());
}

/// W86: no free slot is 503 after about the acquire timeout.
#[test]
fn a_full_pool_answers_503() {
    let mut world = World::new(&format!("{ONE}worker.w.connection_pool_size=1\n"), "w");
    let (first, second) = (world.client(1 << 20), world.client(1 << 20));
    world.send(&first, GET);
    let backend = world.accept();
    world.send(&second, GET);
    world.wait(Duration::from_millis(199));
    assert!(world.receive(&second).is_empty());
    world.wait(Duration::from_millis(2));
    assert!(text(&world.receive(&second)).starts_with("HTTP/1.1 503 "));
    world.answer(&backend, &answer(b"x"));
    assert_eq!(body(&world.receive(&first)), "x");
}

#[test]
fn a_slot_that_comes_free_is_taken_at_once() {
    let mut world = World::new(&format!("{ONE}worker.w.connection_pool_size=1\n"), "w");
    let (first, second) = (world.client(1 << 20), world.client(1 << 20));
    world.send(&first, GET);
    let backend = world.accept();
    world.send(&second, GET);
    backend.end.drain();
    world.answer(&backend, &answer(b"x"));
    assert!(is_request(&backend), "the same connection, now for the second");
    world.answer(&backend, &answer(b"y"));
    assert_eq!(body(&world.receive(&second)), "y");
}

/// W61: a listed status is answered by 503 and never reaches the client.
#[test]
fn a_listed_status_fails_over() {
    let mut world = World::new(&format!("{ONE}worker.w.fail_on_status=200\n"), "w");
    let client = world.client(1 << 20);
    world.send(&client, GET);
    for _ in 0..2 {
        let backend = world.accept();
        world.answer(&backend, &answer(b"secret"));
        world.wait(Duration::from_millis(100));
    }
    let got = text(&world.receive(&client));
    assert!(got.starts_with("HTTP/1.1 503 ") && !got.contains("secret"), "{got}");
}

#[test]
fn a_client_that_goes_away_gives_everything_back() {
    let mut world = World::new(TWO, "lb");
    let client = world.client(1 << 20);
    world.send(&client, b"POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\n1234");
    let backend = world.accept();
    client.end.end();
    world.send(&client, b"");
    assert!(backend.end.is_ended(), "an upload cut short must not look complete");
    assert!(world.shared.pools.iter().all(|pool| pool.lock().open() == 0));
    let counters = &world.shared.site.backends[0].counters;
    assert_eq!((counters.busy(), counters.errors()), (0, 0));
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
fn every_request_after_a_reload_goes_by_the_new_configuration() {
    let mut world = World::new(ONE, "w");
    let clients: Vec<_> = (0..3).map(|_| world.client(1 << 20)).collect();
    clients.iter().for_each(|client| world.send(client, GET));
    for _ in &clients {
        let backend = world.accept();
        assert_eq!(backend.port, 8009);
        world.answer(&backend, &answer(b"old"));
    }
    world.reload(&ONE.replace("8009", "8010"), "w");
    clients.iter().for_each(|client| world.send(client, GET));
    for _ in &clients {
        assert_eq!(world.accept().port, 8010);
    }
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

/// `Timeout` is for a client that is waited for: not for one whose backend takes its time.
#[test]
fn content_that_is_asked_for_late_is_waited_for() {
    let mut world = World::new(ONE, "w");
    let client = world.client(1 << 20);
    world.send(&client, b"POST /p HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n");
    let backend = world.accept();
    world.wait(Duration::from_secs(100));
    world.answer(&backend, &ask(8186));
    world.wait(Duration::from_secs(50));
    let _ = backend.end.drain();
    world.send(&client, b"5\r\nhello\r\n0\r\n\r\n");
    assert_eq!(packets(&backend.end.drain()), [b"\0\x05hello"]);
    world.answer(&backend, &answer(b"done"));
    assert_eq!(body(&world.receive(&client)), "done");
}

#[test]
fn a_client_that_never_sends_what_was_asked_for_late_is_given_up() {
    let mut world = World::new(ONE, "w");
    let client = world.client(1 << 20);
    world.send(&client, b"POST /p HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n");
    let backend = world.accept();
    world.wait(Duration::from_secs(100));
    world.answer(&backend, &ask(8186));
    world.wait(Duration::from_secs(61));
    assert!(backend.end.is_ended());
    assert!(client.end.is_ended());
}

/// A backend that cannot go on because the client does not read is not late.
#[test]
fn the_reply_timeout_begins_anew_when_the_client_has_read() {
    let mut world = World::new(&format!("{ONE}worker.w.reply_timeout=5000\n"), "w");
    let client = world.client(1000);
    world.send(&client, GET);
    let backend = world.accept();
    world.answer(&backend, &[headers(&[]), chunk(&[b'x'; 9000])].concat());
    world.wait(Duration::from_secs(20));
    let mut got = world.receive(&client);
    world.wait(Duration::from_secs(4));
    world.answer(&backend, &[chunk(b"the rest"), end(true)].concat());
    got.extend(world.receive(&client));
    assert!(text(&got).ends_with("8\r\nthe rest\r\n0\r\n\r\n"));
}
