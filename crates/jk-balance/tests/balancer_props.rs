//! What must hold of any load balancer, whatever happens to it.

use std::sync::Arc;
use std::time::Duration;

use jk_balance::{
    Change, Election, Facts, LbWorker, MaintainClock, MemberChange, Outcome, Report, Run, Seconds,
    Step, Why, WorkerCounters, session_ids,
};
use jk_types::{
    Activation, AjpSettings, Extensions, LbSettings, MemberSettings, MemberState, Method,
};
use proptest::prelude::*;

const METHODS: [Method; 5] =
    [Method::Request, Method::Traffic, Method::Busyness, Method::Session, Method::Next];

fn settings(factors: &[u32], method: Method) -> LbSettings {
    let member = |(index, &lbfactor): (usize, &u32)| MemberSettings {
        ajp: AjpSettings { name: format!("m{index}"), ..AjpSettings::default() },
        lbfactor,
        distance: 0,
        activation: Activation::Active,
        route: format!("m{index}"),
        domain: None,
        redirect: None,
    };
    LbSettings {
        name: "lb".to_owned(),
        members: factors.iter().enumerate().map(member).collect(),
        sticky_session: true,
        sticky_session_force: false,
        method,
        lock: Default::default(),
        retries: 2,
        lb_retries: 2,
        retry_interval: Duration::from_millis(100),
        recover_time: 60,
        error_escalation_time: 30,
        max_reply_timeouts: 0,
        session_cookie: "JSESSIONID".to_owned(),
        session_path: ";jsessionid".to_owned(),
        set_session_cookie: false,
        session_cookie_path: "/".to_owned(),
    }
}

struct Bench {
    lb: LbWorker,
    counters: Vec<Arc<WorkerCounters>>,
    extensions: Extensions,
    now: Seconds,
}

impl Bench {
    fn new(settings: &LbSettings) -> Self {
        let now = Seconds(1_000);
        let counters: Vec<_> =
            settings.members.iter().map(|_| WorkerCounters::shared(now)).collect();
        let lb = LbWorker::new(settings, counters.clone(), &[], now);
        Self { lb, counters, extensions: Extensions::default(), now }
    }

    /// One request without session that succeeds at once; returns its member.
    fn serve(&mut self, bytes: u64) -> Option<usize> {
        let facts = Facts::new(&self.extensions);
        let mut run = Run::default();
        self.lb.begin(&mut run, &facts, &mut |_| true);
        let Step::Try(election) = self.lb.next(&mut run, &facts, self.now) else { return None };
        let member = election.member();
        self.lb.admitted(&mut run, &election, &facts);
        let report = Report { bytes_read: bytes, ..Report::success(200) };
        self.lb.settle(&mut run, election, report, &facts, self.now);
        Some(member)
    }
}

proptest! {
    /// However many requests, each member is within one request of its share.
    #[test]
    fn shares_follow_lbfactor(
        factors in proptest::collection::vec(1_u32..8, 1..7),
        rounds in 1_usize..6,
        method in proptest::sample::select(vec![Method::Request, Method::Session, Method::Traffic]),
    ) {
        let mut bench = Bench::new(&settings(&factors, method));
        let total: u32 = factors.iter().sum();
        let mut served = vec![0_usize; factors.len()];
        for _ in 0..rounds * total as usize {
            served[bench.serve(10).unwrap()] += 1;
        }
        for (served, factor) in served.into_iter().zip(factors) {
            let share = rounds * factor as usize;
            prop_assert!(served.abs_diff(share) <= 1, "{served} instead of {share}");
        }
    }

    /// COMPAT [load-never-wraps]: enormous factors may be rounded and large loads halved, but never wrap: the heavy member
    /// stays ahead of the light one.
    #[test]
    fn loads_never_wrap(
        light in 1_u32..1_000,
        heavy in 1_000_000_u32..,
        others in proptest::collection::vec(1_u32.., 0..20),
        bytes in 0_u64..1 << 30,
        method in proptest::sample::select(vec![Method::Request, Method::Traffic]),
    ) {
        let factors: Vec<u32> = [light, heavy].into_iter().chain(others).collect();
        let mut bench = Bench::new(&settings(&factors, method));
        prop_assert!(bench.lb.candidates().all(|member| member.mult > 0));
        let mut served = vec![0_u32; factors.len()];
        for _ in 0..400 {
            served[bench.serve(bytes + 1).unwrap()] += 1;
        }
        prop_assert!(served[1] >= served[0], "{served:?}");
    }
}

