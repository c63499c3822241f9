//! Clients that send a byte a second of a head that never ends.

use std::io::{self, ErrorKind, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{JoinHandle, sleep};
use std::time::{Duration, Instant};

/// A second is cut into so many parts, in each of which a part of the clients sends.
const PARTS: usize = 100;

/// Slow clients at work. Dropping it ends them.
pub(crate) struct Crowd {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<usize>>,
}

impl Crowd {
    /// Connects so many and lets them begin.
    ///
    /// # Errors
    /// One is refused.
    pub(crate) fn gather(to: SocketAddr, count: usize) -> io::Result<Self> {
        let mut clients = Vec::with_capacity(count);
        for _ in 0..count {
            let mut client = TcpStream::connect(to)?;
            client.set_nodelay(true)?;
            client.set_nonblocking(true)?;
            client.write_all(b"GET /b/16 HTTP/1.1\r\nHost: localhost\r\nX-Slow: ")?;
            clients.push(client);
        }
        let stop = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&stop);
        let thread = std::thread::spawn(move || trickle(clients, &told));
        Ok(Self { stop, thread: Some(thread) })
    }

    /// Ends them; answers how many had been thrown out.
    pub(crate) fn end(mut self) -> usize {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.take().and_then(|thread| thread.join().ok()).unwrap_or(0)
    }
}

impl Drop for Crowd {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

fn trickle(clients: Vec<TcpStream>, stop: &AtomicBool) -> usize {
    let mut clients: Vec<Option<TcpStream>> = clients.into_iter().map(Some).collect();
    let part = clients.len().div_ceil(PARTS).max(1);
    let pause = Duration::from_secs(1) / u32::try_from(PARTS).unwrap_or(1);
    while !stop.load(Ordering::Relaxed) {
        for group in clients.chunks_mut(part) {
            let next = Instant::now() + pause;
            group.iter_mut().for_each(byte);
            sleep(next.saturating_duration_since(Instant::now()));
        }
    }
    clients.iter().filter(|client| client.is_none()).count()
}

fn byte(client: &mut Option<TcpStream>) {
    let Some(stream) = client else { return };
    match stream.write(b"x") {
        Ok(_) => {}
        Err(error) if error.kind() == ErrorKind::WouldBlock => {}
        Err(_) => *client = None,
    }
}
