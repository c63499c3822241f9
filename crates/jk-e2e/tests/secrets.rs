//! The AJP secret reaches the backend, and nobody else: no log at its most talkative, no page of the status
//! worker, no message about a configuration however it is broken, no file, nothing that `/proc` shows.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::time::Duration;

use jk_e2e::backend::{Script, ScriptedBackend};
use jk_e2e::client::{Client, get};
use jk_e2e::cluster::ajp_port;
use jk_e2e::front::{Front, Program};
use jk_e2e::process::wait_until;
use jk_e2e::site::{Site, SiteText};

const PATIENCE: Duration = Duration::from_secs(60);

/// The beginning of every secret here, and what it looks like in a dump of bytes.
const MARK: &str = "Zq7Hush";
const MARK_HEX: [&str; 2] = ["5a713748757368", "5A713748757368"];

/// Of a member, of the load balancer for the other member, and made of a variable.
const SECRETS: [(&str, &str); 3] =
    [("A", "Zq7HushA"), ("B", "Zq7HushLb"), ("solo", "a-Zq7HushVar")];

const COMMANDS: [&str; 8] =
    ["list", "show", "edit", "update", "reset", "recover", "version", "dump"];
const MIMES: [&str; 4] = ["html", "xml", "txt", "prop"];
const SUBJECTS: [&str; 6] =
    ["", "&w=lb", "&w=lb&sw=A", "&w=lb&sw=*&vwf=2", "&w=solo", "&w=lb&att=vwa"];

