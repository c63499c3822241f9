//! Reloads and restarts while wrk runs: every request must be answered. A restart is a second process on
//! the same files, which takes the listening sockets over, and SIGTERM to the first.

use std::error::Error;
use std::fs;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::thread;
use std::time::{Duration, Instant};

use clap::Parser;
use jk_e2e::cluster::ajp_port;
use jk_e2e::front::{Front, Program};
use jk_e2e::member::Member;
use jk_e2e::process::wait_until;
use jk_e2e::site::{Site, SiteText};
use jk_e2e::tools::wrk;

const PATIENCE: Duration = Duration::from_secs(60);
const ROUTES: [&str; 2] = ["A", "B"];

/// Reloads and restarts while wrk runs.
#[derive(Parser)]
struct Args {
    /// How often the configuration is reloaded
    #[arg(long, default_value_t = 100)]
    reloads: u32,
    /// How often a second process takes over
    #[arg(long, default_value_t = 20)]
    restarts: u32,
    /// Connections of wrk, for each of the two kinds of request
    #[arg(long, default_value_t = 32)]
    connections: u32,
    /// For how long wrk runs; the reloads and restarts are spread over most of it
    #[arg(long, default_value_t = 60)]
    seconds: u32,
}

fn main() -> ExitCode {
    match play(&Args::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(problem) => {
            eprintln!("restarts: {problem}");
            ExitCode::from(2)
        }
    }
}

/// Returns whether every request was answered.
fn play(args: &Args) -> Result<bool, Box<dyn Error>> {
    let site = Site::claim()?;
    let _members = write(&site)?;
    let mut front = Front::start(Program::Jackdaw, &site)?;
    let runs = [("proxied", "/demo/b/1000"), ("static", "/file")].map(|(name, target)| {
        let (to, connections, seconds) = (front.addr(), args.connections, args.seconds);
        (name, thread::spawn(move || wrk(&url(to, target), connections, seconds, None)))
    });

    let began = Instant::now();
    let total = args.reloads + args.restarts;
    let step = Duration::from_secs(args.seconds.into()).mul_f64(0.9) / total.max(1);
    let mut restarted = 0;
    for round in 0..total {
        // Spread evenly: as many restarts among so many rounds as among all.
        if (round + 1) * args.restarts / total > restarted {
            restarted += 1;
            front = restart(&site, front)?;
        } else {
            let done = count(&site, "configuration reloaded");
            front.signal("HUP");
            expect("a reload", || count(&site, "configuration reloaded") > done)?;
        }
        // The pace is what is asked for; no outcome depends on it.
        thread::sleep((began + step * (round + 1)).saturating_duration_since(Instant::now()));
    }
    println!("{} reloads, {restarted} restarts in {:.0?}", total - restarted, began.elapsed());

    let mut clean = true;
    for (name, run) in runs {
        let load = run.join().map_err(|_| "wrk's thread panicked")??;
        let errors = if load.complaints.is_empty() { "none" } else { &load.complaints.join("; ") };
        println!("{name}: {} requests, errors: {errors}", load.requests);
        clean &= load.complaints.is_empty();
    }
    front.stop();
    Ok(clean)
}

/// A second process takes over, and the first is told to stop.
fn restart(site: &Site, mut before: Front) -> Result<Front, Box<dyn Error>> {
    let taken = count(site, "were taken over");
    let successor = Front::start(Program::Jackdaw, site)?;
    expect("the successor", || count(site, "were taken over") > taken)?;
    before.signal("TERM");
    // Idle connections of wrk may ask once more, so that it takes a while; the next may come.
    thread::spawn(move || wait_until(PATIENCE, || before.has_ended().then_some(())));
    Ok(successor)
}

fn expect(what: &str, done: impl Fn() -> bool) -> Result<(), Box<dyn Error>> {
    wait_until(PATIENCE, || done().then_some(()))
        .ok_or_else(|| format!("{what} does not come").into())
}

fn write(site: &Site) -> Result<Vec<Member>, Box<dyn Error>> {
    let mut workers =
        String::from("worker.list=lb\nworker.lb.type=lb\nworker.lb.balance_workers=A,B\n");
    let mut members = Vec::new();
    for (index, route) in ROUTES.iter().enumerate() {
        let port = ajp_port(index);
        workers.push_str(&format!("worker.{route}.host=@IP@\nworker.{route}.port={port}\n"));
        let log = site.dir().join(format!("logs/member-{route}.txt"));
        members.push(Member::start(route, site.slot().socket(port), log)?);
    }
    site.write(&SiteText {
        workers: Some(workers),
        httpd: "LogLevel info\nMaxKeepAliveRequests 0\nJkMount /demo/* lb\n".to_owned(),
        files: vec![("docs/file".to_owned(), "x".repeat(1000))],
        ..SiteText::default()
    })?;
    Ok(members)
}

fn url(to: SocketAddr, target: &str) -> String {
    format!("http://{to}{target}")
}

fn count(site: &Site, text: &str) -> usize {
    let log = fs::read_to_string(site.dir().join("logs/error.log"));
    log.unwrap_or_default().matches(text).count()
}
