//! `jackdaw demo`: backends, a load balancer in front of them, and a page that shows it at work.

mod files;

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::path::Path;
use std::time::Duration;

use crossbeam_channel::bounded;
use jk_backend::{Backend, Demo, Handle};
use jk_config::{Config, LoadOptions, Severity, load};
use jk_proxy::{Proxy, ProxyError};

use crate::cli::DemoArgs;
use crate::findings;
use crate::term::{self, Paint};
use files::Memory;

/// Where the page is unless the command line says otherwise.
const LISTEN: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8080);

/// The backends, by route.
const ROUTES: [&str; 3] = ["a", "b", "c"];

/// How long requests in flight get at the end: the slowest page of the demo is not worth more.
const GRACE: Duration = Duration::from_secs(1);

/// Why there is no demo.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DemoError {
    /// The address that was asked for cannot be had.
    #[error("cannot listen on {0}: {1}; choose another address with --listen")]
    Listen(SocketAddr, #[source] io::Error),
    /// A backend did not start.
    #[error("cannot start a backend: {0}")]
    Backend(#[source] io::Error),
    /// The texts below are wrong.
    #[error("the demo's own configuration is refused:\n{0}")]
    Configuration(String),
    /// The proxy did not start.
    #[error(transparent)]
    Proxy(#[from] ProxyError),
    /// Ctrl-C cannot be waited for.
    #[error("cannot wait for Ctrl-C: {0}")]
    Interrupt(#[from] ctrlc::Error),
    /// Standard output cannot be written.
    #[error(transparent)]
    Output(#[from] io::Error),
}

/// Serves the demo until Ctrl-C.
///
/// # Errors
/// It cannot be served.
pub(crate) fn run(args: &DemoArgs) -> Result<(), DemoError> {
    let (interrupt, interrupted) = bounded(1);
    ctrlc::set_handler(move || {
        // A second Ctrl-C finds the channel full, which is fine: the end has begun.
        let _ = interrupt.try_send(());
    })?;
    let listen = address(args.listen, LISTEN)?;
    let backends = backends()?;
    let config = config(listen, &backends)?;
    let (proxy, _) = Proxy::start(config, 1)?;
    let address = proxy.addresses().first().copied().unwrap_or(listen);
    term::print(&instructions(address))?;
    // The handler keeps the sender as long as the process lives.
    let _ = interrupted.recv();
    proxy.stop(GRACE, || ());
    Ok(())
}

/// The address asked for; or the usual one, or a free one if that is taken.
fn address(asked: Option<SocketAddr>, usual: SocketAddr) -> Result<SocketAddr, DemoError> {
    if let Some(asked) = asked {
        return free(asked).map(|()| asked).map_err(|error| DemoError::Listen(asked, error));
    }
    match free(usual) {
        Ok(()) => Ok(usual),
        Err(error) => {
            eprintln!("jackdaw: cannot listen on {usual}: {error}");
            eprintln!("jackdaw: taking a free port instead; choose one with --listen ADDR:PORT");
            Ok(SocketAddr::new(usual.ip(), 0))
        }
    }
}

/// Whether nobody listens there. The proxy's own sockets would share the port with another process
/// of the same user, and each would get some of the requests.
fn free(address: SocketAddr) -> io::Result<()> {
    TcpListener::bind(address).map(drop)
}

fn backends() -> Result<Vec<Handle>, DemoError> {
    let anywhere = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);
    let start = |route| Backend::start(anywhere, Demo::new(route)).map_err(DemoError::Backend);
    ROUTES.into_iter().map(start).collect()
}

/// The site as its files would have it, read by what reads every site.
fn config(listen: SocketAddr, backends: &[Handle]) -> Result<Config, DemoError> {
    let addresses: Vec<SocketAddr> = backends.iter().map(Handle::addr).collect();
    // A file cannot ask for any free port; the configuration that is made of it can.
    let written = if listen.port() == 0 { SocketAddr::new(listen.ip(), 80) } else { listen };
    let files = Memory::new(written, &ROUTES, &addresses);
    let loaded = load(Path::new(files::ROOT), &files, &LoadOptions::default());
    let findings = findings::list(&loaded, Severity::Warning, Paint::stderr());
    let mut config = loaded.config.ok_or(DemoError::Configuration(findings))?;
    config.listeners.iter_mut().for_each(|written| written.port = listen.port());
    Ok(config)
}

fn instructions(address: SocketAddr) -> String {
    let shown = match address.ip() {
        ip if ip.is_unspecified() => SocketAddr::new(LISTEN.ip(), address.port()),
        _ => address,
    };
    format!(
        "Open http://{shown}/ \u{2013} three backends share the visitors, and each session sticks to one. \
         Ctrl-C ends the demo.\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_own_configuration_is_without_fault() {
        let addresses = [1, 2, 3].map(|port| SocketAddr::new(LISTEN.ip(), port));
        let files = Memory::new(LISTEN, &ROUTES, &addresses);
        let loaded = load(Path::new(files::ROOT), &files, &LoadOptions::default());
        let findings = findings::list(&loaded, Severity::Hint, Paint::stdout());
        assert_eq!(findings, "");
        assert!(loaded.config.is_some());
    }

    #[test]
    fn the_usual_address_gives_way_and_one_asked_for_does_not() {
        let taken = TcpListener::bind("127.0.0.1:0").unwrap();
        let usual = taken.local_addr().unwrap();
        assert_eq!(address(None, usual).unwrap(), SocketAddr::new(usual.ip(), 0));
        let error = address(Some(usual), LISTEN).unwrap_err();
        assert!(error.to_string().contains("--listen"), "{error}");
    }
}
