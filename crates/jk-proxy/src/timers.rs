//! Deadlines of connections, kept lazily: a deadline that moves away costs nothing.
//!
//! Each connection holds its own deadline and at most one live entry here. Moving the deadline
//! later (which every request does) touches only the connection; when the old entry comes up, the
//! owner sees that it is early and arms again.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Instant;

use crate::arena::Key;

/// The deadlines of one loop, earliest first.
#[derive(Debug, Default)]
pub(crate) struct Timers {
    heap: BinaryHeap<Reverse<(Instant, Key)>>,
}

/// A connection's side of the bargain: when its live entry comes up.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Armed(Option<Instant>);

impl Timers {
    /// Makes sure that `key` is looked at no later than `deadline`.
    pub(crate) fn arm(&mut self, armed: &mut Armed, key: Key, deadline: Instant) {
        if armed.0.is_some_and(|at| at <= deadline) {
            return;
        }
        armed.0 = Some(deadline);
        self.heap.push(Reverse((deadline, key)));
    }

    /// The earliest moment at which anything may be due.
    pub(crate) fn next(&self) -> Option<Instant> {
        self.heap.peek().map(|Reverse((at, _))| *at)
    }

    /// Takes one entry that is due. The owner must call [`Armed::fired`] before arming again.
    pub(crate) fn pop_due(&mut self, now: Instant) -> Option<(Key, Instant)> {
        if self.next()? > now {
            return None;
        }
        self.heap.pop().map(|Reverse((at, key))| (key, at))
    }
}

#[cfg(any(test, feature = "simulation"))]
impl Timers {
    /// How many entries there are, dead ones included.
    pub(crate) fn len(&self) -> usize {
        self.heap.len()
    }
}

impl Armed {
    /// Tells that the entry armed for `at` came up. Entries overtaken by an earlier one are not
    /// live and answer `false`: nothing needs to be done for them.
    pub(crate) fn fired(&mut self, at: Instant) -> bool {
        let live = self.0 == Some(at);
        if live {
            self.0 = None;
        }
        live
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_later_deadline_needs_no_entry_and_an_earlier_one_overtakes() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let key = Key { index: 0, generation: 0 };
        let (mut timers, mut armed) = (Timers::default(), Armed::default());

        timers.arm(&mut armed, key, at(5));
        timers.arm(&mut armed, key, at(9));
        assert_eq!(timers.heap.len(), 1);
        timers.arm(&mut armed, key, at(2));
        assert_eq!(timers.next(), Some(at(2)));

        assert_eq!(timers.pop_due(at(1)), None);
        assert_eq!(timers.pop_due(at(2)), Some((key, at(2))));
        assert!(armed.fired(at(2)));
        assert_eq!(timers.pop_due(at(5)), Some((key, at(5))));
        assert!(!armed.fired(at(5)), "the overtaken entry is dead");
    }
}
