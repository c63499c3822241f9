//! What must hold for every text, and for every worker.

use std::time::Duration;

use jk_config::{Diagnostic, Severity, Sources};
use jk_types::{
    Activation, AjpKind, AjpSettings, LbSettings, Lock, MemberSettings, Method, RecoveryOptions,
    Secret, StatusList, Worker, WorkerKind,
};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use crate::{case, print};

/// Bytes that mean something here are likelier than others.
fn text() -> impl Strategy<Value = Vec<u8>> {
    let word = prop_oneof![
        Just(&b"worker."[..]),
        Just(&b"worker.list="[..]),
        Just(&b".reference="[..]),
        Just(&b".type=lb"[..]),
        Just(&b".balance_workers="[..]),
        Just(&b".secret="[..]),
        Just(&b".mount="[..]),
        Just(&b"=worker.a"[..]),
        Just(&b"$(a)"[..]),
        Just(&b"/a|/*=w;"[..]),
        Just(&b"fail_on_status="[..]),
        Just(&b"session_path=;"[..]),
        Just(&b"\n"[..]),
        Just(&b"\r\n#"[..]),
        Just(&b"\xff\x00\t\\"[..]),
        Just("權重".as_bytes()),
    ];
    let piece = prop_oneof![
        3 => word.prop_map(<[u8]>::to_vec),
        2 => "[a-c.=,;/*!|0-9-]{0,6}".prop_map(String::into_bytes),
        1 => vec(any::<u8>(), 0..4),
    ];
    vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

/// Every place is inside its text, and every finding prints.
fn check(diagnostics: &[Diagnostic], sources: &Sources) {
    for diagnostic in diagnostics {
        if let Some(location) = &diagnostic.location {
            let length = sources.text(location.source).len();
            assert!(location.span.start <= location.span.end, "{diagnostic:?}");
            assert!(location.span.end <= length, "{diagnostic:?} in {length} bytes");
        }
        let printed = diagnostic.render(sources).to_string();
        assert!(printed.ends_with('\n') && !printed.contains('\u{1b}'), "{printed:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_workers_file_breaks_us(text in text()) {
        let read = case::workers_in(&text);
        check(&read.diagnostics, &read.sources);
        let error = read.diagnostics.iter().any(|d| d.severity == Severity::Error);
        prop_assert_eq!(read.output.fatal, error);
    }

    #[test]
    fn no_rule_file_breaks_us(text in text()) {
        let read = case::rules_in(&text);
        check(&read.diagnostics, &read.sources);
        // mod_jk starts whatever a rule file says.
        prop_assert!(read.diagnostics.iter().all(|d| d.severity < Severity::Error));
        for (rule, location) in read.output.iter().flatten() {
            prop_assert!(rule.pattern.starts_with('/'));
            prop_assert!(location.span.end <= text.len());
        }
    }

    #[test]
    fn printed_workers_read_the_same(workers in workers()) {
        let text = print::workers(&workers);
        let read = case::workers_in(text.as_bytes());
        prop_assert!(!read.output.fatal, "{}\n{}", text, read.rendered());
        prop_assert_eq!(read.output.workers, workers);
    }

    #[test]
    fn secrets_are_not_printed(secret in "[A-Z]{12}", directive in "secret|secretkey|secert") {
        let text = format!(
            "worker.list=a\nworker.a.{directive}={secret}\nworker.a.{directive}={secret}\n\
             pass={secret}\npass={secret}\nworker.a.secret=$(pass)$(none)$({secret})\n"
        );
        let read = case::workers_in(text.as_bytes());
        prop_assert!(!read.diagnostics.is_empty());
        prop_assert!(!read.rendered().contains(&secret), "{}", read.rendered());
    }
}

fn workers() -> impl Strategy<Value = Vec<Worker>> {
    let lb = lb().prop_map(|lb| WorkerKind::Lb(Box::new(lb)));
    let kind = prop_oneof![ajp().prop_map(|ajp| WorkerKind::Ajp(Box::new(ajp))), lb,];
    vec(kind, 1..4).prop_map(|kinds| kinds.into_iter().enumerate().map(named).collect())
}

/// Names are unique: those of members begin with that of their load balancer.
fn named((at, mut kind): (usize, WorkerKind)) -> Worker {
    let name = format!("w{at}");
    match &mut kind {
        WorkerKind::Ajp(ajp) => ajp.name.clone_from(&name),
        WorkerKind::Lb(lb) => {
            lb.name.clone_from(&name);
            for (i, member) in lb.members.iter_mut().enumerate() {
                member.ajp.name = format!("{name}-{i}");
                member.route = format!("{}{i}", member.route);
                if let (None, Some((domain, _))) = (&member.domain, member.route.split_once('.')) {
                    member.domain = Some(domain.to_owned());
                }
            }
        }
        WorkerKind::Status(_) => {}
    }
    Worker { name, kind }
}

fn millis() -> impl Strategy<Value = Duration> {
    (0..100_000u64).prop_map(Duration::from_millis)
}

fn seconds() -> impl Strategy<Value = Duration> {
    (0..100_000u64).prop_map(Duration::from_secs)
}

prop_compose! {
    fn ajp()(
        (kind, host, port, source, prefer_ipv6) in (
            prop_oneof![Just(AjpKind::Ajp13), Just(AjpKind::Ajp14)],
            "[a-z][a-z0-9.-]{0,59}",
            1..=65535i32,
            option::of("[0-9.]{1,15}"),
            any::<bool>(),
        ),
        (socket_timeout, socket_connect_timeout, socket_keepalive, buffer) in
            (seconds(), millis(), any::<bool>(), 0..3u32),
        (connection_pool_size, connection_pool_minsize, connection_pool_timeout) in
            (option::of(0..1000u32), option::of(-5..1000i32), seconds()),
        (connection_acquire_timeout, ping_timeout, connect_timeout, prepost_timeout) in
            (millis(), millis(), millis(), millis()),
        (connection_ping_interval, reply_timeout, retries, retry_interval) in
            (seconds(), millis(), 1..10u32, option::of(millis())),
        (recovery_options, fail_on_status, busy_limit, packet, secret) in (
            0..32i32,
            vec(prop_oneof![100..600i32, -600..-99i32], 0..4),
            0..50u32,
            8..=64u32,
            option::of("[!-\"%-~]{1,20}"),
        ),
    ) -> AjpSettings {
        AjpSettings {
            name: String::new(),
            kind,
            host,
            port,
            source,
            prefer_ipv6,
            socket_timeout,
            socket_connect_timeout,
            socket_keepalive,
            socket_buffer: buffer * 65536,
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
            recovery_options: RecoveryOptions(recovery_options),
            fail_on_status: StatusList(fail_on_status),
            busy_limit,
            max_packet_size: packet * 1024,
            secret: secret.map(Secret::new),
        }
    }
}

prop_compose! {
    fn member()(
        ajp in ajp(),
        lbfactor in 1..100u32,
        distance in -5..5i32,
        activation in
            prop::sample::select(vec![Activation::Active, Activation::Disabled, Activation::Stopped]),
        route in "[a-z]{1,5}(\\.[a-z]{1,5})?",
        domain in option::of("[a-z]{1,5}"),
        redirect in option::of("[a-z]{1,5}"),
    ) -> MemberSettings {
        MemberSettings { ajp, lbfactor, distance, activation, route, domain, redirect }
    }
}

prop_compose! {
    fn lb()(
        members in vec(member(), 1..4),
        (sticky_session, sticky_session_force, set_session_cookie) in any::<(bool, bool, bool)>(),
        method in prop::sample::select(vec![
            Method::Request, Method::Traffic, Method::Busyness, Method::Session, Method::Next,
        ]),
        lock in prop::sample::select(vec![Lock::Optimistic, Lock::Pessimistic]),
        (retries, lb_retries, retry_interval) in (1..10u32, 1..10u32, millis()),
        (recover_time, error_escalation_time, max_reply_timeouts) in
            (1..1000u32, -5..1000i32, -5..1000i32),
        (session_cookie, session_path, session_cookie_path) in
            ("[A-Z]{1,60}", ";[a-z]{1,20}", "/[a-z]{0,9}"),
    ) -> LbSettings {
        LbSettings {
            name: String::new(),
            members,
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
        }
    }
}
