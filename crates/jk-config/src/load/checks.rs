//! What only shows when all parts are there.

use jk_types::WorkerKind;

use super::maps::PlacedRule;
use super::worker;
use crate::httpd::{Report, Scope, Walked};
use crate::spelling::nearest;
use crate::{Config, Listen, Severity, VhostAddress, VirtualHost, WorkersOutput};

/// Looks at the whole.
pub(super) fn run(
    walked: &Walked,
    config: &Config,
    workers: &WorkersOutput,
    rules: &[PlacedRule],
    report: &mut Report,
) {
    listeners(config, report);
    names(walked, config, report);
    log_formats(walked, report);
    jk_log(walked, config, report);
    // Without all workers it is not known which rules lead nowhere.
    if !workers.fatal {
        for rule in rules {
            rule_target(rule, config, report);
        }
    }
}

/// httpd does not start without a Listen, and never serves a host that none covers.
fn listeners(config: &Config, report: &mut Report) {
    if config.listeners.is_empty() {
        report
            .say(Severity::Error, None, "there is no Listen, so nobody could connect")
            .help("write `Listen 80`");
        return;
    }
    for host in &config.vhosts {
        for address in &host.addresses {
            if !config.listeners.iter().any(|listen| covers(listen, address)) {
                let shown = shown(address);
                report
                    .warning(
                        &host.location,
                        format!("no Listen covers {shown}: no request gets here"),
                    )
                    .help("add a Listen, or correct the address");
            }
        }
    }
}

fn covers(listen: &Listen, address: &VhostAddress) -> bool {
    let ip_fits = match (listen.ip, address.ip) {
        (Some(listen), Some(address)) => {
            listen == address || listen.is_unspecified() && listen.is_ipv4() == address.is_ipv4()
        }
        _ => true,
    };
    ip_fits && address.port.is_none_or(|port| port == listen.port)
}

fn shown(address: &VhostAddress) -> String {
    let host = match address.ip {
        Some(ip @ std::net::IpAddr::V6(_)) => format!("[{ip}]"),
        Some(ip) => ip.to_string(),
        None => "*".to_owned(),
    };
    let port = address.port.map_or("*".to_owned(), |port| port.to_string());
    format!("`{host}:{port}`")
}

/// Who is asked for by name needs one.
fn names(walked: &Walked, config: &Config, report: &mut Report) {
    if walked.main.name.is_none() {
        let message =
            "the main server has no ServerName; httpd would look up the name of the machine";
        report.say(Severity::Hint, None, message).help("write `ServerName www.example.com`");
    }
    for (index, host) in config.vhosts.iter().enumerate() {
        let unnamed = walked.hosts.get(index).is_some_and(|scope| scope.name.is_none());
        if unnamed && config.vhosts.iter().take(index).any(|earlier| shares(earlier, host)) {
            report
                .hint(
                    &host.location,
                    "this virtual host has no ServerName of its own, and an earlier one has the \
                     same address: it may never be chosen",
                )
                .help("write `ServerName www.example.com`");
        }
    }
}

fn shares(a: &VirtualHost, b: &VirtualHost) -> bool {
    a.addresses.iter().any(|address| b.addresses.contains(address))
}

/// A nickname that nobody gave is a format without any directive: the same word on every line.
fn log_formats(walked: &Walked, report: &mut Report) {
    for scope in std::iter::once(&walked.main).chain(&walked.hosts) {
        for log in &scope.logs.logs {
            let Some(name) = log.format.as_ref().filter(|name| !name.contains('%')) else {
                continue;
            };
            let known = |scope: &Scope| {
                scope.logs.formats.iter().any(|(known, _)| known.eq_ignore_ascii_case(name))
            };
            if known(scope) || known(&walked.main) || name.eq_ignore_ascii_case("CLF") {
                continue;
            }
            let message = format!("there is no LogFormat `{name}`: the word itself is written");
            let finding = report.warning(&log.at, message);
            match STANDARD.iter().find(|(standard, _)| standard.eq_ignore_ascii_case(name)) {
                Some((_, line)) => finding.help(format!("add `{line}`")),
                None => finding.help("define it with LogFormat"),
            }
        }
    }
}

/// What every distribution defines.
const STANDARD: [(&str, &str); 2] = [
    ("common", r#"LogFormat "%h %l %u %t \"%r\" %>s %b" common"#),
    (
        "combined",
        r#"LogFormat "%h %l %u %t \"%r\" %>s %b \"%{Referer}i\" \"%{User-Agent}i\"" combined"#,
    ),
];

fn jk_log(walked: &Walked, config: &Config, report: &mut Report) {
    let jk_is_used = walked.global.workers_file.is_some();
    if !jk_is_used || walked.main.jk.log_file.is_some() {
        return;
    }
    let message = match &config.main.jk.log_file {
        Some(crate::LogTarget::File(path)) => {
            format!("there is no JkLogFile: mod_jk's log goes to {}", path.display())
        }
        _ => "there is no JkLogFile: mod_jk's log goes to the error log".to_owned(),
    };
    report.say(Severity::Hint, None, message).help("write a JkLogFile line");
}

/// A rule leads to a worker, or its requests fail.
fn rule_target(placed: &PlacedRule, config: &Config, report: &mut Report) {
    let (rule, at) = (&placed.rule, &placed.at);
    if rule.exclusion && rule.worker == "*" {
        return;
    }
    let Some(worker) = worker(&config.workers, &rule.worker) else {
        let name = &rule.worker;
        let message = match rule.exclusion {
            true => format!("no worker is called `{name}`: this excludes nothing"),
            false => format!("no worker is called `{name}`: requests for this path get 500"),
        };
        let known = config.workers.iter().map(|worker| worker.name.as_str());
        let finding = report.warning(at, message);
        match nearest(name, known) {
            Some(meant) => finding.help(format!("did you mean `{meant}`?")),
            None => finding.help("name it in `worker.list`"),
        }
        return;
    };
    let is_application = !matches!(worker.kind, WorkerKind::Status(_));
    if placed.in_section && is_application && !rule.is_wildcard() && !rule.pattern.ends_with('/') {
        let path = &rule.pattern;
        report
            .hint(at, format!("this is about `{path}` alone, not about what lies below it"))
            .help(format!("outside of the section, `{path}|/*` means both"));
    }
}
