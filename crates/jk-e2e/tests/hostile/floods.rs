//! Clients that send much, take nothing, or vanish: memory stays bounded, descriptors and slots come
//! back, and others are served meanwhile.

use std::fs;
use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use jk_e2e::client::{Client, get};
use jk_e2e::process::wait_until;
use jk_e2e::text::{fnv, pattern};
use jk_e2e::usage::Usage;
use socket2::{Domain, SockRef, Socket, Type};

use crate::stage::{Cut, Stage, send};

/// Nothing takes longer.
const PATIENCE: Duration = Duration::from_secs(40);
/// `MaxRequestWorkers`: so many connections to the backend there may be.
const POOL: usize = 64;
/// What a flood may cost beside what each of its connections may.
const SPARE_KIB: u64 = 16 * 1024;

const GET: &[u8] = b"GET /a HTTP/1.1\r\nHost: x\r\n\r\n";

/// `/big` is 20 MB, `/stuck` asks for content that it never reads, `/held` keeps a request.
fn set(httpd: &str) -> Stage {
    let script = [
        "on /big",
        "  headers 200 OK",
        "  fill 20000000",
        "  end",
        "on /stuck",
        "  early",
        "  hold",
        "  first",
        "  digest",
        "on /held",
        "  hold",
        "  answer",
        "on /read: digest",
    ];
    let stage = Stage::set(&script, "", &format!("JkMount /* w\n{httpd}"));
    // What the first request sets up is no leak.
    stage.serves("/a");
    assert_eq!(stage.backend.open_connections(), 1);
    stage
}

impl Stage {
    /// What the program needs. Of its descriptors only sockets count: each loop's ring is opened when it
    /// is first of use, which may be at any time.
    fn usage(&self) -> Usage {
        let open = descriptors(self.front.id());
        let sockets = open.iter().filter(|name| name.starts_with("socket:")).count();
        Usage { descriptors: sockets, ..Usage::of(self.front.id()).unwrap() }
    }

    fn socket(&self) -> TcpStream {
        let socket = TcpStream::connect(self.front.addr()).unwrap();
        socket.set_nodelay(true).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        socket.set_write_timeout(Some(PATIENCE)).unwrap();
        socket
    }

    /// Everything that a flood took has come back, but for what the pool may keep.
    #[track_caller]
    fn recovers(&self, before: Usage) {
        // One connection was open before.
        let now = || self.usage().descriptors + 1 - self.backend.open_connections();
        let back = wait_until(PATIENCE, || (now() <= before.descriptors).then_some(()));
        let open = || descriptors(self.front.id());
        assert!(back.is_some(), "{} of {}: {:#?}", now(), before.descriptors, open());
    }

    /// There are as many connections to the backend as ever.
    #[track_caller]
    fn all_slots_are_free(&self) {
        let threads: Vec<_> = (0..POOL)
            .map(|_| {
                let addr = self.front.addr();
                thread::spawn(move || get(addr, "/held", &[]).unwrap().status)
            })
            .collect();
        let reached = wait_until(PATIENCE, || (self.backend.log().held == POOL).then_some(()));
        let held = self.backend.log().held;
        self.backend.release(held);
        let statuses: Vec<u16> = threads.into_iter().map(|thread| thread.join().unwrap()).collect();
        assert_eq!(statuses, [200; POOL]);
        assert!(reached.is_some(), "{held} of {POOL} slots are free");
    }

    #[track_caller]
    fn is_within(&self, before: Usage, kib: u64) {
        let peak = self.usage().peak_kib;
        let most = before.peak_kib + kib + SPARE_KIB;
        assert!(peak <= most, "{peak} KiB, and {} before; {kib} were to be", before.peak_kib);
    }
}

/// What a process has open.
fn descriptors(process: u32) -> Vec<String> {
    let all = fs::read_dir(format!("/proc/{process}/fd")).unwrap().flatten();
    all.filter_map(|one| Some(fs::read_link(one.path()).ok()?.display().to_string())).collect()
}

/// A connection whose end takes little in.
fn narrow(to: SocketAddr) -> TcpStream {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    socket.connect(&to.into()).unwrap();
    let socket = TcpStream::from(socket);
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    socket
}

fn reset(socket: TcpStream) {
    SockRef::from(&socket).set_linger(Some(Duration::ZERO)).unwrap();
    drop(socket);
}

/// What comes to the end of the connection, however it ends.
fn rest(mut socket: TcpStream) -> Vec<u8> {
    let mut rest = Vec::new();
    match socket.read_to_end(&mut rest) {
        Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
            panic!("the connection was left open")
        }
        _ => rest,
    }
}

