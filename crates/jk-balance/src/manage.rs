//! What operators see and change: the status worker's list, update, reset and recover.

use std::time::Duration;

use jk_types::{Activation, AjpSettings, Lock, MemberSettings, MemberState, Method};

use crate::lb::LbWorker;
use crate::{Seconds, WorkerCounters};

/// One member as it is now. Settings and counters are a step away.
#[derive(Clone, Copy, Debug)]
pub struct Candidate<'a> {
    /// Its place in the configuration.
    pub index: usize,
    /// Its settings as they are now.
    pub settings: &'a MemberSettings,
    /// What its worker name shares: elected, busy, connected, bytes.
    pub counters: &'a WorkerCounters,
    /// Its state.
    pub state: MemberState,
    /// Its multiplier: the common multiple of all factors divided by its own.
    pub mult: u64,
    /// Its load.
    pub value: u64,
    /// Its failures.
    pub errors: u64,
    /// Requests without session.
    pub sessions: u64,
    /// When its current streak of failures began.
    pub first_error: Option<Seconds>,
    /// When it last failed.
    pub last_error: Option<Seconds>,
}

/// A change to a load balancer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// `retries`
    Retries(u32),
    /// `retry_interval`
    RetryInterval(Duration),
    /// `recover_time`
    RecoverTime(u32),
    /// `error_escalation_time`
    ErrorEscalationTime(i32),
    /// `max_reply_timeouts`
    MaxReplyTimeouts(i32),
    /// `sticky_session`
    StickySession(bool),
    /// `sticky_session_force`
    StickySessionForce(bool),
    /// `method`
    Method(Method),
    /// `lock`, which is shown and does nothing
    Lock(Lock),
}

/// A change to one member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MemberChange {
    /// `activation`; all loads start again from zero, except under Busyness.
    Activation(Activation),
    /// `lbfactor`, at least 1.
    LbFactor(u32),
    /// `route`; a dot in it names the domain if there is none.
    Route(String),
    /// `redirect`; empty is none.
    Redirect(String),
    /// `domain`; empty is none.
    Domain(String),
    /// `distance`
    Distance(i32),
    /// The backend's settings, of which the load balancer looks at `busy_limit` alone.
    Ajp(Box<AjpSettings>),
}

/// A member that is not in error cannot be recovered; this is its state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotInError(pub MemberState);

impl LbWorker {
    /// All members as they are now, in the order of the configuration.
    pub fn candidates(&self) -> impl Iterator<Item = Candidate<'_>> {
        let members = self.roster.iter().zip(&self.settings.members).enumerate();
        members.map(|(index, ((member, load), settings))| Candidate {
            index,
            settings,
            counters: &member.counters,
            state: member.state,
            mult: member.mult,
            value: load.value,
            errors: member.errors,
            sessions: member.sessions,
            first_error: member.first_error,
            last_error: member.last_error,
        })
    }

    /// One member as it is now.
    pub fn candidate(&self, member: usize) -> Option<Candidate<'_>> {
        self.candidates().nth(member)
    }

    /// The place of the member with that name.
    pub fn member_named(&self, name: &str) -> Option<usize> {
        self.roster.directory.name(name)
    }

    /// Changes the load balancer; returns whether anything is different now.
    pub fn update(&mut self, change: Change) -> bool {
        let settings = &mut self.settings;
        match change {
            Change::Retries(new) => replace(&mut settings.retries, new),
            Change::RetryInterval(new) => replace(&mut settings.retry_interval, new),
            Change::RecoverTime(new) => replace(&mut settings.recover_time, new),
            Change::ErrorEscalationTime(new) => replace(&mut settings.error_escalation_time, new),
            Change::MaxReplyTimeouts(new) => replace(&mut settings.max_reply_timeouts, new),
            Change::StickySession(new) => replace(&mut settings.sticky_session, new),
            Change::StickySessionForce(new) => replace(&mut settings.sticky_session_force, new),
            Change::Method(new) => replace(&mut settings.method, new),
            Change::Lock(new) => replace(&mut settings.lock, new),
        }
    }

    /// Changes one member; returns whether anything is different now. Requests under way keep the
    /// activations they began with until their next round.
    pub fn update_member(&mut self, member: usize, change: MemberChange) -> bool {
        let activates = matches!(change, MemberChange::Activation(_));
        let Some(settings) = self.settings.members.get_mut(member) else { return false };
        let changed = change_member(settings, change);
        if changed {
            self.roster.adopt(&self.settings);
        }
        if changed && activates && self.settings.method != Method::Busyness {
            self.roster.loads.iter_mut().for_each(|load| load.value = 0);
        }
        changed
    }

    /// Resets the load balancer and all its members.
    pub fn reset(&mut self, now: Seconds) {
        self.max_busy = 0;
        self.last_reset = now;
        (0..self.roster.len()).for_each(|member| self.reset_member(member, now));
    }

    /// Resets one member: idle, without load, and nothing was ever counted.
    pub fn reset_member(&mut self, member: usize, now: Seconds) {
        self.roster.set_state(member, MemberState::Idle);
        if let Some(load) = self.roster.loads.get_mut(member) {
            load.value = 0;
        }
        if let Some(member) = self.roster.get_mut(member) {
            member.forgive();
            member.errors = 0;
            member.sessions = 0;
            member.used_snapshot = 0;
            member.counters.reset_as_member(now);
        }
    }

    /// Lets the next request probe a member in error, without waiting for `recover_time`.
    ///
    /// # Errors
    /// When the member is in any other state.
    pub fn recover_member(&mut self, member: usize) -> Result<(), NotInError> {
        let state = self.roster.get(member).map_or(MemberState::Idle, |member| member.state);
        if state != MemberState::Error {
            return Err(NotInError(state));
        }
        let largest = self.roster.largest_load();
        self.begin_recovery(member, largest);
        Ok(())
    }
}

fn change_member(settings: &mut MemberSettings, change: MemberChange) -> bool {
    match change {
        MemberChange::Activation(new) => replace(&mut settings.activation, new),
        MemberChange::LbFactor(new) => replace(&mut settings.lbfactor, new.max(1)),
        MemberChange::Redirect(new) => replace(&mut settings.redirect, filled(new)),
        MemberChange::Domain(new) => replace(&mut settings.domain, filled(new)),
        MemberChange::Distance(new) => replace(&mut settings.distance, new),
        MemberChange::Ajp(new) => replace(&mut settings.ajp, *new),
        MemberChange::Route(new) => {
            let changed = replace(&mut settings.route, new);
            if changed && settings.domain.as_deref().unwrap_or_default().is_empty() {
                let domain = settings.route.split_once('.').map(|(domain, _)| domain.to_owned());
                settings.domain = domain.and_then(filled);
            }
            changed
        }
    }
}

fn replace<T: PartialEq>(place: &mut T, new: T) -> bool {
    let changed = *place != new;
    *place = new;
    changed
}

fn filled(text: String) -> Option<String> {
    Some(text).filter(|text| !text.is_empty())
}
