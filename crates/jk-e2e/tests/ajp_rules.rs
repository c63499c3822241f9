//! The rules by which a proxy that speaks AJP cannot be made to carry a second, forged request: each
//! is attacked in front of a real Tomcat, with a wire-tap in between.
//!
//! The worst that can happen: a container reads a data packet where it expects a request. A packet of
//! 512 to 767 bytes begins with 2, as a Forward Request does, so that a body becomes a request from
//! any address, as any user, for any path. `hidden.jsp` is mapped by no rule: whoever reaches it has
//! done just that.

use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use jk_e2e::ajp::{Composed, body_chunk, data_packet, end_response, send_headers};
use jk_e2e::client::{Client, End, Response, get};
use jk_e2e::cluster::{ajp_port, testdata};
use jk_e2e::front::{Front, Program};
use jk_e2e::site::{Site, SiteText};
use jk_e2e::tap::{Recorded, Tap};
use jk_e2e::text::fnv;
use jk_e2e::tomcat::{PACKET_SIZE, Tomcat, TomcatConfig};

/// Nothing takes longer.
const PATIENCE: Duration = Duration::from_secs(20);

/// What the sealed connector wants, and what jackdaw sends it.
const SECRETS: [&str; 2] = ["the-right-one", "a-wrong-one"];

/// A rule's attacks.
type Rule = fn(&Stage);

/// One Tomcat serves all of them, one after the other.
const RULES: [(&str, Rule); 13] = [
    ("the attacks work without a proxy", attacks_work_on_tomcat),
    ("R1 a data packet only after one sound length", r01_one_sound_length),
    ("R2 the length comes first", r02_length_first),
    ("R3 no data packet looks like a request", r03_no_packet_looks_like_a_request),
    ("R4 nothing that Tomcat would refuse", r04_nothing_that_tomcat_refuses),
    ("R5 no attribute of the client's", r05_no_attribute_of_the_clients),
    ("R6 one reading of the framing", r06_one_reading_of_the_framing),
    ("R7 a doubtful connection is closed", r07_doubtful_connections_are_closed),
    ("R8 an idle connection that speaks is closed", r08_idle_connections_that_speak),
    ("R9 never more than asked or announced", r09_never_more_than_asked),
    ("R10 a body is read to its end, or the connection ends", r10_bodies_are_read_or_closed),
    ("short bodies and vanished clients", short_bodies),
    ("everything that passed is sound", all_that_passed_is_sound),
];

#[test]
fn ajp_rules_hold_before_tomcat() {
    let stage = Stage::set();
    let mut broken = Vec::new();
    for (name, rule) in RULES {
        let held = catch_unwind(AssertUnwindSafe(|| {
            rule(&stage);
            stage.is_unharmed();
        }));
        if held.is_err() {
            broken.push(name);
        }
    }
    assert!(broken.is_empty(), "these do not hold: {broken:#?}");
}

/// The attacker's own way to Tomcat: what the rules below prevent does happen without them.
fn attacks_work_on_tomcat(stage: &Stage) {
    let forged = forged().as_content();
    let post = |headers: &[(&str, &str)]| {
        let mut request = Composed::new(4, b"/door.jsp").header("host", b"www.test");
        for (name, value) in headers {
            request = request.header(name, value.as_bytes());
        }
        request.packet()
    };
    let length = forged.len().to_string();
    // R1: a data packet that was not announced. R4, R5: a request that Tomcat refuses.
    let unannounced = post(&[("content-length", "0")]);
    let twice = post(&[("content-length", &length), ("content-length", &length)]);
    let bad_host = Composed::new(4, b"/door.jsp")
        .header("host", b"a b")
        .header("content-length", length.as_bytes())
        .packet();
    let attribute = Composed::new(4, b"/door.jsp")
        .header("content-length", length.as_bytes())
        .attribute("jakarta.servlet.include.request_uri", b"/x")
        .packet();
    let mut hits = 0;
    for request in [unannounced, twice, bad_host, attribute] {
        stage.direct(stage.tomcat_addr, &[&request, &data_packet(&forged)]);
        hits += 1;
        stage.hits_become(hits);
    }
    // R3, and the secret: a connector that refuses the request leaves its packet for the next one.
    let request = post(&[("content-length", &length)]);
    let secret = Composed::new(2, b"/hidden.jsp").secret(SECRETS[0].as_bytes()).as_content();
    stage.direct(stage.sealed_addr, &[&request, &data_packet(&secret)]);
    hits += 1;
    stage.hits_become(hits);
    stage.expected_hits.set(hits);
}

