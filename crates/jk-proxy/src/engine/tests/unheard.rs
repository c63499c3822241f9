//! What a backend says that nobody asked for, or that nobody hears.

use super::wire::*;
use super::world::World;

const HEAD: &[u8] = b"HEAD /app HTTP/1.1\r\nHost: www.example.org\r\n\r\n";

#[test]
fn an_idle_connection_is_looked_at_when_its_event_may_be_among_those_not_seen_yet() {
    let mut world = World::new(ONE, "w");
    let client = world.client(1 << 20);
    world.send(&client, GET);
    let first = world.accept();
    world.answer(&first, &answer(b"hello"));
    assert_eq!(body(&world.receive(&client)), "hello");

    first.end.give(&answer(b"nobody asked"));
    world.sees_a_part_of_the_events();
    world.send(&client, GET);
    let second = world.accept();
    world.answer(&second, &answer(b"asked"));
    assert_eq!(body(&world.receive(&client)), "asked");
    assert!(first.end.is_ended());
}

#[test]
fn a_backend_that_talks_to_nobody_is_not_listened_to_for_ever() {
    let quiet: [(&[u8], Vec<u8>); 2] = [
        (HEAD, chunk(&[b'x'; 8000])),
        (GET, std::iter::repeat_n(chunk(&[]), 1000).flatten().collect()),
    ];
    for (request, said) in quiet {
        let mut world = World::new(ONE, "w");
        let client = world.client(1 << 20);
        world.send_last(&client, request);
        let backend = world.accept();
        world.answer(&backend, &headers(&[(b"Content-Type", b"text/plain")]));
        let heard = (0..1000).take_while(|_| {
            world.answer(&backend, &said);
            !backend.end.is_ended()
        });
        assert!(heard.count() < 100, "{}", text(request));
    }
}

#[test]
fn who_has_only_ended_its_side_gets_all_of_a_long_answer() {
    let mut world = World::new(ONE, "w");
    let client = world.client(4 << 20);
    world.send_last(&client, GET);
    let backend = world.accept();
    world.answer(&backend, &headers(&[(b"Content-Type", b"text/plain")]));
    for _ in 0..200 {
        world.answer(&backend, &chunk(&[b'x'; 8000]));
    }
    assert!(!backend.end.is_ended());
    world.answer(&backend, &end(true));
    let got = world.receive(&client);
    assert!(got.len() > 200 * 8000 && text(&got).ends_with("0\r\n\r\n"), "{}", got.len());
}
