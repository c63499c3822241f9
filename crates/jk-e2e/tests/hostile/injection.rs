//! No bytes of a client decode to anything but what they were sent as: random heads, with lengths at
//! the borders of the packet format and bytes that mean something in it, are read again by a decoder
//! that shares no code with the program, and by a real Tomcat.
//!
//! What AJP makes easy to get wrong: a string's length has two bytes, of which 0xffff is null; a name
//! whose length begins with 0xa0 reads as a code; a packet has a largest size and no continuation.

use std::collections::BTreeMap;

use jk_e2e::ajp::ForwardRequest;
use jk_e2e::client::{Client, End};
use jk_e2e::cluster::{ajp_port, testdata};
use jk_e2e::front::{Front, Program};
use jk_e2e::site::{Site, SiteText};
use jk_e2e::text::{fnv, unprintable};
use jk_e2e::tomcat::{Tomcat, TomcatConfig};

use crate::stage::{Dice, Stage};

/// The largest packet there is, and the usual one.
const LARGEST: usize = 65536;
const USUAL: usize = 8192;

/// The limits of HTTP must not be what protects AJP.
const LIMITS: &str =
    "LimitRequestLine 65000\nLimitRequestFieldSize 65500\nLimitRequestFields 2000\n";

/// Variables that a careless administrator fills from fields.
const VARIABLES: &str = "JkEnvVar EVIL\n\
    SetEnvIf X-Evil \"^(.*)$\" EVIL=$1\n\
    SetEnvIf X-User \"^(.*)$\" JK_REMOTE_USER=$1\n";

/// Lengths at which a reader may go wrong.
const LENGTHS: [usize; 26] = [
    0, 1, 2, 3, 4, 0x7f, 0x80, 0xff, 0x100, 0x1ff, 0x200, 0x2ff, 0x0a00, 0x0aff, 0x1fe0, 0x1ffa,
    0x1ffc, 0x2000, 0x7ffe, 0x7fff, 0x8000, 0x9fff, 0xa001, 0xa00e, 0xa0ff, 0xa100,
];

/// A request as a client means it.
#[derive(Clone, Debug)]
struct Meant {
    path: String,
    query: Vec<u8>,
    fields: Vec<(String, Vec<u8>)>,
}

impl Meant {
    fn random(dice: &mut Dice, path: &str, query: &str, largest: usize) -> Self {
        let mut room = if dice.below(4) == 0 { largest * 2 } else { largest };
        let mut length = |dice: &mut Dice| {
            let length = LENGTHS[dice.below(LENGTHS.len())] + dice.below(3);
            let length = if length > room { dice.below(40) } else { length };
            room = room.saturating_sub(length);
            length
        };
        let query_bytes = length(dice);
        let path_bytes = length(dice);
        let mut fields: Vec<(String, Vec<u8>)> = (0..dice.below(12))
            .map(|at| {
                let name = format!("x{at}{}", "n".repeat(length(dice)));
                let value = length(dice);
                (name, bytes(dice, value))
            })
            .collect();
        for name in ["X-Evil", "X-User", "Cookie", "Accept", "User-Agent"] {
            if dice.below(3) == 0 {
                let value = length(dice);
                fields.push((name.to_owned(), bytes(dice, value)));
            }
        }
        let id = bytes(dice, path_bytes);
        let id: String = id.iter().map(|byte| format!("%{byte:02X}")).collect();
        Self {
            path: if id.len() < largest {
                format!("{path};jsessionid={id}.w")
            } else {
                path.to_owned()
            },
            query: [query.as_bytes(), bytes(dice, query_bytes).as_slice()].concat(),
            fields,
        }
    }

    fn head(&self) -> Vec<u8> {
        let mut head = format!("GET {}?", self.path).into_bytes();
        head.extend_from_slice(&self.query);
        head.extend_from_slice(b" HTTP/1.1\r\nHost: www.test\r\n");
        for (name, value) in &self.fields {
            head.extend_from_slice(name.as_bytes());
            head.extend_from_slice(b": ");
            head.extend_from_slice(value);
            head.extend_from_slice(b"\r\n");
        }
        head.extend_from_slice(b"\r\n");
        head
    }

    fn field(&self, name: &str) -> Option<&[u8]> {
        self.fields.iter().find(|(own, _)| own == name).map(|(_, value)| &value[..])
    }

    /// All headers that a container is to see.
    fn headers(&self) -> BTreeMap<String, Vec<u8>> {
        let own = self.fields.iter().map(|(name, value)| (name.to_lowercase(), value.clone()));
        own.chain([
            ("host".to_owned(), b"www.test".to_vec()),
            ("content-length".to_owned(), b"0".to_vec()),
        ])
        .collect()
    }
}

