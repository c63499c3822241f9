//! COMPAT [edits-survive]: what is changed through a status worker outlives reloads, successors and
//! restarts. Every setting that the forms show is changed, and the forms have to show the same afterwards.

use std::fs::{self, Permissions};
use std::net::SocketAddr;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::thread;
use std::time::Duration;

use jk_e2e::client::{Client, get};
use jk_e2e::front::{Front, Program};
use jk_e2e::process::wait_until;
use jk_e2e::site::{Site, SiteText};

const PATIENCE: Duration = Duration::from_secs(60);

const TAKEN_OVER: &str = "were taken over";
const UNKEPT: &str = "will not survive a restart";
const IGNORED: &str = "what it says of edits is ignored";

const WORKERS: &str = "\
worker.list=lb,solo,status
worker.lb.type=lb
worker.lb.balance_workers=A,B
worker.A.host=127.0.0.1
worker.A.port=9101
worker.B.host=127.0.0.1
worker.B.port=9102
worker.solo.host=127.0.0.1
worker.solo.port=9103
worker.status.type=status
";

/// Whose form it is, and another value for everything in it.
const FORMS: [(&str, &[(&str, &str)]); 3] = [
    (
        "w=lb",
        &[
            ("vlr", "3"),
            ("vlri", "250"),
            ("vlt", "77"),
            ("vlee", "33"),
            ("vlx", "4"),
            ("vls", "0"),
            ("vlf", "1"),
            ("vlm", "2"),
            ("vll", "1"),
        ],
    ),
    (
        "w=lb&sw=A",
        &[
            ("vwa", "2"),
            ("vwf", "5"),
            ("vwn", "east.A"),
            ("vwr", "B"),
            ("vwc", "west"),
            ("vwd", "2"),
            ("vahst", "127.0.0.9"),
            ("vaprt", "9201"),
            ("vacpt", "61"),
            ("vapng", "1001"),
            ("vact", "1002"),
            ("vapt", "1003"),
            ("vart", "1004"),
            ("var", "5"),
            ("vari", "106"),
            ("vacpi", "107"),
            ("varo", "3"),
            ("vabl", "8"),
            ("vamps", "16384"),
        ],
    ),
    (
        "w=solo",
        &[
            ("vahst", "127.0.0.8"),
            ("vaprt", "9203"),
            ("vacpt", "71"),
            ("vapng", "2001"),
            ("vact", "2002"),
            ("vapt", "2003"),
            ("vart", "2004"),
            ("var", "6"),
            ("vari", "206"),
            ("vacpi", "207"),
            ("varo", "4"),
            ("vabl", "9"),
            ("vamps", "24576"),
        ],
    ),
];

/// mod_jk goes back to the files.
#[test]
fn the_original_forgets() {
    let site = site(WORKERS, "");
    let front = Front::start(Program::Httpd, &site).unwrap();
    let factor = || property(&front, "worker.A.lbfactor");
    assert_ok(&front, "cmd=update&w=lb&sw=A&vwf=5");
    assert_eq!(factor(), "5");
    front.signal("USR1");
    let back = wait_until(PATIENCE, || (factor() == "1").then_some(()));
    assert!(back.is_some(), "{}", factor());
    assert_ok(&front, "cmd=update&w=lb&sw=A&vwf=5");
    front.stop();
    let front = Front::start(Program::Httpd, &site).unwrap();
    assert_eq!(property(&front, "worker.A.lbfactor"), "1");
    front.stop();
}

#[test]
fn a_reload_keeps_edits() {
    let site = site(WORKERS, "");
    let front = Front::start(Program::Jackdaw, &site).unwrap();
    let (_, after) = edit_all(&front);
    // mod_jk's reset is one of counters, too.
    assert_ok(&front, "cmd=reset&w=lb");
    for _ in 0..2 {
        reload(&site, &front, WORKERS);
        assert_eq!(forms(&front), after);
    }
    front.stop();
}

