//! A configuration as stable text: what differs from the default, one setting in a line.

use std::fmt::{Debug, Write as _};

use jk_config::{Config, Location, Mounts, Realm, RealmKind, Server, Sources};
use jk_types::MountRule;

/// The whole configuration.
pub(crate) fn config(config: &Config, sources: &Sources) -> String {
    let mut out = String::new();
    line(&mut out, "server_root", &config.server_root);
    for listen in &config.listeners {
        let ip = listen.ip.map_or("*".to_owned(), |ip| ip.to_string());
        let at = listen.location.as_ref().map(|at| place(at, sources)).unwrap_or_default();
        writeln!(out, "listen {ip} {} from {at}", listen.port).unwrap();
    }
    differing(&mut out, "server_tokens", &config.server_tokens, &Default::default());
    for (name, value) in [("user", &config.user), ("group", &config.group)] {
        differing(&mut out, name, value, &None);
    }
    differing(&mut out, "pid_file", &config.pid_file, &None);
    differing(&mut out, "shm_file", &config.shm_file, &None);
    differing(&mut out, "listen_backlog", &config.listen_backlog, &511);
    differing(&mut out, "default_pool_size", &config.default_pool_size, &400);
    differing(&mut out, "watchdog_interval", &config.watchdog_interval, &Default::default());
    differing(&mut out, "threads", &config.threads, &None);
    differing(&mut out, "grace", &config.grace, &None);
    let timeout = &config.graceful_shutdown_timeout;
    differing(&mut out, "graceful_shutdown_timeout", timeout, &None);
    let workers: Vec<&str> = config.workers.iter().map(|worker| worker.name.as_str()).collect();
    line(&mut out, "workers", &workers);
    out += "main\n";
    server(&mut out, &config.main);
    for host in &config.vhosts {
        let addresses: Vec<String> = host.addresses.iter().map(address).collect();
        let at = place(&host.location, sources);
        writeln!(out, "vhost {} from {at}", addresses.join(" ")).unwrap();
        server(&mut out, &host.server);
    }
    out
}

fn server(out: &mut String, server: &Server) {
    let Server { name, port, aliases, admin, document_root, .. } = server;
    differing(out, "  name", name, &None);
    differing(out, "  port", port, &None);
    differing(out, "  https", &server.https, &false);
    differing(out, "  aliases", aliases, &Vec::new());
    differing(out, "  admin", admin, &None);
    differing(out, "  canonical_name", &server.canonical_name, &Default::default());
    differing(out, "  canonical_physical_port", &server.canonical_physical_port, &false);
    differing(out, "  document_root", document_root, &None);
    differing(out, "  directory_index", &server.directory_index, &vec!["index.html".to_owned()]);
    differing(out, "  timeout", &server.timeout.as_secs(), &60);
    differing(out, "  keep_alive", &server.keep_alive, &true);
    differing(out, "  keep_alive_timeout", &server.keep_alive_timeout.as_millis(), &5000);
    differing(out, "  max_keep_alive_requests", &server.max_keep_alive_requests, &100);
    differing(out, "  limit_request_line", &server.limit_request_line, &8190);
    differing(out, "  limit_request_field_size", &server.limit_request_field_size, &8190);
    differing(out, "  limit_request_fields", &server.limit_request_fields, &100);
    differing(out, "  limit_request_body", &server.limit_request_body, &(1 << 30));
    line(out, "  error_log", &server.error_log);
    differing(out, "  log_level", &server.log_level, &Default::default());
    for log in &server.access_logs {
        writeln!(out, "  access_log {:?} {:?} {:?}", log.target, log.format, log.env).unwrap();
    }
    for rule in &server.env {
        line(out, "  env", rule);
    }
    differing(out, "  encoded_slashes", &server.encoded_slashes, &Default::default());
    differing(out, "  trace", &server.trace, &Default::default());
    differing(out, "  signature", &server.signature, &Default::default());
    differing(out, "  default_charset", &server.default_charset, &None);
    differing(out, "  add_types", &server.add_types, &Vec::new());
    differing(out, "  error_documents", &server.error_documents, &Vec::new());
    for handler in &server.handlers {
        writeln!(out, "  handler {} {:?}", realm(&handler.realm), handler.handler).unwrap();
    }
    for section in &server.location_env {
        writeln!(out, "  env of {} {:?}", realm(&section.realm), section.rules).unwrap();
    }
    jk(out, server);
}