fn r01_one_sound_length(stage: &Stage) {
    let forged = forged().as_content();
    let n = forged.len();
    for (fields, status) in [
        (format!("Content-Length: +{n}"), 400),
        (format!("Content-Length: -{n}"), 400),
        (format!("Content-Length: {n}, {n}"), 400),
        (format!("Content-Length: {n} {n}"), 400),
        (format!("Content-Length: 0x{n:x}"), 400),
        (format!("Content-Length: {n}\r\nContent-Length: 0"), 400),
        (format!("Content-Length: 0\r\nContent-Length: {n}"), 400),
        (format!("Content-Length: 99999999999999999999{n}"), 400),
        ("Content-Length:".to_owned(), 400),
        // These announce nothing; what follows is no request.
        ("Content-Length: 0".to_owned(), 200),
        ("X-Content-Length: 5".to_owned(), 200),
    ] {
        let mut client = stage.client();
        client.send(&post("/door.jsp?r1", &fields, &forged)).unwrap();
        let answer = client.receive("POST");
        assert_eq!(answer.status, status, "{fields}");
        expect_refusal_and_end(&mut client, status != 200, &fields);
    }
    // Leading zeros are no ambiguity to anybody.
    let answer = stage.ask(&post("/door.jsp?read", &format!("Content-Length: 0000{n}"), &forged));
    assert_eq!(answer.text(), digest(&forged));
    for exchange in stage.open.exchanges().unwrap() {
        let lengths = || {
            let headers = exchange.request.headers.iter();
            headers.filter(|header| header.name.eq_ignore_ascii_case("content-length"))
        };
        assert!(lengths().count() <= 1, "{:?}", exchange.request);
        let sound = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        assert!(lengths().all(|header| header.value.as_deref().is_some_and(sound)));
    }
}

fn r02_length_first(stage: &Stage) {
    let forged = forged().as_content();
    let fields = format!("X-First: 1\r\nCookie: a=b\r\nContent-Length: {}", forged.len());
    let answer = stage.ask(&post("/door.jsp?read", &fields, &forged));
    assert_eq!(answer.text(), digest(&forged));
    let exchanges = stage.open.exchanges().unwrap();
    let request = &exchanges.last().unwrap().request;
    assert_eq!(request.headers[0].name, "content-length", "{:?}", request.headers);
    // Whatever else comes: it is first, or the body streams without one.
    for exchange in exchanges {
        let headers = &exchange.request.headers;
        let at = headers.iter().position(|h| h.name.eq_ignore_ascii_case("content-length"));
        assert!(at.is_none_or(|at| at == 0), "{headers:?}");
    }
}

