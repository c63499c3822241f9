//! What no query may do, whatever it says.

use jk_balance::Seconds;
use jk_status::view::{Ajp, AjpValues, Backend, Lb, Map, Member, View, Worker};
use jk_status::{Addresses, Answer, Caller, Request, answer};
use jk_types::{Activation, AjpKind, Lock, MemberState, Method, StatusSettings};
use proptest::prelude::*;

fn settings() -> StatusSettings {
    StatusSettings {
        name: "s".into(),
        css: None,
        read_only: false,
        users: Vec::new(),
        user_case_insensitive: false,
        good: None,
        bad: None,
        prefix: "worker".into(),
        ns: "jk:".into(),
        xmlns: "xmlns:jk=\"http://tomcat.apache.org\"".into(),
        doctype: None,
    }
}

fn backend(name: &str) -> Backend {
    Backend {
        name: name.into(),
        kind: AjpKind::Ajp13,
        settings: AjpValues { host: "h".into(), port: 8009, ..AjpValues::default() },
        address: "127.0.0.1:8009".parse().ok(),
        prefer_ipv6: false,
        source: None,
        used: 0,
        client_errors: 0,
        reply_timeouts: 0,
        transferred: 0,
        read: 0,
        busy: 0,
        max_busy: 0,
        connected: 0,
        max_connected: 0,
        last_reset: Seconds(900),
    }
}

/// A balancer `lb` with members `n1` and `n2`, and a worker `w1`; `odd` stands wherever text is free.
fn view(odd: &str) -> View {
    let member = |name: &str, state, activation| Member {
        backend: backend(name),
        activation,
        lbfactor: 1,
        route: odd.into(),
        redirect: odd.into(),
        domain: odd.into(),
        distance: 0,
        state,
        mult: 1,
        value: 0,
        sessions: 0,
        errors: 0,
        first_error: Some(Seconds(950)),
        last_error: Some(Seconds(960)),
    };
    let map = Map {
        server: odd.into(),
        uri: odd.into(),
        kind: "Exact".into(),
        source: "JkMount",
        reply_timeout: -1,
        sticky_ignore: false,
        stateless: false,
        fail_on_status: String::new(),
        active: odd.into(),
        disabled: String::new(),
        stopped: String::new(),
        use_server_errors: 0,
    };
    let lb = Lb {
        name: "lb".into(),
        sticky_session: true,
        sticky_session_force: false,
        retries: 2,
        retry_interval: 100,
        recover_time: 60,
        error_escalation_time: 30,
        max_reply_timeouts: 0,
        method: Method::Request,
        lock: Lock::Optimistic,
        busy: 0,
        max_busy: 0,
        last_maintain: Seconds(980),
        last_reset: Seconds(900),
        members: vec![
            member("n1", MemberState::Error, Activation::Active),
            member("n2", MemberState::Ok, Activation::Active),
        ],
        maps: vec![map.clone()],
    };
    let ajp =
        Ajp { backend: backend("w1"), state: "OK", errors: 0, error_time: None, maps: vec![map] };
    View {
        server_name: odd.into(),
        server_port: 80,
        now: Seconds(1_000),
        zone: |_| 3_600,
        web_server: odd.into(),
        jk_version: "v".into(),
        maintain: 60,
        workers: vec![Worker::Lb(lb), Worker::Ajp(ajp)],
        properties: vec![
            ("worker.w1.host".into(), odd.into()),
            ("a.secretkey".into(), "hush".into()),
        ],
    }
}

fn ask(query: &str, view: &View) -> Answer {
    let caller = Caller { path: "/s", ..Caller::default() };
    answer(&settings(), &Request::parse(query.as_bytes()), caller, view, &Addresses::new())
}

/// S1, S13: a version page holds no worker, in local time.
#[test]
fn a_version_page_holds_no_worker() {
    let page = ask("cmd=version&mime=txt", &view("x")).page;
    assert!(page.contains("Time: datetime=19700101011640 tz=+0100 unix=1000\n"), "{page}");
    assert!(!page.contains("lb") && page.ends_with("message=\"Action finished\"\n"));
}

