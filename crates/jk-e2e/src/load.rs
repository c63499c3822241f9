//! Clients that ask without a pause, look at every byte that comes back, and count what went wrong by
//! its kind.

use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::client::{Client, End, Response};
use crate::generate::Dice;

/// What answers the requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum App {
    /// The servlet of `jk-backend`, mounted at `/demo`.
    Demo,
    /// `testdata/webapps/transfer`, mounted at `/transfer`.
    Transfer,
}

/// What clients do.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// Where they connect to.
    pub to: SocketAddr,
    /// What they ask.
    pub app: App,
    /// From an answer to the next request.
    pub pause: Duration,
    /// How long a third of the requests takes its backend, so that a fault finds some under way.
    pub work: Duration,
    /// Whether a connection that ends instead of answering is a failure even if it was idle before.
    /// A server may end an idle connection just when a request is sent on it (RFC 9112 §9.5).
    pub strict: bool,
}

/// What came of all requests.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// Requests that were sent.
    pub requests: u64,
    /// How often what went wrong: `503`, `cut`, `refused` …
    pub failures: BTreeMap<String, u64>,
    /// Idle connections that ended when they were used again; none of the failures.
    pub ended_idle: u64,
    /// The longest that a client waited for the end of an answer.
    pub slowest: Duration,
    /// When each member answered last.
    pub seen: BTreeMap<String, Instant>,
}

/// Clients at work. Dropping it does not end them.
#[derive(Debug)]
pub struct Load {
    stop: Arc<AtomicBool>,
    tally: Arc<Mutex<Tally>>,
    threads: Vec<JoinHandle<()>>,
}

impl Tally {
    /// How many requests failed.
    pub fn failed(&self) -> u64 {
        self.failures.values().sum()
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.failures.is_empty() {
            return f.write_str("none");
        }
        for (index, (kind, count)) in self.failures.iter().enumerate() {
            let gap = if index > 0 { ", " } else { "" };
            write!(f, "{gap}{count} × {kind}")?;
        }
        Ok(())
    }
}

impl Load {
    /// Sets clients to work.
    pub fn start(plan: Plan, clients: usize, seed: u64) -> Self {
        let mut load = Self { stop: Arc::default(), tally: Arc::default(), threads: Vec::new() };
        load.add(plan, clients, seed);
        load
    }

    /// Sets more of them to work.
    pub fn add(&mut self, plan: Plan, clients: usize, seed: u64) {
        for client in 0..clients {
            let (stop, tally) = (Arc::clone(&self.stop), Arc::clone(&self.tally));
            let dice = Dice::new(seed.wrapping_mul(1000).wrapping_add(client as u64));
            self.threads.push(thread::spawn(move || work(plan, dice, &stop, &tally)));
        }
    }

    /// How it stands.
    pub fn tally(&self) -> Tally {
        lock(&self.tally).clone()
    }

    /// Lets the clients finish.
    pub fn stop(self) -> Tally {
        self.stop.store(true, Ordering::Relaxed);
        for thread in self.threads {
            if thread.join().is_err() {
                *lock(&self.tally).failures.entry("panicked".to_owned()).or_default() += 1;
            }
        }
        lock(&self.tally).clone()
    }
}

fn lock(tally: &Mutex<Tally>) -> MutexGuard<'_, Tally> {
    tally.lock().unwrap_or_else(PoisonError::into_inner)
}

fn work(plan: Plan, mut dice: Dice, stop: &AtomicBool, tally: &Mutex<Tally>) {
    let mut connection: Option<Client> = None;
    while !stop.load(Ordering::Relaxed) {
        let task = Task::choose(&plan, &mut dice);
        let reused = connection.is_some();
        let began = Instant::now();
        let asked = match connection.take().map_or_else(|| Client::connect(plan.to), Ok) {
            Ok(mut client) => {
                // Who cannot send sees at once that no answer comes.
                let _ = client.send(&task.request);
                let response = client.receive(task.method);
                Some((client, response))
            }
            Err(_) => None,
        };
        let waited = began.elapsed();
        let verdict = match &asked {
            None => Err("no connection".to_owned()),
            Some((_, response)) => task.judge(response),
        };
        let mut tally = lock(tally);
        tally.requests += 1;
        tally.slowest = tally.slowest.max(waited);
        match verdict {
            Ok(member) => {
                if let Some(member) = member {
                    tally.seen.insert(member, Instant::now());
                }
            }
            Err(kind) if kind == NO_ANSWER && reused && !plan.strict => tally.ended_idle += 1,
            Err(kind) => *tally.failures.entry(kind).or_default() += 1,
        }
        drop(tally);
        if let Some((client, response)) = asked {
            let ends = response.field("Connection").is_some_and(|value| value == b"close");
            if response.end == End::Complete && !ends && dice.chance(90) {
                connection = Some(client);
            }
        }
        thread::sleep(plan.pause);
    }
}

