//! A client: sends requests, checks that it gets their answers.

use std::collections::VecDeque;

use super::content::{self, MARKS, Way, content};
use super::dice::Dice;
use super::ledger::{Asked, Ledger, Target};
use super::site;
use super::wire::{Came, End};
use crate::arena::Key;

/// Bytes to be sent, in order.
#[derive(Debug)]
enum Piece {
    Bytes(Vec<u8>),
    /// Only when the answer to this request is complete, or leave was given to go on.
    AfterAnswer(usize),
    AfterLeave,
    /// The request is out.
    Sent(usize),
}

#[derive(Debug)]
enum Framing {
    Head,
    Length(usize),
    ChunkSize,
    Chunk(usize),
    ChunkEnd,
    Trailer,
    UntilClose,
}

#[derive(Debug)]
pub(super) struct Client {
    pub end: End,
    pub key: Option<Key>,
    pieces: VecDeque<Piece>,
    /// Requests whose answers are still to come.
    pub waiting: VecDeque<usize>,
    /// It was told to go on, or answered before it had sent all.
    leave: bool,
    input: Vec<u8>,
    framing: Framing,
    status: u16,
    answer: Option<usize>,
    body: Vec<u8>,
    closing: bool,
    /// It reads only at times.
    slow: bool,
    /// It ends its side after its last request.
    half_closes: bool,
    /// It sends something that is no request.
    malformed: bool,
    pub gone: bool,
}

impl Client {
    pub(super) fn new(end: End, dice: &Dice, ledger: &mut Ledger, faults: bool) -> Self {
        let mut client = Self {
            end,
            key: None,
            pieces: VecDeque::new(),
            waiting: VecDeque::new(),
            leave: false,
            input: Vec::new(),
            framing: Framing::Head,
            status: 0,
            answer: None,
            body: Vec::new(),
            closing: false,
            slow: dice.one_in(5),
            half_closes: faults && dice.one_in(10),
            malformed: false,
            gone: false,
        };
        let pipelined = dice.below(3) == 0;
        let count = dice.between(1, 4);
        for at in 1..=count {
            client.request(dice, ledger, at == count, faults);
            if !pipelined {
                let last = ledger.asked.len() - 1;
                client.pieces.push_back(Piece::AfterAnswer(last));
            }
        }
        if faults && dice.one_in(15) {
            let bytes = dice.pick(&[
                &b"GET / HTTP/1.1\r\n bad\r\n\r\n"[..],
                b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
                b"GET / HTTP/1.1\r\nHost: h\r\nX: a\0b\r\n\r\n",
                b"\x16\x03\x01\x02\0\x01",
            ]);
            client.pieces.push_back(Piece::Bytes(bytes.to_vec()));
            client.malformed = true;
        }
        client
    }

    fn request(&mut self, dice: &Dice, ledger: &mut Ledger, last: bool, faults: bool) {
        let id = ledger.asked.len();
        let kind = dice.below(10);
        let length = match dice.below(6) {
            0 => 0,
            1..=3 => dice.between(1, 2000),
            4 => dice.between(1, 20_000),
            _ => dice.between(1, 80_000),
        };
        let (method, length) = match kind {
            0..=3 => ("GET", None),
            4 => ("HEAD", None),
            _ => ("POST", Some(length)),
        };
        let old = last && dice.one_in(6) && kind < 8;
        let version = if old { "1.0" } else { "1.1" };
        let (target, path) = match dice.below(8) {
            6 => {
                let file = dice.below(site::FILES.len());
                (Target::File(file), format!("/{}?{id}", site::FILES[file]))
            }
            7 => (Target::Status, format!("/status?{}", site::status_query(dice, faults))),
            _ => (Target::Backend, format!("/r/{id}?q={id}")),
        };
        let mut head = format!("{method} {path} HTTP/{version}\r\nHost: h\r\nX-Id: {id}\r\n");
        if dice.one_in(3) {
            let route = dice.pick(&["a", "b", "c", "d", "zz"]);
            head += &format!("Cookie: JSESSIONID=s{id}.{route}\r\n");
        }
        if last && dice.one_in(3) {
            head += "Connection: close\r\n";
        }
        let chunked = kind >= 8;
        match length {
            None => {}
            Some(_) if chunked => head += "Transfer-Encoding: chunked\r\n",
            Some(length) => head += &format!("Content-Length: {length}\r\n"),
        }
        let expects = last && length.is_some_and(|length| length > 0) && !old && dice.one_in(4);
        if expects {
            head += "Expect: 100-continue\r\n";
        }
        head += "\r\n";
        self.pieces.push_back(Piece::Bytes(head.into_bytes()));
        if expects {
            self.pieces.push_back(Piece::AfterLeave);
        }
        let body = content(Way::Up, id, length.unwrap_or(0));
        if chunked {
            let mut rest = &body[..];
            while !rest.is_empty() {
                let (chunk, more) = rest.split_at(rest.len().min(dice.between(1, 9000)));
                let mut bytes = format!("{:x}\r\n", chunk.len()).into_bytes();
                bytes.extend_from_slice(chunk);
                bytes.extend_from_slice(b"\r\n");
                self.pieces.push_back(Piece::Bytes(bytes));
                rest = more;
            }
            self.pieces.push_back(Piece::Bytes(b"0\r\n\r\n".to_vec()));
        } else if !body.is_empty() {
            self.pieces.push_back(Piece::Bytes(body));
        }
        self.pieces.push_back(Piece::Sent(id));
        self.waiting.push_back(id);
        ledger.asked.push(Asked {
            target,
            edits: path.contains("cmd=update"),
            method,
            length,
            sent: false,
            consumed: false,
            headless: false,
            seen: false,
            done: false,
        });
    }