fn activation() -> impl Strategy<Value = Activation> {
    proptest::sample::select(vec![Activation::Active, Activation::Disabled, Activation::Stopped])
}

proptest! {
    /// Whatever was configured and whatever the rule says: a stopped member serves nothing, and a
    /// disabled one only who asks for it.
    #[test]
    fn activation_is_obeyed(
        configured in proptest::collection::vec(activation(), 1..6),
        by_rule in proptest::collection::vec(proptest::option::of(activation()), 6),
        requests in proptest::collection::vec((0_usize..8, any::<bool>()), 1..30),
    ) {
        let mut settings = settings(&vec![1; configured.len()], Method::Request);
        for (index, (member, configured)) in settings.members.iter_mut().zip(&configured).enumerate() {
            member.activation = *configured;
            member.domain = (index % 2 == 1).then(|| "d".to_owned());
            member.redirect = (index == 2).then(|| "m0".to_owned());
        }
        let named = |(index, by_rule): (usize, Option<Activation>)| Some((format!("m{index}"), by_rule?));
        let activations = by_rule.iter().copied().enumerate().filter_map(named).collect();
        let mut bench = Bench::new(&settings);
        bench.extensions.activations = activations;
        for (route, fine) in requests {
            let cookie = ["JSESSIONID=1.d".to_owned(), format!("JSESSIONID=1.m{route}")];
            let facts = facts(&cookie[usize::from(route < 7)], &bench.extensions);
            let mut run = Run::default();
            bench.lb.begin(&mut run, &facts, &mut |_| true);
            loop {
                match bench.lb.next(&mut run, &facts, bench.now) {
                    Step::Finish { .. } => break,
                    Step::Wait(_) => {}
                    Step::Try(election) => {
                        let index = election.member();
                        let effective = by_rule[index].unwrap_or(configured[index]);
                        prop_assert_eq!(election.activation(), effective);
                        prop_assert_ne!(effective, Activation::Stopped);
                        let anybody = [Why::Load, Why::Domain, Why::SameDomain];
                        let asked_for = !anybody.contains(&election.why());
                        prop_assert!(effective == Activation::Active || asked_for);
                        bench.lb.admitted(&mut run, &election, &facts);
                        let outcome = if fine { Outcome::Success } else { Outcome::Other };
                        let report = Report { outcome, recoverable: true, ..Report::success(200) };
                        bench.lb.settle(&mut run, election, report, &facts, bench.now);
                    }
                }
            }
        }
    }
}

/// One thing that can happen.
#[derive(Clone, Debug)]
enum Op {
    Start {
        route: usize,
        stopped: Option<usize>,
        stateless: bool,
    },
    /// The oldest, or the newest, attempt ends.
    End {
        newest: bool,
        outcome: Outcome,
        recoverable: bool,
        bytes: u64,
    },
    NoSlot,
    Clock(u64),
    Activate(usize, Activation),
    Factor(usize, u32),
    Force(bool),
    Reset,
    Recover(usize),
}

