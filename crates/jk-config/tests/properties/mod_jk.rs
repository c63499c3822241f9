//! What mod_jk 1.2.48 makes of the cases: recorded in `.measured`, and held against ours.
//!
//! `cargo test -p jk-config --test properties -- --ignored` starts httpd once or twice for each case,
//! on a loopback port, and compares with the record; with `UPDATE=1` it writes the record.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use jk_types::{AjpSettings, MountRule, WorkerKind};

use crate::case;

mod httpd;

/// Cases that we refuse and mod_jk does not, or the other way round, and why.
const OUTCOMES: &[(&str, &str)] = &[
    ("lb-status-member", "mod_jk has undefined behaviour"),
    ("pool-negative", "mod_jk crashes; we take the size as not set"),
    ("type-ajp12", "not spoken"),
];

/// Settings that differ, and why.
const SETTINGS: &[(&str, &str, &str)] = &[
    ("host-unresolvable", "a.port", UNRESOLVED),
    ("host-unresolvable", "a.activation", UNRESOLVED),
    ("host-with-port", "a.port", UNRESOLVED),
    ("macros", "b.port", UNRESOLVED),
    ("port-odd", "a.port", "mod_jk shows the number, but connects to its lower 16 bits"),
];

const UNRESOLVED: &str = "names are resolved by whoever opens connections";

/// Directives of `mime=prop` that our settings have too.
const AJP_SHOWN: [&str; 13] = [
    "type",
    "host",
    "port",
    "connection_pool_timeout",
    "ping_timeout",
    "connect_timeout",
    "prepost_timeout",
    "reply_timeout",
    "retries",
    "connection_ping_interval",
    "recovery_options",
    "busy_limit",
    "max_packet_size",
];

#[test]
#[ignore = "starts httpd with mod_jk"]
fn mod_jk_still_does_as_recorded() {
    let mut differing = Vec::new();
    for path in [case::all("properties"), case::all("uriworkermap")].concat() {
        let record = case::beside(&path, "measured");
        let mut found = httpd::measure(&path);
        let recorded = fs::read_to_string(&record).unwrap_or_default();
        // On a busy machine httpd may be gone before its last line is written: it gets another try.
        for _ in 0..2 {
            if found != recorded {
                found = httpd::measure(&path);
            }
        }
        if std::env::var_os("UPDATE").is_some() {
            fs::write(&record, &found).expect("a record can be written");
            continue;
        }
        if found != recorded {
            eprintln!("--- {} found:\n{found}", case::name(&path));
            differing.push(case::name(&path));
        }
    }
    assert!(differing.is_empty(), "mod_jk did something else: {differing:?}");
}

