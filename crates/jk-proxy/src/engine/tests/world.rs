//! A world without sockets: streams are pairs of byte queues, time is a number.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::io::{self, ErrorKind, IoSlice, Read, Write};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::rc::Rc;
use std::time::{Duration, Instant};

use jk_config::{
    Config, Indicators, JkOptions, JkServer, LogTarget, Mounts, OwnMounts, Pace, Paces, Server,
    WorkersInput,
};
use jk_types::{MountRule, RuleSource};

use crate::arena::Key;
use crate::assemble::assemble;
use crate::command::Command;
use crate::engine::{Clock, Connect, Context, Ends, Engine, Net, Readiness, Stream};
use crate::files::Files;
use crate::logs::Logs;
use crate::shared::Shared;
use crate::token::Token;

/// One direction of a connection.
#[derive(Debug, Default)]
struct Queue {
    bytes: VecDeque<u8>,
    ended: bool,
    /// How many bytes it takes before the writer has to wait.
    room: usize,
}

/// One end of a connection.
#[derive(Clone, Debug)]
pub(super) struct End {
    incoming: Rc<RefCell<Queue>>,
    outgoing: Rc<RefCell<Queue>>,
}

/// Both ends of a connection that holds `room` bytes in each direction.
fn pair(room: usize) -> (End, End) {
    let queue = || Rc::new(RefCell::new(Queue { room, ..Queue::default() }));
    let (there, back) = (queue(), queue());
    let ours = End { incoming: Rc::clone(&there), outgoing: Rc::clone(&back) };
    (ours, End { incoming: back, outgoing: there })
}

impl End {
    /// All that has come, which makes room for more.
    pub(super) fn drain(&self) -> Vec<u8> {
        self.incoming.borrow_mut().bytes.drain(..).collect()
    }

    /// Takes up to so many bytes; answers how many there were.
    fn drain_some(&self, most: usize) -> usize {
        let mut queue = self.incoming.borrow_mut();
        let taken = most.min(queue.bytes.len());
        queue.bytes.drain(..taken).count()
    }

    pub(super) fn give(&self, bytes: &[u8]) {
        self.outgoing.borrow_mut().bytes.extend(bytes);
    }

    pub(super) fn end(&self) {
        self.outgoing.borrow_mut().ended = true;
    }

    /// The other side has ended.
    pub(super) fn is_ended(&self) -> bool {
        self.incoming.borrow().ended
    }
}

impl Read for End {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let mut queue = self.incoming.borrow_mut();
        if queue.bytes.is_empty() && !queue.ended {
            return Err(ErrorKind::WouldBlock.into());
        }
        let taken = buf.len().min(queue.bytes.len());
        for (to, from) in buf.iter_mut().zip(queue.bytes.drain(..taken)) {
            *to = from;
        }
        Ok(taken)
    }
}

impl Write for End {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        let mut queue = self.outgoing.borrow_mut();
        let taken = buf.len().min(queue.room.saturating_sub(queue.bytes.len()));
        if taken == 0 && !buf.is_empty() {
            return Err(ErrorKind::WouldBlock.into());
        }
        queue.bytes.extend(&buf[..taken]);
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A stream of the engine; dropping it ends the connection, as closing a socket does.
#[derive(Debug)]
pub(super) struct SimStream(End);

impl Read for SimStream {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.0.read(buf)
    }
}

