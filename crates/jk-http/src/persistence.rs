//! Whether the connection outlives a response, and what the response says about it.

use crate::grammar::list_has_token;
use crate::response::write_decimal;
use crate::{RequestHead, ResponseFraming, Version};

/// What the server's configuration says about persistence: `KeepAlive`, `KeepAliveTimeout`,
/// `MaxKeepAliveRequests`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeepAlive {
    /// `KeepAlive`; default on.
    pub enabled: bool,
    /// `KeepAliveTimeout` in whole seconds; default 5. Not above zero switches persistence off.
    pub timeout: u64,
    /// `MaxKeepAliveRequests`; default 100, 0 is unlimited.
    pub max: u32,
}

impl Default for KeepAlive {
    fn default() -> Self {
        Self { enabled: true, timeout: 5, max: 100 }
    }
}

/// What is known about a request and its response when the response head is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exchange<'a> {
    /// The request's version.
    pub version: Version,
    /// [`RequestHead::wants_close`].
    pub wants_close: bool,
    /// [`RequestHead::wants_keep_alive`].
    pub wants_keep_alive: bool,
    /// The status of the response.
    pub status: u16,
    /// The framing of the response.
    pub framing: ResponseFraming,
    /// The `Connection` field the response has already got, if any.
    pub connection: Option<&'a [u8]>,
    /// How many responses before this one left the connection open.
    pub served: u32,
    /// The connection cannot go on: the request body was not read to its end and cannot be, the
    /// client may still wait for `100 Continue`, or the server is stopping.
    pub broken: bool,
    /// The variable `nokeepalive` is set and the request has no `Via`.
    pub no_keep_alive: bool,
}

impl Exchange<'_> {
    /// The exchange for a parsed head, with nothing special about it.
    pub fn of(head: &RequestHead, status: u16, framing: ResponseFraming, served: u32) -> Self {
        Self {
            version: head.version(),
            wants_close: head.wants_close(),
            wants_keep_alive: head.wants_keep_alive(),
            status,
            framing,
            connection: None,
            served,
            broken: false,
            no_keep_alive: false,
        }
    }
}

/// The decision, and the fields that announce it.
///
/// httpd puts them after the response's own fields and before `Transfer-Encoding` and
/// `Content-Type`: first `Keep-Alive`, then `Connection`. If the response already has a
/// `Connection` field, the word is appended to that one instead, after `, `.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Persistence {
    /// Whether the connection stays open.
    pub keep: bool,
    /// The `Keep-Alive` field to send.
    pub keep_alive: Option<KeepAliveField>,
    /// The value of `Connection` to send, or to append to what is there.
    pub connection: Option<&'static str>,
}

/// The value of a `Keep-Alive` field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeepAliveField {
    /// Seconds that the connection may stay idle.
    pub timeout: u64,
    /// Requests that are still allowed after this one's response, if they are limited.
    pub max: Option<u32>,
}

/// Decides as httpd's `ap_set_keepalive` does.
pub fn persistence(config: &KeepAlive, exchange: &Exchange<'_>) -> Persistence {
    let says_close = exchange.connection.is_some_and(|c| list_has_token(c, b"close"));
    if says_close || !may_persist(config, exchange) {
        let connection = (!says_close).then_some("close");
        return Persistence { keep: false, keep_alive: None, connection };
    }
    if !exchange.wants_keep_alive {
        return Persistence { keep: true, keep_alive: None, connection: None };
    }
    let max = (config.max > 0).then(|| config.max.saturating_sub(exchange.served));
    let keep_alive = Some(KeepAliveField { timeout: config.timeout, max });
    Persistence { keep: true, keep_alive, connection: Some("Keep-Alive") }
}

/// Whether `status` ends the connection by itself (httpd: `ap_status_drops_connection`).
pub const fn drops_connection(status: u16) -> bool {
    matches!(status, 400 | 408 | 411 | 413 | 414 | 500 | 501 | 503)
}

fn may_persist(config: &KeepAlive, exchange: &Exchange<'_>) -> bool {
    let room = config.max == 0 || exchange.served < config.max;
    let asked = exchange.wants_keep_alive || exchange.version == Version::Http11;
    config.enabled
        && config.timeout > 0
        && room
        && asked
        && exchange.framing != ResponseFraming::UntilClose
        && !exchange.broken
        && !exchange.wants_close
        && !exchange.no_keep_alive
        && !drops_connection(exchange.status)
}

impl Persistence {
    /// Appends the field lines, for a response that has no `Connection` field yet.
    pub fn write(&self, out: &mut Vec<u8>) {
        if let Some(field) = self.keep_alive {
            out.extend_from_slice(b"Keep-Alive: ");
            field.write(out);
            out.extend_from_slice(b"\r\n");
        }
        if let Some(connection) = self.connection {
            out.extend_from_slice(b"Connection: ");
            out.extend_from_slice(connection.as_bytes());
            out.extend_from_slice(b"\r\n");
        }
    }
}

impl KeepAliveField {
    /// Appends the value.
    pub fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"timeout=");
        write_decimal(out, self.timeout);
        if let Some(max) = self.max {
            out.extend_from_slice(b", max=");
            write_decimal(out, max.into());
        }
    }
}
