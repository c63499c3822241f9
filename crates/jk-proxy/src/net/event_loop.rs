//! The loop: waits for events, hands them to the engine, carries out orders.

use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use crossbeam_channel::{Receiver, Sender, unbounded};
use mio::event::Event;
use mio::net::{TcpListener, TcpStream};
use mio::{Events, Interest, Poll, Registry, Waker};

use super::admission::Admission;
use super::batches::Batches;
use super::courtesy::Courtesy;
use super::stream::{MioStream, connect};
use crate::arena::Key;
use crate::command::Command;
use crate::engine::{Clock, Connect, Context, Ends, Engine, Net, Outcome, Readiness};
use crate::files::Files;
use crate::logs::Sink;
use crate::pool::LoopId;
use crate::shared::Shared;
use crate::token::Token;

/// Events taken at one wake-up.
const EVENTS: usize = 1024;

/// Connections accepted from one listener before other events get their turn.
const ACCEPTS: usize = 64;

/// The most that are taken from the queue of a listener at its end.
const LAST_ACCEPTS: usize = 65_536;

/// When accepting fails for want of descriptors or memory, it is tried again after this.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Who is kept out is told no more often than this.
const TELL_EVERY: Duration = Duration::from_secs(10);

const BOTH: Interest = Interest::READABLE.add(Interest::WRITABLE);

/// An entry of a loop's inbox.
#[derive(Debug)]
pub(crate) enum Order {
    /// For the engine.
    Engine(Command<MioStream>),
    /// Listen on this, too.
    Listen(SocketAddr, std::net::TcpListener),
    /// Listen there no longer.
    Unlisten(SocketAddr),
    /// Everything before this has been done when the channel is dropped.
    Barrier(Sender<()>),
}

/// The ways into all loops.
#[derive(Debug)]
pub(crate) struct Inboxes {
    entries: Vec<Inbox>,
}

#[derive(Debug)]
struct Inbox {
    orders: Sender<Order>,
    waker: Waker,
    registry: Registry,
}

impl Inboxes {
    /// How many loops there are.
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Gives an order to a loop.
    pub(crate) fn send(&self, to: LoopId, order: Order) {
        let Some(inbox) = self.entries.get(to) else { return };
        if inbox.orders.send(order).is_ok() {
            // Fails only without memory; the order is then carried out at the next event.
            let _ = inbox.waker.wake();
        }
    }

    /// Gives each loop an order.
    pub(crate) fn send_all(&self, order: impl Fn() -> Order) {
        (0..self.len()).for_each(|to| self.send(to, order()));
    }
}

/// A loop that has not begun to run: its poller and the end of its inbox.
#[derive(Debug)]
pub(crate) struct EventLoop {
    poll: Poll,
    inbox: Receiver<Order>,
}

/// Makes `count` loops and the ways into them.
///
/// # Errors
/// The system has no poller for us.
pub(crate) fn create(count: usize) -> io::Result<(Vec<EventLoop>, Arc<Inboxes>)> {
    let mut loops = Vec::new();
    let mut entries = Vec::new();
    for _ in 0..count {
        let poll = Poll::new()?;
        let waker = Waker::new(poll.registry(), token(Token::Inbox))?;
        let registry = poll.registry().try_clone()?;
        let (orders, inbox) = unbounded();
        entries.push(Inbox { orders, waker, registry });
        loops.push(EventLoop { poll, inbox });
    }
    Ok((loops, Arc::new(Inboxes { entries })))
}

impl EventLoop {
    /// Runs until told to finish.
    ///
    /// # Errors
    /// The poller is broken.
    pub(crate) fn run(
        mut self,
        home: LoopId,
        inboxes: &Arc<Inboxes>,
        shared: Arc<Shared<MioStream>>,
        log: Sink,
        files: Files,
        (time, admission): (Timepiece, Arc<Admission>),
    ) -> io::Result<()> {
        let registry = self.poll.registry().try_clone()?;
        let net = MioNet { registry, inboxes: Arc::clone(inboxes), batches: Batches::new() };
        let ctx = Context::new(net, home, inboxes.len(), time.read(), shared, log, files);
        let mut turn = Turn {
            engine: Engine::new(ctx),
            listeners: Vec::new(),
            accept_at: None,
            admission,
            turned_away: None,
        };
        let mut events = Events::with_capacity(EVENTS);
        let mut courtesy = Courtesy::default();
        while !turn.engine.is_finished() {
            match self.poll.poll(&mut events, turn.sleep()) {
                Ok(()) => {}
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            }
            turn.engine.set_clock(time.read());
            turn.take(&events);
            for order in self.inbox.try_iter() {
                turn.obey(order);
            }
            turn.engine.settle();
            if courtesy.is_due(events.iter().count()) {
                let before = Instant::now();
                std::thread::yield_now();
                courtesy.took(before.elapsed());
            }
        }
        Ok(())
    }
}

