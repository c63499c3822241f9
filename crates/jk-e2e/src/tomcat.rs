//! Debian's Tomcat with a private base directory.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use tempfile::TempDir;

use crate::process::{Process, wait_until};

/// Where Debian installs it.
const HOME: &str = "/usr/share/tomcat10";
/// Where Debian keeps its stock configuration.
const STOCK: &str = "/etc/tomcat10";
/// A Java virtual machine on a busy machine takes its time.
const STARTING: Duration = Duration::from_secs(120);
/// What it logs when it meets another member of its cluster.
const MET: &str = "Replication member added";

/// What distinguishes one Tomcat from the next.
#[derive(Clone, Debug)]
pub struct TomcatConfig {
    /// Its `jvmRoute`, and what the pages call it.
    pub route: String,
    /// Its AJP connector.
    pub ajp: SocketAddr,
    /// Its place in a cluster with replicated sessions, if it is in one.
    pub cluster: Option<ClusterNode>,
    /// Applications: context path without slash (`ROOT` for the root), and directory.
    pub webapps: Vec<(String, PathBuf)>,
    /// A second AJP connector that serves nobody without this secret.
    pub sealed: Option<(SocketAddr, String)>,
    /// The largest packet of its AJP connector: a worker's `max_packet_size`.
    pub packet_size: usize,
}

/// What AJP containers and mod_jk agree on unless told otherwise.
pub const PACKET_SIZE: usize = 8192;

/// Addresses of a cluster whose members are known beforehand.
#[derive(Clone, Debug)]
pub struct ClusterNode {
    /// Where this member receives sessions.
    pub own: SocketAddr,
    /// Where the others do.
    pub peers: Vec<SocketAddr>,
}

/// A Tomcat, running or not. Dropping it stops it.
#[derive(Debug)]
pub struct Tomcat {
    config: TomcatConfig,
    base: TempDir,
    process: Option<Process>,
    /// Where this run's part of the log begins.
    log_start: usize,
}

impl Tomcat {
    /// Prepares a base directory.
    ///
    /// # Errors
    /// When Tomcat is not installed or a file cannot be written.
    pub fn prepare(config: TomcatConfig) -> io::Result<Self> {
        if !Path::new(HOME).join("bin/bootstrap.jar").is_file() {
            let complaint = "MISSING PEER: Tomcat is not there: install Debian's `tomcat10`";
            return Err(io::Error::new(io::ErrorKind::NotFound, complaint));
        }
        let mut base = tempfile::Builder::new().prefix("jk-tomcat-").tempdir()?;
        base.disable_cleanup(std::env::var_os("JK_E2E_KEEP").is_some());
        let dir = base.path();
        for sub in ["conf", "logs", "temp", "webapps", "work"] {
            fs::create_dir(dir.join(sub))?;
        }
        for name in ["web.xml", "catalina.properties", "context.xml"] {
            fs::copy(Path::new(STOCK).join(name), dir.join("conf").join(name))?;
        }
        for (context, source) in &config.webapps {
            copy_tree(source, &dir.join("webapps").join(context))?;
        }
        fs::write(dir.join("conf/server.xml"), server_xml(&config))?;
        Ok(Self { config, base, process: None, log_start: 0 })
    }

    /// Starts it and waits until it answers a CPING.
    ///
    /// # Errors
    /// When it does not come up; the message holds the end of its log.
    pub fn start(&mut self) -> io::Result<()> {
        self.launch()?;
        let addr = self.config.ajp;
        self.wait(|_| answers_cping(addr))
    }

    /// Waits until it has met all other members of its cluster.
    ///
    /// # Errors
    /// When it does not meet them in time.
    pub fn wait_for_peers(&mut self) -> io::Result<()> {
        let peers = self.config.cluster.as_ref().map_or(0, |node| node.peers.len());
        self.wait(|log| log.matches(MET).count() >= peers)
    }

    fn launch(&mut self) -> io::Result<()> {
        let base = self.base.path();
        self.log_start = self.log().len();
        let log = File::options().create(true).append(true).open(base.join("logs/output.txt"))?;
        let mut java = Command::new("java");
        java.arg("-cp")
            .arg(format!("{HOME}/bin/bootstrap.jar:{HOME}/bin/tomcat-juli.jar"))
            .args(["-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto"])
            .arg("-Djava.net.preferIPv4Stack=true")
            .arg(format!("-Dcatalina.home={HOME}"))
            .arg(format!("-Dcatalina.base={}", base.display()))
            .arg(format!("-Djava.io.tmpdir={}", base.join("temp").display()))
            .arg(format!("-Dmember={}", self.config.route))
            .args(["org.apache.catalina.startup.Bootstrap", "start"]);
        self.process = Some(Process::start(&java, log)?);
        Ok(())
    }

