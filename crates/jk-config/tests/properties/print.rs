//! Workers as the text of a `workers.properties` that says the same.

use std::fmt::Write;
use std::time::Duration;

use jk_types::{AjpSettings, LbSettings, Worker, WorkerKind};

/// A file with these workers, every directive written out.
pub(crate) fn workers(workers: &[Worker]) -> String {
    let names: Vec<_> = workers.iter().map(|worker| worker.name.as_str()).collect();
    let mut text = format!("worker.list={}\n", names.join(","));
    for worker in workers {
        match &worker.kind {
            WorkerKind::Ajp(settings) => ajp(&mut text, settings),
            WorkerKind::Lb(settings) => lb(&mut text, settings),
            WorkerKind::Status(settings) => {
                line(&mut text, &worker.name, "type", "status");
                line(&mut text, &worker.name, "read_only", settings.read_only);
            }
        }
    }
    text
}

fn line(text: &mut String, worker: &str, directive: &str, value: impl std::fmt::Display) {
    writeln!(text, "worker.{worker}.{directive}={value}").unwrap();
}

fn ajp(text: &mut String, s: &AjpSettings) {
    let mut say = |directive, value: String| line(text, &s.name, directive, value);
    let millis = |time: Duration| time.as_millis().to_string();
    let seconds = |time: Duration| time.as_secs().to_string();
    say("type", s.kind.label().to_owned());
    say("secretkey", "needed for ajp14".to_owned());
    say("host", s.host.clone());
    say("port", s.port.to_string());
    say("prefer_ipv6", s.prefer_ipv6.to_string());
    say("socket_timeout", seconds(s.socket_timeout));
    say("socket_connect_timeout", millis(s.socket_connect_timeout));
    say("socket_keepalive", s.socket_keepalive.to_string());
    say("socket_buffer", s.socket_buffer.to_string());
    say("connection_pool_timeout", seconds(s.connection_pool_timeout));
    say("connection_acquire_timeout", millis(s.connection_acquire_timeout));
    say("ping_timeout", millis(s.ping_timeout));
    say("connect_timeout", millis(s.connect_timeout));
    say("prepost_timeout", millis(s.prepost_timeout));
    say("connection_ping_interval", seconds(s.connection_ping_interval));
    say("reply_timeout", millis(s.reply_timeout));
    say("retries", s.retries.to_string());
    say("retry_interval", s.retry_interval.map_or("-1".to_owned(), millis));
    say("recovery_options", s.recovery_options.0.to_string());
    say("busy_limit", s.busy_limit.to_string());
    say("max_packet_size", s.max_packet_size.to_string());
    for status in &s.fail_on_status.0 {
        say("fail_on_status", status.to_string());
    }
    let optional = [
        ("source", s.source.clone()),
        ("connection_pool_size", s.connection_pool_size.map(|size| size.to_string())),
        ("connection_pool_minsize", s.connection_pool_minsize.map(|size| size.to_string())),
        ("secret", s.secret.as_ref().map(|secret| secret.expose().to_owned())),
    ];
    for (directive, value) in optional {
        if let Some(value) = value {
            say(directive, value);
        }
    }
}

fn lb(text: &mut String, s: &LbSettings) {
    for member in &s.members {
        ajp(text, &member.ajp);
        let name = &member.ajp.name;
        line(text, name, "lbfactor", member.lbfactor);
        line(text, name, "distance", member.distance);
        line(text, name, "activation", member.activation.code());
        line(text, name, "route", &member.route);
        for (directive, value) in [("domain", &member.domain), ("redirect", &member.redirect)] {
            if let Some(value) = value {
                line(text, name, directive, value);
            }
        }
        line(text, &s.name, "balance_workers", name);
    }
    let mut say = |directive, value: String| line(text, &s.name, directive, value);
    say("type", "lb".to_owned());
    say("sticky_session", s.sticky_session.to_string());
    say("sticky_session_force", s.sticky_session_force.to_string());
    say("method", s.method.label().to_owned());
    say("lock", s.lock.label().to_owned());
    say("retries", s.retries.to_string());
    say("lb_retries", s.lb_retries.to_string());
    say("retry_interval", s.retry_interval.as_millis().to_string());
    say("recover_time", s.recover_time.to_string());
    say("error_escalation_time", s.error_escalation_time.to_string());
    say("max_reply_timeouts", s.max_reply_timeouts.to_string());
    say("session_cookie", s.session_cookie.clone());
    say("session_path", s.session_path.clone());
    say("set_session_cookie", s.set_session_cookie.to_string());
    say("session_cookie_path", s.session_cookie_path.clone());
}
