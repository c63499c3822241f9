//! `testdata/ajp/hostile.txt`: broken and hostile backends, packet by packet.

use std::fmt::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::Duration;

use ajp13::container;

use super::wire::*;
use super::world::{Backend, Client, World};

const PROBED: &str = "worker.w.ping_mode=A\n";
const SETTINGS: &str = "worker.w.retries=1\nworker.w.reply_timeout=10000\n";

/// Whatever a backend sends, no more than this is held for a client: a packet or two, a head, what
/// was received of the request.
const MOST_HELD: usize = 400 * 1024;

/// Content of requests.
const LETTER: u8 = b'c';

#[test]
fn each_backend_ends_as_decided_and_harms_nobody() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/ajp/hostile.txt");
    let text = std::fs::read_to_string(path).expect("the table is there");
    let rows = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let mut wrong = String::new();
    let mut count = 0;
    for line in rows {
        let case = Case::parse(line);
        for step in [usize::MAX, 1] {
            // The long ones say nothing more byte by byte, and take their time.
            if step == 1 && (case.is_long() || case.has("whole")) {
                continue;
            }
            // A broken invariant is told by its own message; the others are still to be seen.
            let played = catch_unwind(AssertUnwindSafe(|| play(&case, step)));
            let (answer, connection) = played.unwrap_or_else(|_| ("panicked".to_owned(), ""));
            if (answer.as_str(), connection) != (case.answer, case.connection) {
                let _ = writeln!(wrong, "{}, {step} at a time: {answer} | {connection}", case.name);
            }
        }
        count += 1;
    }
    assert!(count > 100, "{count} cases");
    assert!(wrong.is_empty(), "not as decided:\n{wrong}");
}

/// A line of the table.
struct Case<'a> {
    name: &'a str,
    request: Vec<&'a str>,
    acts: Vec<&'a str>,
    answer: &'a str,
    connection: &'a str,
}

impl<'a> Case<'a> {
    fn parse(line: &'a str) -> Self {
        let columns: Vec<&str> = line.split('|').map(str::trim).collect();
        let [name, request, acts, answer, connection] = columns[..] else {
            panic!("five columns: {line}")
        };
        let words = |text: &'a str| text.split_whitespace().collect();
        Self { name, request: words(request), acts: words(acts), answer, connection }
    }

    fn has(&self, word: &str) -> bool {
        self.request.contains(&word)
    }

    fn is_long(&self) -> bool {
        self.acts.iter().any(|act| act.contains('*') || act.contains("fill:"))
    }

    /// What the client sends.
    fn request(&self) -> Vec<u8> {
        let head = |method: &str, more: &str| {
            format!("{method} /app HTTP/1.1\r\nHost: www.example.org\r\n{more}\r\n").into_bytes()
        };
        let first = self.request[0];
        let (method, size) = first.split_once(':').unwrap_or((first, "0"));
        let (announced, sent) = size.split_once('/').unwrap_or((size, size));
        let content = vec![LETTER; sent.parse().expect("a number of bytes")];
        match method {
            "POST" => [head("POST", &format!("Content-Length: {announced}\r\n")), content].concat(),
            "CHUNKED" => {
                let mut out = head("POST", "Transfer-Encoding: chunked\r\n");
                out.extend_from_slice(format!("{:x}\r\n", content.len()).as_bytes());
                out.extend_from_slice(&content);
                out.extend_from_slice(b"\r\n0\r\n\r\n");
                out
            }
            method => head(method, ""),
        }
    }
}

/// What the client got, and what became of the connection.
fn play(case: &Case<'_>, step: usize) -> (String, &'static str) {
    let workers = format!("{ONE}{SETTINGS}{}", if case.has("ping") { PROBED } else { "" });
    let mut world = World::new(&workers, "w");
    if case.has("deaf") {
        world.backends_take(1024);
    }
    let client = world.client(1 << 20);
    world.send(&client, &case.request());
    let backend = world.accept();
    let mut got = Vec::new();
    for act in &case.acts {
        perform(&mut world, &client, &backend, act, step, &mut got);
        got.extend(world.receive(&client));
    }
    world.backends_take(1 << 20);
    let outcome = outcome(case, &got, client.end.is_ended());
    assert!(!world.is_connecting(), "{}: one try, one connection", case.name);
    // An idle connection that is closed is seen by its end; one in use must have been given up.
    let closed = backend.end.is_ended();
    next_is_unharmed(case, &mut world, &client, &backend, closed);
    (outcome, if closed { "closed" } else { "kept" })
}

