//! What a program needs to know of a configuration: every setting effective, nothing raw.
//!
//! Inheritance between the main server and virtual hosts has been carried out, relative paths have
//! been joined to `ServerRoot`, variables are expanded. A request never consults text.

use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use jk_types::{MountRule, Worker};

use crate::{Location, LocationEnv, LocationHandler, Pace, Paces};

/// The file system and environment, as far as reading configuration needs them.
pub trait Files {
    /// The bytes of a file.
    ///
    /// # Errors
    /// Whatever the system says; the message is shown to the user.
    fn read(&self, path: &Path) -> io::Result<Vec<u8>>;

    /// The names in a directory, in any order.
    ///
    /// # Errors
    /// Whatever the system says; the message is shown to the user.
    fn list(&self, dir: &Path) -> io::Result<Vec<String>>;

    /// Whether this is a directory.
    fn is_dir(&self, path: &Path) -> bool;

    /// Whether there is anything at this path.
    fn exists(&self, path: &Path) -> bool;

    /// An environment variable of the process.
    fn env(&self, name: &str) -> Option<String>;

    /// The addresses of a host; none if it is unknown. May wait for the network. Who knows no
    /// resolver knows this machine.
    fn resolve(&self, host: &str) -> Vec<IpAddr> {
        if host.eq_ignore_ascii_case("localhost") {
            vec![Ipv4Addr::LOCALHOST.into()]
        } else {
            Vec::new()
        }
    }
}

/// A whole configuration.
#[derive(Clone, Debug)]
pub struct Config {
    /// `ServerRoot`
    pub server_root: PathBuf,
    /// `Listen`, in order, duplicates removed.
    pub listeners: Vec<Listen>,
    /// The server outside any `<VirtualHost>`.
    pub main: Server,
    /// `<VirtualHost>` blocks in order.
    pub vhosts: Vec<VirtualHost>,
    /// The workers of `worker.list`, in order.
    pub workers: Vec<Worker>,
    /// All workers properties in definition order, references resolved, as `cmd=dump` shows them.
    pub properties: Vec<(String, String)>,
    /// `worker.maintain`; zero disables maintenance.
    pub maintain: Duration,
    /// `JkWatchdogInterval`; zero is off: requests run the maintenance.
    pub watchdog_interval: Duration,
    /// `JkShmFile`
    pub shm_file: Option<PathBuf>,
    /// `PidFile`
    pub pid_file: Option<PathBuf>,
    /// Connections a worker may have when `connection_pool_size` is not set: what httpd with these
    /// MPM settings would reach over all its processes (`MaxRequestWorkers`).
    pub default_pool_size: u32,
    /// `mod_autoindex` is there: a directory without an index file is forbidden (403) rather than
    /// not found.
    pub autoindex: bool,
    /// The text of the file that `TypesConfig` names: lines of `type extension…`. `None` when there
    /// is none.
    pub media_types: Option<String>,
    /// `ServerTokens`
    pub server_tokens: ServerTokens,
    /// `User`
    pub user: Option<String>,
    /// `Group`
    pub group: Option<String>,
    /// `ListenBacklog`
    pub listen_backlog: u32,
    /// `JackdawThreads`; `None` leaves the number of event loops to the program.
    pub threads: Option<u32>,
    /// `JackdawGraceSeconds`: how long a stop waits for requests in flight; `None` leaves it to the
    /// program.
    pub grace: Option<Duration>,
    /// `GracefulShutdownTimeout`: seconds that a graceful stop waits; 0 is without end, and less is not at all.
    /// `None` when it is not set.
    pub graceful_shutdown_timeout: Option<i64>,
    /// `JackdawResponseTimeout`: how slowly clients may take a response.
    pub response_pace: Pace,
    /// `JackdawMaxConnections`: client connections at once; 0 leaves it to the descriptors there are.
    pub max_connections: u32,
    /// `JackdawMaxConnectionsPerAddress`: the same for one client, an IPv4 address or a /64 of IPv6; 0
    /// is unlimited.
    pub max_connections_per_address: u32,
}

/// One `Listen` directive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listen {
    /// The address; `None` listens on all addresses, IPv4 and IPv6.
    pub ip: Option<IpAddr>,
    /// The port.
    pub port: u16,
    /// Where it was written; `None` for the command line.
    pub location: Option<Location>,
}

