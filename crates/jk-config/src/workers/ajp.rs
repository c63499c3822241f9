//! One backend: directives to [`AjpSettings`].

use std::net::IpAddr;
use std::time::Duration;

use jk_types::{AjpKind, AjpSettings, RecoveryOptions, Secret};

use super::settings::{Settings, millis, seconds};
use crate::Diagnostic;
use crate::diagnostic::quoted;

const MIN_PACKET: i64 = 8192;
const MAX_PACKET: i64 = 65536;
const PACKET_STEP: i64 = 1024;

/// Reads a worker of type `ajp13` or `ajp14` (`ajp_validate`, `ajp_init`).
pub(super) fn read(settings: Settings<'_>, kind: AjpKind) -> AjpSettings {
    let retries = settings.at_least_one("retries", 2);
    let retry_interval = settings.number("retry_interval", 100);
    let max_packet_size = max_packet_size(settings);
    let socket_timeout = settings.number("socket_timeout", 0);
    let pings = Pings::read(settings);
    if kind == AjpKind::Ajp14 {
        check_ajp14(settings);
    }
    AjpSettings {
        name: String::from_utf8_lossy(settings.name).into_owned(),
        kind,
        host: host(settings),
        port: port(settings, kind),
        source: settings.name("source"),
        prefer_ipv6: settings.switch("prefer_ipv6", false),
        socket_timeout: seconds(socket_timeout),
        socket_connect_timeout: settings
            .millis("socket_connect_timeout", socket_timeout.saturating_mul(1000)),
        socket_keepalive: settings.switch("socket_keepalive", false),
        socket_buffer: socket_buffer(settings, max_packet_size),
        connection_pool_size: pool_size(settings),
        connection_pool_minsize: settings
            .entry("connection_pool_minsize")
            .map(|_| settings.number("connection_pool_minsize", 0)),
        connection_pool_timeout: pool_timeout(settings),
        connection_acquire_timeout: acquire_timeout(settings, retries, retry_interval),
        ping_timeout: pings.timeout,
        connect_timeout: pings.connect,
        prepost_timeout: pings.prepost,
        connection_ping_interval: pings.interval,
        reply_timeout: settings.millis("reply_timeout", 0),
        retries,
        retry_interval: u64::try_from(retry_interval).ok().map(Duration::from_millis),
        recovery_options: RecoveryOptions(settings.number("recovery_options", 0)),
        fail_on_status: settings.statuses("fail_on_status"),
        busy_limit: u32::try_from(settings.number("busy_limit", 0)).unwrap_or(0),
        max_packet_size,
        secret: settings.text("secret").map(Secret::new),
    }
}

fn check_ajp14(settings: Settings<'_>) {
    let at = settings.location("type");
    if settings.entry("secretkey").is_none_or(|entry| entry.value.is_empty()) {
        let name = quoted(settings.name);
        let message = format!("{name} is of type `ajp14`, which needs a `secretkey`");
        let help = "write `ajp13`: that is what Tomcat speaks";
        settings.site.report(Diagnostic::error(at, message).help(help));
        return;
    }
    let message = "`ajp14` is spoken as `ajp13`, without the login by `secretkey`";
    settings.site.report(Diagnostic::warning(at, message).help("write `ajp13`"));
}

fn host(settings: Settings<'_>) -> String {
    let Some(host) = settings.name("host") else { return "localhost".to_owned() };
    let port = host.rsplit_once(':').filter(|(_, port)| port.parse::<u16>().is_ok());
    if let Some((name, port)) = port.filter(|_| host.parse::<IpAddr>().is_err()) {
        let message = "a host with a port cannot be resolved: the worker is never reached";
        let worker = String::from_utf8_lossy(settings.name);
        let help = format!("write `worker.{worker}.host={name}` and `worker.{worker}.port={port}`");
        settings.site.report(Diagnostic::warning(settings.location("host"), message).help(help));
    }
    host
}

fn port(settings: Settings<'_>, kind: AjpKind) -> i32 {
    let default = match kind {
        AjpKind::Ajp13 => 8009,
        AjpKind::Ajp14 => 8011,
    };
    let port = settings.number("port", default);
    if port <= i32::from(u16::MAX) {
        return port;
    }
    // mod_jk hands the number on to a function that takes 16 bits.
    let kept = port & i32::from(u16::MAX);
    let message = format!("there is no port {port}; mod_jk would connect to port {kept}");
    settings.site.report(Diagnostic::warning(settings.location("port"), message));
    kept
}

fn socket_buffer(settings: Settings<'_>, max_packet_size: u32) -> u32 {
    match u32::try_from(settings.number("socket_buffer", 0)) {
        Ok(0) | Err(_) => 0,
        Ok(size) => size.max(max_packet_size),
    }
}

