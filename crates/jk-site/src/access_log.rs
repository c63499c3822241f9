//! The lines of `CustomLog` and `TransferLog`.

mod escape;
mod format;
mod render;

use std::net::SocketAddr;
use std::time::Duration;

use chrono::{DateTime, FixedOffset};

use crate::env::EnvVars;
use crate::fields::Fields;

pub use escape::{push_escaped, push_request_line};
pub use format::{Format, FormatError};

/// How a connection stood when its response had been sent (`%X`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConnectionEnd {
    /// The client went away before the response was complete.
    Aborted,
    /// It may serve another request.
    KeptAlive,
    /// It is closed.
    Closed,
}

/// What a line may show. Everything is borrowed; nothing is copied but into the line.
#[derive(Clone, Copy)]
pub struct Record<'a> {
    /// The client (`%h`, `%a`, `%{remote}p`).
    pub client: SocketAddr,
    /// The peer of the connection (`%{c}a`); the client itself unless a proxy spoke for it.
    pub peer: SocketAddr,
    /// Our end of the connection (`%A`, `%{local}p`).
    pub local: SocketAddr,
    /// The client's name, if it was looked up (`%h`).
    pub client_name: Option<&'a [u8]>,
    /// The authenticated user (`%u`).
    pub user: Option<&'a [u8]>,
    /// When the request line had been read, in the local zone (`%t`).
    pub time: DateTime<FixedOffset>,
    /// From `time` to the end of the response (`%D`, `%T`, `%{end}t`).
    pub duration: Duration,
    /// The request line (`%r`), with single blanks; a password in it is masked.
    pub request_line: &'a [u8],
    /// `%m`
    pub method: &'a [u8],
    /// `%H`
    pub protocol: &'a [u8],
    /// The path, decoded (`%U`).
    pub path: &'a [u8],
    /// The path before an `ErrorDocument` or index replaced it (`%<U`, the default of `%U`).
    pub original_path: &'a [u8],
    /// What follows the `?` (`%q`); nothing after an `ErrorDocument` took over.
    pub query: Option<&'a [u8]>,
    /// The file (`%f`). For a mapped path it is what follows the last slash.
    pub file: Option<&'a [u8]>,
    /// The handler (`%R`): `jakarta-servlet` for a mapped path, `httpd/unix-directory` for a directory
    /// that could not be served.
    pub handler: Option<&'a [u8]>,
    /// The response's status (`%>s`).
    pub status: u16,
    /// The status before an `ErrorDocument` replaced it (`%s`, `%<s`).
    pub original_status: u16,
    /// Bytes of body sent (`%b`, `%B`).
    pub body_bytes: u64,
    /// Bytes received, head included (`%I`).
    pub bytes_in: u64,
    /// Bytes sent, head included (`%O`).
    pub bytes_out: u64,
    /// Requests that this connection served before this one (`%k`).
    pub kept_alive: u32,
    /// `%X`
    pub end: ConnectionEnd,
    /// The id of the error log's line about this request (`%L`).
    pub log_id: Option<&'a [u8]>,
    /// The configured name (`%v`).
    pub configured_name: &'a [u8],
    /// The configured port (`%p`): [`crate::canonical::Identity::configured_port`].
    pub configured_port: u16,
    /// The name per `UseCanonicalName` (`%V`).
    pub name: &'a [u8],
    /// `%P`
    pub pid: u32,
    /// `%{tid}P`
    pub tid: u64,
    /// The request's fields (`%{X}i`, `%{X}C`).
    pub request_fields: &'a dyn Fields,
    /// The response's fields (`%{X}o`).
    pub response_fields: &'a dyn Fields,
    /// Notes (`%{X}n`).
    pub notes: &'a dyn Fields,
    /// Variables (`%{X}e`).
    pub env: &'a EnvVars,
}

impl Format {
    /// Appends a line, with its line feed.
    pub fn render(&self, record: &Record<'_>, out: &mut Vec<u8>) {
        for item in &self.items {
            render::item(item, record, out);
        }
        out.push(b'\n');
    }
}

/// Whether a log with this `env=` clause takes the request.
pub fn wanted(clause: Option<&(String, bool)>, env: &EnvVars) -> bool {
    clause.is_none_or(|(name, negated)| env.get(name.as_bytes()).is_some() != *negated)
}