/// Without a file, so that they can only have come from the process before.
#[test]
fn a_successor_keeps_edits() {
    let site = site(WORKERS, "JkShmFile /proc/nowhere/jk.shm\n");
    let mut front = Front::start(Program::Jackdaw, &site).unwrap();
    said(&site, UNKEPT);
    let (_, after) = edit_all(&front);
    for round in 1..=2 {
        // A connection that the first process keeps, if it has ever asked.
        let mut old = Client::connect(front.addr()).unwrap();
        old.send(&request("cmd=version&mime=txt")).unwrap();
        assert_eq!(old.receive("GET").status, 200);
        let successor = Front::start(Program::Jackdaw, &site).unwrap();
        let taken = wait_until(PATIENCE, || (count(&site, TAKEN_OVER) == round).then_some(()));
        assert!(taken.is_some(), "{}", log(&site));
        // Nobody is told that something was changed where it is of no use.
        let stopping = wait_until(PATIENCE, || (count(&site, "stopping") == round).then_some(()));
        assert!(stopping.is_some(), "{}", log(&site));
        old.send(&request("cmd=update&w=lb&sw=A&vwf=9&mime=txt")).unwrap();
        let answer = old.receive("GET").text();
        assert!(answer.contains("This process is ending"), "{answer}");
        drop(old);
        let mut before = std::mem::replace(&mut front, successor);
        assert!(wait_until(PATIENCE, || before.has_ended().then_some(())).is_some());
        assert_eq!(forms(&front), after);
    }
    front.stop();
}

/// The directory is root's, the process is not.
#[test]
fn a_restart_keeps_edits() {
    let site = site(WORKERS, "");
    let front = Front::start(Program::Jackdaw, &site).unwrap();
    let (before, after) = edit_all(&front);
    front.stop();
    for file in files(&site) {
        let about = fs::metadata(&file).unwrap();
        assert_eq!((about.uid(), about.mode() & 0o777), (0, 0o600), "{}", file.display());
    }
    let mut front = Front::start(Program::Jackdaw, &site).unwrap();
    assert_eq!(forms(&front), after);
    // Told to stop, and begun again before it has.
    for round in 0..3 {
        let factor = 20 + round;
        assert_ok(&front, &format!("cmd=update&w=lb&sw=B&vwf={factor}"));
        front.signal("TERM");
        let next = Front::start(Program::Jackdaw, &site).unwrap();
        let mut ending = std::mem::replace(&mut front, next);
        assert!(wait_until(PATIENCE, || ending.has_ended().then_some(())).is_some());
        // Between the two nobody listens; a takeover has no such gap.
        let up = wait_until(PATIENCE, || get(front.addr(), "/", &[]).ok());
        assert!(up.is_some(), "{}", log(&site));
        assert_eq!(property(&front, "worker.B.lbfactor"), factor.to_string(), "{}", log(&site));
    }
    front.stop();
    // Whoever wants the files' settings back removes what was kept.
    files(&site).iter().for_each(|file| fs::remove_file(file).unwrap());
    let front = Front::start(Program::Jackdaw, &site).unwrap();
    assert_eq!(forms(&front), before);
    front.stop();
}

/// Somebody edits on and on while configurations and processes follow each other: what was confirmed is there.
#[test]
fn no_edit_is_lost_that_was_confirmed() {
    let site = site(WORKERS, "<IfModule jackdaw_module>\nJackdawThreads 3\n</IfModule>\n");
    let mut front = Front::start(Program::Jackdaw, &site).unwrap();
    let (addr, stop) = (front.addr(), AtomicBool::new(false));
    let confirmed = AtomicUsize::new(1);
    thread::scope(|scope| {
        let editor = scope.spawn(|| {
            for factor in 2.. {
                let query = format!("cmd=update&w=lb&sw=A&vwf={factor}");
                loop {
                    match edit(addr, &query) {
                        Some(answer) if answer.contains("type=OK") => break,
                        Some(answer) => assert!(is_later(&answer), "{answer}"),
                        None => panic!("nobody answers"),
                    }
                    if stop.load(Relaxed) {
                        return;
                    }
                }
                confirmed.store(factor, Relaxed);
                if stop.load(Relaxed) {
                    return;
                }
            }
        });
        for round in 0..12 {
            let seen = confirmed.load(Relaxed);
            let on = wait_until(PATIENCE, || (confirmed.load(Relaxed) > seen + 9).then_some(()));
            assert!(on.is_some() && !editor.is_finished(), "round {round}");
            if round % 3 == 0 {
                front.signal("HUP");
            } else {
                let successor = Front::start(Program::Jackdaw, &site).unwrap();
                let mut before = std::mem::replace(&mut front, successor);
                assert!(wait_until(PATIENCE, || before.has_ended().then_some(())).is_some());
            }
        }
        stop.store(true, Relaxed);
    });
    let last = confirmed.load(Relaxed).to_string();
    let there =
        wait_until(PATIENCE, || (property(&front, "worker.A.lbfactor") == last).then_some(()));
    assert!(there.is_some(), "{last}, not {}", property(&front, "worker.A.lbfactor"));
    front.stop();
    let front = Front::start(Program::Jackdaw, &site).unwrap();
    assert_eq!(property(&front, "worker.A.lbfactor"), last, "{}", log(&site));
    front.stop();
}

