//! In steady state a proxied keep-alive request takes no memory from the heap: counted over the
//! whole process, the real loop and a backend in it, while a client that allocates nothing plays
//! the same request again and again.

use std::collections::BTreeMap;
use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::time::Duration;

use jk_backend::{Backend, Handle, Request, Response, Servlet};
use jk_config::{Files, LoadOptions, load};
use jk_proxy::Proxy;
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static HEAP: &StatsAlloc<std::alloc::System> = &INSTRUMENTED_SYSTEM;

/// Requests before counting begins: buffers grow to their size, dates are rendered.
const WARM_UP: usize = 300;
/// Requests that are counted.
const COUNTED: usize = 500;

/// So often.
const ROUNDS: usize = 4;

/// The case with a log.
const LOGGED: &str = "with an access log";

/// Answers `/b/N` with N bytes.
struct Bytes;

impl Servlet for Bytes {
    fn serve(&self, request: &Request<'_>, response: &mut Response) {
        let path = request.path.split(|&byte| byte == b';').next().unwrap_or_default();
        let digits = path.rsplit(|&byte| byte == b'/').next().unwrap_or_default();
        let length = std::str::from_utf8(digits).ok().and_then(|digits| digits.parse().ok());
        response.field("Content-Type", "text/plain");
        response.fill(length.unwrap_or(0));
    }

    fn keeps_content(&self, _: &Request<'_>) -> bool {
        false
    }
}

struct Memory(BTreeMap<PathBuf, String>);

impl Files for Memory {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        let text = self.0.get(path).ok_or(io::ErrorKind::NotFound)?;
        Ok(text.clone().into_bytes())
    }

    fn list(&self, _: &Path) -> io::Result<Vec<String>> {
        Err(io::ErrorKind::NotFound.into())
    }

    fn is_dir(&self, _: &Path) -> bool {
        false
    }

    fn exists(&self, path: &Path) -> bool {
        self.0.contains_key(path)
    }

    fn env(&self, _: &str) -> Option<String> {
        None
    }
}

/// A proxy with one loop in front of two members that are one backend.
fn proxy(backend: &Handle, more: &str) -> Proxy {
    let port = backend.addr().port();
    let httpd = format!(
        "Listen 127.0.0.1:80\nServerName localhost\nErrorLog /dev/null\nJkLogFile /dev/null\n\
         MaxKeepAliveRequests 0\nJkWorkersFile workers.properties\n\
         JkMount /lb/* lb\nJkMount /b/* a\n{more}"
    );
    let mut workers = "worker.list=lb,a\nworker.lb.type=lb\n".to_owned();
    for member in ["a", "b"] {
        workers += &format!(
            "worker.{member}.type=ajp13\nworker.{member}.host=127.0.0.1\n\
             worker.{member}.port={port}\nworker.lb.balance_workers={member}\n"
        );
    }
    let files = Memory(BTreeMap::from([
        (PathBuf::from("/c/httpd.conf"), httpd),
        (PathBuf::from("/c/workers.properties"), workers),
    ]));
    let loaded = load(Path::new("/c/httpd.conf"), &files, &LoadOptions::default());
    let mut config = loaded.config.expect("the configuration has no fault");
    // A file cannot ask for any free port.
    config.listeners.iter_mut().for_each(|listener| listener.port = 0);
    let (proxy, _) = Proxy::start(config, 1).expect("the proxy starts");
    proxy
}

/// A client that reads into a buffer of its own.
struct Client {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Client {
    fn new(to: SocketAddr) -> Self {
        let stream = TcpStream::connect(to).expect("the proxy listens");
        stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a socket has a timeout");
        Self { stream, buffer: vec![0; 256 * 1024] }
    }

    /// Plays a request whose answer ends with `length` bytes of content.
    fn play(&mut self, request: &[u8], length: usize) {
        self.stream.write_all(request).expect("the proxy reads");
        let mut got = 0;
        loop {
            let read = self.stream.read(&mut self.buffer[got..]).expect("the proxy answers");
            assert!(read > 0, "the connection ended");
            got += read;
            let answer = &self.buffer[..got];
            let head = answer.windows(4).position(|four| four == b"\r\n\r\n");
            if head.is_some_and(|head| got >= head + 4 + length) {
                assert!(answer.starts_with(b"HTTP/1.1 200 "), "an error is no steady state");
                return;
            }
        }
    }
}

#[test]
fn a_request_in_steady_state_allocates_nothing() {
    let anywhere = SocketAddr::from(([127, 0, 0, 1], 0));
    let backend = Backend::start(anywhere, Bytes).expect("the backend starts");
    let get = |path: &str, more: &str| {
        format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nAccept: */*\r\n{more}\r\n").into_bytes()
    };
    let session = "Cookie: x=y; JSESSIONID=0123456789ABCDEF.b; z=1\r\nUser-Agent: test\r\n";
    let log = "LogFormat \"%h %l %u %t \\\"%r\\\" %>s %b\" common\nCustomLog /dev/null common\n";
    let cases = [
        ("one worker", "", get("/b/1024", ""), 1024),
        ("elected by load", "", get("/lb/1024", ""), 1024),
        ("elected by session", "", get("/lb/10?q=1", session), 10),
        ("64 KiB", "", get("/b/65536", ""), 65_536),
        ("keep-alive asked for", "", get("/b/5", "Connection: keep-alive\r\n"), 5),
        ("absolute target", "", get("http://localhost/b/5", ""), 5),
        (LOGGED, log, get("/lb/1024", session), 1024),
    ];
    for (name, more, request, length) in cases {
        // Local time: the zone's file is looked at once a second. And a writer that lags behind on a
        // busy machine leaves lines on their way, each in memory that stays.
        let allowed = if name == LOGGED { COUNTED / 2 } else { 0 };
        let proxy = proxy(&backend, more);
        let mut client = Client::new(proxy.addresses()[0]);
        (0..WARM_UP).for_each(|_| client.play(&request, length));
        let count = || {
            let region = Region::new(HEAP);
            (0..COUNTED).for_each(|_| client.play(&request, length));
            let change = region.change();
            change.allocations + change.reallocations
        };
        // On a busy machine bytes may yet come in pieces that a buffer has not held so far, and it grows
        // once more. What a request costs, it costs in every round.
        let taken: Vec<usize> = std::iter::repeat_with(count).take(ROUNDS).collect();
        let least = taken.iter().min().copied().unwrap_or(usize::MAX);
        assert!(least <= allowed, "{name}: {taken:?} allocations in {COUNTED} requests each");
        proxy.stop(Duration::ZERO, || ());
    }
}