fn r03_no_packet_looks_like_a_request(stage: &Stage) {
    // Every border of the lengths that would, in one packet and in those after the first.
    let borders = [511, 512, 514, 516, 767, 768, 2559, 2560, 2561, 2815, 2816];
    for n in borders.into_iter().flat_map(|n| [n, 8186 + n, 2 * 8186 + n]) {
        let body: Vec<u8> = (0..n).map(|i| (i % 251) as u8).collect();
        let length = format!("Content-Length: {n}");
        let answer = stage.ask(&post("/door.jsp?read", &length, &body));
        assert_eq!(answer.text(), digest(&body), "{n} bytes");
        let answer = stage.ask(&chunked("/door.jsp?read", &[&body]));
        assert_eq!(answer.text(), digest(&body), "{n} bytes in a chunk");
    }
    // A connector that refuses every request and leaves its packets for the next.
    let secret = Composed::new(2, b"/hidden.jsp").secret(SECRETS[0].as_bytes());
    for forged in [forged(), secret] {
        let forged = forged.as_content();
        let length = format!("Content-Length: {}", forged.len());
        assert_eq!(stage.ask(&post("/sealed.jsp", &length, &forged)).status, 403);
        assert_eq!(stage.ask(&chunked("/sealed.jsp", &[&forged])).status, 403);
        // Behind a first packet, as the rest of a body.
        let behind = [&[b'a'; 8186][..], &forged].concat();
        let length = format!("Content-Length: {}", behind.len());
        assert_eq!(stage.ask(&post("/sealed.jsp", &length, &behind)).status, 403);
        assert_eq!(stage.ask(&post("/door.jsp?part", &length, &behind)).status, 200);
        assert_eq!(stage.ask(&chunked("/door.jsp?part", &[&[b'a'; 10], &forged])).status, 200);
    }
    for recorded in stage.open.recorded().iter().chain(&stage.sealed.recorded()) {
        for exchange in recorded.exchanges().unwrap() {
            for data in exchange.data {
                let first = (data.len() >> 8) as u8;
                assert!(first != 0x02 && first != 0x0a, "a data packet of {} bytes", data.len());
            }
        }
    }
}

fn r04_nothing_that_tomcat_refuses(stage: &Stage) {
    let forged = forged().as_content();
    let before = stage.open.exchanges().unwrap().len();
    let many: String = (0..101).map(|i| format!("X-{i}: 1\r\n")).collect();
    let hosts = ["a b", "a\x01b", "[::1", "a/b", "a@b"];
    let targets = ["door.jsp", "/door.jsp\x01", "/door.jsp\x7f", "/%zz/door.jsp", "/a b/door.jsp"];
    let methods = ["PO ST", "PO(ST", "PO\x01ST"];
    let line = |method: &str, target: &str, host: &str, more: &str| {
        let n = forged.len();
        format!("{method} {target} HTTP/1.1\r\nHost: {host}\r\n{more}Content-Length: {n}\r\n\r\n")
    };
    let mut heads = vec![line("POST", "/door.jsp", "www.test", &many)];
    heads.extend(hosts.iter().map(|host| line("POST", "/door.jsp", host, "")));
    heads.extend(targets.iter().map(|target| line("POST", target, "www.test", "")));
    heads.extend(methods.iter().map(|method| line(method, "/door.jsp", "www.test", "")));
    for head in heads {
        let answer = stage.ask(&[head.as_bytes(), &forged].concat());
        assert!((400..500).contains(&answer.status), "{} to {head:?}", answer.status);
    }
    assert_eq!(stage.open.exchanges().unwrap().len(), before, "none of them is Tomcat's");
    // What is allowed to come through is encoded so that there is one reading of it.
    for target in ["/door.jsp%20?x", "/door.jsp%3Fx", "/door.jsp%23x", "/door.jsp%0Ax"] {
        stage.ask(format!("GET {target} HTTP/1.1\r\nHost: x\r\n\r\n").as_bytes());
    }
    for exchange in stage.open.exchanges().unwrap() {
        let uri = &exchange.request.uri;
        assert!(uri.starts_with('/'), "{uri}");
        assert!(!uri.contains(|c: char| c <= ' ' || "?#\\".contains(c)), "{uri:?}");
        assert!(exchange.request.headers.len() <= 100);
    }
}