/// One `<VirtualHost>`.
#[derive(Clone, Debug)]
pub struct VirtualHost {
    /// The addresses of its opening line.
    pub addresses: Vec<VhostAddress>,
    /// Its settings, inherited ones included.
    pub server: Server,
    /// Its opening line.
    pub location: Location,
}

/// One address of a `<VirtualHost>` line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VhostAddress {
    /// `None` for `*` and `_default_`.
    pub ip: Option<IpAddr>,
    /// `None` for any port: `*`, `:*`, or no port. An address without a port has that of the main
    /// server's `ServerName` if that stands before it and has one.
    pub port: Option<u16>,
}

/// Settings of the main server or of one virtual host.
#[derive(Clone, Debug)]
pub struct Server {
    /// `ServerName`, without scheme and port. A virtual host on a wildcard address has the main
    /// server's if it has none.
    pub name: Option<String>,
    /// The port of `ServerName`; without a `ServerName`, that of a virtual host's first address.
    pub port: Option<u16>,
    /// `ServerName` was written with `https://`.
    pub https: bool,
    /// `ServerAlias`, wildcards included.
    pub aliases: Vec<String>,
    /// `ServerAdmin`
    pub admin: Option<String>,
    /// `UseCanonicalName`
    pub canonical_name: CanonicalName,
    /// `UseCanonicalPhysicalPort`
    pub canonical_physical_port: bool,
    /// `DocumentRoot`
    pub document_root: Option<PathBuf>,
    /// `DirectoryIndex`
    pub directory_index: Vec<String>,
    /// `Timeout`
    pub timeout: Duration,
    /// `RequestReadTimeout`: of the server that a connection's address leads to.
    pub read_paces: Paces,
    /// `KeepAlive`
    pub keep_alive: bool,
    /// `KeepAliveTimeout`
    pub keep_alive_timeout: Duration,
    /// `MaxKeepAliveRequests`; 0 is unlimited.
    pub max_keep_alive_requests: u32,
    /// `LimitRequestLine`
    pub limit_request_line: usize,
    /// `LimitRequestFieldSize`
    pub limit_request_field_size: usize,
    /// `LimitRequestFields`; 0 is unlimited.
    pub limit_request_fields: usize,
    /// `LimitRequestBody`; 0 is unlimited.
    pub limit_request_body: u64,
    /// `ErrorLog`
    pub error_log: LogTarget,
    /// `LogLevel`
    pub log_level: LogLevel,
    /// `CustomLog` and `TransferLog`, formats resolved.
    pub access_logs: Vec<AccessLog>,
    /// `SetEnvIf`, `SetEnvIfNoCase`, `BrowserMatch`, `SetEnv` and `PassEnv` in the order in which
    /// httpd applies them: the conditional ones first. `UnsetEnv` has been carried out.
    pub env: Vec<EnvRule>,
    /// `AllowEncodedSlashes`
    pub encoded_slashes: EncodedSlashes,
    /// `TraceEnable`
    pub trace: Trace,
    /// `FileETag` and friends are not modelled; `ServerSignature` is.
    pub signature: Signature,
    /// `AddDefaultCharset`
    pub default_charset: Option<String>,
    /// `AddType`, as (extension without dot, media type).
    pub add_types: Vec<(String, String)>,
    /// `ErrorDocument`, as (status, what follows).
    pub error_documents: Vec<(u16, ErrorDocument)>,
    /// The Jk directives.
    pub jk: JkServer,
    /// Handlers by section, in the order in which httpd applies them.
    pub handlers: Vec<LocationHandler>,
    /// Variables by section, in the order in which httpd applies them.
    pub location_env: Vec<LocationEnv>,
}

/// What an `ErrorDocument` names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ErrorDocument {
    /// `default`
    Default,
    /// Text to send.
    Text(String),
    /// A path on this server.
    Path(String),
    /// A full URL to redirect to.
    Url(String),
}

/// `UseCanonicalName`
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CanonicalName {
    /// The client's `Host` is the server's name.
    #[default]
    Off,
    /// `ServerName` is the server's name.
    On,
    /// Reverse lookup; treated as `On`.
    Dns,
}

