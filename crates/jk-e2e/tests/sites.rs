//! Whole sites as found in the wild, in front of real Tomcats with replicated sessions. Each is
//! proved on httpd with mod_jk first.

use std::fs;
use std::time::Duration;

use jk_e2e::client::{Response, get};
use jk_e2e::cluster::{self, testdata};
use jk_e2e::front::{Front, Program};
use jk_e2e::process::wait_until;
use jk_e2e::site::{Site, SiteText};
use jk_e2e::tomcat::Tomcat;

const CLUSTER: [(&str, &str); 1] = [("ROOT", "cluster")];
const COMMON_LOG: &str = "LogFormat \"%h %l %u %t \\\"%r\\\" %>s %b\" common\n";

#[test]
fn three_members_on_httpd() {
    three_members(Program::Httpd);
}

#[test]
fn three_members_on_jackdaw() {
    three_members(Program::Jackdaw);
}

#[test]
fn two_members_on_httpd() {
    two_members(Program::Httpd);
}

#[test]
fn two_members_on_jackdaw() {
    two_members(Program::Jackdaw);
}

/// Everything is mounted on three members; sessions are sticky by default.
fn three_members(program: Program) {
    let site = Site::claim().unwrap();
    let routes = ["tomcat01", "tomcat02", "tomcat03"];
    let mut tomcats = cluster::start(site.slot(), &routes, &CLUSTER).unwrap();
    site.write(&three_members_site("")).unwrap();
    let front = Front::start(program, &site).unwrap();

    assert_eq!(members(&front, "/index.jsp", 6), [routes, routes].concat(), "in turn");
    let mut session = Session::begin(&front, "colour", "green");
    let first = session.route();
    assert_eq!(session.expect(&front, "colour = green"), first, "sticky");

    kill(&mut tomcats, &first);
    let second = session.expect(&front, "colour = green");
    assert_ne!(second, first, "another serves the session now");
    assert_eq!(session.expect(&front, "colour = green"), second, "sticky again");
    front.stop();
}

/// Two members, the least busy first, without stickiness; static files beside the application.
fn two_members(program: Program) {
    let site = Site::claim().unwrap();
    let mut tomcats = cluster::start(site.slot(), &["worker1", "worker2"], &CLUSTER).unwrap();
    survives_a_killed_member(program, &site, &mut tomcats);
    refuses_when_sessions_are_forced(program, &site, &mut tomcats);
    uses_a_returned_member_again(program, &site, &mut tomcats);
}

fn survives_a_killed_member(program: Program, site: &Site, tomcats: &mut [Tomcat]) {
    site.write(&two_members_site("")).unwrap();
    let front = Front::start(program, site).unwrap();
    let turns = ["worker1", "worker2", "worker1", "worker2"];
    assert_eq!(members(&front, "/index.jsp", 4), turns, "in turn");
    let page = get(front.addr(), "/", &[]).unwrap();
    assert_eq!((page.status, page.text().as_str()), (200, "static index\n"));
    assert_eq!(get(front.addr(), "/elsewhere", &[]).unwrap().status, 404);

    let mut session = Session::begin(&front, "colour", "green");
    let turns: Vec<String> = (0..4).map(|_| session.expect(&front, "colour = green")).collect();
    assert_eq!(turns, ["worker2", "worker1", "worker2", "worker1"], "not sticky");
    kill(tomcats, "worker1");
    for _ in 0..4 {
        assert_eq!(session.expect(&front, "colour = green"), "worker2");
    }
    front.stop();
    restart(tomcats, "worker1");
}

fn refuses_when_sessions_are_forced(program: Program, site: &Site, tomcats: &mut [Tomcat]) {
    let forced = "worker.controller.sticky_session=1\nworker.controller.sticky_session_force=1\n";
    site.write(&two_members_site(forced)).unwrap();
    let front = Front::start(program, site).unwrap();
    let mut session = Session::begin(&front, "colour", "green");
    let owner = session.route();
    assert_eq!(session.expect(&front, "colour = green"), owner);
    kill(tomcats, &owner);
    let refused = session.get(&front, "/index.jsp").status;
    assert_eq!(refused, 503, "nobody else may serve the session");
    assert_eq!(get(front.addr(), "/index.jsp", &[]).unwrap().status, 200, "others are served");
    front.stop();
    restart(tomcats, &owner);
}

