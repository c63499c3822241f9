//! The whole proxy: starts loops, swaps configurations, stops.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crossbeam_channel::bounded;
use jk_config::{Config, JkLogLevel, Listen, LogLevel};

use crate::assemble::{AssembleError, Warning, assemble};
use crate::command::{Command, Idle};
use crate::edits::{self, Keeping};
use crate::files::Files;
use crate::logs::{ErrorLog, Logs};
use crate::net::{Admission, Endpoints, Inboxes, ListenError, MioStream, Order, Timepiece};
use crate::shared::Shared;
use crate::site::Site;

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

/// What another process leaves to this one.
#[derive(Debug, Default)]
pub struct Inherited {
    /// Sockets that it listened on.
    pub sockets: Vec<TcpListener>,
    /// What [`Proxy::edits`] of it said.
    pub edits: Option<Vec<u8>>,
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
    keeping: Keeping<MioStream>,
}

impl Proxy {
    /// Starts to serve a configuration with `loops` event loops. Warnings are things that work, but
    /// not as they were written.
    ///
    /// # Errors
    /// Nothing is served then.
    pub fn start(config: Config, loops: usize) -> Result<(Self, Vec<Warning>), ProxyError> {
        Self::start_with(config, loops, Inherited::default(), None, || Ok(()))
    }

    /// Starts to serve on sockets that another process listened on, as far as the configuration
    /// wants them, with what was edited there or, if there is no such process, is kept beside
    /// `JkShmFile` in files of this user, the superuser or `owner`. `opened` is called when all files and
    /// sockets are open, before anybody is served.
    ///
    /// # Errors
    /// Nothing is served then.
    pub fn start_with(
        mut config: Config,
        loops: usize,
        mut inherited: Inherited,
        owner: Option<u32>,
        opened: impl FnOnce() -> io::Result<()>,
    ) -> Result<(Self, Vec<Warning>), ProxyError> {
        if config.listeners.is_empty() {
            return Err(ProxyError::NoListener);
        }
        let mut logs = Logs::start()?;
        let time = Timepiece::start();
        let mut warnings = Vec::new();
        let (place, handed) = (edits::place(&config), inherited.edits.as_deref());
        let keeping = Keeping::start(place, owner, handed, &mut warnings);
        let merged = keeping.book.begin(&config.workers);
        let file = std::mem::replace(&mut config.workers, merged.workers);
        warnings.extend(merged.dropped);
        let (site, unserved) = assemble(config, &mut logs, time.read().seconds())?;
        warnings.extend(unserved);
        let backlog = site.config.listen_backlog;
        let admission = Arc::new(Admission::default());
        admit(&admission, &site.config);
        let endpoints = open(&site.config.listeners, loops, backlog, &mut inherited.sockets)?;
        drop(inherited);
        opened()?;
        announce(&site, &logs);
        let shared = Shared::with(site, loops, Instant::now(), Arc::clone(&keeping.book));
        keeping.book.commit(file, merged.edits, &shared);
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
        let listening = Vec::new();
        let mut proxy =
            Self { inboxes, threads, logs, listening, shared, time, admission, keeping };
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
        let place = edits::place(&config).map(Path::to_owned);
        let mut warnings = self.replace(config)?;
        self.keeping.move_to(place.as_deref(), &mut warnings);
        Ok(warnings)
    }

    /// How many settings are not as the configuration says, but as they were edited.
    pub fn edited(&self) -> usize {
        self.keeping.book.edits().len()
    }

    /// What was edited through status workers and is in force, for a process that takes over.
    pub fn edits(&self) -> Vec<u8> {
        edits::told(self.keeping.book.edits())
    }

    /// From now on nothing can be edited any more, and nothing is written: another process does. What
    /// there is now.
    pub fn close_edits(&self) -> Vec<u8> {
        edits::told(self.keeping.book.close())
    }