/// `AllowEncodedSlashes`
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum EncodedSlashes {
    /// `%2F` in a path is 404.
    #[default]
    Off,
    /// Decoded.
    On,
    /// Left as `%2F`.
    NoDecode,
}

/// `TraceEnable`
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Trace {
    /// Answered here.
    #[default]
    On,
    /// Refused with 405.
    Off,
    /// Answered here, with a body.
    Extended,
}

/// `ServerSignature`
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Signature {
    /// No line under error pages.
    #[default]
    Off,
    /// A line with version and name.
    On,
    /// `On`, with a mail link.
    EMail,
}

/// `ServerTokens`
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ServerTokens {
    /// Product, version, system and modules.
    #[default]
    Full,
    /// Product, version and system.
    Os,
    /// Product and version.
    Minimal,
    /// Product and major.minor.
    Minor,
    /// Product and major.
    Major,
    /// Product only.
    Prod,
}

/// Where log lines go.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum LogTarget {
    /// A file.
    File(PathBuf),
    /// A program's standard input; `true` when it is to be run by a shell (`|$`).
    Program(String, bool),
    /// The system log, with the facility's name.
    Syslog(String),
    /// Standard error.
    Stderr,
    /// Nowhere (`/dev/null`, `ErrorLog none`).
    Off,
}

/// `LogLevel`, ascending in detail.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs)]
pub enum LogLevel {
    Emerg,
    Alert,
    Crit,
    Error,
    #[default]
    Warn,
    Notice,
    Info,
    Debug,
    Trace,
}

/// `JkLogLevel`, ascending in severity as mod_jk numbers them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs)]
pub enum JkLogLevel {
    Trace,
    Debug,
    #[default]
    Info,
    Warn,
    Error,
    Emerg,
}

/// One `CustomLog` or `TransferLog`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessLog {
    /// Where lines go.
    pub target: LogTarget,
    /// The format, nicknames resolved.
    pub format: String,
    /// `env=name` or `env=!name` (then the flag is true).
    pub env: Option<(String, bool)>,
    /// Where it was written.
    pub location: Location,
}

/// One rule that sets request variables.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EnvRule {
    /// `SetEnvIf`, `SetEnvIfNoCase`, `BrowserMatch`: when `attribute` matches `pattern`.
    SetIf {
        /// `Remote_Host`, `Remote_Addr`, `Server_Addr`, `Request_Method`, `Request_Protocol`,
        /// `Request_URI`, a request header's name (may be a pattern) or a variable set earlier.
        attribute: String,
        /// A regular expression.
        pattern: String,
        /// Match without regard to case.
        no_case: bool,
        /// What to set; a `None` value unsets. `$1` refers to groups of the pattern.
        variables: Vec<(String, Option<String>)>,
    },
    /// `SetEnv name value`; applied late, after mapping.
    Set(String, String),
    /// `UnsetEnv name`; applied late.
    Unset(String),
}

/// The Jk directives of one server.
#[derive(Clone, Debug)]
pub struct JkServer {
    /// `JkLogFile`; `None` falls back to the error log.
    pub log_file: Option<LogTarget>,
    /// `JkLogLevel`
    pub log_level: JkLogLevel,
    /// `JkLogStampFormat`
    pub log_stamp: String,
    /// `JkRequestLogFormat`
    pub request_log: Option<String>,
    /// `JkOptions`
    pub options: JkOptions,
    /// The names of the variables that override request fields.
    pub indicators: Indicators,
    /// `JkExtractSSL`
    pub extract_ssl: bool,
    /// `JkEnvVar`: name and default, in the order in which they are sent.
    pub env_vars: Vec<(String, Option<String>)>,
    /// `JkAutoAlias`
    pub auto_alias: Option<PathBuf>,
    /// `JkStripSession`: the text to strip when on.
    pub strip_session: Option<String>,
    /// The rules.
    pub mounts: Mounts,
}

/// Which rules map this server's requests.
#[derive(Clone, Debug)]
pub enum Mounts {
    /// No rule: nothing is mapped.
    None,
    /// The main server's map itself, `worker.X.mount` rules and its settings included.
    Main,
    /// Rules of this server, inherited ones merged in.
    Own(OwnMounts),
}

