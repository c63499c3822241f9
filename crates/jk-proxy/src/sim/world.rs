//! Loops, clients and backends together, and who of them does something next.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use super::Summary;
use super::backend::Backend;
use super::client::Client;
use super::dice::Dice;
use super::ledger::Ledger;
use super::net::{Hub, SimNet};
use super::site;
use super::wire::{End, SimStream, pair};
use crate::assemble::assemble;
use crate::command::{Command, Idle};
use crate::engine::{Clock, Context, Ends, Engine, Readiness};
use crate::files::{Fetched, FilesByHand};
use crate::logs::Logs;
use crate::shared::Shared;
use crate::site::Kind;
use crate::token::Token;

mod ending;

/// Bytes that one client connection may make the engine hold, at most: a whole read from a backend,
/// content read ahead, a head, a request packet, a packet's beginning, and some of each to spare.
const MOST_HELD: usize = 1 << 20;

/// Within this time every request ends, once nobody misbehaves any more.
const PATIENCE: Duration = Duration::from_secs(50);

/// One loop: its engine, the events it has taken and not handled yet, when it wants to wake up.
struct Loop {
    engine: Engine<SimNet>,
    events: VecDeque<(Token, Readiness)>,
    in_turn: bool,
    wake_at: Option<Duration>,
}

/// What the wall clock says when a world begins.
const BEGAN: Duration = Duration::from_secs(1_800_000_000);

pub(super) struct World {
    dice: Dice,
    faults: bool,
    loops: Vec<Loop>,
    hub: Rc<RefCell<Hub>>,
    files: FilesByHand,
    /// All loops were told to finish, and take nobody in any more.
    finishing: bool,
    shared: Arc<Shared<SimStream>>,
    replaced: Vec<Weak<Shared<SimStream>>>,
    clients: Vec<Client>,
    backends: Vec<Backend>,
    ends: Vec<End>,
    ledger: Ledger,
    start: Instant,
    elapsed: Duration,
    wall: Duration,
    logs: Logs,
    steps: usize,
}

impl World {
    pub(super) fn new(dice: Dice) -> Self {
        let faults = dice.below(4) > 0;
        let count = dice.between(1, 2);
        let mut logs = Logs::start().expect("a thread can be started");
        let start = Instant::now();
        let wall = BEGAN;
        let clock = Clock { now: start, wall, steady: wall };
        let config = site::random(&dice, faults);
        let (site, _) = assemble(config, &mut logs, clock.seconds()).expect("it can be served");
        let shared = Shared::new(site, count, start);
        let hub = Rc::new(RefCell::new(Hub {
            dice: dice.clone(),
            faults,
            inboxes: (0..count).map(|_| VecDeque::new()).collect(),
            connecting: Vec::new(),
        }));
        let (to_files, files) = FilesByHand::pair();
        let loops = (0..count)
            .map(|home| {
                let files = to_files.clone();
                let net = SimNet { home, hub: Rc::clone(&hub), fetched: Vec::new() };
                let shared = Arc::clone(&shared);
                let ctx = Context::new(net, home, count, clock, shared, logs.sink(), files);
                let engine = Engine::new(ctx);
                Loop { engine, events: VecDeque::new(), in_turn: false, wake_at: None }
            })
            .collect();
        Self {
            dice,
            faults,
            loops,
            hub,
            files,
            finishing: false,
            shared,
            replaced: Vec::new(),
            clients: Vec::new(),
            backends: Vec::new(),
            ends: Vec::new(),
            ledger: Ledger::default(),
            start,
            elapsed: Duration::ZERO,
            wall,
            logs,
            steps: 0,
        }
    }

