//! httpd with mod_jk, started for one case.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::AJP_SHOWN;
use crate::case;

const PORT: u16 = 21400;
const STATUS: &str = "zz-status-of-the-test";

/// Workers that rule files may name.
pub(super) const MAP_WORKERS: [&str; 4] = ["w", "w1", "w2", "lb"];

const MAP_CONF: &str = "worker.list=w,w1,w2,lb\nworker.lb.type=lb\nworker.lb.balance_workers=a,b\n";

/// Starts with the case alone to see whether it starts and what it logs, then once more with a
/// status worker to see what it made of the case.
pub(super) fn measure(path: &Path) -> String {
    let scratch = Scratch::new();
    let map = path.extension().is_some_and(|e| e == "uriworkermap");
    let setup = Setup::new(path, map, &scratch);
    let plain = run(&scratch, &setup.conf(false), None);
    let mut text = format!("{}\n----\n{}----\n", plain.outcome, log(&plain.log, &scratch));
    if plain.outcome == "starts" {
        let probed = run(&scratch, &setup.conf(true), Some(()));
        let list = properties(&probed.list);
        if map {
            write!(text, "----\n----\n{}", rules(&list)).unwrap();
        } else {
            let mut dump = dump(&probed.dump, &scratch);
            if !setup.lists {
                dump = dump.replace("worker.list=ajp13\n", "");
            }
            write!(text, "{dump}----\n{}", settings(&list)).unwrap();
        }
    }
    text
}

struct Setup {
    /// Directives of the case.
    lines: String,
    /// Whether the case says itself which workers there are.
    lists: bool,
    workers: PathBuf,
    map: Option<PathBuf>,
}

impl Setup {
    fn new(path: &Path, map: bool, scratch: &Scratch) -> Self {
        let path = path.canonicalize().expect("a case exists");
        if map {
            let workers = scratch.0.join("workers.properties");
            fs::write(&workers, MAP_CONF).expect("a scratch file can be written");
            return Self { lines: String::new(), lists: true, workers, map: Some(path) };
        }
        let lines = fs::read_to_string(case::beside(&path, "conf")).unwrap_or_default();
        let text = fs::read(&path).expect("a case can be read");
        let lists = format!("{lines}{}", String::from_utf8_lossy(&text));
        let lists = lists
            .lines()
            .any(|l| l.trim_start_matches("JkWorkerProperty ").starts_with("worker.list"));
        Self { lines, lists, workers: path, map: None }
    }

    fn conf(&self, probe: bool) -> String {
        let mut conf = self.lines.clone();
        if probe {
            // The list that there is without one has to be written down beside another worker.
            let default = if self.lists { "" } else { "ajp13," };
            writeln!(conf, "\nJkWorkerProperty worker.list={default}{STATUS}").unwrap();
            writeln!(conf, "JkWorkerProperty worker.{STATUS}.type=status").unwrap();
            writeln!(conf, "JkMount /{STATUS} {STATUS}").unwrap();
        }
        writeln!(conf, "\nJkWorkersFile {}", self.workers.display()).unwrap();
        if let Some(map) = &self.map {
            writeln!(conf, "JkMountFile {}", map.display()).unwrap();
        }
        conf
    }
}

/// A directory that goes away.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> Self {
        let path = std::env::temp_dir().join(format!("jk-config-{}", std::process::id()));
        fs::create_dir_all(&path).expect("a scratch directory can be made");
        Self(path)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[derive(Default)]
struct Run {
    outcome: &'static str,
    log: String,
    dump: String,
    list: String,
}

