//! The directives of mod_jk.

use std::time::Duration;

use super::super::call::Arity::{Flag, One, OneOrTwo, Raw};
use super::super::call::Call;
use super::super::log_format;
use super::super::report::Refusal;
use super::super::scope::{Indicator, Jk, Mount};
use super::super::section::Kind;
use super::super::value::{choice, number};
use super::super::walk::Walk;
use super::jk_options;
use super::logs::{check_directory, target};
use super::{Entry, anywhere, global, server};
use crate::{JkLogLevel, LocationMatch};

pub(super) const ENTRIES: &[Entry] = &[
    global("JkWorkersFile", One, workers_file),
    global("JkWorkerProperty", Raw, |walk, call| {
        let line = (call.directive.raw(), call.at.clone());
        walk.global.worker_properties.push(line);
        Ok(())
    }),
    global("JkShmFile", One, |walk, call| {
        let path = walk.path(call.text(0));
        if let Some(directory) = path.parent().filter(|dir| !walk.files.is_dir(dir)) {
            let message = format!("the directory {} does not exist", directory.display());
            let help = "no change of a status worker will survive a restart; httpd would not start";
            walk.report.warning(&call.at, message).help(help);
        }
        walk.global.shm_file = Some(path);
        Ok(())
    }),
    global("JkShmSize", One, |walk, call| {
        number(call, walk.report);
        let message = "`JkShmSize` is not needed: nothing is shared between processes";
        walk.report.note(&call.directive.at(), message);
        Ok(())
    }),
    global("JkWatchdogInterval", One, |walk, call| {
        walk.global.watchdog_interval = seconds(walk, call);
        Ok(())
    }),
    anywhere("JkMount", OneOrTwo, |walk, call| mount(walk, call, false)),
    anywhere("JkUnMount", OneOrTwo, |walk, call| mount(walk, call, true)),
    server("JkMountFile", One, mount_file),
    server("JkMountFileReload", One, |walk, call| {
        let interval = seconds(walk, call);
        jk(walk).mount_file_reload = Some(interval);
        Ok(())
    }),
    server("JkMountCopy", One, mount_copy),
    server("JkAutoAlias", One, |walk, call| {
        // As it stands: mod_jk does not join it to ServerRoot.
        jk(walk).auto_alias = Some(call.text(0).into());
        Ok(())
    }),
    server("JkStripSession", OneOrTwo, |walk, call| {
        let on = choice(call, &[("On", true), ("Off", false)])?;
        let text = call.optional(1).unwrap_or(";jsessionid").to_owned();
        jk(walk).strip_session = Some(on.then_some(text));
        Ok(())
    }),
    server("JkLogFile", One, |walk, call| {
        let target = target(walk, call.text(0));
        check_directory(walk, call, &target);
        jk(walk).log_file = Some(target);
        Ok(())
    }),
    server("JkLogLevel", One, log_level),
    server("JkLogStampFormat", One, |walk, call| {
        jk(walk).log_stamp = Some(call.text(0).to_owned());
        Ok(())
    }),
    server("JkRequestLogFormat", One, |walk, call| {
        let usable = log_format::check_jk(call.text(0), call, walk.report);
        jk(walk).request_log = Some(usable.then(|| call.text(0).to_owned()));
        Ok(())
    }),
    server("JkOptions", Raw, jk_options::apply),
    server("JkEnvVar", OneOrTwo, env_var),
    server("JkExtractSSL", Flag, |walk, call| {
        jk(walk).extract_ssl = Some(call.flag());
        Ok(())
    }),
    server("JkWorkerIndicator", One, |w, c| indicator(w, c, Indicator::Worker)),
    server("JkRequestIdIndicator", One, |w, c| indicator(w, c, Indicator::RequestId)),
    server("JkRemoteAddrIndicator", One, |w, c| indicator(w, c, Indicator::RemoteAddr)),
    server("JkRemotePortIndicator", One, |w, c| indicator(w, c, Indicator::RemotePort)),
    server("JkRemoteHostIndicator", One, |w, c| indicator(w, c, Indicator::RemoteHost)),
    server("JkRemoteUserIndicator", One, |w, c| indicator(w, c, Indicator::RemoteUser)),
    server("JkAuthTypeIndicator", One, |w, c| indicator(w, c, Indicator::AuthType)),
    server("JkLocalNameIndicator", One, |w, c| indicator(w, c, Indicator::LocalName)),
    server("JkLocalAddrIndicator", One, |w, c| indicator(w, c, Indicator::LocalAddr)),
    server("JkLocalPortIndicator", One, |w, c| indicator(w, c, Indicator::LocalPort)),
    server("JkIgnoreCLIndicator", One, |w, c| indicator(w, c, Indicator::IgnoreCl)),
    server("JkHTTPSIndicator", One, |w, c| indicator(w, c, Indicator::Https)),
    server("JkSSLPROTOCOLIndicator", One, |w, c| indicator(w, c, Indicator::SslProtocol)),
    server("JkCERTSIndicator", One, |w, c| indicator(w, c, Indicator::Certs)),
    server("JkCERTCHAINPrefix", One, |w, c| indicator(w, c, Indicator::CertChainPrefix)),
    server("JkCIPHERIndicator", One, |w, c| indicator(w, c, Indicator::Cipher)),
    server("JkSESSIONIndicator", One, |w, c| indicator(w, c, Indicator::Session)),
    server("JkKEYSIZEIndicator", One, |w, c| indicator(w, c, Indicator::KeySize)),
];

