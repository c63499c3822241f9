//! Connections to one backend, for the whole process.
//!
//! A *slot* is the right to have one connection; there are as many as `connection_pool_size`, and a
//! service call holds one from start to end (mod_jk: `ajp_get_endpoint`, `ajp_done`). Idle
//! connections count against the slots too. Each idle connection stays registered with the event
//! loop that used it last and is preferred by that loop; another loop takes it over only when it has
//! none of its own, so that the process never opens a connection while an idle one exists, exactly
//! as one httpd child would not.
//!
//! Who finds no free slot waits in a queue. Slots go out in its order: whoever comes later does not
//! get a free slot as long as those before it could have it.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::arena::Key;

/// Which event loop.
pub(crate) type LoopId = usize;

/// An idle connection.
#[derive(Debug)]
pub(crate) struct Parked<S> {
    /// The connection.
    pub stream: S,
    /// Its name in the arena of its loop.
    pub key: Key,
    /// Since when it is idle.
    pub since: Instant,
    /// Its place among the connections: the lower is used first and closed last, as the lower slot
    /// of mod_jk's array is.
    pub order: u64,
}

/// What a holder of a slot starts with.
#[derive(Debug)]
pub(crate) enum Start<S> {
    /// An idle connection of the asking loop.
    Own(Parked<S>),
    /// An idle connection registered with another loop.
    Foreign(LoopId, Parked<S>),
    /// No idle connection: open one, which gets this place.
    Fresh(u64),
}

/// Who wants to be told when a slot comes free.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Waiter {
    /// Its loop.
    pub home: LoopId,
    /// The client whose request waits.
    pub client: Key,
}

/// Slots and idle connections of one worker instance.
#[derive(Debug)]
pub(crate) struct Pool<S> {
    limit: usize,
    in_use: usize,
    idle: Vec<Vec<Parked<S>>>,
    waiters: VecDeque<Waiter>,
    /// Holders of slots that wait for their own clients.
    stalled: usize,
    /// Somebody may have been told from the end of the queue since it was last empty.
    both_ends: bool,
    /// How many slots were ever given back: by this a waiter sees whether the queue moves.
    released: u64,
    next_order: u64,
    created: Instant,
    /// No connection is kept any more: the configuration it belongs to was replaced.
    retired: bool,
    /// Connections before this place lead to an address that is no longer the backend's.
    renewed: u64,
}

impl<S> Pool<S> {
    /// A pool of `limit` slots used by `loops` event loops.
    pub(crate) fn new(limit: usize, loops: usize, now: Instant) -> Self {
        Self {
            limit,
            in_use: 0,
            idle: (0..loops).map(|_| Vec::new()).collect(),
            waiters: VecDeque::new(),
            stalled: 0,
            both_ends: false,
            released: 0,
            next_order: 0,
            created: now,
            retired: false,
            renewed: 0,
        }
    }

    /// Whether a slot could be had now.
    pub(crate) fn has_free_slot(&self) -> bool {
        self.in_use < self.limit
    }

    /// How many slots are taken, and how many there are.
    pub(crate) fn load(&self) -> (usize, usize) {
        (self.in_use, self.limit)
    }

    /// A holder of a slot waits for its own client now, or does so no longer.
    pub(crate) fn stall(&mut self, stalls: bool) {
        self.stalled = if stalls { self.stalled + 1 } else { self.stalled.saturating_sub(1) };
    }

    /// Whether half of the slots are held by requests whose clients take their time, while there is none
    /// for others: an attack, or as good as one.
    pub(crate) fn is_besieged(&self) -> bool {
        self.stalled * 2 >= self.limit && (self.free() == 0 || !self.waiters.is_empty())
    }

    /// Takes a slot, with an idle connection if there is one. A newcomer gets none that somebody in
    /// the queue could have; one of the queue leaves it with the slot.
    ///
    /// In a siege the queue is full of besiegers, and who comes last is served first.
    pub(crate) fn acquire(&mut self, waiter: Waiter, queued: bool) -> Option<Start<S>> {
        let free = self.free();
        if queued {
            let at = self.waiters.iter().position(|other| *other == waiter)?;
            if !self.is_served(at, free) {
                return None;
            }
            self.leave(at);
        } else if free == 0 || (self.waiters.len() >= free && !self.is_besieged()) {
            return None;
        }
        self.in_use += 1;
        Some(self.take_idle(waiter.home))
    }

