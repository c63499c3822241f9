//! What time does to members: load fades, errors are given another chance, the unused are idle.

use jk_types::{MemberState, Method};

use crate::lb::LbWorker;
use crate::roster::Load;
use crate::{Seconds, WorkerCounters};

/// When maintenance is due: every `worker.maintain` seconds, counted from the start.
#[derive(Clone, Copy, Debug)]
pub struct MaintainClock {
    last: Seconds,
    every: u64,
}

impl MaintainClock {
    /// An interval of zero disables maintenance.
    pub const fn new(now: Seconds, every: u64) -> Self {
        Self { last: now, every }
    }

    /// Whether it is due now; if so it counts as run.
    pub fn due(&mut self, now: Seconds) -> bool {
        let due = self.every > 0 && now.since(self.last) >= self.every;
        if due {
            self.last = now;
        }
        due
    }

    /// When it last ran, or the start.
    pub fn last(&self) -> Seconds {
        self.last
    }
}

impl LbWorker {
    /// Runs maintenance (mod_jk: `maintain_workers`). Load fades by one half for each whole
    /// interval of `maintain_secs` since the last run. Zero disables maintenance.
    pub fn maintain(&mut self, now: Seconds, maintain_secs: u64) {
        let Some(intervals) = now.since(self.last_maintain).checked_div(maintain_secs) else {
            return;
        };
        self.last_maintain = now;
        let largest = self.decay(u32::try_from(intervals).unwrap_or(u32::MAX));
        let mut out_of_error = false;
        for index in 0..self.roster.len() {
            out_of_error |= self.recover_in_time(index, largest, now);
        }
        if !out_of_error {
            self.roster.force(|_| {});
        }
        self.roster.iter().for_each(|(member, _)| WorkerCounters::mark_idle(&member.counters));
    }

    /// Returns the largest load, which a recovering member takes over: 0 under Busyness, and
    /// before the minimum is subtracted under Next.
    fn decay(&mut self, times: u32) -> u64 {
        for (member, _) in self.roster.iter() {
            member.counters.halve_reply_timeouts(times);
        }
        match self.settings.method {
            Method::Busyness => 0,
            Method::Next => {
                let largest = self.roster.largest_load();
                let least = self.least_usable_load();
                self.each_load(|load| load.value = load.value.saturating_sub(least));
                largest
            }
            Method::Request | Method::Session | Method::Traffic => {
                self.each_load(|load| load.value = load.value.checked_shr(times).unwrap_or(0));
                self.roster.largest_load()
            }
        }
    }

    fn each_load(&mut self, change: impl FnMut(&mut Load)) {
        self.roster.loads.iter_mut().for_each(change);
    }

    fn least_usable_load(&self) -> u64 {
        let usable = self.roster.open().iter().zip(&self.roster.loads);
        usable.filter(|(open, _)| open.usable()).map(|(_, load)| load.value).min().unwrap_or(0)
    }

    /// Returns whether the member is out of error now. Waiting ends strictly after `recover_time`,
    /// patience at `error_escalation_time`; the latter spares no state but `Recover`.
    fn recover_in_time(&mut self, index: usize, largest: u64, now: Seconds) -> bool {
        let recover_time = u64::from(self.settings.recover_time);
        let patience = self.settings.error_escalation_time;
        let Some(member) = self.roster.get_mut(index) else { return false };
        let used = member.counters.used();
        let unused = std::mem::replace(&mut member.used_snapshot, used) == used;
        match member.state {
            MemberState::Error => {
                let waited = member.last_error.map_or(u64::MAX, |last| now.since(last));
                if waited <= recover_time {
                    return false;
                }
                self.begin_recovery(index, largest);
            }
            state if state != MemberState::Recover && member.failing_for(patience, now) => {
                self.roster.set_state(index, MemberState::Error);
                return false;
            }
            MemberState::Ok if unused => self.roster.set_state(index, MemberState::Idle),
            _ => {}
        }
        true
    }

    /// The next request will be the probe. The largest load keeps others in front until then.
    pub(crate) fn begin_recovery(&mut self, index: usize, largest: u64) {
        self.roster.set_state(index, MemberState::Recover);
        if let Some(member) = self.roster.get(index) {
            member.counters.forget_reply_timeouts();
        }
        if self.settings.method == Method::Busyness {
            return;
        }
        if let Some(load) = self.roster.loads.get_mut(index) {
            load.value = largest;
        }
    }
}
