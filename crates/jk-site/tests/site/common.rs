//! What the tests share: the measured tables, and configurations to measure against.

use std::path::PathBuf;
use std::time::Duration;

use jk_config::{
    CanonicalName, Config, EncodedSlashes, Indicators, JkLogLevel, JkOptions, JkServer, Location,
    LogLevel, LogTarget, Mounts, Server, ServerTokens, Signature, Sources, Trace, VhostAddress,
    VirtualHost,
};

/// A file below `testdata/site/`.
pub(crate) fn testdata(name: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../testdata/site")).join(name)
}

/// The rows of a table: line number and columns. Blank lines and lines that begin with `# ` are
/// left out.
pub(crate) fn rows(name: &str) -> Vec<(usize, Vec<String>)> {
    let text = std::fs::read_to_string(testdata(name)).expect("the table is part of the sources");
    let rows: Vec<_> = text
        .lines()
        .enumerate()
        .filter(|(_, line)| !line.is_empty() && !line.starts_with("# "))
        .map(|(at, line)| (at + 1, line.split('\t').map(str::to_owned).collect()))
        .collect();
    assert!(!rows.is_empty(), "{name} is empty");
    rows
}

/// Reads `\xHH` escapes; everything else is itself.
pub(crate) fn unescape(text: &str) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find("\\x") {
        out.extend_from_slice(&rest.as_bytes()[..at]);
        out.push(u8::from_str_radix(&rest[at + 2..at + 4], 16).expect("two digits"));
        rest = &rest[at + 4..];
    }
    out.extend_from_slice(rest.as_bytes());
    out
}

/// Shows bytes as the tables do.
pub(crate) fn escape(bytes: &[u8]) -> String {
    let show = |&b: &u8| match b {
        b'!'..=b'[' | b']'..=b'~' => (b as char).to_string(),
        _ => format!("\\x{b:02x}"),
    };
    bytes.iter().map(show).collect()
}

/// A server with httpd's defaults.
pub(crate) fn server(name: Option<&str>) -> Server {
    Server {
        name: name.map(str::to_owned),
        port: None,
        https: false,
        aliases: Vec::new(),
        admin: None,
        canonical_name: CanonicalName::Off,
        canonical_physical_port: false,
        document_root: Some("/srv/www".into()),
        directory_index: vec!["index.html".to_owned()],
        timeout: Duration::from_secs(60),
        keep_alive: true,
        keep_alive_timeout: Duration::from_secs(5),
        max_keep_alive_requests: 100,
        limit_request_line: 8190,
        limit_request_field_size: 8190,
        limit_request_fields: 100,
        limit_request_body: 1 << 30,
        error_log: LogTarget::Stderr,
        log_level: LogLevel::Warn,
        access_logs: Vec::new(),
        env: Vec::new(),
        encoded_slashes: EncodedSlashes::Off,
        trace: Trace::On,
        signature: Signature::Off,
        default_charset: None,
        add_types: Vec::new(),
        error_documents: Vec::new(),
        jk: jk(),
        handlers: Vec::new(),
    }
}

fn jk() -> JkServer {
    JkServer {
        log_file: None,
        log_level: JkLogLevel::Info,
        log_stamp: "[%a %b %d %H:%M:%S.%Q %Y] ".to_owned(),
        request_log: None,
        options: JkOptions::default(),
        indicators: Indicators::default(),
        extract_ssl: true,
        env_vars: Vec::new(),
        auto_alias: None,
        strip_session: None,
        mounts: Mounts::None,
    }
}

/// A configuration without virtual hosts.
pub(crate) fn config(main: Server) -> Config {
    Config {
        server_root: "/etc/httpd".into(),
        listeners: Vec::new(),
        main,
        vhosts: Vec::new(),
        workers: Vec::new(),
        properties: Vec::new(),
        maintain: Duration::from_secs(60),
        watchdog_interval: Duration::ZERO,
        shm_file: None,
        pid_file: None,
        default_pool_size: 25,
        server_tokens: ServerTokens::Full,
        user: None,
        group: None,
        listen_backlog: 511,
    }
}

/// A virtual host at addresses such as `127.0.0.1:80`, `*`, `[::1]:*`.
pub(crate) fn vhost(addresses: &str, server: Server) -> VirtualHost {
    let source = Sources::default().add("httpd.conf".into(), Vec::new());
    VirtualHost {
        addresses: addresses.split(' ').map(address).collect(),
        server,
        location: Location { source, span: 0..0 },
    }
}

fn address(text: &str) -> VhostAddress {
    if let Ok(ip) = text.parse() {
        return VhostAddress { ip: Some(ip), port: None };
    }
    let (host, port) = text.rsplit_once(':').unwrap_or((text, "*"));
    let host = host.trim_matches(['[', ']']);
    VhostAddress { ip: host.parse().ok(), port: port.parse().ok() }
}