    /// An idle connection for the holder of a slot whose own was dead.
    pub(crate) fn take_idle(&mut self, home: LoopId) -> Start<S> {
        if let Some(parked) = self.idle[home].pop() {
            return Start::Own(parked);
        }
        let fullest = (0..self.idle.len()).max_by_key(|&at| self.idle[at].len());
        match fullest.and_then(|at| Some((at, self.idle[at].pop()?))) {
            Some((owner, parked)) => Start::Foreign(owner, parked),
            None => {
                self.next_order += 1;
                Start::Fresh(self.next_order)
            }
        }
    }

    /// Gives a slot back, with its connection if that may be used again. Answers who of the queue can
    /// have it, and the connection if the pool keeps none any more.
    pub(crate) fn release(
        &mut self,
        home: LoopId,
        parked: Option<Parked<S>>,
    ) -> (Option<Waiter>, Option<Parked<S>>) {
        debug_assert!(self.in_use > 0, "a slot is released once");
        self.in_use = self.in_use.saturating_sub(1);
        self.released = self.released.wrapping_add(1);
        let mut refused = None;
        match parked {
            Some(parked) if self.retired || parked.order < self.renewed => refused = Some(parked),
            Some(parked) => {
                // The lowest last, where it is taken from.
                let idle = &mut self.idle[home];
                let at = idle.partition_point(|other| other.order > parked.order);
                idle.insert(at, parked);
            }
            None => {}
        }
        (self.last_served(self.free()), refused)
    }

    /// Joins the queue, to be told when a slot can be had.
    pub(crate) fn wait(&mut self, waiter: Waiter) {
        self.waiters.push_back(waiter);
    }

    /// Leaves the queue. Answers who could have a free slot now that this one does not want it.
    pub(crate) fn stop_waiting(&mut self, waiter: Waiter) -> Option<Waiter> {
        let at = self.waiters.iter().position(|other| *other == waiter)?;
        let free = self.free();
        let was_served = self.is_served(at, free);
        self.leave(at);
        if was_served { self.last_served(free) } else { None }
    }

    /// How many slots were ever given back.
    pub(crate) fn released(&self) -> u64 {
        self.released
    }

    fn free(&self) -> usize {
        self.limit.saturating_sub(self.in_use)
    }

    /// The last one that the free slots are enough for, going through the queue from its beginning, or
    /// in a siege from its end.
    fn last_served(&mut self, free: usize) -> Option<Waiter> {
        let last = free.checked_sub(1)?;
        let siege = self.is_besieged();
        self.both_ends |= siege;
        let mut queue = self.waiters.iter();
        let served = if siege { queue.nth_back(last) } else { queue.nth(last) };
        served.copied()
    }

    /// Whether so many free slots are enough for this one of the queue. Who was told so when a siege
    /// began or ended must not find otherwise: nobody else would be told.
    fn is_served(&self, at: usize, free: usize) -> bool {
        at < free || (self.both_ends && at + free >= self.waiters.len())
    }

    fn leave(&mut self, at: usize) {
        self.waiters.remove(at);
        self.both_ends &= !self.waiters.is_empty();
    }

    /// Removes an idle connection, because something came in on it: the backend closed it or broke
    /// the protocol. `None` if somebody has taken it meanwhile.
    pub(crate) fn forget(&mut self, home: LoopId, key: Key) -> Option<Parked<S>> {
        let at = self.idle[home].iter().position(|parked| parked.key == key)?;
        Some(self.idle[home].remove(at))
    }

    /// Idle connections of one loop that have outlived `timeout`, as long as more than `minimum`
    /// connections stay open in all (mod_jk: `ajp_maintain`).
    pub(crate) fn expire(
        &mut self,
        home: LoopId,
        timeout: Duration,
        minimum: usize,
        now: Instant,
    ) -> Vec<Parked<S>> {
        let mut expired = Vec::new();
        let mut at = 0;
        while at < self.idle[home].len() && self.open() > minimum {
            if now.saturating_duration_since(self.idle[home][at].since) > timeout {
                expired.push(self.idle[home].remove(at));
            } else {
                at += 1;
            }
        }
        expired
    }

