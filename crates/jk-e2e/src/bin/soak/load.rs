//! Clients that ask for all kinds of things and look at every byte that comes back.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use jk_e2e::client::{Client, End, Response};
use jk_e2e::generate::Dice;
use jk_e2e::text::fnv;

/// How long after a fault its consequences may still be seen: the longest timeout of the workers.
const AFTERMATH: Duration = Duration::from_secs(15);

/// Sizes around the borders of packets and buffers, and larger.
const SIZES: [usize; 12] =
    [0, 1, 100, 511, 512, 4096, 8185, 8187, 20_000, 65_536, 300_000, 1_000_003];

/// What came of all requests.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    good: AtomicU64,
    /// Complete answers with other bytes than they should have. There must be none.
    wrong: AtomicU64,
    /// Anything but a complete good answer while nothing disturbed the members. There must be none.
    unprovoked: AtomicU64,
    /// Error statuses for what may be repeated, during and shortly after a fault.
    gets_refused: AtomicU64,
    /// Error statuses for what has content, during and shortly after a fault.
    posts_refused: AtomicU64,
    /// Answers that were visibly cut off, during and shortly after a fault.
    cut: AtomicU64,
    disturbed: AtomicBool,
}

impl Tally {
    /// From now on failures have a reason.
    pub(crate) fn fault_begins(&self) {
        self.disturbed.store(true, Relaxed);
    }

    /// The member is well again. Waits until no failure can be due to the fault any more.
    pub(crate) fn fault_ends(&self) {
        thread::sleep(AFTERMATH);
        self.disturbed.store(false, Relaxed);
    }

    /// Nothing happened that must not.
    pub(crate) fn is_clean(&self) -> bool {
        self.wrong.load(Relaxed) == 0 && self.unprovoked.load(Relaxed) == 0
    }

    fn add(&self, task: &Task, disturbed: bool, response: &Response) {
        // A fault may have begun while the request was under way.
        let disturbed = disturbed || self.disturbed.load(Relaxed);
        let complete = matches!(response.end, End::Complete);
        let counter = if response.status == 200 && complete {
            if task.accepts(response) { &self.good } else { &self.wrong }
        } else if !disturbed {
            &self.unprovoked
        } else if !complete {
            &self.cut
        } else if task.content.is_empty() {
            &self.gets_refused
        } else {
            &self.posts_refused
        };
        counter.fetch_add(1, Relaxed);
        if std::ptr::eq(counter, &self.wrong) || std::ptr::eq(counter, &self.unprovoked) {
            let Response { status, end, .. } = response;
            eprintln!("soak: {}: {status}, {end:?}, {} bytes", task.target, response.body.len());
        }
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [good, wrong, unprovoked, gets, posts, cut] = [
            &self.good,
            &self.wrong,
            &self.unprovoked,
            &self.gets_refused,
            &self.posts_refused,
            &self.cut,
        ]
        .map(|counter| counter.load(Relaxed));
        write!(
            f,
            "{good} good answers, {wrong} with wrong bytes, {unprovoked} failures without a fault\n\
             during faults: {gets} errors without content, {posts} with, {cut} visibly cut off"
        )
    }
}

/// Clients at work.
#[derive(Debug)]
pub(crate) struct Load {
    stop: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

impl Load {
    /// Sets clients to work.
    pub(crate) fn start(to: SocketAddr, clients: usize, seed: u64, tally: &Arc<Tally>) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let threads = (0..clients)
            .map(|client| {
                let (stop, tally) = (Arc::clone(&stop), Arc::clone(tally));
                let dice = Dice::new(seed.wrapping_mul(1000).wrapping_add(client as u64));
                thread::spawn(move || work(to, dice, &stop, &tally))
            })
            .collect();
        Self { stop, threads }
    }

    /// Lets the clients finish.
    pub(crate) fn stop(self) {
        self.stop.store(true, Relaxed);
        for thread in self.threads {
            // One that panicked has said so.
            let _ = thread.join();
        }
    }
}

fn work(to: SocketAddr, mut dice: Dice, stop: &AtomicBool, tally: &Tally) {
    let mut connection: Option<Client> = None;
    while !stop.load(Relaxed) {
        let task = Task::choose(&mut dice);
        let disturbed = tally.disturbed.load(Relaxed);
        let kept = connection.take();
        let reused = kept.is_some();
        let Some(mut client) = kept.or_else(|| Client::connect(to).ok()) else {
            tally.unprovoked.fetch_add(1, Relaxed);
            continue;
        };
        let sent = client.send(&task.head).and_then(|()| task.send_content(&mut client));
        let response = client.receive(task.method);
        // A server may end an idle connection just when a request is sent on it (RFC 9112 §9.5).
        if reused && response.status == 0 && response.end != End::TimedOut {
            continue;
        }
        tally.add(&task, disturbed, &response);
        let ends = response.field("Connection").is_some_and(|value| value == b"close");
        if sent.is_ok() && response.end == End::Complete && !ends && dice.chance(90) {
            connection = Some(client);
        }
    }
}

/// One request, and what must come back.
struct Task {
    method: &'static str,
    target: String,
    head: Vec<u8>,
    content: Vec<u8>,
    chunked: bool,
    expected: Vec<u8>,
}

impl Task {
    fn choose(dice: &mut Dice) -> Self {
        let size = SIZES[dice.between(0, SIZES.len() - 1)];
        let chunked = dice.chance(40);
        let (method, target, content, expected) = match dice.between(0, 3) {
            0 | 1 => {
                let length = if chunked { "" } else { "&length=1" };
                let target = format!("/transfer/download.jsp?size={size}{length}");
                ("GET", target, Vec::new(), download(size))
            }
            2 => {
                let content = noise(dice, size.max(1));
                let expected = format!("POST {} {:016x}", content.len(), fnv(&content));
                ("POST", "/transfer/upload.jsp".to_owned(), content, expected.into_bytes())
            }
            _ => {
                // The client sends everything before it reads: what comes back fits into buffers.
                let content = noise(dice, size.clamp(1, 300_000));
                ("POST", "/transfer/echo.jsp".to_owned(), content.clone(), content)
            }
        };
        let mut head = format!("{method} {target} HTTP/1.1\r\nHost: www.test\r\n");
        match (content.len(), chunked) {
            (0, _) => {}
            (_, true) => head.push_str("Transfer-Encoding: chunked\r\n"),
            (length, false) => head.push_str(&format!("Content-Length: {length}\r\n")),
        }
        if !content.is_empty() {
            head.push_str("Content-Type: application/octet-stream\r\n");
        }
        head.push_str("\r\n");
        Self { method, target, head: head.into_bytes(), content, chunked, expected }
    }

    fn send_content(&self, client: &mut Client) -> std::io::Result<()> {
        if !self.chunked {
            return client.send(&self.content);
        }
        if self.content.is_empty() {
            return Ok(());
        }
        for piece in self.content.chunks(3000) {
            client.send(format!("{:x}\r\n", piece.len()).as_bytes())?;
            client.send(piece)?;
            client.send(b"\r\n")?;
        }
        client.send(b"0\r\n\r\n")
    }

    fn accepts(&self, response: &Response) -> bool {
        response.body == self.expected
    }
}

/// What `download.jsp` sends.
fn download(size: usize) -> Vec<u8> {
    (0..size).map(|i| ((i * 31 + (i >> 8)) & 0xff) as u8).collect()
}

/// Bytes that no other request has.
fn noise(dice: &mut Dice, size: usize) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(size + 8);
    while bytes.len() < size {
        bytes.extend_from_slice(&dice.roll().to_le_bytes());
    }
    bytes.truncate(size);
    bytes
}
