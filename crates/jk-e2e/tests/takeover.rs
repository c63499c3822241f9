//! Reloads and successors under load: no request fails, no byte is wrong.

use std::fs;
use std::time::Duration;

use jk_e2e::client::{Client, End, get};
use jk_e2e::cluster::ajp_port;
use jk_e2e::front::{Front, Program};
use jk_e2e::load::{App, Load, Plan};
use jk_e2e::member::Member;
use jk_e2e::process::wait_until;
use jk_e2e::site::{Site, SiteText};

const PATIENCE: Duration = Duration::from_secs(60);
const ROUTES: [&str; 2] = ["A", "B"];
const RELOADS: usize = 60;
const TAKEOVERS: usize = 12;
const CLIENTS: usize = 8;
/// Requests between one disturbance and the next.
const BETWEEN: u64 = 100;

const RELOADED: &str = "configuration reloaded";
const TAKEN_OVER: &str = "were taken over";
const KEPT: &str = "the old configuration is kept";

/// COMPAT [second-start], [idle-at-end]: connections that are idle when a successor comes may ask once
/// more, so that none of their requests is lost.
#[test]
fn reloads_and_successors_cost_no_request() {
    let site = Site::claim().unwrap();
    let _members = members(&site);
    write(&site, &workers(0));
    let mut front = Front::start(Program::Jackdaw, &site).unwrap();
    let plan = plan(&front);
    let load = Load::start(plan, CLIENTS, 1);

    for round in 0..RELOADS {
        more_requests(&load);
        // Every fourth is broken: nothing changes, and the log says why.
        let broken = round % 4 == 3;
        let text = if broken { "worker.list=A\nworker.A.type=nonsense\n" } else { &workers(round) };
        site.write_file("workers.properties", text).unwrap();
        let (done, kept) = (count(&site, RELOADED), count(&site, KEPT));
        front.signal("HUP");
        let seen = wait_until(PATIENCE, || {
            let now = (count(&site, RELOADED), count(&site, KEPT));
            (now != (done, kept)).then_some(now)
        });
        let expected = if broken { (done, kept + 1) } else { (done + 1, kept) };
        assert_eq!(seen, Some(expected), "round {round}\n{}", log(&site));
    }
    assert!(log(&site).contains("workers.properties:2"), "where it is broken:\n{}", log(&site));

    site.write_file("workers.properties", &workers(0)).unwrap();
    for round in 0..TAKEOVERS {
        more_requests(&load);
        let taken = count(&site, TAKEN_OVER);
        let successor = Front::start(Program::Jackdaw, &site).unwrap();
        let mut before = std::mem::replace(&mut front, successor);
        // It ends by itself; whoever tells it to, as scripts do, does no harm.
        if round % 2 == 1 {
            let now = wait_until(PATIENCE, || (count(&site, TAKEN_OVER) > taken).then_some(()));
            assert!(now.is_some(), "round {round}: nothing is taken over\n{}", log(&site));
            before.signal("TERM");
        }
        let ended = wait_until(PATIENCE, || before.has_ended().then_some(()));
        assert!(ended.is_some(), "round {round}: the first process serves on\n{}", log(&site));
    }
    more_requests(&load);
    // The last successor can still be reloaded and told to stop.
    let done = count(&site, RELOADED);
    front.signal("HUP");
    assert!(wait_until(PATIENCE, || (count(&site, RELOADED) > done).then_some(())).is_some());
    more_requests(&load);

    let tally = load.stop();
    assert_eq!(tally.failed(), 0, "{tally} of {} requests\n{}", tally.requests, log(&site));
    assert_eq!(tally.seen.len(), ROUTES.len(), "both members answer");
    front.stop();
}

/// A second process whose files are broken takes nothing over.
#[test]
fn a_broken_successor_changes_nothing() {
    let site = Site::claim().unwrap();
    let _members = members(&site);
    write(&site, &workers(0));
    let mut front = Front::start(Program::Jackdaw, &site).unwrap();
    let plan = plan(&front);
    let load = Load::start(plan, 2, 2);
    for _ in 0..3 {
        more_requests(&load);
        site.write_file("workers.properties", "worker.list=A\nworker.A.type=nonsense\n").unwrap();
        // The address answers, for the first process has it; so the second is looked at by its end.
        let mut second = Front::start(Program::Jackdaw, &site);
        if let Ok(second) = &mut second {
            assert!(wait_until(PATIENCE, || second.has_ended().then_some(())).is_some());
        }
        more_requests(&load);
    }
    assert!(!front.has_ended());
    let tally = load.stop();
    assert_eq!(tally.failed(), 0, "{tally} of {} requests\n{}", tally.requests, log(&site));
    front.stop();
}

