//! What a member learns from the end of a service call.

use jk_types::{MemberState, Method};

use crate::lb::{Election, LbWorker};
use crate::method;
use crate::run::{End, Remark, Run};
use crate::{Facts, Outcome, Seconds};

/// How a service call went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Report {
    /// What the member is judged by.
    pub outcome: Outcome,
    /// Whether the request may go to another member. Success and client errors end the run anyway.
    pub recoverable: bool,
    /// The status the client gets if this was the last attempt.
    pub status: u16,
    /// AJP bytes received over all tries, packet headers and probes included.
    pub bytes_read: u64,
    /// AJP bytes sent over all tries, packet headers and probes included.
    pub bytes_written: u64,
}

impl Report {
    /// A complete response, its bytes not counted.
    pub const fn success(status: u16) -> Self {
        Self {
            outcome: Outcome::Success,
            recoverable: false,
            status,
            bytes_read: 0,
            bytes_written: 0,
        }
    }
}

impl LbWorker {
    /// Ends an attempt that was [`admitted`](Self::admitted). The worker's
    /// [`counters`](crate::WorkerCounters) must have been left before: whether another request is
    /// inside decides how bad a failure is.
    pub fn settle(
        &mut self,
        run: &mut Run,
        election: Election,
        report: Report,
        _facts: &Facts<'_>,
        now: Seconds,
    ) {
        let member = election.member();
        self.busy = self.busy.saturating_sub(1);
        self.relieve(member, report);
        run.status = report.status;
        // It answered somehow. The outcome may say otherwise in a moment.
        if self.roster.state(member) != MemberState::Error {
            self.roster.set_state(member, MemberState::Ok);
        }
        self.judge(member, report.outcome, now);
        // To this request any failure is final until the next round.
        run.open_to(member, report.outcome == Outcome::Success);
        run.end = match report.outcome {
            Outcome::Success => End::Served,
            Outcome::ClientError => End::ClientError,
            _ if !report.recoverable => End::Failed,
            _ => End::Open,
        };
        self.remark(run, member, report);
        self.end_attempt(run, member);
    }

    fn remark(&self, run: &mut Run, member: usize, report: Report) {
        if matches!(report.outcome, Outcome::Success) {
            return;
        }
        if report.outcome != Outcome::BusyLimit {
            let local = self.roster.state(member) != MemberState::Error;
            run.remarks.push(Remark::Failed { member, local });
        }
        let client = run.end == End::ClientError;
        if client || run.end == End::Failed {
            run.remarks.push(Remark::Unrecoverable { status: report.status, client });
        }
        if run.end == End::Failed {
            run.remarks.push(Remark::AllFailed);
        }
    }

    /// Load that is only known, or only taken back, afterwards.
    fn relieve(&mut self, member: usize, report: Report) {
        let mult = self.roster.get(member).map_or(1, |member| member.mult);
        match self.settings.method {
            Method::Traffic => {
                let bytes = report.bytes_read.saturating_add(report.bytes_written);
                let amount = bytes.saturating_mul(mult);
                method::grow(&mut self.roster.loads, member, amount, Method::Traffic);
            }
            Method::Busyness => {
                if let Some(load) = self.roster.loads.get_mut(member) {
                    load.value = load.value.saturating_sub(mult);
                }
            }
            Method::Request | Method::Session | Method::Next => {}
        }
    }

    /// The table of outcomes. A framing error, and a reply timeout that is still tolerated, leave
    /// the shared state as it is.
    fn judge(&mut self, index: usize, outcome: Outcome, now: Seconds) {
        let hopeless = self.is_hopeless(index, now);
        let tolerated = self.tolerates_reply_timeout(index);
        let Some(member) = self.roster.get_mut(index) else { return };
        let state = match outcome {
            Outcome::Success | Outcome::ClientError | Outcome::StatusSoft => {
                member.forgive();
                MemberState::Ok
            }
            Outcome::Framing => return,
            Outcome::ReplyTimeout if tolerated => return,
            Outcome::StatusHard | Outcome::ReplyTimeout => {
                member.blame(now);
                MemberState::Error
            }
            Outcome::BusyLimit => MemberState::Busy,
            Outcome::Other => {
                member.suspect(now);
                if !hopeless {
                    return;
                }
                MemberState::Error
            }
        };
        self.roster.set_state(index, state);
    }

    /// Whether a failure means that the member, and not just this request, is in trouble: nobody
    /// else is being served, or it has failed for long enough.
    fn is_hopeless(&self, index: usize, now: Seconds) -> bool {
        let patience = self.settings.error_escalation_time;
        self.roster.get(index).is_some_and(|member| {
            member.counters.busy() == 0 || patience == 0 || member.failing_for(patience, now)
        })
    }

    /// mod_jk compares without sign: a negative maximum tolerates everything.
    fn tolerates_reply_timeout(&self, index: usize) -> bool {
        let timeouts = self.roster.get(index).map_or(0, |member| member.counters.reply_timeouts());
        u32::try_from(self.settings.max_reply_timeouts).map_or(true, |most| timeouts <= most)
    }
}
