//! A wire-tap between a proxy and a container: it passes every byte on, in both directions, and
//! keeps it.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::ajp::{ForwardRequest, Packet, read_packet};

/// A relay that records. Dropping it ends every connection.
#[derive(Debug)]
pub struct Tap {
    addr: SocketAddr,
    shared: Arc<Shared>,
    acceptor: Option<JoinHandle<()>>,
}

/// What passed on one connection.
#[derive(Clone, Debug, Default)]
pub struct Recorded {
    /// From the proxy to the container.
    pub up: Vec<u8>,
    /// From the container to the proxy.
    pub down: Vec<u8>,
    /// The proxy has ended the connection.
    pub left: bool,
}

/// One request on a connection and what belongs to it.
#[derive(Debug)]
pub struct Exchange {
    /// The Forward Request.
    pub request: ForwardRequest,
    /// What its data packets carried.
    pub data: Vec<Vec<u8>>,
    /// The sizes that the container asked for.
    pub asked: Vec<u16>,
    /// The container's End Response: whether the connection may be used again.
    pub reuse: Option<bool>,
}

#[derive(Debug, Default)]
struct Shared {
    connections: Mutex<Vec<(Recorded, Option<TcpStream>)>>,
    changed: Condvar,
    stop: AtomicBool,
}

impl Tap {
    /// Listens on `addr` and passes everything on to `container`.
    ///
    /// # Errors
    /// When the address cannot be bound.
    pub fn start(addr: SocketAddr, container: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind(addr)?;
        let shared = Arc::new(Shared::default());
        let own = Arc::clone(&shared);
        let acceptor = thread::spawn(move || {
            for proxy in listener.incoming().flatten() {
                if own.stop.load(Ordering::SeqCst) {
                    return;
                }
                // Without a container the connection ends at once, as it would without a tap.
                let _ = relay(proxy, container, &own);
            }
        });
        Ok(Self { addr, shared, acceptor: Some(acceptor) })
    }

    /// What passed so far, connection by connection.
    pub fn recorded(&self) -> Vec<Recorded> {
        self.shared.lock().iter().map(|(recorded, _)| recorded.clone()).collect()
    }

    /// How many connections the proxy has opened so far.
    pub fn connections(&self) -> usize {
        self.shared.lock().len()
    }

    /// Every exchange of every connection, in order.
    ///
    /// # Errors
    /// When something that passed is no AJP.
    pub fn exchanges(&self) -> Result<Vec<Exchange>, String> {
        let all: Result<Vec<_>, _> = self.recorded().iter().map(Recorded::exchanges).collect();
        Ok(all?.into_iter().flatten().collect())
    }

    /// Waits until `done` holds, and says whether it did in time.
    pub fn wait(&self, patience: Duration, done: impl Fn(&[&Recorded]) -> bool) -> bool {
        let deadline = Instant::now() + patience;
        let mut connections = self.shared.lock();
        loop {
            if done(&connections.iter().map(|(recorded, _)| recorded).collect::<Vec<_>>()) {
                return true;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            let waited = self.shared.changed.wait_timeout(connections, left);
            connections = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Sends the proxy bytes that the container never sent, on every open connection; says on how
    /// many.
    pub fn inject(&self, bytes: &[u8]) -> usize {
        let connections = self.shared.lock();
        let sockets = connections.iter().filter(|(recorded, _)| !recorded.left);
        sockets.filter_map(|(_, socket)| socket.as_ref()?.write_all(bytes).ok()).count()
    }
}

impl Drop for Tap {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::SeqCst);
        // Wakes the thread from its accept.
        drop(TcpStream::connect(self.addr));
        if let Some(acceptor) = self.acceptor.take() {
            let _ = acceptor.join();
        }
        for (_, socket) in self.shared.lock().iter() {
            socket.iter().for_each(|socket| drop(socket.shutdown(Shutdown::Both)));
        }
    }
}

impl Recorded {
    /// The whole packets that the proxy sent.
    ///
    /// # Errors
    /// When something else was sent.
    pub fn packets(&self) -> Result<Vec<Vec<u8>>, String> {
        let mut input = self.up.as_slice();
        let mut packets = Vec::new();
        loop {
            match read_packet(&mut input) {
                Ok(Packet::Payload(payload)) => packets.push(payload),
                // A packet of which only a part came: the connection ended in it.
                Ok(Packet::Closed(_)) => return Ok(packets),
                other => return Err(format!("{other:?} after {} packets", packets.len())),
            }
        }
    }