#[test]
fn a_successor_writes_on() {
    let site = site(WORKERS, "");
    let mut front = Front::start(Program::Jackdaw, &site).unwrap();
    for factor in 2..5 {
        assert_ok(&front, &format!("cmd=update&w=lb&sw=A&vwf={factor}"));
        let successor = Front::start(Program::Jackdaw, &site).unwrap();
        let mut before = std::mem::replace(&mut front, successor);
        assert!(wait_until(PATIENCE, || before.has_ended().then_some(())).is_some());
        assert_ok(&front, &format!("cmd=update&w=lb&sw=B&vwf={}", factor + 10));
    }
    front.stop();
    let front = Front::start(Program::Jackdaw, &site).unwrap();
    let factors = ["A", "B"].map(|name| property(&front, &format!("worker.{name}.lbfactor")));
    assert_eq!(factors, ["4", "14"], "{}", log(&site));
    assert!(!log(&site).contains(UNKEPT), "{}", log(&site));
    front.stop();
}

/// A setting that the configuration says something else of follows the configuration; the others stay.
#[test]
fn a_changed_configuration_wins_where_it_changed() {
    for restart in [false, true] {
        let site = site(WORKERS, "");
        let mut front = Front::start(Program::Jackdaw, &site).unwrap();
        assert_ok(&front, "cmd=update&w=lb&sw=A&vwf=5&vwa=1");
        assert_ok(&front, "cmd=update&w=lb&sw=B&vwf=6");
        let changed = WORKERS.replace("_workers=A,B", "_workers=A,C") + "worker.A.lbfactor=3\n";
        if restart {
            front.stop();
            site.write_file("workers.properties", &changed).unwrap();
            front = Front::start(Program::Jackdaw, &site).unwrap();
        } else {
            reload(&site, &front, &changed);
        }
        let seen = ["activation", "lbfactor"].map(|it| property(&front, &format!("worker.A.{it}")));
        assert_eq!(seen, ["DIS", "3"]);
        for why in [
            "'lbfactor' of sub worker 'A' of lb worker 'lb' is no longer '5': the configuration said \
             '1' when it was made, and says '3' now",
            "'lbfactor' of sub worker 'B' of lb worker 'lb' is no longer '6': there is no such worker \
             any more",
        ] {
            said(&site, why);
        }
        // It stays so, also when the file goes back.
        reload(&site, &front, WORKERS);
        let factors = ["A", "B"].map(|name| property(&front, &format!("worker.{name}.lbfactor")));
        assert_eq!(factors, ["1", "1"]);
        assert_eq!(property(&front, "worker.A.activation"), "DIS");
        front.stop();
    }
}

/// A reload is what `User` may do: it makes files where it may, and says where it may not.
#[test]
fn a_reload_moves_the_files_where_it_may() {
    let site = site(WORKERS, "");
    let front = Front::start(Program::Jackdaw, &site).unwrap();
    assert_ok(&front, "cmd=update&w=lb&sw=A&vwf=5");
    let (ours, roots) = (site.dir().join("ours"), site.dir().join("roots"));
    fs::create_dir(&ours).unwrap();
    fs::set_permissions(&ours, Permissions::from_mode(0o777)).unwrap();
    fs::create_dir(&roots).unwrap();
    write(&site, WORKERS, "JkShmFile ours/jk.shm\n");
    reload(&site, &front, WORKERS);
    assert_ok(&front, "cmd=update&w=lb&sw=A&vwf=6");
    let kept = || {
        let files = [0, 1].map(|number| ours.join(format!("jk.shm.edits.{number}")));
        let texts = files.map(|file| fs::read_to_string(file).unwrap_or_default());
        texts.iter().any(|text| text.contains("lbfactor 1 6\n")).then_some(())
    };
    assert!(wait_until(PATIENCE, kept).is_some(), "{}", log(&site));
    write(&site, WORKERS, "JkShmFile roots/jk.shm\n");
    reload(&site, &front, WORKERS);
    assert!(said(&site, UNKEPT).contains("roots/jk.shm.edits.0"), "{}", log(&site));
    assert_eq!(property(&front, "worker.A.lbfactor"), "6");
    front.stop();
}