    /// The process that was taken over from has ended its service, and said at last that it had these
    /// edits, if it could be asked. Until then nothing can be edited here.
    pub fn succeed(&mut self, last: Option<&[u8]>) {
        if self.keeping.succeed(last) {
            let mut config = self.shared.site.config.clone();
            config.workers = self.keeping.book.file();
            match self.replace(config) {
                Ok(warnings) => warnings.iter().for_each(|warning| log::warn!("{warning}")),
                Err(error) => log::error!("what was edited at last is not in force: {error}"),
            }
        }
        self.keeping.take_up();
    }

    fn replace(&mut self, config: Config) -> Result<Vec<Warning>, ProxyError> {
        let replaced = self.build_and_serve(config);
        if replaced.is_err() {
            self.keeping.book.abandon();
        }
        replaced
    }

    fn build_and_serve(&mut self, mut config: Config) -> Result<Vec<Warning>, ProxyError> {
        let loops = self.inboxes.len();
        let merged = self.keeping.book.begin(&config.workers);
        let file = std::mem::replace(&mut config.workers, merged.workers);
        let mut warnings = merged.dropped;
        let (site, unserved) = assemble(config, &mut self.logs, self.time.read().seconds())?;
        warnings.extend(unserved);
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
        announce(&site, &self.logs);
        let book = Arc::clone(&self.keeping.book);
        self.shared = Shared::with(site, loops, Instant::now(), book);
        let shared = &self.shared;
        self.keeping.book.commit(file, merged.edits, shared);
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

    /// A way to end what takes its time.
    pub fn stopper(&self) -> Stopper {
        Stopper(Arc::clone(&self.inboxes))
    }

    /// Stops accepting, lets requests in flight end within `grace`, and returns when all loops have
    /// ended and all log lines are written. `closed` is called when nobody listens any more, so that
    /// another process may.
    pub fn stop(self, grace: Duration, closed: impl FnOnce()) {
        self.finish(Some(grace), Idle::Close, closed);
    }

    /// As [`Proxy::stop`], but connections that are idle may bring one request more, and are told
    /// with its answer that they end: for when another process takes the connections that follow,
    /// or nobody is in a hurry. Without `grace` they take their time.
    pub fn retire(self, grace: Option<Duration>, closed: impl FnOnce()) {
        self.finish(grace, Idle::Await, closed);
    }

    fn finish(mut self, grace: Option<Duration>, idle: Idle, closed: impl FnOnce()) {
        // Whoever opens the sockets next has to find what was edited.
        self.keeping.book.close();
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

/// A way to end a proxy that is ending already.
#[derive(Clone, Debug)]
pub struct Stopper(Arc<Inboxes>);

impl Stopper {
    /// Requests in flight, and those that idle connections may yet bring, get no longer than `grace`.
    pub fn hurry(&self, grace: Duration) {
        let finish = || Command::Finish { grace: Some(grace), idle: Idle::Await };
        self.0.send_all(|| Order::Engine(finish()));
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.inboxes.send_all(|| {
            Order::Engine(Command::Finish { grace: Some(Duration::ZERO), idle: Idle::Close })
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

/// Tells mod_jk's log of the main server that another configuration is served from now on.
fn announce(site: &Site, logs: &Logs) {
    let level = JkLogLevel::Info;
    let main = site.servers.first().and_then(|main| main.jk_log.as_ref());
    let Some(log) = main.filter(|log| level >= log.level) else { return };
    let time = chrono::Local::now().fixed_offset();
    let message = concat!("Jackdaw/", env!("CARGO_PKG_VERSION"), " initialized");
    let mut sink = logs.sink();
    sink.line(log.log, |out| {
        let (place, who) = ("init_jk::mod_jk.c (3572)", (std::process::id(), 0));
        jk_site::jk_log::push_line(&log.stamp, &time, who, level, place, message.as_bytes(), out);
    });
    sink.hand_over();
}

fn admit(admission: &Admission, config: &Config) {
    admission.set(config.max_connections, config.max_connections_per_address);
}
