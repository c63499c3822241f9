//! Starting and stopping.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

use mio::net::TcpListener;

use crate::Servlet;
use crate::net::{EventLoop, Listener, Mailbox};

/// Where and how a backend listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// The address for AJP; port 0 takes a free one.
    pub ajp: SocketAddr,
    /// The address for HTTP, if it is spoken at all.
    pub http: Option<SocketAddr>,
    /// How many loops serve the connections; at least one does.
    pub threads: usize,
    /// The largest AJP packet sent, and what is asked for in one: Tomcat's `packetSize`.
    pub packet_size: usize,
}

impl Options {
    /// AJP on `ajp` and nothing else, one thread, packets of 8192 bytes.
    pub fn new(ajp: SocketAddr) -> Self {
        Self { ajp, http: None, threads: 1, packet_size: 8192 }
    }
}

/// A container in miniature.
#[derive(Debug)]
pub struct Backend;

impl Backend {
    /// Serves AJP on `addr`, in a thread of its own, until the handle is dropped.
    ///
    /// # Errors
    /// The address cannot be listened on.
    pub fn start(addr: SocketAddr, servlet: impl Servlet) -> io::Result<Handle> {
        Self::start_with(&Options::new(addr), servlet)
    }

    /// As [`Self::start`], with everything said.
    ///
    /// # Errors
    /// An address cannot be listened on, or a thread cannot be started.
    pub fn start_with(options: &Options, servlet: impl Servlet) -> io::Result<Handle> {
        let stop = Arc::new(AtomicBool::new(false));
        let packet_size = options.packet_size.clamp(8192, ajp13::RECEIVE_LIMIT);
        let (mut loops, mailboxes): (Vec<_>, Vec<_>) = (0..options.threads.max(1))
            .map(|_| EventLoop::new(packet_size, Arc::clone(&stop)))
            .collect::<io::Result<Vec<_>>>()?
            .into_iter()
            .unzip();
        let mut listen = |addr, is_ajp| {
            let socket = TcpListener::bind(addr)?;
            let addr = socket.local_addr()?;
            let acceptor = loops.first_mut().expect("there is at least one loop");
            acceptor.listen(Listener { socket, is_ajp }, &mailboxes)?;
            io::Result::Ok(addr)
        };
        let addr = listen(options.ajp, true)?;
        let http_addr = options.http.map(|addr| listen(addr, false)).transpose()?;
        let mut handle = Handle { addr, http_addr, stop, mailboxes, threads: Vec::new() };
        let servlet: Arc<dyn Servlet> = Arc::new(servlet);
        for each in loops {
            handle.threads.push(spawn(each, Arc::clone(&servlet))?);
        }
        Ok(handle)
    }
}

fn spawn(event_loop: EventLoop, servlet: Arc<dyn Servlet>) -> io::Result<JoinHandle<()>> {
    std::thread::Builder::new().name("backend".to_owned()).spawn(move || {
        if let Err(error) = event_loop.run(&*servlet) {
            log::error!("backend: a loop has stopped, {error}");
        }
    })
}

/// A running backend. Dropping it stops the backend and closes its connections.
#[must_use = "the backend stops when its handle is dropped"]
pub struct Handle {
    addr: SocketAddr,
    http_addr: Option<SocketAddr>,
    stop: Arc<AtomicBool>,
    mailboxes: Vec<Mailbox>,
    threads: Vec<JoinHandle<()>>,
}

impl Handle {
    /// Where AJP is spoken.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Where HTTP is spoken.
    pub fn http_addr(&self) -> Option<SocketAddr> {
        self.http_addr
    }

    /// Serves until something else ends the process.
    pub fn wait(mut self) {
        for thread in std::mem::take(&mut self.threads) {
            // A panic has been reported on standard error by then.
            let _ = thread.join();
        }
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Release);
        for mailbox in &self.mailboxes {
            if let Err(error) = mailbox.waker.wake() {
                log::error!("backend: cannot wake a loop, {error}");
            }
        }
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}
