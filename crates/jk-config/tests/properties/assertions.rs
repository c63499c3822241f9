//! The numbered assertions about files: `W` for workers, `U` for rules.

use std::time::Duration;

use jk_config::WorkersOutput;
use jk_types::{Activation, AjpSettings, LbSettings, WorkerKind};

use crate::case::{Read, rules_in, workers_in, workers_of};

fn read(text: &str) -> Read<WorkersOutput> {
    workers_in(text.as_bytes())
}

#[track_caller]
fn ajp(text: &str, name: &str) -> AjpSettings {
    let read = read(text);
    assert!(!read.output.fatal, "refused: {}", read.rendered());
    let worker = read.output.workers.iter().find(|worker| worker.name == name);
    match worker.map(|worker| &worker.kind) {
        Some(WorkerKind::Ajp(settings)) => settings.as_ref().clone(),
        other => panic!("`{name}` is {other:?}"),
    }
}

#[track_caller]
fn lb(text: &str) -> LbSettings {
    let text = format!("worker.list=l\nworker.l.type=lb\n{text}");
    let read = read(&text);
    assert!(!read.output.fatal, "refused: {}", read.rendered());
    match &read.output.workers[0].kind {
        WorkerKind::Lb(settings) => settings.as_ref().clone(),
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn assert_starts(text: &str, expected: bool) {
    let read = read(text);
    assert_eq!(!read.output.fatal, expected, "{}", read.rendered());
}

fn names(output: &WorkersOutput) -> Vec<&str> {
    output.workers.iter().map(|worker| worker.name.as_str()).collect()
}

#[test]
fn w1_two_components_have_no_effect() {
    assert_eq!(ajp("worker.list=a\nworker.retries=3\n", "a").retries, 2);
    assert!(read("worker.list=a\nworker.retries=3\n").says("`worker.retries` has no effect"));
}

#[test]
fn w2_an_unknown_directive_ends_the_start_unless_it_is_empty() {
    assert_starts("worker.list=a\nworker.a.bogus=1\n", false);
    assert_starts("worker.list=a\nworker.a.bogus=\n", true);
}

#[test]
fn w3_keys_are_case_sensitive() {
    assert_starts("Worker.a.bogus=1\n", true);
}

#[test]
fn w4_lists_add_up() {
    assert_eq!(names(&read("worker.list=a\nworker.list=b\n").output), ["a", "b"]);
}

#[test]
fn w5_the_last_of_two_ports_counts() {
    let text = "worker.list=a\nworker.a.port=1\nworker.a.port=2\n";
    assert_eq!(ajp(text, "a").port, 2);
    let warning = "`worker.a.port` is given again: the earlier value is lost";
    assert_eq!(read(text).rendered().matches(warning).count(), 1);
}

#[test]
fn w6_the_first_of_two_maintains_counts() {
    let read = read("worker.list=a\nworker.maintain=30\nworker.maintain=40\n");
    assert_eq!(read.output.maintain, Duration::from_secs(30));
}

#[test]
fn w7_statuses_add_up() {
    let text = "worker.list=a\nworker.a.fail_on_status=500\nworker.a.fail_on_status=-404\n";
    assert_eq!(ajp(text, "a").fail_on_status.0, [500, -404]);
}

#[test]
fn w8_a_hash_cuts_a_value() {
    assert_eq!(ajp("worker.list=a\nworker.a.host=h#x\n", "a").host, "h");
}

#[test]
fn w9_variables_are_known_from_there_on() {
    let (variable, host) = ("net=10.0.0\n", "worker.a.host=$(net).1\n");
    assert_eq!(ajp(&format!("worker.list=a\n{variable}{host}"), "a").host, "10.0.0.1");
    assert_eq!(ajp(&format!("worker.list=a\n{host}{variable}"), "a").host, "$(net).1");
}

#[test]
fn w10_braces_mean_nothing() {
    assert_eq!(ajp("net=x\nworker.list=d\nworker.d.host=${net}\n", "d").host, "${net}");
}

#[test]
fn w11_of_25_variables_21_are_replaced() {
    let text = format!("x=y\nworker.list=a\nworker.a.secret={}\n", "$(x)".repeat(25));
    let expected = format!("{}{}", "y".repeat(21), "$(x)".repeat(4));
    let secret = ajp(&text, "a").secret.expect("it was set");
    assert_eq!(secret.expose(), expected);
}

#[test]
fn w12_a_backslash_is_a_name() {
    assert_eq!(names(&read("worker.list=a,\\\nb\n").output), ["a", "\\"]);
}

#[test]
fn w13_a_list_must_name_somebody_but_need_not_be_there() {
    assert_starts("worker.list=,\n", false);
    let only = ajp("", "ajp13");
    assert_eq!((only.host.as_str(), only.port), ("localhost", 8009));
}

#[test]
fn w14_references_fill_in_what_is_missing() {
    let text = "worker.list=a\nworker.a.reference=worker.t\nworker.a.host=z\nworker.t.port=1\n\
                worker.t.host=y\n";
    let worker = ajp(text, "a");
    assert_eq!((worker.host.as_str(), worker.port), ("z", 1));
}

#[test]
fn w15_a_reference_is_a_prefix_of_keys() {
    assert_starts("worker.list=a\nworker.a.reference=t\nworker.t.port=1\n", false);
    assert_eq!(ajp("worker.list=a\nworker.a.reference=t\nt.port=1\n", "a").port, 1);
}

#[test]
fn w16_nineteen_references_in_a_row_are_the_most() {
    let chain = |hops: usize| {
        let links = (0..hops).map(|i| format!("worker.w{i}.reference=worker.w{}\n", i + 1));
        format!("worker.list=w0\n{}worker.w{hops}.port=77\n", links.collect::<String>())
    };
    assert_eq!(ajp(&chain(19), "w0").port, 77);
    assert_starts(&chain(20), false);
}

#[test]
fn w17_names_have_60_bytes_at_most() {
    // Of 1.2.48; later releases of mod_jk take 63.
    assert_starts(&format!("worker.list={}\n", "n".repeat(60)), true);
    assert_starts(&format!("worker.list={}\n", "n".repeat(61)), false);
}

#[test]
fn w18_types_are_case_sensitive() {
    assert_starts("worker.list=x\nworker.x.type=AJP13\n", false);
}

#[test]
fn w19_packet_sizes_are_rounded_up_and_bounded() {
    for (asked, size) in [("9000", 9216), ("70000", 65536), ("-5", 8192), ("8192", 8192)] {
        let text = format!("worker.list=a\nworker.a.max_packet_size={asked}\n");
        assert_eq!(ajp(&text, "a").max_packet_size, size, "{asked}");
    }
}

#[test]
fn w20_numbers_may_have_a_tail() {
    let worker =
        ajp("worker.list=a\nworker.a.connect_timeout=5k\nworker.a.socket_timeout=7s\n", "a");
    assert_eq!(worker.connect_timeout, Duration::from_millis(5120));
    assert_eq!(worker.socket_timeout, Duration::from_secs(7));
    assert_eq!(worker.socket_connect_timeout, Duration::from_secs(7));
}

#[test]
fn w21_what_is_neither_yes_nor_no_is_the_default() {
    assert!(lb("worker.l.balance_workers=a\nworker.l.sticky_session=maybe\n").sticky_session);
    assert!(!lb("worker.l.balance_workers=a\nworker.l.sticky_session=nope\n").sticky_session);
}

#[test]
fn w22_stopped_beats_disabled_and_activation_beats_both() {
    let both = "worker.l.balance_workers=b\nworker.b.disabled=yes\nworker.b.stopped=yes\n";
    assert_eq!(lb(both).members[0].activation, Activation::Stopped);
    let three = format!("{both}worker.b.activation=a\n");
    assert_eq!(lb(&three).members[0].activation, Activation::Active);
}

#[test]
fn w23_escalation_is_half_of_recovery() {
    for (recover, expected) in [("0", (1, 0)), ("9", (9, 4)), ("60", (60, 30))] {
        let lb = lb(&format!("worker.l.balance_workers=a\nworker.l.recover_time={recover}\n"));
        assert_eq!((lb.recover_time, lb.error_escalation_time), expected);
    }
}

#[test]
fn w24_a_member_is_listed_once() {
    let text = "worker.list=l\nworker.l.type=lb\nworker.l.balance_workers=a,a\n";
    assert_starts(text, false);
}

#[test]
fn w25_lines_of_httpd_come_first_and_have_no_comments() {
    let conf = "JkWorkerProperty worker.list=a # x\n";
    let read = workers_of(conf, Some(b"worker.list=b\n"), "workers.properties".as_ref());
    assert_eq!(names(&read.output), ["a", "#", "x", "b"]);
}

#[test]
fn w27_a_host_with_a_port_is_pointed_out() {
    let read = read("worker.list=a\nworker.a.host=localhost:9101\n");
    assert!(read.says("write `worker.a.host=localhost` and `worker.a.port=9101`"));
    assert!(!workers_in(b"worker.list=a\nworker.a.host=::1\n").says("a host with a port"));
}

#[test]
fn w87_without_an_interval_no_connection_is_obtained() {
    let worker = ajp("worker.list=a\nworker.a.retry_interval=0\n", "a");
    assert_eq!(worker.connection_acquire_timeout, Duration::ZERO);
}

#[test]
fn w98_a_secret_of_the_balancer_goes_for_members_without() {
    let lb = lb("worker.l.balance_workers=a,b\nworker.l.secret=common\nworker.b.secret=own\n");
    let secrets: Vec<_> =
        lb.members.iter().map(|m| m.ajp.secret.as_ref().map(|s| s.expose())).collect();
    assert_eq!(secrets, [Some("common"), Some("own")]);
}

/// The rules of a file, as `pattern=worker` with prefixes.
#[track_caller]
fn assert_rules(text: &str, expected: &[&str]) {
    let read = rules_in(text.as_bytes());
    let rules = read.output.expect("the map is not lost");
    let shown = |rule: &jk_types::MountRule| {
        let disabled = if rule.disabled { "-" } else { "" };
        let exclusion = if rule.exclusion { "!" } else { "" };
        format!("{disabled}{exclusion}{}={}", rule.pattern, rule.worker)
    };
    let found: Vec<_> = rules.iter().map(|(rule, _)| shown(rule)).collect();
    assert_eq!(found, expected, "{text}");
}

#[test]
fn u6_u7_u9_only_the_first_bar_makes_two_rules() {
    assert_rules("/app|/*=w1\n", &["/app=w1", "/app/*=w1"]);
    assert_rules("/a|/b/*=w\n", &["/a=w", "/a/b/*=w"]);
    assert_rules("/a|/b|/c=w\n", &["/a=w", "/a/b|/c=w"]);
}

#[test]
fn u17_u36_patterns_begin_with_a_slash() {
    for line in ["*.jsp=w", "?x=w", "app/*=w", "!-/app/*=w1", "!!/app/x=w1", "--/app/x=w1"] {
        assert_rules(&format!("{line}\n/ok=w\n"), &["/ok=w"]);
        assert!(rules_in(line.as_bytes()).says("does not begin with `/`"), "{line}");
    }
}

#[test]
fn u21_u23_a_rule_that_is_never_reached_is_pointed_out() {
    assert!(rules_in(b"/app/*=w2\n/app/x=w3\n").says("`/app/x` is never reached"));
    assert!(!rules_in(b"/app/x=w3\n/app/*=w2\n").says("never reached"));
    assert!(rules_in(b"/app/page.jsp=w1\n/app/page.js?*=w2\n").says("`/app/page.jsp` is never"));
}

#[test]
fn u28_u33_u35_prefixes_go_for_both_rules() {
    assert_rules("!/s|/*=w1\n", &["!/s=w1", "!/s/*=w1"]);
    assert_rules("-/app/*=w1\n", &["-/app/*=w1"]);
    assert_rules("-!/app/static/*=w1\n", &["-!/app/static/*=w1"]);
}

#[test]
fn u37_the_last_of_two_rules_counts_at_the_place_of_the_first() {
    assert_rules("/a=w1\n/b=w1\n/a=w2\n", &["/a=w2", "/b=w1"]);
}

#[test]
fn u38_to_u41_lines_are_trimmed_and_cut() {
    assert_rules("  /a  =  w1   # c\n", &["/a=w1"]);
    assert_rules("/c#d=w1\n", &[]);
    assert_rules("/e=w#1\n", &["/e=w"]);
    assert_rules("/App=w1\n", &["/App=w1"]);
}

#[test]
fn u42_a_star_is_a_name_outside_of_exclusions() {
    assert_rules("/a/*=*\n", &["/a/*=*"]);
    assert!(rules_in(b"/a/*=*\n").says("requests end in status 500"));
    assert!(rules_in(b"!/a/*=*\n").diagnostics.is_empty());
}

#[test]
fn u43_earlier_lines_are_variables() {
    assert_rules("n=wX\n/a/*=$(n)\n", &["/a/*=wX"]);
}

#[test]
fn u44_an_unknown_worker_directive_loses_the_map() {
    assert!(rules_in(b"/a/*=w1\nworker.foo.bar=1\n").output.is_none());
    assert!(rules_in(b"/a/*=w1\nworker.foo.port=1\n").output.is_some());
}

#[test]
fn u56_blanks_belong_to_the_name() {
    assert_rules("/d=lb ;reply_timeout=5\n", &["/d=lb "]);
}

#[test]
fn u57_true_is_false() {
    let read = rules_in(b"/b=lb;sticky_ignore=true\n/c=lb;sticky_ignore=1\n");
    let rules = read.output.as_ref().expect("the map is not lost");
    assert!(!rules[0].0.extensions.sticky_ignore);
    assert!(rules[1].0.extensions.sticky_ignore);
    assert!(read.says("`sticky_ignore` is off"));
}
