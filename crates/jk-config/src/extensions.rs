//! `worker;name=value;…`: the value of a mapping rule, and the rules that it makes of a pattern.

mod target;

use jk_types::{MountRule, RuleSource, Worker, WorkerKind};

use crate::diagnostic::quoted;
use crate::reader::Place;
use crate::{Diagnostic, Location};

pub use target::{Finding, Target, parse_target};

/// The rules of one `JkMount`, `JkUnMount` (then `exclusion`) or `mount` token.
///
/// `pattern` may hold a `|`, which makes two rules of one, unless `source` is a worker definition,
/// where it is an ordinary character and where `-` and `!` may come before the pattern. `location`
/// is where `value` stands; if it is not as long as that, findings point at all of it.
pub fn mount_rules(
    pattern: &str,
    value: &str,
    exclusion: bool,
    source: RuleSource,
    location: &Location,
) -> (Vec<MountRule>, Vec<Diagnostic>) {
    let mut findings = Vec::new();
    let (rule, patterns) = match source {
        RuleSource::WorkerDefinition => {
            let (prefixes, pattern) = Prefixes::split(pattern);
            (prefixes, vec![pattern.to_owned()])
        }
        _ => (Prefixes { disabled: false, exclusion }, alternatives(pattern)),
    };
    if !patterns[0].starts_with('/') {
        let message = format!("{} does not begin with `/`", quoted(pattern.as_bytes()));
        findings.push(Diagnostic::error(location.clone(), message));
        return (Vec::new(), findings);
    }
    let target = parse_target(value);
    let place = Place::new(location.clone(), value.len());
    findings.extend(target_findings(&target, rule.exclusion, &place));
    findings.extend(patterns.iter().filter_map(|p| never_matches(p, location.clone())));
    (rules(rule, patterns, &target, source), findings)
}

/// What only the workers can tell of a rule: an extension for members that are not there.
pub fn check_rule(rule: &MountRule, workers: &[Worker], location: &Location) -> Vec<Diagnostic> {
    if rule.exclusion {
        return Vec::new();
    }
    let Some(worker) = workers.iter().find(|worker| worker.name == rule.worker) else {
        return Vec::new();
    };
    let WorkerKind::Lb(lb) = &worker.kind else { return without_members(rule, location) };
    let stranger = |name: &&str| !lb.members.iter().any(|member| member.ajp.name == **name);
    let named = rule.extensions.activations.iter().map(|(name, _)| name.as_str());
    let report = |name: &str| {
        let message = format!("`{}` has no member {}", lb.name, quoted(name.as_bytes()));
        let finding = Diagnostic::warning(location.clone(), message);
        let members = lb.members.iter().map(|member| member.ajp.name.as_str());
        match crate::spelling::nearest(name, members) {
            Some(similar) => finding.help(format!("did you mean `{similar}`?")),
            None => finding,
        }
    };
    named.filter(stranger).map(report).collect()
}

fn without_members(rule: &MountRule, location: &Location) -> Vec<Diagnostic> {
    let ext = &rule.extensions;
    let used = [
        (!ext.activations.is_empty(), "`active`, `disabled` and `stopped` have"),
        (ext.session_cookie.is_some(), "`session_cookie` has"),
        (ext.session_path.is_some(), "`session_path` has"),
        (ext.set_session_cookie, "`set_session_cookie` has"),
        (ext.session_cookie_path.is_some(), "`session_cookie_path` has"),
    ];
    let report = |what: &str| {
        let message = format!("{what} no effect: `{}` is not a load balancer", rule.worker);
        Diagnostic::warning(location.clone(), message)
    };
    used.iter().filter(|(used, _)| *used).map(|(_, what)| report(what)).collect()
}

/// What may come before a pattern, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Prefixes {
    pub(crate) disabled: bool,
    pub(crate) exclusion: bool,
}

impl Prefixes {
    pub(crate) fn split(pattern: &str) -> (Self, &str) {
        let (disabled, rest) = pattern.strip_prefix('-').map_or((false, pattern), |p| (true, p));
        let (exclusion, rest) = rest.strip_prefix('!').map_or((false, rest), |p| (true, p));
        (Self { disabled, exclusion }, rest)
    }
}

/// `/a|/*` is `/a` and `/a/*`; only the first bar is special.
pub(crate) fn alternatives(pattern: &str) -> Vec<String> {
    match pattern.split_once('|') {
        Some((short, more)) => vec![short.to_owned(), format!("{short}{more}")],
        None => vec![pattern.to_owned()],
    }
}

pub(crate) fn rules(
    prefixes: Prefixes,
    patterns: Vec<String>,
    target: &Target,
    source: RuleSource,
) -> Vec<MountRule> {
    let rule = |pattern| MountRule {
        pattern,
        worker: target.worker.clone(),
        disabled: prefixes.disabled,
        exclusion: prefixes.exclusion,
        source,
        extensions: target.extensions.clone(),
    };
    patterns.into_iter().map(rule).collect()
}

pub(crate) fn target_findings(target: &Target, exclusion: bool, place: &Place) -> Vec<Diagnostic> {
    let diagnostic = |finding: &Finding| Diagnostic {
        severity: finding.severity,
        location: Some(place.at(finding.span.clone())),
        message: finding.message.clone(),
        help: finding.help.clone(),
    };
    let mut findings: Vec<_> = target.findings.iter().map(diagnostic).collect();
    let end = target.worker.len();
    if exclusion && target.extensions != jk_types::Extensions::default() {
        let message = "extensions have no effect on an exclusion";
        findings.push(Diagnostic::warning(place.at(0..end), message));
    }
    if !exclusion && target.worker == "*" {
        let message = "`*` stands for every worker in an exclusion only; here it is a name, and \
                       requests end in status 500";
        findings.push(Diagnostic::warning(place.at(0..end), message));
    }
    findings
}

/// Paths are compared after `//` has been made one slash and `;…` has been cut off.
pub(crate) fn never_matches(pattern: &str, at: Location) -> Option<Diagnostic> {
    let (what, why) = if pattern.contains("//") {
        ("//", "runs of slashes are made one before rules are looked at")
    } else if pattern.contains(';') {
        (";", "path parameters are cut off before rules are looked at")
    } else {
        return None;
    };
    let message = format!("{} never matches, for it holds `{what}`", quoted(pattern.as_bytes()));
    Some(Diagnostic::warning(at, message).help(why))
}

#[cfg(test)]
mod tests;
