//! Effective configuration as text: each worker, and of each what is not the default.

use std::fmt::Write;
use std::time::Duration;

use jk_config::WorkersOutput;
use jk_types::{
    AjpSettings, Extensions, LbSettings, MemberSettings, MountRule, StatusSettings, WorkerKind,
};

pub(crate) fn workers(output: &WorkersOutput) -> String {
    let mut text = String::new();
    let start = if output.fatal { "refused" } else { "accepted" };
    writeln!(text, "{start}, maintain {}", time(output.maintain)).unwrap();
    for worker in &output.workers {
        match &worker.kind {
            WorkerKind::Ajp(settings) => ajp(&mut text, "", settings),
            WorkerKind::Lb(settings) => lb(&mut text, settings),
            WorkerKind::Status(settings) => status(&mut text, settings),
        }
    }
    for rule in &output.mounts {
        writeln!(text, "mount {}", mount(rule)).unwrap();
    }
    for (key, value) in &output.properties {
        writeln!(text, "property {}={}", short(key), short(value)).unwrap();
    }
    text
}

/// One rule on a line.
pub(crate) fn mount(rule: &MountRule) -> String {
    let disabled = if rule.disabled { "-" } else { "" };
    let exclusion = if rule.exclusion { "!" } else { "" };
    let extensions = extensions(&rule.extensions);
    format!("{disabled}{exclusion}{} = {:?}{extensions}", short(&rule.pattern), rule.worker)
}

fn extensions(ext: &Extensions) -> String {
    let mut text = String::new();
    let mut say = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            write!(text, " {name}={value}").unwrap();
        }
    };
    let on = |flag: bool| flag.then(|| "1".to_owned());
    say("reply_timeout", ext.reply_timeout.map(time));
    say("sticky_ignore", on(ext.sticky_ignore));
    say("stateless", on(ext.stateless));
    for (member, activation) in &ext.activations {
        say(activation.code(), Some(member.clone()));
    }
    say("fail_on_status", ext.fail_on_status.as_ref().map(|list| format!("{:?}", list.0)));
    say(
        "use_server_errors",
        (ext.use_server_errors != 0).then(|| ext.use_server_errors.to_string()),
    );
    say("session_cookie", ext.session_cookie.clone());
    say("session_path", ext.session_path.clone());
    say("set_session_cookie", on(ext.set_session_cookie));
    say("session_cookie_path", ext.session_cookie_path.clone());
    text
}

/// Says what differs.
macro_rules! differing {
    ($text:expr, $indent:expr, $given:expr, $default:expr, $($field:ident),+ $(,)?) => {
        $(if $given.$field != $default.$field {
            writeln!($text, "{}  {} {:?}", $indent, stringify!($field), $given.$field).unwrap();
        })+
    };
}

fn ajp(text: &mut String, indent: &str, given: &AjpSettings) {
    let default = AjpSettings::default();
    let AjpSettings { name, kind, host, port, .. } = given;
    writeln!(text, "{indent}{} {} at {}:{port}", kind.label(), short(name), short(host)).unwrap();
    differing!(
        text,
        indent,
        given,
        default,
        source,
        prefer_ipv6,
        socket_timeout,
        socket_connect_timeout,
        socket_keepalive,
        socket_buffer,
        connection_pool_size,
        connection_pool_minsize,
        connection_pool_timeout,
        connection_acquire_timeout,
        ping_timeout,
        connect_timeout,
        prepost_timeout,
        connection_ping_interval,
        reply_timeout,
        retries,
        retry_interval,
        recovery_options,
        fail_on_status,
        busy_limit,
        max_packet_size,
        secret,
    );
}

fn lb(text: &mut String, given: &LbSettings) {
    writeln!(text, "lb {}", short(&given.name)).unwrap();
    let default = LbSettings {
        name: String::new(),
        members: Vec::new(),
        sticky_session: true,
        sticky_session_force: false,
        method: Default::default(),
        lock: Default::default(),
        retries: 2,
        lb_retries: 2,
        retry_interval: Duration::from_millis(100),
        recover_time: 60,
        error_escalation_time: 30,
        max_reply_timeouts: 0,
        session_cookie: "JSESSIONID".to_owned(),
        session_path: ";jsessionid".to_owned(),
        set_session_cookie: false,
        session_cookie_path: "/".to_owned(),
    };
    differing!(
        text,
        "",
        given,
        default,
        sticky_session,
        sticky_session_force,
        method,
        lock,
        retries,
        lb_retries,
        retry_interval,
        recover_time,
        error_escalation_time,
        max_reply_timeouts,
        session_cookie,
        session_path,
        set_session_cookie,
        session_cookie_path,
    );
    for member in &given.members {
        let MemberSettings { ajp: settings, lbfactor, distance, activation, .. } = member;
        ajp(text, "  member ", settings);
        write!(text, "    route {} lbfactor {lbfactor}", short(&member.route)).unwrap();
        write!(text, " distance {distance} {}", activation.code()).unwrap();
        for (name, value) in [("domain", &member.domain), ("redirect", &member.redirect)] {
            if let Some(value) = value {
                write!(text, " {name} {}", short(value)).unwrap();
            }
        }
        text.push('\n');
    }
}

fn status(text: &mut String, given: &StatusSettings) {
    writeln!(text, "status {}", short(&given.name)).unwrap();
    let default = StatusSettings {
        name: String::new(),
        css: None,
        read_only: false,
        users: Vec::new(),
        user_case_insensitive: false,
        good: None,
        bad: None,
        prefix: "worker".to_owned(),
        ns: "jk:".to_owned(),
        xmlns: "xmlns:jk=\"http://tomcat.apache.org\"".to_owned(),
        doctype: None,
    };
    differing!(
        text,
        "",
        given,
        default,
        css,
        read_only,
        users,
        user_case_insensitive,
        good,
        bad,
        prefix,
        ns,
        xmlns,
        doctype,
    );
}

fn time(time: Duration) -> String {
    format!("{time:?}")
}

/// Long texts are told by their beginning and their length.
fn short(text: &str) -> String {
    match text.char_indices().nth(100) {
        Some((end, _)) => format!("{}… ({} bytes)", &text[..end], text.len()),
        None => text.to_owned(),
    }
}
