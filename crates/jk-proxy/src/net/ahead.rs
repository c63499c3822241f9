//! What was fetched from a socket ahead of the read that asks for it.

use std::cell::RefCell;
use std::io;

/// So much is fetched ahead: the head of a request, the whole of a small answer.
pub(super) const AHEAD: usize = 4096;

/// Where it is fetched to.
pub(super) type Place = Box<[u8; AHEAD]>;

/// So many spare places are kept by each loop.
const SPARES: usize = 256;

thread_local! {
    /// Places that this loop has emptied. A stream gives its place back when it is read, wherever that
    /// happens, so that an idle one holds none.
    static SPARE: RefCell<Vec<Place>> = const { RefCell::new(Vec::new()) };
}

/// An empty place.
pub(super) fn place() -> Place {
    SPARE.with_borrow_mut(Vec::pop).unwrap_or_else(|| Box::new([0; AHEAD]))
}

fn give_back(place: Place) {
    SPARE.with_borrow_mut(|spare| {
        if spare.len() < SPARES {
            spare.push(place);
        }
    });
}

/// What of a stream was fetched and not read yet.
#[derive(Debug, Default)]
pub(super) struct Ahead {
    fetched: Option<io::Result<Fetched>>,
    /// Fetching filled the place or was not enough: more arrives at once than is worth copying.
    is_bulky: bool,
}

#[derive(Debug)]
struct Fetched {
    place: Place,
    from: usize,
    to: usize,
}

impl Ahead {
    /// Whether fetching is worth while.
    pub(super) fn is_brief(&self) -> bool {
        !self.is_bulky && self.fetched.is_none()
    }

    /// Takes `length` bytes in; 0 is the end, which the socket will tell again.
    pub(super) fn put(&mut self, place: Place, length: usize) {
        match length {
            0 => give_back(place),
            _ => self.fetched = Some(Ok(Fetched { place, from: 0, to: length })),
        }
        self.is_bulky = length == AHEAD;
    }

    /// Takes an error in, which the socket tells only once.
    pub(super) fn fail(&mut self, error: io::Error) {
        if error.kind() != io::ErrorKind::WouldBlock {
            self.fetched = Some(Err(error));
        }
    }

    /// Reads what was fetched, and what came behind it by `read`; short only if there is no more.
    ///
    /// # Errors
    /// Those of the socket.
    pub(super) fn read(
        &mut self,
        buf: &mut [u8],
        read: impl FnOnce(&mut [u8]) -> io::Result<usize>,
    ) -> io::Result<usize> {
        let Some(fetched) = self.fetched.take() else {
            let taken = read(buf)?;
            self.is_bulky &= taken >= AHEAD;
            return Ok(taken);
        };
        let mut fetched = fetched?;
        let length = buf.len().min(fetched.to - fetched.from);
        buf[..length].copy_from_slice(&fetched.place[fetched.from..fetched.from + length]);
        fetched.from += length;
        if fetched.from < fetched.to {
            self.fetched = Some(Ok(fetched));
            return Ok(length);
        }
        give_back(fetched.place);
        if !self.is_bulky || length == buf.len() {
            return Ok(length);
        }
        match read(&mut buf[length..]) {
            Ok(more) => Ok(length + more),
            Err(error) => {
                self.fail(error);
                Ok(length)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Error, ErrorKind};

    use super::*;

    /// Fetches `ahead` bytes of a stream that then has `behind` more, and reads it by pieces of `step`.
    fn read_all(ahead: usize, behind: usize, step: usize) -> (Vec<u8>, Vec<usize>) {
        let bytes: Vec<u8> = (0..ahead + behind).map(|at| (at % 251) as u8).collect();
        let mut unread = &bytes[ahead..];
        let mut stream = Ahead::default();
        let mut there = place();
        there[..ahead].copy_from_slice(&bytes[..ahead]);
        stream.put(there, ahead);
        let (mut got, mut sizes) = (Vec::new(), Vec::new());
        loop {
            let mut buf = vec![0; step];
            let read = stream.read(&mut buf, |rest| match unread.len().min(rest.len()) {
                0 => Err(ErrorKind::WouldBlock.into()),
                some => {
                    rest[..some].copy_from_slice(&unread[..some]);
                    unread = &unread[some..];
                    Ok(some)
                }
            });
            match read {
                Ok(some) => {
                    got.extend_from_slice(&buf[..some]);
                    sizes.push(some);
                }
                Err(error) => {
                    assert_eq!(error.kind(), ErrorKind::WouldBlock);
                    assert_eq!(got, bytes);
                    return (got, sizes);
                }
            }
        }
    }

    #[test]
    fn nothing_is_lost_or_moved() {
        for ahead in [0, 1, 100, AHEAD - 1, AHEAD] {
            for behind in [0, 1, AHEAD, 3 * AHEAD] {
                // Fetching stops short only when there is no more.
                let behind = if ahead < AHEAD { 0 } else { behind };
                for step in [1, 99, AHEAD - 1, AHEAD, AHEAD + 1, 16 * AHEAD] {
                    read_all(ahead, behind, step);
                }
            }
        }
    }

    #[test]
    fn a_read_is_short_only_when_there_is_no_more() {
        let (_, sizes) = read_all(AHEAD, 100, 2 * AHEAD);
        assert_eq!(sizes, [AHEAD + 100]);
    }

    #[test]
    fn an_error_is_told_once_and_after_what_came_before_it() {
        let mut stream = Ahead::default();
        stream.fail(ErrorKind::ConnectionReset.into());
        let mut buf = [0; 2 * AHEAD];
        let told = stream.read(&mut buf, |_| Ok(7)).unwrap_err();
        assert_eq!(told.kind(), ErrorKind::ConnectionReset);
        assert_eq!(stream.read(&mut buf, |_| Ok(7)).unwrap(), 7);

        stream.put(place(), AHEAD);
        let failing = |_: &mut [u8]| Err(Error::from(ErrorKind::ConnectionReset));
        assert_eq!(stream.read(&mut buf, failing).unwrap(), AHEAD);
        assert!(stream.read(&mut buf, |_| Ok(7)).is_err());
    }

    #[test]
    fn who_brings_much_is_read_directly_until_it_brings_little() {
        let mut stream = Ahead::default();
        assert!(stream.is_brief());
        stream.put(place(), AHEAD);
        let mut buf = [0; 2 * AHEAD];
        stream.read(&mut buf, |_| Ok(AHEAD)).unwrap();
        assert!(!stream.is_brief());
        stream.read(&mut buf, |_| Ok(2 * AHEAD)).unwrap();
        assert!(!stream.is_brief());
        stream.read(&mut buf, |_| Ok(10)).unwrap();
        assert!(stream.is_brief());
    }
}