    pub(super) fn can_act(&self) -> bool {
        !self.gone && (self.end.has_news() || self.can_send())
    }

    fn can_send(&self) -> bool {
        match self.pieces.front() {
            None => self.half_closes,
            Some(Piece::AfterAnswer(id)) => !self.waiting.contains(id),
            Some(Piece::AfterLeave) => self.leave,
            Some(_) => true,
        }
    }

    /// Sends or reads something.
    pub(super) fn act(&mut self, dice: &Dice, ledger: &mut Ledger, hasty: bool) {
        if self.can_send() && dice.below(2) == 0 {
            return self.send(ledger);
        }
        if self.slow && !hasty && !dice.one_in(8) {
            return self.send(ledger);
        }
        let most = if dice.one_in(3) { dice.between(1, 300) } else { 1 << 20 };
        match self.end.take(most) {
            Came::Bytes(bytes) => {
                self.input.extend(bytes);
                while self.parse(ledger) {}
            }
            Came::End => self.finish(ledger, false),
            Came::Reset => self.finish(ledger, true),
            Came::Nothing => self.send(ledger),
        }
    }

    fn send(&mut self, ledger: &mut Ledger) {
        if !self.can_send() {
            return;
        }
        match self.pieces.pop_front() {
            Some(Piece::Bytes(bytes)) => self.end.send(&bytes),
            Some(Piece::Sent(id)) => ledger.asked[id].sent = true,
            Some(_) => {}
            None => {
                self.half_closes = false;
                self.end.end();
            }
        }
    }

    /// The client goes away.
    pub(super) fn vanish(&mut self, abruptly: bool, ledger: &mut Ledger) {
        if abruptly {
            self.end.reset();
        } else {
            self.end.close();
        }
        self.abort(ledger);
    }

    fn abort(&mut self, ledger: &mut Ledger) {
        ledger.aborted += self.waiting.len();
        self.waiting.clear();
        self.gone = true;
    }

    fn finish(&mut self, ledger: &mut Ledger, reset: bool) {
        if !reset && matches!(self.framing, Framing::UntilClose) {
            self.complete(ledger);
        }
        self.end.close();
        self.abort(ledger);
    }

    /// Takes one thing from the input; `false` when it needs more.
    fn parse(&mut self, ledger: &mut Ledger) -> bool {
        match self.framing {
            Framing::Head => self.head(ledger),
            Framing::Length(left) | Framing::Chunk(left) => {
                let taken = self.input.len().min(left);
                self.take_body(taken, ledger);
                let left = left - taken;
                let chunk = matches!(self.framing, Framing::Chunk(_));
                match (left, chunk) {
                    (0, true) => self.framing = Framing::ChunkEnd,
                    (0, false) => self.complete(ledger),
                    (_, true) => self.framing = Framing::Chunk(left),
                    (_, false) => self.framing = Framing::Length(left),
                }
                left == 0
            }
            Framing::UntilClose => {
                self.take_body(self.input.len(), ledger);
                false
            }
            Framing::ChunkSize | Framing::ChunkEnd | Framing::Trailer => {
                let Some(line) = self.line() else { return false };
                match self.framing {
                    Framing::ChunkSize => {
                        let size = usize::from_str_radix(&line, 16).expect("a chunk size");
                        self.framing =
                            if size == 0 { Framing::Trailer } else { Framing::Chunk(size) };
                    }
                    Framing::ChunkEnd => {
                        assert_eq!(line, "", "a chunk is as long as it says");
                        self.framing = Framing::ChunkSize;
                    }
                    _ => {
                        assert_eq!(line, "", "no trailer");
                        self.complete(ledger);
                    }
                }
                true
            }
        }
    }