    /// Lets things happen, then lets them end, and looks whether anything is left.
    pub(super) fn run(mut self, most_steps: usize, most_clients: usize) -> Summary {
        let mut accepted = 0;
        while self.steps < most_steps && !self.dice.is_spent() {
            self.steps += 1;
            if accepted < most_clients
                && !self.finishing
                && self.clients.len() < 12
                && self.dice.one_in(25)
            {
                accepted += 1;
                self.accept();
            }
            self.step();
            if self.steps % 64 == 0 {
                self.check_bounds();
            }
        }
        self.end();
        Summary {
            requests: self.ledger.asked.len(),
            whole: self.ledger.whole,
            own: self.ledger.own,
            edits: self.ledger.edits,
            aborted: self.ledger.aborted,
            steps: self.steps,
        }
    }

    /// Something happens.
    fn step(&mut self) {
        match self.dice.below(16) {
            0..=4 => self.turn_some(),
            5..=7 => self.deliver_some(),
            8..=10 => self.client_acts(),
            11 | 12 => self.backend_acts(),
            13 => match self.dice.below(2) {
                0 => self.establish_some(),
                _ => self.fetch_some(),
            },
            14 => self.time_passes(),
            _ if self.faults => self.misfortune(),
            _ if self.dice.one_in(40) => self.reload(),
            _ => self.turn_some(),
        }
    }

    /// A file thread does something.
    fn fetch_some(&mut self) {
        let Some((home, client, fetched)) = self.files.perform() else { return self.turn_some() };
        let broken = self.faults && self.dice.one_in(20);
        let fetched = match fetched {
            Fetched::Block { .. } if broken => Fetched::Broken,
            fetched => fetched,
        };
        self.hub.borrow_mut().inboxes[home].push_back(Command::File(client, fetched));
    }

    fn accept(&mut self) {
        let home = self.dice.below(self.loops.len());
        let room = if self.dice.one_in(4) { self.dice.between(1, 3000) } else { 1 << 18 };
        let (ours, theirs) = pair(&self.dice, room, true);
        let mut client = Client::new(theirs.clone(), &self.dice, &mut self.ledger, self.faults);
        let address: SocketAddr = ([127, 0, 0, 1], 80).into();
        let mut named = None;
        self.set_clock(home);
        self.loops[home]
            .engine
            .accept(ours, Ends { peer: address, local: address }, |_, stream, key| {
                stream.0.borrow_mut().register(home, Token::Client(key));
                named = Some(key);
                Ok(())
            })
            .expect("it registers");
        client.key = named;
        self.settle(home);
        self.ends.push(theirs);
        self.clients.push(client);
    }

    fn turn_some(&mut self) {
        let home = self.dice.below(self.loops.len());
        let _ = self.turn(home);
    }

    /// One thing of one loop's turn; `false` when the loop sleeps.
    fn turn(&mut self, home: usize) -> bool {
        if !self.loops[home].in_turn {
            let events: Vec<_> =
                self.ends.iter().filter_map(|end| end.0.borrow_mut().poll(home)).collect();
            let inbox = !self.hub.borrow().inboxes[home].is_empty();
            let due = self.loops[home].wake_at.is_some_and(|at| at <= self.elapsed);
            if events.is_empty() && !inbox && !due {
                return false;
            }
            self.set_clock(home);
            let one = &mut self.loops[home];
            one.in_turn = true;
            // As the shell does: idle backend connections first.
            let parked = |(token, _): &(Token, Readiness)| match token {
                Token::Backend(key) => one.engine.is_parked(*key),
                _ => false,
            };
            let (first, rest): (Vec<_>, Vec<_>) = events.into_iter().partition(parked);
            for (token, readiness) in &first {
                if let Token::Backend(key) = token {
                    one.engine.backend_ready(*key, *readiness);
                }
            }
            one.events = first.into_iter().chain(rest).collect();
            if one.events.len() > 1 {
                let readable = one.events.iter().filter(|(_, readiness)| readiness.readable);
                one.engine.look_ahead(readable.map(|(token, _)| *token));
                one.engine.gather();
            }
            return true;
        }
        let one = &mut self.loops[home];
        match one.events.pop_front() {
            Some((Token::Client(key), readiness)) => one.engine.client_ready(key, readiness),
            Some((Token::Backend(key), readiness)) => one.engine.backend_ready(key, readiness),
            Some(_) => {}
            None => {
                one.engine.scatter();
                loop {
                    let command = self.hub.borrow_mut().inboxes[home].pop_front();
                    let Some(command) = command else { break };
                    self.loops[home].engine.command(command);
                }
                self.settle(home);
            }
        }
        true
    }