fn uses_a_returned_member_again(program: Program, site: &Site, tomcats: &mut [Tomcat]) {
    site.write(&two_members_site("worker.maintain=1\nworker.controller.recover_time=1\n")).unwrap();
    let front = Front::start(program, site).unwrap();
    kill(tomcats, "worker1");
    assert_eq!(members(&front, "/index.jsp", 4), ["worker2"; 4]);
    restart(tomcats, "worker1");
    let returned = wait_until(Duration::from_secs(30), || {
        members(&front, "/index.jsp", 1).contains(&"worker1".to_owned()).then_some(())
    });
    assert!(returned.is_some(), "worker1 is never used again");
    front.stop();
}

/// A browser's view of a session: it sends the latest cookie it was given. A Tomcat that takes a
/// session over changes the route in its id.
struct Session {
    id: String,
}

impl Session {
    fn begin(front: &Front, name: &str, value: &str) -> Self {
        let mut session = Self { id: String::new() };
        let target = format!("/index.jsp?dataName={name}&dataValue={value}");
        assert_eq!(session.get(front, &target).status, 200);
        session
    }

    /// The member that has it.
    fn route(&self) -> String {
        self.id.split_once('.').unwrap().1.to_owned()
    }

    fn get(&mut self, front: &Front, target: &str) -> Response {
        let cookie = format!("JSESSIONID={}", self.id);
        let response = get(front.addr(), target, &[("Cookie", &cookie)]).unwrap();
        if let Some(cookie) = response.field("Set-Cookie") {
            let cookie = String::from_utf8(cookie.to_vec()).unwrap();
            let id = cookie.strip_prefix("JSESSIONID=").unwrap().split(';').next().unwrap();
            self.id = id.to_owned();
        }
        response
    }

    /// The page must show `text`; returns the member that made it.
    #[track_caller]
    fn expect(&mut self, front: &Front, text: &str) -> String {
        let response = self.get(front, "/index.jsp");
        assert_eq!(response.status, 200);
        assert!(response.text().contains(text), "{text:?} is not in:\n{}", response.text());
        member(&response)
    }
}

fn members(front: &Front, target: &str, n: usize) -> Vec<String> {
    (0..n).map(|_| member(&get(front.addr(), target, &[]).unwrap())).collect()
}

#[track_caller]
fn member(response: &Response) -> String {
    let text = response.text();
    let rest =
        text.split_once("Member ").unwrap_or_else(|| panic!("{}\n{text}", response.status)).1;
    rest.split('<').next().unwrap().to_owned()
}

fn kill(tomcats: &mut [Tomcat], route: &str) {
    tomcats.iter_mut().find(|t| t.route() == route).unwrap().kill();
}

fn restart(tomcats: &mut [Tomcat], route: &str) {
    tomcats.iter_mut().find(|t| t.route() == route).unwrap().start().unwrap();
    tomcats.iter_mut().for_each(|tomcat| tomcat.wait_for_peers().unwrap());
}

fn three_members_site(more: &str) -> SiteText {
    let workers = read("three-members/workers.properties")
        .replace("=localhost", "=@IP@")
        .replace("=192.168.1.190", "=@IP@")
        .replace("=192.168.1.188", "=@IP@")
        .replace("=8009", &format!("={}", cluster::ajp_port(0)))
        .replace("=8019", &format!("={}", cluster::ajp_port(1)))
        .replace("=8029", &format!("={}", cluster::ajp_port(2)));
    SiteText {
        httpd: "Include conf.d/*.conf\n".to_owned(),
        files: vec![
            ("conf.d/mod_jk.conf".to_owned(), read("three-members/mod_jk.conf")),
            ("conf/workers.properties".to_owned(), workers + more),
        ],
        ..SiteText::default()
    }
}

fn two_members_site(more: &str) -> SiteText {
    let workers = read("two-members/workers.properties")
        .replace("=localhost", "=@IP@")
        .replace("=8009", &format!("={}", cluster::ajp_port(0)))
        .replace("=18009", &format!("={}", cluster::ajp_port(1)));
    let vhost = read("two-members/httpd.vhost.conf")
        .replace("*:80", "*:@PORT@")
        .replace("/opt/webapps/test1", "@DIR@/docs")
        .replace("/usr/local/apache/conf", "@DIR@/conf");
    let access = "LoadModule access_compat_module /usr/lib/apache2/modules/mod_access_compat.so\n";
    SiteText {
        workers: Some(workers + more),
        httpd: format!("{access}{COMMON_LOG}Include conf/httpd.vhost.conf\n"),
        files: vec![
            ("conf/httpd.vhost.conf".to_owned(), vhost),
            (
                "conf/uriworkermap.properties".to_owned(),
                read("two-members/uriworkermap.properties"),
            ),
            ("docs/index.html".to_owned(), "static index\n".to_owned()),
        ],
        ..SiteText::default()
    }
}

fn read(name: &str) -> String {
    fs::read_to_string(testdata().join("sites").join(name)).unwrap()
}
