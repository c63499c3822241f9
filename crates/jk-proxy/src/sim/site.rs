//! Configurations of the simulated site, read from text as those of users are.

use std::fmt::Write as _;
use std::io::{self, ErrorKind};
use std::path::Path;

use jk_config::{Config, Files, LoadOptions, load};

use super::dice::Dice;
use super::ledger::Target;

/// What lies in the document root, and what does not: files of one block and of several.
pub(super) const FILES: [&str; 5] =
    ["README.md", "bodies.txt", "heads.txt", "sequences.txt", "missing.txt"];

/// Files of this repository, which are there wherever it is built.
const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../testdata/http");

/// The bytes of one of [`FILES`].
pub(super) fn file(at: usize) -> Vec<u8> {
    std::fs::read(Path::new(ROOT).join(FILES[at])).unwrap_or_default()
}

/// The status with which whoever is not a backend answers.
pub(super) fn status_of(target: Target) -> u16 {
    if matches!(target, Target::File(file) if FILES[file] == "missing.txt") { 404 } else { 200 }
}

/// What is asked of the status worker. Without faults nothing that makes a request fail.
pub(super) fn status_query(dice: &Dice, faults: bool) -> String {
    let view = dice.pick(&[
        "cmd=list",
        "cmd=dump",
        "cmd=version",
        "cmd=show&w=lb",
        "cmd=list&mime=xml",
        "mime=txt",
    ]);
    if dice.one_in(3) {
        return view.to_owned();
    }
    let worker = dice.pick(&["a", "b", "c", "d"]);
    let member = format!("cmd=update&from=list&mime=txt&w=lb&sw={worker}");
    let (number, some) = (dice.between(1, 9), dice.between(0, 2));
    let harmless = match dice.below(5) {
        0 => format!("{member}&vwf={number}"),
        1 => format!("{member}&vwd={some}"),
        2 => format!("{member}&vwn={}", dice.pick(&["a", "b", "x", "y"])),
        3 => format!("cmd=update&from=list&mime=txt&w=lb&vlm={some}&vll={}", dice.below(2)),
        _ => format!("cmd=reset&mime=txt&w=lb&sw={worker}"),
    };
    if !faults || dice.below(2) == 0 {
        return harmless;
    }
    match dice.below(8) {
        0 | 1 => format!("{member}&vwa={some}"),
        2 => format!("{member}&vahst=127.0.0.1&vaport={}", 8000 + dice.between(1, 4)),
        3 => format!("{member}&vart={}&varo={}", 500 * number, dice.below(32)),
        4 => format!("{member}&vact={}&vapt={}&vacpt={}", 500 * some, 500 * some, 500 * number),
        5 => format!("{member}&vabl={some}&vamps={}", 8192 * number),
        6 => format!(
            "cmd=update&from=list&mime=txt&w=lb&vlr={number}&vlt={number}&vls={}&vlf={}",
            dice.below(2),
            dice.below(2)
        ),
        _ => format!("cmd=recover&mime=txt&w=lb&sw={worker}"),
    }
}

/// The files of a site that is nowhere on disk.
struct Texts {
    httpd: String,
    workers: String,
}

impl Files for Texts {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        match path.to_str() {
            Some("/site/httpd.conf") => Ok(self.httpd.clone().into_bytes()),
            Some("/site/workers.properties") => Ok(self.workers.clone().into_bytes()),
            _ => Err(ErrorKind::NotFound.into()),
        }
    }

    fn list(&self, _: &Path) -> io::Result<Vec<String>> {
        Ok(Vec::new())
    }

    fn is_dir(&self, path: &Path) -> bool {
        // The document root is named in more than one way.
        [Path::new("/site"), Path::new("/")].contains(&path) || path.ends_with("testdata/http")
    }

    fn exists(&self, path: &Path) -> bool {
        self.is_dir(path) || self.read(path).is_ok()
    }

    fn env(&self, _: &str) -> Option<String> {
        None
    }
}

