//! Each row of `testdata/http/` against the whole program: what is refused is refused with that
//! status, the connection ends, nothing reaches the backend, and a request behind it is not executed;
//! what is accepted arrives as the row says. However the bytes are cut.

#[path = "../../../jk-http/tests/common/mod.rs"]
mod rows;

use jk_e2e::ajp::ForwardRequest;
use jk_e2e::backend::Received;
use jk_e2e::client::Client;
use jk_e2e::text::unprintable;
use rows::{Case, cases, escape};

use crate::stage::{Cut, Stage, send};

/// A request behind each row. It ends the connection, so that there is something to wait for.
const PROBE: &[u8] = b"GET /probe HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
const CHUNKED: &[u8] = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";

/// Longer rows are not sent byte by byte.
const LONG: usize = 400;

/// As `testdata/http/measure.py` asks httpd.
fn set() -> Stage {
    let httpd = "ServerName mount.test\nJkMount /* w\nJkOptions +ForwardURICompatUnparsed\n";
    Stage::set(&["on *", "  ask-all 8186", "  answer"], "worker.w.max_packet_size=65536\n", httpd)
}

fn cuts(length: usize) -> impl Iterator<Item = Cut> {
    let all = [Cut::Whole, Cut::Random(1), Cut::Random(2), Cut::Random(3), Cut::Bytes];
    all.into_iter().filter(move |cut| length < LONG || *cut != Cut::Bytes)
}

/// What the whole program is to answer: what a layer above `jk-http` decides is decided as in httpd.
fn wanted(case: &Case) -> &str {
    let above = case.differs.as_ref().is_some_and(|why| why.starts_with("above"));
    if above { &case.httpd } else { &case.want }
}

fn is_status(word: &str) -> bool {
    word.len() == 3 && word.bytes().all(|b| b.is_ascii_digit())
}

/// The method decides whether a response has content.
fn method(bytes: &[u8]) -> &'static str {
    if bytes.trim_ascii_start().starts_with(b"HEAD ") { "HEAD" } else { "GET" }
}

#[test]
fn heads() {
    let stage = set();
    let mut expected = 0;
    for case in cases("heads.txt") {
        let bytes = [&case.send[..], &case.body].concat();
        for cut in cuts(bytes.len()) {
            expected += head(&stage, &case, &bytes, cut);
        }
    }
    finish(&stage, expected);
}

/// Plays a row; says how many whole requests were to reach the backend.
fn head(stage: &Stage, case: &Case, bytes: &[u8], cut: Cut) -> usize {
    let at = format!("{} {cut:?}", case.at);
    let before = stage.came();
    let mut client = stage.client();
    let wanted = wanted(case);
    if wanted == "partial" {
        send(&mut client, bytes, cut);
        expect_nothing(&mut client, &at);
        assert_eq!(stage.came(), before, "{at}");
        return 0;
    }
    send(&mut client, &[bytes, PROBE].concat(), cut);
    let response = client.receive(method(bytes));
    let mut words = wanted.split(' ');
    let first = words.next().unwrap();
    let own = is_status(first);
    let status = if own { first.parse().unwrap() } else { 200 };
    assert_eq!(response.status, status, "{at}");
    let continues = !own && wanted.split(" | ").next().unwrap().contains(" continue ");
    assert_eq!(response.interim, if continues { vec![100] } else { vec![] }, "{at}");
    let keeps = wanted.split(' ').take(3).any(|word| word == "keep");
    expect_end(&mut client, keeps, &at);
    let came = stage.since(before);
    assert_eq!(came.len(), usize::from(!own) + usize::from(keeps), "{at}: {came:?}");
    // What is not content belongs to the next request.
    let mut behind = &b""[..];
    if !own {
        let request = came[0].request.as_ref().unwrap_or_else(|e| panic!("{at}: {e}"));
        let (arrived, row) = (describe(request), without_length(wanted));
        assert_eq!(arrived, row, "{at}");
        assert!(is_whole(&came[0]), "{at}");
        if let Some(length) = request.content_length() {
            let (content, rest) = case.body.split_at(usize::try_from(length).unwrap());
            assert_eq!(came[0].body.bytes, content, "{at}");
            behind = rest;
        }
    }
    if keeps {
        is_probe(came.last().unwrap(), behind, &at);
    }
    came.len()
}

#[test]
fn bodies() {
    let stage = set();
    let mut expected = 0;
    for case in cases("bodies.txt") {
        let bytes = [CHUNKED, &case.send].concat();
        for cut in cuts(bytes.len()) {
            expected += body(&stage, &case, &bytes, cut);
        }
    }
    finish(&stage, expected);
}