impl Write for SimStream {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        self.0.write(buf)
    }

    /// As a socket does: short only when the queue is full.
    fn write_vectored(&mut self, bufs: &[IoSlice<'_>]) -> io::Result<usize> {
        self.0.write(&bufs.iter().flat_map(|buf| buf.to_vec()).collect::<Vec<u8>>())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Stream for SimStream {
    fn connected(&self) -> io::Result<()> {
        Ok(())
    }

    fn finish_writing(&self) {
        self.0.end();
    }

    fn reset_on_drop(&self) {}
}

impl Drop for SimStream {
    fn drop(&mut self) {
        self.0.end();
    }
}

/// What the engine asked of the world.
#[derive(Default)]
pub(super) struct Wishes {
    /// Connections to backends, by port, that nobody has answered yet.
    opened: VecDeque<(u16, Key, End)>,
    commands: VecDeque<Command<SimStream>>,
    /// Backends that refuse connections.
    refusing: Vec<u16>,
    /// How many bytes new connections to backends take.
    room: usize,
}

pub(super) struct SimNet(Rc<RefCell<Wishes>>);

impl Net for SimNet {
    type Stream = SimStream;

    fn connect(&mut self, how: &Connect, token: Token) -> io::Result<SimStream> {
        let mut wishes = self.0.borrow_mut();
        if wishes.refusing.contains(&how.to.port()) {
            return Err(ErrorKind::ConnectionRefused.into());
        }
        let (ours, theirs) = pair(wishes.room);
        let Token::Backend(key) = token else { return Err(ErrorKind::InvalidInput.into()) };
        wishes.opened.push_back((how.to.port(), key, theirs));
        Ok(SimStream(ours))
    }

    fn adopt(&mut self, _: &mut SimStream, _: usize, _: Token) -> io::Result<()> {
        Ok(())
    }

    fn is_quiet(&self, stream: &SimStream) -> bool {
        let queue = stream.0.incoming.borrow();
        queue.bytes.is_empty() && !queue.ended
    }

    fn send(&self, _: usize, command: Command<SimStream>) {
        self.0.borrow_mut().commands.push_back(command);
    }
}

/// A backend connection as the test sees it.
pub(super) struct Backend {
    pub(super) port: u16,
    pub(super) key: Key,
    pub(super) end: End,
}

/// A client as the test sees it.
pub(super) struct Client {
    key: Key,
    pub(super) end: End,
}

/// An engine in its world.
pub(super) struct World {
    engine: Engine<SimNet>,
    wishes: Rc<RefCell<Wishes>>,
    pub(super) shared: std::sync::Arc<Shared<SimStream>>,
    start: Instant,
    elapsed: Duration,
    /// What the wall clock would have said at the start.
    wall: Duration,
    logs: Logs,
}

/// When the world begins.
const BEGAN: Duration = Duration::from_secs(1_800_000_000);

const READABLE: Readiness = Readiness { readable: true, writable: false, ended: false };
const WRITABLE: Readiness = Readiness { readable: false, writable: true, ended: false };

impl World {
    /// A site with these workers; every path goes to the worker named.
    pub(super) fn new(workers: &str, to: &str) -> Self {
        let mut logs = Logs::start().expect("a thread can be started");
        let start = Instant::now();
        let clock = Clock { now: start, wall: BEGAN, steady: BEGAN };
        let (site, warnings) =
            assemble(config(workers, to), &mut logs, clock.seconds()).expect("it can be served");
        assert_eq!(warnings, [""; 0]);
        let shared = Shared::new(site, 1, start);
        let wishes = Rc::new(RefCell::new(Wishes { room: 1 << 20, ..Wishes::default() }));
        let files = Files::start(0, |_, _, _| {}).expect("nothing is started");
        let net = SimNet(Rc::clone(&wishes));
        let ctx =
            Context::new(net, 0, 1, clock, std::sync::Arc::clone(&shared), logs.sink(), files);
        let engine = Engine::new(ctx);
        Self { engine, wishes, shared, start, elapsed: Duration::ZERO, wall: BEGAN, logs }
    }

    /// The site is replaced.
    pub(super) fn reload(&mut self, workers: &str, to: &str) {
        let now = jk_balance::Seconds(1_800_000_000 + self.elapsed.as_secs());
        let (site, _) =
            assemble(config(workers, to), &mut self.logs, now).expect("it can be served");
        self.shared = Shared::new(site, 1, self.start + self.elapsed);
        self.engine.command(Command::Adopt(std::sync::Arc::clone(&self.shared)));
        self.settle();
    }

    /// Somebody sets the wall clock back.
    pub(super) fn set_clock_back(&mut self, by: Duration) {
        self.wall -= by;
        self.settle();
    }

    /// Connects to a port are accepted again.
    pub(super) fn accept_again(&mut self, port: u16) {
        self.wishes.borrow_mut().refusing.retain(|other| *other != port);
    }

    /// Connects to a port are refused from now on.
    pub(super) fn refuse(&mut self, port: u16) {
        self.wishes.borrow_mut().refusing.push(port);
    }

    /// Connections to backends take so many bytes from now on before they have to be read from.
    pub(super) fn backends_take(&mut self, room: usize) {
        self.wishes.borrow_mut().room = room;
    }

    /// The bytes held for the client for which most are held.
    pub(super) fn most_held(&self) -> usize {
        self.engine.most_held()
    }

    /// Whether backends read what they are sent.
    pub(super) fn backends_read(&self) -> bool {
        self.wishes.borrow().room == 1 << 20
    }

    /// A client connects; it takes `room` bytes before it has to be read from.
    pub(super) fn client(&mut self, room: usize) -> Client {
        let (ours, theirs) = pair(room);
        let address: SocketAddr = ([127, 0, 0, 1], 80).into();
        let mut named = None;
        self.engine
            .accept(SimStream(ours), Ends { peer: address, local: address }, |_, _, key| {
                named = Some(key);
                Ok(())
            })
            .expect("it registers");
        Client { key: named.expect("it was registered"), end: theirs }
    }

    /// Sends for several clients at once: their events come with one wake-up.
    pub(super) fn send_together(&mut self, all: &[(&Client, &[u8])]) {
        all.iter().for_each(|(client, bytes)| client.end.give(bytes));
        self.engine.gather();
        all.iter().for_each(|(client, _)| self.engine.client_ready(client.key, READABLE));
        assert!(!self.is_connecting(), "nothing is begun before all have been heard");
        self.engine.scatter();
        self.settle();
    }

    /// From now on wake-ups leave events for the next ones.
    pub(super) fn sees_a_part_of_the_events(&mut self) {
        self.engine.note_completeness(false);
    }

    /// A client sends bytes.
    pub(super) fn send(&mut self, client: &Client, bytes: &[u8]) {
        client.end.give(bytes);
        self.engine.client_ready(client.key, READABLE);
        self.settle();
    }

    /// A client sends bytes and ends its side, and both are seen at once.
    pub(super) fn send_last(&mut self, client: &Client, bytes: &[u8]) {
        client.end.give(bytes);
        client.end.end();
        let ended = Readiness { readable: true, writable: false, ended: true };
        self.engine.client_ready(client.key, ended);
        self.settle();
    }

    /// A client takes what has come.
    pub(super) fn receive(&mut self, client: &Client) -> Vec<u8> {
        let mut all = Vec::new();
        loop {
            let some = client.end.drain();
            if some.is_empty() {
                return all;
            }
            all.extend_from_slice(&some);
            self.engine.client_ready(client.key, WRITABLE);
            self.settle();
        }
    }

    /// Somebody has to make room; `false` if nobody can.
    pub(super) fn dismiss_one(&mut self) -> bool {
        let found = self.engine.dismissable();
        found.into_iter().for_each(|key| self.engine.dismiss(key));
        found.is_some()
    }

    /// A client takes no more than so many bytes.
    pub(super) fn sip(&mut self, client: &Client, bytes: usize) -> usize {
        let taken = client.end.drain_some(bytes);
        self.engine.client_ready(client.key, WRITABLE);
        self.settle();
        taken
    }

    /// The backend accepts the oldest connection that was asked for.
    #[track_caller]
    pub(super) fn accept(&mut self) -> Backend {
        let next = self.wishes.borrow_mut().opened.pop_front();
        let (port, key, end) = next.expect("a connection was asked for");
        self.engine.backend_ready(key, WRITABLE);
        self.settle();
        Backend { port, key, end }
    }

    /// Whether a connection was asked for that nobody has accepted.
    pub(super) fn is_connecting(&self) -> bool {
        !self.wishes.borrow().opened.is_empty()
    }

    /// A backend sends bytes.
    pub(super) fn answer(&mut self, backend: &Backend, bytes: &[u8]) {
        backend.end.give(bytes);
        self.engine.backend_ready(backend.key, READABLE);
        self.settle();
    }

    /// An event comes although nothing can be read, as a poller may do.
    pub(super) fn false_alarm(&mut self, backend: &Backend) {
        self.engine.backend_ready(backend.key, READABLE);
        self.settle();
    }

    /// A backend closes its connection.
    pub(super) fn close(&mut self, backend: &Backend) {
        backend.end.end();
        let ended = Readiness { readable: true, writable: false, ended: true };
        self.engine.backend_ready(backend.key, ended);
        self.settle();
    }

    /// Time goes by, deadline after deadline.
    pub(super) fn wait(&mut self, time: Duration) {
        let until = self.elapsed + time;
        while let Some(sleep) = self.engine.sleep().filter(|sleep| self.elapsed + *sleep <= until) {
            self.elapsed += sleep.max(Duration::from_micros(1));
            self.settle();
        }
        self.elapsed = until;
        self.settle();
    }

    fn settle(&mut self) {
        self.engine.set_clock(Clock {
            now: self.start + self.elapsed,
            wall: self.wall + self.elapsed,
            steady: BEGAN + self.elapsed,
        });
        self.engine.settle();
        loop {
            let next = self.wishes.borrow_mut().commands.pop_front();
            let Some(command) = next else { break };
            self.engine.command(command);
            self.engine.settle();
        }
    }
}

/// A configuration with one server and one rule.
pub(super) fn config(workers: &str, to: &str) -> Config {
    let mut sources = jk_config::Sources::default();
    let text = workers.as_bytes();
    let source = sources.add(PathBuf::from("workers.properties"), text.to_vec());
    let input = WorkersInput {
        lines: &[],
        file: Some((source, text)),
        server_root: "/",
        env: &|_: &str| None,
    };
    let read = jk_config::read_workers(&input);
    assert!(!read.fatal, "{:?}", read.diagnostics);
    Config {
        server_root: PathBuf::from("/"),
        listeners: Vec::new(),
        main: server(to),
        vhosts: Vec::new(),
        workers: read.workers,
        properties: Vec::new(),
        maintain: read.maintain,
        watchdog_interval: Duration::ZERO,
        shm_file: None,
        pid_file: None,
        default_pool_size: 8,
        server_tokens: jk_config::ServerTokens::Prod,
        user: None,
        group: None,
        listen_backlog: 1,
        autoindex: true,
        media_types: None,
        threads: None,
        grace: None,
        graceful_shutdown_timeout: None,
        response_pace: pace(60, 0, 250),
        max_connections: 0,
        max_connections_per_address: 0,
    }
}

fn pace(first: u64, most: u64, rate: u32) -> Pace {
    Pace { first: Duration::from_secs(first), most: Duration::from_secs(most), rate }
}

fn server(to: &str) -> Server {
    let rule = MountRule {
        pattern: "/*".to_owned(),
        worker: to.to_owned(),
        disabled: false,
        exclusion: false,
        source: RuleSource::JkMount,
        extensions: jk_types::Extensions::default(),
    };
    let mounts = OwnMounts { jk_mounts: vec![rule], ..OwnMounts::default() };
    Server {
        name: Some("www.example.org".to_owned()),
        port: None,
        https: false,
        aliases: Vec::new(),
        admin: None,
        canonical_name: jk_config::CanonicalName::Off,
        canonical_physical_port: false,
        document_root: None,
        directory_index: Vec::new(),
        timeout: Duration::from_secs(60),
        read_paces: Paces { header: pace(20, 40, 500), body: pace(20, 0, 500) },
        keep_alive: true,
        keep_alive_timeout: Duration::from_secs(5),
        max_keep_alive_requests: 100,
        limit_request_line: 8190,
        limit_request_field_size: 8190,
        limit_request_fields: 100,
        limit_request_body: 0,
        error_log: LogTarget::Stderr,
        log_level: jk_config::LogLevel::Warn,
        access_logs: Vec::new(),
        env: Vec::new(),
        encoded_slashes: jk_config::EncodedSlashes::Off,
        trace: jk_config::Trace::On,
        signature: jk_config::Signature::Off,
        default_charset: None,
        add_types: Vec::new(),
        error_documents: Vec::new(),
        jk: JkServer {
            log_file: None,
            log_level: jk_config::JkLogLevel::Info,
            log_stamp: String::new(),
            request_log: None,
            options: JkOptions::default(),
            indicators: Indicators::default(),
            extract_ssl: true,
            env_vars: Vec::new(),
            auto_alias: None,
            strip_session: None,
            mounts: Mounts::Own(mounts),
        },
        handlers: Vec::new(),
        location_env: Vec::new(),
    }
}
