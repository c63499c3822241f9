//! What was written for one server, before anything is inherited.

use std::path::PathBuf;
use std::time::Duration;

use crate::{
    CanonicalName, EncodedSlashes, EnvRule, ErrorDocument, JkLogLevel, Location, LocationHandler,
    LogLevel, LogTarget, Pace, Realm, ServerTokens, Signature, Trace, VhostAddress,
};

/// The main server or one virtual host: `None` is not written.
#[derive(Clone, Debug, Default)]
pub(crate) struct Scope {
    /// The opening line; `None` for the main server.
    pub(crate) at: Option<Location>,
    pub(crate) addresses: Vec<VhostAddress>,
    pub(crate) name: Option<String>,
    /// As httpd keeps it: 0 is none.
    pub(crate) port: u16,
    pub(crate) https: bool,
    pub(crate) aliases: Vec<String>,
    pub(crate) admin: Option<String>,
    pub(crate) canonical_name: Option<CanonicalName>,
    pub(crate) canonical_physical_port: Option<bool>,
    pub(crate) document_root: Option<PathBuf>,
    pub(crate) directory_index: Option<Vec<String>>,
    pub(crate) timeout: Option<Duration>,
    pub(crate) read_header: Option<Pace>,
    pub(crate) read_body: Option<Pace>,
    pub(crate) keep_alive: Option<bool>,
    pub(crate) keep_alive_timeout: Option<Duration>,
    pub(crate) max_keep_alive_requests: Option<u32>,
    pub(crate) limits: Limits,
    pub(crate) limit_request_body: Option<u64>,
    pub(crate) error_log: Option<LogTarget>,
    pub(crate) log_level: Option<LogLevel>,
    pub(crate) logs: Logs,
    pub(crate) env: Env,
    pub(crate) encoded_slashes: Option<EncodedSlashes>,
    pub(crate) trace: Option<Trace>,
    pub(crate) signature: Option<Signature>,
    /// `Some(None)` is `AddDefaultCharset Off`.
    pub(crate) default_charset: Option<Option<String>>,
    pub(crate) types: Types,
    pub(crate) error_documents: Vec<(u16, ErrorDocument)>,
    /// `SetHandler` outside any section.
    pub(crate) handler: Option<Option<String>>,
    pub(crate) locations: Vec<LocationHandler>,
    /// Variables that are set inside `<Location>` sections.
    pub(crate) location_env: Vec<SectionEnv>,
    pub(crate) jk: Jk,
}

/// `LimitRequestLine` and its kin. A virtual host starts with what the main server has when its
/// section is read, not when all is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Limits {
    pub(crate) line: usize,
    pub(crate) field_size: usize,
    pub(crate) fields: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { line: 8190, field_size: 8190, fields: 100 }
    }
}

/// `LogFormat`, `CustomLog` and `TransferLog`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Logs {
    /// Nicknames, without regard to case.
    pub(crate) formats: Vec<(String, String)>,
    /// `LogFormat` without a nickname: the format of `TransferLog`, or the nickname of it.
    pub(crate) default: Option<String>,
    pub(crate) logs: Vec<Log>,
}

/// One access log.
#[derive(Clone, Debug)]
pub(crate) struct Log {
    pub(crate) target: LogTarget,
    /// A nickname or a format; `None` for `TransferLog`.
    pub(crate) format: Option<String>,
    pub(crate) env: Option<(String, bool)>,
    pub(crate) at: Location,
    /// `GlobalLog`: written by virtual hosts with logs of their own, too.
    pub(crate) global: bool,
}

/// `SetEnvIf` and `SetEnv`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Env {
    pub(crate) conditional: Vec<EnvRule>,
    pub(crate) variables: Vec<(String, String)>,
    /// Names that `UnsetEnv` takes out of what is inherited.
    pub(crate) unset: Vec<String>,
}

/// The variables of one section.
#[derive(Clone, Debug)]
pub(crate) struct SectionEnv {
    /// Where the section begins: two sections for one path are two.
    pub(crate) at: Location,
    pub(crate) realm: Realm,
    pub(crate) env: Env,
}

/// `AddType` and `RemoveType`, by extension in lower case.
#[derive(Clone, Debug, Default)]
pub(crate) struct Types {
    pub(crate) added: Vec<(String, String)>,
    pub(crate) removed: Vec<String>,
}