    /// Takes idle connections of one loop out to be probed, a slot each, when idle for longer than
    /// `interval`. Without `connection_pool_timeout` mod_jk never updates the idle clock, so all
    /// connections count as idle since the pool was made.
    pub(crate) fn take_for_probe(
        &mut self,
        home: LoopId,
        interval: Duration,
        clocked: bool,
        now: Instant,
    ) -> Vec<Parked<S>> {
        let created = self.created;
        let idle_for = |parked: &Parked<S>| {
            now.saturating_duration_since(if clocked { parked.since } else { created })
        };
        let mut taken = Vec::new();
        let mut at = 0;
        while at < self.idle[home].len() && self.in_use < self.limit {
            if idle_for(&self.idle[home][at]) > interval {
                taken.push(self.idle[home].remove(at));
                self.in_use += 1;
            } else {
                at += 1;
            }
        }
        taken
    }

    /// Keeps no connection from now on; answers the idle ones of one loop.
    pub(crate) fn retire(&mut self, home: LoopId) -> Vec<Parked<S>> {
        self.retired = true;
        std::mem::take(&mut self.idle[home])
    }

    /// Connections that were opened before now are kept no longer; answers the idle ones of one
    /// loop.
    pub(crate) fn renew(&mut self, home: LoopId) -> Vec<Parked<S>> {
        self.renewed = self.next_order + 1;
        std::mem::take(&mut self.idle[home])
    }

    /// Connections in use or idle, as far as slots tell.
    pub(crate) fn open(&self) -> usize {
        self.in_use + self.idle.iter().map(Vec::len).sum::<usize>()
    }
}

#[cfg(any(test, feature = "simulation"))]
impl<S> Pool<S> {
    /// Slots that are held.
    pub(crate) fn slots_in_use(&self) -> usize {
        self.in_use
    }