/// What a running loop has besides its poller.
struct Turn {
    engine: Engine<MioNet>,
    listeners: Vec<Option<(SocketAddr, TcpListener)>>,
    /// Accepting failed or was left off; go on then.
    accept_at: Option<Instant>,
    admission: Arc<Admission>,
    /// When it was last told that a client was turned away.
    turned_away: Option<Instant>,
}

impl Turn {
    fn sleep(&self) -> Option<Duration> {
        let accept = self.accept_at.map(|at| at.saturating_duration_since(Instant::now()));
        [self.engine.sleep(), accept].into_iter().flatten().min()
    }

    fn take(&mut self, events: &Events) {
        // Idle backend connections first: one that has ended must not be given to a request that
        // came with the same wake-up.
        for event in events {
            if let Token::Backend(key) = source(event) {
                if self.engine.is_parked(key) {
                    self.engine.backend_ready(key, readiness(event));
                }
            }
        }
        let count = events.iter().count();
        self.engine.note_completeness(count < EVENTS);
        let several = count > 1;
        if several {
            self.engine.look_ahead(events.iter().filter(|event| event.is_readable()).map(source));
            self.engine.gather();
        }
        for event in events {
            match source(event) {
                Token::Inbox => {}
                Token::Listener(at) => self.accept(at as usize),
                Token::Client(key) => self.engine.client_ready(key, readiness(event)),
                Token::Backend(key) => self.engine.backend_ready(key, readiness(event)),
            }
        }
        if several {
            self.engine.scatter();
        }
        if self.accept_at.is_some_and(|at| at <= Instant::now()) {
            self.accept_at = None;
            (0..self.listeners.len()).for_each(|at| self.accept(at));
        }
    }

    /// Takes whoever waits in the queue of a listener that is about to close: the kernel would reset
    /// them.
    fn accept_all(&mut self, at: usize) {
        for _ in 0..LAST_ACCEPTS {
            let Some(Some((_, listener))) = self.listeners.get(at) else { return };
            match listener.accept() {
                Ok((stream, peer)) => self.begin(stream, peer),
                Err(error) => match error.kind() {
                    ErrorKind::Interrupted | ErrorKind::ConnectionAborted => {}
                    _ => return,
                },
            }
        }
    }

    fn accept(&mut self, at: usize) {
        for _ in 0..ACCEPTS {
            // Nobody is left standing outside for the sake of those who only hold their place.
            let victim = match self.admission.is_full() {
                false => None,
                true => match self.engine.dismissable() {
                    None => return self.pause("all places are taken"),
                    found => found,
                },
            };
            let Some(Some((_, listener))) = self.listeners.get(at) else { return };
            match listener.accept() {
                Ok((stream, peer)) => {
                    victim.into_iter().for_each(|key| self.engine.dismiss(key));
                    self.begin(stream, peer);
                }
                Err(error) => match error.kind() {
                    ErrorKind::WouldBlock => return,
                    ErrorKind::Interrupted | ErrorKind::ConnectionAborted => {}
                    // No descriptor, or no memory.
                    _ => match self.engine.dismissable() {
                        Some(key) => self.engine.dismiss(key),
                        None => return self.pause(&error.to_string()),
                    },
                },
            }
        }
        // More may wait, and no event will say so.
        self.accept_at = Some(Instant::now());
    }

    /// Accepts nobody for a while.
    fn pause(&mut self, why: &str) {
        let now = Instant::now();
        self.accept_at = Some(now + ACCEPT_PAUSE);
        self.tell(now, format_args!("clients have to wait: {why}"));
    }

    /// Tells of clients that are kept out, once in a while.
    fn tell(&mut self, now: Instant, what: std::fmt::Arguments<'_>) {
        if self.turned_away.is_none_or(|last| now >= last + TELL_EVERY) {
            self.turned_away = Some(now);
            log::warn!("{what}");
        }
    }

    fn begin(&mut self, stream: TcpStream, peer: SocketAddr) {
        let Ok(local) = stream.local_addr() else { return };
        let Some(ticket) = self.admission.admit(peer.ip()) else {
            let _ = socket2::SockRef::from(&stream).set_linger(Some(Duration::ZERO));
            return self.tell(
                Instant::now(),
                format_args!("client {}: has as many connections as it may", peer.ip()),
            );
        };
        // Answers are written whole: waiting for more to come only delays them.
        let _ = stream.set_nodelay(true);
        let stream = MioStream::of_client(stream, ticket);
        let registered = self.engine.accept(stream, Ends { peer, local }, |net, stream, key| {
            net.registry.register(&mut stream.tcp, token(Token::Client(key)), BOTH)
        });
        if let Err(error) = registered {
            log::warn!("client {peer}: connection dropped, {error}");
        }
    }