#[test]
fn thousands_of_pipelined_requests() {
    const COUNT: usize = 20_000;
    let stage = set("MaxKeepAliveRequests 0\n");
    let before = stage.usage();
    let mut socket = stage.socket();
    let mut own = socket.try_clone().unwrap();
    let writer = thread::spawn(move || own.write_all(&GET.repeat(COUNT)).unwrap());
    // Answers pile up until the program stops reading; nobody else notices.
    (0..20).for_each(|_| stage.serves("/a"));
    stage.is_within(before, 0);
    let mut read = Vec::new();
    let mut piece = [0; 65536];
    let mut answers = 0;
    while answers < COUNT {
        let n = socket.read(&mut piece).unwrap();
        assert!(n > 0, "{answers} answers");
        read.extend_from_slice(&piece[..n]);
        answers += read.windows(15).filter(|window| window == b"HTTP/1.1 200 OK").count();
        read.drain(..read.len().saturating_sub(14));
    }
    writer.join().unwrap();
    drop(socket);
    stage.is_within(before, 0);
    stage.recovers(before);
    stage.all_slots_are_free();
    assert_eq!(stage.backend.log().requests.len(), COUNT + 20 + 1 + POOL);
}

/// Each answer is larger than anything that may be held.
#[test]
fn answers_that_nobody_takes() {
    // Who takes nothing is let go.
    let stage = set("JackdawResponseTimeout 1\n");
    let before = stage.usage();
    let bytes = b"GET /big HTTP/1.1\r\nHost: x\r\n\r\n".repeat(5);
    let clients: Vec<TcpStream> = (0..30).map(|_| narrow(stage.front.addr())).collect();
    for mut client in &clients {
        client.write_all(&bytes).unwrap();
    }
    (0..20).for_each(|_| stage.serves("/a"));
    stage.recovers(before);
    stage.all_slots_are_free();
    stage.is_within(before, 30 * 1024);
    drop(clients);
}

#[test]
fn heads_of_the_largest_size_that_never_end() {
    const COUNT: usize = 60;
    let stage = set("");
    let before = stage.usage();
    let field = format!("x{}: {}\r\n", "", "v".repeat(8000));
    let head = format!("GET /a HTTP/1.1\r\nHost: x\r\n{}", field.repeat(90));
    let mut clients: Vec<TcpStream> = (0..COUNT).map(|_| stage.socket()).collect();
    for client in &mut clients {
        client.write_all(head.as_bytes()).unwrap();
    }
    stage.serves("/a");
    // A head that is being read has its bytes, and room for as many to come.
    stage.is_within(before, 2 * COUNT as u64 * head.len() as u64 / 1024);
    clients.into_iter().for_each(reset);
    stage.recovers(before);
    stage.all_slots_are_free();
    assert!(
        !stage
            .backend
            .log()
            .requests
            .iter()
            .any(|received| { received.request.as_ref().unwrap().headers.len() > 10 })
    );
}

#[test]
fn fields_without_end() {
    let stage = set("");
    let before = stage.usage();
    let cases: [(&[u8], &[u8]); 4] = [
        (b"GET /a HTTP/1.1\r\nHost: x\r\n", b"a: b\r\n"),
        (b"GET /a HTTP/1.1\r\nHost: x\r\nx: ", b"abcdefgh"),
        (b"GET /", b"abcdefgh"),
        (b"POST /read HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", b"a: b\r\n"),
    ];
    for (begin, again) in cases {
        let mut socket = stage.socket();
        socket.write_all(begin).unwrap();
        let piece = again.repeat(4096);
        // It is refused long before these hundred megabytes, which may be read and dropped.
        let _ = (0..4000).try_for_each(|_| socket.write_all(&piece));
        let _ = socket.shutdown(Shutdown::Write);
        let answer = rest(socket);
        let broken = answer.is_empty() && begin.starts_with(b"POST");
        assert!(broken || answer.starts_with(b"HTTP/1.1 4"), "{}", answer.escape_ascii());
        stage.serves("/a");
    }
    stage.is_within(before, 0);
    stage.recovers(before);
    stage.all_slots_are_free();
}

#[test]
fn content_in_the_smallest_segments() {
    let stage = set("");
    let content = pattern(20_000);
    for head in ["Content-Length: 20000\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\n"] {
        let mut bytes = format!("POST /read HTTP/1.1\r\nHost: x\r\n{head}").into_bytes();
        if head.starts_with('C') {
            bytes.extend_from_slice(&content);
        } else {
            // Each byte a chunk of its own.
            for byte in &content {
                bytes.extend_from_slice(&[b"1\r\n", &[*byte][..], b"\r\n"].concat());
            }
            bytes.extend_from_slice(b"0\r\n\r\n");
        }
        let mut client = stage.client();
        send(&mut client, &bytes, Cut::Bytes);
        let expected = format!("w {} {:016x}\n", content.len(), fnv(&content));
        assert_eq!(client.receive("POST").text(), expected);
    }
}

