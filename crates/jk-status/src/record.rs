//! What the formats for programs print: records of named values, in mod_jk's order.

use chrono::DateTime;
use jk_balance::Seconds;
use jk_types::{MemberState, StatusSettings};

use crate::rating::{Rating, rate};
use crate::view::{Ajp, Backend, Lb, Map, Member, View};

/// A named value.
#[derive(Clone, Debug)]
pub(crate) struct Field {
    pub(crate) key: &'static str,
    pub(crate) value: String,
    /// Text puts it between quotes.
    pub(crate) quoted: bool,
}

/// A record under construction.
#[derive(Debug, Default)]
pub(crate) struct Record(pub(crate) Vec<Field>);

impl Record {
    fn put(&mut self, key: &'static str, value: impl ToString) -> &mut Self {
        self.0.push(Field { key, value: value.to_string(), quoted: false });
        self
    }

    fn quote(&mut self, key: &'static str, value: impl ToString) -> &mut Self {
        self.0.push(Field { key, value: value.to_string(), quoted: true });
        self
    }

    /// Text and properties have these two the other way round.
    pub(crate) fn retries_first(mut self) -> Self {
        let place = |key| self.0.iter().position(|field| field.key == key);
        if let (Some(ping), Some(retries)) = (place("connection_ping_interval"), place("retries")) {
            self.0.swap(ping, retries);
        }
        self
    }
}

/// Seconds until recovery, and until maintenance: the least and the most.
pub(crate) type Bounds = (i64, i64);

pub(crate) fn ago(now: Seconds, then: Seconds) -> u64 {
    now.0.saturating_sub(then.0)
}

/// A moment as local time.
pub(crate) fn local(view: &View, at: Seconds, format: &str) -> String {
    let zone = (view.zone)(at);
    let Some(zone) = chrono::FixedOffset::east_opt(zone) else { return String::new() };
    let at = i64::try_from(at.0).ok().and_then(|at| DateTime::from_timestamp(at, 0));
    at.map(|at| at.with_timezone(&zone).format(format).to_string()).unwrap_or_default()
}

pub(crate) fn server(view: &View) -> Record {
    let mut record = Record::default();
    record.put("name", &view.server_name).put("port", view.server_port);
    record
}

pub(crate) fn time(view: &View) -> Record {
    let mut record = Record::default();
    record.put("datetime", local(view, view.now, "%Y%m%d%H%M%S"));
    record.put("tz", local(view, view.now, "%z")).put("unix", view.now.0);
    record
}

pub(crate) fn software(view: &View) -> Record {
    let mut record = Record::default();
    record.quote("web_server", &view.web_server).put("jk_version", &view.jk_version);
    record
}

/// How many members are good, degraded and bad.
pub(crate) fn ratings(settings: &StatusSettings, lb: &Lb) -> [usize; 3] {
    let count = |wanted| {
        let of = |member: &&Member| rate(settings, member.activation, member.state) == wanted;
        lb.members.iter().filter(of).count()
    };
    [count(Rating::Good), count(Rating::Degraded), count(Rating::Bad)]
}

/// When maintenance of a load balancer is next.
pub(crate) fn maintenance(view: &View, lb: &Lb) -> Bounds {
    let interval = i64::try_from(view.maintain).unwrap_or(0);
    let age = i64::try_from(ago(view.now, lb.last_maintain)).unwrap_or(i64::MAX);
    let least = interval.saturating_sub(age);
    (least.max(0), least.saturating_add(interval).max(0))
}

/// When a member in error may be tried again.
pub(crate) fn recovery(view: &View, lb: &Lb, member: &Member) -> Bounds {
    if member.state != MemberState::Error {
        return (0, 0);
    }
    let failed = member.last_error.unwrap_or(Seconds(0));
    let age = i64::try_from(ago(view.now, failed)).unwrap_or(i64::MAX);
    let least = i64::from(lb.recover_time).saturating_sub(age).max(0);
    let most = least.saturating_add(i64::try_from(view.maintain).unwrap_or(0));
    (least.max(maintenance(view, lb).0), most)
}

pub(crate) fn truth(value: bool) -> &'static str {
    if value { "True" } else { "False" }
}

pub(crate) fn lb(view: &View, settings: &StatusSettings, lb: &Lb) -> Record {
    let [good, degraded, bad] = ratings(settings, lb);
    let (least, most) = maintenance(view, lb);
    let mut record = Record::default();
    record
        .put("name", &lb.name)
        .put("type", "lb")
        .put("sticky_session", truth(lb.sticky_session))
        .put("sticky_session_force", truth(lb.sticky_session_force))
        .put("retries", lb.retries)
        .put("recover_time", lb.recover_time)
        .put("error_escalation_time", lb.error_escalation_time)
        .put("max_reply_timeouts", lb.max_reply_timeouts)
        .put("method", lb.method.label())
        .put("lock", lb.lock.label())
        .put("member_count", lb.members.len())
        .put("good", good)
        .put("degraded", degraded)
        .put("bad", bad)
        .put("busy", lb.busy)
        .put("max_busy", lb.max_busy)
        .put("map_count", lb.maps.len())
        .put("time_to_maintenance_min", least)
        .put("time_to_maintenance_max", most)
        .put("last_reset_at", lb.last_reset.0)
        .put("last_reset_ago", ago(view.now, lb.last_reset));
    record
}

