use std::fmt;
use std::time::Duration;

use crate::{Activation, Lock, Method, RecoveryOptions, StatusList};

/// A worker of `worker.list`, with every setting effective: inherited, defaulted and bounded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Worker {
    /// Its name; case-sensitive, at most 63 bytes.
    pub name: String,
    /// What it is.
    pub kind: WorkerKind,
}

/// The kinds of worker that can be mounted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WorkerKind {
    /// One backend.
    Ajp(Box<AjpSettings>),
    /// Several backends.
    Lb(Box<LbSettings>),
    /// The management pages.
    Status(Box<StatusSettings>),
}

/// The protocol flavour of an AJP worker. Both are spoken as AJP/1.3.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AjpKind {
    /// `type=ajp13`
    #[default]
    Ajp13,
    /// `type=ajp14`
    Ajp14,
}

impl AjpKind {
    /// The word that the status worker prints and the directive `type` takes.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Ajp13 => "ajp13",
            Self::Ajp14 => "ajp14",
        }
    }
}

/// Settings of one backend. Durations of zero mean "off" wherever mod_jk takes 0 or a negative
/// number for off; directives whose zero or negative has another meaning keep their number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AjpSettings {
    /// The worker's name, also when it is only a member.
    pub name: String,
    /// `type`
    pub kind: AjpKind,
    /// `host`, as written: a name or an address, resolved at start.
    pub host: String,
    /// `port`; 0 and below mean that the worker is never contacted.
    pub port: i32,
    /// `source`: the local address to bind.
    pub source: Option<String>,
    /// `prefer_ipv6`
    pub prefer_ipv6: bool,
    /// `socket_timeout`: bounds each read from the backend; zero is off.
    pub socket_timeout: Duration,
    /// `socket_connect_timeout`: bounds the TCP connect; zero is no bound but the kernel's.
    pub socket_connect_timeout: Duration,
    /// `socket_keepalive`
    pub socket_keepalive: bool,
    /// `socket_buffer` in bytes; 0 leaves the system's default.
    pub socket_buffer: u32,
    /// `connection_pool_size`, for the whole process; `None` when the file does not set it.
    pub connection_pool_size: Option<u32>,
    /// `connection_pool_minsize`; `None` when the file does not set it: then (size + 1) / 2.
    pub connection_pool_minsize: Option<i32>,
    /// `connection_pool_timeout`; zero is off.
    pub connection_pool_timeout: Duration,
    /// `connection_acquire_timeout`; zero means that no connection is ever obtained.
    pub connection_acquire_timeout: Duration,
    /// `ping_timeout`
    pub ping_timeout: Duration,
    /// CPING wait after connect; zero is no probe. Derived from `connect_timeout` and `ping_mode`.
    pub connect_timeout: Duration,
    /// CPING wait before each request; zero is no probe. From `prepost_timeout` and `ping_mode`.
    pub prepost_timeout: Duration,
    /// Idle time after which maintenance probes; zero is no probe. From
    /// `connection_ping_interval` and `ping_mode`.
    pub connection_ping_interval: Duration,
    /// `reply_timeout`: longest wait for each packet; zero is off.
    pub reply_timeout: Duration,
    /// `retries`: sends per service call, the first included; at least 1.
    pub retries: u32,
    /// `retry_interval`: the sleep between sends. `None` is a negative number: no sleep.
    pub retry_interval: Option<Duration>,
    /// `recovery_options`
    pub recovery_options: RecoveryOptions,
    /// `fail_on_status`
    pub fail_on_status: StatusList,
    /// `busy_limit`; 0 is off.
    pub busy_limit: u32,
    /// `max_packet_size`: bytes of a packet that we send, its header included; 8192 to 65536.
    pub max_packet_size: u32,
    /// `secret`
    pub secret: Option<Secret>,
}