    fn obey(&mut self, order: Order) {
        match order {
            Order::Engine(command) => {
                let finish = matches!(command, Command::Finish { .. });
                if finish {
                    (0..self.listeners.len()).for_each(|at| self.accept_all(at));
                }
                self.engine.command(command);
                if finish {
                    self.listeners.clear();
                    self.accept_at = None;
                }
            }
            Order::Barrier(done) => drop(done),
            Order::Listen(address, socket) => self.listen(address, socket),
            Order::Unlisten(address) => {
                for at in 0..self.listeners.len() {
                    let known = self.listeners[at].as_ref().map(|(known, _)| *known);
                    if known == Some(address) {
                        self.accept_all(at);
                        self.listeners[at] = None;
                    }
                }
            }
        }
    }

    fn listen(&mut self, address: SocketAddr, socket: std::net::TcpListener) {
        let mut listener = TcpListener::from_std(socket);
        let at = self.listeners.len();
        let name = token(Token::Listener(u32::try_from(at).unwrap_or(u32::MAX)));
        let registry = &self.engine.net().registry;
        if let Err(error) = registry.register(&mut listener, name, Interest::READABLE) {
            log::error!("listener {address}: cannot be watched, {error}");
            return;
        }
        self.listeners.push(Some((address, listener)));
        self.accept(at);
    }
}

/// The world, over mio.
struct MioNet {
    registry: Registry,
    inboxes: Arc<Inboxes>,
    batches: Batches,
}

impl Net for MioNet {
    type Stream = MioStream;

    fn connect(&mut self, how: &Connect, name: Token) -> io::Result<MioStream> {
        let mut stream = connect(how)?;
        self.registry.register(&mut stream.tcp, token(name), BOTH)?;
        Ok(stream)
    }

    fn adopt(&mut self, stream: &mut MioStream, from: LoopId, name: Token) -> io::Result<()> {
        if let Some(inbox) = self.inboxes.entries.get(from) {
            inbox.registry.deregister(&mut stream.tcp)?;
        }
        self.registry.register(&mut stream.tcp, token(name), BOTH)
    }

    fn is_quiet(&self, stream: &MioStream) -> bool {
        let peeked = stream.tcp.peek(&mut [0]);
        peeked.is_err_and(|error| error.kind() == ErrorKind::WouldBlock)
    }

    fn has_batches(&self) -> bool {
        self.batches.are_possible()
    }

    fn write_each<'a>(
        &mut self,
        writes: impl Iterator<Item = (&'a MioStream, &'a [u8])>,
        outcomes: &mut Vec<Outcome>,
    ) {
        self.batches.write_each(writes, outcomes);
    }

    fn read_each<'a>(&mut self, count: usize, streams: impl Iterator<Item = &'a MioStream>) {
        self.batches.read_each(count, streams);
    }

    fn hand_over(&mut self, at: usize, to: &mut MioStream) {
        self.batches.hand_over(at, to);
    }

    fn send(&self, to: LoopId, command: Command<MioStream>) {
        self.inboxes.send(to, Order::Engine(command));
    }
}

/// Tells the time, to all loops alike.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Timepiece {
    began: Instant,
    /// What the wall clock said then.
    wall: Duration,
}

impl Timepiece {
    /// From now on no change of the wall clock is one of the steady time.
    pub(crate) fn start() -> Self {
        Self { began: Instant::now(), wall: wall() }
    }

    /// The time.
    pub(crate) fn read(&self) -> Clock {
        let now = Instant::now();
        Clock { now, wall: wall(), steady: self.wall + now.saturating_duration_since(self.began) }
    }
}

fn wall() -> Duration {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default()
}

fn token(token: Token) -> mio::Token {
    mio::Token(token.pack() as usize)
}

fn source(event: &Event) -> Token {
    Token::unpack(event.token().0 as u64)
}

fn readiness(event: &Event) -> Readiness {
    let ended = event.is_read_closed() || event.is_error();
    Readiness {
        readable: event.is_readable() || ended,
        writable: event.is_writable() || event.is_write_closed() || event.is_error(),
        ended,
    }
}

/// Keys travel in tokens.
const _: fn(Key) -> Token = Token::Client;
