//! What mod_jk's log is told of a request that did not go smoothly, in the words by which those who
//! watch such logs know it. Measured on mod_jk 1.2.48; the cases `log/events-*` hold both side by side.

mod balancing;
mod tries;
mod trouble;

use std::fmt::Arguments;
use std::io::Write as _;

use jk_balance::Failure;
use jk_config::JkLogLevel;
use jk_types::Verdict;

pub(crate) use trouble::Trouble;

use super::client::Line;
use super::context::Context;
use super::exchange::{Exchange, Received};
use super::net::{Net, Stream};
use crate::rules::News;

/// Writes a line to the mod_jk log of the server that answers, if its level lets it through.
///
/// `place` is where mod_jk would say it, as `function::file (line)`.
pub(crate) fn note<N: Net>(
    ctx: &mut Context<N>,
    received: &Received<N::Stream>,
    level: JkLogLevel,
    place: &str,
    message: Arguments<'_>,
) {
    let Some(log) = received.host().jk_log.as_ref().filter(|log| level >= log.level) else {
        return;
    };
    let mut text = Vec::new();
    // Writing to a vector cannot fail.
    let _ = text.write_fmt(message);
    let time = super::record::local_time(ctx.clock.wall);
    let who = (std::process::id(), ctx.home as u64);
    ctx.log.line(log.log, |out| {
        jk_site::jk_log::push_line(&log.stamp, &time, who, level, place, &text, out);
    });
    // Before the client hears of it, and asks another loop next.
    ctx.log.hand_over();
}

impl<S: Stream> Exchange<S> {
    /// What mod_jk's handler says when nobody has served a request. `code` is mod_jk's own for the
    /// failure.
    pub(super) fn tell_end<N: Net<Stream = S>>(&self, ctx: &mut Context<N>, code: i32) {
        let received = &self.received;
        let worker = received.worker_name().unwrap_or_default();
        match code {
            CLIENT_ERROR => note(
                ctx,
                received,
                JkLogLevel::Info,
                "jk_handler::mod_jk.c (2965)",
                format_args!("Aborting connection for worker={worker}"),
            ),
            _ => note(
                ctx,
                received,
                JkLogLevel::Info,
                "jk_handler::mod_jk.c (2972)",
                format_args!("Service error={code} for worker={worker}"),
            ),
        }
    }

    /// mod_jk finds that an error's answer to HEAD has no content, and leaves it to httpd.
    pub(super) fn tell_no_body<N: Net<Stream = S>>(&self, ctx: &mut Context<N>) {
        let status = self.reply.status;
        if self.received.method() != b"HEAD" || status < 400 || self.forward.replaced.is_some() {
            return;
        }
        let worker = self.received.worker_name().unwrap_or_default();
        note(
            ctx,
            &self.received,
            JkLogLevel::Info,
            "jk_handler::mod_jk.c (2949)",
            format_args!("No body with status={status} for worker={worker}"),
        );
    }

    /// A rule names a worker that does not exist.
    pub(super) fn tell_no_worker<N: Net<Stream = S>>(&self, ctx: &mut Context<N>) {
        let worker = self.received.worker_name().unwrap_or_default();
        note(
            ctx,
            &self.received,
            JkLogLevel::Error,
            "jk_handler::mod_jk.c (2980)",
            format_args!("Could not find a worker for worker name={worker}"),
        );
    }

    /// What became of files with rules that were looked at.
    pub(super) fn tell_reloads<N: Net<Stream = S>>(&self, ctx: &mut Context<N>) {
        for rules in self.received.site().rule_files() {
            let Some((path, news)) = rules.take_news() else { continue };
            let path = path.display();
            for news in news {
                match news {
                    News::Reloaded => note(
                        ctx,
                        &self.received,
                        JkLogLevel::Info,
                        "uri_worker_map_update::jk_uri_worker_map.c (1313)",
                        format_args!("Reloaded urimaps from {path}"),
                    ),
                    News::Gone(number) => note(
                        ctx,
                        &self.received,
                        JkLogLevel::Error,
                        "uri_worker_map_update::jk_uri_worker_map.c (1287)",
                        format_args!("Unable to stat the {path} (errno={number})"),
                    ),
                }
            }
        }
    }

    /// The backend asks for its connection to be closed.
    pub(super) fn tell_no_reuse<N: Net<Stream = S>>(&self, ctx: &mut Context<N>) {
        note(
            ctx,
            &self.received,
            JkLogLevel::Warn,
            "ajp_process_callback::jk_ajp_common.c (2117)",
            format_args!(
                "({}) AJP13 protocol: Reuse is set to false",
                self.backend().settings.name
            ),
        );
    }

    /// No connection slot came free in time.
    pub(super) fn tell_no_slot<N: Net<Stream = S>>(&self, ctx: &mut Context<N>, line: &Line<S>) {
        debug_assert!(!self.forward.has_slot, "client {:?} waits for a slot", line.key);
        let backend = self.backend();
        let (name, size) = (&backend.settings.name, backend.pool_size);
        note(
            ctx,
            &self.received,
            JkLogLevel::Warn,
            "ajp_get_endpoint::jk_ajp_common.c (3372)",
            format_args!("Unable to get the free endpoint for worker {name} from {size} slots"),
        );
        if self.forward.election.is_none() {
            note(
                ctx,
                &self.received,
                JkLogLevel::Error,
                "jk_handler::mod_jk.c (2909)",
                format_args!("Could not get endpoint for worker={name}"),
            );
        }
    }
}

/// mod_jk's code for what is the client's fault.
pub(super) const CLIENT_ERROR: i32 = -4;

/// mod_jk's code for how a service call of a worker failed.
pub(super) fn code(failure: Failure) -> i32 {
    match failure {
        Failure::TooLarge | Failure::Unfit | Failure::ClientRead | Failure::ClientWrite => {
            CLIENT_ERROR
        }
        Failure::Connect | Failure::Probe | Failure::Send | Failure::Malformed => -3,
        Failure::FailStatus(Verdict::Soft) => -8,
        Failure::FailStatus(Verdict::Hard) => -9,
        Failure::ReplyTimeout => -10,
        Failure::Framing => -11,
        Failure::BusyLimit => -12,
        Failure::NoSlot
        | Failure::ConnectionLost
        | Failure::SecondHeadersAfterBody
        | Failure::BodySend => 0,
    }
}