/// The Jk settings of the server that is being read.
fn jk<'w>(walk: &'w mut Walk<'_>) -> &'w mut Jk {
    &mut walk.scope().jk
}

/// Seconds, none of them below zero.
fn seconds(walk: &mut Walk<'_>, call: &Call<'_>) -> Duration {
    Duration::from_secs(u64::try_from(number(call, walk.report)).unwrap_or(0))
}

fn workers_file(walk: &mut Walk<'_>, call: &Call<'_>) -> Result<(), Refusal> {
    if walk.global.workers_file.is_some() {
        return Err(Refusal::new("JkWorkersFile is allowed only once")
            .help("put all workers into one file, or add JkWorkerProperty lines"));
    }
    let path = walk.path(call.text(0));
    if !is_file(walk, &path) {
        return Err(Refusal::new(format!("there is no file {}", path.display())));
    }
    walk.global.workers_file = Some((path, call.at.clone()));
    Ok(())
}

fn mount_file(walk: &mut Walk<'_>, call: &Call<'_>) -> Result<(), Refusal> {
    let path = walk.path(call.text(0));
    if !is_file(walk, &path) {
        return Err(Refusal::new(format!("there is no file {}", path.display())));
    }
    jk(walk).mount_file = Some((path, call.at.clone()));
    Ok(())
}

fn is_file(walk: &Walk<'_>, path: &std::path::Path) -> bool {
    walk.files.exists(path) && !walk.files.is_dir(path)
}

fn mount(walk: &mut Walk<'_>, call: &Call<'_>, exclusion: bool) -> Result<(), Refusal> {
    let name = call.name;
    let (pattern, worker) = match (walk.sections.last(), call.optional(1)) {
        (None, Some(worker)) => (call.text(0).to_owned(), worker.to_owned()),
        (Some(section), None) => (section.path.clone(), call.text(0).to_owned()),
        (None, None) => {
            return Err(Refusal::new(format!(
                "{name} needs a path when it is not in a <Location>"
            ))
            .help(format!("write `{name} /path/* worker`")));
        }
        (Some(section), Some(_)) => {
            let around = section.shown();
            return Err(Refusal::new(format!("{name} cannot have a path inside {around}"))
                .help(format!("write `{name} worker`")));
        }
    };
    if !pattern.starts_with('/') {
        return Err(Refusal::new(format!(
            "the path of {name} must start with `/`, not `{pattern}`"
        ))
        .help("a pattern as `/*.jsp` matches in every directory"));
    }
    warn_of_section(walk, call);
    let (in_section, at) = (!walk.sections.is_empty(), call.directive.at());
    let added = Mount { pattern, exclusion, worker, at, in_section };
    put(walk, added);
    Ok(())
}