    fn settle(&mut self, home: usize) {
        let now = self.elapsed;
        let one = &mut self.loops[home];
        one.engine.settle();
        one.in_turn = !one.events.is_empty();
        // The shell ends a loop that has finished; here it goes on, to be looked at, without deadlines.
        let sleep = one.engine.sleep().filter(|_| !one.engine.is_finished());
        one.wake_at = sleep.map(|sleep| now + sleep);
    }

    fn set_clock(&mut self, home: usize) {
        let steady = BEGAN + self.elapsed;
        let clock = Clock { now: self.start + self.elapsed, wall: self.wall, steady };
        self.loops[home].engine.set_clock(clock);
    }

    fn deliver_some(&mut self) {
        let travelling: Vec<usize> =
            (0..self.ends.len()).filter(|&at| self.ends[at].is_travelling()).collect();
        if travelling.is_empty() {
            return self.turn_some();
        }
        let end = &self.ends[self.dice.pick(&travelling)];
        let most = match self.dice.below(4) {
            0 => self.dice.between(1, 10),
            1 => self.dice.between(1, 5000),
            _ => usize::MAX,
        };
        end.deliver(most, self.dice.below(2) == 0);
    }

    fn client_acts(&mut self) {
        let able: Vec<usize> =
            (0..self.clients.len()).filter(|&at| self.clients[at].can_act()).collect();
        if able.is_empty() {
            return self.turn_some();
        }
        let at = self.dice.pick(&able);
        self.clients[at].act(&self.dice, &mut self.ledger, false);
        self.sweep();
    }

    fn backend_acts(&mut self) {
        let able: Vec<usize> =
            (0..self.backends.len()).filter(|&at| self.backends[at].can_act()).collect();
        if able.is_empty() {
            return self.turn_some();
        }
        let at = self.dice.pick(&able);
        self.backends[at].act(&self.dice, &mut self.ledger, self.faults);
        self.sweep();
    }

    fn sweep(&mut self) {
        self.clients.retain(|client| !client.gone || !client.end.is_dropped());
        self.backends.retain(|backend| !backend.gone || !backend.end.is_dropped());
        self.ends.retain(|end| !end.is_dropped());
    }

    fn establish_some(&mut self) {
        let next = {
            let mut hub = self.hub.borrow_mut();
            let count = hub.connecting.len();
            if count == 0 {
                return;
            }
            hub.connecting.swap_remove(self.dice.below(count))
        };
        let refused = self.faults && self.dice.one_in(10);
        self.establish(next, !refused);
    }

    fn establish(&mut self, (port, end): (u16, End), succeeds: bool) {
        if !end.is_connecting() {
            return;
        }
        end.establish(succeeds);
        self.ends.push(end.clone());
        if succeeds {
            self.backends.push(Backend::new(port, end));
        }
    }

    fn time_passes(&mut self) {
        let step = match self.dice.below(60) {
            _ if !self.faults => self.dice.below(3) as u64,
            0..=52 => self.dice.below(4) as u64,
            53..=58 => self.dice.below(1500) as u64,
            _ => self.dice.below(30_000) as u64,
        };
        self.advance(Duration::from_millis(step));
    }

    fn advance(&mut self, step: Duration) {
        self.elapsed += step;
        self.wall += step;
    }

