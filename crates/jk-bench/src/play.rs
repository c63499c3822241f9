//! Plays the rows.

use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::Options;
use crate::idle;
use crate::instructions;
use crate::load::Load;
use crate::peer::{Peer, Server, Setting, free_port, loopback};
use crate::report::{Report, Sample, Samples};
use crate::row::{Row, Work};
use crate::slow::Crowd;
use crate::stats::median;
use crate::usage;

/// Before each row, once, so that connections to the backend stand and workers have been forked.
const WARM_UP: u64 = 1;

/// Plays all rows.
///
/// # Errors
/// A peer does not come up. What fails in one row is told there.
pub(crate) fn play_all(
    rows: &[&Row],
    peers: &[Peer],
    options: &Options,
    report: &mut Report,
) -> io::Result<()> {
    let dir = tempfile::Builder::new().prefix("jk-bench-").tempdir()?;
    // httpd's children run as another user.
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o777))?;
    let jackdaw = fs::canonicalize(&options.jackdaw)?;
    let other = options.other.as_ref().map(fs::canonicalize).transpose()?;
    let (ajp, http) = (free_port()?, free_port()?);
    let backend = Server::backend(ajp, http, dir.path())?;
    let setting = Setting {
        dir: dir.path(),
        ajp,
        http,
        loops: options.loops,
        jackdaw: &jackdaw,
        other: other.as_deref(),
    };
    let table = Table { backend: &backend, setting, peers, options };
    for row in rows {
        eprintln!("{}", row.title);
        match &row.work {
            Work::Load(load) => report.load(row, &table.load(load)?),
            Work::Idle(count) => report.pairs(row, "per connection", &table.idle(*count)),
            Work::Slow(count) => {
                report.pairs(row, "requests/s alone, beside them", &table.slow(*count)?)
            }
            Work::Calls => report.pairs(row, "per request", &table.calls()?),
            Work::Instructions => report.pairs(row, "per request", &table.instructions()),
            Work::Start(workers) => report.pairs(row, "ms", &table.start(*workers)?),
        }
    }
    Ok(())
}

struct Table<'a> {
    backend: &'a Server,
    setting: Setting<'a>,
    peers: &'a [Peer],
    options: &'a Options,
}

const SMALL: Load = Load { connections: 64, response: 1024, upload: 0 };

