//! Connections to one backend, for the whole process.
//!
//! A *slot* is the right to have one connection; there are as many as `connection_pool_size`, and a
//! service call holds one from start to end (mod_jk: `ajp_get_endpoint`, `ajp_done`). Idle
//! connections count against the slots too. Each idle connection stays registered with the event
//! loop that used it last and is preferred by that loop; another loop takes it over only when it has
//! none of its own, so that the process never opens a connection while an idle one exists, exactly
//! as one httpd child would not.
//!
//! Who finds no free slot waits. A slot that comes free is kept for one of those who wait, who is told:
//! the first of the loop that gave it back, since the connection is that loop's, but not before somebody
//! of another loop who has waited for much longer.

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
    /// Who waits, of each loop, by the time of coming.
    waiters: Vec<VecDeque<(u64, Waiter)>>,
    /// How many ever came to wait.
    came: u64,
    /// Who has been told that a slot is kept for it.
    told: Vec<Waiter>,
    /// Holders of slots that wait for their own clients.
    stalled: usize,
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
            waiters: (0..loops).map(|_| VecDeque::new()).collect(),
            came: 0,
            told: Vec::new(),
            stalled: 0,
            released: 0,
            next_order: 0,
            created: now,
            retired: false,
            renewed: 0,
        }
    }

    /// Whether a slot could be had now.
    pub(crate) fn has_free_slot(&self) -> bool {
        self.free() > 0
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
        self.stalled * 2 >= self.limit && (self.free() == 0 || self.somebody_waits())
    }

    /// Takes a slot, with an idle connection if there is one: a free one, or the one that is kept for who
    /// has waited.
    pub(crate) fn acquire(&mut self, waiter: Waiter, waits: bool) -> Option<Start<S>> {
        if waits {
            let at = self.told.iter().position(|other| *other == waiter)?;
            self.told.swap_remove(at);
        } else if self.free() == 0 {
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

    /// Gives a slot back, with its connection if that may be used again. Answers who of those waiting is to
    /// be told that it is kept for it, and the connection if the pool keeps none any more.
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
        (self.choose(home), refused)
    }

    /// Waits from now on, to be told when a slot is there.
    pub(crate) fn wait(&mut self, waiter: Waiter) {
        self.came += 1;
        self.waiters[waiter.home].push_back((self.came, waiter));
    }

    /// Waits no longer. Answers who is to be told instead, if a slot was kept for this one.
    pub(crate) fn stop_waiting(&mut self, waiter: Waiter) -> Option<Waiter> {
        if let Some(at) = self.told.iter().position(|other| *other == waiter) {
            self.told.swap_remove(at);
            return self.choose(waiter.home);
        }
        self.waiters[waiter.home].retain(|(_, other)| *other != waiter);
        None
    }

    /// How many slots were ever given back.
    pub(crate) fn released(&self) -> u64 {
        self.released
    }

    fn somebody_waits(&self) -> bool {
        self.waiters.iter().any(|queue| !queue.is_empty())
    }

    fn free(&self) -> usize {
        self.limit.saturating_sub(self.in_use + self.told.len())
    }

    /// Keeps a free slot for somebody who waits.
    fn choose(&mut self, home: LoopId) -> Option<Waiter> {
        if self.free() == 0 {
            return None;
        }
        let (_, waiter) = match self.is_besieged() {
            // Those who wait are besiegers; who comes last is the most likely not to be one.
            true => {
                let last = |queue: &VecDeque<(u64, Waiter)>| queue.back().map(|(came, _)| *came);
                let at = (0..self.waiters.len()).max_by_key(|&at| last(&self.waiters[at]))?;
                self.waiters[at].pop_back()?
            }
            false => {
                let at = self.first_served(home)?;
                self.waiters[at].pop_front()?
            }
        };
        self.told.push(waiter);
        Some(waiter)
    }

    /// The loop whose first waiter is served next when `home` gives a slot back. Nobody is overtaken by
    /// more than as many as there are slots.
    fn first_served(&self, home: LoopId) -> Option<LoopId> {
        let first = |at: LoopId| self.waiters[at].front().map(|(came, _)| *came);
        let (came, oldest) =
            (0..self.waiters.len()).filter_map(|at| Some((first(at)?, at))).min()?;
        let slack = self.limit as u64;
        Some(first(home).filter(|own| *own <= came + slack).map_or(oldest, |_| home))
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
        while at < self.idle[home].len() && self.free() > 0 {
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
        self.waiters.iter().map(VecDeque::len).sum::<usize>() + self.told.len()
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
        assert!(pool.acquire(new(0), false).is_none(), "it is kept for b");
        assert!(pool.acquire(b, true).is_some());
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

    #[test]
    fn a_slot_stays_with_its_loop_unless_others_have_waited_for_much_longer() {
        let now = Instant::now();
        let mut pool = Pool::<u32>::new(2, 2, now);
        assert!(pool.acquire(new(0), false).is_some() && pool.acquire(new(1), false).is_some());
        let far = waiter(1, 100);
        pool.wait(far);
        for index in 1..6 {
            pool.wait(waiter(0, index));
        }
        let mut served = Vec::new();
        while let (Some(told), _) = pool.release(0, None) {
            served.push(told.client.index);
            assert!(pool.acquire(told, true).is_some());
        }
        // As many as there are slots overtake the other, and no more.
        assert_eq!(served, [1, 2, 100, 3, 4, 5]);
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
