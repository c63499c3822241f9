//! Variables of requests: `SetEnvIf`, `SetEnv` and their kin.

use super::super::call::Arity::{OneOrTwo, Raw};
use super::super::call::{Arity, Call};
use super::super::report::Refusal;
use super::super::scope::{Env, SectionEnv};
use super::super::section::realm;
use super::super::value::regex;
use super::super::walk::Walk;
use super::super::word::Word;
use super::{Entry, anywhere};
use crate::EnvRule;

pub(super) const ENTRIES: &[Entry] = &[
    anywhere("SetEnvIf", Raw, |walk, call| set_env_if(walk, call, false)),
    anywhere("SetEnvIfNoCase", Raw, |walk, call| set_env_if(walk, call, true)),
    anywhere("BrowserMatch", Raw, |walk, call| browser_match(walk, call, false)),
    anywhere("BrowserMatchNoCase", Raw, |walk, call| browser_match(walk, call, true)),
    anywhere("SetEnv", OneOrTwo, set_env),
    anywhere("PassEnv", Arity::Some, pass_env),
    anywhere("UnsetEnv", Arity::Some, unset_env),
];

fn set_env_if(walk: &mut Walk<'_>, call: &Call<'_>, no_case: bool) -> Result<(), Refusal> {
    let Some((attribute, rest)) = call.words.split_first().filter(|(a, _)| !a.text.is_empty())
    else {
        return Err(Refusal::new(format!("{} wants the name of a field first", call.name)));
    };
    let attribute_is_regex =
        !attribute.text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
    if attribute_is_regex {
        regex(&attribute.text, no_case).map_err(|refusal| refusal.at(&attribute.at))?;
    }
    add_condition(walk, call, &attribute.text, rest, no_case)
}

fn browser_match(walk: &mut Walk<'_>, call: &Call<'_>, no_case: bool) -> Result<(), Refusal> {
    add_condition(walk, call, "User-Agent", &call.words, no_case)
}

fn add_condition(
    walk: &mut Walk<'_>,
    call: &Call<'_>,
    attribute: &str,
    words: &[Word],
    no_case: bool,
) -> Result<(), Refusal> {
    let Some((pattern, settings)) = words.split_first().filter(|(p, _)| !p.text.is_empty()) else {
        return Err(Refusal::new(format!("{} wants a regular expression", call.name)));
    };
    regex(&pattern.text, no_case).map_err(|refusal| refusal.at(&pattern.at))?;
    let variables: Vec<_> = settings
        .iter()
        .take_while(|word| !word.text.is_empty())
        .map(|word| variable(&word.text))
        .collect();
    if variables.is_empty() {
        return Err(Refusal::new(format!("{} wants a variable to set", call.name))
            .help("write `name`, `name=value` or `!name`"));
    }
    let rule = EnvRule::SetIf {
        attribute: attribute.to_owned(),
        pattern: pattern.text.clone(),
        no_case,
        variables,
    };
    if let Some(env) = env_of(walk, call) {
        env.conditional.push(rule);
    }
    Ok(())
}

/// Where variables are kept: with the server, or with the section around. In conditions they are
/// without effect, which is said.
fn env_of<'w>(walk: &'w mut Walk<'_>, call: &Call<'_>) -> Option<&'w mut Env> {
    let Some(section) = walk.sections.last().cloned() else {
        return Some(&mut walk.scope().env);
    };
    let Some(realm) = realm(&walk.sections) else {
        let message = format!("`{}` has no effect inside {}", call.name, section.shown());
        walk.report
            .warning(&call.directive.at(), message)
            .help("it is honoured in <Location>, <Directory>, <Files> and outside of sections");
        return None;
    };
    let sections = &mut walk.scope().location_env;
    if sections.last().is_none_or(|last| last.at != section.at) {
        sections.push(SectionEnv { at: section.at, realm, env: Env::default() });
    }
    sections.last_mut().map(|section| &mut section.env)
}

/// `name=value`, `name` (which is 1) or `!name`.
fn variable(text: &str) -> (String, Option<String>) {
    let (name, value) = text.split_once('=').unwrap_or((text, ""));
    match (value, name.strip_prefix('!')) {
        ("", Some(unset)) => (unset.to_owned(), None),
        ("", None) => (name.to_owned(), Some("1".to_owned())),
        _ => (name.to_owned(), Some(value.to_owned())),
    }
}

fn set_env(walk: &mut Walk<'_>, call: &Call<'_>) -> Result<(), Refusal> {
    let name = call.text(0);
    if name.contains('=') {
        walk.report
            .warning(&call.at, format!("the variable is named `{name}`, with the `=`"))
            .help("write `SetEnv name value`");
    }
    set(walk, call, name, call.text(1));
    Ok(())
}

fn pass_env(walk: &mut Walk<'_>, call: &Call<'_>) -> Result<(), Refusal> {
    for word in &call.words {
        match walk.files.env(&word.text) {
            Some(value) => set(walk, call, &word.text, &value),
            None => {
                let message = format!("`{}` is not in the environment", word.text);
                walk.report.warning(&word.at, message);
            }
        }
    }
    Ok(())
}

fn unset_env(walk: &mut Walk<'_>, call: &Call<'_>) -> Result<(), Refusal> {
    let Some(env) = env_of(walk, call) else { return Ok(()) };
    for word in &call.words {
        env.variables.retain(|(known, _)| !known.eq_ignore_ascii_case(&word.text));
        env.unset.push(word.text.clone());
    }
    Ok(())
}

fn set(walk: &mut Walk<'_>, call: &Call<'_>, name: &str, value: &str) {
    let Some(Env { variables, .. }) = env_of(walk, call) else { return };
    match variables.iter_mut().find(|(known, _)| known.eq_ignore_ascii_case(name)) {
        Some((_, known)) => value.clone_into(known),
        None => variables.push((name.to_owned(), value.to_owned())),
    }
}
