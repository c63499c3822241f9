//! The service loop of a load balancer (mod_jk: `service` of the lb worker), turned inside out: it
//! says what to do next and is told how it went.

use std::sync::Arc;
use std::time::Duration;

use jk_types::{Activation, LbSettings, MemberState};

use crate::elect::{Ballot, Choice, Pick, RouteChange};
use crate::method;
use crate::roster::Roster;
use crate::run::{End, Remark, Run};
use crate::{Facts, Note, Seconds, SessionIds, Why, WorkerCounters};

/// A load balancer: its members, what was observed of them, and whose turn it is.
#[derive(Debug)]
pub struct LbWorker {
    pub(crate) settings: LbSettings,
    pub(crate) roster: Roster,
    /// Where the next choice by load begins.
    offset: usize,
    pub(crate) busy: u32,
    pub(crate) max_busy: u32,
    pub(crate) last_maintain: Seconds,
    pub(crate) last_reset: Seconds,
}

/// What to do next for a request.
#[derive(Debug)]
pub enum Step {
    /// Obtain a connection slot of this member; then either [`LbWorker::no_slot`], or
    /// [`LbWorker::admitted`], serve, and [`LbWorker::settle`].
    Try(Election),
    /// Come back after this long; a new round begins.
    Wait(Duration),
    /// The run is over.
    Finish {
        /// The status of the last attempt, or 503 when nobody could be elected. If `served`, the
        /// response has its own.
        status: u16,
        /// The response is complete.
        served: bool,
        /// The client is to blame.
        client_error: bool,
    },
}

/// One attempt on one member. Deliberately neither `Clone` nor `Copy`.
#[must_use = "an election that is never settled leaves its load balancer busy for ever"]
#[derive(Debug)]
pub struct Election {
    member: usize,
    activation: Activation,
    why: Why,
    sticky: bool,
}

impl Election {
    /// The elected member, by its place in the configuration.
    pub fn member(&self) -> usize {
        self.member
    }

    /// The activation the backend is told (`JK_LB_ACTIVATION`).
    pub fn activation(&self) -> Activation {
        self.activation
    }

    /// Whether the request sticks to the member, so that no cookie needs to tell the client.
    pub fn sticky(&self) -> bool {
        self.sticky
    }

    /// Why this member.
    pub fn why(&self) -> Why {
        self.why
    }
}

impl LbWorker {
    /// A load balancer that has seen nothing yet. `counters` run parallel to the members; missing
    /// ones are made up. A member that is `unresolved`, or has port 0, starts stopped.
    pub fn new(
        settings: &LbSettings,
        counters: Vec<Arc<WorkerCounters>>,
        unresolved: &[bool],
        now: Seconds,
    ) -> Self {
        let mut settings = settings.clone();
        for (index, member) in settings.members.iter_mut().enumerate() {
            if member.ajp.port == 0 || unresolved.get(index) == Some(&true) {
                member.activation = Activation::Stopped;
            }
        }
        let roster = Roster::new(&settings, counters);
        Self {
            settings,
            roster,
            offset: 0,
            busy: 0,
            max_busy: 0,
            last_maintain: now,
            last_reset: now,
        }
    }

    /// Begins a run. Members that were busy are usable again if their limit and their pool allow:
    /// `slot_free` tells of the pool.
    pub fn begin(
        &mut self,
        run: &mut Run,
        facts: &Facts<'_>,
        slot_free: &mut dyn FnMut(usize) -> bool,
    ) {
        if self.roster.any_busy() {
            self.end_busy_states(slot_free);
        }
        run.clear();
        self.copy_states(run, facts);
        if let Some(route) = facts.forced_route.filter(|route| !route.is_empty()) {
            run.route.set(route);
        }
    }