const EVERYTHING: &str = "\
LogLevel trace8
JkLogLevel trace
JkOptions +ForwardKeySize +ForwardURICompat
JkRequestLogFormat \"%b %B %H %m %p %q %r %R %s %T %U %v %V %w\"
LogFormat \"%h %l %u %t \\\"%r\\\" %>s %b %{JK_WORKER_NAME}n %{JK_WORKER_ROUTE}n %{secret}n %{secret}i %{secret}e %{secret}o\" all
CustomLog logs/access.log all
JkMount /jkstatus status
JkMount /lb/* lb
JkMount /solo/* solo
ErrorDocument 502 /solo/broken
";

#[test]
fn secrets_are_sent_and_not_told() {
    let site = Site::claim().unwrap();
    let backends = backends(&site);
    write(&site, &workers(""));
    let mut front = Front::start(Program::Jackdaw, &site).unwrap();
    let mut seen = Told::default();
    exercise(&front, &mut seen);

    // What cannot be read is said in the log, then a configuration that can be is taken.
    for broken in BROKEN {
        let before = log(&site).len();
        site.write_file("workers.properties", &workers(broken)).unwrap();
        front.signal("HUP");
        let said = wait_until(PATIENCE, || {
            let log = log(&site);
            let news = &log[before..];
            (news.contains("reloaded") || news.contains("is kept")).then_some(())
        });
        assert!(said.is_some(), "{broken}\n{}", log(&site));
    }
    site.write_file("workers.properties", &workers("")).unwrap();
    let successor = Front::start(Program::Jackdaw, &site).unwrap();
    let mut before = std::mem::replace(&mut front, successor);
    assert!(wait_until(PATIENCE, || before.has_ended().then_some(())).is_some());
    exercise(&front, &mut seen);
    for file in ["cmdline", "environ"] {
        let path = format!("/proc/{}/{file}", front.id());
        // Who has become another user is nobody's to look into, not even that user's.
        assert_eq!(fs::metadata(&path).unwrap().uid(), 0, "{path}");
        let bytes = fs::read(&path).unwrap();
        assert!(!bytes.is_empty());
        seen.tell(file, &String::from_utf8_lossy(&bytes));
    }
    front.stop();

    for (backend, (name, secret)) in backends.iter().zip(SECRETS) {
        let log = backend.log();
        assert!(!log.requests.is_empty(), "{name} was never asked");
        for request in &log.requests {
            assert_eq!(
                request.request.as_ref().unwrap().attribute("secret"),
                Some(secret),
                "{name}"
            );
        }
    }
    let files = logs(&site.dir().join("logs"), &mut seen);
    for expected in ["error.log", "mod_jk.log", "access.log", "output.txt"] {
        assert!(files.iter().any(|(name, size)| name == expected && *size > 0), "{files:?}");
    }
    assert!(files.iter().any(|(name, size)| name.contains("edits") && *size > 0), "{files:?}");
    seen.assert_clean();
}

/// Lines that are wrong, odd or useless, each with a secret in it.
const BROKEN: &[&str] = &[
    "worker.A.secret=Zq7Hush2",
    "worker.A.secret=Zq7Hush2\\",
    "worker.A.secret = \"Zq7Hush 2\"",
    "worker.A.secret=$(Zq7Hush)",
    "worker.A.secret=Zq7Hush$(Zq7Hush)${Zq7Hush}",
    "worker.A.secret=\u{fffd}Zq7Hush\u{202e}",
    "worker.A.secret:Zq7Hush",
    "worker.A.secret Zq7Hush",
    "worker.A.secret",
    "worker.A.secret=",
    "worker.A.secert=Zq7Hush",
    "worker.A.Secret=Zq7Hush",
    "worker.A.secrets=Zq7Hush",
    "worker.A.secret.x=Zq7Hush",
    "worker.A.secretkey=Zq7Hush",
    "worker.A.password=Zq7Hush",
    "worker.lb.secretkey=Zq7Hush",
    "worker.status.secret=Zq7Hush",
    "worker.nobody.secret=Zq7Hush",
    "worker.secret=Zq7Hush",
    "worker..secret=Zq7Hush",
    "secret=Zq7Hush",
    "other=Zq7Hush\nother=Zq7Hush\nworker.A.secret=$(other)",
    "deep=Zq7Hush\nother=$(deep)\nworker.A.secret=x$(other)\nworker.A.secret=plain",
    "worker.A.secret=Zq7Hush\nworker.A.port=nonsense\nworker.A.nonsense=1",
    "worker.A.type=ajp14\nworker.A.secretkey=Zq7Hush",
    "worker.A.type=nonsense",
    "worker.C.reference=worker.A\nworker.list=C\nworker.C.secret=Zq7Hush",
];

/// Variables of httpd that go into secrets, in lines that are wrong.
const DEFINED: &[&str] = &[
    "Define PW Zq7Hush more\nJkWorkerProperty worker.A.secret=${PW}",
    "Define PW Zq7Hush\nDefine W ${PW} more\nJkWorkerProperty worker.A.secret=${W}",
    "Define PW Zq7Hush\nJkWorkerProperty worker.A.secert=${PW}",
];

#[test]
fn messages_about_configurations_do_not_tell_secrets() {
    let site = Site::claim().unwrap();
    let mut seen = Told::default();
    let program = Program::Jackdaw.locate().unwrap();
    let conf = site.httpd_conf();
    let mut ran = 0;
    for broken in std::iter::once(&"").chain(BROKEN) {
        write(&site, &workers(broken));
        // Properties may stand in httpd's configuration as well.
        for properties in [false, true] {
            if properties {
                let lines = broken.lines().map(|line| format!("JkWorkerProperty {line}\n"));
                let httpd = EVERYTHING.to_owned() + &lines.collect::<String>();
                let workers = Some(workers(""));
                site.write(&SiteText { workers, httpd, ..SiteText::default() }).unwrap();
            }
            for arguments in [
                &["check"][..],
                &["check", "--verbose"],
                &["check", "--strict"],
                &["explain", "/lb/x"],
                &["explain", "/solo/x", "--hex", "--method", "POST"],
                &["explain", "/jkstatus?cmd=dump"],
            ] {
                let mut command = Command::new(&program);
                command.arg(arguments[0]).arg("-f").arg(&conf).args(&arguments[1..]);
                let output = command.output().unwrap();
                let text = [output.stdout, output.stderr].concat();
                assert!(!text.is_empty(), "{arguments:?} says nothing of {broken}");
                seen.tell(&format!("{arguments:?} of {broken}"), &String::from_utf8_lossy(&text));
                ran += 1;
            }
        }
    }
    assert_eq!(ran, 12 * (BROKEN.len() + 1));
    for lines in DEFINED {
        let (workers, httpd) = (Some(workers("")), format!("{EVERYTHING}{lines}\n"));
        site.write(&SiteText { workers, httpd, ..SiteText::default() }).unwrap();
        let output = Command::new(&program).arg("check").arg("-f").arg(&conf).output().unwrap();
        let text = [output.stdout, output.stderr].concat();
        seen.tell(lines, &String::from_utf8_lossy(&text));
        assert!(!text.is_empty(), "nothing is said of {lines}");
    }
    // And one that is not served at all.
    write(&site, &workers("worker.A.secret=Zq7Hush\nworker.A.secert=Zq7Hush"));
    let refused = Front::start(Program::Jackdaw, &site).unwrap_err().to_string();
    assert!(refused.contains("secert"), "{refused}");
    seen.tell("serve", &refused);
    seen.assert_clean();
}

/// What was said, and where something was said that must not be.
#[derive(Default)]
struct Told(Vec<String>);

impl Told {
    fn tell(&mut self, whence: &str, text: &str) {
        let bytes: String = text.chars().filter(|c| !c.is_whitespace()).collect();
        let hex = MARK_HEX.iter().any(|mark| bytes.contains(mark));
        if let Some(line) = text.lines().find(|line| line.contains(MARK)) {
            self.0.push(format!("{whence}: {line}"));
        } else if hex {
            self.0.push(format!("{whence}: in bytes"));
        }
    }

    fn assert_clean(&self) {
        assert!(self.0.is_empty(), "secrets are told:\n{}", self.0.join("\n"));
    }
}

/// Every page, and requests that go well and that do not.
fn exercise(front: &Front, seen: &mut Told) {
    for command in COMMANDS {
        for mime in MIMES {
            for subject in SUBJECTS {
                let target = format!("/jkstatus?cmd={command}&mime={mime}{subject}");
                let page = get(front.addr(), &target, &[]).unwrap();
                assert_eq!(page.status, 200, "{target}");
                seen.tell(&target, &page.text());
            }
        }
    }
    let dump = get(front.addr(), "/jkstatus?cmd=dump&mime=txt", &[]).unwrap().text();
    assert!(dump.contains("worker.A.port"), "{dump}");
    for target in ["/lb/x", "/lb/y", "/solo/x", "/lb/garbage", "/solo/close", "/elsewhere"] {
        let answer = get(front.addr(), target, &[]).unwrap();
        seen.tell(target, &format!("{:?}", answer));
    }
    for method in ["TRACE", "OPTIONS", "POST"] {
        let mut client = Client::connect(front.addr()).unwrap();
        let request =
            format!("{method} /lb/x HTTP/1.1\r\nHost: www.test\r\nConnection: close\r\n\r\n");
        client.send(request.as_bytes()).unwrap();
        seen.tell(method, &format!("{:?}", client.receive(method)));
    }
}

fn backends(site: &Site) -> Vec<ScriptedBackend> {
    let sequence = Arc::new(AtomicUsize::new(0));
    let script = ["on ~garbage: hex 41 42 00 03 ff 00 00", "on ~close: close", "on *: answer 200"];
    let start = |(at, (name, _)): (usize, &(&str, &str))| {
        let script = Script::parse(&script).unwrap();
        let addr = site.slot().socket(ajp_port(at));
        ScriptedBackend::start(name, addr, script, Arc::clone(&sequence)).unwrap()
    };
    SECRETS.iter().enumerate().map(start).collect()
}

fn workers(more: &str) -> String {
    let mut text = String::from(
        "worker.list=lb,solo,status\nworker.status.type=status\nworker.lb.type=lb\n\
         worker.lb.balance_workers=A,B\nworker.A.secret=Zq7HushA\nworker.lb.secret=Zq7HushLb\n\
         hidden=Zq7HushVar\nworker.solo.secret=a-$(hidden)\n",
    );
    for (at, (name, _)) in SECRETS.iter().enumerate() {
        text += &format!("worker.{name}.host=@IP@\nworker.{name}.port={}\n", ajp_port(at));
    }
    text + more + "\n"
}

fn write(site: &Site, workers: &str) {
    let workers = Some(workers.to_owned());
    site.write(&SiteText { workers, httpd: EVERYTHING.to_owned(), ..SiteText::default() }).unwrap();
}

/// Names and sizes of what lies there.
fn logs(dir: &Path, seen: &mut Told) -> Vec<(String, usize)> {
    let files = fs::read_dir(dir).unwrap().map(|file| file.unwrap().path());
    let look = |path: std::path::PathBuf| {
        let bytes = fs::read(&path).unwrap();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        seen.tell(&name, &String::from_utf8_lossy(&bytes));
        (name, bytes.len())
    };
    files.map(look).collect()
}

fn log(site: &Site) -> String {
    fs::read_to_string(site.dir().join("logs/error.log")).unwrap_or_default()
}