fn op() -> impl Strategy<Value = Op> {
    let outcome = proptest::sample::select(vec![
        Outcome::Success,
        Outcome::Success,
        Outcome::ClientError,
        Outcome::Framing,
        Outcome::StatusSoft,
        Outcome::StatusHard,
        Outcome::BusyLimit,
        Outcome::ReplyTimeout,
        Outcome::Other,
    ]);
    let stopped = proptest::option::weighted(0.1, 0_usize..5);
    prop_oneof![
        6 => (0_usize..7, stopped, any::<bool>())
            .prop_map(|(route, stopped, stateless)| Op::Start { route, stopped, stateless }),
        6 => (any::<bool>(), outcome, any::<bool>(), any::<u64>()).prop_map(
            |(newest, outcome, recoverable, bytes)| Op::End { newest, outcome, recoverable, bytes }
        ),
        1 => Just(Op::NoSlot),
        2 => (0_u64..100).prop_map(Op::Clock),
        1 => (0_usize..5, activation()).prop_map(|(member, new)| Op::Activate(member, new)),
        1 => (0_usize..5, any::<u32>()).prop_map(|(member, new)| Op::Factor(member, new)),
        1 => any::<bool>().prop_map(Op::Force),
        1 => Just(Op::Reset),
        1 => (0_usize..5).prop_map(Op::Recover),
    ]
}

/// A request between two steps.
struct Flight {
    run: Run,
    route: String,
    extensions: Extensions,
    attempts: u32,
    election: Election,
}

struct Machine {
    bench: Bench,
    clock: MaintainClock,
    flights: Vec<Flight>,
    reweighted: bool,
}

impl Machine {
    fn new(factors: &[u32], method: Method) -> Self {
        let mut settings = settings(factors, method);
        // Redirects and domains take part as well.
        settings.members[0].redirect = Some("m1".to_owned());
        for member in settings.members.iter_mut().skip(1) {
            member.domain = Some("d".to_owned());
        }
        let bench = Bench::new(&settings);
        let clock = MaintainClock::new(bench.now, 60);
        Self { bench, clock, flights: Vec::new(), reweighted: false }
    }

    fn apply(&mut self, op: Op) -> Result<(), TestCaseError> {
        let now = self.bench.now;
        let lb = &mut self.bench.lb;
        match op {
            Op::Start { route, stopped, stateless } => self.start(route, stopped, stateless)?,
            Op::End { newest, outcome, recoverable, bytes } => {
                let report = Report {
                    outcome,
                    recoverable,
                    status: 502,
                    bytes_read: bytes,
                    bytes_written: bytes,
                };
                self.end(newest, Some(report))?;
            }
            Op::NoSlot => self.end(true, None)?,
            Op::Clock(seconds) => {
                self.bench.now = Seconds(now.0 + seconds);
                if self.clock.due(self.bench.now) {
                    lb.maintain(self.bench.now, 60);
                }
            }
            Op::Activate(member, new) => {
                lb.update_member(member, MemberChange::Activation(new));
            }
            Op::Factor(member, new) => {
                self.reweighted |= lb.update_member(member, MemberChange::LbFactor(new));
            }
            Op::Force(force) => {
                lb.update(Change::StickySessionForce(force));
            }
            Op::Reset => lb.reset(now),
            Op::Recover(member) => {
                let _ = lb.recover_member(member);
            }
        }
        self.check()
    }

    fn start(
        &mut self,
        route: usize,
        stopped: Option<usize>,
        stateless: bool,
    ) -> Result<(), TestCaseError> {
        let route = if route == 6 { String::new() } else { format!("JSESSIONID=1.m{route}") };
        let activations = stopped.map(|member| (format!("m{member}"), Activation::Stopped));
        let activations = activations.into_iter().collect();
        let extensions = Extensions { activations, stateless, ..Extensions::default() };
        let mut run = Run::default();
        self.bench.lb.begin(&mut run, &facts(&route, &extensions), &mut |_| true);
        self.go_on(run, route, extensions, 0)
    }