fn backend(record: &mut Record, backend: &Backend) {
    let values = &backend.settings;
    record
        .put("name", &backend.name)
        .put("type", backend.kind.label())
        .put("host", &values.host)
        .put("port", values.port)
        .put("address", address(backend))
        .put("source", backend.source.as_deref().unwrap_or("undefined"))
        .put("connection_pool_timeout", values.connection_pool_timeout)
        .put("ping_timeout", values.ping_timeout)
        .put("connect_timeout", values.connect_timeout)
        .put("prepost_timeout", values.prepost_timeout)
        .put("reply_timeout", values.reply_timeout)
        .put("connection_ping_interval", values.connection_ping_interval)
        .put("retries", values.retries)
        .put("recovery_options", values.recovery_options)
        .put("busy_limit", values.busy_limit)
        .put("max_packet_size", values.max_packet_size);
}

/// The address of a backend, or why there is none.
pub(crate) fn address(backend: &Backend) -> String {
    match backend.address {
        Some(address) if backend.settings.port > 0 => address.to_string(),
        _ => "invalid".to_owned(),
    }
}

fn counters(record: &mut Record, errors: u64, backend: &Backend) {
    record
        .put("errors", errors)
        .put("client_errors", backend.client_errors)
        .put("reply_timeouts", backend.reply_timeouts)
        .put("transferred", backend.transferred)
        .put("read", backend.read)
        .put("busy", backend.busy)
        .put("max_busy", backend.max_busy)
        .put("connected", backend.connected)
        .put("max_connected", backend.max_connected);
}

fn times(record: &mut Record, view: &View, reset: Seconds, failed: Option<Seconds>) {
    record.put("last_reset_at", reset.0).put("last_reset_ago", ago(view.now, reset));
    if let Some(failed) = failed {
        record
            .put("error_time_datetime", local(view, failed, "%Y%m%d%H%M%S"))
            .put("error_time_tz", local(view, failed, "%z"))
            .put("error_time_unix_seconds", failed.0)
            .put("error_time_ago", ago(view.now, failed));
    }
}

pub(crate) fn member(view: &View, lb: &Lb, member: &Member) -> Record {
    let (least, most) = recovery(view, lb, member);
    let mut record = Record::default();
    backend(&mut record, &member.backend);
    record
        .put("activation", member.activation.code())
        .put("lbfactor", member.lbfactor)
        .quote("route", &member.route)
        .quote("redirect", &member.redirect)
        .quote("domain", &member.domain)
        .put("distance", member.distance)
        .put("state", member.state.label())
        .put("lbmult", member.mult)
        .put("lbvalue", member.value)
        .put("elected", member.backend.used)
        .put("sessions", member.sessions);
    counters(&mut record, member.errors, &member.backend);
    record.put("time_to_recover_min", least).put("time_to_recover_max", most);
    times(&mut record, view, member.backend.last_reset, member.first_error);
    record
}

pub(crate) fn ajp(view: &View, ajp: &Ajp) -> Record {
    let mut record = Record::default();
    backend(&mut record, &ajp.backend);
    record.put("used", ajp.backend.used);
    counters(&mut record, ajp.errors, &ajp.backend);
    record.put("map_count", ajp.maps.len());
    times(&mut record, view, ajp.backend.last_reset, ajp.error_time);
    record
}

pub(crate) fn map(id: usize, map: &Map) -> Record {
    let mut record = Record::default();
    record
        .put("id", id)
        .quote("server", &map.server)
        .quote("uri", &map.uri)
        .quote("type", &map.kind)
        .quote("source", map.source)
        .quote("reply_timeout", map.reply_timeout)
        .quote("sticky_ignore", u8::from(map.sticky_ignore))
        .quote("stateless", u8::from(map.stateless))
        .quote("fail_on_status", &map.fail_on_status)
        .quote("active", &map.active)
        .quote("disabled", &map.disabled)
        .quote("stopped", &map.stopped)
        .quote("use_server_errors", map.use_server_errors);
    record
}

/// Properties that may be shown: everything but secrets.
pub(crate) fn properties(view: &View) -> impl Iterator<Item = (&str, &str)> {
    let hidden = |key: &str| {
        let last = key.rsplit('.').next().unwrap_or(key).to_ascii_lowercase();
        ["secret", "password"].iter().any(|word| last.contains(word))
    };
    let pairs = view.properties.iter().map(|(key, value)| (key.as_str(), value.as_str()));
    pairs.filter(move |(key, _)| !hidden(key))
}
