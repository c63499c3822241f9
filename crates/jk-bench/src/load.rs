//! Load by `wrk`, and what it tells.

use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// What is asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Load {
    /// Keep-alive connections, all busy.
    pub connections: usize,
    /// Bytes of each response.
    pub response: usize,
    /// Bytes of each request's content; 0 is a GET.
    pub upload: usize,
}

/// What came of it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Outcome {
    /// Complete answers.
    pub requests: f64,
    /// Seconds it took.
    pub seconds: f64,
    /// Answers that are none: refused, cut off, late, or with an error status.
    pub errors: f64,
    /// 99 of 100 requests took at most so many microseconds.
    pub p99: f64,
}

impl Outcome {
    /// Answers per second.
    pub(crate) fn rate(&self) -> f64 {
        if self.seconds > 0.0 { self.requests / self.seconds } else { 0.0 }
    }
}

const SCRIPT: &str = r#"
function done(summary, latency)
  local e = summary.errors
  io.write(string.format("RESULT %d %d %d %d\n", summary.requests, summary.duration,
    e.connect + e.read + e.write + e.status + e.timeout, latency:percentile(99)))
end
"#;

impl Load {
    /// Begins to load a server.
    ///
    /// # Errors
    /// `wrk` cannot be started, or its script not be written.
    pub(crate) fn start(&self, to: SocketAddr, seconds: u64, dir: &Path) -> io::Result<Running> {
        let mut script = SCRIPT.to_owned();
        if self.upload > 0 {
            let upload = self.upload;
            script += &format!("wrk.method = 'POST'\nwrk.body = string.rep('x', {upload})\n");
        }
        let path = dir.join(format!("load-{}.lua", self.upload));
        std::fs::write(&path, script)?;
        let child = Command::new("wrk")
            .args(["-t1", "--timeout", "10s"])
            .arg(format!("-c{}", self.connections))
            .arg(format!("-d{seconds}s"))
            .arg("-s")
            .arg(path)
            .arg(format!("http://{to}/b/{}", self.response))
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        Ok(Running(child))
    }

    /// Loads a server for so long.
    ///
    /// # Errors
    /// As [`Load::start`], or `wrk` tells nothing.
    pub(crate) fn run(&self, to: SocketAddr, seconds: u64, dir: &Path) -> io::Result<Outcome> {
        self.start(to, seconds, dir)?.finish()
    }
}

/// Load under way.
pub(crate) struct Running(Child);

impl Running {
    /// Waits for its end.
    ///
    /// # Errors
    /// `wrk` tells nothing.
    pub(crate) fn finish(self) -> io::Result<Outcome> {
        let output = self.0.wait_with_output()?;
        let text = String::from_utf8_lossy(&output.stdout);
        parse(&text).ok_or_else(|| io::Error::other(format!("wrk says nothing of use: {text}")))
    }
}

fn parse(text: &str) -> Option<Outcome> {
    let line = text.lines().find_map(|line| line.strip_prefix("RESULT "))?;
    let numbers: Vec<f64> = line.split_whitespace().filter_map(|word| word.parse().ok()).collect();
    let [requests, micros, errors, p99] = numbers[..] else { return None };
    Some(Outcome { requests, seconds: micros / 1e6, errors, p99 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_of_the_script_is_found_among_others() {
        let outcome = parse("Running 1s test\nRESULT 5000 1000000 3 250\n").expect("a result");
        assert!((outcome.rate() - 5000.0).abs() < 1e-9);
        assert!((outcome.errors - 3.0).abs() < 1e-9);
        assert!(parse("unable to connect").is_none());
    }
}
