//! Clients that are slow on purpose: each is bounded, and harms nobody else.

use std::time::Duration;

use super::wire::*;
use super::world::{Backend, Client, World};

const SECOND: Duration = Duration::from_secs(1);

/// A client that takes `room` bytes of its response before it has to be read from, and its backend, which
/// has sent so many packets.
fn slow_reader(world: &mut World, room: usize, packets: usize) -> (Client, Backend) {
    let client = world.client(room);
    world.send(&client, GET);
    let backend = world.accept();
    world.answer(&backend, &headers(&[]));
    (0..packets).for_each(|_| world.answer(&backend, &chunk(&[b'z'; 8184])));
    (client, backend)
}

/// Such clients, who take next to nothing.
fn besiegers(world: &mut World, count: usize) -> Vec<(Client, Backend)> {
    (0..count).map(|_| slow_reader(world, 100, 3)).collect()
}

/// `[slow-heads]`
#[test]
fn a_head_that_trickles_in_is_refused_when_its_time_is_over() {
    let mut world = World::new(ONE, "w");
    let client = world.client(1 << 20);
    world.send(&client, b"GET / HTTP/1.1\r\nHost: h\r\nX: ");
    for second in 0..25 {
        assert!(!client.end.is_ended() || second > 19, "after {second} s");
        world.wait(SECOND);
        world.send(&client, b"y");
    }
    let got = text(&world.receive(&client));
    assert!(got.starts_with("HTTP/1.1 408 "), "{got}");
    assert!(client.end.is_ended() && !world.is_connecting());
}

#[test]
fn a_head_that_comes_at_the_least_rate_has_its_forty_seconds() {
    let mut world = World::new(ONE, "w");
    let client = world.client(1 << 20);
    world.send(&client, b"GET / HTTP/1.1\r\nHost: h\r\n");
    let line = format!("X: {}\r\n", "y".repeat(600));
    for second in 0..39 {
        world.wait(SECOND);
        world.send(&client, line.replace('X', &format!("X{second}")).as_bytes());
        assert!(!client.end.is_ended(), "after {second} s");
    }
    world.wait(2 * SECOND);
    assert!(client.end.is_ended());
}

#[test]
fn a_request_line_that_is_never_ended_gets_no_answer() {
    let mut world = World::new(ONE, "w");
    let client = world.client(1 << 20);
    for _ in 0..25 {
        world.send(&client, b"G");
        world.wait(SECOND);
    }
    assert_eq!(text(&world.receive(&client)), "");
    assert!(client.end.is_ended());
}

#[test]
fn a_client_that_says_nothing_is_let_go() {
    let mut world = World::new(ONE, "w");
    let client = world.client(1 << 20);
    world.wait(49 * SECOND);
    assert!(!client.end.is_ended());
    world.wait(2 * SECOND);
    assert!(client.end.is_ended());
}

#[test]
fn content_that_trickles_in_is_given_up_and_the_backend_with_it() {
    let mut world = World::new(ONE, "w");
    let client = world.client(1 << 20);
    world.send(&client, b"POST /p HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n");
    let backend = world.accept();
    world.answer(&backend, &ask(8186));
    for second in 0..30 {
        assert!(!backend.end.is_ended() || second > 19, "after {second} s");
        world.wait(SECOND);
        world.send(&client, b"1\r\ny\r\n");
    }
    assert!(backend.end.is_ended() && client.end.is_ended());
    let other = world.client(1 << 20);
    world.send(&other, GET);
    let backend = world.accept();
    world.answer(&backend, &answer(b"served"));
    assert_eq!(body(&world.receive(&other)), "served");
}

/// Half of the eight connections are in use; the requests on them are never answered.
fn world_in_need() -> World {
    let mut world = World::new(ONE, "w");
    for _ in 0..4 {
        let client = world.client(1 << 20);
        world.send(&client, GET);
        world.accept();
    }
    world
}

/// `[first-content]`
#[test]
fn content_that_trickles_in_troubles_no_busy_backend_before_a_packet_is_full() {
    let mut world = world_in_need();
    let client = world.client(1 << 20);
    world.send(&client, b"POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: 9999\r\n\r\n");
    (0..8).for_each(|_| world.send(&client, &[b'y'; 1023]));
    world.send(&client, b"y");
    assert!(!world.is_connecting(), "8185 bytes");
    world.send(&client, b"y");
    let backend = world.accept();
    assert_eq!(packets(&backend.end.drain()).len(), 2);
    world.answer(&backend, &ask(8186));
    world.send(&client, &[b'y'; 9999 - 8186]);
    world.answer(&backend, &answer(b"done"));
    assert_eq!(body(&world.receive(&client)), "done");
}

#[test]
fn content_that_never_fills_a_packet_is_given_up_without_a_backend() {
    let mut world = world_in_need();
    let client = world.client(1 << 20);
    world.send(&client, b"POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: 99\r\n\r\n");
    for second in 0..30 {
        assert!(!client.end.is_ended() || second > 19, "after {second} s");
        world.wait(SECOND);
        world.send(&client, b"y");
    }
    assert!(client.end.is_ended() && !world.is_connecting());
}