    /// Waits until `ready` holds for what it has logged since it was launched.
    fn wait(&mut self, ready: impl Fn(&str) -> bool) -> io::Result<()> {
        let process = self.process.as_mut();
        let process = process.ok_or_else(|| io::Error::other("Tomcat was not launched"))?;
        let (base, start) = (self.base.path(), self.log_start);
        let outcome = wait_until(STARTING, || {
            if process.exited().is_some() {
                return Some(false);
            }
            ready(read_log(base).get(start..).unwrap_or_default()).then_some(true)
        });
        if outcome == Some(true) {
            return Ok(());
        }
        let log = self.log();
        let lines: Vec<&str> = log.lines().collect();
        let tail = lines[lines.len().saturating_sub(30)..].join("\n");
        Err(io::Error::other(format!("Tomcat {} did not come up:\n{tail}", self.config.route)))
    }

    fn log(&self) -> String {
        read_log(self.base.path())
    }

    /// Kills it without warning.
    pub fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill();
        }
    }

    /// Stops it in an orderly way.
    pub fn stop(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.stop();
        }
    }

    /// Sends it a signal, if it runs.
    pub fn signal(&self, name: &str) {
        if let Some(process) = &self.process {
            process.signal(name);
        }
    }

    /// Its `jvmRoute`.
    pub fn route(&self) -> &str {
        &self.config.route
    }
}

fn read_log(base: &Path) -> String {
    fs::read_to_string(base.join("logs/output.txt")).unwrap_or_default()
}

fn answers_cping(addr: SocketAddr) -> bool {
    let ask = || -> io::Result<bool> {
        let mut socket = TcpStream::connect_timeout(&addr, Duration::from_secs(1))?;
        socket.set_read_timeout(Some(Duration::from_secs(2)))?;
        socket.write_all(&[0x12, 0x34, 0, 1, 0x0a])?;
        let mut answer = [0; 5];
        socket.read_exact(&mut answer)?;
        Ok(answer == *b"AB\0\x01\x09")
    };
    ask().unwrap_or(false)
}

fn copy_tree(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_tree(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

fn server_xml(config: &TomcatConfig) -> String {
    let cluster = config.cluster.as_ref().map(cluster_xml).unwrap_or_default();
    let sealed = config.sealed.as_ref().map(sealed_xml).unwrap_or_default();
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<Server port="-1">
  <Service name="Catalina">
    <Connector port="{port}" address="{ip}" protocol="AJP/1.3" secretRequired="false"
               redirectPort="8443" packetSize="{packet}" maxThreads="64" minSpareThreads="4"/>
{sealed}    <Engine name="Catalina" defaultHost="localhost" jvmRoute="{route}">
{cluster}      <Host name="localhost" appBase="webapps" unpackWARs="false" autoDeploy="false"/>
    </Engine>
  </Service>
</Server>
"#,
        ip = config.ajp.ip(),
        packet = config.packet_size,
        port = config.ajp.port(),
        route = config.route,
    )
}

fn sealed_xml((addr, secret): &(SocketAddr, String)) -> String {
    format!(
        "    <Connector port=\"{}\" address=\"{}\" protocol=\"AJP/1.3\" secret=\"{secret}\"/>\n",
        addr.port(),
        addr.ip(),
    )
}

/// Sessions are sent and acknowledged before the response goes out (`channelSendOptions="6"`), so
/// that a test never has to wait for one to arrive.
fn cluster_xml(node: &ClusterNode) -> String {
    let members: String = node.peers.iter().map(|&peer| member_xml("Member", peer)).collect();
    format!(
        r#"      <Cluster className="org.apache.catalina.ha.tcp.SimpleTcpCluster" channelSendOptions="6">
        <Manager className="org.apache.catalina.ha.session.DeltaManager"
                 expireSessionsOnShutdown="false" notifyListenersOnReplication="true" stateTransferTimeout="10"/>
        <Channel className="org.apache.catalina.tribes.group.GroupChannel">
          <Membership className="org.apache.catalina.tribes.membership.StaticMembershipService">
{own}{members}          </Membership>
          <Receiver className="org.apache.catalina.tribes.transport.nio.NioReceiver"
                    address="{ip}" port="{port}" autoBind="0" selectorTimeout="5000" maxThreads="6"/>
          <Sender className="org.apache.catalina.tribes.transport.ReplicationTransmitter">
            <Transport className="org.apache.catalina.tribes.transport.nio.PooledParallelSender"/>
          </Sender>
          <Interceptor className="org.apache.catalina.tribes.group.interceptors.TcpFailureDetector"/>
          <Interceptor className="org.apache.catalina.tribes.group.interceptors.MessageDispatchInterceptor"/>
        </Channel>
        <Valve className="org.apache.catalina.ha.tcp.ReplicationValve" filter=""/>
        <Valve className="org.apache.catalina.ha.session.JvmRouteBinderValve"/>
        <ClusterListener className="org.apache.catalina.ha.session.ClusterSessionListener"/>
      </Cluster>
"#,
        own = member_xml("LocalMember", node.own),
        ip = node.own.ip(),
        port = node.own.port(),
    )
}

fn member_xml(element: &str, addr: SocketAddr) -> String {
    let id = addr.port() % 128;
    format!(
        r#"            <{element} className="org.apache.catalina.tribes.membership.StaticMember"
                    host="{}" port="{}" uniqueId="{{0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,{id}}}"/>
"#,
        addr.ip(),
        addr.port(),
    )
}