/// Every byte of a request is the last one once, and the connection ends in each way.
#[test]
fn clients_that_vanish_at_every_point() {
    let stage = set("");
    let before = stage.usage();
    let post = b"POST /read HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n0123456789";
    let chunked =
        b"POST /read HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n01234\r\n0\r\n\r\n";
    for request in [&post[..], chunked, GET, b"GET /big HTTP/1.1\r\nHost: x\r\n\r\n"] {
        for end in 0..=request.len() {
            let sent = || {
                let mut socket = stage.socket();
                socket.write_all(&request[..end]).unwrap();
                socket
            };
            reset(sent());
            drop(sent());
            // Half closed: who has asked for something gets it, and nobody waits for the others.
            let half = sent();
            half.shutdown(Shutdown::Write).unwrap();
            let answer =
                if request == GET || end < request.len() { rest(half) } else { Vec::new() };
            let whole = end == request.len();
            let is_answer = answer.starts_with(b"HTTP/1.1 200 OK\r\n");
            assert!(is_answer == (whole && request == GET), "{end}: {}", answer.escape_ascii());
        }
    }
    // And in the middle of an answer.
    for taken in (0..400).chain([9000, 70_000, 1_000_000]) {
        let mut socket = stage.socket();
        socket.write_all(b"GET /big HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
        socket.read_exact(&mut vec![0; taken]).unwrap();
        if taken % 2 == 0 { reset(socket) } else { drop(socket) }
    }
    stage.recovers(before);
    stage.all_slots_are_free();
    stage.is_within(before, 0);
}

#[test]
fn connections_that_come_and_go() {
    let stage = set("");
    let before = stage.usage();
    for round in 0..4000 {
        let mut socket = stage.socket();
        match round % 4 {
            0 => drop(socket),
            1 => reset(socket),
            2 => socket.shutdown(Shutdown::Write).unwrap(),
            _ => {
                socket.write_all(GET).unwrap();
                reset(socket);
            }
        }
        if round % 500 == 0 {
            stage.serves("/a");
        }
    }
    stage.recovers(before);
    stage.all_slots_are_free();
    stage.is_within(before, 0);
}

/// Promises that are not kept: content after leave to send, the end of a head, a first byte.
#[test]
fn clients_that_promise_and_do_nothing() {
    let stage = set("RequestReadTimeout header=1 body=1\nTimeout 2\nKeepAliveTimeout 1\n");
    let before = stage.usage();
    let expect =
        b"POST /read HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 9\r\n\r\n";
    let chunked = b"POST /read HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
    let mut sockets = Vec::new();
    for bytes in [&expect[..], chunked, b"POST /read HTTP/1.1\r\nHost", b"", GET] {
        for _ in 0..40 {
            let mut socket = stage.socket();
            socket.write_all(bytes).unwrap();
            sockets.push(socket);
        }
    }
    (0..20).for_each(|_| stage.serves("/a"));
    for socket in sockets {
        let all = rest(socket);
        let text = String::from_utf8_lossy(&all);
        let leave = "HTTP/1.1 100 Continue\r\n\r\n";
        let answer = text.strip_prefix(leave).unwrap_or(&text);
        assert!(
            answer.is_empty()
                || answer.starts_with("HTTP/1.1 408 ")
                || answer.starts_with("HTTP/1.1 200 "),
            "{text}"
        );
    }
    stage.recovers(before);
    stage.all_slots_are_free();
    stage.is_within(before, 0);
    assert!(!stage.backend.log().requests.iter().any(|received| received.body.ended));
}

/// A backend that takes its time with content that is offered at once.
#[test]
fn content_that_a_backend_does_not_take() {
    const COUNT: usize = 6;
    const SIZE: usize = 30_000_000;
    let stage = set("");
    let before = stage.usage();
    let head = format!("POST /stuck HTTP/1.1\r\nHost: x\r\nContent-Length: {SIZE}\r\n\r\n");
    let content = Arc::new(pattern(SIZE));
    let writers: Vec<_> = (0..COUNT)
        .map(|_| {
            let (mut client, head, content) = (stage.client(), head.clone(), Arc::clone(&content));
            thread::spawn(move || {
                client.send(head.as_bytes()).unwrap();
                client.send(&content).unwrap();
                client.receive("POST").text()
            })
        })
        .collect();
    assert!(stage.backend.wait(PATIENCE, |log| log.held == COUNT));
    (0..20).for_each(|_| stage.serves("/a"));
    stage.is_within(before, COUNT as u64 * 64);
    assert!(!writers.iter().any(thread::JoinHandle::is_finished), "all content was taken");
    stage.backend.release(COUNT);
    let expected = format!("w {SIZE} {:016x}\n", fnv(&content));
    for writer in writers {
        assert_eq!(writer.join().unwrap(), expected);
    }
    stage.is_within(before, COUNT as u64 * 64);
    stage.recovers(before);
    stage.all_slots_are_free();
}

/// Connections that say nothing do not keep others out.
#[test]
fn all_places_taken_by_nobody() {
    let stage = set("JackdawMaxConnections 50\n");
    let before = stage.usage();
    let idle: Vec<TcpStream> = (0..300).map(|_| stage.socket()).collect();
    let mut client: Client = stage.client();
    client.send(GET).unwrap();
    assert_eq!(client.receive("GET").status, 200);
    assert!(stage.usage().descriptors <= before.descriptors + 50 + POOL);
    drop((idle, client));
    stage.recovers(before);
}
