//! Who is compared: the backend by itself, jackdaw, and the proxies people use.

use std::fs;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::usage;

/// One that takes part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Peer {
    /// The backend answers by itself: the floor.
    Direct,
    /// httpd with mod_jk.
    ModJk,
    /// httpd with mod_proxy_ajp.
    ProxyAjp,
    /// nginx, to the backend's HTTP port.
    Nginx,
    /// HAProxy, to the backend's HTTP port.
    Haproxy,
    /// Ours.
    Jackdaw,
    /// Another build of ours.
    Other,
}

impl Peer {
    /// All, in the order of the tables.
    pub(crate) const ALL: [Self; 7] = [
        Self::Direct,
        Self::ModJk,
        Self::ProxyAjp,
        Self::Nginx,
        Self::Haproxy,
        Self::Jackdaw,
        Self::Other,
    ];

    /// What options and tables call it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Direct => "direct",
            Self::ModJk => "mod_jk",
            Self::ProxyAjp => "proxy_ajp",
            Self::Nginx => "nginx",
            Self::Haproxy => "haproxy",
            Self::Jackdaw => "jackdaw",
            Self::Other => "other",
        }
    }
}

/// What all proxies need to know.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Setting<'a> {
    /// Where files may be written.
    pub dir: &'a Path,
    /// The backend's AJP port.
    pub ajp: u16,
    /// The backend's HTTP port.
    pub http: u16,
    /// Loops, worker processes or threads.
    pub loops: usize,
    /// Our program.
    pub jackdaw: &'a Path,
    /// Another build of it.
    pub other: Option<&'a Path>,
}

/// A server that runs. Dropping it ends it.
#[derive(Debug)]
pub(crate) struct Server {
    child: Child,
    /// Where it takes requests.
    pub(crate) addr: SocketAddr,
}

impl Server {
    /// Starts the backend.
    ///
    /// # Errors
    /// It does not come up.
    pub(crate) fn backend(ajp: u16, http: u16, dir: &Path) -> io::Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command.arg(crate::backend::COMMAND).arg(loopback(ajp).to_string());
        command.arg(loopback(http).to_string());
        start(command, loopback(http), &dir.join("backend.txt"))
    }

    /// Starts a proxy on its own port and waits until that is open.
    ///
    /// # Errors
    /// It does not come up.
    pub(crate) fn proxy(peer: Peer, setting: &Setting<'_>) -> io::Result<Self> {
        let port = free_port()?;
        let dir = setting.dir.join(format!("{}-{port}", peer.name()));
        fs::create_dir_all(&dir)?;
        let command = command(peer, setting, &dir, port)?;
        start(command, loopback(port), &dir.join("output.txt"))
    }

    /// Runs a command as a server that listens on `port`; does not wait for it.
    ///
    /// # Errors
    /// The program is not there.
    pub(crate) fn spawn(mut command: Command, addr: SocketAddr, output: &Path) -> io::Result<Self> {
        let log = fs::File::create(output)?;
        command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log).process_group(0);
        let child = command.spawn().map_err(|error| {
            io::Error::other(format!("{}: {error}", command.get_program().to_string_lossy()))
        })?;
        Ok(Self { child, addr })
    }

    /// Its process id.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Processor time used so far.
    pub(crate) fn cpu(&self) -> Duration {
        usage::cpu(self.child.id())
    }

    fn wait(&mut self, output: &Path) -> io::Result<()> {
        let until = Instant::now() + Duration::from_secs(20);
        while TcpStream::connect(self.addr).is_err() {
            if self.child.try_wait()?.is_some() || Instant::now() > until {
                let text = fs::read_to_string(output).unwrap_or_default();
                return Err(io::Error::other(format!(
                    "{} did not come up: {text}",
                    output.display()
                )));
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // The group, which is its own: workers go with their master.
        let group = format!("-{}", self.child.id());
        let _ = Command::new("kill").args(["-s", "KILL", "--", &group]).status();
        let _ = self.child.wait();
    }
}

fn start(command: Command, addr: SocketAddr, output: &Path) -> io::Result<Server> {
    let mut server = Server::spawn(command, addr, output)?;
    server.wait(output)?;
    Ok(server)
}

/// A port nobody listens on now.
///
/// # Errors
/// There is none.
pub(crate) fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind(loopback(0))?.local_addr()?.port())
}

/// That port of this machine.
pub(crate) const fn loopback(port: u16) -> SocketAddr {
    SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), port)
}

