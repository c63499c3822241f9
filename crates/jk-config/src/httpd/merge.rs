//! Inheritance: what a virtual host does not say, it has from the main server.

use std::time::Duration;

use super::directive::jk_options as bits;
use super::scope::{Env, Indicator, Jk, Limits, Log, Options, Scope, SectionEnv, Types};
use crate::{
    AccessLog, EnvRule, ForwardUri, Indicators, JkOptions, JkServer, LocationEnv, LocationHandler,
    LocationMatch, LogTarget, Mounts, Pace, Paces, Realm, RealmKind, Server,
};

/// What a server has that says nothing and inherits nothing.
pub(crate) struct Defaults {
    pub(crate) error_log: LogTarget,
    /// `None` when mod_jk's own default cannot be: the error log takes it.
    pub(crate) jk_log: Option<LogTarget>,
}

/// The settings of the main server, or of a virtual host below it. Rules come later.
pub(crate) fn server(main: &Scope, host: Option<&Scope>, defaults: &Defaults) -> Server {
    let own = host.unwrap_or(main);
    let Limits { line, field_size, fields } = own.limits;
    Server {
        name: own.name.clone().or_else(|| main.name.clone().filter(|_| is_wildcard(own))),
        port: (own.port != 0).then_some(own.port),
        https: own.https,
        aliases: own.aliases.clone(),
        admin: inherit(own, main, |scope| scope.admin.clone()),
        canonical_name: inherit(own, main, |scope| scope.canonical_name).unwrap_or_default(),
        canonical_physical_port: inherit(own, main, |scope| scope.canonical_physical_port)
            .unwrap_or(false),
        document_root: inherit(own, main, |scope| scope.document_root.clone()),
        directory_index: inherit(own, main, |scope| scope.directory_index.clone())
            .unwrap_or_else(|| vec!["index.html".to_owned()]),
        timeout: inherit(own, main, |scope| scope.timeout).unwrap_or(Duration::from_secs(60)),
        read_paces: Paces {
            header: inherit(own, main, |scope| scope.read_header).unwrap_or(HEADER),
            body: inherit(own, main, |scope| scope.read_body).unwrap_or(BODY),
        },
        keep_alive: inherit(own, main, |scope| scope.keep_alive).unwrap_or(true),
        keep_alive_timeout: keep_alive_timeout(main, host),
        max_keep_alive_requests: inherit(own, main, |scope| scope.max_keep_alive_requests)
            .unwrap_or(100),
        limit_request_line: line,
        limit_request_field_size: field_size,
        limit_request_fields: fields,
        limit_request_body: inherit(own, main, |scope| scope.limit_request_body).unwrap_or(1 << 30),
        error_log: inherit(own, main, |scope| scope.error_log.clone())
            .unwrap_or_else(|| defaults.error_log.clone()),
        log_level: inherit(own, main, |scope| scope.log_level).unwrap_or_default(),
        access_logs: access_logs(main, host),
        env: env(main, host),
        // Not inherited: observed on httpd 2.4.71.
        encoded_slashes: host.unwrap_or(main).encoded_slashes.unwrap_or_default(),
        trace: inherit(own, main, |scope| scope.trace).unwrap_or_default(),
        signature: inherit(own, main, |scope| scope.signature).unwrap_or_default(),
        default_charset: inherit(own, main, |scope| scope.default_charset.clone()).flatten(),
        add_types: types(&main.types, host.map(|host| &host.types)),
        error_documents: overlaid(
            &main.error_documents,
            host.map_or(&[], |host| host.error_documents.as_slice()),
            |a, b| a == b,
        ),
        jk: jk(&main.jk, host.map(|host| &host.jk), defaults),
        handlers: handlers(main, host),
        location_env: location_env(main, host),
    }
}

/// mod_reqtimeout's own defaults.
const HEADER: Pace =
    Pace { first: Duration::from_secs(20), most: Duration::from_secs(40), rate: 500 };
const BODY: Pace = Pace { first: Duration::from_secs(20), most: Duration::ZERO, rate: 500 };

/// What the host says, else what the main server says.
fn inherit<T>(own: &Scope, main: &Scope, field: impl Fn(&Scope) -> Option<T>) -> Option<T> {
    field(own).or_else(|| field(main))
}

/// Whether a virtual host listens on a wildcard; then it has the main server's name if it has none.
fn is_wildcard(scope: &Scope) -> bool {
    scope.at.is_some() && scope.addresses.iter().any(|address| address.ip.is_none())
}

/// Zero in a virtual host is "not set" to httpd.
fn keep_alive_timeout(main: &Scope, host: Option<&Scope>) -> Duration {
    let own = host.and_then(|host| host.keep_alive_timeout).filter(|timeout| !timeout.is_zero());
    own.or(main.keep_alive_timeout).unwrap_or(Duration::from_secs(5))
}