fn run(scratch: &Scratch, conf: &str, probe: Option<()>) -> Run {
    let dir = scratch.0.display();
    for file in ["jk.log", "pid", "error.log"] {
        let _ = fs::remove_file(scratch.0.join(file));
    }
    let modules = "/usr/lib/apache2/modules";
    let base = format!(
        "ServerRoot {dir}\nServerName localhost\nListen 127.0.0.1:{PORT}\nPidFile {dir}/pid\n\
         ErrorLog {dir}/error.log\nLoadModule mpm_event_module {modules}/mod_mpm_event.so\n\
         LoadModule authz_core_module {modules}/mod_authz_core.so\n\
         LoadModule jk_module {modules}/mod_jk.so\nStartServers 1\nServerLimit 1\n\
         ThreadsPerChild 4\nMaxRequestWorkers 4\nJkShmFile {dir}/shm\nJkLogFile {dir}/jk.log\n\
         JkLogLevel warn\nJkLogStampFormat \"~ \"\n"
    );
    let file = scratch.0.join("httpd.conf");
    fs::write(&file, base + conf).expect("a scratch file can be written");
    let mut child = Command::new("timeout")
        .args(["-k", "1", "20", "apache2", "-DFOREGROUND", "-f"])
        .arg(&file)
        .envs(case::ENV)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("apache2 is installed");
    let mut run = Run { outcome: "refuses", ..Run::default() };
    let deadline = Instant::now() + Duration::from_secs(15);
    while Instant::now() < deadline {
        if let Some(status) = child.try_wait().expect("a child can be waited for") {
            // A shell's way to say that a signal ended it.
            run.outcome = if status.code() == Some(1) { "refuses" } else { "crashes" };
            break;
        }
        if let Some(version) = get("") {
            assert!(!version.is_empty());
            run.outcome = "starts";
            if probe.is_some() {
                run.dump = get(&format!("/{STATUS}?cmd=dump&mime=prop")).unwrap_or_default();
                run.list = get(&format!("/{STATUS}?cmd=list&mime=prop")).unwrap_or_default();
            }
            break;
        }
        std::thread::yield_now();
        std::thread::park_timeout(Duration::from_millis(20));
    }
    if run.outcome == "refuses" && child.try_wait().is_ok_and(|status| status.is_none()) {
        run.outcome = "hangs";
    }
    if child.try_wait().is_ok_and(|status| status.is_none()) {
        let _ = Command::new("kill").arg(child.id().to_string()).status();
        let _ = child.wait();
    }
    run.log = lossy(&scratch.0.join("jk.log"));
    run
}

/// The body of an answer, or `None` while nobody listens.
fn get(target: &str) -> Option<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", PORT)).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(5))).ok()?;
    let target = if target.is_empty() { "/" } else { target };
    write!(stream, "GET {target} HTTP/1.0\r\n\r\n").ok()?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).ok()?;
    let text = String::from_utf8_lossy(&answer).into_owned();
    Some(text.split_once("\r\n\r\n")?.1.to_owned())
}

fn lossy(path: &Path) -> String {
    String::from_utf8_lossy(&fs::read(path).unwrap_or_default()).into_owned()
}

/// The log of the first reading: httpd reads its configuration twice in one process when it stays
/// in the foreground, and refuses in the first reading.
fn log(text: &str, scratch: &Scratch) -> String {
    let lines: Vec<String> = text.lines().map(|line| plain(line, scratch)).collect();
    let half = lines.len() / 2;
    let twice = lines.len() % 2 == 0 && lines[..half] == lines[half..];
    let shown = if twice { &lines[..half] } else { &lines[..] };
    shown.iter().map(|line| format!("{line}\n")).collect()
}

/// `[warn] message` of `[pid:tid] [warn] function::file (line): message`.
fn plain(line: &str, scratch: &Scratch) -> String {
    let line = line.split_once("] ").map_or(line, |(_, rest)| rest);
    let (level, rest) = line.split_once(' ').unwrap_or((line, ""));
    let message = rest.split_once("): ").map_or(rest, |(_, message)| message);
    let cases = case::directory().canonicalize().expect("the cases are there");
    let line = format!("{level} {message}")
        .replace(&scratch.0.display().to_string(), case::SERVER_ROOT)
        .replace(&cases.display().to_string(), case::SERVER_ROOT);
    let cut = line.char_indices().nth(300).map_or(line.len(), |(at, _)| at);
    line[..cut].to_owned()
}