/// The connection ended before an answer began.
const NO_ANSWER: &str = "no answer";

/// One request, and what must come back. Each may be repeated, and its content fits a packet.
struct Task {
    method: &'static str,
    request: Vec<u8>,
    expected: Expected,
}

enum Expected {
    /// Exactly these bytes.
    Bytes(Vec<u8>),
    /// So many bytes, all of them the same.
    Filler(usize),
    /// Text that names the member behind this word.
    Member(&'static str),
}

/// From one packet to several.
const SIZES: [usize; 5] = [1, 100, 8000, 20_000, 100_000];

impl Task {
    fn choose(plan: &Plan, dice: &mut Dice) -> Self {
        let size = SIZES[dice.between(0, SIZES.len() - 1)];
        let content = format!("own {:016x}{:016x}", dice.roll(), dice.roll()).into_bytes();
        let kind = dice.between(0, 2);
        let ms = plan.work.as_millis();
        let (target, expected) = match (plan.app, kind) {
            (App::Demo, 0) => (format!("/demo/slow?ms={ms}"), Expected::Member("route=")),
            (App::Demo, 1) => (format!("/demo/b/{size}"), Expected::Filler(size)),
            (App::Demo, _) => ("/demo/echo".to_owned(), Expected::Bytes(content.clone())),
            (App::Transfer, 0) => {
                (format!("/transfer/member.jsp?{ms}"), Expected::Member("member="))
            }
            (App::Transfer, 1) => {
                let target = format!("/transfer/download.jsp?size={size}");
                (target, Expected::Bytes(download(size)))
            }
            (App::Transfer, _) => {
                ("/transfer/echo.jsp".to_owned(), Expected::Bytes(content.clone()))
            }
        };
        let host = "Host: www.test\r\n";
        let (method, request) = if kind == 2 {
            let length = content.len();
            let head = format!(
                "POST {target} HTTP/1.1\r\n{host}Content-Type: x/y\r\nContent-Length: {length}\r\n\r\n"
            );
            ("POST", [head.as_bytes(), &content].concat())
        } else {
            ("GET", format!("GET {target} HTTP/1.1\r\n{host}\r\n").into_bytes())
        };
        Self { method, request, expected }
    }

    /// The member that answered, if the answer names it, or the kind of the failure.
    fn judge(&self, response: &Response) -> Result<Option<String>, String> {
        match (response.status, response.end) {
            (0, End::TimedOut) => Err("silence".to_owned()),
            (0, _) => Err(NO_ANSWER.to_owned()),
            (200, End::Complete) => {
                self.look(&response.body).ok_or_else(|| "WRONG BYTES".to_owned())
            }
            (_, End::Complete | End::ByClose) => Err(response.status.to_string()),
            _ => Err("cut".to_owned()),
        }
    }

    fn look(&self, body: &[u8]) -> Option<Option<String>> {
        match &self.expected {
            Expected::Bytes(expected) => (body == expected).then_some(None),
            Expected::Filler(size) => {
                let same = body.windows(2).all(|pair| pair[0] == pair[1]);
                (body.len() == *size && same).then_some(None)
            }
            Expected::Member(word) => {
                let text = std::str::from_utf8(body).ok()?;
                Some(Some(text.strip_prefix(word)?.split_whitespace().next()?.to_owned()))
            }
        }
    }
}

/// What `download.jsp` sends.
fn download(size: usize) -> Vec<u8> {
    (0..size).map(|i| ((i * 31 + (i >> 8)) & 0xff) as u8).collect()
}