fn jk(out: &mut String, server: &Server) {
    let jk = &server.jk;
    differing(out, "  jk.log_file", &jk.log_file, &None);
    differing(out, "  jk.log_level", &jk.log_level, &Default::default());
    let stamp = "[%a %b %d %H:%M:%S.%Q %Y] ".to_owned();
    differing(out, "  jk.log_stamp", &jk.log_stamp, &stamp);
    differing(out, "  jk.request_log", &jk.request_log, &None);
    fields(out, "  jk.options", &jk.options, &Default::default());
    fields(out, "  jk.indicators", &jk.indicators, &Default::default());
    differing(out, "  jk.extract_ssl", &jk.extract_ssl, &true);
    differing(out, "  jk.env_vars", &jk.env_vars, &Vec::new());
    differing(out, "  jk.auto_alias", &jk.auto_alias, &None);
    differing(out, "  jk.strip_session", &jk.strip_session, &None);
    match &jk.mounts {
        Mounts::None => {}
        Mounts::Main => *out += "  mounts of the main server\n",
        Mounts::Own(own) => {
            if let Some(file) = &own.file {
                let (path, reload) = (file.path.display(), file.reload.as_secs());
                writeln!(out, "  mount file {path} every {reload} s").unwrap();
                match &file.rules {
                    Some(rules) => rules.iter().for_each(|rule| mount(out, rule)),
                    None => *out += "    the whole map is lost\n",
                }
            }
            own.jk_mounts.iter().chain(&own.worker_mounts).for_each(|rule| mount(out, rule));
        }
    }
}

fn mount(out: &mut String, rule: &MountRule) {
    let disabled = if rule.disabled { "-" } else { "" };
    let exclusion = if rule.exclusion { "!" } else { "" };
    let (pattern, worker, source) = (&rule.pattern, &rule.worker, rule.source.label());
    writeln!(out, "    {disabled}{exclusion}{pattern} = {worker} ({source})").unwrap();
}

fn address(address: &jk_config::VhostAddress) -> String {
    let ip = address.ip.map_or("*".to_owned(), |ip| ip.to_string());
    let port = address.port.map_or("*".to_owned(), |port| port.to_string());
    format!("{ip} {port}")
}

fn place(at: &Location, sources: &Sources) -> String {
    let (line, _) = sources.line_column(at.source, at.span.start);
    format!("{}:{line}", sources.path(at.source).display())
}

fn line(out: &mut String, name: &str, value: &impl Debug) {
    writeln!(out, "{name} {value:?}").unwrap();
}

fn differing<T: Debug + PartialEq>(out: &mut String, name: &str, value: &T, default: &T) {
    if value != default {
        line(out, name, value);
    }
}

/// The fields of a struct that differ, by its debug form.
fn fields<T: Debug>(out: &mut String, name: &str, value: &T, default: &T) {
    let (value, default) = (format!("{value:#?}"), format!("{default:#?}"));
    for (line, _) in value.lines().zip(default.lines()).filter(|(a, b)| a != b) {
        writeln!(out, "{name}.{}", line.trim().trim_end_matches(',')).unwrap();
    }
}

fn realm(realm: &Realm) -> String {
    let Realm { kind, path, matching, within } = realm;
    let within =
        within.as_ref().map_or_else(String::new, |(path, how)| format!(" in {how:?} {path}"));
    match kind {
        RealmKind::Location => format!("{matching:?} {path}"),
        RealmKind::Everything => "Prefix /".to_owned(),
        kind => format!("{kind:?} {matching:?} {path}{within}"),
    }
}
