//! What the pure parts of a request cost, each by itself: `cargo bench -p jk-bench`.

#![allow(missing_docs)]

use std::hint::black_box;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Barrier};
use std::time::{Duration, Instant};

use ajp13::{Message, RECEIVE_LIMIT, RequestEncoder, RequestLine, split_frame};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use jk_balance::{
    Facts, LbWorker, MountMap, Outcome, Report, Run, Seconds, Step, WorkerCounters, normalise,
};
use jk_config::{Files, LoadOptions, Sources, load, read_uriworkermap};
use jk_http::{Limits, RequestHead};
use jk_types::{Extensions, LbSettings, MountRule, WorkerKind};
use parking_lot::Mutex;

const NOW: Seconds = Seconds(1_000);

const HEAD: &[u8] = b"GET /shop/cart/view?item=17&lang=en HTTP/1.1\r\nHost: www.example.com\r\n\
    User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0\r\n\
    Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r\n\
    Accept-Language: en-US,en;q=0.5\r\nAccept-Encoding: gzip, deflate, br\r\n\
    Cookie: JSESSIONID=0123456789ABCDEF0123456789ABCDEF.node1\r\nConnection: keep-alive\r\n\r\n";

/// Two files, and no disk.
struct Memory(String, String);

impl Files for Memory {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        match path.file_name().and_then(|name| name.to_str()) {
            Some("httpd.conf") => Ok(self.0.clone().into_bytes()),
            Some("workers.properties") => Ok(self.1.clone().into_bytes()),
            _ => Err(io::ErrorKind::NotFound.into()),
        }
    }

    fn list(&self, _: &Path) -> io::Result<Vec<String>> {
        Err(io::ErrorKind::NotFound.into())
    }

    fn is_dir(&self, _: &Path) -> bool {
        false
    }

    fn exists(&self, _: &Path) -> bool {
        true
    }

    fn env(&self, _: &str) -> Option<String> {
        None
    }
}

/// A load balancer as the files of a site with so many members would make it.
fn settings(members: usize) -> LbSettings {
    let mut workers = "worker.list=lb\nworker.lb.type=lb\n".to_owned();
    for at in 0..members {
        workers += &format!(
            "worker.m{at}.type=ajp13\nworker.m{at}.host=127.0.0.1\nworker.m{at}.port={}\n\
             worker.lb.balance_workers=m{at}\n",
            8000 + at
        );
    }
    let httpd = "Listen 127.0.0.1:80\nServerName localhost\nJkWorkersFile workers.properties\n";
    let files = Memory(httpd.to_owned(), workers);
    let root = PathBuf::from("/site/httpd.conf");
    let config = load(&root, &files, &LoadOptions::default()).config;
    let workers = config.expect("the files are without fault").workers;
    workers
        .into_iter()
        .find_map(|worker| match worker.kind {
            WorkerKind::Lb(settings) => Some(*settings),
            _ => None,
        })
        .expect("a load balancer is listed")
}

struct Balancer {
    worker: Mutex<LbWorker>,
    counters: Vec<Arc<WorkerCounters>>,
}

impl Balancer {
    fn new(members: usize) -> Self {
        let counters: Vec<_> = (0..members).map(|_| WorkerCounters::shared(NOW)).collect();
        let worker = LbWorker::new(&settings(members), counters.clone(), &[], NOW);
        Self { worker: Mutex::new(worker), counters }
    }

    /// The election alone, under the lock.
    fn elect(&self, run: &mut Run, facts: &Facts<'_>) -> Step {
        let mut worker = self.worker.lock();
        worker.begin(run, facts, &mut |_| true);
        worker.next(run, facts, NOW)
    }

    /// What the proxy does with a load balancer for one request: elect, admit, settle, each under
    /// the lock for itself.
    fn serve(&self, run: &mut Run, facts: &Facts<'_>) {
        let Step::Try(election) = self.elect(run, facts) else { return };
        let counters = &self.counters[election.member()];
        self.worker.lock().admitted(run, &election, facts);
        counters.enter(0, NOW);
        counters.leave(Outcome::Success, 500, 500, NOW);
        let mut worker = self.worker.lock();
        worker.settle(run, election, Report::success(200), facts, NOW);
        worker.next(run, facts, NOW);
    }
}

fn elections(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("election");
    for members in [2, 16, 256, 1000] {
        let balancer = Balancer::new(members);
        let extensions = Extensions::default();
        let facts = Facts::new(&extensions);
        group.bench_function(format!("{members} members"), |bencher| {
            let mut run = Run::default();
            bencher.iter(|| balancer.elect(&mut run, &facts));
        });
        group.bench_function(format!("{members} members, whole request, one thread"), |bencher| {
            let mut run = Run::default();
            bencher.iter(|| balancer.serve(&mut run, &facts));
        });
        group.bench_function(format!("{members} members, whole request, two threads"), |bencher| {
            bencher.iter_custom(|rounds| together(&balancer, rounds));
        });
    }
    group.finish();
}

