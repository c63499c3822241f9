//! What the pages show: a snapshot, as plain data.

use std::net::SocketAddr;

use jk_balance::Seconds;
use jk_types::{Activation, AjpKind, Lock, MemberState, Method};

/// Everything at one moment.
#[derive(Clone, Debug)]
pub struct View {
    /// The name of the server that was asked.
    pub server_name: String,
    /// And its port.
    pub server_port: u16,
    /// Now.
    pub now: Seconds,
    /// The local offset from UTC at a moment, in seconds.
    pub zone: fn(Seconds) -> i32,
    /// What the server calls itself.
    pub web_server: String,
    /// What the connector calls itself.
    pub jk_version: String,
    /// `worker.maintain` in seconds.
    pub maintain: u64,
    /// The workers of `worker.list`, in order.
    pub workers: Vec<Worker>,
    /// The workers properties as configured.
    pub properties: Vec<(String, String)>,
}

/// A listed worker.
#[derive(Clone, Debug)]
pub enum Worker {
    /// A load balancer.
    Lb(Lb),
    /// One backend.
    Ajp(Ajp),
    /// A worker without anything to show.
    Other(String),
}

impl Worker {
    /// Its name.
    pub fn name(&self) -> &str {
        match self {
            Self::Lb(lb) => &lb.name,
            Self::Ajp(ajp) => &ajp.backend.name,
            Self::Other(name) => name,
        }
    }
}

/// A load balancer.
#[derive(Clone, Debug)]
pub struct Lb {
    /// Its name.
    pub name: String,
    /// `sticky_session`
    pub sticky_session: bool,
    /// `sticky_session_force`
    pub sticky_session_force: bool,
    /// `retries`
    pub retries: u32,
    /// `retry_interval` in milliseconds.
    pub retry_interval: u64,
    /// `recover_time` in seconds.
    pub recover_time: u32,
    /// `error_escalation_time` in seconds.
    pub error_escalation_time: i32,
    /// `max_reply_timeouts`
    pub max_reply_timeouts: i32,
    /// `method`
    pub method: Method,
    /// `lock`
    pub lock: Lock,
    /// Requests served now.
    pub busy: u32,
    /// The most at once.
    pub max_busy: u32,
    /// When maintenance last ran.
    pub last_maintain: Seconds,
    /// When it was reset as a whole.
    pub last_reset: Seconds,
    /// Its members in order.
    pub members: Vec<Member>,
    /// The rules that lead to it.
    pub maps: Vec<Map>,
}

/// A member.
#[derive(Clone, Debug)]
pub struct Member {
    /// Its backend.
    pub backend: Backend,
    /// `activation`
    pub activation: Activation,
    /// `lbfactor`
    pub lbfactor: u32,
    /// `route`
    pub route: String,
    /// `redirect`
    pub redirect: String,
    /// `domain`
    pub domain: String,
    /// `distance`
    pub distance: i32,
    /// Its state.
    pub state: MemberState,
    /// Its multiplier.
    pub mult: u64,
    /// Its load.
    pub value: u64,
    /// Requests without a session.
    pub sessions: u64,
    /// Its failures.
    pub errors: u64,
    /// When its streak of failures began.
    pub first_error: Option<Seconds>,
    /// When it last failed.
    pub last_error: Option<Seconds>,
}

/// A listed AJP worker.
#[derive(Clone, Debug)]
pub struct Ajp {
    /// Its backend.
    pub backend: Backend,
    /// How its last request went.
    pub state: &'static str,
    /// Its failures.
    pub errors: u64,
    /// When it last failed.
    pub error_time: Option<Seconds>,
    /// The rules that lead to it.
    pub maps: Vec<Map>,
}

/// What members and AJP workers have in common.
#[derive(Clone, Debug)]
pub struct Backend {
    /// The worker's name.
    pub name: String,
    /// `type`
    pub kind: AjpKind,
    /// The settings that can be changed.
    pub settings: AjpValues,
    /// The address that `host` and `port` mean.
    pub address: Option<SocketAddr>,
    /// `prefer_ipv6`
    pub prefer_ipv6: bool,
    /// The local address.
    pub source: Option<String>,
    /// Requests sent to it.
    pub used: u64,
    /// Failures caused by clients.
    pub client_errors: u64,
    /// Reply timeouts.
    pub reply_timeouts: u32,
    /// Bytes sent to it.
    pub transferred: u64,
    /// Bytes received from it.
    pub read: u64,
    /// Requests now.
    pub busy: u32,
    /// The most at once.
    pub max_busy: u32,
    /// Connections now.
    pub connected: u32,
    /// The most at once.
    pub max_connected: u32,
    /// When the counters were last set to zero.
    pub last_reset: Seconds,
}

/// The settings of a backend that can be changed while it serves. Numbers are those of the
/// directives, in their units.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AjpValues {
    /// `host`
    pub host: String,
    /// `port`
    pub port: i32,
    /// `connection_pool_timeout` in seconds.
    pub connection_pool_timeout: i32,
    /// `ping_timeout` in milliseconds.
    pub ping_timeout: i32,
    /// `connect_timeout` in milliseconds.
    pub connect_timeout: i32,
    /// `prepost_timeout` in milliseconds.
    pub prepost_timeout: i32,
    /// `reply_timeout` in milliseconds.
    pub reply_timeout: i32,
    /// `retries`
    pub retries: i32,
    /// `retry_interval` in milliseconds.
    pub retry_interval: i32,
    /// `connection_ping_interval` in seconds.
    pub connection_ping_interval: i32,
    /// `recovery_options`
    pub recovery_options: i32,
    /// `busy_limit`
    pub busy_limit: i32,
    /// `max_packet_size`
    pub max_packet_size: i32,
}

/// A rule that leads to a worker, or excludes from it.
#[derive(Clone, Debug)]
pub struct Map {
    /// Its server.
    pub server: String,
    /// Its pattern.
    pub uri: String,
    /// `Exact` or `Wildchar`, and what else it is.
    pub kind: String,
    /// Where it was written.
    pub source: &'static str,
    /// In milliseconds; -1 is none.
    pub reply_timeout: i64,
    /// `sticky_ignore`
    pub sticky_ignore: bool,
    /// `stateless`
    pub stateless: bool,
    /// `fail_on_status`
    pub fail_on_status: String,
    /// Members that the rule activates.
    pub active: String,
    /// Members that it disables.
    pub disabled: String,
    /// Members that it stops.
    pub stopped: String,
    /// `use_server_errors`
    pub use_server_errors: i32,
}
