//! Batches on real sockets behave as single calls do.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::os::fd::AsFd as _;

use jk_batch::Batch;

/// So many operations fit into one call in these tests.
const ROOM: u32 = 8;

/// `None` where the system has no ring for us: then there is nothing to test.
fn batch() -> Option<Batch> {
    Batch::new(ROOM).inspect_err(|error| println!("NOTE: no io_uring: {error}")).ok()
}

fn pairs(count: usize) -> Vec<(TcpStream, TcpStream)> {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    (0..count)
        .map(|_| {
            let near = TcpStream::connect(address).unwrap();
            (near, listener.accept().unwrap().0)
        })
        .collect()
}

/// Fewer, as many and more than fit into one call.
const COUNTS: [usize; 6] = [0, 1, 7, 8, 9, 50];

#[test]
fn every_socket_gets_its_own_bytes() {
    let Some(mut batch) = batch() else { return };
    for count in COUNTS {
        let pairs = pairs(count);
        let texts: Vec<String> = (0..count).map(|at| format!("text {at} of {count}")).collect();
        batch.send(
            pairs.iter().zip(&texts).map(|((near, _), text)| (near.as_fd(), text.as_bytes())),
        );
        for (at, ((_, far), text)) in pairs.iter().zip(&texts).enumerate() {
            assert_eq!(batch.outcome(at).unwrap().unwrap(), text.len());
            let mut got = vec![0; text.len()];
            (&*far).read_exact(&mut got).unwrap();
            assert_eq!(&got, text.as_bytes());
        }
        assert!(batch.outcome(count).is_none(), "there is no such operation");
    }
}

#[test]
fn every_buffer_gets_what_its_socket_has() {
    let Some(mut batch) = batch() else { return };
    for count in COUNTS {
        let pairs = pairs(count);
        for (at, (near, far)) in pairs.iter().enumerate() {
            // Nothing to read, the end, bytes.
            match at % 3 {
                0 => {}
                1 => near.shutdown(std::net::Shutdown::Write).unwrap(),
                _ => {
                    (&*near).write_all(format!("text {at}").as_bytes()).unwrap();
                    // Loopback delivers within the call, but nothing promises that.
                    far.peek(&mut [0]).unwrap();
                }
            }
            if at % 3 == 1 {
                assert_eq!(far.peek(&mut [0]).unwrap(), 0);
            }
        }
        let mut buffers = vec![[0; 32]; count];
        let into = buffers.iter_mut().map(|buffer| &mut buffer[..]);
        batch.receive(pairs.iter().map(|(_, far)| far.as_fd()).zip(into));
        for (at, buffer) in buffers.iter().enumerate() {
            let outcome = batch.outcome(at).unwrap();
            match at % 3 {
                0 => assert_eq!(outcome.unwrap_err().kind(), ErrorKind::WouldBlock),
                1 => assert_eq!(outcome.unwrap(), 0),
                _ => {
                    let text = format!("text {at}");
                    assert_eq!(outcome.unwrap(), text.len());
                    assert_eq!(&buffer[..text.len()], text.as_bytes());
                }
            }
        }
    }
}

#[test]
fn a_full_socket_takes_a_part_or_nothing_and_nobody_waits() {
    let Some(mut batch) = batch() else { return };
    let pairs = pairs(2);
    let much = vec![b'x'; 64 << 20];
    // Not even set to be non-blocking.
    batch.send([(pairs[0].0.as_fd(), &much[..]), (pairs[1].0.as_fd(), &b"little"[..])]);
    let taken = batch.outcome(0).unwrap().unwrap();
    assert!(taken < much.len(), "a socket has a bounded buffer");
    assert_eq!(batch.outcome(1).unwrap().unwrap(), 6);
    loop {
        batch.send([(pairs[0].0.as_fd(), &much[..])]);
        match batch.outcome(0).unwrap() {
            Ok(_) => {}
            Err(error) => break assert_eq!(error.kind(), ErrorKind::WouldBlock),
        }
    }
}

#[test]
fn errors_are_those_of_the_socket() {
    let Some(mut batch) = batch() else { return };
    let pairs = pairs(2);
    pairs[0].0.shutdown(std::net::Shutdown::Write).unwrap();
    batch.send([(pairs[0].0.as_fd(), &b"a"[..]), (pairs[1].0.as_fd(), &b"b"[..])]);
    assert_eq!(batch.outcome(0).unwrap().unwrap_err().kind(), ErrorKind::BrokenPipe);
    assert_eq!(batch.outcome(1).unwrap().unwrap(), 1);
}