fn body(stage: &Stage, case: &Case, bytes: &[u8], cut: Cut) -> usize {
    let at = format!("{} {cut:?}", case.at);
    let before = stage.came();
    let mut client = stage.client();
    let wanted = wanted(case);
    if wanted == "partial" {
        send(&mut client, bytes, cut);
        expect_nothing(&mut client, &at);
        let came = stage.since(before);
        assert!(came.len() <= 1 && !came.iter().any(is_whole), "{at}: {came:?}");
        return 0;
    }
    send(&mut client, &[bytes, PROBE].concat(), cut);
    let response = client.receive("POST");
    let content = wanted.strip_prefix("whole");
    // As mod_jk does, the connection just ends when content breaks off that a backend waits for.
    let status = if content.is_some() { 200 } else { 0 };
    assert_eq!(response.status, status, "{at}");
    expect_end(&mut client, content.is_some(), &at);
    let came = stage.since(before);
    let Some(content) = content else {
        // The head was sound, so that it may have been forwarded; its content never ends.
        assert!(came.len() <= 1 && !came.iter().any(is_whole), "{at}: {came:?}");
        return 0;
    };
    assert_eq!(came.len(), 2, "{at}: {came:?}");
    assert!(is_whole(&came[0]), "{at}");
    assert_eq!(escape(&came[0].body.bytes), content.trim_start(), "{at}");
    is_probe(&came[1], b"", &at);
    2
}

#[test]
fn sequences() {
    let stage = set();
    let mut expected = 0;
    for case in cases("sequences.txt") {
        for cut in cuts(case.send.len()) {
            expected += sequence(&stage, &case, cut);
        }
    }
    finish(&stage, expected);
}

fn sequence(stage: &Stage, case: &Case, cut: Cut) -> usize {
    let at = format!("{} {cut:?}", case.at);
    let before = stage.came();
    let words: Vec<&str> = wanted(case).split(' ').collect();
    let statuses: Vec<u16> =
        words.iter().take_while(|word| is_status(word)).map(|word| word.parse().unwrap()).collect();
    let keeps = words[statuses.len()] == "keep";
    let requests = words[statuses.len() + 1..].join(" ");
    let mut client = stage.client();
    let mut bytes = case.send.clone();
    if !keeps {
        bytes.extend_from_slice(PROBE);
    }
    send(&mut client, &bytes, cut);
    let mut methods = case.send.split(|&b| b == b'\n').filter(|line| {
        line.windows(6).any(|window| window == b" HTTP/") && line.first() != Some(&b' ')
    });
    let mut came = Vec::new();
    for _ in statuses.iter().filter(|&&status| status != 100) {
        let response = client.receive(methods.next().map_or("GET", method));
        came.extend(response.interim);
        came.push(response.status);
    }
    assert_eq!(came, statuses, "{at}");
    if keeps {
        expect_nothing(&mut client, &at);
    } else {
        expect_end(&mut client, false, &at);
    }
    let all = stage.since(before);
    let whole: Vec<String> = all
        .iter()
        .filter(|received| is_whole(received))
        .map(|received| {
            let request = received.request.as_ref().unwrap();
            format!("{} {} {}", name(request), request.uri, received.body.bytes.len())
        })
        .collect();
    assert_eq!(whole.join(" "), requests, "{at}");
    whole.len()
}

/// The same rows where no backend is asked: what `files` says, or `want` where that differs on purpose.
#[test]
fn files() {
    let stage = Stage::set(&[], "", "ServerName files.test\n");
    stage.site.write_file("docs/index.html", "ok\n").unwrap();
    for case in cases("heads.txt") {
        let bytes = [&case.send[..], &case.body].concat();
        cuts(bytes.len()).for_each(|cut| file(&stage, &case, &bytes, cut));
    }
    for case in cases("bodies.txt") {
        let bytes = [CHUNKED, &case.send].concat();
        cuts(bytes.len()).for_each(|cut| file(&stage, &case, &bytes, cut));
    }
    assert_eq!(stage.backend.log().connections, 0);
    stage.serves("/");
}