/// The new name counts if it is not negative, else the old one (`jk_get_worker_cache_size`).
fn pool_size(settings: Settings<'_>) -> Option<u32> {
    let new = settings.natural("connection_pool_size");
    let (directive, size) = match new {
        Some(_) => ("connection_pool_size", new),
        None => ("cachesize", settings.natural("cachesize")),
    };
    if size.is_none() && settings.entry(directive).is_some() {
        let message = "a negative pool makes mod_jk crash; the default is taken";
        settings.site.report(Diagnostic::warning(settings.location(directive), message));
    }
    if size == Some(0) {
        let name = quoted(settings.name);
        let message = format!("{name} has no connections: it answers 503 to every request");
        let help = format!("`{directive}` must be greater than 0");
        settings.site.report(Diagnostic::warning(settings.location(directive), message).help(help));
    }
    size
}

fn pool_timeout(settings: Settings<'_>) -> Duration {
    match settings.natural("connection_pool_timeout") {
        Some(timeout) => Duration::from_secs(timeout.into()),
        None => settings.seconds("cache_timeout", 0),
    }
}

fn acquire_timeout(settings: Settings<'_>, retries: u32, retry_interval: i32) -> Duration {
    let retries = i32::try_from(retries).unwrap_or(i32::MAX);
    let derived = retries.saturating_mul(retry_interval);
    let timeout = settings.millis("connection_acquire_timeout", derived);
    if !timeout.is_zero() {
        return timeout;
    }
    let name = quoted(settings.name);
    let message = format!("{name} never obtains a connection: it answers 503 to every request");
    let (at, help) = match settings.location("connection_acquire_timeout") {
        Some(at) => (Some(at), "`connection_acquire_timeout` must be greater than 0"),
        None => (
            settings.location("retry_interval"),
            "set `connection_acquire_timeout`, which else is `retries` times `retry_interval`",
        ),
    };
    settings.site.report(Diagnostic::warning(at, message).help(help));
    timeout
}

/// A multiple of 1024 within bounds (`jk_get_max_packet_size`).
fn max_packet_size(settings: Settings<'_>) -> u32 {
    let asked = i64::from(settings.number("max_packet_size", 8192));
    // Rounding up, also of negative numbers; i64 holds whatever i32 can become.
    let rounded = (asked + (PACKET_STEP - 1)) & !(PACKET_STEP - 1);
    let size = rounded.clamp(MIN_PACKET, MAX_PACKET);
    if size != asked && settings.entry("max_packet_size").is_some() {
        let message = format!("the packet size becomes {size}");
        let help = "it is a multiple of 1024 from 8192 to 65536, the same as Tomcat's `packetSize`";
        settings
            .site
            .report(Diagnostic::hint(settings.location("max_packet_size"), message).help(help));
    }
    u32::try_from(size).expect("clamped to 8192..=65536")
}

/// The probes, after `ping_mode` has filled in what was not set.
struct Pings {
    timeout: Duration,
    connect: Duration,
    prepost: Duration,
    interval: Duration,
}

impl Pings {
    fn read(settings: Settings<'_>) -> Self {
        let mode = PingMode::read(settings);
        let timeout = settings.number("ping_timeout", 10_000);
        let or = |set: i32, on: bool, otherwise: i32| if on && set == 0 { otherwise } else { set };
        let connect = or(settings.number("connect_timeout", 0), mode.connect, timeout);
        let prepost = or(settings.number("prepost_timeout", 0), mode.prepost, timeout);
        let interval = settings.number("connection_ping_interval", 0);
        // Ten times the timeout, which counts milliseconds, in seconds.
        let interval = or(interval, mode.interval, timeout / 100);
        Self {
            timeout: millis(timeout),
            connect: millis(connect),
            prepost: millis(prepost),
            interval: seconds(interval),
        }
    }
}

#[derive(Clone, Copy, Debug, Default)]
struct PingMode {
    connect: bool,
    prepost: bool,
    interval: bool,
}

impl PingMode {
    /// Each letter counts by itself, wherever it stands (`jk_ajp_get_cping_mode`).
    fn read(settings: Settings<'_>) -> Self {
        let Some(entry) = settings.entry("ping_mode") else { return Self::default() };
        let has = |letter: u8| entry.value.iter().any(|b| b.eq_ignore_ascii_case(&letter));
        let all = has(b'A');
        let mode = Self {
            connect: all || has(b'C'),
            prepost: all || has(b'P'),
            interval: all || has(b'I'),
        };
        let known = |b: &u8| matches!(b.to_ascii_uppercase(), b'C' | b'P' | b'I' | b'A');
        let blank = |b: &u8| matches!(b, b' ' | b'\t' | b',');
        if !entry.value.iter().all(|b| known(b) || blank(b)) {
            let message = format!(
                "each letter counts by itself: {} is read as {}",
                quoted(&entry.value),
                mode.label()
            );
            let help = "write some of the letters C (connect), P (prepost), I (interval), A (all)";
            settings.site.report(Diagnostic::warning(entry.value_location(), message).help(help));
        }
        mode
    }

    fn label(self) -> String {
        let letters = [(self.connect, 'C'), (self.prepost, 'P'), (self.interval, 'I')];
        let on: String = letters.iter().filter(|(on, _)| *on).map(|(_, letter)| letter).collect();
        if on.is_empty() { "no probe at all".to_owned() } else { format!("`{on}`") }
    }
}