#[test]
fn workers_agree_with_mod_jk() {
    let mut wrong = String::new();
    for path in case::all("properties") {
        let record = Record::of(&path);
        let output = case::workers(&path).output;
        let name = case::name(&path);
        let agree = record.starts != output.fatal;
        let excused = OUTCOMES.iter().any(|(case, _)| *case == name);
        if agree == excused {
            writeln!(wrong, "{name}: mod_jk starts={}, we refuse={}", record.starts, output.fatal)
                .unwrap();
        }
        if agree && record.starts {
            compare(&name, "property", &record.dump, &ours_as_dump(&output.properties), &mut wrong);
            compare(&name, "setting", &record.list, &ours_as_list(&output.workers), &mut wrong);
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn warnings_of_mod_jk_are_ours_as_well() {
    let mut wrong = String::new();
    for path in case::all("properties") {
        let record = Record::of(&path);
        let said = case::workers(&path).rendered();
        for (theirs, ours) in [("Duplicate key", "the earlier value is lost"), ("deprecated", "")] {
            // Both readings of a configuration are logged; JkWorkerProperty is read before the log
            // is open.
            let count = record.log.lines().filter(|line| line.contains(theirs)).count();
            let deprecated = ["is deprecated", "any more", "calls this deprecated"];
            let found = match ours {
                "" => said.lines().filter(|l| deprecated.iter().any(|d| l.contains(d))).count(),
                text => said.lines().filter(|line| line.contains(text)).count(),
            };
            if count != found {
                let name = case::name(&path);
                writeln!(wrong, "{name}: {theirs}: mod_jk says it {count} times, we {found}")
                    .unwrap();
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn rules_agree_with_mod_jk() {
    let mut wrong = String::new();
    for path in case::all("uriworkermap") {
        let record = Record::of(&path);
        let rules = case::rules(&path).output.unwrap_or_default();
        let mut ours: Vec<String> = rules.iter().flat_map(|(rule, _)| listings(rule)).collect();
        ours.sort();
        let mut theirs = record.rules.clone();
        theirs.sort();
        if ours != theirs {
            writeln!(wrong, "{}:\n  mod_jk {theirs:#?}\n  we {ours:#?}", case::name(&path))
                .unwrap();
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// What was recorded of a case.
struct Record {
    starts: bool,
    log: String,
    dump: BTreeMap<String, String>,
    list: BTreeMap<String, String>,
    rules: Vec<String>,
}

impl Record {
    fn of(path: &Path) -> Self {
        let text = fs::read_to_string(case::beside(path, "measured")).unwrap_or_default();
        let mut parts = text.split("----\n");
        let mut part = || parts.next().unwrap_or_default();
        let (outcome, log, dump, list, rules) = (part(), part(), part(), part(), part());
        assert!(!outcome.is_empty(), "{} was never measured", case::name(path));
        let pairs = |text: &str| {
            let pairs = text.lines().filter_map(|line| line.split_once('='));
            pairs.map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
        };
        Self {
            starts: outcome.trim() == "starts",
            log: log.to_owned(),
            dump: pairs(dump),
            list: pairs(list),
            rules: rules.lines().map(str::to_owned).collect(),
        }
    }
}

fn compare(
    case: &str,
    what: &str,
    theirs: &BTreeMap<String, String>,
    ours: &BTreeMap<String, String>,
    wrong: &mut String,
) {
    let excused = |key: &str| SETTINGS.iter().any(|(c, k, _)| *c == case && *k == key);
    for (key, value) in theirs {
        let found = ours.get(key);
        if (found == Some(value)) == excused(key) {
            writeln!(wrong, "{case}: {what} {key}: mod_jk {value:?}, we {found:?}").unwrap();
        }
    }
    for key in ours.keys().filter(|key| !theirs.contains_key(*key)) {
        writeln!(wrong, "{case}: {what} {key}: mod_jk has none, we {:?}", ours[key]).unwrap();
    }
}

fn ours_as_dump(properties: &[(String, String)]) -> BTreeMap<String, String> {
    properties.iter().cloned().collect()
}

fn ours_as_list(workers: &[jk_types::Worker]) -> BTreeMap<String, String> {
    let mut list = BTreeMap::new();
    for worker in workers {
        match &worker.kind {
            WorkerKind::Ajp(settings) => ajp(&mut list, settings),
            WorkerKind::Lb(settings) => {
                lb(&mut list, settings);
                settings.members.iter().for_each(|member| self::member(&mut list, member));
            }
            WorkerKind::Status(_) => {}
        }
    }
    list
}

fn ajp(list: &mut BTreeMap<String, String>, settings: &AjpSettings) {
    let s = settings;
    let millis = |time: std::time::Duration| time.as_millis().to_string();
    let values = [
        s.kind.label().to_owned(),
        s.host.clone(),
        s.port.to_string(),
        s.connection_pool_timeout.as_secs().to_string(),
        millis(s.ping_timeout),
        millis(s.connect_timeout),
        millis(s.prepost_timeout),
        millis(s.reply_timeout),
        s.retries.to_string(),
        s.connection_ping_interval.as_secs().to_string(),
        s.recovery_options.0.to_string(),
        s.busy_limit.to_string(),
        s.max_packet_size.to_string(),
    ];
    for (directive, value) in AJP_SHOWN.iter().zip(values) {
        list.insert(format!("{}.{directive}", s.name), value);
    }
    list.insert(format!("{}.source", s.name), s.source.clone().unwrap_or("undefined".to_owned()));
}

fn lb(list: &mut BTreeMap<String, String>, s: &jk_types::LbSettings) {
    let truth = |flag: bool| if flag { "True" } else { "False" }.to_owned();
    for (directive, value) in [
        ("type", "lb".to_owned()),
        ("sticky_session", truth(s.sticky_session)),
        ("sticky_session_force", truth(s.sticky_session_force)),
        ("retries", s.retries.to_string()),
        ("recover_time", s.recover_time.to_string()),
        ("error_escalation_time", s.error_escalation_time.to_string()),
        ("max_reply_timeouts", s.max_reply_timeouts.to_string()),
        ("method", s.method.label().to_owned()),
        ("lock", s.lock.label().to_owned()),
        ("member_count", s.members.len().to_string()),
    ] {
        list.insert(format!("{}.{directive}", s.name), value);
    }
}

fn member(list: &mut BTreeMap<String, String>, member: &jk_types::MemberSettings) {
    ajp(list, &member.ajp);
    for (directive, value) in [
        ("activation", member.activation.code().to_owned()),
        ("lbfactor", member.lbfactor.to_string()),
        ("route", member.route.clone()),
        ("redirect", member.redirect.clone().unwrap_or_default()),
        ("domain", member.domain.clone().unwrap_or_default()),
        ("distance", member.distance.to_string()),
    ] {
        list.insert(format!("{}.{directive}", member.ajp.name), value);
    }
}

/// A rule as the record has it: at its worker, or at every one if it is for all.
fn listings(rule: &MountRule) -> Vec<String> {
    let here = |worker: &&&str| rule.worker == ***worker || rule.worker == "*";
    httpd::MAP_WORKERS.iter().filter(here).map(|worker| shown(worker, rule)).collect()
}

fn shown(worker: &str, rule: &MountRule) -> String {
    let flag = |on: bool| u8::from(on);
    let ext = &rule.extensions;
    let members = |wanted| {
        let names = ext.activations.iter().filter(|(_, activation)| *activation == wanted);
        names.map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(",")
    };
    let statuses = ext.fail_on_status.as_ref().map(|list| &list.0[..]).unwrap_or_default();
    let statuses: Vec<_> = statuses.iter().map(i32::to_string).collect();
    let disabled = if rule.disabled { "Disabled " } else { "" };
    let exclusion = if rule.exclusion { "Unmount " } else { "" };
    let kind = if rule.is_wildcard() { "Wildchar" } else { "Exact" };
    let timeout = ext.reply_timeout.map_or("-1".to_owned(), |t| t.as_millis().to_string());
    format!(
        "{worker} {} {disabled}{exclusion}{kind} {timeout} {} {} [{}] [{}] [{}] [{}] {}",
        rule.pattern,
        flag(ext.sticky_ignore),
        flag(ext.stateless),
        statuses.join(","),
        members(jk_types::Activation::Active),
        members(jk_types::Activation::Disabled),
        members(jk_types::Activation::Stopped),
        ext.use_server_errors,
    )
}
