//! The server in front: httpd with mod_jk, or jackdaw, on the same files.

use std::fs;
use std::io;
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::process::{Process, wait_until};
use crate::site::Site;
use crate::slot::HTTP_PORT;

/// How long a server may take to start.
const STARTING: Duration = Duration::from_secs(30);

/// Which program is in front.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Program {
    /// Debian's `apache2` with `libapache2-mod-jk`: the original.
    Httpd,
    /// Ours.
    Jackdaw,
}

/// A running server. Dropping it stops it.
#[derive(Debug)]
pub struct Front {
    process: Process,
    addr: SocketAddr,
}

/// Why there is no running server.
#[derive(Debug)]
pub enum StartError {
    /// The program ended by itself; this is what it printed.
    Refused(String),
    /// The harness failed.
    Io(io::Error),
}

impl std::fmt::Display for StartError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Refused(why) => write!(f, "the server refused to start: {why}"),
            Self::Io(error) => write!(f, "the server could not be started: {error}"),
        }
    }
}

impl std::error::Error for StartError {}

impl From<io::Error> for StartError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl Program {
    /// The word for messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Httpd => "httpd",
            Self::Jackdaw => "jackdaw",
        }
    }

    /// The program's file, or a loud complaint that it is missing.
    ///
    /// # Errors
    /// When it is not installed or not built.
    pub fn locate(self) -> io::Result<PathBuf> {
        let (path, advice) = match self {
            Self::Httpd => (PathBuf::from("/usr/sbin/apache2"), "install Debian's `apache2`"),
            Self::Jackdaw => (jackdaw(), "build it, or name it in JACKDAW_BIN"),
        };
        if path.is_file() {
            return Ok(path);
        }
        let complaint = format!("MISSING PEER: {} is not there: {advice}", path.display());
        Err(io::Error::new(io::ErrorKind::NotFound, complaint))
    }

    fn command(self, conf: &Path) -> io::Result<Command> {
        let mut command = Command::new(self.locate()?);
        match self {
            Self::Httpd => command.arg("-f").arg(conf).arg("-DFOREGROUND"),
            Self::Jackdaw => command.arg("serve").arg("-f").arg(conf),
        };
        Ok(command)
    }
}

/// Named in `JACKDAW_BIN`, else built here.
fn jackdaw() -> PathBuf {
    std::env::var_os("JACKDAW_BIN").map_or_else(|| built("jackdaw"), PathBuf::from)
}

/// A program of the workspace, beside the running test program in cargo's target directory.
pub(crate) fn built(name: &str) -> PathBuf {
    let own = std::env::current_exe().unwrap_or_default();
    own.ancestors()
        .skip(1)
        .map(|dir| dir.join(name))
        .find(|path| path.is_file())
        .unwrap_or_else(|| PathBuf::from("target/release").join(name))
}

impl Front {
    /// Starts `program` on the site's files and waits until it accepts connections.
    ///
    /// # Errors
    /// When it refuses its configuration or does not come up.
    pub fn start(program: Program, site: &Site) -> Result<Self, StartError> {
        Self::start_with(program, site, &[])
    }

    /// As [`Self::start`], with these variables in its environment.
    ///
    /// # Errors
    /// As there.
    pub fn start_with(
        program: Program,
        site: &Site,
        variables: &[(&str, &str)],
    ) -> Result<Self, StartError> {
        let output = site.dir().join("logs/output.txt");
        let log = fs::File::create(&output)?;
        let mut command = program.command(&site.httpd_conf())?;
        command.envs(variables.iter().copied());
        let mut process = Process::start(&command, log)?;
        let addr = site.slot().socket(HTTP_PORT);
        let pid_file = site.dir().join("logs/httpd.pid");
        let up = wait_until(STARTING, || {
            if process.exited().is_some() {
                return Some(false);
            }
            // httpd binds its ports before mod_jk has had its say, and writes its PID file after.
            let configured = program != Program::Httpd || pid_file.is_file();
            (configured && TcpStream::connect(addr).is_ok()).then_some(true)
        });
        match up {
            Some(true) => Ok(Self { process, addr }),
            Some(false) => Err(StartError::Refused(fs::read_to_string(&output)?)),
            None => Err(StartError::Io(io::ErrorKind::TimedOut.into())),
        }
    }

    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// Sends it a signal.
    pub fn signal(&self, name: &str) {
        self.process.signal(name);
    }

    /// Whether it has ended by itself.
    pub fn has_ended(&mut self) -> bool {
        self.process.exited().is_some()
    }

    /// Stops it in an orderly way; all of its logs are written then.
    pub fn stop(mut self) {
        self.process.stop();
    }
}