/// The table is keyed by pattern and kind: the last worker wins, in the place of the first.
fn put(walk: &mut Walk<'_>, added: Mount) {
    let mounts = &mut jk(walk).mounts;
    let Some(known) = mounts.iter_mut().find(|known| known.same_key(&added)) else {
        mounts.push(added);
        return;
    };
    let before = std::mem::replace(known, added.clone());
    if before.worker != added.worker {
        let (pattern, worker) = (&added.pattern, &before.worker);
        let message = format!("this replaces worker `{worker}` for `{pattern}`");
        let finding = walk.report.warning(&added.at, message);
        if added.exclusion {
            finding.help("`JkUnMount … *` excludes a path from every worker");
        } else {
            finding.help("only the last JkMount of a path counts");
        }
    }
}

/// What a section speaks of is not what the rule speaks of.
fn warn_of_section(walk: &mut Walk<'_>, call: &Call<'_>) {
    let Some(section) = walk.sections.last() else { return };
    let path = &section.path;
    let message = match (section.kind, section.matching) {
        (Kind::Location, LocationMatch::Regex) => {
            format!("`{path}` is taken for a rule's pattern, not for a regular expression")
        }
        (Kind::Location, _) => return,
        _ => format!("`{path}` is taken for the path of a request"),
    };
    walk.report
        .warning(&call.directive.at(), message)
        .help(format!("write `{} /path/* worker` outside of the section", call.name));
}

fn mount_copy(walk: &mut Walk<'_>, call: &Call<'_>) -> Result<(), Refusal> {
    let text = call.text(0);
    if text.eq_ignore_ascii_case("all") {
        if walk.in_host {
            return Err(Refusal::new("`JkMountCopy All` cannot occur within <VirtualHost>")
                .help("`JkMountCopy On` is for a single virtual host"));
        }
        walk.global.mount_copy_all = true;
        return Ok(());
    }
    let on = choice(call, &[("On", true), ("Off", false), ("All", true)])?;
    if !walk.in_host {
        let message = format!("`JkMountCopy {text}` has no effect outside of <VirtualHost>");
        walk.report
            .warning(&call.directive.at(), message)
            .help("`JkMountCopy All` is for all of them");
    }
    jk(walk).mount_copy = Some(on);
    Ok(())
}

fn log_level(walk: &mut Walk<'_>, call: &Call<'_>) -> Result<(), Refusal> {
    let level = match call.text(0).to_ascii_lowercase().as_str() {
        "trace" => JkLogLevel::Trace,
        "debug" => JkLogLevel::Debug,
        "info" => JkLogLevel::Info,
        "warn" => JkLogLevel::Warn,
        "error" => JkLogLevel::Error,
        "emerg" => JkLogLevel::Emerg,
        other => {
            let message = format!("`{other}` is not a level of mod_jk, which takes it for `info`");
            walk.report
                .warning(&call.at, message)
                .help("one of trace, debug, info, warn, error, emerg");
            JkLogLevel::Info
        }
    };
    jk(walk).log_level = Some(level);
    Ok(())
}

fn env_var(walk: &mut Walk<'_>, call: &Call<'_>) -> Result<(), Refusal> {
    let (name, default) = (call.text(0), call.optional(1));
    if default.is_none() && call.directive.words().count() > 1 {
        let message = format!("`\"\"` is no default: `{name}` is sent only when it is set");
        walk.report.hint(&call.at, message);
    }
    let default = default.map(str::to_owned);
    let vars = &mut jk(walk).env_vars;
    match vars.iter_mut().find(|(known, _)| known.eq_ignore_ascii_case(name)) {
        Some((_, known)) => *known = default,
        None => vars.push((name.to_owned(), default)),
    }
    Ok(())
}

fn indicator(walk: &mut Walk<'_>, call: &Call<'_>, which: Indicator) -> Result<(), Refusal> {
    if let Some(slot) = jk(walk).indicators.get_mut(which as usize) {
        *slot = Some(call.text(0).to_owned());
    }
    Ok(())
}
