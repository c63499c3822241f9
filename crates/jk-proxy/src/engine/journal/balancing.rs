//! What a load balancer has to say.

use std::fmt::Arguments;

use jk_balance::Remark;
use jk_config::JkLogLevel::{self, Error, Info};

use super::super::context::Context;
use super::super::election::facts;
use super::super::exchange::Exchange;
use super::super::net::{Net, Stream};
use super::note;
use crate::site::Lb;

impl<S: Stream> Exchange<S> {
    /// Tells the log what the load balancer has said since this was last done.
    pub(in super::super) fn tell_balancing<N: Net<Stream = S>>(
        &mut self,
        ctx: &mut Context<N>,
        lb: &Lb,
    ) {
        let Self { run, received, .. } = self;
        let member = |at: usize| lb.settings.members.get(at).map_or("", |member| &member.ajp.name);
        for remark in run.take_remarks() {
            let mut say = |level: JkLogLevel, line: u32, what: Arguments<'_>| {
                let place = format!("service::jk_lb_worker.c ({line})");
                note(ctx, received, level, &place, what);
            };
            match remark {
                Remark::SessionLost => {
                    let facts = facts(received, lb);
                    let first = facts.session.as_ref().and_then(|ids| ids.iter().next());
                    let id = first.map(|part| String::from_utf8_lossy(part.id));
                    note(
                        ctx,
                        received,
                        Info,
                        "get_most_suitable_worker::jk_lb_worker.c (1123)",
                        format_args!(
                            "all workers are in error state for session {}",
                            id.unwrap_or_default()
                        ),
                    );
                }
                Remark::Forced { members } => {
                    say(Info, 1652, format_args!("Forcing recovery once for {members} workers"));
                }
                Remark::NobodyToForce { attempt, round } => say(
                    Info,
                    1660,
                    format_args!(
                        "All tomcat instances failed, no more workers left for recovery \
                         (attempt={attempt}, retry={round})"
                    ),
                ),
                Remark::Nobody { attempt, round } => say(
                    Info,
                    1669,
                    format_args!(
                        "All tomcat instances failed, no more workers left (attempt={attempt}, \
                         retry={round})"
                    ),
                ),
                Remark::NoSlot { member: at, round } => say(
                    Info,
                    1353,
                    format_args!(
                        "could not get free endpoint for worker {} ({round} retries)",
                        member(at)
                    ),
                ),
                Remark::Failed { member: at, local } => {
                    let local = if local { "local " } else { "" };
                    say(
                        Info,
                        1600,
                        format_args!(
                            "service failed, worker {} is in {local}error state",
                            member(at)
                        ),
                    );
                }
                Remark::Unrecoverable { status, client: true } => say(
                    Info,
                    1619,
                    format_args!(
                        "unrecoverable error {status}, request failed. Client failed in the middle \
                         of request, we can't recover to another instance."
                    ),
                ),
                Remark::Unrecoverable { status, client: false } => say(
                    Error,
                    1625,
                    format_args!(
                        "unrecoverable error {status}, request failed. Tomcat failed in the middle \
                         of request, we can't recover to another instance."
                    ),
                ),
                Remark::Exhausted => {
                    say(Info, 1680, format_args!("All tomcat instances are busy or in error state"))
                }
                Remark::AllFailed => say(
                    Error,
                    1685,
                    format_args!("All tomcat instances failed, no more workers left"),
                ),
            }
        }
    }
}
