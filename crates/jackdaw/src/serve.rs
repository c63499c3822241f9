//! `jackdaw serve`: a site, until a signal ends it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::thread::JoinHandle;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, unbounded};
use jk_config::Config;
use jk_proxy::{Proxy, ProxyError, Stopper};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGUSR1, SIGWINCH};
use signal_hook::iterator::Signals;

use crate::cli::ServeArgs;
use crate::descriptors;
use crate::error_log::Outlet;
use crate::handover::{self, Caller, Door, HandoverError, Taken};
use crate::privilege::{self, Identity, PrivilegeError};
use crate::site::{self, Unusable};
use crate::term::Paint;

/// Why serving did not begin.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ServeError {
    /// The configuration cannot be used.
    #[error(transparent)]
    Configuration(#[from] Unusable),
    /// The proxy did not start.
    #[error(transparent)]
    Proxy(#[from] ProxyError),
    /// The process that serves this site does not make way.
    #[error(transparent)]
    Handover(#[from] HandoverError),
    /// `User` or `Group` cannot be become.
    #[error(transparent)]
    Privilege(#[from] PrivilegeError),
    /// Signals cannot be waited for.
    #[error("cannot wait for signals: {0}")]
    Signals(#[source] io::Error),
    /// The process id cannot be written.
    #[error("cannot write the PidFile {path}: {source}")]
    PidFile {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// What requests in flight get at a stop when neither command line nor configuration says it.
const GRACE: Duration = Duration::from_secs(30);

/// More threads than that are a mistake.
const MOST_LOOPS: usize = 1024;

/// What the main thread waits for.
enum Event {
    /// A signal came.
    Signal(i32),
    /// Another process wants to take over.
    Asked(Caller),
    /// It did not come up.
    Failed,
    /// It serves; nothing is left to do here but to finish.
    Replaced(Caller),
}

/// How serving ends.
enum End {
    /// TERM or INT: idle connections are closed.
    Stop,
    /// WINCH: idle connections may ask once more.
    Graceful,
    /// Another process serves.
    Replaced(Caller),
}

/// Serves until a signal or another process ends it.
///
/// # Errors
/// Serving did not begin.
pub(crate) fn run(args: &ServeArgs) -> Result<(), ServeError> {
    let outlet = Outlet::install();
    let signals = Signals::new([SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGWINCH]);
    let signals = signals.map_err(ServeError::Signals)?;
    let loaded = site::read(&args.site);
    let mut config = site::usable(&args.site, loaded, Paint::stderr(), |found| eprint!("{found}"))?;
    descriptors::raise();
    descriptors::bound(&mut config);
    let identity = Identity::of(&config)?;
    let mut grace = Grace::of(args, &config);
    let loops = loops(args, &config);
    let files = args.site.identity();
    let name = door_name(&config);
    let pid_path = config.pid_file.clone();

    let owner = handover::started_by();
    let user = identity.as_ref().map(Identity::uid);
    let mut taken = handover::take(&name, &files, user)?;
    let inherited = taken.as_mut().map(Taken::inherited).unwrap_or_default();
    let mut pid_file = None;
    let opened = || {
        pid_file = Some(PidFile::write(pid_path).map_err(io::Error::other)?);
        identity.as_ref().map_or(Ok(()), Identity::assume)
    };
    let (mut proxy, warnings) = Proxy::start_with(config, loops, inherited, user, opened)?;
    connect(&proxy, &outlet);
    if identity.is_none() && privilege::is_root() {
        // httpd would not serve at all.
        log::warn!("there is no `User`: everything is served as root");
    }
    warnings.iter().for_each(|warning| log::warn!("{warning}"));
    let edited = proxy.edited();
    if edited > 0 {
        log::info!("{edited} settings are as they were changed through a status worker");
    }
    let (events, happened) = unbounded();
    if let Some(taken) = taken {
        succeed(&mut proxy, taken);
    }
    let door = open_door(&name, owner, &events);
    watch(signals, &events);
    for address in proxy.addresses() {
        eprintln!("jackdaw: listening on {address}");
        log::info!("listening on {address}");
    }

    let end = attend(args, &mut proxy, &outlet, &files, &happened, &events, &mut grace);
    // Whoever reads that we stop knows that nothing is edited here any more.
    let edits = proxy.close_edits();
    let time = match end {
        End::Stop => Some(grace.stop),
        End::Graceful | End::Replaced(_) => grace.graceful,
    };
    match time {
        Some(time) => log::info!("stopping, requests in flight get {} s", time.as_secs()),
        None => log::info!("stopping, requests in flight take their time"),
    }
    let stopper = proxy.stopper();
    // Whoever asked for the sockets and did not get them, or asks from now on, opens its own.
    let leave = || {
        std::thread::spawn(move || hurry(happened, &stopper, grace.stop));
        if let Some((door, waiting)) = door {
            door.close(waiting);
        }
    };
    match end {
        End::Stop => proxy.stop(grace.stop, leave),
        End::Graceful => proxy.retire(grace.graceful, leave),
        End::Replaced(caller) => {
            leave();
            caller.leave(&edits);
            proxy.retire(grace.graceful, || ());
        }
    }
    drop(pid_file);
    Ok(())
}

/// What requests in flight get at the end.
#[derive(Clone, Copy, Debug)]
struct Grace {
    /// When we are told to stop.
    stop: Duration,
    /// When we are told to stop gracefully, or another process serves: `None` is without end, as in httpd.
    graceful: Option<Duration>,
}

impl Grace {
    fn of(args: &ServeArgs, config: &Config) -> Self {
        let told = args.grace.map(|seconds| Duration::from_secs(seconds.into())).or(config.grace);
        let graceful = match config.graceful_shutdown_timeout {
            Some(0) => None,
            Some(seconds) => Some(Duration::from_secs(u64::try_from(seconds).unwrap_or(0))),
            None => told,
        };
        Self { stop: told.unwrap_or(GRACE), graceful }
    }
}

/// While requests take their time: whoever tells us to stop now does not mean to wait that long. Idle
/// connections keep their last request, which may be on its way. Processes
/// that want to take over come too late, and are told so by the end of their connection.
fn hurry(happened: Receiver<Event>, stopper: &Stopper, grace: Duration) {
    for event in happened {
        if let Event::Signal(SIGTERM | SIGINT) = event {
            stopper.hurry(grace);
            log::info!("told to stop, requests in flight get {} s", grace.as_secs());
        }
    }
}

/// Does what signals and successors ask for, until the end.
fn attend(
    args: &ServeArgs,
    proxy: &mut Proxy,
    outlet: &Outlet,
    files: &Path,
    happened: &Receiver<Event>,
    events: &Sender<Event>,
    grace: &mut Grace,
) -> End {
    // Processes that have the sockets and do not serve yet, and whether we were told to stop since.
    let (mut successors, mut told) = (0_u32, false);
    for event in happened {
        match event {
            Event::Signal(SIGHUP) => reload(args, proxy, outlet, grace),
            Event::Signal(SIGUSR1) => proxy.reopen_logs(),
            Event::Signal(SIGWINCH) => return End::Graceful,
            // Somebody is about to serve in our place: nobody needs to be cut off.
            Event::Signal(_) if successors > 0 => told = true,
            Event::Signal(_) => return End::Stop,
            Event::Asked(mut caller) => match caller.give(files, proxy.sockets(), &proxy.edits()) {
                Ok(()) => {
                    successors += 1;
                    await_successor(caller, events.clone());
                }
                Err(error) => log::warn!("a process wanted to take over, but {error}"),
            },
            Event::Failed => {
                log::warn!("the process that wanted to take over did not come up");
                successors = successors.saturating_sub(1);
                if told && successors == 0 {
                    return End::Stop;
                }
            }
            Event::Replaced(caller) => return End::Replaced(caller),
        }
    }
    End::Stop
}

fn await_successor(mut caller: Caller, events: Sender<Event>) {
    std::thread::spawn(move || {
        let event = if caller.serves() { Event::Replaced(caller) } else { Event::Failed };
        let _ = events.send(event);
    });
}

/// Signals as events.
fn watch(mut signals: Signals, events: &Sender<Event>) {
    let events = events.clone();
    std::thread::spawn(move || {
        for signal in signals.forever() {
            if events.send(Event::Signal(signal)).is_err() {
                return;
            }
        }
    });
}

/// Lets the process that served before go.
fn succeed(proxy: &mut Proxy, taken: Taken) {
    log::info!("the sockets of process {} were taken over", taken.from);
    let last = taken.complete().map_err(|error| {
        log::warn!("the process that served before does not answer: {error}");
    });
    proxy.succeed(last.ok().as_deref());
}

/// Opens the door for the next process.
fn open_door(name: &str, owner: u32, events: &Sender<Event>) -> Option<(Door, JoinHandle<()>)> {
    let opened = Door::open(name, owner).and_then(|door| Ok((door.try_clone()?, door)));
    match opened {
        Ok((door, own)) => {
            let events = events.clone();
            let waiting = std::thread::spawn(move || {
                while let Some(caller) = own.wait() {
                    if events.send(Event::Asked(caller)).is_err() {
                        return;
                    }
                }
            });
            Some((door, waiting))
        }
        Err(error) => {
            log::warn!("no other process will be able to take over: {error}");
            None
        }
    }
}

/// What a successor knows us by.
fn door_name(config: &Config) -> String {
    config.listeners.first().map_or_else(String::new, |listen| match listen.ip {
        Some(ip) => std::net::SocketAddr::new(ip, listen.port).to_string(),
        None => format!("*:{}", listen.port),
    })
}

/// Messages go where the configuration says.
fn connect(proxy: &Proxy, outlet: &Outlet) {
    let (log, level) = proxy.error_log();
    outlet.connect(log, level);
}

fn reload(args: &ServeArgs, proxy: &mut Proxy, outlet: &Outlet, grace: &mut Grace) {
    let say = |found: &str| found.lines().for_each(|line| log::warn!("{line}"));
    let reloaded = site::usable(&args.site, site::read(&args.site), Paint::plain(), say)
        .map_err(ServeError::from)
        .and_then(|mut config| {
            descriptors::bound(&mut config);
            let next = Grace::of(args, &config);
            let warnings = proxy.reload(config)?;
            *grace = next;
            Ok(warnings)
        });
    match reloaded {
        Ok(warnings) => {
            warnings.iter().for_each(|warning| log::warn!("{warning}"));
            connect(proxy, outlet);
            log::info!("configuration reloaded");
        }
        Err(problem) => log::error!("the old configuration is kept: {problem}"),
    }
}

fn loops(args: &ServeArgs, config: &Config) -> usize {
    let asked = args.threads.map(u32::from).or(config.threads);
    let asked = asked.and_then(|threads| usize::try_from(threads).ok());
    asked
        .map(|threads| threads.min(MOST_LOOPS))
        .unwrap_or_else(|| std::thread::available_parallelism().map_or(1, Into::into))
}

/// The file that names our process, for as long as we run.
struct PidFile(Option<PathBuf>);

impl PidFile {
    fn write(path: Option<PathBuf>) -> Result<Self, ServeError> {
        let Some(path) = path else { return Ok(Self(None)) };
        match fs::write(&path, own_line()) {
            Ok(()) => Ok(Self(Some(path))),
            Err(source) => Err(ServeError::PidFile { path, source }),
        }
    }
}

fn own_line() -> String {
    format!("{}\n", std::process::id())
}

impl Drop for PidFile {
    fn drop(&mut self) {
        if let Some(path) = &self.0 {
            // Who took over has written it anew.
            if fs::read_to_string(path).is_ok_and(|line| line == own_line()) {
                let _ = fs::remove_file(path);
            }
        }
    }
}
