//! `uriworkermap.properties`: one mapping rule per line.

mod shadow;

use jk_types::{MountRule, RuleSource};

use crate::diagnostic::quoted;
use crate::extensions::{Prefixes, alternatives, never_matches, rules, target_findings};
use crate::property_map::{Entry, Occurrence};
use crate::reader::{Place, Reader, Role};
use crate::{Diagnostic, Location, SourceId, parse_target};

/// Reads a rule file. `env` gives the environment variables that `$(name)` may name.
///
/// The rules come in the order in which mod_jk adds them, each with the place of its pattern.
/// `None` means that mod_jk would give up the whole map, rules from other sources included. It
/// starts nevertheless, so no finding is an error.
///
/// ```
/// # use jk_config::{Sources, read_uriworkermap};
/// let mut sources = Sources::default();
/// let file = sources.add("uriworkermap.properties".into(), b"/app|/*=shop\n".to_vec());
/// let (rules, findings) = read_uriworkermap(file, sources.text(file), &|_| None);
/// let patterns: Vec<_> = rules.unwrap().into_iter().map(|(rule, _)| rule.pattern).collect();
/// assert_eq!(patterns, ["/app", "/app/*"]);
/// assert!(findings.is_empty());
/// ```
pub fn read_uriworkermap(
    source: SourceId,
    text: &[u8],
    env: &dyn Fn(&str) -> Option<String>,
) -> (Option<Vec<(MountRule, Location)>>, Vec<Diagnostic>) {
    let mut reader = Reader::new(Role::Rules, env);
    reader.file(source, text);
    let Reader { map, mut findings, refused, .. } = reader;
    let mut rules = Vec::new();
    for entry in map.entries() {
        if let Some(written) = entry.written.last() {
            rules.extend(entry_rules(entry, written, &mut findings));
        }
    }
    if !refused {
        findings.extend(shadow::findings(&rules));
    }
    findings.sort_by_key(|finding| finding.location.as_ref().map(|l| l.span.start));
    ((!refused).then_some(rules), findings)
}

fn entry_rules(
    entry: &Entry,
    written: &Occurrence,
    findings: &mut Vec<Diagnostic>,
) -> Vec<(MountRule, Location)> {
    let key = utf8(&entry.key, &written.key, findings);
    let value = utf8(&entry.value, &written.value, findings);
    let (prefixes, pattern) = Prefixes::split(&key);
    let patterns = alternatives(pattern);
    if !patterns[0].starts_with('/') {
        findings.push(no_slash(&key, pattern, written.key.clone()));
        return Vec::new();
    }
    let target = parse_target(&value);
    let place = if entry.value == written.raw {
        Place::new(written.value.clone(), value.len())
    } else {
        Place::vague(written.value.clone())
    };
    findings.extend(target_findings(&target, prefixes.exclusion, &place));
    findings.extend(patterns.iter().find_map(|p| never_matches(p, written.key.clone())));
    if prefixes.disabled {
        let message = "a rule that begins with `-` does nothing at all";
        let help = "it does not switch off a rule of another line or file; for that write `!`";
        findings.push(Diagnostic::hint(written.key.clone(), message).help(help));
    }
    let rules = rules(prefixes, patterns, &target, RuleSource::File);
    rules.into_iter().map(|rule| (rule, written.key.clone())).collect()
}

fn no_slash(key: &str, pattern: &str, at: Location) -> Diagnostic {
    let name = quoted(key.as_bytes());
    let message = format!("{name} does not begin with `/`: the rule is ignored");
    let finding = Diagnostic::warning(at, message);
    let misplaced = pattern.trim_start_matches(['-', '!']);
    if misplaced != pattern && misplaced.starts_with('/') {
        finding.help("at most one `-`, then at most one `!`, may come before a pattern")
    } else if pattern.starts_with(['*', '?']) {
        let prefixes = &key[..key.len() - pattern.len()];
        finding.help(format!("write `{prefixes}/{pattern}`"))
    } else {
        finding
    }
}

fn utf8(bytes: &[u8], at: &Location, findings: &mut Vec<Diagnostic>) -> String {
    let text = String::from_utf8_lossy(bytes);
    if matches!(text, std::borrow::Cow::Owned(_)) {
        let message = "not UTF-8: the rule matches no path that a browser sends";
        findings.push(Diagnostic::warning(at.clone(), message).help("save the file as UTF-8"));
    }
    text.into_owned()
}