/// The Jk directives of one server.
#[derive(Clone, Debug, Default)]
pub(crate) struct Jk {
    pub(crate) log_file: Option<LogTarget>,
    pub(crate) log_level: Option<JkLogLevel>,
    pub(crate) log_stamp: Option<String>,
    /// `Some(None)` is a format that mod_jk cannot read: nothing is logged.
    pub(crate) request_log: Option<Option<String>>,
    pub(crate) options: Options,
    pub(crate) indicators: Indicators,
    pub(crate) extract_ssl: Option<bool>,
    pub(crate) env_vars: Vec<(String, Option<String>)>,
    pub(crate) auto_alias: Option<PathBuf>,
    /// `Some(None)` is `JkStripSession Off`.
    pub(crate) strip_session: Option<Option<String>>,
    /// `JkMountCopy On` or `Off`.
    pub(crate) mount_copy: Option<bool>,
    pub(crate) mounts: Vec<Mount>,
    pub(crate) mount_file: Option<(PathBuf, Location)>,
    pub(crate) mount_file_reload: Option<Duration>,
}

/// One entry of the table of `JkMount` and `JkUnMount`, whose key is pattern and kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mount {
    pub(crate) pattern: String,
    pub(crate) exclusion: bool,
    pub(crate) worker: String,
    pub(crate) at: Location,
    /// Written with one argument; the pattern is that of the section.
    pub(crate) in_section: bool,
}

impl Mount {
    pub(crate) fn same_key(&self, other: &Self) -> bool {
        (&self.pattern, self.exclusion) == (&other.pattern, other.exclusion)
    }
}

/// `JkOptions`: what was switched on and off, and the form of the path.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Options {
    pub(crate) on: u16,
    pub(crate) off: u16,
    pub(crate) forward_uri: Option<crate::ForwardUri>,
}

/// `Jk…Indicator` names, in the order of [`crate::Indicators`].
pub(crate) type Indicators = [Option<String>; Indicator::COUNT];

/// The indicators.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub(crate) enum Indicator {
    Worker,
    RequestId,
    RemoteAddr,
    RemotePort,
    RemoteHost,
    RemoteUser,
    AuthType,
    LocalName,
    LocalAddr,
    LocalPort,
    IgnoreCl,
    Https,
    SslProtocol,
    Certs,
    CertChainPrefix,
    Cipher,
    Session,
    KeySize,
}

impl Indicator {
    pub(crate) const COUNT: usize = Self::KeySize as usize + 1;
}

/// What holds for the whole process.
#[derive(Clone, Debug)]
pub(crate) struct Global {
    pub(crate) listeners: Vec<crate::Listen>,
    pub(crate) pid_file: Option<PathBuf>,
    pub(crate) types_config: Option<(PathBuf, Location)>,
    pub(crate) server_tokens: Option<ServerTokens>,
    pub(crate) user: Option<String>,
    pub(crate) group: Option<String>,
    pub(crate) listen_backlog: u32,
    pub(crate) mpm: Mpm,
    pub(crate) workers_file: Option<(PathBuf, Location)>,
    pub(crate) worker_properties: Vec<(String, Location)>,
    pub(crate) shm_file: Option<PathBuf>,
    pub(crate) watchdog_interval: Duration,
    /// `JkMountCopy All`
    pub(crate) mount_copy_all: bool,
    pub(crate) threads: Option<u32>,
    pub(crate) grace: Option<Duration>,
    pub(crate) graceful_shutdown_timeout: Option<i64>,
    pub(crate) response_pace: Option<Pace>,
    pub(crate) max_connections: u32,
    pub(crate) max_connections_per_address: u32,
}

/// What bounds the number of connections that httpd would hold to a backend.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Mpm {
    pub(crate) max_request_workers: Option<i64>,
    pub(crate) threads_per_child: Option<i64>,
    pub(crate) thread_limit: Option<i64>,
    pub(crate) server_limit: Option<i64>,
}

impl Default for Global {
    fn default() -> Self {
        Self {
            listeners: Vec::new(),
            pid_file: None,
            types_config: None,
            server_tokens: None,
            user: None,
            group: None,
            listen_backlog: 511,
            mpm: Mpm::default(),
            workers_file: None,
            worker_properties: Vec::new(),
            shm_file: None,
            watchdog_interval: Duration::ZERO,
            mount_copy_all: false,
            threads: None,
            grace: None,
            graceful_shutdown_timeout: None,
            response_pace: None,
            max_connections: 0,
            max_connections_per_address: 0,
        }
    }
}
