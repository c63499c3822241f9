//! The members, and the server in front of them.

use std::error::Error;
use std::fs;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

use jk_e2e::careful;
use jk_e2e::cluster::{ajp_port, testdata};
use jk_e2e::front::{Front, Program};
use jk_e2e::load::App;
use jk_e2e::member::Member;
use jk_e2e::site::{Site, SiteText};
use jk_e2e::slot::Slot;
use jk_e2e::tomcat::{PACKET_SIZE, Tomcat, TomcatConfig};

use super::fault::Fault;

/// The library that shows a program another time than the machine's.
const FAKETIME: &str = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1";

/// Who serves: real Tomcats, or small processes where a Java machine would be too slow to return.
pub(crate) enum Node {
    /// A Tomcat.
    Tomcat(Tomcat),
    /// A `jk-backend`.
    Small(Member),
}

/// All members, on addresses of their own, for many plays.
pub(crate) struct Nodes {
    slot: Slot,
    app: App,
    /// In the order of the routes.
    pub(crate) all: Vec<Node>,
    _logs: tempfile::TempDir,
}

impl Nodes {
    /// Starts them.
    ///
    /// # Errors
    /// When one does not come up.
    pub(crate) fn start(app: App) -> Result<Self, Box<dyn Error>> {
        let slot = Slot::claim()?;
        let logs = tempfile::tempdir()?;
        let mut all = Vec::new();
        for (index, route) in careful::ROUTES.iter().enumerate() {
            let ajp = slot.socket(ajp_port(index));
            all.push(match app {
                App::Transfer => Node::Tomcat(tomcat(route, ajp)?),
                App::Demo => {
                    let log = logs.path().join(route);
                    Node::Small(Member::start(route, ajp, log)?)
                }
            });
        }
        Ok(Self { slot, app, all, _logs: logs })
    }

    /// What they serve.
    pub(crate) fn app(&self) -> App {
        self.app
    }

    /// Where the member listens that is to fail.
    pub(crate) fn victim_addr(&self) -> SocketAddr {
        self.slot.socket(ajp_port(0))
    }

    /// The member that is to fail.
    pub(crate) fn victim(&mut self) -> &mut Node {
        &mut self.all[0]
    }
}

impl Node {
    /// Kills it without warning.
    pub(crate) fn kill(&mut self) {
        match self {
            Self::Tomcat(tomcat) => tomcat.kill(),
            Self::Small(member) => member.kill(),
        }
    }

    /// Starts it (again).
    ///
    /// # Errors
    /// When it does not come up.
    pub(crate) fn up(&mut self) -> io::Result<()> {
        match self {
            Self::Tomcat(tomcat) => tomcat.start(),
            Self::Small(member) => member.up(),
        }
    }

    /// Stops it in an orderly way.
    pub(crate) fn stop(&mut self) {
        match self {
            Self::Tomcat(tomcat) => tomcat.stop(),
            Self::Small(member) => member.kill(),
        }
    }

    /// Sends it a signal.
    pub(crate) fn signal(&self, name: &str) {
        match self {
            Self::Tomcat(tomcat) => tomcat.signal(name),
            Self::Small(member) => member.signal(name),
        }
    }
}

fn tomcat(route: &str, ajp: SocketAddr) -> io::Result<Tomcat> {
    let mut tomcat = Tomcat::prepare(TomcatConfig {
        route: route.to_owned(),
        ajp,
        cluster: None,
        webapps: vec![("transfer".to_owned(), testdata().join("webapps/transfer"))],
        sealed: None,
        packet_size: PACKET_SIZE,
    })?;
    tomcat.start()?;
    Ok(tomcat)
}

/// One program on a site of its own.
pub(crate) struct Stage {
    front: Option<Front>,
    mounted: Option<PathBuf>,
    site: Site,
}

