//! Any sequence of requests, failures, waits and interventions leaves the books in order. Each pair
//! of bytes is one operation and its argument.
#![no_main]

use std::sync::Arc;
use std::time::Duration;

use jk_balance::{
    Change, Election, Facts, LbWorker, MemberChange, Outcome, Report, Run, Seconds, SessionIds,
    Step, WorkerCounters, session_ids,
};
use jk_types::{Activation, AjpSettings, Extensions, LbSettings, MemberSettings, Method};
use libfuzzer_sys::fuzz_target;

const OUTCOMES: [Outcome; 8] = [
    Outcome::Success,
    Outcome::ClientError,
    Outcome::Framing,
    Outcome::StatusSoft,
    Outcome::StatusHard,
    Outcome::BusyLimit,
    Outcome::ReplyTimeout,
    Outcome::Other,
];
const METHODS: [Method; 5] =
    [Method::Request, Method::Traffic, Method::Busyness, Method::Session, Method::Next];
const ACTIVATIONS: [Activation; 3] =
    [Activation::Active, Activation::Disabled, Activation::Stopped];

fuzz_target!(|data: &[u8]| {
    let Some((&[members, method], ops)) = data.split_first_chunk() else { return };
    let mut world = World::new(usize::from(members % 6) + 1, method);
    for op in ops.chunks_exact(2).take(500) {
        world.apply(op[0], op[1]);
        assert_eq!(world.lb.busy() as usize, world.flights.len());
    }
    while !world.flights.is_empty() {
        world.end(0);
    }
    assert_eq!(world.lb.busy(), 0);
    assert!(world.counters.iter().all(|counters| counters.busy() == 0));
});

struct World {
    lb: LbWorker,
    counters: Vec<Arc<WorkerCounters>>,
    extensions: Extensions,
    flights: Vec<(Run, String, Election)>,
    now: Seconds,
}

impl World {
    fn new(members: usize, seed: u8) -> Self {
        let settings = settings(members, seed);
        let now = Seconds(1_000);
        let counters: Vec<_> = (0..members).map(|_| WorkerCounters::shared(now)).collect();
        let lb = LbWorker::new(&settings, counters.clone(), &[], now);
        Self { lb, counters, extensions: Extensions::default(), flights: Vec::new(), now }
    }

    fn apply(&mut self, op: u8, argument: u8) {
        let member = usize::from(argument % 8);
        match op % 12 {
            0..4 => self.start(argument),
            4..7 => self.end(argument),
            7 => self.now.0 += u64::from(argument),
            8 => self.lb.maintain(self.now, u64::from(argument % 3) * 30),
            9 => {
                let activation = ACTIVATIONS[usize::from(argument / 8) % 3];
                self.lb.update_member(member, MemberChange::Activation(activation));
            }
            10 => self.change(member, argument),
            _ if argument < 32 => self.lb.reset_member(member, self.now),
            _ => drop(self.lb.recover_member(member)),
        }
    }

    fn change(&mut self, member: usize, argument: u8) {
        let text = ["", "r0", "r1.x", "d"][usize::from(argument / 8) % 4].to_owned();
        match argument / 32 {
            0 => drop(self.lb.update(Change::Method(METHODS[usize::from(argument) % 5]))),
            1 => drop(self.lb.update(Change::StickySessionForce(argument % 2 == 0))),
            2 => drop(self.lb.update_member(member, MemberChange::Route(text))),
            3 => drop(self.lb.update_member(member, MemberChange::Redirect(text))),
            4 => drop(self.lb.update_member(member, MemberChange::Domain(text))),
            5 => drop(
                self.lb.update_member(member, MemberChange::Distance(i32::from(argument) - 200)),
            ),
            _ => {
                let factor = u32::MAX / (u32::from(argument) + 1);
                self.lb.update_member(member, MemberChange::LbFactor(factor));
            }
        }
    }

    fn start(&mut self, argument: u8) {
        let route = if argument >= 192 { "d".to_owned() } else { format!("r{}", argument % 8) };
        let cookie = format!("JSESSIONID=1.{route};JSESSIONID=2.r{}", argument / 8 % 8);
        let mut run = Run::default();
        let facts = facts(&cookie, &self.extensions);
        self.lb.begin(&mut run, &facts, &mut |_| argument % 3 != 0);
        drop(facts);
        self.go_on(run, cookie);
    }

    fn go_on(&mut self, mut run: Run, cookie: String) {
        let facts = facts(&cookie, &self.extensions);
        for _ in 0..8 {
            match self.lb.next(&mut run, &facts, self.now) {
                Step::Wait(_) => {}
                Step::Finish { .. } => return,
                Step::Try(election) => {
                    assert_ne!(election.activation(), Activation::Stopped);
                    self.lb.admitted(&mut run, &election, &facts);
                    let counters = &self.counters[election.member()];
                    counters.begin_use();
                    counters.enter(0, self.now);
                    drop(facts);
                    self.flights.push((run, cookie, election));
                    return;
                }
            }
        }
        panic!("the run does not end");
    }

    fn end(&mut self, argument: u8) {
        if self.flights.is_empty() {
            return;
        }
        let index = usize::from(argument) % self.flights.len();
        let (mut run, cookie, election) = self.flights.remove(index);
        let report = Report {
            outcome: OUTCOMES[usize::from(argument / 4) % 8],
            recoverable: argument % 4 != 0,
            bytes_read: u64::MAX / (u64::from(argument) + 1),
            ..Report::success(502)
        };
        let counters = &self.counters[election.member()];
        if report.outcome == Outcome::ReplyTimeout {
            counters.reply_timeout();
        }
        counters.leave(report.outcome, 0, 0, self.now);
        let facts = facts(&cookie, &self.extensions);
        self.lb.settle(&mut run, election, report, &facts, self.now);
        drop(facts);
        self.go_on(run, cookie);
    }
}

fn facts<'a>(cookie: &'a str, extensions: &'a Extensions) -> Facts<'a> {
    let fields = [cookie.as_bytes()].into_iter();
    let session: Option<SessionIds<'a>> =
        session_ids(b"/", fields, "JSESSIONID", ";jsessionid", None);
    Facts { session, ..Facts::new(extensions) }
}

fn settings(members: usize, seed: u8) -> LbSettings {
    let member = |index: usize| MemberSettings {
        ajp: AjpSettings { name: format!("m{index}"), ..AjpSettings::default() },
        lbfactor: u32::from(seed) * 7_919 % 97 + 1,
        distance: i32::from(seed >> (index % 8) & 1),
        activation: Activation::Active,
        route: format!("r{index}"),
        domain: (index % 2 == 1).then(|| "d".to_owned()),
        redirect: (index == 2).then(|| "r0".to_owned()),
    };
    LbSettings {
        name: "lb".to_owned(),
        members: (0..members).map(member).collect(),
        sticky_session: seed & 64 == 0,
        sticky_session_force: seed & 128 != 0,
        method: METHODS[usize::from(seed) % 5],
        lock: Default::default(),
        retries: 2,
        lb_retries: 2,
        retry_interval: Duration::from_millis(100),
        recover_time: 60,
        error_escalation_time: 30,
        max_reply_timeouts: 1,
        session_cookie: "JSESSIONID".to_owned(),
        session_path: ";jsessionid".to_owned(),
        set_session_cookie: true,
        session_cookie_path: "/".to_owned(),
    }
}