/// A random configuration. Without faults, nothing in it makes a request fail.
pub(super) fn random(dice: &Dice, faults: bool) -> Config {
    let mut workers = String::new();
    let members = dice.between(1, 4);
    let balanced = dice.below(3) > 0;
    let names = &["a", "b", "c", "d"][..members];
    let mut put = |line: String| {
        workers.push_str(&line);
        workers.push('\n');
    };
    put(format!("worker.list=st,{}", if balanced { "lb" } else { "a" }));
    put("worker.st.type=status".to_owned());
    // Without faults nobody waits for a slot until his time is up.
    let size = if faults { dice.between(1, 4) } else { 12 };
    for (at, name) in names.iter().enumerate() {
        put(format!("worker.{name}.host=127.0.0.1\nworker.{name}.port={}", 8001 + at));
        put(format!("worker.{name}.connection_pool_size={size}"));
        put(format!("worker.{name}.retries={}", dice.between(1, 3)));
        match dice.below(5) {
            1 => put(format!("worker.{name}.ping_mode=A")),
            2 => put(format!("worker.{name}.ping_mode=CP\nworker.{name}.ping_timeout=1000")),
            3 => {
                put(format!("worker.{name}.ping_mode=I\nworker.{name}.connection_ping_interval=1"))
            }
            _ => {}
        }
        if dice.one_in(3) {
            put(format!("worker.{name}.connection_pool_timeout=20"));
        }
        if dice.one_in(4) {
            put(format!("worker.{name}.max_packet_size=16384"));
        }
        if faults {
            random_failures(dice, name, &mut put);
        }
        if balanced {
            random_member(dice, name, faults, &mut put);
        }
    }
    if balanced {
        put(format!("worker.lb.type=lb\nworker.lb.balance_workers={}", names.join(",")));
        put(format!("worker.lb.method={}", dice.pick(&["R", "T", "B", "S", "N"])));
        put(format!("worker.lb.sticky_session={}", dice.below(2)));
        if faults {
            put(format!("worker.lb.sticky_session_force={}", dice.below(2)));
            put(format!("worker.lb.retries={}", dice.between(1, 3)));
            put(format!("worker.lb.recover_time={}", dice.pick(&[1, 60])));
        }
        if dice.one_in(3) {
            put("worker.lb.set_session_cookie=1".to_owned());
        }
    }
    put(format!("worker.maintain={}", dice.pick(&[10, 60])));
    let mut httpd = String::from(
        "ServerRoot /site\nServerName www.example.org\nListen 80\nErrorLog /dev/null\n\
         JkLogFile /dev/null\nJkWorkersFile workers.properties\nTimeout 60\nJkLogLevel info\n",
    );
    let rule = if faults {
        dice.pick(&["", "", ";use_server_errors=500", ";reply_timeout=3000"])
    } else {
        ""
    };
    let _ = writeln!(httpd, "DocumentRoot {ROOT}\nJkMount /status st");
    let _ = writeln!(httpd, "JkMount /r/* {}{rule}", if balanced { "lb" } else { "a" });
    if dice.one_in(4) {
        httpd.push_str("JkOptions +FlushPackets +FlushHeader\n");
    }
    if dice.one_in(6) {
        httpd.push_str("JkOptions +DisableReuse\n");
    }
    if dice.one_in(4) {
        httpd.push_str("JkWatchdogInterval 2\n");
    }
    if faults && dice.one_in(5) {
        httpd.push_str("MaxKeepAliveRequests 2\n");
    }
    let loaded =
        load(Path::new("/site/httpd.conf"), &Texts { httpd, workers }, &LoadOptions::default());
    let Some(config) = loaded.config else {
        panic!("the configuration is refused: {:?}", loaded.diagnostics)
    };
    config
}

fn random_failures(dice: &Dice, name: &str, put: &mut impl FnMut(String)) {
    if dice.one_in(3) {
        put(format!("worker.{name}.reply_timeout=2000"));
    }
    if dice.one_in(3) {
        put(format!("worker.{name}.socket_connect_timeout=1000"));
    }
    if dice.one_in(3) {
        put(format!("worker.{name}.recovery_options={}", dice.below(32)));
    }
    if dice.one_in(4) {
        put(format!("worker.{name}.fail_on_status={}", dice.pick(&["404", "-404", "-204,404"])));
    }
    if dice.one_in(6) {
        put(format!("worker.{name}.busy_limit=1"));
    }
}

fn random_member(dice: &Dice, name: &str, faults: bool, put: &mut impl FnMut(String)) {
    put(format!("worker.{name}.lbfactor={}", dice.between(1, 5)));
    if dice.one_in(4) {
        put(format!("worker.{name}.distance={}", dice.below(2)));
    }
    if dice.one_in(4) {
        put(format!("worker.{name}.domain={}", dice.pick(&["x", "y"])));
    }
    if dice.one_in(5) {
        put(format!("worker.{name}.redirect=a"));
    }
    if faults && dice.one_in(5) {
        put(format!("worker.{name}.activation={}", dice.pick(&["D", "S"])));
    }
}