    /// The exchanges on this connection. Data packets are told from requests by what the protocol
    /// says must come, never by what they look like.
    ///
    /// # Errors
    /// When a packet is none, or comes where it must not.
    pub fn exchanges(&self) -> Result<Vec<Exchange>, String> {
        let mut packets = self.packets()?.into_iter();
        let mut answers = self.answers().into_iter();
        let mut exchanges = Vec::new();
        while let Some(packet) = packets.next() {
            if packet == [0x0a] {
                continue;
            }
            if packet.first() != Some(&2) {
                let head = &packet[..packet.len().min(8)];
                return Err(format!("{head:02x?} where a request is due"));
            }
            let request = ForwardRequest::decode(&packet)?;
            let (asked, reuse) = answers.next().unwrap_or_default();
            let first = usize::from(request.content_length().is_some_and(|n| n > 0));
            let data: Result<Vec<_>, _> =
                packets.by_ref().take(first + asked.len()).map(|p| content(&p)).collect();
            exchanges.push(Exchange { request, data: data?, asked, reuse });
        }
        Ok(exchanges)
    }

    /// For each response: what was asked for, and how it ended.
    fn answers(&self) -> Vec<(Vec<u16>, Option<bool>)> {
        let mut rest = self.down.as_slice();
        let mut answers = Vec::new();
        let mut asked = Vec::new();
        while let [b'A', b'B', high, low, behind @ ..] = rest {
            let length = usize::from(u16::from_be_bytes([*high, *low]));
            let Some((payload, next)) = behind.split_at_checked(length) else { break };
            match payload {
                [6, high, low, ..] => asked.push(u16::from_be_bytes([*high, *low])),
                [5, reuse, ..] => answers.push((std::mem::take(&mut asked), Some(*reuse != 0))),
                _ => {}
            }
            rest = next;
        }
        answers.push((asked, None));
        answers
    }
}

/// The content of a data packet.
fn content(payload: &[u8]) -> Result<Vec<u8>, String> {
    match payload {
        [] => Ok(Vec::new()),
        [high, low, content @ ..]
            if content.len() == usize::from(u16::from_be_bytes([*high, *low])) =>
        {
            Ok(content.to_vec())
        }
        _ => Err(format!("a data packet of {} bytes whose length is another", payload.len())),
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Vec<(Recorded, Option<TcpStream>)>> {
        self.connections.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, at: usize, change: impl FnOnce(&mut Recorded)) {
        change(&mut self.lock()[at].0);
        self.changed.notify_all();
    }
}

/// Sets both directions of one connection going.
fn relay(proxy: TcpStream, container: SocketAddr, shared: &Arc<Shared>) -> io::Result<()> {
    let at = {
        let mut connections = shared.lock();
        connections.push((Recorded::default(), Some(proxy.try_clone()?)));
        connections.len() - 1
    };
    shared.changed.notify_all();
    let inner = TcpStream::connect(container)?;
    proxy.set_nodelay(true)?;
    inner.set_nodelay(true)?;
    let (from, to) = (proxy.try_clone()?, inner.try_clone()?);
    let own = Arc::clone(shared);
    thread::spawn(move || {
        pass(&from, &to, |bytes| own.change(at, |recorded| recorded.up.extend_from_slice(bytes)));
        own.change(at, |recorded| recorded.left = true);
        let _ = to.shutdown(Shutdown::Both);
    });
    let own = Arc::clone(shared);
    thread::spawn(move || {
        let keep = |bytes: &[u8]| {
            own.change(at, |recorded| recorded.down.extend_from_slice(bytes));
        };
        pass(&inner, &proxy, keep);
        let _ = proxy.shutdown(Shutdown::Both);
    });
    Ok(())
}

/// Passes bytes on until either side ends; each is kept before it is passed on.
fn pass(mut from: &TcpStream, mut to: &TcpStream, mut keep: impl FnMut(&[u8])) {
    let mut buffer = vec![0; 64 * 1024];
    loop {
        match from.read(&mut buffer) {
            Ok(n) if n > 0 => {
                keep(&buffer[..n]);
                if to.write_all(&buffer[..n]).is_err() {
                    return;
                }
            }
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            _ => return,
        }
    }
}
