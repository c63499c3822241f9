//! How a graceful stop ends, on httpd and on jackdaw: `GracefulShutdownTimeout`.

use std::fs;
use std::time::Duration;

use jk_e2e::client::{Client, End, get};
use jk_e2e::cluster::ajp_port;
use jk_e2e::front::{Front, Program};
use jk_e2e::member::Member;
use jk_e2e::process::wait_until;
use jk_e2e::site::{Site, SiteText};

const PATIENCE: Duration = Duration::from_secs(60);
/// Longer than anybody here waits.
const ENDLESS: &str = "/demo/slow?ms=600000";

#[test]
fn open_connections_end_with_the_time_on_httpd() {
    open_connections_end_with_the_time(Program::Httpd);
}

#[test]
fn open_connections_end_with_the_time_on_jackdaw() {
    open_connections_end_with_the_time(Program::Jackdaw);
}

#[test]
fn zero_is_without_end_on_httpd() {
    zero_is_without_end(Program::Httpd, "GracefulShutdownTimeout 0\n");
}

/// Nor is it without the directive, whatever a stop is given.
#[test]
fn zero_is_without_end_on_jackdaw() {
    let own = "<IfModule jackdaw_module>\nJackdawGraceSeconds 0\n</IfModule>\n";
    zero_is_without_end(Program::Jackdaw, &format!("GracefulShutdownTimeout 0\n{own}"));
    zero_is_without_end(Program::Jackdaw, "");
}

#[test]
fn term_ends_a_graceful_stop_on_httpd() {
    term_ends_a_graceful_stop(Program::Httpd);
}

#[test]
fn term_ends_a_graceful_stop_on_jackdaw() {
    term_ends_a_graceful_stop(Program::Jackdaw);
}

/// COMPAT [idle-at-end]: what TERM gives is time, too. A request that is on its way when somebody sends it, as
/// scripts do to a process that was replaced, is answered.
#[test]
fn idle_connections_ask_once_more_after_term_has_come_behind() {
    let (site, _member) = site("GracefulShutdownTimeout 0\nKeepAliveTimeout 60\n");
    let mut front = Front::start(Program::Jackdaw, &site).unwrap();
    let mut idle = Client::connect(front.addr()).unwrap();
    let request = b"GET /demo/whoami HTTP/1.1\r\nHost: www.test\r\n\r\n";
    idle.send(request).unwrap();
    assert_eq!(idle.receive("GET").status, 200);
    for (signal, sign) in [("WINCH", "take their time"), ("TERM", "told to stop")] {
        front.signal(signal);
        let heard = wait_until(PATIENCE, || log(&site).contains(sign).then_some(()));
        assert!(heard.is_some(), "{}", log(&site));
    }
    idle.send(request).unwrap();
    let answer = idle.receive("GET");
    assert_eq!((answer.status, answer.end), (200, End::Complete));
    assert_eq!(answer.field("Connection"), Some(&b"close"[..]));
    drop(idle);
    assert!(wait_until(PATIENCE, || front.has_ended().then_some(())).is_some());
}

fn open_connections_end_with_the_time(program: Program) {
    let (site, _member) = site("GracefulShutdownTimeout 1\n");
    let mut front = Front::start(program, &site).unwrap();
    let mut waiting = in_flight(&front, ENDLESS);
    front.signal("WINCH");
    assert_ne!(waiting.receive("GET").end, End::Complete);
    assert!(wait_until(PATIENCE, || front.has_ended().then_some(())).is_some());
}

fn zero_is_without_end(program: Program, httpd: &str) {
    let (site, _member) = site(httpd);
    let mut front = Front::start(program, &site).unwrap();
    let mut waiting = in_flight(&front, "/demo/slow?ms=1500");
    front.signal("WINCH");
    let answer = waiting.receive("GET");
    assert_eq!((answer.status, answer.end), (200, End::Complete), "{}", log(&site));
    drop(waiting);
    assert!(wait_until(PATIENCE, || front.has_ended().then_some(())).is_some());
}

fn term_ends_a_graceful_stop(program: Program) {
    // jackdaw gives what is in flight so much after TERM; httpd gives nothing.
    let (site, _member) = site(
        "<IfModule jackdaw_module>\nJackdawGraceSeconds 1\n</IfModule>\n\
                                GracefulShutdownTimeout 0\n",
    );
    let mut front = Front::start(program, &site).unwrap();
    let mut waiting = in_flight(&front, ENDLESS);
    front.signal("WINCH");
    let sign = match program {
        Program::Httpd => "AH00492",
        Program::Jackdaw => "take their time",
    };
    let heard = wait_until(PATIENCE, || log(&site).contains(sign).then_some(()));
    assert!(heard.is_some(), "{}", log(&site));
    front.signal("TERM");
    assert_ne!(waiting.receive("GET").end, End::Complete);
    assert!(wait_until(PATIENCE, || front.has_ended().then_some(())).is_some());
}

/// A request that has reached its backend.
fn in_flight(front: &Front, target: &str) -> Client {
    let mut client = Client::connect(front.addr()).unwrap();
    let request = format!("GET {target} HTTP/1.1\r\nHost: www.test\r\n\r\n");
    client.send(request.as_bytes()).unwrap();
    // An answer to a request behind it.
    assert_eq!(get(front.addr(), "/demo/whoami", &[]).unwrap().status, 200);
    client
}

fn site(httpd: &str) -> (Site, Member) {
    let site = Site::claim().unwrap();
    let ajp = site.slot().socket(ajp_port(0));
    let member = Member::start("A", ajp, site.dir().join("logs/member.txt")).unwrap();
    let workers = format!("worker.list=A\nworker.A.host=@IP@\nworker.A.port={}\n", ajp_port(0));
    let httpd = format!("LogLevel info\nJkMount /demo/* A\n{httpd}");
    site.write(&SiteText { workers: Some(workers), httpd, ..SiteText::default() }).unwrap();
    (site, member)
}

fn log(site: &Site) -> String {
    fs::read_to_string(site.dir().join("logs/error.log")).unwrap_or_default()
}