/// Bytes that may stand in a value: many that begin a code, a null or an attribute in AJP.
fn bytes(dice: &mut Dice, length: usize) -> Vec<u8> {
    (0..length)
        .map(|_| match dice.below(4) {
            0 => [0xa0, 0xff, 0xab, 0x92][dice.below(4)],
            1 => 0x80 + u8::try_from(dice.below(0x80)).unwrap(),
            _ => b'!' + u8::try_from(dice.below(90)).unwrap(),
        })
        // None of those that no path may have.
        .map(|byte| if matches!(byte, b'#' | b'/' | b'\\') { b'x' } else { byte })
        .collect()
}

fn workers(packet: usize) -> String {
    format!("worker.w.max_packet_size={packet}\n")
}

#[test]
fn what_arrives_is_what_was_sent() {
    for packet in [USUAL, LARGEST] {
        let httpd =
            format!("JkMount /* w\nJkOptions +ForwardURICompatUnparsed\n{LIMITS}{VARIABLES}");
        let stage = Stage::set(&["on *: answer"], &workers(packet), &httpd);
        let mut dice = Dice::new(3);
        let mut client = stage.client();
        let mut arrived = 0;
        for round in 0..400 {
            let meant = Meant::random(&mut dice, "/a", "q", packet);
            let answer = ask(&mut client, &meant.head());
            let came = stage.since(arrived);
            let at = format!("round {round}, packets of {packet}");
            match answer {
                Some(200) => {
                    assert_eq!(came.len(), 1, "{at}");
                    compare(came[0].request.as_ref().unwrap(), &meant, &at);
                    arrived += 1;
                }
                // Too large for a packet, or for a line.
                Some(400 | 413 | 414) | None => assert!(came.is_empty(), "{at}: {came:?}"),
                other => panic!("{at}: {other:?}"),
            }
            if answer != Some(200) {
                client = stage.client();
            }
        }
        assert!(arrived > 100 && arrived < 400, "{arrived} of 400 arrived");
        assert_eq!(stage.backend.log().objections, [""; 0]);
    }
}

/// The status, and `None` when the connection ended without one.
fn ask(client: &mut Client, head: &[u8]) -> Option<u16> {
    client.send(head).ok()?;
    let answer = client.receive("GET");
    assert!(answer.status != 200 || answer.end == End::Complete);
    (answer.status != 0).then_some(answer.status)
}

#[track_caller]
fn compare(request: &ForwardRequest, meant: &Meant, at: &str) {
    let bytes = |text: &str| unprintable(text);
    assert_eq!(request.uri, meant.path, "{at}");
    let attribute = |name| request.attribute(name).map(bytes);
    assert_eq!(attribute("query_string").as_deref(), Some(&meant.query[..]), "{at}");
    let headers: BTreeMap<String, Vec<u8>> = request
        .headers
        .iter()
        .map(|header| (header.name.to_lowercase(), bytes(header.value.as_deref().unwrap())))
        .collect();
    assert_eq!(headers.len(), request.headers.len(), "{at}: a header twice");
    assert!(headers == meant.headers(), "{at}: {:?}", request.headers);
    // A variable that is set and empty still names somebody: nobody.
    assert_eq!(attribute("EVIL").as_deref(), Some(meant.field("X-Evil").unwrap_or(b"")), "{at}");
    let user = meant.field("X-User").filter(|user| !user.is_empty());
    assert_eq!(attribute("remote_user").as_deref().filter(|u| !u.is_empty()), user, "{at}");
    let known = ["AJP_REMOTE_PORT", "AJP_LOCAL_ADDR", "JK_LB_ACTIVATION", "EVIL"];
    for attribute in &request.attributes {
        let name = attribute.name.as_str();
        let own = if attribute.named {
            known.contains(&name)
        } else {
            !matches!(name, "route" | "secret")
        };
        assert!(own, "{at}: {attribute:?}");
    }
}

