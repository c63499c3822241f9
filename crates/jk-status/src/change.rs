//! What requests do.

use std::net::SocketAddr;
use std::time::Duration;

use jk_types::{AjpSettings, RecoveryOptions};

use crate::view::AjpValues;

/// What has to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Change a setting.
    Change(Change),
    /// Set a load balancer and all its members back.
    ResetLb(String),
    /// Set a member back: load balancer, member.
    ResetMember(String, String),
    /// Set the counters of a listed AJP worker back.
    ResetAjp(String),
    /// Let a member in error be tried: load balancer, member.
    Recover(String, String),
}

/// A change to the settings in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Of a load balancer.
    Lb {
        /// Its name.
        worker: String,
        /// What changes.
        change: jk_balance::Change,
    },
    /// Of a member as such.
    Member {
        /// The load balancer's name.
        worker: String,
        /// The member's name.
        member: String,
        /// What changes.
        change: jk_balance::MemberChange,
    },
    /// Of a backend, wherever its worker's name appears.
    Ajp {
        /// The worker's name.
        worker: String,
        /// What changes.
        change: AjpChange,
    },
}

/// A change to a backend.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AjpChange {
    /// A number.
    Number(AjpNumber, i32),
    /// `host` and `port`, and what they mean.
    Address {
        /// `host`
        host: String,
        /// `port`
        port: i32,
        /// The address; `None` when the port is not one.
        address: Option<SocketAddr>,
    },
}

/// A number among the settings of a backend.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AjpNumber {
    /// `connection_pool_timeout`
    ConnectionPoolTimeout,
    /// `ping_timeout`
    PingTimeout,
    /// `connect_timeout`
    ConnectTimeout,
    /// `prepost_timeout`
    PrepostTimeout,
    /// `reply_timeout`
    ReplyTimeout,
    /// `retries`
    Retries,
    /// `retry_interval`
    RetryInterval,
    /// `connection_ping_interval`
    ConnectionPingInterval,
    /// `recovery_options`
    RecoveryOptions,
    /// `busy_limit`
    BusyLimit,
    /// `max_packet_size`
    MaxPacketSize,
}

impl AjpNumber {
    /// All of them, in the order in which forms show them.
    pub const ALL: [Self; 11] = [
        Self::ConnectionPoolTimeout,
        Self::PingTimeout,
        Self::ConnectTimeout,
        Self::PrepostTimeout,
        Self::ReplyTimeout,
        Self::Retries,
        Self::RetryInterval,
        Self::ConnectionPingInterval,
        Self::RecoveryOptions,
        Self::BusyLimit,
        Self::MaxPacketSize,
    ];