impl Default for AjpSettings {
    fn default() -> Self {
        Self {
            name: "ajp13".to_owned(),
            kind: AjpKind::Ajp13,
            host: "localhost".to_owned(),
            port: 8009,
            source: None,
            prefer_ipv6: false,
            socket_timeout: Duration::ZERO,
            socket_connect_timeout: Duration::ZERO,
            socket_keepalive: false,
            socket_buffer: 0,
            connection_pool_size: None,
            connection_pool_minsize: None,
            connection_pool_timeout: Duration::ZERO,
            connection_acquire_timeout: Duration::from_millis(200),
            ping_timeout: Duration::from_millis(10_000),
            connect_timeout: Duration::ZERO,
            prepost_timeout: Duration::ZERO,
            connection_ping_interval: Duration::ZERO,
            reply_timeout: Duration::ZERO,
            retries: 2,
            retry_interval: Some(Duration::from_millis(100)),
            recovery_options: RecoveryOptions::default(),
            fail_on_status: StatusList::default(),
            busy_limit: 0,
            max_packet_size: 8192,
            secret: None,
        }
    }
}

/// A backend as a member of a load balancer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberSettings {
    /// The backend.
    pub ajp: AjpSettings,
    /// `lbfactor`, at least 1.
    pub lbfactor: u32,
    /// `distance`; lower is strictly preferred.
    pub distance: i32,
    /// `activation`, or the deprecated `stopped` and `disabled`.
    pub activation: Activation,
    /// `route`; the worker's name unless set.
    pub route: String,
    /// `domain`; may come from the route's text before its first dot.
    pub domain: Option<String>,
    /// `redirect`: the route (not the name) of the preferred stand-in.
    pub redirect: Option<String>,
}

/// Settings of a load balancer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LbSettings {
    /// The worker's name.
    pub name: String,
    /// Members in the order of `balance_workers`; never empty, routes unique.
    pub members: Vec<MemberSettings>,
    /// `sticky_session`
    pub sticky_session: bool,
    /// `sticky_session_force`
    pub sticky_session_force: bool,
    /// `method`
    pub method: Method,
    /// `lock`
    pub lock: Lock,
    /// `retries`: rounds over the members, at least 1.
    pub retries: u32,
    /// `lb_retries`: attempts in one round, at least 1.
    pub lb_retries: u32,
    /// `retry_interval`: the sleep between rounds; zero is none.
    pub retry_interval: Duration,
    /// `recover_time` in seconds, at least 1.
    pub recover_time: u32,
    /// `error_escalation_time` in seconds; 0 or below escalates at once.
    pub error_escalation_time: i32,
    /// `max_reply_timeouts`; a negative number is "unlimited".
    pub max_reply_timeouts: i32,
    /// `session_cookie`
    pub session_cookie: String,
    /// `session_path`
    pub session_path: String,
    /// `set_session_cookie`
    pub set_session_cookie: bool,
    /// `session_cookie_path`
    pub session_cookie_path: String,
}

/// Settings of a status worker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusSettings {
    /// The worker's name.
    pub name: String,
    /// `css`
    pub css: Option<String>,
    /// `read_only`
    pub read_only: bool,
    /// `user`: who may look; empty is everybody.
    pub users: Vec<String>,
    /// `user_case_insensitive`
    pub user_case_insensitive: bool,
    /// `good`; `None` when the file does not set it.
    pub good: Option<Vec<String>>,
    /// `bad`; `None` when the file does not set it.
    pub bad: Option<Vec<String>>,
    /// `prefix` of the property output.
    pub prefix: String,
    /// `ns`: prefix of XML element names.
    pub ns: String,
    /// `xmlns`: raw text put into the root element.
    pub xmlns: String,
    /// `doctype`: raw line after the XML declaration.
    pub doctype: Option<String>,
}

/// A shared secret. Its text is never printed: `Debug` shows only that there is one.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps the text of a `secret` directive.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text, for the AJP packet and nothing else.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}