    /// How many wait for one.
    pub(crate) fn waiting(&self) -> usize {
        self.waiters.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parked(stream: u32, now: Instant) -> Parked<u32> {
        Parked {
            stream,
            key: Key { index: stream, generation: 0 },
            since: now,
            order: stream.into(),
        }
    }

    /// Somebody who has not asked before.
    fn new(home: LoopId) -> Waiter {
        waiter(home, 0)
    }

    fn waiter(home: LoopId, index: u32) -> Waiter {
        Waiter { home, client: Key { index, generation: 0 } }
    }

    fn streams(parked: Vec<Parked<u32>>) -> Vec<u32> {
        parked.into_iter().map(|parked| parked.stream).collect()
    }

    /// COMPAT [whole-process]
    #[test]
    fn slots_are_bounded_over_all_loops() {
        let now = Instant::now();
        let mut pool = Pool::<u32>::new(1, 2, now);
        assert!(matches!(pool.acquire(new(0), false), Some(Start::Fresh(_))));
        assert!(pool.acquire(new(1), false).is_none());
        let second = waiter(1, 9);
        pool.wait(second);
        let (told, _) = pool.release(0, Some(parked(1, now)));
        assert_eq!(told, Some(second));
        assert!(pool.acquire(new(0), false).is_none(), "it is the second's");
        assert!(matches!(pool.acquire(second, true), Some(Start::Foreign(0, p)) if p.stream == 1));
    }

    /// `[besieged-worker]`
    #[test]
    fn in_a_siege_who_comes_last_is_served_first_and_nobody_who_was_told_is_forgotten() {
        let now = Instant::now();
        let mut pool = Pool::<u32>::new(2, 1, now);
        assert!(pool.acquire(new(0), false).is_some() && pool.acquire(new(0), false).is_some());
        assert!(!pool.is_besieged());
        pool.stall(true);
        assert!(pool.is_besieged());
        let [a, b, c] = [waiter(0, 1), waiter(0, 2), waiter(0, 3)];
        [a, b, c].into_iter().for_each(|waiter| pool.wait(waiter));
        assert_eq!(pool.release(0, None).0, Some(c));
        // The siege ends before the one that was told asks.
        pool.stall(false);
        assert!(pool.acquire(b, true).is_none());
        assert!(pool.acquire(c, true).is_some());
        assert_eq!(pool.release(0, None).0, Some(a));
        pool.stall(true);
        assert!(pool.acquire(a, true).is_some(), "told before the next siege");
        assert_eq!(pool.release(0, None).0, Some(b));
        assert!(pool.acquire(new(0), false).is_some(), "a newcomer need not queue");
    }

    #[test]
    fn who_waits_first_is_served_first_and_who_leaves_passes_it_on() {
        let now = Instant::now();
        let mut pool = Pool::<u32>::new(2, 1, now);
        assert!(pool.acquire(new(0), false).is_some() && pool.acquire(new(0), false).is_some());
        let [a, b, c] = [waiter(0, 1), waiter(0, 2), waiter(0, 3)];
        [a, b, c].into_iter().for_each(|waiter| pool.wait(waiter));
        assert_eq!(pool.release(0, None).0, Some(a));
        assert_eq!(pool.release(0, None).0, Some(b));
        assert!(pool.acquire(c, true).is_none(), "two slots, two before it");
        assert!(pool.acquire(b, true).is_some(), "in either order");
        assert_eq!(pool.stop_waiting(a), Some(c));
        assert_eq!(pool.stop_waiting(a), None);
        assert!(pool.acquire(new(0), false).is_none());
        assert!(pool.acquire(c, true).is_some());
        assert_eq!(pool.released(), 2);
    }

    /// COMPAT [connection-choice]
    #[test]
    fn a_loop_prefers_its_own_idle_connection() {
        let now = Instant::now();
        let mut pool = Pool::new(3, 2, now);
        for home in [0, 1] {
            assert!(pool.acquire(new(home), false).is_some());
        }
        let _ = pool.release(0, Some(parked(10, now)));
        let _ = pool.release(1, Some(parked(11, now)));
        assert!(matches!(pool.acquire(new(1), false), Some(Start::Own(p)) if p.stream == 11));
        assert!(
            matches!(pool.acquire(new(1), false), Some(Start::Foreign(0, p)) if p.stream == 10)
        );
        assert!(matches!(pool.acquire(new(1), false), Some(Start::Fresh(_))));
        assert!(pool.acquire(new(1), false).is_none());
    }

    #[test]
    fn a_size_of_zero_never_gives_a_slot() {
        assert!(Pool::<u32>::new(0, 1, Instant::now()).acquire(new(0), false).is_none());
    }

    /// W92: pool of 4, minimum 2, three idle connections over the timeout: one is closed.
    #[test]
    fn expiry_stops_at_the_minimum() {
        let now = Instant::now();
        let mut pool = Pool::new(4, 1, now);
        for _ in 0..3 {
            assert!(pool.acquire(new(0), false).is_some());
        }
        for stream in 0..3 {
            let _ = pool.release(0, Some(parked(stream, now)));
        }
        let later = now + Duration::from_secs(11);
        assert_eq!(streams(pool.expire(0, Duration::from_secs(10), 2, later)), [2]);
    }

    /// W91: without a pool timeout, a connection is probed at each run even if just used.
    #[test]
    fn the_idle_clock_runs_only_with_a_pool_timeout() {
        let start = Instant::now();
        let mut pool = Pool::new(2, 1, start);
        assert!(pool.acquire(new(0), false).is_some());
        let later = start + Duration::from_secs(60);
        let _ = pool.release(0, Some(parked(5, later)));
        let interval = Duration::from_secs(30);
        assert!(pool.take_for_probe(0, interval, true, later).is_empty());
        assert_eq!(streams(pool.take_for_probe(0, interval, false, later)), [5]);
        assert_eq!(pool.open(), 1);
    }

    #[test]
    fn a_renewed_pool_keeps_only_what_was_opened_since() {
        let now = Instant::now();
        let mut pool = Pool::new(3, 2, now);
        let Some(Start::Fresh(old)) = pool.acquire(new(0), false) else {
            panic!("nothing is open")
        };
        assert!(pool.acquire(new(1), false).is_some());
        let _ = pool.release(1, Some(parked(2, now)));
        assert!(pool.renew(0).is_empty());
        assert_eq!(streams(pool.renew(1)), [2]);
        let (_, refused) = pool.release(0, Some(Parked { order: old, ..parked(1, now) }));
        assert_eq!(refused.map(|parked| parked.stream), Some(1));
        let Some(Start::Fresh(new)) = pool.acquire(new(0), false) else {
            panic!("nothing is open")
        };
        let (_, refused) = pool.release(0, Some(Parked { order: new, ..parked(3, now) }));
        assert!(refused.is_none());
    }

    #[test]
    fn a_retired_pool_keeps_nothing() {
        let now = Instant::now();
        let mut pool = Pool::new(2, 1, now);
        assert!(pool.acquire(new(0), false).is_some());
        assert!(pool.acquire(new(0), false).is_some());
        let _ = pool.release(0, Some(parked(1, now)));
        assert_eq!(streams(pool.retire(0)), [1]);
        let (_, refused) = pool.release(0, Some(parked(2, now)));
        assert_eq!(refused.map(|parked| parked.stream), Some(2));
    }
}
