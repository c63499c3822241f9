//! `jackdaw serve`: a site, until a signal ends it.

use std::fs;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use jk_config::Config;
use jk_proxy::{Proxy, ProxyError};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGUSR1};
use signal_hook::iterator::Signals;

use crate::cli::ServeArgs;
use crate::error_log::Outlet;
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

/// What requests in flight get when neither command line nor configuration says it.
const GRACE: Duration = Duration::from_secs(30);

/// More threads than that are a mistake.
const MOST_LOOPS: usize = 1024;

/// Serves until TERM or INT.
///
/// # Errors
/// Serving did not begin.
pub(crate) fn run(args: &ServeArgs) -> Result<(), ServeError> {
    let outlet = Outlet::install();
    let mut signals =
        Signals::new([SIGTERM, SIGINT, SIGHUP, SIGUSR1]).map_err(ServeError::Signals)?;
    let loaded = site::read(&args.site);
    let config = site::usable(&args.site, loaded, Paint::stderr(), |found| eprint!("{found}"))?;
    let pid_file = PidFile::write(&config)?;
    let grace = args.grace.map(Duration::from_secs).or(config.grace).unwrap_or(GRACE);
    let loops = loops(args, &config);
    let (mut proxy, warnings) = Proxy::start(config, loops)?;
    connect(&proxy, &outlet);
    warnings.iter().for_each(|warning| log::warn!("{warning}"));
    for address in proxy.addresses() {
        eprintln!("jackdaw: listening on {address}");
        log::info!("listening on {address}");
    }
    for signal in signals.forever() {
        match signal {
            SIGHUP => reload(args, &mut proxy, &outlet),
            SIGUSR1 => proxy.reopen_logs(),
            _ => break,
        }
    }
    log::info!("stopping, requests in flight get {} s", grace.as_secs());
    proxy.stop(grace);
    drop(pid_file);
    Ok(())
}

/// Messages go where the configuration says.
fn connect(proxy: &Proxy, outlet: &Outlet) {
    let (log, level) = proxy.error_log();
    outlet.connect(log, level);
}

fn reload(args: &ServeArgs, proxy: &mut Proxy, outlet: &Outlet) {
    let say = |found: &str| found.lines().for_each(|line| log::warn!("{line}"));
    let reloaded = site::usable(&args.site, site::read(&args.site), Paint::plain(), say)
        .map_err(ServeError::from)
        .and_then(|config| proxy.reload(config).map_err(ServeError::from));
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
    fn write(config: &Config) -> Result<Self, ServeError> {
        let Some(path) = config.pid_file.clone() else { return Ok(Self(None)) };
        match fs::write(&path, format!("{}\n", std::process::id())) {
            Ok(()) => Ok(Self(Some(path))),
            Err(source) => Err(ServeError::PidFile { path, source }),
        }
    }
}

impl Drop for PidFile {
    fn drop(&mut self) {
        if let Some(path) = &self.0 {
            let _ = fs::remove_file(path);
        }
    }
}
