//! Error log, access logs and their formats.

use super::super::call::Arity::{One, OneOrTwo, TwoOrThree};
use super::super::call::{Arity, Call};
use super::super::log_format;
use super::super::module::Presence;
use super::super::report::Refusal;
use super::super::scope::Log;
use super::super::walk::Walk;
use super::{Entry, global, server};
use crate::{LogLevel, LogTarget};

pub(super) const ENTRIES: &[Entry] = &[
    server("ErrorLog", One, error_log),
    server("LogLevel", Arity::Some, log_level),
    server("LogFormat", OneOrTwo, log_format),
    server("CustomLog", TwoOrThree, |walk, call| add_log(walk, call, false)),
    global("GlobalLog", TwoOrThree, |walk, call| add_log(walk, call, true)),
    server("TransferLog", One, |walk, call| add_log(walk, call, false)),
];

/// Where a log goes: a file below `ServerRoot`, or `|program`.
pub(crate) fn target(walk: &Walk<'_>, text: &str) -> LogTarget {
    if let Some(program) = text.strip_prefix('|') {
        // `||` is the old way to ask for what is the default now: no shell.
        let program = program.strip_prefix('|').unwrap_or(program);
        return match program.strip_prefix('$') {
            Some(command) => LogTarget::Program(command.to_owned(), true),
            None => LogTarget::Program(program.to_owned(), false),
        };
    }
    match text {
        "/dev/null" => LogTarget::Off,
        "/dev/stderr" => LogTarget::Stderr,
        _ => LogTarget::File(walk.path(text)),
    }
}

/// httpd refuses to start when a log's directory is not there.
pub(super) fn check_directory(walk: &mut Walk<'_>, call: &Call<'_>, target: &LogTarget) {
    let LogTarget::File(path) = target else { return };
    let Some(directory) = path.parent().filter(|dir| !walk.files.is_dir(dir)) else { return };
    let message = format!("the directory {} of this log does not exist", directory.display());
    walk.report.error(&call.at, message).help("create it; httpd does not start without it, either");
}

fn error_log(walk: &mut Walk<'_>, call: &Call<'_>) -> Result<(), Refusal> {
    let text = call.text(0);
    let syslog = text.get(..6).filter(|head| head.eq_ignore_ascii_case("syslog"));
    let target = match syslog.and_then(|_| text.get(6..)) {
        Some("") => LogTarget::Syslog("local7".to_owned()),
        Some(rest) if rest.starts_with(':') => {
            let facility = rest.split(':').nth(1).filter(|facility| !facility.is_empty());
            LogTarget::Syslog(facility.unwrap_or("local7").to_owned())
        }
        _ => target(walk, text),
    };
    check_directory(walk, call, &target);
    walk.scope().error_log = Some(target);
    Ok(())
}

fn log_level(walk: &mut Walk<'_>, call: &Call<'_>) -> Result<(), Refusal> {
    for word in &call.words {
        match word.text.rsplit_once(':') {
            None => {
                let level = level(&word.text).map_err(|refusal| refusal.at(&word.at))?;
                walk.scope().log_level = Some(level);
            }
            Some((module, level_word)) => {
                level(level_word).map_err(|refusal| refusal.at(&word.at))?;
                module_level(walk, module).map_err(|refusal| refusal.at(&word.at))?;
                let message = format!("the level of a single module is not kept apart: `{module}`");
                walk.report.note(&word.at, message);
            }
        }
    }
    Ok(())
}

/// httpd wants the module to be there, under its name or with `_module` added.
fn module_level(walk: &Walk<'_>, module: &str) -> Result<(), Refusal> {
    let names = [module.to_owned(), format!("{module}_module")];
    let there = names.iter().any(|name| walk.modules.presence(name) != Presence::Absent);
    let known = names.iter().any(|name| super::super::family::family(name).is_some());
    if there || known {
        return Ok(());
    }
    Err(Refusal::new(format!("there is no module `{module}`")))
}

fn level(word: &str) -> Result<LogLevel, Refusal> {
    const LEVELS: [(&str, LogLevel); 8] = [
        ("emerg", LogLevel::Emerg),
        ("alert", LogLevel::Alert),
        ("crit", LogLevel::Crit),
        ("error", LogLevel::Error),
        ("warn", LogLevel::Warn),
        ("notice", LogLevel::Notice),
        ("info", LogLevel::Info),
        ("debug", LogLevel::Debug),
    ];
    let word_is = |(name, _): &&(&str, LogLevel)| name.eq_ignore_ascii_case(word);
    if let Some((_, level)) = LEVELS.iter().find(word_is) {
        return Ok(*level);
    }
    let lower = word.to_ascii_lowercase();
    let trace = lower.strip_prefix("trace").is_some_and(|n| matches!(n.as_bytes(), [b'1'..=b'8']));
    if trace {
        return Ok(LogLevel::Trace);
    }
    Err(Refusal::new(format!("`{word}` is not a level"))
        .help("one of emerg, alert, crit, error, warn, notice, info, debug, trace1 to trace8"))
}

fn log_format(walk: &mut Walk<'_>, call: &Call<'_>) -> Result<(), Refusal> {
    let format = call.text(0).to_owned();
    // httpd parses the format even where it is a nickname.
    log_format::check(&format, call, walk.report)?;
    let logs = &mut walk.scope().logs;
    match call.optional(1) {
        None => logs.default = Some(format),
        Some(name) => {
            logs.formats.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
            logs.formats.push((name.to_owned(), format));
        }
    }
    Ok(())
}

fn add_log(walk: &mut Walk<'_>, call: &Call<'_>, global: bool) -> Result<(), Refusal> {
    let env = match call.optional(2).filter(|condition| !condition.is_empty()) {
        Some(condition) => condition_of(walk, call, condition)?,
        None => None,
    };
    let format = call.optional(1).map(str::to_owned);
    if let Some(format) = &format {
        log_format::check(format, call, walk.report)?;
    }
    let target = target(walk, call.text(0));
    check_directory(walk, call, &target);
    let at = call.directive.at();
    walk.scope().logs.logs.push(Log { target, format, env, at, global });
    Ok(())
}

/// `env=name`, `env=!name` or `expr=…`.
fn condition_of(
    walk: &mut Walk<'_>,
    call: &Call<'_>,
    condition: &str,
) -> Result<Option<(String, bool)>, Refusal> {
    let lower = condition.to_ascii_lowercase();
    if lower.starts_with("expr=") {
        let message = "expressions are not evaluated: every request is logged here";
        walk.report
            .warning(&call.directive.at(), message)
            .help("`env=name` and SetEnvIf can do it");
        return Ok(None);
    }
    let name = condition.get(4..).filter(|_| lower.starts_with("env=")).ok_or_else(|| {
        Refusal::new(format!("`{condition}` is not a condition")).help("write `env=name`")
    })?;
    let (name, negated) = match name.strip_prefix('!') {
        Some(name) => (name, true),
        None => (name, false),
    };
    if name.is_empty() {
        return Err(Refusal::new("the name of an environment variable is missing"));
    }
    Ok(Some((name.to_owned(), negated)))
}