/// The command that starts a proxy, its files written.
///
/// # Errors
/// A file cannot be written, or the peer is no proxy.
fn command(peer: Peer, setting: &Setting<'_>, dir: &Path, port: u16) -> io::Result<Command> {
    let put = |name: &str, text: String| fs::write(dir.join(name), text);
    let own = match peer {
        Peer::Jackdaw => Some(setting.jackdaw),
        Peer::Other => setting.other,
        _ => None,
    };
    let mut command = match (peer, own) {
        (_, Some(program)) => {
            let workers =
                format!("worker.list=w\nworker.w.port={}\nworker.w.host=127.0.0.1\n", setting.ajp);
            put("workers.properties", workers)?;
            put("httpd.conf", httpd(dir, port, MOD_JK))?;
            let mut command = Command::new(program);
            command.arg("serve").arg("-f").arg(dir.join("httpd.conf"));
            command.arg("--threads").arg(setting.loops.to_string());
            command
        }
        (Peer::ModJk | Peer::ProxyAjp, None) => {
            let workers =
                format!("worker.list=w\nworker.w.port={}\nworker.w.host=127.0.0.1\n", setting.ajp);
            put("workers.properties", workers)?;
            let proxy = format!(
                "LoadModule proxy_module {MODULES}/mod_proxy.so\n\
                 LoadModule proxy_ajp_module {MODULES}/mod_proxy_ajp.so\n\
                 ProxyPass / ajp://127.0.0.1:{}/ enablereuse=on\n",
                setting.ajp
            );
            put("httpd.conf", httpd(dir, port, if peer == Peer::ModJk { MOD_JK } else { &proxy }))?;
            let mut command = Command::new("/usr/sbin/apache2");
            command.arg("-f").arg(dir.join("httpd.conf")).arg("-DFOREGROUND");
            command
        }
        (Peer::Nginx, None) => {
            put("nginx.conf", nginx(dir, port, setting))?;
            let mut command = Command::new("/usr/sbin/nginx");
            command.arg("-p").arg(dir).arg("-e").arg(dir.join("error.log"));
            command.arg("-c").arg(dir.join("nginx.conf"));
            command
        }
        (Peer::Haproxy, None) => {
            put("haproxy.cfg", haproxy(port, setting))?;
            let mut command = Command::new("/usr/sbin/haproxy");
            command.arg("-db").arg("-f").arg(dir.join("haproxy.cfg"));
            command
        }
        (Peer::Direct | Peer::Jackdaw | Peer::Other, _) => {
            return Err(io::Error::other(format!("{} is no proxy", peer.name())));
        }
    };
    command.current_dir(dir);
    Ok(command)
}

const MODULES: &str = "/usr/lib/apache2/modules";

pub(crate) const MOD_JK: &str = "\
LoadModule jk_module /usr/lib/apache2/modules/mod_jk.so
JkWorkersFile workers.properties
JkShmFile jk.shm
JkLogFile jk.log
JkLogLevel error
JkMount /* w
";

/// Debian's settings of the event MPM, with connections kept as long as the others keep them.
pub(crate) fn httpd(dir: &Path, port: u16, rest: &str) -> String {
    let dir = dir.display();
    format!(
        "ServerRoot {dir}\nDefaultRuntimeDir {dir}\nPidFile {dir}/httpd.pid\nMutex file:{dir}\n\
         LoadModule mpm_event_module {MODULES}/mod_mpm_event.so\n\
         LoadModule authz_core_module {MODULES}/mod_authz_core.so\n\
         User www-data\nGroup www-data\n\
         ServerName localhost\nListen 127.0.0.1:{port}\nErrorLog {dir}/error.log\n\
         StartServers 2\nMinSpareThreads 25\nMaxSpareThreads 75\nThreadLimit 64\n\
         ThreadsPerChild 25\nMaxRequestWorkers 150\nMaxConnectionsPerChild 0\n\
         Timeout 300\nKeepAlive On\nMaxKeepAliveRequests 0\nKeepAliveTimeout 60\n{rest}"
    )
}

fn nginx(dir: &Path, port: u16, setting: &Setting<'_>) -> String {
    let (dir, loops, http) = (dir.display(), setting.loops, setting.http);
    format!(
        "daemon off;\nworker_processes {loops};\nworker_rlimit_nofile 20000;\npid {dir}/nginx.pid;\n\
         events {{ worker_connections 16384; }}\n\
         http {{\n access_log off;\n keepalive_timeout 75s;\n keepalive_requests 1000000000;\n\
         client_max_body_size 0;\n proxy_request_buffering off;\n\
         upstream b {{ server 127.0.0.1:{http}; keepalive 512; keepalive_requests 1000000000; }}\n\
         server {{ listen 127.0.0.1:{port} reuseport backlog=4096;\n\
         location / {{ proxy_pass http://b; proxy_http_version 1.1; proxy_set_header Connection \"\"; }} }}\n}}\n"
    )
}

fn haproxy(port: u16, setting: &Setting<'_>) -> String {
    let (loops, http) = (setting.loops, setting.http);
    format!(
        "global\n nbthread {loops}\n maxconn 9900\n\
         defaults\n mode http\n timeout connect 10s\n timeout client 75s\n timeout server 60s\n\
         frontend f\n bind 127.0.0.1:{port}\n default_backend b\n\
         backend b\n server s 127.0.0.1:{http}\n"
    )
}
