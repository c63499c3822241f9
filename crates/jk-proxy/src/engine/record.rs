//! What the logs say of a request when it is over.

use std::time::Duration;

use chrono::{DateTime, FixedOffset, Local};
use jk_site::access_log::{ConnectionEnd, Record, wanted};
use jk_site::fields::Fields;
use jk_site::jk_log::RequestRecord;
use jk_types::Activation;

use super::client::Line;
use super::context::Context;
use super::exchange::{Exchange, Extent, Received};
use super::net::Net;
use super::reply::Reply;
use super::route::HeadFields;
use crate::site::Kind;

/// What never came is a dash.
fn known(unread: bool, bytes: &[u8]) -> &[u8] {
    if unread { b"-" } else { bytes }
}

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
    let shown = (mapped || received.noted.is_some())
        && host.access_logs.iter().any(|log| log.format.shows_notes());
    let notes = if shown { notes(exchange, duration) } else { Vec::new() };
    let fields = HeadFields { head: &received.head, bytes: &received.bytes };
    let none: [(&[u8], &[u8]); 0] = [];
    let reply = &exchange.reply;
    let unread = received.extent == Extent::Nothing;
    let request_line = known(unread, received.request_line());
    let by_rule = received.is_mapped_by_rule() || received.is_declined;
    let path = if by_rule { &received.mapped } else { &received.path };
    let original_path = if received.error.is_some() { &received.original_path } else { path };
    let merged;
    let env = if mapped && !received.env_shadowed.is_empty() {
        let mut env = received.env.clone();
        received.env_shadowed.iter().for_each(|(name, value)| env.set(name, value));
        merged = env;
        &merged
    } else {
        &received.env
    };
    // What a document that failed has sent is nothing: the page was made for the first request.
    let nothing: [(&[u8], &[u8]); 0] = [];
    let sent = Sent(reply);
    let record = Record {
        client: line.ends.peer,
        peer: line.ends.peer,
        local: line.ends.local,
        client_name: None,
        user: None,
        time,
        duration,
        request_line,
        method: known(unread, received.method()),
        protocol: if unread { b"HTTP/1.0" } else { received.head.protocol(&received.bytes) },
        path: known(unread, path),
        original_path: known(unread, original_path),
        query: received.query(),
        file: Some(received.shown_file()).filter(|file| !file.is_empty()),
        handler: received.handler(),
        status: received.failed_twice.unwrap_or(reply.status),
        original_status: received.error.unwrap_or(reply.status),
        body_bytes: if received.failed_twice.is_some() { 0 } else { reply.content },
        bytes_in: received.bytes.len() as u64 + exchange.intake.total,
        bytes_out: reply.sent,
        // Of two requests that left the connection open, and one that did not, httpd counts one.
        kept_alive: line.served.saturating_sub(reply.close.into()),
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
        request_fields: if received.extent == Extent::Whole { &fields } else { &none },
        response_fields: if received.failed_twice.is_some() { &nothing } else { &sent },
        notes: &notes,
        env,
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
            route: route(exchange),
        };
        ctx.log.line(log.log, |out| format.push(&log.stamp, &time, &record, out));
    }
}

/// The fields of an answer, its type among them.
struct Sent<'a>(&'a Reply);

impl Fields for Sent<'_> {
    fn at(&self, index: usize) -> Option<(&[u8], &[u8])> {
        let Reply { fields, content_type, framed, .. } = self.0;
        let Some(further) = index.checked_sub(fields.len()) else { return fields.at(index) };
        let typed = !content_type.is_empty();
        match further.checked_sub(usize::from(typed)) {
            None => Some((b"Content-Type", content_type)),
            Some(further) => framed.get(further).copied(),
        }
    }
}

impl<S> Received<S> {
    /// The file: of a mapped path httpd knows only the last segment.
    pub(super) fn shown_file(&self) -> &[u8] {
        if self.mapping.is_some() && self.file.is_empty() && self.is_mapped_by_rule() {
            self.mapped.rsplit(|&byte| byte == b'/').next().unwrap_or_default()
        } else {
            &self.file
        }
    }
}

/// The member's route. A worker by itself has the one that a variable names.
fn route<S>(exchange: &Exchange<S>) -> Option<&[u8]> {
    let forced = || exchange.received.variable("JK_ROUTE").filter(|route| !route.is_empty());
    let worker = exchange.received.mapping.and_then(|mapping| mapping.worker);
    match worker.map(|worker| &exchange.received.site().workers[worker].kind) {
        Some(Kind::Lb(_)) => exchange.run.route(),
        _ => forced(),
    }
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
    if let Some(name) = received.worker_name().or(received.noted.as_deref()) {
        note("JK_WORKER_NAME", name.to_owned());
    }
    let Some(worker) = received.mapping.and_then(|mapping| mapping.worker) else { return notes };
    let kind = &received.site().workers[worker].kind;
    note("JK_WORKER_TYPE", kind.label().to_owned());
    note("JK_REQUEST_DURATION", format!("{}.{:06}", duration.as_secs(), duration.subsec_micros()));
    if let Some(route) = route(exchange) {
        note("JK_WORKER_ROUTE", String::from_utf8_lossy(route).into_owned());
    }
    let Kind::Lb(lb) = kind else { return notes };
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