/// The time that `rounds` elections take two threads together.
fn together(balancer: &Balancer, rounds: u64) -> Duration {
    let barrier = Barrier::new(2);
    let extensions = Extensions::default();
    let play = |rounds: u64| {
        let mut run = Run::default();
        let facts = Facts::new(&extensions);
        barrier.wait();
        let began = Instant::now();
        (0..rounds).for_each(|_| balancer.serve(&mut run, &facts));
        began.elapsed()
    };
    std::thread::scope(|scope| {
        let other = scope.spawn(|| play(rounds / 2));
        let own = play(rounds - rounds / 2);
        other.join().map_or(own, |other| own.max(other))
    })
}

/// A rule file: applications by prefix, an extension in each, some exceptions.
fn rule_text(rules: usize) -> String {
    (0..rules)
        .map(|at| match at % 4 {
            0 => format!("/app{at}|/*=w{}\n", at % 7),
            1 => format!("/app{at}/*.jsp=w{}\n", at % 7),
            2 => format!("!/app{}/static/*=w{}\n", at - 2, (at - 2) % 7),
            _ => format!("/exact{at}/page=w{}\n", at % 7),
        })
        .collect()
}

fn rules(text: &str) -> Vec<MountRule> {
    let mut sources = Sources::default();
    let source = sources.add("uriworkermap.properties".into(), text.as_bytes().to_vec());
    let (rules, _) = read_uriworkermap(source, sources.text(source), &|_| None);
    rules.unwrap_or_default().into_iter().map(|(rule, _)| rule).collect()
}

fn maps(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("map of 10,000 rules");
    let text = rule_text(10_000);
    let map = MountMap::new(rules(&text), false);
    let paths: [(&str, &[u8]); 4] = [
        ("prefix", b"/app4000/some/page"),
        ("excluded", b"/app4000/static/logo.png"),
        ("exact", b"/exact8003/page"),
        ("nothing", b"/nowhere/at/all"),
    ];
    for (name, path) in paths {
        group.bench_function(name, |bencher| {
            bencher.iter(|| map.lookup(black_box(path)).map(|mount| mount.index));
        });
    }
    group.sample_size(20);
    group.bench_function("load", |bencher| {
        bencher.iter(|| MountMap::new(rules(black_box(&text)), false));
    });
    group.finish();
}

fn heads(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("http");
    group.throughput(Throughput::Bytes(HEAD.len() as u64));
    let mut head = RequestHead::default();
    let limits = Limits::default();
    group.bench_function("parse a head", |bencher| {
        bencher.iter(|| head.parse(black_box(HEAD), &limits).is_ok());
    });
    let mut out = Vec::new();
    group.bench_function("normalise a path", |bencher| {
        bencher.iter(|| normalise(black_box(b"/shop/../shop/cart/view;x=1"), &mut out).is_ok());
    });
    group.finish();
}

fn packets(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("ajp13");
    let mut head = RequestHead::default();
    let parsed = head.parse(HEAD, &Limits::default());
    assert!(parsed.is_ok(), "the example is a head");
    let line = RequestLine {
        method: head.method(HEAD),
        protocol: head.protocol(HEAD),
        uri: b"/shop/cart/view",
        remote_addr: b"127.0.0.1",
        remote_host: None,
        server_name: b"www.example.com",
        server_port: 80,
        is_ssl: false,
    };
    let mut packet = Vec::new();
    group.bench_function("encode a Forward Request", |bencher| {
        bencher.iter(|| {
            packet.clear();
            let mut encoder = RequestEncoder::begin(&mut packet, 8192, black_box(&line));
            head.fields(HEAD).for_each(|(name, value)| encoder.header(name, value));
            encoder.finish().is_ok()
        });
    });
    let mut answer = Vec::new();
    let fields: [(&[u8], &[u8]); 2] =
        [(b"Content-Type", b"text/html;charset=UTF-8"), (b"Content-Length", b"1024")];
    let sent = ajp13::container::send_headers(&mut answer, 200, b"OK", fields);
    assert!(sent.is_ok(), "two fields fit a packet");
    ajp13::container::send_body_chunk(&mut answer, &[b'x'; 1024]);
    ajp13::container::end_response(&mut answer, true);
    group.bench_function("decode a response", |bencher| {
        bencher.iter(|| {
            let mut rest = black_box(&answer[..]);
            let mut fields = 0;
            while let Ok(Some(frame)) = split_frame(rest, RECEIVE_LIMIT) {
                if let Ok(Message::SendHeaders(headers)) = Message::decode(frame.payload) {
                    fields += headers.fields().count();
                }
                rest = &rest[frame.len..];
            }
            fields
        });
    });
    group.finish();
}

criterion_group! {
    name = parts;
    config = Criterion::default().without_plots();
    targets = elections, maps, heads, packets
}
criterion_main!(parts);