fn perform(
    world: &mut World,
    client: &Client,
    backend: &Backend,
    act: &str,
    step: usize,
    got: &mut Vec<u8>,
) {
    let (times, act) = match act.split_once('*') {
        Some((times, act)) => (times.parse().expect("a number of times"), act),
        None => (1, act),
    };
    let (word, argument) = act.split_once(':').unwrap_or((act, ""));
    match word {
        "close" => return world.close(backend),
        "wait" => {
            return world.wait(Duration::from_millis(argument.parse().expect("milliseconds")));
        }
        "rest" => return,
        _ => {}
    }
    let bytes = packet(word, argument);
    for _ in 0..times {
        for piece in bytes.chunks(step.min(bytes.len())) {
            world.answer(backend, piece);
        }
        got.extend(world.receive(client));
        assert!(world.most_held() < MOST_HELD, "{act}: {} bytes are held", world.most_held());
        // What the proxy says takes no room for ever.
        if times > 1 && !backend.end.is_ended() && world.backends_read() {
            backend.end.drain();
        }
    }
}

/// The bytes of a packet in the table's language.
fn packet(word: &str, argument: &str) -> Vec<u8> {
    let number = || argument.parse().unwrap_or_else(|_| panic!("{word}:{argument}"));
    match word {
        "headers" => send_headers(argument),
        "chunk" => chunk(&unprintable(argument)),
        "fill" => vec![b'f'; usize::from(number())].chunks(8184).flat_map(chunk).collect(),
        "flush" => chunk(b""),
        "ask" => ask(number()),
        "end" => vec![b'A', b'B', 0, 2, 5, argument.parse().expect("a flag")],
        "pong" => b"AB\0\x01\x09".to_vec(),
        "hex" => hex(argument),
        "payload" => {
            let payload = hex(argument);
            let length = u16::try_from(payload.len()).expect("a short packet").to_be_bytes();
            [&b"AB"[..], &length, &payload].concat()
        }
        _ => panic!("no packet: {word}"),
    }
}

fn hex(text: &str) -> Vec<u8> {
    let digits: String = text.chars().filter(|&c| c != '_').collect();
    (0..digits.len() / 2)
        .map(|at| u8::from_str_radix(&digits[2 * at..2 * at + 2], 16).expect("a byte"))
        .collect()
}

/// `STATUS:REASON:NAME=VALUE:…`
fn send_headers(text: &str) -> Vec<u8> {
    let mut parts = text.split(':');
    let status = parts.next().and_then(|status| status.parse().ok()).expect("a status");
    let reason = unprintable(parts.next().unwrap_or("OK"));
    let fields: Vec<(Vec<u8>, Vec<u8>)> = parts
        .map(|field| field.split_once('=').expect("name and value"))
        .map(|(name, value)| (unprintable(name), unprintable(value)))
        .collect();
    let mut out = Vec::new();
    let fields = fields.iter().map(|(name, value)| (&name[..], &value[..]));
    container::send_headers(&mut out, status, &reason, fields).expect("it fits");
    out
}