/// The largest request that fits a packet is read as it is, and one byte more is refused.
#[test]
fn the_largest_packet() {
    for packet in [USUAL, 20_000, LARGEST] {
        let httpd = format!("JkMount /* w\n{LIMITS}");
        let stage = Stage::set(&["on *: answer"], &workers(packet), &httpd);
        let head = |length: usize| {
            let meant = Meant {
                path: "/a".to_owned(),
                query: b"q".to_vec(),
                fields: vec![
                    ("x-first".to_owned(), vec![0xa0; packet / 2]),
                    ("x-fill".to_owned(), vec![0xff; length]),
                ],
            };
            meant.head()
        };
        let fits = |length: usize| match ask(&mut stage.client(), &head(length)) {
            Some(200) => true,
            Some(413) => false,
            other => panic!("{length} bytes: {other:?}"),
        };
        let (mut low, mut high) = (0, packet);
        while low + 1 < high {
            let middle = (low + high) / 2;
            *(if fits(middle) { &mut low } else { &mut high }) = middle;
        }
        let log = stage.backend.log();
        let longest = log.requests.iter().map(|received| {
            let request = received.request.as_ref().unwrap();
            let length = |name: &str| {
                let header = request.headers.iter().find(|header| header.name == name).unwrap();
                unprintable(header.value.as_ref().unwrap()).len()
            };
            assert_eq!(length("x-first"), packet / 2);
            length("x-fill")
        });
        assert_eq!(longest.max(), Some(low), "packets of {packet}");
        assert_eq!(log.objections, [""; 0]);
    }
}

/// A container takes the length of a name for a code if it begins with 0xa0. mod_jk sends such names:
/// [name-like-a-code].
#[test]
fn no_name_reads_as_a_code() {
    let httpd = format!("JkMount /* w\n{LIMITS}");
    let stage = Stage::set(&["on *: answer"], &workers(LARGEST), &httpd);
    for (length, status) in
        [(0x9fff, 200), (0xa000, 400), (0xa001, 400), (0xa00e, 400), (0xa0ff, 400), (0xa100, 200)]
    {
        let before = stage.came();
        let fields = vec![("n".repeat(length), b"value".to_vec())];
        let meant = Meant { path: "/a".to_owned(), query: b"q".to_vec(), fields };
        assert_eq!(ask(&mut stage.client(), &meant.head()), Some(status), "{length:#x}");
        let came = stage.since(before);
        assert_eq!(came.len(), usize::from(status == 200), "{length:#x}");
        for received in came {
            let headers = received.request.unwrap().headers;
            assert!(headers.iter().any(|header| header.name.len() == length));
        }
    }
}

/// The same to a Tomcat with the largest packets: whatever a client writes is that and nothing else.
#[test]
fn tomcat_reads_what_was_sent() {
    let site = Site::claim().unwrap();
    let mut tomcat = Tomcat::prepare(TomcatConfig {
        route: "w".to_owned(),
        ajp: site.slot().socket(ajp_port(0)),
        cluster: None,
        webapps: vec![("ROOT".to_owned(), testdata().join("webapps/attack"))],
        sealed: None,
        packet_size: LARGEST,
    })
    .unwrap();
    tomcat.start().unwrap();
    let (port, packet) = (ajp_port(0), workers(LARGEST));
    site.write(&SiteText {
        workers: Some(format!("worker.list=w\nworker.w.host=@IP@\nworker.w.port={port}\n{packet}")),
        httpd: format!("JkMount /door.jsp w\nJkOptions +ForwardURICompatUnparsed\n{LIMITS}"),
        ..SiteText::default()
    })
    .unwrap();
    let front = Front::start(Program::Jackdaw, &site).unwrap();
    let mut dice = Dice::new(11);
    let mut client = Client::connect(front.addr()).unwrap();
    let mut answered = 0;
    for round in 0..300 {
        let meant = Meant::random(&mut dice, "/door.jsp", "all", LARGEST);
        if client.send(&meant.head()).is_err() {
            client = Client::connect(front.addr()).unwrap();
            continue;
        }
        let answer = client.receive("GET");
        match answer.status {
            200 => {
                answered += 1;
                assert_eq!(answer.text(), told(&meant, &answer.text()), "round {round}");
            }
            // Also what Tomcat itself thinks of some bytes in paths and queries.
            0 | 400 | 413 | 414 => client = Client::connect(front.addr()).unwrap(),
            other => panic!("round {round}: {other} {}", answer.text()),
        }
    }
    assert!(answered > 50, "{answered} answers");
    client.send(b"GET /door.jsp?hits HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    assert_eq!(client.receive("GET").text(), "0");
}

/// What the page is to say; the order of headers is its own.
fn told(meant: &Meant, answer: &str) -> String {
    let digest = |bytes: &[u8]| format!("{} {:016x}", bytes.len(), fnv(bytes));
    let mut out = format!(
        "query {}\npath {}\nuser null\n",
        digest(&meant.query),
        digest(meant.path.as_bytes())
    );
    let headers = meant.headers();
    let told: Vec<&str> = answer.lines().skip(3).collect();
    assert_eq!(told.len(), headers.len(), "{answer}");
    for line in told {
        let name = line.split(' ').next().unwrap();
        let value = headers.get(name).unwrap_or_else(|| panic!("nobody sent {name}"));
        out.push_str(&format!("{name} {}\n", digest(value)));
    }
    out
}