#[test]
fn a_backend_at_leisure_hears_of_a_request_before_its_content() {
    let mut world = World::new(ONE, "w");
    let client = world.client(1 << 20);
    world.send(&client, b"POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: 99\r\n\r\n");
    let backend = world.accept();
    world.answer(&backend, &answer(b"no need"));
    assert_eq!(body(&world.receive(&client)), "no need");
}

/// `[slow-backends-time]`
#[test]
fn the_time_a_backend_takes_is_not_the_clients() {
    let mut world = World::new(ONE, "w");
    let client = world.client(1 << 20);
    world.send(&client, b"POST /p HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n");
    let backend = world.accept();
    world.wait(100 * SECOND);
    world.answer(&backend, &ask(8186));
    world.send(&client, b"3\r\nabc\r\n0\r\n\r\n");
    world.answer(&backend, &ask(8186));
    world.wait(100 * SECOND);
    world.answer(&backend, &answer(b"done"));
    assert_eq!(body(&world.receive(&client)), "done");
}

/// `[slow-responses]`
#[test]
fn a_response_that_is_sipped_is_given_up_and_the_backend_with_it() {
    let mut world = World::new(ONE, "w");
    let (client, backend) = slow_reader(&mut world, 1000, 20);
    let mut taken = 0;
    for second in 0..90 {
        assert!(!client.end.is_ended() || second > 59, "after {second} s");
        world.wait(SECOND);
        taken += world.sip(&client, 10);
    }
    assert!(taken < 2000 && client.end.is_ended() && backend.end.is_ended());
}

#[test]
fn a_response_that_is_taken_steadily_may_last() {
    let mut world = World::new(ONE, "w");
    let (client, _backend) = slow_reader(&mut world, 1000, 20);
    for _ in 0..300 {
        world.wait(SECOND);
        assert!(world.sip(&client, 300) == 300 && !client.end.is_ended());
    }
}

/// `[room-for-others]`
#[test]
fn who_has_held_a_place_longest_makes_room_and_nobody_who_is_being_served() {
    let mut world = World::new(ONE, "w");
    let served = world.client(1 << 20);
    world.send(&served, GET);
    let backend = world.accept();
    world.wait(SECOND);
    let half_a_head = world.client(1 << 20);
    world.send(&half_a_head, b"GET / HT");
    world.wait(SECOND);
    let silent = world.client(1 << 20);
    for gone in [&half_a_head, &silent] {
        assert!(world.dismiss_one() && gone.end.is_ended());
    }
    assert!(!world.dismiss_one());
    world.answer(&backend, &answer(b"served"));
    assert_eq!(body(&world.receive(&served)), "served");
}

/// `[besieged-worker]`
#[test]
fn besiegers_give_way_when_there_is_no_connection_left() {
    let mut world = World::new(ONE, "w");
    let besiegers = besiegers(&mut world, 8);
    world.wait(2 * SECOND);
    let gone = besiegers.iter().filter(|(_, backend)| backend.end.is_ended()).count();
    assert_eq!(gone, 1, "one is enough for those who come");
    let newcomer = world.client(1 << 20);
    world.send(&newcomer, GET);
    let backend = world.accept();
    world.answer(&backend, &answer(b"served"));
    assert_eq!(body(&world.receive(&newcomer)), "served");
}

/// `[besieged-worker]`
#[test]
fn who_comes_when_a_siege_begins_waits_until_it_is_seen_to_be_one() {
    let mut world = World::new(ONE, "w");
    let besiegers = besiegers(&mut world, 8);
    let newcomer = world.client(1 << 20);
    world.send(&newcomer, GET);
    // Longer than anybody else waits for a connection.
    (0..8).for_each(|_| world.wait(Duration::from_millis(100)));
    assert_eq!(text(&world.receive(&newcomer)), "");
    assert!(besiegers.iter().all(|(_, backend)| !backend.end.is_ended()));
    world.wait(SECOND);
    let backend = world.accept();
    world.answer(&backend, &answer(b"served"));
    assert_eq!(body(&world.receive(&newcomer)), "served");
}

#[test]
fn who_takes_a_response_slowly_is_left_alone_while_there_are_connections() {
    let mut world = World::new(ONE, "w");
    let besiegers = besiegers(&mut world, 7);
    world.wait(30 * SECOND);
    assert!(besiegers.iter().all(|(client, _)| !client.end.is_ended()));
}

/// `[room-for-others]`
#[test]
fn who_is_waited_for_in_the_middle_of_a_request_makes_room_last() {
    let mut world = World::new(ONE, "w");
    let uploading = world.client(1 << 20);
    world.send(&uploading, b"POST /p HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n");
    let backend = world.accept();
    world.answer(&backend, &ask(8186));
    world.wait(SECOND);
    let idle = world.client(1 << 20);
    assert!(world.dismiss_one() && idle.end.is_ended() && !uploading.end.is_ended());
    assert!(world.dismiss_one() && uploading.end.is_ended() && backend.end.is_ended());
}