    fn line(&mut self) -> Option<String> {
        let end = memchr::memmem::find(&self.input, b"\r\n")?;
        let line = String::from_utf8_lossy(&self.input[..end]).into_owned();
        self.input.drain(..end + 2);
        Some(line)
    }

    fn head(&mut self, ledger: &mut Ledger) -> bool {
        let Some(end) = memchr::memmem::find(&self.input, b"\r\n\r\n") else { return false };
        let head = String::from_utf8_lossy(&self.input[..end]).into_owned();
        self.input.drain(..end + 4);
        let (line, fields) = head.split_once("\r\n").unwrap_or((&head, ""));
        assert!(line.starts_with("HTTP/1.1 "), "no status line: {line}");
        self.status = line[9..12].parse().expect("a status");
        if self.status == 100 {
            self.leave = true;
            return true;
        }
        assert!(!self.closing, "an answer after the last one: {head}");
        let Some(&id) = self.waiting.front() else {
            assert!(self.malformed && self.status >= 400, "an answer to nothing: {head}");
            self.waiting.clear();
            self.framing = Framing::UntilClose;
            self.answer = None;
            self.body.clear();
            return true;
        };
        let field = |name: &str| {
            let mut found = fields.split("\r\n").filter_map(|field| field.split_once(": "));
            found.find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
        };
        assert_eq!(field("X-Split"), None, "a split header");
        self.answer = field("X-Answer").map(|answer| answer.parse().expect("a number"));
        let target = ledger.asked[id].target;
        if let Some(answer) = self.answer {
            assert_eq!(target, Target::Backend, "an answer of nobody's");
            let given = &ledger.answers[answer];
            assert_eq!(given.request, id, "somebody else's answer");
            assert!(given.status == self.status || given.lied, "another status");
        } else {
            let headless = ledger.asked[id].headless;
            let own = target != Target::Backend && self.status == 200;
            assert!(self.status >= 400 || headless || own, "whose answer is this? {head}");
        }
        ledger.asked[id].seen = true;
        self.leave = true;
        self.closing = field("Connection").is_some_and(|value| value.contains("close"));
        self.body.clear();
        let bodiless = ledger.asked[id].method == "HEAD" || matches!(self.status, 204 | 304);
        let length = field("Content-Length").map(|length| length.parse().expect("a length"));
        self.framing = match (length, field("Transfer-Encoding")) {
            _ if bodiless => Framing::Length(0),
            (Some(_), Some(_)) => panic!("two framings: {head}"),
            (Some(length), None) => Framing::Length(length),
            (None, Some(coding)) => {
                assert_eq!(coding, "chunked");
                Framing::ChunkSize
            }
            (None, None) => {
                assert!(self.closing, "an answer without an end: {head}");
                Framing::UntilClose
            }
        };
        true
    }

    fn take_body(&mut self, length: usize, ledger: &Ledger) {
        let some: Vec<u8> = self.input.drain(..length).collect();
        match self.answer {
            Some(answer) => {
                content::check(Way::Down, answer, self.body.len(), &some);
                self.body.extend(some);
                let sent = ledger.answers[answer].sent;
                assert!(self.body.len() <= sent, "more than was sent");
            }
            None => {
                self.body.extend(some);
                let marked =
                    MARKS.iter().any(|mark| memchr::memmem::find(&self.body, mark).is_some());
                assert!(!marked, "content in a page of our own");
            }
        }
    }

    fn complete(&mut self, ledger: &mut Ledger) {
        self.framing = Framing::Head;
        let Some(id) = self.waiting.pop_front() else { return };
        let asked = &mut ledger.asked[id];
        asked.done = true;
        match self.answer {
            Some(answer) => {
                let given = &ledger.answers[answer];
                if !given.lied && asked.method != "HEAD" && !matches!(self.status, 204 | 304) {
                    let whole = given.finished || given.announced == Some(self.body.len());
                    assert!(whole, "an answer that was cut short looks whole");
                    assert_eq!(self.body.len(), given.sent, "the answer is not whole");
                }
                ledger.whole += 1;
            }
            None if asked.target != Target::Backend
                && self.status == site::status_of(asked.target) =>
            {
                if memchr::memmem::find(&self.body, b"Result: type=OK").is_some() {
                    ledger.edits += usize::from(asked.edits);
                }
                if let Target::File(file) = asked.target {
                    let whole = site::file(file);
                    let empty = asked.method == "HEAD" || self.status != 200;
                    assert!(empty || self.body == whole, "{file} is not as it is on the disk");
                }
                ledger.whole += 1;
            }
            None => ledger.own += 1,
        }
    }
}
