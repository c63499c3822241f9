//! The whole proxy: starts loops, swaps configurations, stops.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use jk_config::{Config, Listen, LogLevel};

use crate::assemble::{AssembleError, Warning, assemble};
use crate::command::Command;
use crate::files::Files;
use crate::logs::{ErrorLog, Logs};
use crate::net::{Endpoints, Inboxes, ListenError, MioStream, Order};
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
    /// What is listened on: as asked for, and as it is.
    listening: Vec<(SocketAddr, SocketAddr)>,
    shared: Arc<Shared<MioStream>>,
}

impl Proxy {
    /// Starts to serve a configuration with `loops` event loops. Warnings are things that work, but
    /// not as they were written.
    ///
    /// # Errors
    /// Nothing is served then.
    pub fn start(config: Config, loops: usize) -> Result<(Self, Vec<Warning>), ProxyError> {
        if config.listeners.is_empty() {
            return Err(ProxyError::NoListener);
        }
        let mut logs = Logs::start()?;
        let clock = crate::net::clock();
        let (site, warnings) = assemble(config, &mut logs, clock.seconds())?;
        let endpoints = open(&site.config.listeners, loops, site.config.listen_backlog)?;
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
            let run = move || {
                if let Err(error) = event_loop.run(home, &inboxes, shared, sink, files) {
                    log::error!("loop {home}: stopped, {error}");
                }
            };
            threads.push(std::thread::Builder::new().name(format!("loop {home}")).spawn(run)?);
        }
        let mut proxy = Self { inboxes, threads, logs, listening: Vec::new(), shared };
        endpoints.into_iter().for_each(|endpoints| proxy.listen(endpoints));
        Ok((proxy, warnings))
    }

    /// The addresses that are listened on.
    pub fn addresses(&self) -> Vec<SocketAddr> {
        self.listening.iter().map(|(_, address)| *address).collect()
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
        let (site, warnings) = assemble(config, &mut self.logs, crate::net::clock().seconds())?;
        let wanted: Vec<SocketAddr> =
            site.config.listeners.iter().map(crate::net::wanted).collect();
        let fresh: Vec<Listen> = site
            .config
            .listeners
            .iter()
            .filter(|listen| !self.listens_on(crate::net::wanted(listen)))
            .cloned()
            .collect();
        let endpoints = open(&fresh, loops, site.config.listen_backlog)?;
        self.shared = Shared::new(site, loops, Instant::now());
        let shared = &self.shared;
        self.inboxes.send_all(|| Order::Engine(Command::Adopt(Arc::clone(shared))));
        self.listening.retain(|(asked, address)| {
            let keep = wanted.contains(asked);
            if !keep {
                self.inboxes.send_all(|| Order::Unlisten(*address));
            }
            keep
        });
        endpoints.into_iter().for_each(|endpoints| self.listen(endpoints));
        Ok(warnings)
    }

    /// Opens log files again, after they were moved away.
    pub fn reopen_logs(&self) {
        self.logs.reopen();
    }

    /// Stops accepting, lets requests in flight end within `grace`, and returns when all loops have
    /// ended and all log lines are written.
    pub fn stop(mut self, grace: Duration) {
        self.inboxes.send_all(|| Order::Engine(Command::Finish { grace }));
        for thread in self.threads.drain(..) {
            // A loop that panicked has ended as well.
            let _ = thread.join();
        }
        self.logs.flush();
    }

    fn listens_on(&self, wanted: SocketAddr) -> bool {
        self.listening.iter().any(|(asked, _)| *asked == wanted)
    }

    fn listen(&mut self, endpoints: Endpoints) {
        self.listening.push((endpoints.wanted, endpoints.address));
        for (home, socket) in endpoints.sockets.into_iter().enumerate() {
            self.inboxes.send(home, Order::Listen(endpoints.address, socket));
        }
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.inboxes.send_all(|| Order::Engine(Command::Finish { grace: Duration::ZERO }));
    }
}

fn open(listeners: &[Listen], loops: usize, backlog: u32) -> Result<Vec<Endpoints>, ProxyError> {
    listeners
        .iter()
        .map(|listen| Endpoints::open(listen, loops, backlog).map_err(ProxyError::from))
        .collect()
}