impl Stage {
    /// Starts `program` in front of the members.
    ///
    /// # Errors
    /// When something does not come up.
    pub(crate) fn set(
        fault: Fault,
        program: Program,
        nodes: &Nodes,
    ) -> Result<Self, Box<dyn Error>> {
        let site = Site::claim()?;
        let mut workers = careful::workers(3000);
        for (index, route) in careful::ROUTES.iter().enumerate() {
            let (ip, port) = (nodes.slot.ip(), ajp_port(index));
            workers.push_str(&format!(
                "worker.{route}.reference=worker.t\nworker.{route}.host={ip}\nworker.{route}.port={port}\n"
            ));
        }
        let httpd = "JkMount /transfer/* lb\nJkMount /demo/* lb\n\
            LogFormat \"%h %t \\\"%r\\\" %>s %b\" plain\nCustomLog @LOG@ plain\n";
        let deaf = fault == Fault::LogProgram;
        let log = if deaf { "\"|/bin/sleep 600\"" } else { "logs/access.log" };
        let httpd = httpd.replace("@LOG@", log);
        site.write(&SiteText { workers: Some(workers), httpd, ..SiteText::default() })?;
        let mut stage = Self { front: None, mounted: None, site };
        if fault == Fault::DiskFull {
            let logs = stage.dir().join("logs");
            mount(&logs)?;
            stage.mounted = Some(logs);
        }
        let shift = stage.shift_file();
        let variables: &[(&str, &str)] = &[
            ("LD_PRELOAD", FAKETIME),
            ("FAKETIME_TIMESTAMP_FILE", &shift.to_string_lossy()),
            ("FAKETIME_CACHE_DURATION", "1"),
            ("FAKETIME_DONT_FAKE_MONOTONIC", "1"),
        ];
        let variables = if fault.shifts_clock() {
            stage.shift_clock(0)?;
            variables
        } else {
            &[]
        };
        stage.front = Some(Front::start_with(program, &stage.site, variables)?);
        Ok(stage)
    }

    /// Where it listens.
    pub(crate) fn addr(&self) -> SocketAddr {
        self.front.as_ref().map_or(([0, 0, 0, 0], 0).into(), Front::addr)
    }

    /// The site's directory.
    pub(crate) fn dir(&self) -> &Path {
        self.site.dir()
    }

    /// The processes of the program.
    pub(crate) fn processes(&self) -> Vec<u32> {
        let own = self.front.as_ref().map_or(0, Front::id);
        let mut all = vec![own];
        let output = Command::new("pgrep").args(["-P", &own.to_string()]).output();
        let children = output.map(|output| output.stdout).unwrap_or_default();
        all.extend(
            String::from_utf8_lossy(&children).lines().filter_map(|line| line.parse::<u32>().ok()),
        );
        all
    }

    /// The program sees a time that is so many seconds from the machine's.
    ///
    /// # Errors
    /// When the file that says so cannot be written.
    pub(crate) fn shift_clock(&self, seconds: i64) -> io::Result<()> {
        // Never half a file: it is read by many threads at any time.
        let draft = self.dir().join("shift.new");
        fs::write(&draft, format!("{seconds:+}\n"))?;
        fs::rename(draft, self.shift_file())
    }

    fn shift_file(&self) -> PathBuf {
        self.dir().join("shift")
    }

    /// Stops the program; answers whether it had run until now.
    pub(crate) fn stop(mut self) -> bool {
        let Some(mut front) = self.front.take() else { return false };
        let alive = !front.has_ended();
        front.stop();
        alive
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        drop(self.front.take());
        if let Some(path) = &self.mounted {
            // Fails only if it is not mounted any more.
            let _ = Command::new("umount").arg(path).status();
        }
    }
}

/// A file system of a megabyte.
fn mount(path: &Path) -> io::Result<()> {
    let options = "size=1m,mode=755";
    let status =
        Command::new("mount").args(["-t", "tmpfs", "-o", options, "faults"]).arg(path).status()?;
    if status.success() { Ok(()) } else { Err(io::Error::other("no file system can be mounted")) }
}

/// Whether programs can be shown another time.
pub(crate) fn has_faketime() -> bool {
    Path::new(FAKETIME).is_file()
}