    fn misfortune(&mut self) {
        match self.dice.below(160) {
            0 => {
                // The wall clock is set.
                let step = Duration::from_secs(self.dice.below(100_000) as u64);
                self.wall = if self.dice.below(2) == 0 {
                    self.wall + step
                } else {
                    self.wall.saturating_sub(step)
                };
            }
            1 | 2 => self.reload(),
            3..=5 if !self.clients.is_empty() => {
                let at = self.dice.below(self.clients.len());
                let abruptly = self.dice.below(2) == 0;
                if !self.clients[at].gone {
                    self.clients[at].vanish(abruptly, &mut self.ledger);
                }
                self.sweep();
            }
            23 if self.steps > 6000 && self.dice.one_in(4) => self.finish(),
            6..=16 if !self.ends.is_empty() => {
                let at = self.dice.below(self.ends.len());
                self.ends[at].0.borrow_mut().false_alarm();
            }
            17..=22 if !self.backends.is_empty() => {
                // Containers close idle connections, and break.
                let at = self.dice.below(self.backends.len());
                self.backends[at].end.end();
            }
            _ => self.turn_some(),
        }
    }

    fn reload(&mut self) {
        let config = site::random(&self.dice, self.faults);
        let now = jk_balance::Seconds((BEGAN + self.elapsed).as_secs());
        let (site, _) = assemble(config, &mut self.logs, now).expect("it can be served");
        let shared = Shared::new(site, self.loops.len(), self.start + self.elapsed);
        for inbox in &mut self.hub.borrow_mut().inboxes {
            inbox.push_back(Command::Adopt(Arc::clone(&shared)));
        }
        let old = std::mem::replace(&mut self.shared, shared);
        self.replaced.push(Arc::downgrade(&old));
    }

    /// The process is to end in the middle of it all.
    fn finish(&mut self) {
        self.finishing = true;
        let grace =
            self.dice.one_in(2).then(|| Duration::from_secs(self.dice.between(1, 40) as u64));
        let idle = if self.dice.below(2) == 0 { Idle::Close } else { Idle::Await };
        for inbox in &mut self.hub.borrow_mut().inboxes {
            inbox.push_back(Command::Finish { grace, idle });
        }
    }

    fn check_bounds(&self) {
        for one in &self.loops {
            let most = one.engine.most_held();
            assert!(most <= MOST_HELD, "{most} bytes are held for one client");
        }
        if self.replaced.iter().any(|old| old.strong_count() > 0) {
            return;
        }
        for backend in &self.shared.site.backends {
            let port = backend.live.address().map_or(0, |address| address.port());
            let open = |one: &&Backend| one.port == port && !one.end.is_dropped();
            let open = self.backends.iter().filter(open).count();
            assert!(open <= backend.pool_size, "{open} connections to port {port}");
        }
    }

    /// Everybody does what he can, until nothing is left to do at this moment.
    fn exhaust(&mut self) {
        for round in 0.. {
            assert!(round < 200_000, "the world does not come to rest");
            let mut idle = true;
            let connecting = std::mem::take(&mut self.hub.borrow_mut().connecting);
            for one in connecting {
                self.establish(one, true);
                idle = false;
            }
            for home in 0..self.loops.len() {
                let mut turns = 0;
                while self.turn(home) {
                    idle = false;
                    turns += 1;
                    assert!(turns < 100_000, "loop {home} spins");
                }
            }
            while self.files.waiting() > 0 {
                self.fetch_some();
                idle = false;
            }
            for at in 0..self.ends.len() {
                if self.ends[at].is_travelling() {
                    self.ends[at].deliver(usize::MAX, true);
                    idle = false;
                }
            }
            for client in &mut self.clients {
                while client.can_act() {
                    client.act(&self.dice, &mut self.ledger, true);
                    idle = false;
                }
            }
            for backend in &mut self.backends {
                if backend.can_act() {
                    backend.act(&self.dice, &mut self.ledger, false);
                    idle = false;
                }
                backend.relent();
            }
            self.sweep();
            if idle {
                return;
            }
        }
    }

    /// On to the next moment at which a loop wants to wake up, if that is before `until`.
    fn sleep(&mut self, until: Duration) -> bool {
        let next = self.loops.iter().filter_map(|one| one.wake_at).min();
        match next.filter(|&at| at <= until) {
            Some(at) => {
                let step = at.saturating_sub(self.elapsed).max(Duration::from_micros(1));
                self.advance(step);
                true
            }
            None => false,
        }
    }
}
