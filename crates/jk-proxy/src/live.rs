//! The settings of a backend that operators change while it serves. Requests read them without a
//! lock; only the address has one, which is taken when a connection is opened.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicI32, Ordering::Relaxed};
use std::time::Duration;

use jk_balance::Seconds;
use jk_status::AjpNumber;
use jk_status::view::AjpValues;
use jk_types::{AjpSettings, RecoveryOptions};
use parking_lot::RwLock;

/// What holds for a backend now.
#[derive(Debug)]
pub(crate) struct Live {
    numbers: [AtomicI32; AjpNumber::ALL.len()],
    place: RwLock<Place>,
}

#[derive(Clone, Debug)]
struct Place {
    host: String,
    port: i32,
    address: Option<SocketAddr>,
}

impl Live {
    /// What the configuration says.
    pub(crate) fn new(settings: &AjpSettings, address: Option<SocketAddr>) -> Self {
        let place = Place { host: settings.host.clone(), port: settings.port, address };
        Self {
            numbers: AjpNumber::ALL.map(|number| number.configured(settings).into()),
            place: place.into(),
        }
    }

    /// Changes a number.
    pub(crate) fn set(&self, number: AjpNumber, value: i32) {
        self.numbers[number as usize].store(value, Relaxed);
    }

    /// Changes where new connections go.
    pub(crate) fn relocate(&self, host: String, port: i32, address: Option<SocketAddr>) {
        *self.place.write() = Place { host, port, address };
    }

    /// Where new connections go; `None` when the backend is never contacted.
    pub(crate) fn address(&self) -> Option<SocketAddr> {
        self.place.read().address
    }

    /// Everything, for those who look at it.
    pub(crate) fn values(&self) -> AjpValues {
        let place = self.place.read();
        let number = |number| self.number(number);
        AjpValues {
            host: place.host.clone(),
            port: place.port,
            connection_pool_timeout: number(AjpNumber::ConnectionPoolTimeout),
            ping_timeout: number(AjpNumber::PingTimeout),
            connect_timeout: number(AjpNumber::ConnectTimeout),
            prepost_timeout: number(AjpNumber::PrepostTimeout),
            reply_timeout: number(AjpNumber::ReplyTimeout),
            retries: number(AjpNumber::Retries),
            retry_interval: number(AjpNumber::RetryInterval),
            connection_ping_interval: number(AjpNumber::ConnectionPingInterval),
            recovery_options: number(AjpNumber::RecoveryOptions),
            busy_limit: number(AjpNumber::BusyLimit),
            max_packet_size: number(AjpNumber::MaxPacketSize),
        }
    }

    /// `connection_pool_timeout`; zero is off.
    pub(crate) fn connection_pool_timeout(&self) -> Duration {
        self.seconds(AjpNumber::ConnectionPoolTimeout)
    }

    /// `ping_timeout`
    pub(crate) fn ping_timeout(&self) -> Duration {
        self.milliseconds(AjpNumber::PingTimeout)
    }

    /// `connect_timeout`; zero is off.
    pub(crate) fn connect_timeout(&self) -> Duration {
        self.milliseconds(AjpNumber::ConnectTimeout)
    }

    /// `prepost_timeout`; zero is off.
    pub(crate) fn prepost_timeout(&self) -> Duration {
        self.milliseconds(AjpNumber::PrepostTimeout)
    }

    /// `reply_timeout`; zero is off.
    pub(crate) fn reply_timeout(&self) -> Duration {
        self.milliseconds(AjpNumber::ReplyTimeout)
    }

    /// `retries`
    pub(crate) fn retries(&self) -> u32 {
        self.unsigned(AjpNumber::Retries)
    }

    /// `retry_interval`; `None` is no sleep.
    pub(crate) fn retry_interval(&self) -> Option<Duration> {
        let pause = u64::try_from(self.number(AjpNumber::RetryInterval)).ok()?;
        Some(Duration::from_millis(pause))
    }

    /// `connection_ping_interval`; zero is off.
    pub(crate) fn connection_ping_interval(&self) -> Duration {
        self.seconds(AjpNumber::ConnectionPingInterval)
    }

    /// `recovery_options`
    pub(crate) fn recovery_options(&self) -> RecoveryOptions {
        RecoveryOptions(self.number(AjpNumber::RecoveryOptions))
    }

    /// `busy_limit`; 0 is off.
    pub(crate) fn busy_limit(&self) -> u32 {
        self.unsigned(AjpNumber::BusyLimit)
    }

    /// `max_packet_size`
    pub(crate) fn max_packet_size(&self) -> usize {
        self.unsigned(AjpNumber::MaxPacketSize) as usize
    }

    fn number(&self, number: AjpNumber) -> i32 {
        self.numbers[number as usize].load(Relaxed)
    }

    fn unsigned(&self, number: AjpNumber) -> u32 {
        u32::try_from(self.number(number)).unwrap_or(0)
    }

    fn milliseconds(&self, number: AjpNumber) -> Duration {
        Duration::from_millis(self.unsigned(number).into())
    }

    fn seconds(&self, number: AjpNumber) -> Duration {
        Duration::from_secs(self.unsigned(number).into())
    }
}

/// The local offset from UTC at a moment, in seconds.
pub(crate) fn zone(at: Seconds) -> i32 {
    let at = Duration::from_secs(at.0);
    crate::engine::local_time(at).offset().local_minus_utc()
}
