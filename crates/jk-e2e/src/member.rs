//! A `jk-backend` as a member of a load balancer: a process that dies and returns within
//! milliseconds.

use std::fs::File;
use std::io;
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use crate::front::built;
use crate::process::{Process, wait_until};

/// It starts in milliseconds; a busy machine takes longer.
const STARTING: Duration = Duration::from_secs(20);

/// A backend process, running or not. Dropping it stops it.
#[derive(Debug)]
pub struct Member {
    route: String,
    ajp: SocketAddr,
    log: PathBuf,
    process: Option<Process>,
}

impl Member {
    /// Starts one that calls itself `route`; what it prints goes to `log`.
    ///
    /// # Errors
    /// When it does not come up.
    pub fn start(route: &str, ajp: SocketAddr, log: PathBuf) -> io::Result<Self> {
        let mut member = Self { route: route.to_owned(), ajp, log, process: None };
        member.up()?;
        Ok(member)
    }

    /// Its route.
    pub fn route(&self) -> &str {
        &self.route
    }

    /// Starts it (again), and waits until it listens.
    ///
    /// # Errors
    /// When it does not come up.
    pub fn up(&mut self) -> io::Result<()> {
        let mut command = Command::new(built("jk-backend"));
        command.args(["--ajp", &self.ajp.to_string(), "--route", &self.route]);
        let log = File::options().create(true).append(true).open(&self.log)?;
        let mut process = Process::start(&command, log)?;
        let up = wait_until(STARTING, || {
            let ended = process.exited().is_some();
            (ended || TcpStream::connect(self.ajp).is_ok()).then_some(!ended)
        });
        if up != Some(true) {
            let text = std::fs::read_to_string(&self.log).unwrap_or_default();
            return Err(io::Error::other(format!("jk-backend does not come up: {text}")));
        }
        self.process = Some(process);
        Ok(())
    }

    /// Kills it without warning.
    pub fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill();
        }
    }

    /// Sends it a signal, if it runs.
    pub fn signal(&self, name: &str) {
        if let Some(process) = &self.process {
            process.signal(name);
        }
    }
}
