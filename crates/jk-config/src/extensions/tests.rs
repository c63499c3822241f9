use std::time::Duration;

use jk_types::{Activation, MountRule, RuleSource, StatusList, Worker, WorkerKind};

use super::{check_rule, mount_rules, parse_target};
use crate::{Location, Severity, Sources, WorkersInput, read_workers};

fn location(length: usize) -> Location {
    let source = Sources::default().add("httpd.conf".into(), Vec::new());
    Location { source, span: 0..length }
}

/// Patterns with prefixes, and what was said.
fn mount(pattern: &str, value: &str, exclusion: bool, source: RuleSource) -> (Vec<String>, String) {
    let (rules, findings) = mount_rules(pattern, value, exclusion, source, &location(value.len()));
    let shown = |rule: &MountRule| {
        let disabled = if rule.disabled { "-" } else { "" };
        let exclusion = if rule.exclusion { "!" } else { "" };
        format!("{disabled}{exclusion}{}={}", rule.pattern, rule.worker)
    };
    let said: Vec<_> = findings.iter().map(|finding| finding.message.as_str()).collect();
    (rules.iter().map(shown).collect(), said.join("\n"))
}

#[test]
fn a_mount_may_be_two_rules() {
    let (rules, said) = mount("/app|/*", "w;stateless=1", false, RuleSource::JkMount);
    assert_eq!(
        (rules.as_slice(), said.as_str()),
        (&["/app=w".to_owned(), "/app/*=w".to_owned()][..], "")
    );
    let (rules, _) = mount("/app|/*", "*", true, RuleSource::JkMount);
    assert_eq!(rules, ["!/app=*", "!/app/*=*"]);
}

#[test]
fn prefixes_belong_to_definitions_of_workers() {
    let (rules, _) = mount("-!/x|/*", "w", false, RuleSource::WorkerDefinition);
    assert_eq!(rules, ["-!/x|/*=w"]);
    for source in [RuleSource::JkMount, RuleSource::WorkerDefinition] {
        let (rules, said) = mount("*.jsp", "w", false, source);
        assert_eq!((rules.len(), said.as_str()), (0, "`*.jsp` does not begin with `/`"));
    }
    assert!(mount("!/x", "w", false, RuleSource::JkMount).0.is_empty());
}

#[test]
fn findings_point_into_the_value() {
    let value = "w;foo=1";
    let (_, findings) =
        mount_rules("/a", value, false, RuleSource::JkMount, &location(value.len()));
    assert_eq!(findings[0].location.as_ref().map(|l| l.span.clone()), Some(2..7));
    let (_, findings) = mount_rules("/a", value, false, RuleSource::JkMount, &location(99));
    assert_eq!(findings[0].location.as_ref().map(|l| l.span.clone()), Some(0..99));
}

#[test]
fn every_extension_is_read() {
    let target = parse_target(
        "lb;reply_timeout=7;sticky_ignore=1;stateless=2;active=a;disabled=b c;stopped=d,e;\
         fail_on_status=500,-404;use_server_errors=400;session_cookie=S;session_path=;sid;\
         set_session_cookie=1",
    );
    let ext = &target.extensions;
    assert_eq!((target.worker.as_str(), target.findings.as_slice()), ("lb", &[][..]));
    assert_eq!(ext.reply_timeout, Some(Duration::from_millis(7)));
    assert!(ext.sticky_ignore && ext.stateless && ext.set_session_cookie);
    let names: Vec<_> = ext.activations.iter().map(|(n, a)| format!("{n} {}", a.code())).collect();
    assert_eq!(names, ["a ACT", "b DIS", "c DIS", "d STP", "e STP"]);
    assert_eq!(ext.fail_on_status, Some(StatusList(vec![500, -404])));
    assert_eq!(ext.use_server_errors, 400);
    assert_eq!(ext.session_cookie.as_deref(), Some("S"));
    assert_eq!(ext.session_path.as_deref(), Some("sid"));
}

#[test]
fn activations_apply_in_their_own_order() {
    let target = parse_target("lb;stopped=a;active=a");
    let last = target.extensions.activations.last();
    assert_eq!(last, Some(&("a".to_owned(), Activation::Stopped)));
    assert_eq!(target.findings.len(), 1);
}

#[test]
fn semicolons_collapse_and_the_first_one_may_be_a_name() {
    for (value, worker) in [
        ("w", "w"),
        ("w;", "w"),
        ("w;;stateless=1", "w"),
        ("w ;x", "w "),
        (";w;stateless=1", ";w"),
        (";", ";"),
        ("", ""),
    ] {
        assert_eq!(parse_target(value).worker, worker, "{value}");
    }
}

fn workers() -> Vec<Worker> {
    let mut sources = Sources::default();
    let text = b"worker.list=lb,w\nworker.lb.type=lb\nworker.lb.balance_workers=node1,node2\n";
    let file = sources.add("workers.properties".into(), text.to_vec());
    let file = Some((file, sources.text(file)));
    let input = WorkersInput { lines: &[], file, server_root: "/", env: &|_| None };
    let workers = read_workers(&input).workers;
    assert!(matches!(workers[0].kind, WorkerKind::Lb(_)));
    workers
}

#[test]
fn extensions_for_members_need_members() {
    let workers = workers();
    for (value, expected) in [
        ("lb;disabled=node1", None),
        ("lb;disabled=nod1", Some("`lb` has no member `nod1`")),
        (
            "w;active=x",
            Some("`active`, `disabled` and `stopped` have no effect: `w` is not a load balancer"),
        ),
        ("w;session_cookie=x", Some("`session_cookie` has no effect: `w` is not a load balancer")),
        ("w;reply_timeout=5", None),
        ("unknown;active=x", None),
    ] {
        let (rules, _) = mount_rules("/a", value, false, RuleSource::JkMount, &location(0));
        let said = check_rule(&rules[0], &workers, &location(0));
        assert_eq!(said.first().map(|finding| finding.message.as_str()), expected, "{value}");
        assert!(said.iter().all(|finding| finding.severity == Severity::Warning));
    }
}