fn r05_no_attribute_of_the_clients(stage: &Stage) {
    let mut head = String::from("GET /door.jsp?who HTTP/1.1\r\nHost: www.test\r\n");
    for name in [
        "AJP_REMOTE_PORT",
        "JK_REMOTE_ADDR",
        "JK_REMOTE_USER",
        "REMOTE_USER",
        "JK_LB_ACTIVATION",
        "HTTPS",
        "X-Forwarded-For",
        "jakarta.servlet.include.request_uri",
    ] {
        head.push_str(&format!("{name}: 203.0.113.66\r\n"));
    }
    let answer = stage.ask(format!("{head}\r\n").as_bytes());
    let text = answer.text();
    assert!(text.starts_with("127.") && text.ends_with(" null false"), "{text:?}");
    let fixed = ["AJP_REMOTE_PORT", "AJP_LOCAL_ADDR", "AJP_SSL_PROTOCOL", "JK_LB_ACTIVATION"];
    for exchange in stage.open.exchanges().unwrap() {
        for attribute in exchange.request.attributes.iter().filter(|a| a.named) {
            assert!(fixed.contains(&attribute.name.as_str()), "{attribute:?}");
            assert!(!attribute.value.as_deref().unwrap_or_default().contains("203.0.113.66"));
        }
        assert_eq!(exchange.request.attribute("remote_user"), None);
    }
}

