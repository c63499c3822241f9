//! What mod_jk's log is told of a request that did not go smoothly.

use std::fmt::Arguments;
use std::io::Write as _;

use jk_balance::Failure;
use jk_config::JkLogLevel;

use super::context::Context;
use super::exchange::Received;
use super::net::Net;

/// Writes a line to the mod_jk log of the server that answers, if its level lets it through.
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
}

/// Why a try failed, as the log says it.
pub(crate) fn reason(failure: Failure) -> &'static str {
    match failure {
        Failure::TooLarge => "the request does not fit a packet of max_packet_size",
        Failure::Unfit => "the request holds bytes that cannot be forwarded",
        Failure::ClientRead => "the client's content cannot be read",
        Failure::ClientWrite => "the client does not take the response",
        Failure::NoSlot => "no connection slot came free",
        Failure::BusyLimit => "busy_limit is reached",
        Failure::Connect => {
            "cannot connect; Tomcat is not started, listens on another port, or its connector is \
             bound to another address"
        }
        Failure::Probe => "no answer to CPING on a new connection",
        Failure::Send => "the request cannot be sent",
        Failure::ConnectionLost => "the connection was lost while the response was awaited",
        Failure::Framing => "the backend sent no AJP packet",
        Failure::ReplyTimeout => "no packet within reply_timeout",
        Failure::Malformed => "the backend's message is malformed",
        Failure::SecondHeadersAfterBody => "the backend sent headers twice",
        Failure::BodySend => "the request's content cannot be sent",
        Failure::FailStatus(_) => "the status is listed in fail_on_status",
    }
}
