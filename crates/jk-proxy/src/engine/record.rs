//! What the logs say of a request when it is over.

use std::time::Duration;

use chrono::{DateTime, FixedOffset, Local};
use jk_site::access_log::{ConnectionEnd, Record, wanted};
use jk_site::jk_log::RequestRecord;
use jk_types::Activation;

use super::client::Line;
use super::context::Context;
use super::exchange::Exchange;
use super::net::Net;
use super::route::HeadFields;
use crate::site::Kind;

/// Writes the access log and mod_jk's request log.
pub(super) fn write<N: Net>(
    ctx: &mut Context<N>,
    exchange: &Exchange<N::Stream>,
    line: &Line<N::Stream>,
) {
    let received = &exchange.received;
    let host = received.host();
    let mapped = received.mapping.is_some();
    let request_log = host.jk_log.as_ref().filter(|log| mapped && log.request.is_some());
    if host.access_logs.is_empty() && request_log.is_none() {
        return;
    }
    let time = local_time(received.wall);
    let duration = ctx.clock.now.saturating_duration_since(received.started);
    let shown = mapped && host.access_logs.iter().any(|log| log.format.shows_notes());
    let notes = if shown { notes(exchange, duration) } else { Vec::new() };
    let fields = HeadFields { head: &received.head, bytes: &received.bytes };
    let reply = &exchange.reply;
    let request_line = received.request_line();
    let path = if mapped { &received.mapped } else { &received.path };
    let record = Record {
        client: line.ends.peer,
        peer: line.ends.peer,
        local: line.ends.local,
        client_name: None,
        user: None,
        time,
        duration,
        request_line,
        method: received.method(),
        protocol: received.head.protocol(&received.bytes),
        path,
        original_path: path,
        query: received.query(),
        file: file_of(exchange, mapped),
        handler: mapped.then_some(b"jakarta-servlet"),
        status: reply.status,
        original_status: reply.status,
        body_bytes: reply.content,
        bytes_in: received.bytes.len() as u64 + exchange.intake.total,
        bytes_out: reply.sent,
        kept_alive: line.served,
        end: match (reply.broken, reply.close) {
            (true, _) => ConnectionEnd::Aborted,
            (false, true) => ConnectionEnd::Closed,
            (false, false) => ConnectionEnd::KeptAlive,
        },
        log_id: None,
        configured_name: host.identity.name.as_bytes(),
        configured_port: host.identity.configured_port(),
        name: &received.server_name,
        pid: std::process::id(),
        tid: ctx.home as u64,
        request_fields: &fields,
        response_fields: &reply.fields,
        notes: &notes,
        env: &received.env,
    };
    for log in &host.access_logs {
        if wanted(log.condition.as_ref(), &received.env) {
            ctx.log.line(log.log, |out| log.format.render(&record, out));
        }
    }
    if let Some(log) = request_log {
        let Some(format) = &log.request else { return };
        let has_body = received.method() != b"HEAD" && !jk_http::is_header_only(reply.status);
        let record = RequestRecord {
            body_bytes: has_body.then_some(reply.content),
            protocol: record.protocol,
            method: record.method,
            port: record.configured_port,
            query: record.query,
            request_line,
            status: reply.status,
            duration,
            path,
            configured_name: record.configured_name,
            name: record.name,
            worker: received.worker_name().map(str::as_bytes),
            route: exchange.run.route(),
        };
        ctx.log.line(log.log, |out| format.push(&log.stamp, &time, &record, out));
    }
}

/// The file: of a mapped path httpd knows only the last segment.
fn file_of<S>(exchange: &Exchange<S>, mapped: bool) -> Option<&[u8]> {
    let received = &exchange.received;
    let file = if mapped {
        received.mapped.rsplit(|&byte| byte == b'/').next().unwrap_or_default()
    } else {
        &received.file
    };
    Some(file).filter(|file| !file.is_empty())
}

/// The time of the wall clock in the local zone.
pub(crate) fn local_time(wall: Duration) -> DateTime<FixedOffset> {
    let utc =
        DateTime::from_timestamp(wall.as_secs() as i64, wall.subsec_nanos()).unwrap_or_default();
    utc.with_timezone(&Local).fixed_offset()
}

/// What `%{JK_…}n` shows.
fn notes<S>(exchange: &Exchange<S>, duration: Duration) -> Vec<(Vec<u8>, Vec<u8>)> {
    let received = &exchange.received;
    let mut notes = Vec::new();
    let mut note = |name: &str, value: String| notes.push((name.into(), value.into_bytes()));
    if let Some(name) = received.worker_name() {
        note("JK_WORKER_NAME", name.to_owned());
    }
    let Some(worker) = received.mapping.and_then(|mapping| mapping.worker) else { return notes };
    let kind = &received.site().workers[worker].kind;
    note("JK_WORKER_TYPE", kind.label().to_owned());
    note("JK_REQUEST_DURATION", format!("{}.{:06}", duration.as_secs(), duration.subsec_micros()));
    let Kind::Lb(lb) = kind else { return notes };
    if let Some(route) = exchange.run.route() {
        note("JK_WORKER_ROUTE", String::from_utf8_lossy(route).into_owned());
    }
    let run = &exchange.run;
    for (which, found) in [("FIRST", run.first()), ("LAST", run.last())] {
        let Some(found) = found else { continue };
        let name = lb.settings.members.get(found.member).map_or("", |member| &member.ajp.name);
        let mut put = |what: &str, value: String| note(&format!("JK_LB_{which}_{what}"), value);
        put("NAME", name.to_owned());
        put("VALUE", found.value.to_string());
        put("ACCESSED", found.accessed.to_string());
        put("SESSIONS", found.sessions.to_string());
        put("READ", found.read.to_string());
        put("TRANSFERRED", found.transferred.to_string());
        put("ERRORS", found.errors.to_string());
        put("BUSY", found.busy.to_string());
        put("ACTIVATION", Activation::code(found.activation).to_owned());
        put("STATE", found.state.label().to_owned());
    }
    notes
}
