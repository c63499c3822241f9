//! The effective settings of workers, by the names of their directives.

use std::time::Duration;

use jk_types::{Activation, AjpSettings, LbSettings, Lock, Method, StatusList, StatusSettings};

/// One setting as it is in effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Setting {
    /// The directive.
    pub(crate) name: &'static str,
    /// Its value with a unit; never a secret.
    pub(crate) value: String,
    /// It is what it would be if nothing were written.
    pub(crate) default: bool,
}

/// The settings of a backend, without its address. `pool` is the size of a pool nobody sized.
pub(crate) fn of_ajp(ajp: &AjpSettings, pool: u32) -> Vec<Setting> {
    // What follows from other settings is no news, unless it is fatal.
    let derived = ajp.retry_interval.unwrap_or_default() * ajp.retries;
    let acquire = derived.max(Duration::from_millis(1));
    let plain = AjpSettings {
        connection_pool_minsize: Some(half(ajp.connection_pool_size.unwrap_or(pool))),
        socket_connect_timeout: ajp.socket_timeout,
        connection_acquire_timeout: acquire,
        ..AjpSettings::default()
    };
    compared(ajp_values(ajp, pool), ajp_values(&plain, pool))
}

/// The settings of a load balancer, without its members.
pub(crate) fn of_lb(lb: &LbSettings) -> Vec<Setting> {
    let plain = LbSettings {
        name: String::new(),
        members: Vec::new(),
        sticky_session: true,
        sticky_session_force: false,
        method: Method::default(),
        lock: Lock::default(),
        retries: 2,
        lb_retries: 2,
        retry_interval: Duration::from_millis(100),
        recover_time: 60,
        error_escalation_time: i32::try_from(lb.recover_time / 2).unwrap_or(i32::MAX),
        max_reply_timeouts: 0,
        session_cookie: "JSESSIONID".to_owned(),
        session_path: ";jsessionid".to_owned(),
        set_session_cookie: false,
        session_cookie_path: "/".to_owned(),
    };
    compared(lb_values(lb), lb_values(&plain))
}

/// The settings of a status worker.
pub(crate) fn of_status(status: &StatusSettings) -> Vec<Setting> {
    let plain = StatusSettings {
        name: String::new(),
        css: None,
        read_only: false,
        users: Vec::new(),
        user_case_insensitive: false,
        good: None,
        bad: None,
        prefix: "worker".to_owned(),
        ns: "jk:".to_owned(),
        xmlns: r#"xmlns:jk="http://tomcat.apache.org""#.to_owned(),
        doctype: None,
    };
    compared(status_values(status), status_values(&plain))
}

/// The word that the directive `activation` takes.
pub(crate) const fn activation(activation: Activation) -> &'static str {
    match activation {
        Activation::Active => "active",
        Activation::Disabled => "disabled",
        Activation::Stopped => "stopped",
    }
}

/// Where a backend is.
pub(crate) fn address(ajp: &AjpSettings) -> String {
    match &ajp.host {
        host if ajp.port <= 0 => format!("{host}, never contacted"),
        host if host.contains(':') => format!("[{host}]:{}", ajp.port),
        host => format!("{host}:{}", ajp.port),
    }
}

/// A duration in the largest unit that is whole.
pub(crate) fn duration(duration: Duration) -> String {
    match duration.as_millis() {
        millis if millis % 1000 != 0 => format!("{millis} ms"),
        millis => format!("{} s", millis / 1000),
    }
}

