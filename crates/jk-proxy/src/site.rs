//! A configuration made ready to serve: rules compiled, names resolved, counters and balancers in
//! place. Immutable but for what is counted; a reload builds another.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};

use jk_balance::{LbWorker, WorkerCounters};
use jk_config::{Config, JkOptions, Server};
use jk_site::access_log::Format;
use jk_site::canonical::Identity;
use jk_site::env::EnvRules;
use jk_site::vhost::{ServerId, VhostTable};
use jk_types::{AjpSettings, LbSettings, StatusSettings};
use parking_lot::Mutex;

use crate::live::Live;
use crate::logs::LogId;
use crate::rules::RuleSet;

/// A whole site.
#[derive(Debug)]
pub(crate) struct Site {
    /// What it was made from.
    pub config: Config,
    /// Which server answers.
    pub vhosts: VhostTable,
    /// The main server, then the virtual hosts.
    pub servers: Vec<Host>,
    /// The workers of `worker.list`.
    pub workers: Vec<Worker>,
    /// Every place a connection can go to: listed AJP workers and members, each with a pool of its
    /// own, as in mod_jk.
    pub backends: Vec<Backend>,
    /// Where messages that belong to no request go.
    pub error_log: LogId,
    /// `Server` in every answer.
    pub banner: String,
    /// When maintenance last ran, in seconds of the wall clock; 0 is never.
    pub maintained: AtomicU64,
}

/// One server of the site.
#[derive(Debug)]
pub(crate) struct Host {
    /// What it calls itself.
    pub identity: Identity,
    /// What sets its request variables.
    pub env: EnvRules,
    /// Its rules, if it has any.
    pub rules: Option<Arc<RuleSet>>,
    /// Which paths have a handler of their own.
    pub handlers: jk_site::location::Handlers,
    /// How it serves files.
    pub files: jk_site::files::StaticSite,
    /// Its access logs.
    pub access_logs: Vec<AccessLog>,
    /// Its mod_jk log.
    pub jk_log: Option<JkLog>,
}

/// One access log of a server.
#[derive(Debug)]
pub(crate) struct AccessLog {
    /// Where lines go.
    pub log: LogId,
    /// What a line says.
    pub format: Format,
    /// Only when this variable is set; or, with `true`, only when it is not.
    pub condition: Option<(String, bool)>,
}

/// The mod_jk log of a server.
#[derive(Clone, Debug)]
pub(crate) struct JkLog {
    /// Where lines go.
    pub log: LogId,
    /// The least severe level that is written.
    pub level: jk_config::JkLogLevel,
    /// How lines begin.
    pub stamp: jk_site::jk_log::Stamp,
    /// What a request's line says, if requests are logged.
    pub request: Option<jk_site::jk_log::RequestFormat>,
}

/// One worker of `worker.list`.
#[derive(Debug)]
pub(crate) struct Worker {
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: Kind,
}

/// The kinds of worker.
#[derive(Debug)]
pub(crate) enum Kind {
    /// One backend.
    Ajp {
        /// Which one.
        backend: usize,
    },
    /// A load balancer.
    Lb(Box<Lb>),
    /// The management pages.
    Status(Box<StatusSettings>),
}

impl Kind {
    /// The word for it in notes and logs.
    pub(crate) const fn label(&self) -> &'static str {
        match self {
            Self::Ajp { .. } => "ajp13",
            Self::Lb(_) => "lb",
            Self::Status(_) => "status",
        }
    }
}

/// A load balancer and its members.
#[derive(Debug)]
pub(crate) struct Lb {
    /// Its settings.
    pub settings: LbSettings,
    /// The backend of its first member; the others follow in order.
    pub first: usize,
    /// Whether sessions count now.
    pub sticky: AtomicBool,
    /// What all loops share, held for one decision at a time and never across IO.
    pub balancer: Mutex<LbWorker>,
}

impl Lb {
    /// Whether requests need to be searched for sessions.
    pub(crate) fn is_sticky(&self) -> bool {
        self.sticky.load(Relaxed)
    }

    /// Sessions count from now on, or no longer.
    pub(crate) fn sees_sessions(&self, sticky: bool) {
        self.sticky.store(sticky, Relaxed);
    }
}

/// One AJP worker instance.
#[derive(Debug)]
pub(crate) struct Backend {
    /// Its settings as configured.
    pub settings: AjpSettings,
    /// Those that may have changed since.
    pub live: Live,
    /// The local address to connect from.
    pub source: Option<std::net::IpAddr>,
    /// What all instances of its name share.
    pub counters: Arc<WorkerCounters>,
    /// How many connections it may have.
    pub pool_size: usize,
    /// How many connections idle closing leaves.
    pub pool_minimum: usize,
}

impl Site {
    /// A server's place in [`Self::servers`].
    pub(crate) const fn server_index(id: ServerId) -> usize {
        match id {
            ServerId::Main => 0,
            ServerId::Vhost(index) => index + 1,
        }
    }

    /// A server's settings.
    pub(crate) fn settings(&self, server: usize) -> &Server {
        match server.checked_sub(1).and_then(|at| self.config.vhosts.get(at)) {
            Some(vhost) => &vhost.server,
            None => &self.config.main,
        }
    }

    /// All rules that come from files.
    pub(crate) fn rule_files(&self) -> impl Iterator<Item = &Arc<RuleSet>> {
        let rules = self.servers.iter().filter_map(|server| server.rules.as_ref());
        rules.filter(|rules| rules.has_file())
    }

    /// A server's `JkOptions`.
    pub(crate) fn jk_options(&self, server: usize) -> &JkOptions {
        &self.settings(server).jk.options
    }
}
