//! One thread's worth of connections.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::io::{self, ErrorKind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender};
use std::time::{Duration, Instant};

use mio::event::Event;
use mio::net::{TcpListener, TcpStream};
use mio::{Events, Interest, Poll, Token, Waker};
use slab::Slab;

use super::connection::{Connection, Turn};
use crate::Servlet;
use crate::protocol::{Ajp, Http, Kitchen, Protocol};

const WAKE: Token = Token(usize::MAX);
/// Listeners count down from here, connections up from zero.
const LAST_LISTENER: usize = usize::MAX - 1;

/// A bound socket and the protocol spoken on its connections.
pub(crate) struct Listener {
    pub(crate) socket: TcpListener,
    pub(crate) is_ajp: bool,
}

/// Where a loop takes connections from others.
#[derive(Clone)]
pub(crate) struct Mailbox {
    pub(crate) sender: Sender<Accepted>,
    pub(crate) waker: Arc<Waker>,
}

/// A connection on its way to its loop.
pub(crate) struct Accepted {
    socket: TcpStream,
    is_ajp: bool,
}

/// Serves connections until it is told to stop.
///
/// Tokens are reused as soon as a connection is gone. A late event can reach the next tenant; all it
/// does there is one read that finds nothing.
pub(crate) struct EventLoop {
    poll: Poll,
    listeners: Vec<Listener>,
    /// Which loops take the connections accepted here, in turn.
    loops: Vec<Mailbox>,
    next_loop: usize,
    incoming: Receiver<Accepted>,
    connections: Slab<Connection>,
    /// Connections to be taken up again although no event will say so.
    ready: VecDeque<usize>,
    pauses: BinaryHeap<Reverse<(Instant, usize)>>,
    packet_size: usize,
    stop: Arc<AtomicBool>,
}

impl EventLoop {
    pub(crate) fn new(packet_size: usize, stop: Arc<AtomicBool>) -> io::Result<(Self, Mailbox)> {
        let poll = Poll::new()?;
        let waker = Arc::new(Waker::new(poll.registry(), WAKE)?);
        let (sender, incoming) = std::sync::mpsc::channel();
        let this = Self {
            poll,
            listeners: Vec::new(),
            loops: Vec::new(),
            next_loop: 0,
            incoming,
            connections: Slab::new(),
            ready: VecDeque::new(),
            pauses: BinaryHeap::new(),
            packet_size,
            stop,
        };
        Ok((this, Mailbox { sender, waker }))
    }

    /// Accepts on `listener` and deals what comes out to `loops`.
    pub(crate) fn listen(&mut self, mut listener: Listener, loops: &[Mailbox]) -> io::Result<()> {
        let token = Token(LAST_LISTENER - self.listeners.len());
        self.poll.registry().register(&mut listener.socket, token, Interest::READABLE)?;
        self.listeners.push(listener);
        self.loops = loops.to_vec();
        Ok(())
    }

    pub(crate) fn run(mut self, servlet: &dyn Servlet) -> io::Result<()> {
        let mut kitchen = Kitchen::new(servlet);
        let mut events = Events::with_capacity(256);
        while !self.stop.load(Ordering::Acquire) {
            let timeout = self.timeout();
            match self.poll.poll(&mut events, timeout) {
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                other => other?,
            }
            for event in &events {
                self.dispatch(event, &mut kitchen);
            }
            while let Ok(accepted) = self.incoming.try_recv() {
                self.adopt(accepted, &mut kitchen);
            }
            self.resume(&mut kitchen);
            self.go_on(&mut kitchen);
        }
        Ok(())
    }

    fn timeout(&self) -> Option<Duration> {
        if !self.ready.is_empty() {
            return Some(Duration::ZERO);
        }
        let Reverse((at, _)) = self.pauses.peek()?;
        Some(at.saturating_duration_since(Instant::now()))
    }

    fn dispatch(&mut self, event: &Event, kitchen: &mut Kitchen<'_>) {
        let Token(token) = event.token();
        if event.token() == WAKE {
            return;
        }
        if let Some(connection) = self.connections.get_mut(token) {
            connection.readable |=
                event.is_readable() || event.is_read_closed() || event.is_error();
            return self.turn(token, kitchen);
        }
        if self.listeners.get(LAST_LISTENER.wrapping_sub(token)).is_some() {
            self.accept(LAST_LISTENER - token);
        }
    }

    fn accept(&mut self, listener: usize) {
        loop {
            let Listener { socket, is_ajp } = &self.listeners[listener];
            match socket.accept() {
                Ok((socket, _)) => {
                    let accepted = Accepted { socket, is_ajp: *is_ajp };
                    self.deal(accepted);
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                // The connection is gone already; the next one may be sound.
                Err(error) if error.kind() == ErrorKind::ConnectionAborted => {}
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return log::error!("backend: cannot accept, {error}"),
            }
        }
    }

    fn deal(&mut self, accepted: Accepted) {
        let mailbox = &self.loops[self.next_loop];
        self.next_loop = (self.next_loop + 1) % self.loops.len();
        // A loop that is gone has stopped, and so will this one.
        if mailbox.sender.send(accepted).is_ok() && mailbox.waker.wake().is_err() {
            log::error!("backend: cannot wake a loop");
        }
    }

    fn adopt(&mut self, accepted: Accepted, kitchen: &mut Kitchen<'_>) {
        let Accepted { mut socket, is_ajp } = accepted;
        let entry = self.connections.vacant_entry();
        let token = entry.key();
        let registered = socket.set_nodelay(true).and_then(|()| {
            let interest = Interest::READABLE | Interest::WRITABLE;
            self.poll.registry().register(&mut socket, Token(token), interest)
        });
        if let Err(error) = registered {
            return log::debug!("backend: connection lost, {error}");
        }
        let protocol: Box<dyn Protocol + Send> =
            if is_ajp { Box::new(Ajp::new(self.packet_size)) } else { Box::new(Http::default()) };
        let mut connection = Connection::new(socket, protocol);
        // The request is usually there by now, and reading saves waiting for its event.
        connection.readable = true;
        entry.insert(connection);
        self.turn(token, kitchen);
    }

    fn turn(&mut self, token: usize, kitchen: &mut Kitchen<'_>) {
        let Some(connection) = self.connections.get_mut(token) else { return };
        match connection.turn(kitchen) {
            Turn::Wait => {}
            Turn::Again => self.ready.push_back(token),
            Turn::Close => drop(self.connections.remove(token)),
            Turn::Pause(pause) => {
                let until = Instant::now() + pause;
                connection.paused_until = Some(until);
                self.pauses.push(Reverse((until, token)));
            }
        }
    }

    /// Ends the pauses that are over.
    fn resume(&mut self, kitchen: &mut Kitchen<'_>) {
        if self.pauses.is_empty() {
            return;
        }
        let now = Instant::now();
        while let Some(&Reverse((until, token))) = self.pauses.peek() {
            if until > now {
                return;
            }
            self.pauses.pop();
            if let Some(connection) = self.connections.get_mut(token) {
                // Paused connections are never closed, so this one is still the one that paused.
                connection.paused_until = None;
                self.turn(token, kitchen);
            }
        }
    }

    /// Takes up, once each, the connections whose budget was spent.
    fn go_on(&mut self, kitchen: &mut Kitchen<'_>) {
        for _ in 0..self.ready.len() {
            if let Some(token) = self.ready.pop_front() {
                self.turn(token, kitchen);
            }
        }
    }
}
