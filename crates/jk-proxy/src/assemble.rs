//! From a configuration to a [`Site`]: the one place where names are resolved, on the thread that
//! starts or reloads, never on a loop.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use jk_balance::{LbWorker, Seconds, WorkerCounters};
use jk_config::{Config, JkServer};
use jk_site::access_log::Format;
use jk_site::canonical::Identity;
use jk_site::env::EnvRules;
use jk_site::files::{MediaTypes, StaticSite};
use jk_site::vhost::{ServerId, VhostTable};
use jk_types::{AjpSettings, LbSettings, WorkerKind};
use parking_lot::Mutex;

use crate::live::Live;
use crate::logs::Logs;
use crate::rules::RuleSet;
use crate::site::{AccessLog, Backend, Host, JkLog, Kind, Lb, Site, Worker};

/// The version that the `Server` field names.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Something the administrator should know; the site works all the same.
pub type Warning = String;

/// Why a configuration that was read well cannot be served.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AssembleError {
    /// A log cannot be opened.
    #[error("cannot open the log {target}: {source}")]
    Log {
        /// The log.
        target: String,
        /// Why.
        source: std::io::Error,
    },
    /// A `SetEnvIf` pattern or log format cannot be used.
    #[error("{0}")]
    Unusable(String),
}

/// Makes a configuration ready to serve.
///
/// # Errors
/// A log cannot be opened, or a pattern cannot be used.
pub(crate) fn assemble(
    config: Config,
    logs: &mut Logs,
    now: Seconds,
) -> Result<(Site, Vec<Warning>), AssembleError> {
    let mut builder = Builder { now, default_size: config.default_pool_size, ..Builder::default() };
    let workers: Vec<Worker> = config
        .workers
        .iter()
        .map(|worker| Worker { name: worker.name.clone(), kind: builder.kind(&worker.kind) })
        .collect();
    let servers = hosts(&config, &workers, logs, now)?;
    let error_log = logs.open(&config.main.error_log)?;
    let site = Site {
        vhosts: VhostTable::build(&config),
        servers,
        workers,
        backends: builder.backends,
        error_log,
        banner: jk_site::banner::server(config.server_tokens, VERSION),
        maintained: AtomicU64::new(0),
        config,
    };
    Ok((site, builder.warnings))
}

/// Workers under construction.
#[derive(Default)]
struct Builder {
    now: Seconds,
    default_size: u32,
    backends: Vec<Backend>,
    counters: HashMap<String, Arc<WorkerCounters>>,
    warnings: Vec<Warning>,
}

impl Builder {
    fn kind(&mut self, kind: &WorkerKind) -> Kind {
        match kind {
            WorkerKind::Ajp(settings) => Kind::Ajp { backend: self.backend(settings) },
            WorkerKind::Lb(settings) => Kind::Lb(Box::new(self.lb(settings))),
            WorkerKind::Status(settings) => Kind::Status(settings.clone()),
        }
    }

    fn lb(&mut self, settings: &LbSettings) -> Lb {
        let first = self.backends.len();
        for member in &settings.members {
            self.backend(&member.ajp);
        }
        let members = &self.backends[first..];
        let counters = members.iter().map(|backend| Arc::clone(&backend.counters)).collect();
        let unresolved: Vec<bool> =
            members.iter().map(|backend| backend.live.address().is_none()).collect();
        let balancer = LbWorker::new(settings, counters, &unresolved, self.now);
        Lb {
            settings: settings.clone(),
            first,
            sticky: settings.sticky_session.into(),
            balancer: Mutex::new(balancer),
        }
    }

    fn backend(&mut self, settings: &AjpSettings) -> usize {
        let counters = self
            .counters
            .entry(settings.name.clone())
            .or_insert_with(|| WorkerCounters::shared(self.now));
        let counters = Arc::clone(counters);
        let address = self.resolve(settings);
        let source =
            settings.source.as_deref().and_then(|host| self.resolve_source(settings, host));
        let size = settings.connection_pool_size.unwrap_or(self.default_size);
        let minimum = settings.connection_pool_minsize.map_or(size.div_ceil(2) as usize, |least| {
            // A negative number keeps every connection, as in mod_jk.
            usize::try_from(least).unwrap_or(usize::MAX)
        });
        self.backends.push(Backend {
            settings: settings.clone(),
            live: Live::new(settings, address),
            source,
            counters,
            pool_size: size as usize,
            pool_minimum: minimum,
        });
        self.backends.len() - 1
    }