fn properties(text: &str) -> Vec<(String, String)> {
    let lines = text.lines().filter_map(|line| line.split_once('='));
    lines.map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
}

/// The properties without what the test added, and without what mod_jk should not show.
fn dump(text: &str, scratch: &Scratch) -> String {
    let root = scratch.0.display().to_string();
    let mut shown = String::new();
    // The header ends with the version; the result comes last.
    let lines = text.lines().skip_while(|line| !line.contains("jk_version")).skip(1);
    for line in lines.filter(|line| !line.starts_with("worker.result.")) {
        let key = line.split_once('=').map_or(line, |(key, _)| key);
        if key.contains(STATUS) || key.ends_with(".secretkey") {
            continue;
        }
        let line = line.replace(&format!("{STATUS},"), "").replace(&format!(",{STATUS}"), "");
        let line = line.replace(&root, case::SERVER_ROOT);
        if line.ends_with(STATUS) {
            continue;
        }
        writeln!(shown, "{line}").unwrap();
    }
    shown
}

/// The settings that ours can be compared with, `worker.` left out.
fn settings(list: &[(String, String)]) -> String {
    let mut chosen = BTreeMap::new();
    for (key, value) in list {
        let Some((worker, directive)) =
            key.strip_prefix("worker.").and_then(|k| k.rsplit_once('.'))
        else {
            continue;
        };
        let lb = [
            "sticky_session",
            "sticky_session_force",
            "recover_time",
            "error_escalation_time",
            "max_reply_timeouts",
            "method",
            "lock",
            "member_count",
            "activation",
            "lbfactor",
            "route",
            "redirect",
            "domain",
            "distance",
            "source",
        ];
        let map = worker.contains(".map.") || worker == "result";
        if !map && (AJP_SHOWN.contains(&directive) || lb.contains(&directive)) {
            let off = directive.ends_with("_timeout")
                || directive.ends_with("_interval")
                || directive == "busy_limit";
            let value = if off && value.starts_with('-') { "0" } else { value };
            chosen.insert(format!("{worker}.{directive}"), value.to_owned());
        }
    }
    chosen.iter().map(|(key, value)| format!("{key}={value}\n")).collect()
}

/// `worker.NAME.map.N.attribute` as one line for each rule.
fn rules(list: &[(String, String)]) -> String {
    let mut rules: BTreeMap<(String, u32), BTreeMap<&str, &str>> = BTreeMap::new();
    for (key, value) in list {
        let Some((worker, rest)) = key.strip_prefix("worker.").and_then(|k| k.split_once(".map."))
        else {
            continue;
        };
        let Some((number, attribute)) = rest.split_once('.') else { continue };
        let Ok(number) = number.parse() else { continue };
        rules.entry((worker.to_owned(), number)).or_default().insert(attribute, value);
    }
    let mut text = String::new();
    for ((worker, _), rule) in &rules {
        if rule.get("source") != Some(&"uriworkermap") {
            continue;
        }
        let get = |attribute: &str| rule.get(attribute).copied().unwrap_or_default();
        let names = |attribute: &str| words(get(attribute)).join(",");
        writeln!(
            text,
            "{worker} {} {} {} {} {} [{}] [{}] [{}] [{}] {}",
            get("uri"),
            get("type"),
            get("reply_timeout"),
            get("sticky_ignore"),
            get("stateless"),
            names("fail_on_status"),
            names("active"),
            names("disabled"),
            names("stopped"),
            get("use_server_errors"),
        )
        .unwrap();
    }
    text
}

fn words(list: &str) -> Vec<&str> {
    list.split([',', ' ']).filter(|word| !word.is_empty()).collect()
}