    /// The directive.
    pub const fn directive(self) -> &'static str {
        match self {
            Self::ConnectionPoolTimeout => "connection_pool_timeout",
            Self::PingTimeout => "ping_timeout",
            Self::ConnectTimeout => "connect_timeout",
            Self::PrepostTimeout => "prepost_timeout",
            Self::ReplyTimeout => "reply_timeout",
            Self::Retries => "retries",
            Self::RetryInterval => "retry_interval",
            Self::ConnectionPingInterval => "connection_ping_interval",
            Self::RecoveryOptions => "recovery_options",
            Self::BusyLimit => "busy_limit",
            Self::MaxPacketSize => "max_packet_size",
        }
    }

    /// The parameter of a request.
    pub const fn parameter(self) -> &'static str {
        match self {
            Self::ConnectionPoolTimeout => "vacpt",
            Self::PingTimeout => "vapng",
            Self::ConnectTimeout => "vact",
            Self::PrepostTimeout => "vapt",
            Self::ReplyTimeout => "vart",
            Self::Retries => "var",
            Self::RetryInterval => "vari",
            Self::ConnectionPingInterval => "vacpi",
            Self::RecoveryOptions => "varo",
            Self::BusyLimit => "vabl",
            Self::MaxPacketSize => "vamps",
        }
    }

    /// The words for it on a form.
    pub const fn text(self) -> &'static str {
        match self {
            Self::ConnectionPoolTimeout => "Connection Pool Timeout",
            Self::PingTimeout => "Ping Timeout",
            Self::ConnectTimeout => "Connect Timeout",
            Self::PrepostTimeout => "Prepost Timeout",
            Self::ReplyTimeout => "Reply Timeout",
            Self::Retries => "Retries",
            Self::RetryInterval => "Retry Interval",
            Self::ConnectionPingInterval => "Connection Ping Interval",
            Self::RecoveryOptions => "Recovery Options",
            Self::BusyLimit => "Busy Limit",
            Self::MaxPacketSize => "Max Packet Size",
        }
    }

    /// The value that a number means, if it may be set at all.
    pub(crate) fn accepts(self, number: i32) -> Option<i32> {
        match self {
            Self::Retries | Self::RetryInterval | Self::ConnectionPingInterval => {
                Some(number).filter(|&number| number >= 1)
            }
            Self::MaxPacketSize => {
                let rounded = number.checked_add(1023)? / 1024 * 1024;
                Some(rounded).filter(|size| (8192..=65536).contains(size))
            }
            _ => Some(number).filter(|&number| number >= 0),
        }
    }

    /// What the configuration says.
    pub fn configured(self, settings: &AjpSettings) -> i32 {
        let ms = |time: Duration| int(time.as_millis());
        let seconds = |time: Duration| int(time.as_secs().into());
        match self {
            Self::ConnectionPoolTimeout => seconds(settings.connection_pool_timeout),
            Self::PingTimeout => ms(settings.ping_timeout),
            Self::ConnectTimeout => ms(settings.connect_timeout),
            Self::PrepostTimeout => ms(settings.prepost_timeout),
            Self::ReplyTimeout => ms(settings.reply_timeout),
            Self::Retries => int(settings.retries.into()),
            Self::RetryInterval => settings.retry_interval.map_or(-1, ms),
            Self::ConnectionPingInterval => seconds(settings.connection_ping_interval),
            Self::RecoveryOptions => settings.recovery_options.0,
            Self::BusyLimit => int(settings.busy_limit.into()),
            Self::MaxPacketSize => int(settings.max_packet_size.into()),
        }
    }

    /// Has a configuration say so.
    pub(crate) fn configure(self, settings: &mut AjpSettings, value: i32) {
        let count = u32::try_from(value).unwrap_or(0);
        let ms = Duration::from_millis(count.into());
        let seconds = Duration::from_secs(count.into());
        match self {
            Self::ConnectionPoolTimeout => settings.connection_pool_timeout = seconds,
            Self::PingTimeout => settings.ping_timeout = ms,
            Self::ConnectTimeout => settings.connect_timeout = ms,
            Self::PrepostTimeout => settings.prepost_timeout = ms,
            Self::ReplyTimeout => settings.reply_timeout = ms,
            Self::Retries => settings.retries = count,
            Self::RetryInterval => settings.retry_interval = (value >= 0).then_some(ms),
            Self::ConnectionPingInterval => settings.connection_ping_interval = seconds,
            Self::RecoveryOptions => settings.recovery_options = RecoveryOptions(value),
            Self::BusyLimit => settings.busy_limit = count,
            Self::MaxPacketSize => settings.max_packet_size = count,
        }
    }

    /// The value in force.
    pub const fn of(self, values: &AjpValues) -> i32 {
        match self {
            Self::ConnectionPoolTimeout => values.connection_pool_timeout,
            Self::PingTimeout => values.ping_timeout,
            Self::ConnectTimeout => values.connect_timeout,
            Self::PrepostTimeout => values.prepost_timeout,
            Self::ReplyTimeout => values.reply_timeout,
            Self::Retries => values.retries,
            Self::RetryInterval => values.retry_interval,
            Self::ConnectionPingInterval => values.connection_ping_interval,
            Self::RecoveryOptions => values.recovery_options,
            Self::BusyLimit => values.busy_limit,
            Self::MaxPacketSize => values.max_packet_size,
        }
    }
}

fn int(number: u128) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}
