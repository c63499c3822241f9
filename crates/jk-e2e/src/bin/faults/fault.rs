//! What goes wrong, and how it is made to.

use std::collections::HashSet;
use std::error::Error;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::os::unix::fs::MetadataExt as _;
use std::process::Command;
use std::thread;
use std::time::Duration;

use jk_e2e::load::{App, Load, Plan};

use super::stage::{Nodes, Stage, has_faketime};

/// A fault of a member or of the server's own surroundings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Killed, and started again at the end.
    TomcatKilled,
    /// Stopped in an orderly way and started again, twice.
    TomcatRestarted,
    /// Stopped by a signal, and continued.
    TomcatFrozen,
    /// Killed and started every second.
    Flaps,
    /// Packets to its port vanish.
    BlackHole,
    /// Packets to its port are answered by a reset.
    Resets,
    /// The server can open nothing more, and more clients come.
    Descriptors,
    /// The same, when hardly any connection to a member is open.
    DescriptorsEarly,
    /// No byte more can be written to a log.
    DiskFull,
    /// The program that is to read the access log does not.
    LogProgram,
    /// A member is down while the wall clock jumps an hour ahead.
    ClockAhead,
    /// … an hour back.
    ClockBack,
}

/// Clients that come when there are no descriptors for them.
const CROWD: usize = 24;
const HOUR: i64 = 3600;

impl Fault {
    /// In the order of the table.
    pub(crate) const ALL: [Self; 12] = [
        Self::TomcatKilled,
        Self::TomcatRestarted,
        Self::TomcatFrozen,
        Self::Flaps,
        Self::BlackHole,
        Self::Resets,
        Self::Descriptors,
        Self::DescriptorsEarly,
        Self::DiskFull,
        Self::LogProgram,
        Self::ClockAhead,
        Self::ClockBack,
    ];

    /// The words of the table.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::TomcatKilled => "a Tomcat is killed",
            Self::TomcatRestarted => "a Tomcat is restarted twice",
            Self::TomcatFrozen => "a Tomcat is frozen (SIGSTOP)",
            Self::Flaps => "a member flaps every second",
            Self::BlackHole => "a member's packets vanish",
            Self::Resets => "a member's port resets",
            Self::Descriptors => "no file descriptors",
            Self::DescriptorsEarly => "no file descriptors, pools empty",
            Self::DiskFull => "the logs' disk is full",
            Self::LogProgram => "a log program does not read",
            Self::ClockAhead => "a member is down, the clock jumps ahead",
            Self::ClockBack => "a member is down, the clock jumps back",
        }
    }

    /// What serves the requests.
    pub(crate) fn app(self) -> App {
        match self {
            Self::TomcatKilled | Self::TomcatRestarted | Self::TomcatFrozen => App::Transfer,
            _ => App::Demo,
        }
    }

    /// Clients that work before and after it.
    pub(crate) fn clients(self) -> usize {
        if self == Self::DescriptorsEarly { 2 } else { 12 }
    }

    /// The member that has to be used again afterwards.
    pub(crate) fn victim(self) -> Option<&'static str> {
        match self {
            Self::Descriptors | Self::DescriptorsEarly | Self::DiskFull | Self::LogProgram => None,
            _ => Some("A"),
        }
    }

    /// Whether the program is shown another time.
    pub(crate) fn shifts_clock(self) -> bool {
        matches!(self, Self::ClockAhead | Self::ClockBack)
    }

    /// Why it cannot be played here.
    pub(crate) fn unplayable(self) -> Option<&'static str> {
        match self {
            Self::BlackHole | Self::Resets if !is_own("net") => Some("needs `unshare --net`"),
            Self::DiskFull if !is_own("mnt") => Some("needs `unshare --mount`"),
            Self::ClockAhead | Self::ClockBack if !has_faketime() => Some("needs `libfaketime`"),
            _ => None,
        }
    }

    /// Begins, lasts for `time`, and ends. The sleeps are what lasts: none stands for an event.
    ///
    /// # Errors
    /// When it cannot be made to.
    pub(crate) fn happen(
        self,
        stage: &mut Stage,
        nodes: &mut Nodes,
        load: &mut Load,
        plan: Plan,
        time: Duration,
    ) -> Result<(), Box<dyn Error>> {
        match self {
            Self::TomcatKilled => {
                nodes.victim().kill();
                thread::sleep(time);
                nodes.victim().up()?;
            }
            Self::TomcatRestarted => {
                for _ in 0..2 {
                    nodes.victim().stop();
                    nodes.victim().up()?;
                    thread::sleep(time / 2);
                }
            }
            Self::TomcatFrozen => {
                nodes.victim().signal("STOP");
                thread::sleep(time);
                nodes.victim().signal("CONT");
            }
            Self::Flaps => {
                let second = Duration::from_secs(1);
                for _ in 0..time.as_secs() {
                    nodes.victim().kill();
                    thread::sleep(second);
                    nodes.victim().up()?;
                    thread::sleep(second);
                }
            }
            Self::BlackHole => filtered(nodes, &["DROP"], time)?,
            Self::Resets => filtered(nodes, &["REJECT", "--reject-with", "tcp-reset"], time)?,
            Self::Descriptors | Self::DescriptorsEarly => {
                let before = limit_descriptors(&stage.processes())?;
                load.add(plan, CROWD, 1000);
                thread::sleep(time);
                // Processes may have ended of it, and others have begun with their parent's limit.
                for process in stage.processes() {
                    set_descriptors(process, &before)?;
                }
            }
            Self::DiskFull => {
                let filler = stage.dir().join("logs/filler");
                fill(&mut File::create(&filler)?)?;
                thread::sleep(time);
                fs::remove_file(filler)?;
            }
            // Soon no more fits between the two programs.
            Self::LogProgram => thread::sleep(4 * time),
            Self::ClockAhead => clock(stage, nodes, HOUR, time)?,
            Self::ClockBack => clock(stage, nodes, -HOUR, time)?,
        }
        Ok(())
    }
}

