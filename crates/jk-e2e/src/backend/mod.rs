//! A scripted AJP container: it records whatever it is sent and misbehaves exactly as told.

mod connection;
mod record;
mod script;

use std::collections::HashMap;
use std::io;
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::process::wait_until;

pub use record::{BodyRecord, Log, Received};
pub use script::{Acceptance, CpingAnswer, Rule, Script, Selector, Statement};

/// A container that plays a [`Script`]. Dropping it closes everything.
#[derive(Debug)]
pub struct ScriptedBackend {
    name: String,
    addr: SocketAddr,
    shared: Arc<Shared>,
    acceptor: Option<Acceptor>,
}

/// What the threads of one backend share.
#[derive(Debug)]
struct Shared {
    name: String,
    script: Script,
    log: Mutex<Log>,
    changed: Condvar,
    open: Mutex<HashMap<usize, TcpStream>>,
    /// Numbers requests over all backends of a site, in the order in which they came.
    sequence: Arc<AtomicUsize>,
}

#[derive(Debug)]
struct Acceptor {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

impl ScriptedBackend {
    /// Starts listening on `addr`, unless the script refuses connections.
    ///
    /// # Errors
    /// When the address cannot be bound.
    pub fn start(
        name: &str,
        addr: SocketAddr,
        script: Script,
        sequence: Arc<AtomicUsize>,
    ) -> io::Result<Self> {
        let refuses = script.acceptance == Acceptance::Refuse;
        let shared = Arc::new(Shared {
            name: name.to_owned(),
            script,
            log: Mutex::default(),
            changed: Condvar::new(),
            open: Mutex::default(),
            sequence,
        });
        let mut backend = Self { name: name.to_owned(), addr, shared, acceptor: None };
        if !refuses {
            backend.up()?;
        }
        Ok(backend)
    }

    /// Its name, as in `[backend NAME]`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Listens (again).
    ///
    /// # Errors
    /// When the address cannot be bound.
    pub fn up(&mut self) -> io::Result<()> {
        if self.acceptor.is_some() {
            return Ok(());
        }
        let listener = bind(self.addr)?;
        let stop = Arc::new(AtomicBool::new(false));
        let (shared, stopped) = (Arc::clone(&self.shared), Arc::clone(&stop));
        let thread = thread::spawn(move || accept_all(&listener, &shared, &stopped));
        self.acceptor = Some(Acceptor { stop, thread });
        Ok(())
    }

    /// Stops listening and closes every connection, as a killed process does.
    pub fn down(&mut self) {
        if let Some(Acceptor { stop, thread }) = self.acceptor.take() {
            stop.store(true, Ordering::SeqCst);
            // Wakes the thread from its accept; it sees the flag before it counts a connection.
            drop(TcpStream::connect(self.addr));
            let _ = thread.join();
            self.close_connections();
            // See `bind`: for a moment another process may still hold the listener.
            wait_until(Duration::from_secs(5), || {
                TcpStream::connect(self.addr).is_err().then_some(())
            });
        }
        self.close_connections();
    }

    /// Closes every open connection in an orderly way, and goes on listening.
    pub fn close_connections(&self) {
        for (_, socket) in self.shared.open().drain() {
            let _ = socket.shutdown(Shutdown::Both);
        }
    }

    /// How many connections are open now.
    pub fn open_connections(&self) -> usize {
        self.shared.open().len()
    }

    /// Lets `n` more `hold` statements pass.
    pub fn release(&self, n: usize) {
        self.shared.log().permits += n;
        self.shared.changed.notify_all();
    }

    /// Everything that was received so far.
    pub fn log(&self) -> MutexGuard<'_, Log> {
        self.shared.log()
    }

    /// Waits until `done` holds for the log, and says whether it did before the deadline.
    pub fn wait(&self, patience: Duration, done: impl Fn(&Log) -> bool) -> bool {
        let deadline = Instant::now() + patience;
        let mut log = self.shared.log();
        while !done(&log) {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            log = wait_on(&self.shared.changed, log, left);
        }
        true
    }
}

impl Drop for ScriptedBackend {
    fn drop(&mut self) {
        // More permits than any script can use, so that no thread stays behind.
        self.release(usize::MAX / 2);
        self.down();
    }
}

impl Shared {
    fn log(&self) -> MutexGuard<'_, Log> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn open(&self) -> MutexGuard<'_, HashMap<usize, TcpStream>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the log and wakes whoever waits for that.
    fn record<T>(&self, change: impl FnOnce(&mut Log) -> T) -> T {
        let result = change(&mut self.log());
        self.changed.notify_all();
        result
    }

    fn take_permit(&self) {
        let mut log = self.log();
        log.held += 1;
        self.changed.notify_all();
        while log.permits == 0 {
            log = wait_on(&self.changed, log, Duration::from_secs(60));
        }
        log.permits -= 1;
        log.held -= 1;
    }

    fn next_sequence(&self) -> usize {
        self.sequence.fetch_add(1, Ordering::SeqCst)
    }
}

/// Binds, patiently: a process that another thread is just starting holds copies of every listener
/// for the moment between fork and exec, and so keeps a port taken that was given back.
fn bind(addr: SocketAddr) -> io::Result<TcpListener> {
    let mut last = None;
    let bound = wait_until(Duration::from_secs(5), || match TcpListener::bind(addr) {
        Ok(listener) => Some(Ok(listener)),
        Err(e) if e.kind() == io::ErrorKind::AddrInUse => {
            last = Some(e);
            None
        }
        Err(e) => Some(Err(e)),
    });
    bound.unwrap_or_else(|| Err(last.unwrap_or_else(|| io::ErrorKind::AddrInUse.into())))
}

fn wait_on<'a>(
    changed: &Condvar,
    log: MutexGuard<'a, Log>,
    limit: Duration,
) -> MutexGuard<'a, Log> {
    changed.wait_timeout(log, limit).unwrap_or_else(PoisonError::into_inner).0
}

fn accept_all(listener: &TcpListener, shared: &Arc<Shared>, stop: &AtomicBool) {
    for socket in listener.incoming() {
        if stop.load(Ordering::SeqCst) {
            return;
        }
        let Ok(socket) = socket else { continue };
        let Ok(handle) = socket.try_clone() else { continue };
        let number = shared.record(|log| {
            log.connections += 1;
            log.connections
        });
        shared.open().insert(number, handle);
        let shared = Arc::clone(shared);
        thread::spawn(move || {
            connection::serve(socket, number, &shared);
            shared.open().remove(&number);
        });
    }
}
