//! The whole proxy: starts loops, swaps configurations, stops.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crossbeam_channel::bounded;
use jk_config::{Config, Listen, LogLevel};

use crate::assemble::{AssembleError, Warning, assemble};
use crate::command::{Command, Idle};
use crate::files::Files;
use crate::logs::{ErrorLog, Logs};
use crate::net::{Admission, Endpoints, Inboxes, ListenError, MioStream, Order, Timepiece};
use crate::shared::Shared;

/// Threads that open and read files.
const FILE_THREADS: usize = 2;

/// Why the proxy did not start or take a configuration over.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProxyError {
    /// The configuration cannot be served.
    #[error(transparent)]
    Assemble(#[from] AssembleError),
    /// An address cannot be listened on.
    #[error(transparent)]
    Listen(#[from] ListenError),
    /// The configuration has no `Listen`.
    #[error("there is no address to listen on")]
    NoListener,
    /// Threads or pollers could not be had.
    #[error("cannot start: {0}")]
    System(#[from] io::Error),
}

/// A running proxy. Dropping it stops the loops at once.
#[derive(Debug)]
pub struct Proxy {
    inboxes: Arc<Inboxes>,
    threads: Vec<JoinHandle<()>>,
    logs: Logs,
    /// What is listened on.
    listening: Vec<Endpoints>,
    shared: Arc<Shared<MioStream>>,
    time: Timepiece,
    admission: Arc<Admission>,
}

impl Proxy {
    /// Starts to serve a configuration with `loops` event loops. Warnings are things that work, but
    /// not as they were written.
    ///
    /// # Errors
    /// Nothing is served then.
    pub fn start(config: Config, loops: usize) -> Result<(Self, Vec<Warning>), ProxyError> {
        Self::start_with(config, loops, Vec::new(), || Ok(()))
    }

    /// Starts to serve on sockets that another process listened on, as far as the configuration
    /// wants them. `opened` is called when all logs and sockets are open, before anybody is served.
    ///
    /// # Errors
    /// Nothing is served then.
    pub fn start_with(
        config: Config,
        loops: usize,
        mut inherited: Vec<TcpListener>,
        opened: impl FnOnce() -> io::Result<()>,
    ) -> Result<(Self, Vec<Warning>), ProxyError> {
        if config.listeners.is_empty() {
            return Err(ProxyError::NoListener);
        }
        let mut logs = Logs::start()?;
        let time = Timepiece::start();
        let (site, warnings) = assemble(config, &mut logs, time.read().seconds())?;
        let backlog = site.config.listen_backlog;
        let admission = Arc::new(Admission::default());
        admit(&admission, &site.config);
        let endpoints = open(&site.config.listeners, loops, backlog, &mut inherited)?;
        drop(inherited);
        opened()?;
        let shared = Shared::new(site, loops, Instant::now());
        let (event_loops, inboxes) = crate::net::create(loops)?;

        let reply = Arc::clone(&inboxes);
        let files = Files::start(FILE_THREADS, move |home, client, fetched| {
            reply.send(home, Order::Engine(Command::File(client, fetched)));
        })?;
        let mut threads = Vec::new();
        for (home, event_loop) in event_loops.into_iter().enumerate() {
            let (inboxes, shared) = (Arc::clone(&inboxes), Arc::clone(&shared));
            let (sink, files) = (logs.sink(), files.clone());
            let common = (time, Arc::clone(&admission));
            let run = move || {
                if let Err(error) = event_loop.run(home, &inboxes, shared, sink, files, common) {
                    log::error!("loop {home}: stopped, {error}");
                }
            };
            threads.push(std::thread::Builder::new().name(format!("loop {home}")).spawn(run)?);
        }
        let mut proxy =
            Self { inboxes, threads, logs, listening: Vec::new(), shared, time, admission };
        for endpoints in endpoints {
            proxy.listen(endpoints)?;
        }
        Ok((proxy, warnings))
    }

    /// The addresses that are listened on.
    pub fn addresses(&self) -> Vec<SocketAddr> {
        self.listening.iter().map(|endpoints| endpoints.address).collect()
    }

    /// The sockets that are listened on, for a process that takes over.
    pub fn sockets(&self) -> impl Iterator<Item = &TcpListener> {
        self.listening.iter().flat_map(|endpoints| &endpoints.sockets)
    }

    /// The error log of the main server, and how much is to be written to it.
    pub fn error_log(&self) -> (ErrorLog, LogLevel) {
        let site = &self.shared.site;
        (ErrorLog::new(self.logs.sink(), site.error_log), site.config.main.log_level)
    }

    /// Serves new requests by another configuration; requests in flight end by the old one.
    ///
    /// # Errors
    /// The old configuration is kept.
    pub fn reload(&mut self, config: Config) -> Result<Vec<Warning>, ProxyError> {
        if config.listeners.is_empty() {
            return Err(ProxyError::NoListener);
        }
        let loops = self.inboxes.len();
        let (site, warnings) = assemble(config, &mut self.logs, self.time.read().seconds())?;
        let wanted: Vec<SocketAddr> =
            site.config.listeners.iter().map(crate::net::wanted).collect();
        let fresh: Vec<Listen> = site
            .config
            .listeners
            .iter()
            .filter(|listen| !self.listens_on(crate::net::wanted(listen)))
            .cloned()
            .collect();
        let endpoints = open(&fresh, loops, site.config.listen_backlog, &mut Vec::new())?;
        admit(&self.admission, &site.config);
        self.shared = Shared::new(site, loops, Instant::now());
        let shared = &self.shared;
        self.inboxes.send_all(|| Order::Engine(Command::Adopt(Arc::clone(shared))));
        self.listening.retain(|endpoints| {
            let keep = wanted.contains(&endpoints.wanted);
            if !keep {
                self.inboxes.send_all(|| Order::Unlisten(endpoints.address));
            }
            keep
        });
        for endpoints in endpoints {
            self.listen(endpoints)?;
        }
        Ok(warnings)
    }

    /// Opens log files again, after they were moved away.
    pub fn reopen_logs(&self) {
        self.logs.reopen();
    }

    /// Stops accepting, lets requests in flight end within `grace`, and returns when all loops have
    /// ended and all log lines are written. `closed` is called when nobody listens any more, so that
    /// another process may.
    pub fn stop(self, grace: Duration, closed: impl FnOnce()) {
        self.finish(grace, Idle::Close, closed);
    }

    /// As [`Proxy::stop`], but connections that are idle may bring one request more, and are told
    /// with its answer that they end: for when another process takes the connections that follow,
    /// or nobody is in a hurry.
    pub fn retire(self, grace: Duration, closed: impl FnOnce()) {
        self.finish(grace, Idle::Await, closed);
    }

    fn finish(mut self, grace: Duration, idle: Idle, closed: impl FnOnce()) {
        // Before the loops close theirs: the queue of a socket lives as long as one descriptor.
        self.listening.clear();
        self.inboxes.send_all(|| Order::Engine(Command::Finish { grace, idle }));
        let (done, wait) = bounded(0);
        self.inboxes.send_all(|| Order::Barrier(done.clone()));
        drop(done);
        // Ends with an error, when the last loop has dropped its side.
        let _ = wait.recv();
        closed();
        for thread in self.threads.drain(..) {
            // A loop that panicked has ended as well.
            let _ = thread.join();
        }
        self.logs.flush();
    }

    fn listens_on(&self, wanted: SocketAddr) -> bool {
        self.listening.iter().any(|endpoints| endpoints.wanted == wanted)
    }

    fn listen(&mut self, endpoints: Endpoints) -> io::Result<()> {
        for (home, share) in endpoints.share(self.inboxes.len())?.into_iter().enumerate() {
            for socket in share {
                self.inboxes.send(home, Order::Listen(endpoints.address, socket));
            }
        }
        self.listening.push(endpoints);
        Ok(())
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.inboxes.send_all(|| {
            Order::Engine(Command::Finish { grace: Duration::ZERO, idle: Idle::Close })
        });
    }
}

fn open(
    listeners: &[Listen],
    loops: usize,
    backlog: u32,
    inherited: &mut Vec<TcpListener>,
) -> Result<Vec<Endpoints>, ProxyError> {
    let open = |listen| match Endpoints::inherit(listen, inherited) {
        Some(endpoints) => Ok(endpoints),
        None => Endpoints::open(listen, loops, backlog).map_err(ProxyError::from),
    };
    listeners.iter().map(open).collect()
}

fn admit(admission: &Admission, config: &Config) {
    admission.set(config.max_connections, config.max_connections_per_address);
}
