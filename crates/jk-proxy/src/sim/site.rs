//! Configurations of the simulated site, read from text as those of users are.

use std::fmt::Write as _;
use std::io::{self, ErrorKind};
use std::path::Path;

use jk_config::{Config, Files, LoadOptions, load};

use super::dice::Dice;

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
        path == Path::new("/site") || path == Path::new("/")
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
    put(format!("worker.list={}", if balanced { "lb" } else { "a" }));
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
    let _ = writeln!(httpd, "JkMount /* {}{rule}", if balanced { "lb" } else { "a" });
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