    /// The address to connect to (mod_jk: `jk_resolve`). Names of digits and dots are taken as
    /// IPv4 literals there, however wrong.
    fn resolve(&mut self, settings: &AjpSettings) -> Option<SocketAddr> {
        let port = u16::try_from(settings.port).ok().filter(|&port| port > 0)?;
        let found = lookup(&settings.host, port, settings.prefer_ipv6);
        if found.is_none() {
            self.warnings.push(format!(
                "worker {}: cannot resolve host {}; it will not be contacted",
                settings.name, settings.host
            ));
        }
        found
    }

    fn resolve_source(&mut self, settings: &AjpSettings, host: &str) -> Option<IpAddr> {
        let found = lookup(host, 0, settings.prefer_ipv6).map(|address| address.ip());
        if found.is_none() {
            self.warnings
                .push(format!("worker {}: cannot resolve source {host}; ignored", settings.name));
        }
        found
    }
}

/// The first address of a host; with `prefer_ipv6` the first of that family.
fn lookup(host: &str, port: u16, prefer_ipv6: bool) -> Option<SocketAddr> {
    let addresses: Vec<SocketAddr> = (host, port).to_socket_addrs().ok()?.collect();
    let preferred = addresses.iter().find(|address| address.is_ipv6() == prefer_ipv6);
    preferred.or(addresses.first()).copied()
}

fn hosts(
    config: &Config,
    workers: &[Worker],
    logs: &mut Logs,
    now: Seconds,
) -> Result<Vec<Host>, AssembleError> {
    let names: HashMap<String, usize> =
        workers.iter().enumerate().map(|(at, worker)| (worker.name.clone(), at)).collect();
    let main = rules(&config.main.jk, None, &names, now);
    let types = config.media_types.as_deref().map(|text| Arc::new(MediaTypes::parse(text)));
    let ids = std::iter::once(ServerId::Main).chain((0..config.vhosts.len()).map(ServerId::Vhost));
    ids.map(|id| {
        let server = id.of(config);
        let rules = match id {
            ServerId::Main => main.clone(),
            ServerId::Vhost(_) => rules(&server.jk, main.as_ref(), &names, now),
        };
        Ok(Host {
            identity: Identity::of(config, id),
            env: EnvRules::compile(&server.env)
                .and_then(|rules| rules.with_sections(&server.location_env))
                .map_err(|error| AssembleError::Unusable(error.to_string()))?,
            rules,
            handlers: jk_site::location::Handlers::compile(&server.handlers),
            files: StaticSite::of(server).with_media_types(types.clone()),
            access_logs: access_logs(server, logs)?,
            jk_log: jk_log(server, logs)?,
        })
    })
    .collect()
}

fn rules(
    jk: &JkServer,
    main: Option<&Arc<RuleSet>>,
    workers: &HashMap<String, usize>,
    now: Seconds,
) -> Option<Arc<RuleSet>> {
    match &jk.mounts {
        jk_config::Mounts::None => None,
        jk_config::Mounts::Main => main.cloned(),
        jk_config::Mounts::Own(own) => {
            let reject_unsafe = jk.options.reject_unsafe_uri;
            Some(Arc::new(RuleSet::new(own, reject_unsafe, workers.clone(), now)))
        }
    }
}

fn access_logs(
    server: &jk_config::Server,
    logs: &mut Logs,
) -> Result<Vec<AccessLog>, AssembleError> {
    server
        .access_logs
        .iter()
        .map(|log| {
            Ok(AccessLog {
                log: logs.open(&log.target)?,
                format: Format::compile(&log.format)
                    .map_err(|error| AssembleError::Unusable(error.to_string()))?,
                condition: log.env.clone(),
            })
        })
        .collect()
}

fn jk_log(server: &jk_config::Server, logs: &mut Logs) -> Result<Option<JkLog>, AssembleError> {
    let Some(target) = &server.jk.log_file else { return Ok(None) };
    let request = server.jk.request_log.as_deref().and_then(|format| {
        // An unknown code switches the request log off, as mod_jk does.
        jk_site::jk_log::RequestFormat::compile(format).ok()
    });
    Ok(Some(JkLog {
        log: logs.open(target)?,
        level: server.jk.log_level,
        stamp: jk_site::jk_log::Stamp::compile(&server.jk.log_stamp),
        request,
    }))
}