impl Table<'_> {
    fn dir(&self) -> &Path {
        self.setting.dir
    }

    fn proxies(&self) -> impl Iterator<Item = Peer> + '_ {
        self.peers.iter().copied().filter(|peer| *peer != Peer::Direct)
    }

    fn seconds(&self) -> u64 {
        self.options.seconds
    }

    /// Every peer once per round, in turn. Each row has its proxies to itself, so that none carries
    /// what an earlier row has left behind.
    fn load(&self, load: &Load) -> io::Result<Vec<Samples>> {
        let mut servers = Vec::new();
        for peer in self.proxies() {
            let server = Server::proxy(peer, &self.setting)?;
            load.run(server.addr, WARM_UP, self.dir())?;
            servers.push((peer, server));
        }
        let mut all: Vec<Samples> = self.peers.iter().map(|peer| (*peer, Vec::new())).collect();
        for _ in 0..self.options.rounds {
            for (peer, samples) in &mut all {
                let server = servers.iter().find(|(other, _)| other == peer);
                let server = server.map_or(self.backend, |(_, server)| server);
                samples.push(self.sample(load, server)?);
            }
        }
        Ok(all)
    }

    fn sample(&self, load: &Load, server: &Server) -> io::Result<Sample> {
        let before = server.cpu();
        let outcome = load.run(server.addr, self.seconds(), self.dir())?;
        let used = server.cpu().saturating_sub(before);
        let cpu = used.as_secs_f64() * 1e6 / outcome.requests.max(1.0);
        Ok(Sample { cpu, rate: outcome.rate(), p99: outcome.p99, errors: outcome.errors })
    }

    fn idle(&self, count: usize) -> Vec<(String, String)> {
        self.proxies()
            .map(|peer| (peer.name().to_owned(), told(self.idle_of(peer, count))))
            .collect()
    }

    fn idle_of(&self, peer: Peer, count: usize) -> io::Result<String> {
        let server = Server::proxy(peer, &self.setting)?;
        // What is allocated at the first request belongs to the baseline.
        drop(idle::connections(server.addr, 8)?);
        let baseline = usage::resident(server.pid(), true);
        let before = usage::resident(server.pid(), false);
        let held = idle::connections(server.addr, count)?;
        let after = usage::resident(server.pid(), false);
        drop(held);
        let bytes = after.saturating_sub(before) * 1024 / count as u64;
        Ok(format!("{bytes} bytes; baseline {:.1} MiB", baseline as f64 / 1024.0))
    }

    fn slow(&self, count: usize) -> io::Result<Vec<(String, String)>> {
        let mut pairs = Vec::new();
        for peer in self.proxies() {
            let server = Server::proxy(peer, &self.setting)?;
            SMALL.run(server.addr, WARM_UP, self.dir())?;
            pairs.push((peer.name().to_owned(), told(self.slow_of(&server, count))));
        }
        Ok(pairs)
    }

    /// Alone and beside the crowd in turn, so that what else the machine does meets both.
    fn slow_of(&self, server: &Server, count: usize) -> io::Result<String> {
        let (mut alone, mut beside, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
        let mut thrown_out = 0;
        for _ in 0..self.options.rounds {
            let without = SMALL.run(server.addr, self.seconds(), self.dir())?;
            let crowd = Crowd::gather(server.addr, count)?;
            let with = SMALL.run(server.addr, self.seconds(), self.dir())?;
            thrown_out += crowd.end();
            alone.push(without.rate());
            beside.push(with.rate());
            ratios.push(with.rate() / without.rate().max(1.0));
        }
        let of = |values: &[f64]| median(values).unwrap_or(0.0);
        let loss = (1.0 - of(&ratios)) * 100.0;
        Ok(format!(
            "{:.0}, {:.0}: {loss:.1} % lost; {thrown_out} slow clients thrown out",
            of(&alone),
            of(&beside)
        ))
    }

    fn calls(&self) -> io::Result<Vec<(String, String)>> {
        let mut pairs = Vec::new();
        for peer in self.proxies().filter(|peer| !matches!(peer, Peer::ModJk | Peer::ProxyAjp)) {
            let server = Server::proxy(peer, &self.setting)?;
            SMALL.run(server.addr, WARM_UP, self.dir())?;
            pairs.push((peer.name().to_owned(), told(self.calls_of(&server))));
        }
        Ok(pairs)
    }

    fn calls_of(&self, server: &Server) -> io::Result<String> {
        let summary = self.dir().join("calls.txt");
        let mut strace = Command::new("strace");
        strace.args(["-f", "-c", "-U", "calls,name", "-o"]).arg(&summary);
        let children = Command::new("pgrep").args(["-g", &server.pid().to_string()]).output()?;
        for pid in String::from_utf8_lossy(&children.stdout).split_whitespace() {
            strace.args(["-p", pid]);
        }
        // More than the load lasts: connections and their ends are counted, too, but hardly matter.
        let mut tracer = strace.stdin(Stdio::null()).stderr(Stdio::null()).spawn()?;
        std::thread::sleep(Duration::from_millis(500));
        let outcome = SMALL.run(server.addr, self.seconds(), self.dir());
        let pid = tracer.id().to_string();
        Command::new("kill").args(["-s", "INT", &pid]).status()?;
        tracer.wait()?;
        Ok(per_request(&fs::read_to_string(summary)?, outcome?.requests))
    }

    /// Of our own builds only; callgrind is no friend of worker processes.
    fn instructions(&self) -> Vec<(String, String)> {
        let own = self.proxies().filter_map(|peer| match peer {
            Peer::Jackdaw => Some((peer, self.setting.jackdaw)),
            Peer::Other => Some((peer, self.setting.other?)),
            _ => None,
        });
        own.map(|(peer, program)| {
            let count = instructions::per_request(program, &self.setting);
            (peer.name().to_owned(), told(count.map(|count| count.to_string())))
        })
        .collect()
    }

    fn start(&self, workers: usize) -> io::Result<Vec<(String, String)>> {
        let mut pairs = Vec::new();
        for peer in self.proxies() {
            let program = match peer {
                Peer::ModJk => Path::new("/usr/sbin/apache2"),
                Peer::Jackdaw => self.setting.jackdaw,
                Peer::Other => self.setting.other.unwrap_or(self.setting.jackdaw),
                Peer::Direct | Peer::ProxyAjp | Peer::Nginx | Peer::Haproxy => continue,
            };
            let times: io::Result<Vec<f64>> =
                (0..self.options.rounds).map(|_| self.start_of(program, peer, workers)).collect();
            let text = times.map(|times| format!("{:.1}", median(&times).unwrap_or(0.0)));
            pairs.push((peer.name().to_owned(), told(text)));
        }
        Ok(pairs)
    }

    fn start_of(&self, program: &Path, peer: Peer, workers: usize) -> io::Result<f64> {
        let port = free_port()?;
        let dir = self.dir().join(format!("start-{port}"));
        fs::create_dir_all(&dir)?;
        fs::write(dir.join("workers.properties"), self.many_workers(workers))?;
        let rest = crate::peer::MOD_JK;
        fs::write(dir.join("httpd.conf"), crate::peer::httpd(&dir, port, rest))?;
        let mut command = Command::new(program);
        if peer == Peer::ModJk {
            command.arg("-DFOREGROUND");
        } else {
            command.arg("serve");
        }
        command.arg("-f").arg(dir.join("httpd.conf")).current_dir(&dir);
        let began = Instant::now();
        let server = Server::spawn(command, loopback(port), &dir.join("output.txt"))?;
        while idle::answered(server.addr).is_err() {
            if began.elapsed() > Duration::from_secs(20) {
                return Err(io::Error::other("it did not come up"));
            }
            std::thread::sleep(Duration::from_micros(500));
        }
        Ok(began.elapsed().as_secs_f64() * 1000.0)
    }

    /// All members of one load balancer, all at the one backend.
    fn many_workers(&self, count: usize) -> String {
        let mut text = String::from("worker.list=w\nworker.w.type=lb\n");
        for at in 0..count {
            let _ = writeln!(text, "worker.m{at}.type=ajp13\nworker.m{at}.host=127.0.0.1");
            let _ = writeln!(text, "worker.m{at}.port={}", self.setting.ajp);
            let _ = writeln!(text, "worker.w.balance_workers=m{at}");
        }
        text
    }
}

fn told(result: io::Result<String>) -> String {
    result.unwrap_or_else(|error| format!("failed: {error}"))
}

/// From the summary of `strace -c`: calls of each kind by the number of requests, rare ones left out.
fn per_request(summary: &str, requests: f64) -> String {
    let lines = summary.lines().filter_map(|line| {
        let mut words = line.split_whitespace();
        let calls: f64 = words.next()?.parse().ok()?;
        Some((words.next()?.to_owned(), calls / requests.max(1.0)))
    });
    let (total, kinds): (Vec<_>, Vec<_>) = lines.partition(|(name, _)| name == "total");
    let mut text = format!("{:.2}:", total.first().map_or(0.0, |(_, calls)| *calls));
    for (name, calls) in kinds.iter().filter(|(_, calls)| *calls >= 0.01) {
        let _ = write!(text, " {name} {calls:.2}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_summary_becomes_calls_per_request() {
        let summary = "calls syscall\n--- ---\n 200 read\n 100 writev\n 1 mmap\n---\n 301 total\n";
        assert_eq!(per_request(summary, 200.0), "1.50: read 1.00 writev 0.50");
    }
}