/// Who could edit nothing needs no files.
#[test]
fn nothing_is_made_without_a_status_worker() {
    let site = site(&WORKERS.replace(",status", ""), "");
    let front = Front::start(Program::Jackdaw, &site).unwrap();
    assert_eq!(get(front.addr(), "/missing", &[]).unwrap().status, 404);
    front.stop();
    assert!(files(&site).iter().all(|file| !file.exists()));
}

/// Nothing that lies where edits are kept keeps the program from starting, nor is followed or believed.
#[test]
fn what_is_broken_or_not_ours_is_ignored() {
    let site = site(WORKERS, "");
    let start = || Front::start(Program::Jackdaw, &site).unwrap();
    let front = start();
    assert_ok(&front, "cmd=update&w=lb&sw=A&vwf=5");
    assert_ok(&front, "cmd=update&w=lb&sw=A&vwf=6");
    front.stop();
    // Both hold a state now, if the second was not faster than the disk; the last one ends too soon.
    let kept = files(&site).map(|file| fs::read(file).unwrap());
    let newest = usize::from(serial(&kept[1]) > serial(&kept[0]));
    let older = if kept[1 - newest].is_empty() { "1" } else { "5" };
    let of = |file: usize| files(&site)[file].clone();
    fs::write(of(newest), &kept[newest][..kept[newest].len() - 2]).unwrap();
    let ignored = expect(&site, &start(), older, IGNORED);
    assert!(ignored.contains("is broken or was not written to the end"), "{ignored}");

    for bytes in [&b"\x7fELF\0\0"[..], b"jackdaw-edits 9\nserial 1\n", &[b'x'; 5 << 20]] {
        (0..2).for_each(|at| fs::write(of(at), bytes).unwrap());
        expect(&site, &start(), "1", IGNORED);
    }
    let put_back = || {
        for (at, bytes) in kept.iter().enumerate() {
            let _ = fs::remove_dir(of(at));
            let _ = fs::remove_file(of(at));
            fs::write(of(at), bytes).unwrap();
            fs::set_permissions(of(at), Permissions::from_mode(0o600)).unwrap();
        }
    };
    put_back();
    fs::set_permissions(of(0), Permissions::from_mode(0o620)).unwrap();
    expect(&site, &start(), "1", "jk.shm.edits.0 is writable by others");
    put_back();
    std::os::unix::fs::chown(of(1), Some(65_534), None).unwrap();
    expect(&site, &start(), "1", "jk.shm.edits.1 is somebody else's");
    put_back();
    let elsewhere = site.dir().join("elsewhere");
    fs::rename(of(0), &elsewhere).unwrap();
    symlink(&elsewhere, of(0)).unwrap();
    expect(&site, &start(), "1", "jk.shm.edits.0 is a symbolic link");
    fs::remove_file(of(0)).unwrap();
    fs::hard_link(&elsewhere, of(0)).unwrap();
    expect(&site, &start(), "1", "jk.shm.edits.0 is known by another name, too");
    assert_eq!(fs::read(&elsewhere).unwrap(), kept[0]);
    put_back();
    fs::remove_file(of(1)).unwrap();
    fs::create_dir(of(1)).unwrap();
    expect(&site, &start(), "1", UNKEPT);
    put_back();
    let front = start();
    assert_eq!(property(&front, "worker.A.lbfactor"), "6");
    front.stop();
}

/// The last warning with `why` in it, of a program that has this factor for A, and stops.
#[track_caller]
fn expect(site: &Site, front: &Front, factor: &str, why: &str) -> String {
    assert_eq!(property(front, "worker.A.lbfactor"), factor, "{}", log(site));
    let line = said(site, why);
    front.signal("TERM");
    let ended = wait_until(PATIENCE, || get(front.addr(), "/", &[]).is_err().then_some(()));
    assert!(ended.is_some());
    fs::write(site.dir().join("logs/error.log"), "").unwrap();
    line
}

/// The last line of the error log with `what` in it.
#[track_caller]
fn said(site: &Site, what: &str) -> String {
    let line = wait_until(PATIENCE, || {
        log(site).lines().rfind(|line| line.contains(what)).map(str::to_owned)
    });
    line.unwrap_or_else(|| panic!("{what} is not said:\n{}", log(site)))
}

fn site(workers: &str, httpd: &str) -> Site {
    let site = Site::claim().unwrap();
    write(&site, workers, httpd);
    site
}