fn file(stage: &Stage, case: &Case, bytes: &[u8], cut: Cut) {
    let at = format!("{} {cut:?}", case.at);
    let differs = case.differs.as_ref().is_some_and(|why| why.starts_with("compat"));
    let refused = is_status(case.want.split(' ').next().unwrap());
    let wanted = match differs {
        true if refused => case.want.as_str(),
        true if case.want.starts_with("whole") => "200 keep",
        _ => &case.files,
    };
    let mut client = stage.client();
    if wanted.starts_with("partial") {
        send(&mut client, bytes, cut);
        return expect_nothing(&mut client, &at);
    }
    send(&mut client, &[bytes, PROBE].concat(), cut);
    let response = client.receive(method(bytes));
    let statuses: Vec<String> =
        response.interim.iter().chain([&response.status]).map(u16::to_string).collect();
    // Of HTTP/0.9 and TRACE only the status is like others.
    let words: Vec<&str> = wanted.split(' ').take_while(|word| is_status(word)).collect();
    assert_eq!(statuses, words, "{at}");
    // Something is behind, but on a closed connection it is nothing.
    if wanted.split(' ').any(|word| word == "keep") {
        assert!(matches!(client.receive("GET").status, 404 | 501), "{at}: the request behind");
    }
    expect_end(&mut client, false, &at);
}

/// What all rows ask for has come and no request more, not even late; others are served.
fn finish(stage: &Stage, expected: usize) {
    stage.serves("/after");
    let log = stage.backend.log();
    assert!(log.requests.iter().all(|received| received.request.is_ok()));
    assert_eq!(log.requests.iter().filter(|received| is_whole(received)).count(), expected + 1);
    // A request whose content breaks off is left without an end: that is all a container may see.
    let odd: Vec<_> = log.objections.iter().filter(|text| !text.starts_with("Closed(")).collect();
    assert!(odd.is_empty(), "{odd:?}");
}

/// No answer is due; a client that sends no more is given at most a refusal, and the end.
#[track_caller]
fn expect_nothing(client: &mut Client, at: &str) {
    let _ = client.finish_sending();
    let (rest, closed) = client.drain();
    let rest = String::from_utf8_lossy(&rest);
    assert!(closed && (rest.is_empty() || rest.starts_with("HTTP/1.1 4")), "{at}: {rest}");
}

/// The request behind is served, or the connection ends without a word more.
#[track_caller]
fn expect_end(client: &mut Client, serves_another: bool, at: &str) {
    if serves_another {
        assert_eq!(client.receive("GET").status, 200, "{at}: the request behind");
    }
    let (rest, closed) = client.drain();
    assert!(closed && rest.is_empty(), "{at}: {}", String::from_utf8_lossy(&rest));
}

#[track_caller]
fn is_probe(received: &Received, before: &[u8], at: &str) {
    let request = received.request.as_ref().unwrap();
    let method = [before, b"GET"].concat();
    assert_eq!((unprintable(&name(request)), request.uri.as_str()), (method, "/probe"), "{at}");
}

/// Its method, by whatever way it came.
fn name(request: &ForwardRequest) -> String {
    request.method().trim_start_matches("0xff ").to_owned()
}

/// All of its content has come.
fn is_whole(received: &Received) -> bool {
    let announced = received.request.as_ref().unwrap().content_length();
    let length = received.body.bytes.len() as u64;
    received.body.ended || announced == Some(length)
}

/// A Forward Request in the words of the tables, but for how long its content is, which has a place of
/// its own among the fields.
fn describe(request: &ForwardRequest) -> String {
    let bytes = |text: Option<&String>| escape(&unprintable(text.map_or("", String::as_str)));
    let fields: Vec<String> = request
        .headers
        .iter()
        .filter(|header| !header.name.eq_ignore_ascii_case("content-length"))
        .map(|header| {
            let name = bytes(Some(&header.name)).to_ascii_lowercase();
            format!("{name}: {}", bytes(header.value.as_ref()))
        })
        .collect();
    let method = unprintable(&name(request));
    let text = format!(
        "{} {} {} host={}:{} | {}",
        escape(&method),
        bytes(Some(&request.uri)),
        bytes(request.protocol.as_ref()),
        bytes(request.server_name.as_ref()),
        request.server_port,
        fields.join(" | ")
    );
    text.trim_end_matches([' ', '|']).to_owned()
}

/// What a row says of an accepted request, in the form of [`describe`].
fn without_length(row: &str) -> String {
    let (line, fields) = row.split_once(" |").unwrap();
    let mut words: Vec<&str> = line.split(' ').skip(1).collect();
    words.retain(|word| {
        !matches!(*word, "none" | "chunked" | "continue") && !word.starts_with("length=")
    });
    let fields: Vec<&str> = fields
        .split(" | ")
        .map(str::trim_start)
        .filter(|field| !field.starts_with("content-length:"))
        .collect();
    format!("{} | {}", words.join(" "), fields.join(" | ")).trim_end_matches([' ', '|']).to_owned()
}