/// `base` with the entries of `own` put in place of those with the same key.
fn overlaid<K: Clone, V: Clone>(
    base: &[(K, V)],
    own: &[(K, V)],
    same: impl Fn(&K, &K) -> bool,
) -> Vec<(K, V)> {
    let kept = base.iter().filter(|(key, _)| !own.iter().any(|(other, _)| same(key, other)));
    kept.chain(own).cloned().collect()
}

/// The logs of a virtual host replace the main server's, but for global ones.
fn access_logs(main: &Scope, host: Option<&Scope>) -> Vec<AccessLog> {
    let own = host.unwrap_or(main);
    let formats = overlaid(&main.logs.formats, &own.logs.formats, |a, b| a.eq_ignore_ascii_case(b));
    let default = own.logs.default.as_ref().or(main.logs.default.as_ref());
    let inherited: Vec<&Log> = match host {
        Some(host) if host.logs.logs.is_empty() => main.logs.logs.iter().collect(),
        Some(_) => main.logs.logs.iter().filter(|log| log.global).collect(),
        None => Vec::new(),
    };
    let resolve = |log: &Log| AccessLog {
        target: log.target.clone(),
        format: format_of(log.format.as_ref().or(default), &formats),
        env: log.env.clone(),
        location: log.at.clone(),
    };
    own.logs.logs.iter().map(resolve).chain(inherited.into_iter().map(resolve)).collect()
}

/// httpd's common log format: what there is when no `LogFormat` is.
const COMMON: &str = "%h %l %u %t \"%r\" %>s %b";

/// What a nickname stands for; what is none stands for itself.
fn format_of(name: Option<&String>, formats: &[(String, String)]) -> String {
    let Some(name) = name else { return COMMON.to_owned() };
    match formats.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)) {
        Some((_, format)) => format.clone(),
        None if name.eq_ignore_ascii_case("CLF") => COMMON.to_owned(),
        None => name.clone(),
    }
}

/// Conditions of the main server come before those of the host; variables are overlaid.
fn env(main: &Scope, host: Option<&Scope>) -> Vec<EnvRule> {
    let none = Env::default();
    let own = host.map_or(&none, |host| &host.env);
    let unset = |name: &str| own.unset.iter().any(|unset| unset.eq_ignore_ascii_case(name));
    let inherited: Vec<(String, String)> =
        main.env.variables.iter().filter(|(name, _)| !unset(name)).cloned().collect();
    let variables = overlaid(&inherited, &own.variables, |a, b| a.eq_ignore_ascii_case(b));
    let conditional = main.env.conditional.iter().chain(&own.conditional).cloned();
    conditional
        .chain(variables.into_iter().map(|(name, value)| EnvRule::Set(name, value)))
        .collect()
}

/// The main server's sections come before those of the host.
fn location_env(main: &Scope, host: Option<&Scope>) -> Vec<LocationEnv> {
    let own = host.map_or(&[][..], |host| &host.location_env);
    let rules = |env: &Env| {
        let unset = env.unset.iter().map(|name| EnvRule::Unset(name.clone()));
        let set =
            env.variables.iter().map(|(name, value)| EnvRule::Set(name.clone(), value.clone()));
        env.conditional.iter().cloned().chain(unset).chain(set).collect()
    };
    let section = |section: &SectionEnv| LocationEnv {
        realm: section.realm.clone(),
        rules: rules(&section.env),
    };
    let mut all: Vec<_> = main.location_env.iter().chain(own).map(section).collect();
    all.sort_by_key(|section| turn(&section.realm));
    all
}

/// When httpd applies a section: directories from the root down, those with regular expressions
/// after them, then files, then locations. Of equals the first is first.
fn turn(realm: &Realm) -> (RealmKind, bool, usize) {
    let is_regex = realm.matching == LocationMatch::Regex;
    let depth = realm.path.bytes().filter(|&byte| byte == b'/').count();
    match realm.kind {
        RealmKind::Directory => (realm.kind, is_regex, if is_regex { 0 } else { depth }),
        RealmKind::Files => (realm.kind, realm.within.is_some(), 0),
        RealmKind::Everything | RealmKind::Location => (realm.kind, false, 0),
    }
}

fn types(main: &Types, host: Option<&Types>) -> Vec<(String, String)> {
    let Some(host) = host else { return main.added.clone() };
    let kept: Vec<(String, String)> = main
        .added
        .iter()
        .filter(|(extension, _)| !host.removed.contains(extension))
        .cloned()
        .collect();
    overlaid(&kept, &host.added, |a, b| a == b)
}

/// What stands outside of sections comes first, for every section outdoes it.
fn handlers(main: &Scope, host: Option<&Scope>) -> Vec<LocationHandler> {
    let everywhere = host.and_then(|host| host.handler.as_ref()).or(main.handler.as_ref());
    let everywhere = everywhere.map(|handler| LocationHandler {
        realm: Realm { kind: RealmKind::Everything, ..Realm::default() },
        handler: handler.clone(),
    });
    let own = host.map_or(&[][..], |host| &host.locations);
    let written = main.locations.iter().chain(own).cloned();
    let mut all: Vec<_> = everywhere.into_iter().chain(written).collect();
    all.sort_by_key(|handler| turn(&handler.realm));
    all
}

