//! The demo servlet, over AJP.

use std::io::Write;

use crate::ajp::node;
use crate::client::{Answer, Ask, Client, GET, request};

fn session_of(answer: &Answer) -> String {
    let cookie = answer.field("set-cookie").expect("a new session sets its cookie");
    cookie.split(';').next().unwrap().to_owned()
}

fn with(cookie: &str) -> Ask<'_> {
    Ask { cookie: Some(cookie), ..GET }
}

#[test]
fn a_session_is_counted_and_belongs_to_one_backend() {
    let (one, two) = (node("node1"), node("node2"));
    let (mut at_one, mut at_two) = (Client::new(one.addr()), Client::new(two.addr()));

    let first = at_one.get("/whoami");
    let cookie = session_of(&first);
    let id = cookie.strip_prefix("JSESSIONID=").unwrap();
    assert!(id.ends_with(".node1"), "{id}");
    assert_eq!(first.text(), format!("route=node1 session={id} hits=1\n"));

    let again = at_one.ask("/app/whoami", with(&format!("a=b; {cookie}; c=d")));
    assert_eq!(again.text(), format!("route=node1 session={id} hits=2\n"));
    assert_eq!(again.field("set-cookie"), None);

    let moved = at_two.ask("/whoami", with(&cookie));
    assert!(session_of(&moved).ends_with(".node2"));
    assert!(moved.text().starts_with("route=node2 ") && moved.text().ends_with(" hits=1\n"));

    assert_ne!(session_of(&at_one.get("/whoami")), cookie, "without a cookie, a new session");
}

#[test]
fn a_forgotten_session_begins_anew() {
    let node = node("node1");
    let mut client = Client::new(node.addr());
    let cookie = session_of(&client.get("/"));
    assert!(client.ask("/whoami", with(&cookie)).text().ends_with("hits=2\n"));
    let forgotten = client.ask("/forget", with(&cookie));
    assert_eq!((forgotten.status, forgotten.field("location")), (302, Some("./")));
    assert!(forgotten.field("set-cookie").unwrap().contains("Max-Age=0"));
    assert!(client.ask("/whoami", with(&cookie)).text().ends_with("hits=1\n"));
}

#[test]
fn ids_that_are_none_of_ours_are_not_taken_up() {
    let node = node("node1");
    let mut client = Client::new(node.addr());
    let long = format!("{}.node1", "a".repeat(200));
    for id in ["x.node2", "x", ".node1", "<b>.node1", "x.y.node1", long.as_str()] {
        let answer = client.ask("/whoami", with(&format!("JSESSIONID={id}")));
        assert!(answer.field("set-cookie").is_some(), "{id}");
        assert!(!answer.text().contains(&format!("session={id} ")), "{id}");
    }
}

#[test]
fn the_page_shows_who_answered_and_needs_no_foreign_files() {
    let node = node("node<1>");
    let mut client = Client::new(node.addr());
    let page = client.get("/shop/\"><script>");
    let text = page.text();
    assert_eq!(page.field("content-type"), Some("text/html; charset=utf-8"));
    assert!(text.contains("<h1>node&lt;1&gt;</h1>"));
    assert!(text.contains("<dd>ACT</dd>"));
    assert!(text.contains("/shop/&quot;&gt;&lt;script&gt;"));
    assert!(!text.contains("{{") && !text.contains("http://") && !text.contains("https://"));
    assert!(text.contains("viewport"));
}

#[test]
fn a_slow_answer_holds_up_nobody_else() {
    let node = node("node1");
    let mut slow = Client::new(node.addr());
    slow.socket.write_all(&request("/slow?ms=60000", GET)).unwrap();
    let mut quick = Client::new(node.addr());
    assert!(quick.get("/slow?ms=1").text().starts_with("route=node1 "));
    assert!(quick.get("/whoami").text().starts_with("route=node1 "));
}

#[test]
fn statuses_are_as_asked_for() {
    let node = node("node1");
    let mut client = Client::new(node.addr());
    for status in [200, 404, 418, 500, 503, 599] {
        let answer = client.get(&format!("/status/{status}"));
        assert_eq!(answer.status, status);
        assert_eq!(answer.text(), format!("status {status} from node1\n"));
    }
}
