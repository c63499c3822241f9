//! What becomes of a request when a backend, a client or a pool fails it.

use std::time::Duration;

use super::wire::*;
use super::world::World;

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

/// COMPAT [steady-clock]: in mod_jk a member that failed before the clock was set back is left out until it has caught up.
#[test]
fn a_clock_that_is_set_back_delays_no_recovery() {
    let workers = format!("{TWO}worker.lb.recover_time=2\nworker.lb.error_escalation_time=0\n");
    let mut world = World::new(&workers, "lb");
    world.refuse(8001);
    let client = world.client(1 << 20);
    world.send(&client, GET);
    world.wait(Duration::from_millis(200));
    let backend = world.accept();
    world.answer(&backend, &answer(b"from b"));
    assert_eq!(body(&world.receive(&client)), "from b");

    world.set_clock_back(Duration::from_secs(3600));
    world.accept_again(8001);
    let mut seen = false;
    for _ in 0..200 {
        world.wait(Duration::from_secs(1));
        let client = world.client(1 << 20);
        world.send(&client, GET);
        if world.is_connecting() {
            seen |= world.accept().port == 8001;
        }
        if seen {
            return;
        }
        world.answer(&backend, &answer(b"from b"));
    }
    panic!("the member is never tried again");
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

/// D8, COMPAT [stale-pong]: anything but CPONG closes the connection, and another is tried.
#[test]
fn a_wrong_pong_is_a_failed_try() {
    let mut world = World::new(&format!("{ONE}worker.w.ping_mode=C\n"), "w");
    let client = world.client(1 << 20);
    world.send(&client, GET);
    let backend = world.accept();
    // What was left over from before, and the CPONG right behind it.
    world.answer(&backend, &[end(true), b"AB\0\x01\x09".to_vec()].concat());
    assert!(backend.end.is_ended());
    world.wait(Duration::from_millis(100));
    assert!(world.is_connecting());
}

/// COMPAT [send-timeout]: a backend that takes nothing is waited for as long as `Timeout` says.
#[test]
fn a_backend_that_does_not_read_is_given_up() {
    let mut world = World::new(ONE, "w");
    world.backends_take(10);
    let client = world.client(1 << 20);
    world.send(&client, GET);
    let backend = world.accept();
    world.wait(Duration::from_millis(59_990));
    assert!(!backend.end.is_ended());
    world.wait(Duration::from_millis(20));
    assert!(backend.end.is_ended());
    assert!(backend.end.drain().len() <= 10, "less than a request was sent");
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

/// COMPAT [pool-wait]
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

/// COMPAT [whole-process]: without `connection_pool_size` httpd has as many connections as it serves requests: who comes too
/// many waits for a thread, not for a connection.
#[test]
fn a_pool_of_the_default_size_is_waited_for_while_it_moves() {
    let mut world = World::new(ONE, "w");
    let clients: Vec<_> = (0..10).map(|_| world.client(1 << 20)).collect();
    let mut backends = Vec::new();
    for (at, client) in clients.iter().enumerate() {
        world.send(client, GET);
        if at < 8 {
            backends.push(world.accept());
        }
    }
    world.wait(Duration::from_millis(190));
    backends[0].end.drain();
    world.answer(&backends[0], &answer(b"a"));
    assert!(is_request(&backends[0]), "the ninth has the first one's connection");
    world.wait(Duration::from_millis(190));
    assert!(world.receive(&clients[9]).is_empty(), "the tenth goes on waiting");
    world.wait(Duration::from_millis(201));
    let got = text(&world.receive(&clients[9]));
    assert!(got.starts_with("HTTP/1.1 503 "), "nothing moves any more: {got}");
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

/// `Timeout` is for a client that is waited for: not for one whose backend takes its time.
#[test]
fn content_that_is_asked_for_late_is_waited_for() {
    let mut world = World::new(ONE, "w");
    let client = world.client(1 << 20);
    world.send(&client, b"POST /p HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n");
    let backend = world.accept();
    world.wait(Duration::from_secs(100));
    world.answer(&backend, &ask(8186));
    world.wait(Duration::from_secs(15));
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
    world.answer(&backend, &[headers(&[]), chunk(&[b'x'; 8000]), chunk(&[b'y'; 8000])].concat());
    world.wait(Duration::from_secs(20));
    let mut got = world.receive(&client);
    world.wait(Duration::from_secs(4));
    world.answer(&backend, &[chunk(b"the rest"), end(true)].concat());
    got.extend(world.receive(&client));
    assert!(text(&got).ends_with("8\r\nthe rest\r\n0\r\n\r\n"));
}
