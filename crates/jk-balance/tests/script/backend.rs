//! Backends that do as they are told, and the service call that puts up with it.

use std::collections::VecDeque;
use std::sync::Arc;

use jk_balance::{Failure, Next, Outcome, Progress, Report, Seconds, Tries, WorkerCounters};
use jk_types::{AjpSettings, StatusList};

use super::setup::number;

pub(crate) struct Backend {
    pub(crate) settings: AjpSettings,
    pub(crate) counters: Arc<WorkerCounters>,
    /// One per try; the last one stays.
    behaviours: VecDeque<String>,
    /// Free connection slots.
    pub(crate) slots: usize,
}

/// What matters of a request to a service call.
#[derive(Clone)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) too_large: bool,
    pub(crate) fail_on_status: Option<StatusList>,
}

impl Backend {
    pub(crate) fn new(settings: AjpSettings) -> Self {
        Self {
            settings,
            counters: WorkerCounters::shared(Seconds(0)),
            behaviours: VecDeque::from(["ok".to_owned()]),
            slots: usize::MAX,
        }
    }

    pub(crate) fn behave(&mut self, behaviours: &str) {
        self.behaviours = behaviours.split(", ").map(str::to_owned).collect();
    }

    fn behaviour(&mut self) -> String {
        if self.behaviours.len() > 1 {
            self.behaviours.pop_front().expect("there are two")
        } else {
            self.behaviours[0].clone()
        }
    }

    /// The part of a service call before the backend is contacted. An error ends the call.
    pub(crate) fn enter(&self, request: &Request, now: Seconds, log: &mut Log) -> Option<Report> {
        let name = &self.settings.name;
        self.counters.begin_use();
        if request.too_large {
            self.counters.too_large();
            log.push(format!("{name}(413)"));
            return Some(report(Failure::TooLarge, false, 0, 0));
        }
        if !self.counters.enter(self.settings.busy_limit, now) {
            log.push(format!("{name}(busy)"));
            return Some(report(Failure::BusyLimit, true, 0, 0));
        }
        None
    }

    /// The tries of a service call.
    pub(crate) fn serve(&mut self, request: &Request, now: Seconds, log: &mut Log) -> Report {
        let mut tries = Tries::new(self.settings.retries, self.settings.retry_interval);
        let (mut read, mut written) = (0, 0);
        loop {
            log.push(self.settings.name.clone());
            let behaviour = self.behaviour();
            let mut parts = behaviour.split('/');
            let word = parts.next().unwrap_or_default();
            if word == "ok" {
                read += parts.next().map_or(0, number::<u64>);
                written += parts.next().map_or(0, number::<u64>);
            }
            let listed = request.fail_on_status.as_ref().unwrap_or(&self.settings.fail_on_status);
            let Some((failure, progress)) = result_of(&behaviour, listed) else {
                self.counters.leave(Outcome::Success, read, written, now);
                let status = parts.next().filter(|_| word == "status").map_or(200, number);
                let report = Report::success(status);
                return Report { bytes_read: read, bytes_written: written, ..report };
            };
            if failure == Failure::ReplyTimeout {
                self.counters.reply_timeout();
            }
            let options = self.settings.recovery_options;
            let recoverable = failure.recoverable(options, request.method.as_bytes(), progress);
            match tries.after(failure, recoverable) {
                Next::Again { sleep } => log.sleep(sleep),
                Next::GiveUp => {
                    self.counters.leave(failure.outcome(), read, written, now);
                    return report(failure, recoverable, read, written);
                }
            }
        }
    }
}

fn report(failure: Failure, recoverable: bool, bytes_read: u64, bytes_written: u64) -> Report {
    let (outcome, status) = (failure.outcome(), failure.status());
    Report { outcome, recoverable, status, bytes_read, bytes_written }
}

/// `None` is success.
fn result_of(behaviour: &str, listed: &StatusList) -> Option<(Failure, Progress)> {
    let nothing = Progress::default();
    let headers = Progress { headers_sent: true, ..nothing };
    let body = Progress { body_consumed: true, ..nothing };
    let (word, argument) = behaviour.split_once('/').unwrap_or((behaviour, ""));
    Some(match word {
        "ok" => return None,
        "status" => (Failure::FailStatus(listed.verdict(number(argument))?), nothing),
        "refuse" => (Failure::Connect, nothing),
        "mute" => (Failure::Probe, nothing),
        "unsendable" => (Failure::Send, nothing),
        "close" => (Failure::ConnectionLost, nothing),
        "close-after-headers" => (Failure::ConnectionLost, headers),
        "close-after-body" => (Failure::ConnectionLost, body),
        "bad-magic" => (Failure::Framing, nothing),
        "unknown-message" => (Failure::Malformed, nothing),
        "hang" => (Failure::ReplyTimeout, nothing),
        "headers-twice" => (Failure::SecondHeadersAfterBody, headers),
        "body-unsendable" => (Failure::BodySend, body),
        "client-silent" => (Failure::ClientRead, nothing),
        "client-gone" => (Failure::ClientWrite, headers),
        _ => panic!("no backend behaves like {behaviour}"),
    })
}

/// What was seen of a request: the tries, and the sleeps as `~100`.
#[derive(Default)]
pub(crate) struct Log(Vec<String>);

impl Log {
    pub(crate) fn push(&mut self, word: String) {
        self.0.push(word);
    }

    pub(crate) fn sleep(&mut self, sleep: Option<std::time::Duration>) {
        self.0.extend(sleep.map(|sleep| format!("~{}", sleep.as_millis())));
    }

    pub(crate) fn take(&mut self) -> String {
        std::mem::take(&mut self.0).join(" ")
    }
}