/// S8: what cannot be resolved changes nothing, and everything that needs it is named.
#[test]
fn hosts_are_named_before_they_are_needed() {
    let view = view("x");
    let names = |query: &str| Request::parse(query.as_bytes()).lookups(&view);
    assert_eq!(names("cmd=update&w=w1&vahst=no.such"), ["no.such"]);
    assert_eq!(names("cmd=update&w=lb&sw=n*&vaprt=9"), ["h"]);
    assert_eq!(names("cmd=update&w=lb&sw=n1&vwf=2"), [""; 0]);
    assert_eq!(names("cmd=show&w=w1&vahst=no.such"), [""; 0]);
    let answer = ask("cmd=update&w=w1&vahst=no.such", &view);
    assert!(answer.actions.is_empty());
    let failure = answer.failure.unwrap_or_default();
    assert!(failure.contains("could not resolve address 'no.such:8009'"), "{failure}");
}

/// A box that is not ticked sends the value before it alone.
#[test]
fn boxes_can_be_switched_off() {
    let page = ask("cmd=edit&w=lb", &view("x")).page;
    assert!(page.contains("name=\"vls\" value=\"0\"><input name=\"vls\""), "{page}");
    assert_eq!(ask("cmd=update&w=lb&vls=0", &view("x")).actions.len(), 1);
    assert_eq!(ask("cmd=update&w=lb&vls=0&vls=on", &view("x")).actions.len(), 0);
}

#[test]
fn secrets_are_not_dumped() {
    for mime in ["html", "xml", "txt", "prop"] {
        assert!(!ask(&format!("cmd=dump&mime={mime}"), &view("x")).page.contains("hush"));
    }
}

/// Words that lead somewhere, mixed with words that should not.
fn queries() -> impl Strategy<Value = String> {
    let item = prop_oneof![
        "cmd=(list|show|edit|update|reset|recover|version|dump)",
        "mime=(html|xml|txt|prop)",
        "w=(lb|w1)",
        "sw=(n1|n2|n\\*)",
        "from=(list|show)",
        "att=(vwa|vwf|vwn|vart)",
        "opt=[0-9]{1,3}",
        "(vwn|vahst|val0|psw|zz)=(%3C|%22|%26|%0A|%E2|[<>&\"'\\\\a-z]){0,70}",
        "(%3C|[<>&\"'=a-z]){0,8}=(%3C|[<>&\"'a-z]){0,8}",
    ];
    prop::collection::vec(item, 0..9).prop_map(|items| items.join("&"))
}

proptest! {
    /// No `<` of an input reaches a page as one, no quote ends an attribute, no line is made up.
    #[test]
    fn input_stays_text(query in queries()) {
        const ODD: &str = "<b a='x' \"&";
        let answer = ask(&query, &view(ODD));
        let page = &answer.page;
        match answer.content_type {
            "text/html" => {
                prop_assert!(!page.contains("<b a") && !page.contains("<a-"), "{}", page);
                balanced(page)?;
            }
            "text/xml" => balanced(page)?,
            _ => prop_assert!(page.ends_with('\n')),
        }
    }

    #[test]
    fn any_bytes_are_a_query(query in prop::collection::vec(any::<u8>(), 0..200)) {
        let view = view("x");
        let request = Request::parse(&query);
        let _ = request.lookups(&view);
        let caller = Caller { path: "/s", ..Caller::default() };
        let answer = answer(&settings(), &request, caller, &view, &Addresses::new());
        prop_assert!(!answer.page.is_empty());
    }
}

/// Between two `<` there is a `>`, and the quotes of each tag come in pairs.
fn balanced(page: &str) -> Result<(), TestCaseError> {
    let page = match page.split_once("</style>") {
        Some((_, rest)) => rest,
        None => page,
    };
    for tag in page.split('<').skip(1) {
        let Some((tag, text)) = tag.split_once('>') else {
            return Err(TestCaseError::fail(format!("a tag without end: {tag}")));
        };
        prop_assert_eq!(tag.matches('"').count() % 2, 0, "{}", tag);
        prop_assert!(!text.contains('>'), "{}", text);
    }
    Ok(())
}
