//! Child processes that never outlive the harness.

use std::io;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// How long a program may take to end when asked, before it is killed.
const GRACE: Duration = Duration::from_secs(10);
/// How often the state of a process or a port is looked at.
const STEP: Duration = Duration::from_millis(5);

/// A running program in a process group of its own. Dropping it ends the whole group.
#[derive(Debug)]
pub struct Process {
    child: Child,
}

impl Process {
    /// Starts `command` with both outputs going to `log`. The kernel ends the program should the
    /// starting thread die first.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn start(command: &Command, log: std::fs::File) -> io::Result<Self> {
        let mut guarded = Command::new("setpriv");
        guarded.args(["--pdeathsig", "TERM", "--"]);
        guarded.arg(command.get_program()).args(command.get_args());
        guarded.envs(command.get_envs().filter_map(|(k, v)| Some((k, v?))));
        guarded.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log).process_group(0);
        Ok(Self { child: guarded.spawn()? })
    }

    /// The process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// The exit status, if it has ended.
    pub fn exited(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().ok().flatten()
    }

    /// Sends a signal to the program itself.
    pub fn signal(&self, name: &str) {
        signal(name, &self.child.id().to_string());
    }

    /// Kills the whole group without warning.
    pub fn kill(&mut self) {
        signal("KILL", &format!("-{}", self.child.id()));
        let _ = self.child.wait();
    }

    /// Asks the program to end, and kills the group if it does not in time.
    pub fn stop(&mut self) -> Option<ExitStatus> {
        if let Some(status) = self.exited() {
            return Some(status);
        }
        self.signal("TERM");
        let status = wait_until(GRACE, || self.exited());
        if status.is_none() {
            self.kill();
        }
        status
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.stop();
    }
}

fn signal(name: &str, target: &str) {
    let _ = Command::new("kill")
        .args(["-s", name, "--", target])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
}

/// Looks again and again until there is an answer or patience runs out.
pub fn wait_until<T>(patience: Duration, mut look: impl FnMut() -> Option<T>) -> Option<T> {
    let deadline = Instant::now() + patience;
    loop {
        if let Some(answer) = look() {
            return Some(answer);
        }
        if Instant::now() >= deadline {
            return None;
        }
        thread::sleep(STEP);
    }
}