    /// Until a member is elected or the run is over.
    fn go_on(
        &mut self,
        mut run: Run,
        route: String,
        extensions: Extensions,
        mut attempts: u32,
    ) -> Result<(), TestCaseError> {
        let mut rests = 0;
        let facts = facts(&route, &extensions);
        loop {
            let lb = &mut self.bench.lb;
            match lb.next(&mut run, &facts, self.bench.now) {
                Step::Wait(_) => rests += 1,
                Step::Finish { served, status, .. } => {
                    prop_assert!(run.is_over());
                    prop_assert!(served || status != 0);
                    return Ok(());
                }
                Step::Try(election) => {
                    attempts += 1;
                    // Two rounds of two attempts each.
                    prop_assert!(attempts <= 4, "{attempts} attempts");
                    self.check_election(&election, &extensions)?;
                    prop_assert!(run.route().is_some());
                    self.bench.lb.admitted(&mut run, &election, &facts);
                    let counters = &self.bench.counters[election.member()];
                    counters.begin_use();
                    counters.enter(0, self.bench.now);
                    drop(facts);
                    self.flights.push(Flight { run, route, extensions, attempts, election });
                    return Ok(());
                }
            }
            prop_assert!(rests < 2, "there is one sleep between two rounds");
        }
    }

    fn check_election(&self, election: &Election, rule: &Extensions) -> Result<(), TestCaseError> {
        let member = self.bench.lb.candidate(election.member()).expect("it is a member");
        let by_rule =
            rule.activations.iter().rev().find(|(name, _)| *name == member.settings.ajp.name);
        if let Some((_, activation)) = by_rule {
            prop_assert_ne!(*activation, Activation::Stopped);
        }
        prop_assert_ne!(election.activation(), Activation::Stopped);
        Ok(())
    }

    fn end(&mut self, newest: bool, report: Option<Report>) -> Result<(), TestCaseError> {
        let Some(last) = self.flights.len().checked_sub(1) else { return Ok(()) };
        let flight = self.flights.remove(if newest { last } else { 0 });
        let Flight { mut run, route, extensions, attempts, election } = flight;
        let now = self.bench.now;
        let counters = &self.bench.counters[election.member()];
        let report = report.unwrap_or(Report {
            outcome: Outcome::BusyLimit,
            recoverable: true,
            ..Report::success(503)
        });
        if report.outcome == Outcome::ReplyTimeout {
            counters.reply_timeout();
        }
        counters.leave(report.outcome, report.bytes_read, report.bytes_written, now);
        let facts = facts(&route, &extensions);
        self.bench.lb.settle(&mut run, election, report, &facts, now);
        drop(facts);
        self.go_on(run, route, extensions, attempts)
    }

    fn check(&self) -> Result<(), TestCaseError> {
        let lb = &self.bench.lb;
        prop_assert_eq!(lb.busy() as usize, self.flights.len());
        for member in lb.candidates() {
            let inside = self.flights.iter().filter(|f| f.election.member() == member.index);
            prop_assert_eq!(member.counters.busy() as usize, inside.count());
            // A member in error knows since when, or nobody could ever recover it.
            let since = member.last_error.is_some() && member.first_error.is_some();
            prop_assert!(member.state != MemberState::Error || since);
        }
        if self.flights.is_empty() && lb.settings().method == Method::Busyness {
            // When a factor has changed meanwhile, what is taken back is another number.
            prop_assert!(self.reweighted || lb.candidates().all(|member| member.value == 0));
        }
        Ok(())
    }
}

fn facts<'a>(cookie: &'a str, extensions: &'a Extensions) -> Facts<'a> {
    let fields = [cookie.as_bytes()].into_iter();
    let session = session_ids(b"/", fields, "JSESSIONID", ";jsessionid", None);
    Facts { session, ..Facts::new(extensions) }
}

proptest! {
    #[test]
    fn any_history_leaves_the_books_in_order(
        members in 1_usize..6,
        method in proptest::sample::select(METHODS.to_vec()),
        ops in proptest::collection::vec(op(), 0..80),
    ) {
        let mut machine = Machine::new(&vec![1; members], method);
        for op in ops {
            machine.apply(op)?;
        }
        while !machine.flights.is_empty() {
            machine.end(true, Some(Report::success(200)))?;
            machine.check()?;
        }
        prop_assert_eq!(machine.bench.lb.busy(), 0);
    }
}