type Values = Vec<(&'static str, String)>;

fn compared(values: Values, plain: Values) -> Vec<Setting> {
    let settings = values.into_iter().zip(plain);
    settings
        .map(|((name, value), (_, plain))| Setting { name, default: value == plain, value })
        .collect()
}

fn ajp_values(ajp: &AjpSettings, pool: u32) -> Values {
    let size = ajp.connection_pool_size.unwrap_or(pool);
    let least = ajp.connection_pool_minsize.unwrap_or(half(size));
    let acquire = match ajp.connection_acquire_timeout {
        Duration::ZERO => "0 (never obtains one)".to_owned(),
        timeout => duration(timeout),
    };
    let retry_interval = ajp.retry_interval.map_or("none".to_owned(), duration);
    vec![
        ("type", ajp.kind.label().to_owned()),
        ("source", text(ajp.source.as_deref())),
        ("prefer_ipv6", switch(ajp.prefer_ipv6)),
        ("socket_timeout", or_off(ajp.socket_timeout)),
        ("socket_connect_timeout", or_off(ajp.socket_connect_timeout)),
        ("socket_keepalive", switch(ajp.socket_keepalive)),
        ("socket_buffer", number_or(ajp.socket_buffer, "system")),
        ("connection_pool_size", size.to_string()),
        ("connection_pool_minsize", least.to_string()),
        ("connection_pool_timeout", or_off(ajp.connection_pool_timeout)),
        ("connection_acquire_timeout", acquire),
        ("ping_timeout", duration(ajp.ping_timeout)),
        ("connect_timeout", or_off(ajp.connect_timeout)),
        ("prepost_timeout", or_off(ajp.prepost_timeout)),
        ("connection_ping_interval", or_off(ajp.connection_ping_interval)),
        ("reply_timeout", or_off(ajp.reply_timeout)),
        ("retries", ajp.retries.to_string()),
        ("retry_interval", retry_interval),
        ("recovery_options", ajp.recovery_options.0.to_string()),
        ("fail_on_status", statuses(&ajp.fail_on_status)),
        ("busy_limit", number_or(ajp.busy_limit, "off")),
        ("max_packet_size", ajp.max_packet_size.to_string()),
        ("secret", if ajp.secret.is_some() { "(set)" } else { "none" }.to_owned()),
    ]
}

/// The `connection_pool_minsize` that nobody wrote.
fn half(size: u32) -> i32 {
    i32::try_from(size.div_ceil(2)).unwrap_or(i32::MAX)
}

fn lb_values(lb: &LbSettings) -> Values {
    vec![
        ("sticky_session", switch(lb.sticky_session)),
        ("sticky_session_force", switch(lb.sticky_session_force)),
        ("method", lb.method.label().to_owned()),
        ("lock", lb.lock.label().to_owned()),
        ("retries", lb.retries.to_string()),
        ("lb_retries", lb.lb_retries.to_string()),
        ("retry_interval", or_off(lb.retry_interval)),
        ("recover_time", format!("{} s", lb.recover_time)),
        ("error_escalation_time", format!("{} s", lb.error_escalation_time)),
        ("max_reply_timeouts", lb.max_reply_timeouts.to_string()),
        ("session_cookie", lb.session_cookie.clone()),
        ("session_path", lb.session_path.clone()),
        ("set_session_cookie", switch(lb.set_session_cookie)),
        ("session_cookie_path", lb.session_cookie_path.clone()),
    ]
}

fn status_values(status: &StatusSettings) -> Values {
    let list = |list: &Option<Vec<String>>, default: &str| {
        list.as_ref().map_or(default.to_owned(), |words| words.join(","))
    };
    let users = match status.users.as_slice() {
        [] => "everybody".to_owned(),
        users => users.join(","),
    };
    vec![
        ("css", text(status.css.as_deref())),
        ("read_only", switch(status.read_only)),
        ("user", users),
        ("user_case_insensitive", switch(status.user_case_insensitive)),
        ("good", list(&status.good, "a.o,a.n,a.b,a.r")),
        ("bad", list(&status.bad, "s,e")),
        ("prefix", status.prefix.clone()),
        ("ns", status.ns.clone()),
        ("xmlns", status.xmlns.clone()),
        ("doctype", text(status.doctype.as_deref())),
    ]
}

fn text(text: Option<&str>) -> String {
    text.unwrap_or("none").to_owned()
}

fn switch(on: bool) -> String {
    if on { "on" } else { "off" }.to_owned()
}

fn or_off(timeout: Duration) -> String {
    if timeout.is_zero() { "off".to_owned() } else { duration(timeout) }
}

fn number_or(number: u32, zero: &str) -> String {
    if number == 0 { zero.to_owned() } else { number.to_string() }
}

fn statuses(list: &StatusList) -> String {
    let words: Vec<String> = list.0.iter().map(i32::to_string).collect();
    if words.is_empty() { "none".to_owned() } else { words.join(",") }
}

#[cfg(test)]
mod tests {
    use jk_types::Secret;

    use super::*;

    fn said(settings: &[Setting]) -> Vec<String> {
        let news = settings.iter().filter(|setting| !setting.default);
        news.map(|setting| format!("{} {}", setting.name, setting.value)).collect()
    }

    #[test]
    fn what_nobody_wrote_is_not_said() {
        assert_eq!(said(&of_ajp(&AjpSettings::default(), 400)), [""; 0]);
    }

    #[test]
    fn what_follows_from_another_setting_is_not_said_twice() {
        let ajp = AjpSettings {
            retries: 3,
            connection_acquire_timeout: Duration::from_millis(300),
            socket_timeout: Duration::from_secs(5),
            socket_connect_timeout: Duration::from_secs(5),
            connection_pool_size: Some(10),
            ..AjpSettings::default()
        };
        let expected = ["socket_timeout 5 s", "connection_pool_size 10", "retries 3"];
        assert_eq!(said(&of_ajp(&ajp, 400)), expected);
    }

    #[test]
    fn secrets_stay_secret() {
        let secret = Some(Secret::new("hush"));
        let ajp = AjpSettings { secret, ..AjpSettings::default() };
        assert_eq!(said(&of_ajp(&ajp, 1)), ["secret (set)"]);
    }
}