fn write(site: &Site, workers: &str, httpd: &str) {
    // One loop: who has seen something new sees nothing old any more.
    let one = "<IfModule jackdaw_module>\nJackdawThreads 1\n</IfModule>\n";
    let httpd = format!("LogLevel info\nJkMount /jkstatus status\n{one}{httpd}");
    let workers = Some(workers.to_owned());
    site.write(&SiteText { workers, httpd, ..SiteText::default() }).unwrap();
}

/// Changes everything that forms show; the forms before and after.
fn edit_all(front: &Front) -> (String, String) {
    let before = forms(front);
    for (whose, values) in FORMS {
        let form = form(front, whose);
        let mut query = format!("cmd=update&{whose}");
        for name in form.split(" name=\"").skip(1).filter_map(|rest| rest.split('"').next()) {
            let known = values.iter().any(|(known, _)| *known == name);
            assert!(known || matches!(name, "cmd" | "w" | "sw"), "nothing is said of {name}");
        }
        for (name, value) in values {
            assert!(form.contains(&format!("name=\"{name}\"")), "{name} is not in\n{form}");
            query.push_str(&format!("&{name}={value}"));
        }
        assert_ok(front, &query);
    }
    let after = forms(front);
    let changed = before.lines().zip(after.lines()).filter(|(old, new)| old != new).count();
    let all: usize = FORMS.iter().map(|(_, values)| values.len()).sum();
    assert!(changed >= all, "{changed} of {all} are different:\n{after}");
    (before, after)
}

fn forms(front: &Front) -> String {
    FORMS.map(|(whose, _)| form(front, whose)).concat()
}

/// One field in a line; without what is not about settings.
fn form(front: &Front, whose: &str) -> String {
    let page = get(front.addr(), &format!("/jkstatus?cmd=edit&{whose}"), &[]).unwrap().text();
    let page = page.replace("<input", "\n<input");
    page.lines().filter(|line| line.starts_with("<input")).map(|line| format!("{line}\n")).collect()
}

/// A process that is taking over says so for a moment.
#[track_caller]
fn assert_ok(front: &Front, query: &str) {
    let answer =
        wait_until(PATIENCE, || Some(edit(front.addr(), query)?).filter(|it| !is_later(it)));
    assert!(answer.as_ref().is_some_and(|it| it.contains("type=OK")), "{query}: {answer:?}");
}

fn edit(addr: SocketAddr, query: &str) -> Option<String> {
    Some(get(addr, &format!("/jkstatus?{query}&mime=txt"), &[]).ok()?.text())
}

/// Nothing was changed, and it is worth another try.
fn is_later(answer: &str) -> bool {
    answer.contains("Try again") || answer.contains("is ending")
}

fn property(front: &Front, name: &str) -> String {
    let page = get(front.addr(), "/jkstatus?cmd=list&mime=prop", &[]).unwrap().text();
    let value = page.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
    value.unwrap_or_default().to_owned()
}

fn request(query: &str) -> Vec<u8> {
    format!("GET /jkstatus?{query} HTTP/1.1\r\nHost: www.test\r\n\r\n").into_bytes()
}

/// Until the new configuration is served; a mark in it says so.
fn reload(site: &Site, front: &Front, workers: &str) {
    static RELOADS: AtomicUsize = AtomicUsize::new(100);
    let mark = format!("worker.solo.socket_timeout={}", RELOADS.fetch_add(1, Relaxed));
    site.write_file("workers.properties", &format!("{workers}{mark}\n")).unwrap();
    front.signal("HUP");
    let seen = wait_until(PATIENCE, || {
        let dump = get(front.addr(), "/jkstatus?cmd=dump&mime=prop", &[]).unwrap().text();
        dump.contains(&mark).then_some(())
    });
    assert!(seen.is_some(), "{}", log(site));
}

fn files(site: &Site) -> [PathBuf; 2] {
    [0, 1].map(|number| site.dir().join(format!("logs/jk.shm.edits.{number}")))
}

fn serial(text: &[u8]) -> u64 {
    let text = String::from_utf8_lossy(text);
    let digits = text.lines().find_map(|line| line.strip_prefix("serial "));
    digits.map_or(0, |digits| digits.parse().unwrap())
}

fn log(site: &Site) -> String {
    fs::read_to_string(site.dir().join("logs/error.log")).unwrap_or_default()
}

fn count(site: &Site, text: &str) -> usize {
    log(site).matches(text).count()
}
