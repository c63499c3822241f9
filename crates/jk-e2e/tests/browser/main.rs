//! The status worker's pages in a real browser: what an administrator clicks, what a page of somebody
//! else cannot do, and what a small screen shows.

mod driver;

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::time::Duration;

use driver::Browser;
use jk_e2e::backend::{Script, ScriptedBackend};
use jk_e2e::client::get;
use jk_e2e::cluster::ajp_port;
use jk_e2e::front::{Front, Program};
use jk_e2e::process::wait_until;
use jk_e2e::site::{Site, SiteText};

const PATIENCE: Duration = Duration::from_secs(60);

const WORKERS: &str = "\
worker.list=lb,solo,status
worker.lb.type=lb
worker.lb.balance_workers=A,B,C
worker.C.activation=disabled
worker.status.type=status
";

const HTTPD: &str = "\
Listen @IP@:8081
JkMount /jkstatus status
JkMount /app/* lb
JkMount /solo/* solo
";

/// A page of another origin that tries all that a page can do without being asked, then says so.
const ATTACK: &str = r#"<!DOCTYPE html><title>busy</title><body><script>
const url = 'http://@IP@:8080/jkstatus?cmd=update&w=lb&sw=A&vwa=2&by=';
const image = new Promise(done => {
  const img = new Image(); img.onload = img.onerror = done; img.src = url + 'image';
});
const frame = new Promise(done => {
  const it = document.createElement('iframe'); it.onload = done; it.src = url + 'frame';
  document.body.append(it);
});
const call = fetch(url + 'fetch', { mode: 'no-cors' }).catch(() => {});
const post = fetch(url + 'post', { mode: 'no-cors', method: 'POST', body: 'x' }).catch(() => {});
Promise.all([image, frame, call, post]).then(() => { document.title = 'done'; });
</script><a href="http://@IP@:8080/jkstatus?cmd=update&w=lb&sw=A&vwa=2">free beer</a>"#;

struct World {
    site: Site,
    front: Front,
    browser: Browser,
    _backends: Vec<ScriptedBackend>,
}

impl World {
    fn start() -> Self {
        let site = Site::claim().unwrap();
        let mut workers = WORKERS.to_owned();
        for (at, name) in ["A", "B", "C", "solo"].into_iter().enumerate() {
            let port = ajp_port(at % 3);
            workers += &format!("worker.{name}.host=@IP@\nworker.{name}.port={port}\n");
        }
        site.write(&SiteText {
            workers: Some(workers),
            httpd: HTTPD.to_owned(),
            files: vec![("docs/attack.html".to_owned(), ATTACK.to_owned())],
            ..SiteText::default()
        })
        .unwrap();
        let sequence = Arc::new(AtomicUsize::new(0));
        let backend = |at: usize| {
            let script = Script::parse(&["on *: answer 200"]).unwrap();
            let addr = site.slot().socket(ajp_port(at));
            ScriptedBackend::start("ABC".get(at..=at).unwrap(), addr, script, Arc::clone(&sequence))
        };
        let backends = (0..3).map(|at| backend(at).unwrap()).collect();
        let front = Front::start(Program::Jackdaw, &site).unwrap();
        let browser = Browser::start(site.dir());
        Self { site, front, browser, _backends: backends }
    }

    fn open(&self, query: &str) {
        self.browser.open(&format!("http://{}/jkstatus{query}", self.front.addr()));
    }

    /// What a monitoring script reads.
    fn property(&self, name: &str) -> String {
        let page = get(self.front.addr(), "/jkstatus?cmd=list&mime=prop", &[]).unwrap().text();
        let value = page.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
        value.unwrap_or_else(|| panic!("no {name} in {page}")).to_owned()
    }

    /// Waits until the browser is where it should be.
    fn settle(&self, there: impl Fn() -> bool) {
        let there = wait_until(PATIENCE, || there().then_some(()));
        assert!(there.is_some(), "{}", self.browser.url());
    }

    /// Asks for something of the load balancer, in no session.
    fn ask(&self) {
        assert_eq!(get(self.front.addr(), "/app/x", &[]).unwrap().status, 200);
    }
}

/// The texts of the cells in the row of a member.
fn cells(member: &str) -> String {
    format!(
        "return [...document.querySelectorAll('tr')].map(row => \
         [...row.cells].map(cell => cell.textContent.trim())) \
         .find(row => row[1] == '{member}' && row[0].includes('E'))"
    )
}

#[test]
fn a_member_is_found_edited_and_obeys() {
    let world = World::start();
    let browser = &world.browser;
    world.open("");
    let heads =
        browser.texts("return [...document.querySelectorAll('h2')].map(h => h.textContent)");
    assert!(
        heads.iter().any(|head| head.starts_with("Listing Load Balancing Worker")),
        "{heads:?}"
    );
    assert_eq!(browser.texts(&cells("C"))[2], "DIS");

    // To the load balancer, to its member's form, and back with other values.
    browser.click("a[href*='cmd=show'][href*='w=lb']");
    assert!(browser.url().contains("cmd=show"), "{}", browser.url());
    browser.click("a[href*='cmd=edit'][href*='sw=A']");
    browser.fill("#vwf", "7");
    // What would be markup is replaced, as by mod_jk.
    browser.fill("#vwn", "r<oute\"&");
    browser.click("#vwa2");
    browser.click("form input[type=submit]");
    world.settle(|| !browser.url().contains("cmd=update"));
    let shown = browser.texts(&cells("A"));
    assert_eq!(shown[2], "STP", "{shown:?}");
    assert!(shown.contains(&"r@oute@&".to_owned()), "{shown:?}");
    assert_eq!(world.property("worker.A.lbfactor"), "7");
    assert_eq!(world.property("worker.A.activation"), "STP");
    let before = world.property("worker.A.elected");
    (0..6).for_each(|_| world.ask());
    assert_eq!(world.property("worker.A.elected"), before, "a stopped member is not asked");
    assert_eq!(world.property("worker.B.elected"), "6");

    // One attribute of all members at once.
    browser.script("document.querySelector('select[name=att]').value = 'vwf'");
    browser.click(
        "select[name=att] ~ input[type=submit], .bar select[name=att], form select[name=att]",
    );
    let submit = "const form = document.querySelector('select[name=att]').form; \
                  form.querySelector('select').value = 'vwf'; form.requestSubmit();";
    browser.script(submit);
    world.settle(|| browser.url().contains("att=vwf"));
    let values = "return [...document.querySelectorAll('input[type=text]')].map(i => i.value)";
    assert_eq!(browser.texts(values), ["7", "1", "1"]);
    // Browsers ask for an icon, of which no httpd knows.
    let mut said = browser.console();
    said.retain(|line| !line.contains("/favicon.ico"));
    assert_eq!(said, [""; 0]);
}

#[test]
fn resetting_and_the_other_formats_are_a_click_away() {
    let world = World::start();
    let browser = &world.browser;
    world.ask();
    world.open("");
    assert_eq!(world.property("worker.lb.member_count"), "3");
    let elected = |name: &str| world.property(&format!("worker.{name}.elected"));
    assert_eq!(elected("A"), "1");
    browser.click("a[href*='cmd=reset'][href*='w=lb']");
    assert_eq!(elected("A"), "0");
    world.open("");
    browser.click("a[href*='opt=']");
    assert!(browser.url().contains("opt="), "{}", browser.url());
    for (format, mark) in
        [("xml", "<?xml"), ("txt", "Balancer Worker"), ("prop", "worker.lb.type=lb")]
    {
        world.open("");
        let submit = format!(
            "const choice = document.querySelector('select[name=mime]'); choice.value = '{format}'; \
             choice.form.requestSubmit();"
        );
        browser.script(&submit);
        let url = format!("mime={format}");
        world.settle(|| browser.url().contains(&url));
        let page = get(world.front.addr(), &format!("/jkstatus?{url}"), &[]).unwrap().text();
        assert!(page.contains(mark), "{page}");
    }
}

/// COMPAT [status-cross-site]
#[test]
fn a_page_of_another_origin_changes_nothing() {
    let world = World::start();
    let browser = &world.browser;
    let elsewhere = format!("http://{}/attack.html", world.site.slot().socket(8081));
    browser.open(&elsewhere);
    let tried =
        wait_until(PATIENCE, || (browser.script("return document.title") == "done").then_some(()));
    assert!(tried.is_some());
    assert_eq!(world.property("worker.A.activation"), "ACT");
    browser.click("a");
    assert_eq!(world.property("worker.A.activation"), "ACT", "{}", browser.url());
    // The address typed by hand, and a script without any of a browser's fields, do.
    world.open("?cmd=update&w=lb&sw=A&vwa=1");
    assert_eq!(world.property("worker.A.activation"), "DIS");
    get(world.front.addr(), "/jkstatus?cmd=update&w=lb&sw=A&vwa=2", &[]).unwrap();
    assert_eq!(world.property("worker.A.activation"), "STP");
}

#[test]
fn nothing_in_an_address_becomes_markup() {
    let world = World::start();
    let evil = "%22%3E%3Cimg%20src=x%20onerror=%22window.evil=1%22%3E";
    for query in [
        format!("?w={evil}"),
        format!("?cmd=show&w=lb&sw={evil}"),
        format!("?cmd={evil}"),
        format!("?cmd=edit&w=lb&att={evil}"),
        format!("?opt={evil}&re={evil}"),
        format!("?cmd=edit&w=lb&sw=A&from={evil}&psw={evil}"),
        format!("?cmd=update&w=lb&sw=A&vwn={evil}"),
        "?cmd=list".to_owned(),
        "?cmd=edit&w=lb&sw=A".to_owned(),
    ] {
        world.open(&query);
        let found = "return (window.evil ? 1 : 0) + document.querySelectorAll('img').length";
        assert_eq!(world.browser.number(found), 0, "{query}");
    }
}

#[test]
fn every_page_fits_a_telephone() {
    let world = World::start();
    for width in [360, 1200] {
        world.browser.show_as_wide_as(width);
        for query in [
            "",
            "?cmd=show&w=lb",
            "?cmd=edit&w=lb",
            "?cmd=edit&w=lb&sw=A",
            "?cmd=edit&w=solo",
            "?cmd=edit&w=lb&att=vwa",
            "?cmd=dump",
        ] {
            world.open(query);
            let wide = world.browser.number("return document.documentElement.scrollWidth");
            assert!(wide <= i64::from(width), "{query} is {wide} wide on {width}");
            // What can be touched is large enough to be hit.
            let low = "return Math.min(...[...document.querySelectorAll('input[type=submit],\
                       input[type=text],select')].map(it => it.getBoundingClientRect().height), 99)";
            assert!(world.browser.number(low) >= 24, "{query} on {width}");
        }
    }
}