fn jk(main: &Jk, host: Option<&Jk>, defaults: &Defaults) -> JkServer {
    let own = host.unwrap_or(main);
    let log_file = own.log_file.clone().or_else(|| main.log_file.clone());
    let strip_session = own.strip_session.clone().or_else(|| main.strip_session.clone());
    let stamp = own.log_stamp.clone().or_else(|| main.log_stamp.clone());
    JkServer {
        log_file: log_file.or_else(|| defaults.jk_log.clone()),
        log_level: own.log_level.or(main.log_level).unwrap_or_default(),
        log_stamp: stamp.unwrap_or_else(|| "[%a %b %d %H:%M:%S.%Q %Y] ".to_owned()),
        request_log: own.request_log.clone().or_else(|| main.request_log.clone()).flatten(),
        options: options(main.options, host.map(|host| host.options)),
        indicators: indicators(main, host),
        extract_ssl: own.extract_ssl.or(main.extract_ssl).unwrap_or(true),
        // Own names first, then inherited ones.
        env_vars: match host {
            Some(host) => {
                let own_has = |name: &str| {
                    host.env_vars.iter().any(|(known, _)| known.eq_ignore_ascii_case(name))
                };
                let inherited = main.env_vars.iter().filter(|(name, _)| !own_has(name));
                host.env_vars.iter().chain(inherited).cloned().collect()
            }
            None => main.env_vars.clone(),
        },
        auto_alias: own.auto_alias.clone(),
        strip_session: strip_session.flatten(),
        mounts: Mounts::None,
    }
}

/// A host has its own bits, and those that the main server switched on and not off; what the host
/// switched off is off (mod_jk: `merge_jk_config`).
fn options(main: Options, host: Option<Options>) -> JkOptions {
    let main_on = main.on | bits::FORWARD_KEY_SIZE;
    let on = match host {
        None => main_on & !main.off,
        Some(host) => (host.on | (main_on & !main.off)) & !host.off,
    };
    let forward_uri = host.and_then(|host| host.forward_uri).or(main.forward_uri);
    let local = on & bits::FORWARD_LOCAL_ADDRESS != 0;
    JkOptions {
        forward_uri: forward_uri.unwrap_or(ForwardUri::Proxy),
        forward_directories: on & bits::FORWARD_DIRECTORIES != 0,
        forward_local_address: local,
        // Only a merge can leave both, and then the local address is forwarded.
        forward_physical_address: on & bits::FORWARD_PHYSICAL_ADDRESS != 0 && !local,
        flush_packets: on & bits::FLUSH_PACKETS != 0,
        flush_header: on & bits::FLUSH_HEADER != 0,
        disable_reuse: on & bits::DISABLE_REUSE != 0,
        forward_key_size: on & bits::FORWARD_KEY_SIZE != 0,
        forward_ssl_cert_chain: on & bits::FORWARD_SSL_CERT_CHAIN != 0,
        reject_unsafe_uri: on & bits::REJECT_UNSAFE_URI != 0,
    }
}

fn indicators(main: &Jk, host: Option<&Jk>) -> Indicators {
    let defaults = Indicators::default();
    let written = |jk: &Jk, which: Indicator| jk.indicators.get(which as usize).cloned().flatten();
    let take = |which: Indicator, default: String| {
        let own = host.and_then(|host| written(host, which));
        own.or_else(|| written(main, which)).unwrap_or(default)
    };
    // mod_jk forgets to hand this one down.
    let local_addr = match host {
        Some(host) => written(host, Indicator::LocalAddr).unwrap_or_default(),
        None => take(Indicator::LocalAddr, defaults.local_addr),
    };
    Indicators {
        worker: take(Indicator::Worker, defaults.worker),
        request_id: take(Indicator::RequestId, defaults.request_id),
        remote_addr: take(Indicator::RemoteAddr, defaults.remote_addr),
        remote_port: take(Indicator::RemotePort, defaults.remote_port),
        remote_host: take(Indicator::RemoteHost, defaults.remote_host),
        remote_user: take(Indicator::RemoteUser, defaults.remote_user),
        auth_type: take(Indicator::AuthType, defaults.auth_type),
        local_name: take(Indicator::LocalName, defaults.local_name),
        local_addr,
        local_port: take(Indicator::LocalPort, defaults.local_port),
        ignore_cl: take(Indicator::IgnoreCl, defaults.ignore_cl),
        https: take(Indicator::Https, defaults.https),
        ssl_protocol: take(Indicator::SslProtocol, defaults.ssl_protocol),
        certs: take(Indicator::Certs, defaults.certs),
        cert_chain_prefix: take(Indicator::CertChainPrefix, defaults.cert_chain_prefix),
        cipher: take(Indicator::Cipher, defaults.cipher),
        session: take(Indicator::Session, defaults.session),
        key_size: take(Indicator::KeySize, defaults.key_size),
    }
}