/// Whether this process has a namespace of its own, so that no rule of ours concerns anybody else. Who
/// made it says by `FAULTS_OUTER_NET` and `FAULTS_OUTER_MNT` which ones were there before.
fn is_own(kind: &str) -> bool {
    let before = std::env::var(format!("FAULTS_OUTER_{}", kind.to_uppercase()));
    let now = fs::read_link(format!("/proc/self/ns/{kind}"));
    before.is_ok_and(|before| now.is_ok_and(|now| now.as_os_str() != before.as_str()))
}

/// For a while packets to the member meet this rule.
fn filtered(nodes: &Nodes, target: &[&str], time: Duration) -> Result<(), Box<dyn Error>> {
    let to = nodes.victim_addr();
    let (ip, port) = (to.ip().to_string(), to.port().to_string());
    let rule = |change: &str| -> Result<(), Box<dyn Error>> {
        let mut command = Command::new("iptables");
        command.args([change, "INPUT", "-p", "tcp", "-d", &ip, "--dport", &port, "-j"]);
        run(command.args(target))
    };
    rule("-I")?;
    thread::sleep(time);
    rule("-D")
}

/// A member dies, the clock jumps, the member returns.
fn clock(
    stage: &Stage,
    nodes: &mut Nodes,
    shift: i64,
    time: Duration,
) -> Result<(), Box<dyn Error>> {
    nodes.victim().kill();
    // Long enough for it to be found out, and to be tried in vain.
    thread::sleep(time / 2);
    stage.shift_clock(shift)?;
    thread::sleep(time / 2);
    Ok(nodes.victim().up()?)
}

/// Hardly more descriptors than there are; answers what was allowed before.
fn limit_descriptors(processes: &[u32]) -> Result<String, Box<dyn Error>> {
    let mut before = "1024".to_owned();
    for &process in processes {
        let limits = fs::read_to_string(format!("/proc/{process}/limits"))?;
        let line = limits.lines().find(|line| line.starts_with("Max open files"));
        if let Some(soft) = line.and_then(|line| line.split_whitespace().nth(3)) {
            before = soft.to_owned();
        }
        let entries = fs::read_dir(format!("/proc/{process}/fd"))?;
        let taken: HashSet<u32> = entries
            .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok())
            .collect();
        // The limit is about numbers, and the lowest free one is given out next.
        let free = (0..).find(|number| !taken.contains(number)).unwrap_or(0);
        set_descriptors(process, &(free + 2).to_string())?;
    }
    Ok(before)
}

/// As the user whose process it is: that is allowed even where root may not do everything.
fn set_descriptors(process: u32, soft: &str) -> Result<(), Box<dyn Error>> {
    let owner = fs::metadata(format!("/proc/{process}"))?;
    let mut command = Command::new("setpriv");
    command.args(["--reuid", &owner.uid().to_string(), "--regid", &owner.gid().to_string()]);
    command.args(["--clear-groups", "--", "prlimit"]);
    run(command.args(["--pid", &process.to_string(), &format!("--nofile={soft}:")]))
}

/// Writes until there is no room.
fn fill(file: &mut File) -> io::Result<()> {
    for size in [4096, 1] {
        let block = vec![b'x'; size];
        while file.write_all(&block).is_ok() {}
    }
    Ok(())
}

fn run(command: &mut Command) -> Result<(), Box<dyn Error>> {
    let status = command.status()?;
    if status.success() { Ok(()) } else { Err(format!("{command:?}: {status}").into()) }
}