/// COMPAT [no-root-parent]: whoever was started by root is `User` as a whole.
#[test]
fn nothing_of_root_remains() {
    let site = Site::claim().unwrap();
    let _members = members(&site);
    write(&site, &workers(0));
    let front = Front::start(Program::Jackdaw, &site).unwrap();
    // Real, effective, saved and that of the file system.
    let users = |dir: &str| -> Vec<String> {
        let status = fs::read_to_string(format!("{dir}/status")).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("Uid:")).unwrap();
        line.split_whitespace().map(str::to_owned).collect()
    };
    let root = |users: &[String]| users.contains(&"0".to_owned());
    let of_tasks = || -> Vec<Vec<String>> {
        let tasks = fs::read_dir(format!("/proc/{}/task", front.id())).unwrap();
        tasks.map(|task| users(&task.unwrap().path().to_string_lossy())).collect()
    };
    // The sockets answer a moment before.
    let done = wait_until(PATIENCE, || (!of_tasks().iter().any(|task| root(task))).then_some(()));
    assert!(done.is_some(), "{:?}", of_tasks());
    front.stop();
}

/// A process that is told to stop answers whom it has, and another may begin at once.
#[test]
fn who_begins_while_the_first_stops_serves() {
    let site = Site::claim().unwrap();
    let _members = members(&site);
    write(&site, &workers(0));
    let mut front = Front::start(Program::Jackdaw, &site).unwrap();
    for round in 0..5 {
        let mut client = Client::connect(front.addr()).unwrap();
        client.send(b"GET /demo/slow?ms=700 HTTP/1.1\r\nHost: www.test\r\n\r\n").unwrap();
        // An answer to a request behind it: the first has reached its backend then.
        assert_eq!(get(front.addr(), "/demo/whoami", &[]).unwrap().status, 200);
        front.signal("TERM");
        let successor = Front::start(Program::Jackdaw, &site).unwrap();
        let mut before = std::mem::replace(&mut front, successor);
        let answer = client.receive("GET");
        drop(client);
        assert_eq!((answer.status, answer.end), (200, End::Complete), "round {round}");
        assert!(wait_until(PATIENCE, || before.has_ended().then_some(())).is_some());
        let served = wait_until(PATIENCE, || get(front.addr(), "/demo/whoami", &[]).ok());
        assert_eq!(served.map(|answer| answer.status), Some(200), "round {round}");
        assert!(!front.has_ended(), "round {round}\n{}", log(&site));
    }
    front.stop();
}

/// Without a pause, so that no connection is ever idle for long enough to be ended for that.
fn plan(front: &Front) -> Plan {
    let (pause, work) = (Duration::ZERO, Duration::ZERO);
    Plan { to: front.addr(), app: App::Demo, pause, work, strict: true }
}

fn members(site: &Site) -> Vec<Member> {
    let start = |(index, route): (usize, &&str)| {
        let log = site.dir().join(format!("logs/member-{route}.txt"));
        Member::start(route, site.slot().socket(ajp_port(index)), log).unwrap()
    };
    ROUTES.iter().enumerate().map(start).collect()
}

fn write(site: &Site, workers: &str) {
    let httpd = "LogLevel info\nMaxKeepAliveRequests 50\nJkMount /demo/* lb\n".to_owned();
    let workers = Some(workers.to_owned());
    site.write(&SiteText { workers, httpd, ..SiteText::default() }).unwrap();
}

/// Different from round to round, so that a reload replaces what matters.
fn workers(round: usize) -> String {
    let mut text =
        String::from("worker.list=lb\nworker.lb.type=lb\nworker.lb.balance_workers=A,B\n");
    for (index, route) in ROUTES.iter().enumerate() {
        text.push_str(&format!(
            "worker.{route}.host=@IP@\nworker.{route}.port={}\nworker.{route}.lbfactor={}\n",
            ajp_port(index),
            1 + (round + index) % 3,
        ));
    }
    text
}

/// Waits until the clients have got on.
fn more_requests(load: &Load) {
    let until = load.tally().requests + BETWEEN;
    let on = wait_until(PATIENCE, || (load.tally().requests >= until).then_some(()));
    assert!(on.is_some(), "the clients are stuck: {}", load.tally());
}

fn log(site: &Site) -> String {
    fs::read_to_string(site.dir().join("logs/error.log")).unwrap_or_default()
}

fn count(site: &Site, text: &str) -> usize {
    log(site).matches(text).count()
}