/// The rules of one server, by source.
#[derive(Clone, Debug, Default)]
pub struct OwnMounts {
    /// The rule file.
    pub file: Option<MountFile>,
    /// `JkMount` and `JkUnMount`, own ones before inherited ones.
    pub jk_mounts: Vec<MountRule>,
    /// `worker.X.mount`; only in the main server.
    pub worker_mounts: Vec<MountRule>,
}

impl OwnMounts {
    /// All rules: the file's, then `JkMount`s, then those of worker definitions. A file that mod_jk
    /// gives up costs it the others too.
    pub fn rules(&self) -> Vec<MountRule> {
        let file = match &self.file {
            None => &[][..],
            Some(file) => match &file.rules {
                Some(rules) => rules,
                None => return Vec::new(),
            },
        };
        file.iter().chain(&self.jk_mounts).chain(&self.worker_mounts).cloned().collect()
    }
}

/// A `JkMountFile`.
#[derive(Clone, Debug)]
pub struct MountFile {
    /// Its path.
    pub path: PathBuf,
    /// Its rules when it was read. `None` when a key made mod_jk give up the whole map: then the
    /// server has no rule at all, from whatever source.
    pub rules: Option<Vec<MountRule>>,
    /// `JkMountFileReload`; zero is never.
    pub reload: Duration,
}

/// `JkOptions`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct JkOptions {
    pub forward_uri: ForwardUri,
    pub forward_directories: bool,
    pub forward_local_address: bool,
    pub forward_physical_address: bool,
    pub flush_packets: bool,
    pub flush_header: bool,
    pub disable_reuse: bool,
    pub forward_key_size: bool,
    pub forward_ssl_cert_chain: bool,
    pub reject_unsafe_uri: bool,
}

impl Default for JkOptions {
    fn default() -> Self {
        Self {
            forward_uri: ForwardUri::Proxy,
            forward_directories: false,
            forward_local_address: false,
            forward_physical_address: false,
            flush_packets: false,
            flush_header: false,
            disable_reuse: false,
            forward_key_size: true,
            forward_ssl_cert_chain: false,
            reject_unsafe_uri: false,
        }
    }
}

/// The form in which a request's path is forwarded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ForwardUri {
    /// Decoded, then encoded again, upper-case escapes.
    #[default]
    Proxy,
    /// Decoded.
    Compat,
    /// As received.
    CompatUnparsed,
    /// Decoded, then encoded by httpd's rules, lower-case escapes.
    Escaped,
}

/// Names of the request variables that override what is forwarded (`Jk…Indicator`).
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Indicators {
    pub worker: String,
    pub request_id: String,
    pub remote_addr: String,
    pub remote_port: String,
    pub remote_host: String,
    pub remote_user: String,
    pub auth_type: String,
    pub local_name: String,
    /// Not inherited by virtual hosts: empty there unless the directive is repeated.
    pub local_addr: String,
    pub local_port: String,
    pub ignore_cl: String,
    pub https: String,
    pub ssl_protocol: String,
    pub certs: String,
    pub cert_chain_prefix: String,
    pub cipher: String,
    pub session: String,
    pub key_size: String,
}

impl Default for Indicators {
    fn default() -> Self {
        Self {
            worker: "JK_WORKER_NAME".to_owned(),
            request_id: "UNIQUE_ID".to_owned(),
            remote_addr: "JK_REMOTE_ADDR".to_owned(),
            remote_port: "JK_REMOTE_PORT".to_owned(),
            remote_host: "JK_REMOTE_HOST".to_owned(),
            remote_user: "JK_REMOTE_USER".to_owned(),
            auth_type: "JK_AUTH_TYPE".to_owned(),
            local_name: "JK_LOCAL_NAME".to_owned(),
            local_addr: "JK_LOCAL_ADDR".to_owned(),
            local_port: "JK_LOCAL_PORT".to_owned(),
            ignore_cl: "JK_IGNORE_CL".to_owned(),
            https: "HTTPS".to_owned(),
            ssl_protocol: "SSL_PROTOCOL".to_owned(),
            certs: "SSL_CLIENT_CERT".to_owned(),
            cert_chain_prefix: "SSL_CLIENT_CERT_CHAIN_".to_owned(),
            cipher: "SSL_CIPHER".to_owned(),
            session: "SSL_SESSION_ID".to_owned(),
            key_size: "SSL_CIPHER_USEKEYSIZE".to_owned(),
        }
    }
}
