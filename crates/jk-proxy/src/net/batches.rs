//! Reads and writes of many streams in one system call.

use std::os::fd::AsFd as _;

use jk_batch::Batch;

use super::ahead::{Place, place};
use super::stream::MioStream;
use crate::engine::Outcome;

/// So many go into one call.
const ROOM: u32 = 256;

/// What a loop needs for it; nothing, where the system does not let us.
#[derive(Debug)]
pub(super) struct Batches {
    batch: Option<Batch>,
    /// Where to read to. A place is taken when something was read to it.
    places: Vec<Option<Place>>,
}

impl Batches {
    /// To be called by the thread that will use them.
    pub(super) fn new() -> Self {
        let batch = Batch::new(ROOM)
            .inspect_err(|error| log::info!("sockets are served one by one: no io_uring, {error}"));
        Self { batch: batch.ok(), places: Vec::new() }
    }

    /// Whether there are any.
    pub(super) fn are_possible(&self) -> bool {
        self.batch.is_some()
    }

    /// Writes to each; see [`crate::engine::Net`].
    pub(super) fn write_each<'a>(
        &mut self,
        writes: impl Iterator<Item = (&'a MioStream, &'a [u8])>,
        outcomes: &mut Vec<Outcome>,
    ) {
        outcomes.clear();
        let Some(batch) = &mut self.batch else { return };
        batch.send(writes.map(|(stream, bytes)| (stream.tcp.as_fd(), bytes)));
        outcomes.extend((0..batch.len()).map(|at| batch.outcome(at)));
    }

    /// Reads from each.
    pub(super) fn read_each<'a>(
        &mut self,
        count: usize,
        streams: impl Iterator<Item = &'a MioStream>,
    ) {
        let Some(batch) = &mut self.batch else { return };
        if self.places.len() < count {
            self.places.resize_with(count, || None);
        }
        let places = self.places.iter_mut().map(|there| &mut there.get_or_insert_with(place)[..]);
        batch.receive(streams.map(|stream| stream.tcp.as_fd()).zip(places));
    }

    /// Gives a stream what was read from it.
    pub(super) fn hand_over(&mut self, at: usize, to: &mut MioStream) {
        let outcome = self.batch.as_ref().and_then(|batch| batch.outcome(at));
        match outcome {
            Some(Ok(length)) => {
                if let Some(place) = self.places.get_mut(at).and_then(Option::take) {
                    to.ahead.put(place, length);
                }
            }
            Some(Err(error)) => to.ahead.fail(error),
            None => {}
        }
    }
}