fn r06_one_reading_of_the_framing(stage: &Stage) {
    let marks = stage.marks();
    let inner = "GET /door.jsp?mark HTTP/1.1\r\nHost: www.test\r\n\r\n";
    let n = inner.len();
    let whole = format!("0\r\n\r\n{inner}");
    for (version, fields, body) in [
        // Both: what one side takes for content, the other takes for a request.
        ("1.1", format!("Content-Length: {}\r\nTransfer-Encoding: chunked", whole.len()), &whole),
        ("1.1", format!("Transfer-Encoding: chunked\r\nContent-Length: {}", whole.len()), &whole),
        ("1.1", format!("Content-Length: {n}\r\nTransfer-Encoding: identity"), &whole),
        ("1.1", "Transfer-Encoding: identity, chunked".to_owned(), &whole),
        ("1.1", "Transfer-Encoding: chunked, identity".to_owned(), &whole),
        ("1.1", "Transfer-Encoding: chunked, chunked".to_owned(), &whole),
        ("1.1", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked".to_owned(), &whole),
        ("1.1", "Transfer-Encoding: gzip, chunked".to_owned(), &whole),
        ("1.1", "Transfer-Encoding: xchunked".to_owned(), &whole),
        ("1.1", "Transfer-Encoding: \"chunked\"".to_owned(), &whole),
        ("1.1", "Transfer-Encoding: chunked;x=y".to_owned(), &whole),
        ("1.1", "Transfer-Encoding : chunked".to_owned(), &whole),
        ("1.1", "Transfer-Encoding\x0b: chunked".to_owned(), &whole),
        ("1.1", "Transfer-Encoding:\r\n chunked, identity".to_owned(), &whole),
        ("1.0", "Transfer-Encoding: chunked".to_owned(), &whole),
        ("1.0", format!("Content-Length: {n}\r\nTransfer-Encoding: chunked"), &whole),
    ] {
        let mut client = stage.client();
        let head =
            format!("POST /door.jsp?read HTTP/{version}\r\nHost: www.test\r\n{fields}\r\n\r\n");
        client.send(format!("{head}{body}").as_bytes()).unwrap();
        let answer = client.receive("POST");
        let both = fields.contains("Content-Length") && version == "1.1";
        assert!(
            matches!(answer.status, 400 | 501) || (both && answer.text() == digest(b"")),
            "{} {:?} to {fields:?}",
            answer.status,
            answer.text()
        );
        expect_refusal_and_end(&mut client, true, &fields);
    }
    // Chunks that two readers might measure differently.
    for chunks in [
        "0x5\r\nabcde\r\n0\r\n\r\n",
        "+5\r\nabcde\r\n0\r\n\r\n",
        "5 5\r\nabcde\r\n0\r\n\r\n",
        "5\nabcde\n0\n\n",
        "5\r\nabcdeXX0\r\n\r\n",
        "5\r\nabcde0\r\n\r\n",
        "fffffffffffffffff\r\nabcde\r\n0\r\n\r\n",
        "\r\nabcde\r\n0\r\n\r\n",
        "5;a=\"\n\"\r\nabcde\r\n0\r\n\r\n",
    ] {
        let mut client = stage.client();
        let head = "POST /door.jsp?read HTTP/1.1\r\nHost: www.test\r\nTransfer-Encoding: chunked";
        client.send(format!("{head}\r\n\r\n{chunks}{inner}").as_bytes()).unwrap();
        let answer = client.receive("POST");
        assert!(answer.status != 200, "{chunks:?} is content: {:?}", answer.text());
        expect_refusal_and_end(&mut client, true, chunks);
    }
    assert_eq!(stage.marks(), marks, "a hidden request was answered");
}

fn r07_doubtful_connections_are_closed(stage: &Stage) {
    // Tomcat says that the connection must not be used again, and keeps it open.
    let forged = forged().as_content();
    let length = format!("Content-Length: {}", forged.len());
    for _ in 0..3 {
        let before = stage.sealed.connections();
        assert_eq!(stage.ask(&post("/sealed.jsp", &length, &forged)).status, 403);
        assert_eq!(stage.sealed.connections(), before + 1, "a refused connection was used again");
        assert!(stage.sealed.wait(PATIENCE, |all| all.iter().all(|one| one.left)));
    }
    // A timeout: the late answer must not become the next request's.
    for _ in 0..3 {
        let before = stage.timed.connections();
        assert_eq!(stage.get("/slow.jsp?1000").status, 504);
        assert!(stage.timed.wait(PATIENCE, |all| all.iter().all(|one| one.left)));
        assert_eq!(stage.get("/slow.jsp?0").text(), "slow 0");
        assert_eq!(stage.timed.connections(), before + 2);
        // Forget the good one, so that the next round begins anew.
        stage.timed.inject(&end_response(1));
        assert!(stage.timed.wait(PATIENCE, |all| all.iter().all(|one| one.left)));
    }
    // A client that goes away in the middle of its content.
    let before = stage.open_ends();
    let mut client = stage.client();
    client.send(&post("/door.jsp?read", "Content-Length: 20000", &[b'z'; 9000])).unwrap();
    let letters = |bytes: &[u8]| bytes.iter().filter(|&&byte| byte == b'z').count();
    let begun = |all: &[&Recorded]| all.iter().any(|one| letters(&one.up) > 8000);
    assert!(stage.open.wait(PATIENCE, begun));
    drop(client);
    assert!(
        stage.open.wait(PATIENCE, |all| all.iter().filter(|one| one.left).count() > before),
        "the connection of an unfinished upload was kept"
    );
    assert_eq!(stage.get("/door.jsp?after").text(), "answered after");
}

fn r08_idle_connections_that_speak(stage: &Stage) {
    let mut poison = send_headers(200, b"OK", &[]);
    poison.extend_from_slice(&body_chunk(b"POISON"));
    poison.extend_from_slice(&end_response(1));
    for (round, bytes) in
        [&poison[..], &end_response(1), &body_chunk(b""), b"A", &poison, &poison].iter().enumerate()
    {
        // Several idle connections: whichever is taken, what it said is not an answer.
        let clients: Vec<Client> = (0..4)
            .map(|_| {
                let mut client = stage.client();
                client.send(b"GET /slow.jsp?100 HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
                client
            })
            .collect();
        for mut client in clients {
            assert_eq!(client.receive("GET").text(), "slow 100");
        }
        assert!(stage.timed.inject(bytes) > 0, "round {round}: no connection is idle");
        for i in 0..8 {
            let answer = stage.get("/slow.jsp?0");
            assert_eq!(answer.text(), "slow 0", "round {round}, request {i}");
        }
    }
}

fn r09_never_more_than_asked(stage: &Stage) {
    let body: Vec<u8> = (0..70_000_u32).map(|i| (i % 241) as u8).collect();
    let length = format!("Content-Length: {}", body.len());
    assert_eq!(stage.ask(&post("/door.jsp?read", &length, &body)).text(), digest(&body));
    let pieces: Vec<&[u8]> = body.chunks(30_000).collect();
    assert_eq!(stage.ask(&chunked("/door.jsp?read", &pieces)).text(), digest(&body));
    // More than announced: the rest is no content, and no request either.
    let mut client = stage.client();
    client.send(&post("/door.jsp?read", "Content-Length: 10", &body[..600])).unwrap();
    assert_eq!(client.receive("POST").text(), digest(&body[..10]));
    for exchange in stage.open.exchanges().unwrap() {
        let announced = exchange.request.content_length();
        let first = usize::from(announced.is_some_and(|n| n > 0));
        let sent: u64 = exchange.data.iter().map(|data| data.len() as u64).sum();
        assert!(announced.is_none_or(|announced| sent <= announced), "{sent} of {announced:?}");
        for (data, asked) in exchange.data.iter().skip(first).zip(&exchange.asked) {
            assert!(data.len() <= usize::from(*asked), "{} of {asked}", data.len());
        }
        assert!(exchange.data.len() <= first + exchange.asked.len());
    }
}

fn r10_bodies_are_read_or_closed(stage: &Stage) {
    let marks = stage.marks();
    let inner = b"GET /door.jsp?mark HTTP/1.1\r\nHost: www.test\r\n\r\n";
    for n in [inner.len(), 5000, 20_000, 200_000] {
        let mut body = vec![b'\n'; n];
        body[n - inner.len()..].copy_from_slice(inner);
        // Tomcat answers without reading it; the next request is the one behind it.
        let mut client = stage.client();
        client.send(&post("/door.jsp?nothing", &format!("Content-Length: {n}"), &body)).unwrap();
        assert_eq!(client.receive("POST").text(), "answered nothing");
        let next = client.send(b"GET /door.jsp?next HTTP/1.1\r\nHost: x\r\n\r\n");
        let answer = client.receive("GET");
        assert!(
            next.is_err() || answer.text() == "answered next" || answer.status == 0,
            "{n}: {:?}",
            answer.text()
        );
        let mut client = stage.client();
        client.send(&chunked("/door.jsp?nothing", &[&body])).unwrap();
        assert_eq!(client.receive("POST").text(), "answered nothing");
        let next = client.send(b"GET /door.jsp?next HTTP/1.1\r\nHost: x\r\n\r\n");
        let answer = client.receive("GET");
        assert!(next.is_err() || answer.text() == "answered next" || answer.status == 0);
    }
    // Answered early, and only then comes the rest, which reads like a request.
    let n = 30_000 + inner.len();
    let mut client = stage.client();
    let head = post("/door.jsp?nothing", &format!("Content-Length: {n}"), &[b'a'; 30_000]);
    client.send(&head).unwrap();
    assert_eq!(client.receive("POST").text(), "answered nothing");
    // Either it is read as the content it is, or the connection has ended.
    let _ = client.send(inner);
    let _ = client.finish_sending();
    assert_eq!(client.drain().0, b"", "the end of a body was answered");
    assert_eq!(stage.marks(), marks, "a body was taken for a request");
}

/// Clients that promise a body and do not deliver it, in every way to a forged request.
fn short_bodies(stage: &Stage) {
    let forged = forged().as_content();
    for target in
        ["/door.jsp?read", "/door.jsp?part", "/door.jsp?early", "/door.jsp?no", "/sealed.jsp"]
    {
        for (announced, sent) in [(514, 0), (514, 1), (514, 513), (9000, 514), (20_000, 8186 + 514)]
        {
            for vanish in [false, true] {
                let content: Vec<u8> = forged.iter().copied().cycle().take(sent).collect();
                let length = format!("Content-Length: {announced}");
                let mut client = stage.client();
                client.send(&post(target, &length, &content)).unwrap();
                if !vanish {
                    client.finish_sending().unwrap();
                    client.drain();
                }
            }
        }
        let mut client = stage.client();
        let mut half = chunked(target, &[&forged]);
        half.truncate(half.len() - 5 - 100);
        client.send(&half).unwrap();
        client.finish_sending().unwrap();
        client.drain();
    }
    // Everybody else's requests are answered with what is theirs.
    for i in 0..20 {
        let word = format!("own{i}");
        let answer = stage.get(&format!("/door.jsp?{word}"));
        assert_eq!(answer.text(), format!("answered {word}"));
    }
}

/// Last: the whole of what went over the wire can be read in one way only.
fn all_that_passed_is_sound(stage: &Stage) {
    for tap in [&stage.open, &stage.sealed, &stage.timed] {
        let exchanges = tap.exchanges().unwrap();
        assert!(exchanges.len() > 5);
        for recorded in tap.recorded() {
            let own = recorded.exchanges().unwrap();
            // After an end without reuse nothing more goes over the connection.
            let end = own.iter().position(|exchange| exchange.reuse != Some(true));
            assert!(end.is_none_or(|at| at + 1 == own.len()), "{own:#?}");
        }
        for exchange in exchanges {
            assert_ne!(exchange.request.uri, "/hidden.jsp");
        }
    }
}

/// Jackdaw before one Tomcat, and the taps between them.
struct Stage {
    front: Front,
    open: Tap,
    /// To a connector that refuses what jackdaw sends.
    sealed: Tap,
    /// To the open connector, by a worker with a reply timeout.
    timed: Tap,
    tomcat_addr: SocketAddr,
    sealed_addr: SocketAddr,
    expected_hits: std::cell::Cell<u32>,
    _tomcat: Tomcat,
    _site: Site,
}

impl Stage {
    fn set() -> Self {
        let site = Site::claim().unwrap();
        let addr = |index: usize| site.slot().socket(ajp_port(index));
        let (tomcat_addr, sealed_addr) = (addr(0), addr(1));
        let mut tomcat = Tomcat::prepare(TomcatConfig {
            route: "A".to_owned(),
            ajp: tomcat_addr,
            cluster: None,
            webapps: vec![("ROOT".to_owned(), testdata().join("webapps/attack"))],
            sealed: Some((sealed_addr, SECRETS[0].to_owned())),
            packet_size: PACKET_SIZE,
        })
        .unwrap();
        tomcat.start().unwrap();
        let open = Tap::start(addr(2), tomcat_addr).unwrap();
        let sealed = Tap::start(addr(3), sealed_addr).unwrap();
        let timed = Tap::start(addr(4), tomcat_addr).unwrap();
        let mut workers = String::from("worker.list=open,sealed,timed\n");
        for (index, name) in ["open", "sealed", "timed"].iter().enumerate() {
            let port = ajp_port(2 + index);
            workers.push_str(&format!("worker.{name}.host=@IP@\nworker.{name}.port={port}\n"));
        }
        workers.push_str(&format!("worker.sealed.secret={}\n", SECRETS[1]));
        workers.push_str("worker.timed.reply_timeout=700\nworker.timed.retries=1\n");
        let httpd = "JkMount /door.jsp open\nJkMount /door.jsp/* open\n\
            JkMount /sealed.jsp sealed\nJkMount /slow.jsp timed\n";
        site.write(&SiteText {
            workers: Some(workers),
            httpd: httpd.to_owned(),
            ..SiteText::default()
        })
        .unwrap();
        let front = Front::start(Program::Jackdaw, &site).unwrap();
        let stage = Self {
            front,
            open,
            sealed,
            timed,
            tomcat_addr,
            sealed_addr,
            expected_hits: std::cell::Cell::new(0),
            _tomcat: tomcat,
            _site: site,
        };
        // Compiles the pages, which takes longer than anything that is measured below.
        stage.direct(tomcat_addr, &[&Composed::new(2, b"/slow.jsp").packet()]);
        assert_eq!(stage.get("/door.jsp?hits").text(), "0");
        assert_eq!(get(stage.front.addr(), "/hidden.jsp", &[]).unwrap().status, 404);
        stage
    }

    fn client(&self) -> Client {
        Client::connect(self.front.addr()).unwrap()
    }

    fn get(&self, target: &str) -> Response {
        get(self.front.addr(), target, &[]).unwrap()
    }

    /// These bytes on a connection of their own, and the first answer.
    fn ask(&self, bytes: &[u8]) -> Response {
        let mut client = self.client();
        client.send(bytes).unwrap();
        client.receive("POST")
    }

    /// Packets on a connection of their own to Tomcat itself; answered when it has read them all.
    fn direct(&self, to: SocketAddr, packets: &[&[u8]]) {
        let mut client = Client::connect(to).unwrap();
        client.send(&packets.concat()).unwrap();
        client.finish_sending().unwrap();
        client.drain();
    }

    fn number(&self, target: &str) -> u32 {
        let text = self.get(target).text();
        text.parse().unwrap_or_else(|_| panic!("{text:?} is no number"))
    }

    fn marks(&self) -> u32 {
        self.number("/door.jsp?marks")
    }

    #[track_caller]
    fn hits_become(&self, hits: u32) {
        assert_eq!(self.number("/door.jsp?hits"), hits, "the attack did not work on Tomcat itself");
    }

    /// Nobody has reached the hidden page, and others are served.
    #[track_caller]
    fn is_unharmed(&self) {
        let hits = self.number("/door.jsp?hits");
        assert_eq!(hits, self.expected_hits.get(), "a forged request was executed");
        assert_eq!(self.get("/door.jsp?well").text(), "answered well");
    }

    fn open_ends(&self) -> usize {
        self.open.recorded().iter().filter(|one| one.left).count()
    }
}

/// A request that no client may make: a hidden page, from elsewhere, as somebody.
fn forged() -> Composed {
    Composed::new(2, b"/hidden.jsp").remote_user(b"root")
}

fn post(target: &str, fields: &str, content: &[u8]) -> Vec<u8> {
    let head = format!("POST {target} HTTP/1.1\r\nHost: www.test\r\n{fields}\r\n\r\n");
    [head.as_bytes(), content].concat()
}

fn chunked(target: &str, pieces: &[&[u8]]) -> Vec<u8> {
    let mut out = post(target, "Transfer-Encoding: chunked", b"");
    for piece in pieces {
        out.extend_from_slice(format!("{:x}\r\n", piece.len()).as_bytes());
        out.extend_from_slice(piece);
        out.extend_from_slice(b"\r\n");
    }
    out.extend_from_slice(b"0\r\n\r\n");
    out
}

/// What `door.jsp?read` says of a body.
fn digest(body: &[u8]) -> String {
    format!("{} {:016x}", body.len(), fnv(body))
}

/// The connection ends, and what came before its end is at most one refusal more.
#[track_caller]
fn expect_refusal_and_end(client: &mut Client, refused_already: bool, what: &str) {
    let _ = client.finish_sending();
    if !refused_already {
        let answer = client.receive("GET");
        let refused = (400..=501).contains(&answer.status) || answer.end == End::Truncated;
        assert!(refused, "{} for what is no request: {what}", answer.status);
    }
    let (rest, closed) = client.drain();
    let rest = String::from_utf8_lossy(&rest);
    assert!(closed && rest.is_empty(), "{what}: {rest}");
}