    /// What to do next. Call it again once a step was carried out.
    pub fn next(&mut self, run: &mut Run, facts: &Facts<'_>, _now: Seconds) -> Step {
        while run.end == End::Open {
            if std::mem::take(&mut run.resting) {
                self.start_round(run, facts);
            } else if self.round_is_over(run) {
                run.round = run.round.saturating_add(1);
                if run.round >= self.settings.retries {
                    run.end = End::Failed;
                    run.remarks.extend([Remark::Exhausted, Remark::AllFailed]);
                    break;
                }
                if !self.settings.retry_interval.is_zero() {
                    run.resting = true;
                    return Step::Wait(self.settings.retry_interval);
                }
                self.start_round(run, facts);
            }
            run.status = 503;
            let choice = self.ballot(run, facts).choose();
            self.apply(run, &choice);
            if choice.pick.is_none() && choice.looked_at_ids && self.settings.sticky_session_force {
                run.remarks.push(Remark::SessionLost);
            }
            match choice.pick {
                Some(pick) => return Step::Try(self.elect(run, pick)),
                None => self.nobody(run),
            }
        }
        self.finish(run)
    }

    /// No slot became free in time: the member is busy, unless it is worse.
    pub fn no_slot(&mut self, run: &mut Run, election: Election) {
        if self.roster.state(election.member) != MemberState::Error {
            self.roster.set_state(election.member, MemberState::Busy);
            run.open_to(election.member, false);
        }
        run.remarks.push(Remark::NoSlot { member: election.member, round: run.round });
        self.end_attempt(run, election.member);
    }

    /// A slot was obtained and the request is about to be served.
    pub fn admitted(&mut self, run: &mut Run, election: &Election, facts: &Facts<'_>) {
        self.busy = self.busy.saturating_add(1);
        self.max_busy = self.max_busy.max(self.busy);
        let new_session = self.session(facts).is_none() && !facts.stateless;
        if let Some(member) = self.roster.get_mut(election.member) {
            member.sessions = member.sessions.saturating_add(u64::from(new_session));
            let mult = member.mult;
            if method::grows_before(self.settings.method, new_session) {
                let method = self.settings.method;
                method::grow(&mut self.roster.loads, election.member, mult, method);
            }
        }
        let wanted = self.settings.set_session_cookie || facts.extensions.set_session_cookie;
        if wanted && !election.sticky {
            self.push_cookie(run, election.member, facts.secure);
        }
    }

    /// The settings as they are now; the status worker may have changed them.
    pub fn settings(&self) -> &LbSettings {
        &self.settings
    }

    /// Requests being served by the load balancer now.
    pub fn busy(&self) -> u32 {
        self.busy
    }

    /// The most requests served at once.
    pub fn max_busy(&self) -> u32 {
        self.max_busy
    }

    /// When the load balancer was reset as a whole.
    pub fn last_reset(&self) -> Seconds {
        self.last_reset
    }

    /// When maintenance last ran.
    pub fn last_maintain(&self) -> Seconds {
        self.last_maintain
    }

