//! Command-line clients that administrators trust: curl and wrk.

use std::io;
use std::path::Path;
use std::process::Command;

/// What curl reported.
#[derive(Debug)]
pub struct Curled {
    /// The status of the response.
    pub status: u16,
    /// Its body, unless that went to a file.
    pub body: String,
}

/// Runs curl with `args`, silently, for no more than two minutes.
///
/// # Errors
/// When curl is missing or fails, as it does for an incomplete response.
pub fn curl(args: &[&str]) -> io::Result<Curled> {
    let output = Command::new("curl")
        .args(["--silent", "--show-error", "--max-time", "120", "--write-out", "\n%{http_code}"])
        .args(args)
        .output()
        .map_err(|e| missing("curl", &e))?;
    if !output.status.success() {
        let complaint = String::from_utf8_lossy(&output.stderr);
        return Err(io::Error::other(format!("curl {args:?}: {}", complaint.trim())));
    }
    let text = String::from_utf8_lossy(&output.stdout);
    let (body, status) = text.rsplit_once('\n').unwrap_or(("", &text));
    Ok(Curled { status: status.parse().unwrap_or(0), body: body.to_owned() })
}

/// What wrk counted.
#[derive(Debug)]
pub struct Load {
    /// Requests answered.
    pub requests: u64,
    /// Lines that speak of errors: failed connections or statuses other than 2xx and 3xx.
    pub complaints: Vec<String>,
}

/// Runs wrk against `url` with that many connections and seconds, and a script if one is given.
///
/// # Errors
/// When wrk is missing or fails.
pub fn wrk(url: &str, connections: u32, seconds: u32, script: Option<&Path>) -> io::Result<Load> {
    let mut command = Command::new("wrk");
    command.args(["-t", "2", "-c", &connections.to_string(), "-d", &format!("{seconds}s")]);
    if let Some(script) = script {
        command.arg("-s").arg(script);
    }
    let output = command.arg(url).output().map_err(|e| missing("wrk", &e))?;
    let text = String::from_utf8_lossy(&output.stdout);
    let requests = text
        .lines()
        .find_map(|line| line.trim().split_once(" requests in ")?.0.parse().ok())
        .ok_or_else(|| io::Error::other(format!("wrk reported no requests:\n{text}")))?;
    let is_complaint = |line: &&str| line.contains("Socket errors") || line.contains("Non-2xx");
    let complaints = text.lines().filter(is_complaint).map(|l| l.trim().to_owned()).collect();
    Ok(Load { requests, complaints })
}

fn missing(name: &str, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("MISSING PEER: {name}: {error}"))
}
