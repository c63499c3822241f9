//! What a process needs: memory, descriptors, threads.

use std::fmt;
use std::fs;
use std::io;

/// What a process needs at one moment.
#[derive(Clone, Copy, Debug)]
pub struct Usage {
    /// Memory that is there now.
    pub resident_kib: u64,
    /// The most that ever was.
    pub peak_kib: u64,
    /// Open descriptors.
    pub descriptors: usize,
    /// Threads.
    pub threads: u64,
}

impl Usage {
    /// Looks at a process.
    ///
    /// # Errors
    /// When it has gone.
    pub fn of(process: u32) -> io::Result<Self> {
        let status = fs::read_to_string(format!("/proc/{process}/status"))?;
        let number = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name));
            line.and_then(|rest| rest.split_whitespace().next()?.parse().ok()).unwrap_or(0)
        };
        Ok(Self {
            resident_kib: number("VmRSS:"),
            peak_kib: number("VmHWM:"),
            descriptors: fs::read_dir(format!("/proc/{process}/fd"))?.count(),
            threads: number("Threads:"),
        })
    }
}

impl fmt::Display for Usage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { resident_kib, descriptors, threads, .. } = self;
        write!(f, "{resident_kib} KiB resident, {descriptors} descriptors, {threads} threads")
    }
}