    /// The session ids that count for this load balancer.
    pub(crate) fn session<'f>(&self, facts: &'f Facts<'_>) -> Option<&'f SessionIds<'f>> {
        let stick = self.settings.sticky_session && !facts.sticky_ignore;
        facts.session.as_ref().filter(|_| stick)
    }

    /// Takes the shared states, and the activations of this request's rule.
    pub(crate) fn copy_states(&self, run: &mut Run, facts: &Facts<'_>) {
        run.open.clear();
        run.open.extend_from_slice(self.roster.open());
        for (name, activation) in &facts.extensions.activations {
            self.roster.override_activation(&mut run.open, name, *activation);
        }
    }

    pub(crate) fn ballot<'b>(&'b self, run: &'b Run, facts: &'b Facts<'_>) -> Ballot<'b> {
        Ballot {
            settings: &self.settings,
            roster: &self.roster,
            open: &run.open,
            offset: self.offset,
            ids: self.session(facts),
            first_id_only: run.first_id_only,
            stateless: facts.stateless,
        }
    }

    pub(crate) fn end_attempt(&self, run: &mut Run, member: usize) {
        run.attempt = run.attempt.saturating_add(1);
        if run.first.is_none() {
            run.first = self.note(member);
        }
    }

    fn end_busy_states(&mut self, slot_free: &mut dyn FnMut(usize) -> bool) {
        for index in 0..self.roster.len() {
            let limit = self.settings.members.get(index).map_or(0, |member| member.ajp.busy_limit);
            let busy = self.roster.get(index).map_or(0, |member| member.counters.busy());
            let within = limit == 0 || busy < limit;
            if self.roster.state(index) == MemberState::Busy && within && slot_free(index) {
                self.roster.set_state(index, MemberState::Ok);
            }
        }
    }

    fn round_is_over(&self, run: &Run) -> bool {
        let attempt = run.attempt as usize;
        attempt >= self.roster.len() || run.attempt >= self.settings.lb_retries
    }

    /// A new round forgets the request's own failures.
    fn start_round(&self, run: &mut Run, facts: &Facts<'_>) {
        self.copy_states(run, facts);
        run.attempt = 0;
    }

    fn apply(&mut self, run: &mut Run, choice: &Choice) {
        run.first_id_only |= choice.looked_at_ids;
        self.offset = choice.offset.unwrap_or(self.offset);
        match choice.route {
            RouteChange::Keep => {}
            RouteChange::Unset => run.route.unset(),
            RouteChange::DomainOf(member) => {
                let member = self.settings.members.get(member);
                let domain = member.and_then(|member| member.domain.as_deref()).unwrap_or_default();
                run.route.set(domain.as_bytes());
            }
        }
    }

    fn elect(&mut self, run: &mut Run, pick: Pick) -> Election {
        let member = pick.member;
        if run.route.get().is_none() {
            let route = self.settings.members.get(member).map_or("", |member| &member.route);
            run.route.set(route.as_bytes());
        }
        if self.roster.state(member) == MemberState::Recover {
            self.roster.set_state(member, MemberState::Probe);
            run.open_to(member, false);
        }
        run.last_member = Some(member);
        let activation = run.open.get(member).map_or(Activation::Active, |open| open.activation());
        Election { member, activation, why: pick.why, sticky: pick.sticky() }
    }

    /// Nobody was elected. Once per request all members in error get a chance; if there are none,
    /// the attempt is lost.
    fn nobody(&mut self, run: &mut Run) {
        if !std::mem::replace(&mut run.forced, true) {
            let open = &mut run.open;
            let forced = self.roster.force(|member| {
                if let Some(open) = open.get_mut(member) {
                    *open = open.with_eligible(true);
                }
            });
            if forced > 0 {
                run.last_member = None;
                run.remarks.push(Remark::Forced { members: forced });
                return;
            }
            run.attempt = run.attempt.saturating_add(1);
            let (attempt, round) = (run.attempt, run.round);
            return run.remarks.push(Remark::NobodyToForce { attempt, round });
        }
        run.attempt = run.attempt.saturating_add(1);
        run.remarks.push(Remark::Nobody { attempt: run.attempt, round: run.round });
    }

    fn finish(&self, run: &mut Run) -> Step {
        if run.last.is_none() {
            run.last = run.last_member.and_then(|member| self.note(member));
        }
        Step::Finish {
            status: run.status,
            served: run.end == End::Served,
            client_error: run.end == End::ClientError,
        }
    }

    fn push_cookie(&self, run: &mut Run, member: usize, secure: bool) {
        let Some(member) = self.settings.members.get(member) else { return };
        let path = self.settings.session_cookie_path.as_str();
        let path = if path.is_empty() { ["", ""] } else { [";PATH=", path] };
        let secure = if secure { ";Secure" } else { "" };
        let name = self.settings.session_cookie.as_str();
        run.cookies.push(&[name, "=.", &member.route, path[0], path[1], ";HttpOnly", secure]);
    }

    fn note(&self, index: usize) -> Option<Note> {
        let member = self.roster.get(index)?;
        Some(Note {
            member: index,
            value: self.roster.loads.get(index)?.value,
            accessed: member.counters.used(),
            sessions: member.sessions,
            read: member.counters.read(),
            transferred: member.counters.transferred(),
            errors: member.errors,
            busy: member.counters.busy(),
            activation: self.settings.members.get(index)?.activation,
            state: member.state,
        })
    }
}