/// The words of the table for what the client has.
fn outcome(case: &Case<'_>, got: &[u8], ended: bool) -> String {
    if got.is_empty() {
        return if ended { "nothing" } else { "waits" }.to_owned();
    }
    let response = text(got);
    assert!(!response.contains("POISON"), "{}: {response}", case.name);
    let Some((head, content)) = response.split_once("\r\n\r\n") else {
        return format!("half a head {head:?}", head = response);
    };
    let lines: Vec<&str> = head.split(['\r', '\n']).collect();
    assert!(!lines.iter().any(|line| line.starts_with("Injected")), "{}: {head}", case.name);
    let field = |name: &str| {
        let values = lines.iter().filter_map(|line| {
            let (own, value) = line.split_once(": ")?;
            own.eq_ignore_ascii_case(name).then_some(value)
        });
        let values: Vec<&str> = values.collect();
        assert!(values.len() <= 1, "{}: two fields {name}: {head}", case.name);
        values.first().copied()
    };
    let status = lines[0].split(' ').nth(1).unwrap_or("no status").to_owned();
    let (length, coding) = (field("Content-Length"), field("Transfer-Encoding"));
    assert!(length.is_none() || coding.is_none(), "{}: {head}", case.name);
    let bodiless = case.request[0] == "HEAD" || matches!(status.as_str(), "204" | "304");
    if bodiless {
        assert_eq!(content, "", "{}: content where none may be", case.name);
        return status;
    }
    let whole = match (length, coding) {
        (Some(length), _) => (content.len().to_string() == length).then(|| content.to_owned()),
        (None, Some(_)) => unchunked(content),
        // Only the end of the connection ends it; that it is whole is told by what it says.
        (None, None) => is_own_page(content).then(|| content.to_owned()),
    };
    let Some(content) = whole else {
        assert!(ended, "{}: half an answer, and nothing ends it: {head}", case.name);
        return format!("{status} cut");
    };
    let own_page = is_own_page(&content) || content.is_empty();
    match content.len() {
        _ if own_page => status,
        0..=100 => format!("{status} {content}"),
        n => format!("{status} {n} bytes"),
    }
}

fn is_own_page(content: &str) -> bool {
    content.contains("<title>") && content.ends_with("</html>\n")
}

/// The content, if its last chunk is there and nothing follows.
fn unchunked(mut rest: &str) -> Option<String> {
    let mut content = String::new();
    loop {
        let (size, behind) = rest.split_once("\r\n")?;
        let size = usize::from_str_radix(size, 16).ok()?;
        if size == 0 {
            return (behind == "\r\n").then_some(content);
        }
        content.push_str(behind.get(..size)?);
        rest = behind.get(size..)?.strip_prefix("\r\n")?;
    }
}

/// Another request, on the client's connection if that may be used, gets what is its own.
fn next_is_unharmed(
    case: &Case<'_>,
    world: &mut World,
    client: &Client,
    backend: &Backend,
    closed: bool,
) {
    let gone = client.end.is_ended() || case.has_open_content();
    let fresh = world.client(1 << 20);
    let client = if gone { &fresh } else { client };
    backend.end.drain();
    world.send(client, GET);
    let accepted;
    let backend = if closed {
        accepted = world.accept();
        &accepted
    } else {
        assert!(!world.is_connecting(), "{}: the connection was kept", case.name);
        backend
    };
    if case.has("ping") {
        assert_eq!(backend.end.drain(), ajp13::CPING, "{}", case.name);
        world.answer(backend, b"AB\0\x01\x09");
    }
    let sent = packets(&backend.end.drain());
    assert_eq!(sent.len(), 1, "{}: {sent:02x?}", case.name);
    let request = container::ForwardRequest::decode(&sent[0]).expect("a request");
    assert_eq!(request.query(), Some(&b"q=1"[..]), "{}", case.name);
    world.answer(backend, &answer(b"next"));
    assert_eq!(body(&world.receive(client)), "next", "{}", case.name);
}

impl Case<'_> {
    /// The client owes content: its connection is not good for another request.
    fn has_open_content(&self) -> bool {
        self.request[0].contains('/')
    }
}

/// Undoes the table's escapes.
fn unprintable(text: &str) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = text.as_bytes();
    while let [byte, behind @ ..] = rest {
        (out, rest) = match (byte, behind) {
            (b'\\', [b'r', behind @ ..]) => (push(out, b'\r'), behind),
            (b'\\', [b'n', behind @ ..]) => (push(out, b'\n'), behind),
            (b'\\', [b't', behind @ ..]) => (push(out, b'\t'), behind),
            (b'\\', [b'\\', behind @ ..]) => (push(out, b'\\'), behind),
            (b'\\', [b'x', high, low, behind @ ..]) => {
                let digits = [*high, *low];
                let digits = std::str::from_utf8(&digits).expect("two digits");
                (push(out, u8::from_str_radix(digits, 16).expect("two digits")), behind)
            }
            _ => (push(out, *byte), behind),
        };
    }
    out
}

fn push(mut out: Vec<u8>, byte: u8) -> Vec<u8> {
    out.push(byte);
    out
}
