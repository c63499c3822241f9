//! The rules of each server, in the order in which they are looked at.

use jk_balance::{Mount, MountMap};
use jk_config::{Config, JkServer, Mounts};
use jk_types::{Extensions, MountRule};

use super::servers::{Named, all};
use super::settings::activation;
use super::{heading, line};
use crate::term::{Align, Paint, Table};

pub(super) fn write(out: &mut String, config: &Config, verbose: bool, paint: Paint) {
    let mut without = Vec::new();
    for Named { name, addresses, server } in all(config) {
        let who = if addresses.is_empty() { name } else { format!("{name} on {addresses}") };
        match &server.jk.mounts {
            Mounts::None => without.push(who),
            Mounts::Main => {
                heading(out, &format!("Mounts of {who}"), paint);
                line(out, 2, "Those of the main server.");
            }
            Mounts::Own(own) => {
                heading(out, &format!("Mounts of {who}, in match order"), paint);
                if own.file.as_ref().is_some_and(|file| file.rules.is_none()) {
                    line(out, 2, "None: the rule file could not be used, and cost the others too.");
                    continue;
                }
                let rules = MountMap::new(own.rules(), server.jk.options.reject_unsafe_uri);
                write_rules(out, rules.mounts(), config, paint);
                write_options(out, &server.jk, own.file.as_ref(), verbose);
            }
        }
    }
    if !without.is_empty() {
        heading(out, "No mounts", paint);
        line(out, 2, &without.join("; "));
    }
}

fn write_rules(out: &mut String, rules: &[Mount], config: &Config, paint: Paint) {
    let mut table = Table::new([
        ("#", Align::Right),
        ("pattern", Align::Left),
        ("kind", Align::Left),
        ("effect", Align::Left),
        ("worker", Align::Left),
        ("source", Align::Left),
        ("extensions", Align::Left),
    ]);
    for Mount { rule, index } in rules {
        table.row([
            (index + 1).to_string(),
            rule.pattern.clone(),
            kind(rule).to_owned(),
            effect(rule).to_owned(),
            worker(rule, config),
            rule.source.label().to_owned(),
            extensions(&rule.extensions),
        ]);
    }
    table.without_empty(&["extensions"]).write(out, 2, paint);
}

fn write_options(
    out: &mut String,
    jk: &JkServer,
    file: Option<&jk_config::MountFile>,
    verbose: bool,
) {
    if jk.options.reject_unsafe_uri {
        line(out, 2, "Paths with `%` or `\\` are not mapped (RejectUnsafeURI).");
    }
    let Some(file) = file.filter(|_| verbose) else { return };
    let path = file.path.display();
    let reload = match file.reload.as_secs() {
        0 => "never read again".to_owned(),
        seconds => format!("looked at again every {seconds} s"),
    };
    line(out, 2, &format!("uriworkermap is {path}, {reload}."));
}

pub(crate) fn kind(rule: &MountRule) -> &'static str {
    if rule.is_wildcard() { "wildcard" } else { "exact" }
}

pub(crate) fn effect(rule: &MountRule) -> &'static str {
    match (rule.disabled, rule.exclusion) {
        (true, _) => "disabled",
        (false, true) => "excludes",
        (false, false) => "maps to",
    }
}

fn worker(rule: &MountRule, config: &Config) -> String {
    let known = config.workers.iter().any(|worker| worker.name == rule.worker);
    match known || rule.exclusion {
        true => rule.worker.clone(),
        // Blanks may be what is wrong with it.
        false => format!("`{}` (unknown)", rule.worker),
    }
}

/// What a rule changes, as it would be written.
pub(crate) fn extensions(extensions: &Extensions) -> String {
    let Extensions {
        reply_timeout,
        sticky_ignore,
        stateless,
        activations,
        fail_on_status,
        use_server_errors,
        session_cookie,
        session_path,
        set_session_cookie,
        session_cookie_path,
    } = extensions;
    let flag = |on: bool| on.then(|| "1".to_owned());
    let statuses = |list: &jk_types::StatusList| {
        list.0.iter().map(i32::to_string).collect::<Vec<_>>().join(",")
    };
    let mut said = vec![
        ("reply_timeout", reply_timeout.map(|timeout| timeout.as_millis().to_string())),
        ("sticky_ignore", flag(*sticky_ignore)),
        ("stateless", flag(*stateless)),
    ];
    for (member, given) in activations {
        said.push((activation(*given), Some(member.clone())));
    }
    let errors = (*use_server_errors > 0).then(|| use_server_errors.to_string());
    said.extend([
        ("fail_on_status", fail_on_status.as_ref().map(statuses)),
        ("use_server_errors", errors),
        ("session_cookie", session_cookie.clone()),
        ("session_path", session_path.clone()),
        ("set_session_cookie", flag(*set_session_cookie)),
        ("session_cookie_path", session_cookie_path.clone()),
    ]);
    let said = said.iter().filter_map(|(name, value)| Some(format!("{name}={}", value.as_ref()?)));
    said.collect::<Vec<_>>().join(" ")
}
