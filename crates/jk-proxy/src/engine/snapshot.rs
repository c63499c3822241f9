//! What a status worker shows, gathered from all over the site.

use jk_balance::{LbWorker, Mount, Seconds};
use jk_site::vhost::ServerId;
use jk_status::view::{Ajp, Backend as BackendView, Lb as LbView, Map, Member, View, Worker};
use jk_types::{Activation, StatusList};

use super::exchange::Received;
use crate::site::{Backend, Host, Kind, Lb, Site};

/// Everything at one moment. Each balancer is locked for itself, and briefly.
pub(super) fn view<S>(received: &Received<S>, now: Seconds) -> View {
    let site = received.site();
    View {
        server_name: String::from_utf8_lossy(&received.server_name).into_owned(),
        server_port: received.server_port,
        now,
        zone: crate::live::zone,
        web_server: site.banner.clone(),
        jk_version: concat!("Jackdaw/", env!("CARGO_PKG_VERSION")).to_owned(),
        maintain: site.config.maintain.as_secs(),
        workers: site.workers.iter().map(|it| worker(site, &it.name, &it.kind)).collect(),
        properties: site.config.properties.clone(),
    }
}

/// A path as links name it: escaped as in a URL.
pub(super) fn link_path(path: &[u8]) -> String {
    let mut out = String::new();
    for &byte in path {
        match byte {
            b'/' | b';' | b'=' | b'-' | b'.' | b'_' | b'~' | b':' | b'@' | b'!' | b'$' | b','
            | b'(' | b')' | b'+' => out.push(char::from(byte)),
            byte if byte.is_ascii_alphanumeric() => out.push(char::from(byte)),
            byte => out.push_str(&format!("%{byte:02X}")),
        }
    }
    // Two slashes would name a host.
    let slashes = out.bytes().take_while(|&byte| byte == b'/').count();
    out.split_off(slashes.saturating_sub(1))
}

fn worker(site: &Site, name: &str, kind: &Kind) -> Worker {
    match kind {
        Kind::Lb(lb) => Worker::Lb(balancer(site, name, lb)),
        Kind::Ajp { backend } => {
            let backend = &site.backends[*backend];
            Worker::Ajp(Ajp {
                state: backend.counters.state().label(),
                errors: backend.counters.errors(),
                error_time: backend.counters.error_time(),
                maps: maps(site, name),
                backend: view_of(backend),
            })
        }
        Kind::Status(_) => Worker::Other(name.to_owned()),
    }
}

fn balancer(site: &Site, name: &str, lb: &Lb) -> LbView {
    let maps = maps(site, name);
    let worker = lb.balancer.lock();
    let settings = worker.settings();
    LbView {
        name: name.to_owned(),
        sticky_session: settings.sticky_session,
        sticky_session_force: settings.sticky_session_force,
        retries: settings.retries,
        retry_interval: u64::try_from(settings.retry_interval.as_millis()).unwrap_or(u64::MAX),
        recover_time: settings.recover_time,
        error_escalation_time: settings.error_escalation_time,
        max_reply_timeouts: settings.max_reply_timeouts,
        method: settings.method,
        lock: settings.lock,
        busy: worker.busy(),
        max_busy: worker.max_busy(),
        last_maintain: worker.last_maintain(),
        last_reset: worker.last_reset(),
        members: members(site, lb, &worker),
        maps,
    }
}

fn members(site: &Site, lb: &Lb, worker: &LbWorker) -> Vec<Member> {
    let members = worker.candidates().map(|member| Member {
        backend: view_of(&site.backends[lb.first + member.index]),
        activation: member.settings.activation,
        lbfactor: member.settings.lbfactor,
        route: member.settings.route.clone(),
        redirect: member.settings.redirect.clone().unwrap_or_default(),
        domain: member.settings.domain.clone().unwrap_or_default(),
        distance: member.settings.distance,
        state: member.state,
        mult: member.mult,
        value: member.value,
        sessions: member.sessions,
        errors: member.errors,
        first_error: member.first_error,
        last_error: member.last_error,
    });
    members.collect()
}

fn view_of(backend: &Backend) -> BackendView {
    let counters = &backend.counters;
    BackendView {
        name: backend.settings.name.clone(),
        kind: backend.settings.kind,
        settings: backend.live.values(),
        address: backend.live.address(),
        prefer_ipv6: backend.settings.prefer_ipv6,
        source: backend.source.map(|source| source.to_string()),
        used: counters.used(),
        client_errors: counters.client_errors(),
        reply_timeouts: counters.reply_timeouts(),
        transferred: counters.transferred(),
        read: counters.read(),
        busy: counters.busy(),
        max_busy: counters.max_busy(),
        connected: counters.connected(),
        max_connected: counters.max_connected(),
        last_reset: counters.last_reset(),
    }
}

/// The rules of all servers that lead to a worker, and exclusions from every worker. httpd keeps the main
/// server first, and the last virtual host next.
fn maps(site: &Site, worker: &str) -> Vec<Map> {
    let mut maps = Vec::new();
    let servers = site.servers.iter().enumerate();
    for (at, host) in servers.clone().take(1).chain(servers.skip(1).rev()) {
        let Some(rules) = &host.rules else { continue };
        let server = server_label(site, at, host);
        let rules = rules.current();
        let named = |mount: &&Mount| {
            let rule = &mount.rule;
            rule.worker == worker || (rule.exclusion && rule.worker == "*")
        };
        maps.extend(rules.map.mounts().iter().filter(named).map(|mount| map(&server, mount)));
    }
    maps
}

/// `name`, `name:port`, or `name [address:port]` of a virtual host.
fn server_label(site: &Site, at: usize, host: &Host) -> String {
    let name = &host.identity.name;
    let Some(vhost) = at.checked_sub(1) else {
        let port = ServerId::Main.of(&site.config).port;
        return port.map_or_else(|| name.clone(), |port| format!("{name}:{port}"));
    };
    let Some(address) = site.config.vhosts.get(vhost).and_then(|it| it.addresses.first()) else {
        return name.clone();
    };
    let ip = address.ip.map_or_else(|| "*".to_owned(), |ip| ip.to_string());
    let port = address.port.map_or_else(String::new, |port| format!(":{port}"));
    format!("{name} [{ip}{port}]")
}

fn map(server: &str, mount: &Mount) -> Map {
    let (rule, extensions) = (&mount.rule, &mount.rule.extensions);
    let mut kind = String::new();
    for (word, applies) in [("Disabled ", rule.disabled), ("Unmount ", rule.exclusion)] {
        if applies {
            kind.push_str(word);
        }
    }
    kind.push_str(if rule.is_wildcard() { "Wildchar" } else { "Exact" });
    let members = |wanted: Activation| {
        let names = extensions.activations.iter().filter(|(_, activation)| *activation == wanted);
        names.map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(",")
    };
    let timeout = extensions.reply_timeout.map(|it| i64::try_from(it.as_millis()));
    Map {
        server: server.to_owned(),
        uri: rule.pattern.clone(),
        kind,
        source: rule.source.label(),
        reply_timeout: timeout.map_or(-1, |it| it.unwrap_or(i64::MAX)),
        sticky_ignore: extensions.sticky_ignore,
        stateless: extensions.stateless,
        fail_on_status: extensions.fail_on_status.as_ref().map(statuses).unwrap_or_default(),
        active: members(Activation::Active),
        disabled: members(Activation::Disabled),
        stopped: members(Activation::Stopped),
        use_server_errors: extensions.use_server_errors,
    }
}

fn statuses(list: &StatusList) -> String {
    list.0.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
}
