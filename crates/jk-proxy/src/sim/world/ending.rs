//! The end of a world: all get what they were promised, and nothing is left of what was.

use super::*;

impl World {
    pub(super) fn end(&mut self) {
        self.hub.borrow_mut().faults = false;
        // Without faults nothing may need a deadline but a look for a free slot.
        let patience = if self.faults { PATIENCE } else { Duration::from_millis(500) };
        let until = self.elapsed + patience;
        self.exhaust();
        while self.clients.iter().any(|client| !client.waiting.is_empty()) && self.sleep(until) {
            self.exhaust();
        }
        for client in &self.clients {
            assert!(
                client.waiting.is_empty(),
                "request {:?} is neither answered nor aborted: {client:?}",
                client.waiting.front()
            );
        }
        if !self.faults {
            let (asked, whole) = (self.ledger.asked.len(), self.ledger.whole);
            assert_eq!(whole, asked, "without faults every request is answered by a backend");
        }
        self.check_ended();
    }

    /// Nothing is left of what was.
    fn check_ended(&mut self) {
        for client in &mut self.clients {
            if !client.gone {
                client.vanish(false, &mut self.ledger);
            }
        }
        self.exhaust();
        let until = self.elapsed + Duration::from_secs(130);
        for _ in 0..100_000 {
            if !self.sleep(until) {
                break;
            }
            self.exhaust();
        }
        for one in &self.loops {
            assert_eq!(one.engine.clients_open(), 0, "clients are kept");
        }
        let parked: usize = self.shared.pools.iter().map(|pool| pool.lock().open()).sum();
        let kept: usize = self.loops.iter().map(|one| one.engine.backends_open()).sum();
        assert_eq!(parked, kept, "connections are kept that are in no pool");
        assert_eq!(kept, self.backends.len(), "connections are open that nobody keeps");
        check_books(&self.shared);
        // A last reload: what came before must be gone.
        self.reload();
        self.exhaust();
        let until = self.elapsed + Duration::from_secs(5);
        while self.sleep(until) {
            self.exhaust();
        }
        for old in &self.replaced {
            assert!(old.upgrade().is_none(), "a configuration outlives its requests");
        }
        assert!(self.backends.is_empty(), "connections of an old configuration stay open");
        for home in 0..self.loops.len() {
            let finish = Command::Finish { grace: Some(Duration::from_secs(1)), idle: Idle::Close };
            self.hub.borrow_mut().inboxes[home].push_back(finish);
        }
        self.exhaust();
        // A loop that finished long ago has not looked at its deadlines since.
        self.advance(Duration::from_secs(300));
        for home in 0..self.loops.len() {
            self.set_clock(home);
            self.settle(home);
        }
        for one in &self.loops {
            assert!(one.engine.is_finished(), "a loop does not finish");
            assert_eq!(one.engine.timers_armed(), 0, "timers outlive their clients");
        }
    }
}

fn check_books(shared: &Shared<SimStream>) {
    for (backend, pool) in shared.site.backends.iter().zip(&shared.pools) {
        let name = &backend.settings.name;
        let pool = pool.lock();
        assert_eq!(pool.slots_in_use(), 0, "a slot of {name} is kept");
        assert_eq!(pool.waiting(), 0, "somebody waits for a slot of {name}");
        assert_eq!(backend.counters.busy(), 0, "{name} stays busy");
    }
    for worker in &shared.site.workers {
        if let Kind::Lb(lb) = &worker.kind {
            assert_eq!(lb.balancer.lock().busy(), 0, "an election is not settled");
        }
    }
}
