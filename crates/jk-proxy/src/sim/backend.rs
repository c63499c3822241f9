//! One connection to a backend, as the backend sees it: it checks what it gets, and answers well,
//! badly or not at all.

use std::collections::VecDeque;

use ajp13::container::{self, Incoming};

use super::content::{self, Way, content};
use super::dice::Dice;
use super::ledger::{Answer, Ledger};
use super::wire::{Came, End};

/// What a backend does next.
#[derive(Clone, Debug)]
enum Act {
    /// Asks for content until there is no more of it.
    TakeContent,
    /// Asks for content once more, needed or not.
    Ask(u16),
    Headers(Vec<u8>),
    Content(usize),
    Flush,
    End {
        reuse: bool,
    },
    Bytes(Vec<u8>),
    Close,
    Reset,
    Hang,
}

/// A request being served.
#[derive(Debug)]
struct Service {
    request: usize,
    answer: usize,
    declared: usize,
    got: usize,
    content_ended: bool,
    headers_sent: bool,
}

#[derive(Debug)]
pub(super) struct Backend {
    pub end: End,
    pub port: u16,
    input: Vec<u8>,
    service: Option<Service>,
    acts: VecDeque<Act>,
    /// Data packets that may come.
    owed: usize,
    /// The first of them was not asked for.
    first: bool,
    /// Content was asked for between two requests, which the next one may take for its own. Whatever
    /// comes until the connection is closed has no meaning.
    strayed: bool,
    /// The connection may not be used again.
    spoiled: Option<&'static str>,
    hanging: bool,
    pub gone: bool,
}

impl Backend {
    pub(super) fn new(port: u16, end: End) -> Self {
        Self {
            end,
            port,
            input: Vec::new(),
            service: None,
            acts: VecDeque::new(),
            owed: 0,
            first: false,
            strayed: false,
            spoiled: None,
            hanging: false,
            gone: false,
        }
    }

    pub(super) fn can_act(&self) -> bool {
        !self.gone && (self.end.has_news() || (!self.acts.is_empty() && !self.hanging))
    }

    /// Takes something in, or does the next thing. `faults` says whether it may misbehave.
    pub(super) fn act(&mut self, dice: &Dice, ledger: &mut Ledger, faults: bool) {
        match self.end.take(if dice.one_in(4) { dice.between(1, 40) } else { 1 << 20 }) {
            Came::Bytes(bytes) => {
                self.input.extend(bytes);
                self.take_packets(dice, ledger, faults);
            }
            Came::End | Came::Reset => {
                self.end.close();
                self.gone = true;
                return;
            }
            Came::Nothing => {}
        }
        if !self.hanging && !dice.one_in(3) {
            self.next(dice, ledger);
        }
    }

    /// Everything ends well, or at least ends.
    pub(super) fn relent(&mut self) {
        if self.hanging {
            self.close();
        }
    }

    fn close(&mut self) {
        self.end.close();
        self.gone = true;
    }

    fn take_packets(&mut self, dice: &Dice, ledger: &mut Ledger, faults: bool) {
        let input = std::mem::take(&mut self.input);
        if self.strayed {
            return;
        }
        let mut rest = &input[..];
        while let Some(frame) = container::split_frame(rest, 65536).expect("a sound packet") {
            rest = &rest[frame.len..];
            if self.owed > 0 {
                self.take_content(frame.payload, ledger);
                continue;
            }
            assert_eq!(self.spoiled, None, "a connection is used again");
            match Incoming::decode(frame.payload).expect("nothing but what is due") {
                Incoming::CPing => {
                    assert!(self.service.is_none(), "a probe amid a request");
                    self.pong(dice, faults);
                }
                Incoming::Forward(request) => {
                    assert!(self.service.is_none(), "two requests on one connection");
                    self.begin(&request, dice, ledger, faults);
                }
            }
        }
        self.input = rest.to_vec();
    }

    fn pong(&mut self, dice: &Dice, faults: bool) {
        let mut pong = Vec::new();
        container::cpong(&mut pong);
        match if faults { dice.below(30) } else { 0 } {
            27 => self.acts.push_back(Act::Hang),
            28 => self.acts.push_back(Act::Close),
            29 => {
                pong.extend_from_slice(b"AB\0\x01\x09");
                self.acts.push_back(Act::Bytes(pong));
            }
            _ => self.acts.push_back(Act::Bytes(pong)),
        }
    }

    fn take_content(&mut self, payload: &[u8], ledger: &mut Ledger) {
        let data = if payload.is_empty() {
            &[][..]
        } else {
            container::body_data(payload).expect("a sound data packet")
        };
        self.owed -= 1;
        let asked = !std::mem::take(&mut self.first);
        let Some(service) = &mut self.service else { return };
        let request = &mut ledger.asked[service.request];
        request.consumed |= asked;
        content::check(Way::Up, service.request, service.got, data);
        service.got += data.len();
        let length = request.length.unwrap_or(0);
        assert!(service.got <= length, "more content than there is");
        if data.is_empty() {
            assert_eq!(service.got, length, "content cut short looks complete");
            service.content_ended = true;
        }
    }

    fn begin(
        &mut self,
        request: &container::ForwardRequest<'_>,
        dice: &Dice,
        ledger: &mut Ledger,
        faults: bool,
    ) {
        let id = request.header(b"x-id").and_then(|id| std::str::from_utf8(id).ok()?.parse().ok());
        let id: usize = id.unwrap_or_else(|| panic!("a request that nobody sent: {request:?}"));
        assert!(request.line().uri.starts_with(format!("/r/{id}").as_bytes()), "mixed heads");
        let asked = &ledger.asked[id];
        assert_eq!(request.line().method, asked.method.as_bytes());
        // What it reads after the engine has let go may be old.
        let stale = self.end.is_dropped();
        assert!(
            stale || !asked.consumed,
            "request {id} is sent again although its content was consumed"
        );
        assert!(stale || !asked.done, "request {id} is sent although it was answered");
        let declared = request.header(b"content-length");
        let declared = declared.map_or(0, |n| std::str::from_utf8(n).unwrap().parse().unwrap());
        if declared > 0 {
            assert_eq!(Some(declared), asked.length);
            self.owed = 1;
            self.first = true;
        }
        let status = match dice.below(12) {
            9 => 204,
            10 => 304,
            11 => 404,
            _ => 200,
        };
        ledger.answers.push(Answer {
            request: id,
            status,
            sent: 0,
            announced: None,
            finished: false,
            lied: false,
        });
        let answer = ledger.answers.len() - 1;
        self.service = Some(Service {
            request: id,
            answer,
            declared,
            got: 0,
            content_ended: asked.length.is_none(),
            headers_sent: false,
        });
        let announced = self.plan(status, asked.method == "HEAD", dice, faults);
        ledger.answers[answer].announced = announced;
        let mischief = faults && dice.one_in(3);
        if mischief {
            self.spoil(dice, &mut ledger.answers[answer].lied);
        }
    }

    /// A sound answer; answers the length that it announces.
    fn plan(&mut self, status: u16, head: bool, dice: &Dice, faults: bool) -> Option<usize> {
        if !dice.one_in(5) {
            self.acts.push_back(Act::TakeContent);
        }
        let length = match dice.below(8) {
            0 => 0,
            1..=4 => dice.between(1, 3000),
            5 | 6 => dice.between(1, 20_000),
            _ => dice.between(1, 120_000),
        };
        let bodiless = head || matches!(status, 204 | 304);
        // A broken container may send content where there must be none.
        let length = if bodiless && !(faults && dice.one_in(4)) { 0 } else { length };
        let mut headers = Vec::new();
        let answer = self.service.as_ref().map_or(0, |service| service.answer).to_string();
        let digits = length.to_string();
        let mut fields: Vec<(&[u8], &[u8])> = vec![(b"X-Answer", answer.as_bytes())];
        let announced = (dice.below(2) == 0 && !bodiless).then_some(length);
        if announced.is_some() {
            fields.push((b"Content-Length", digits.as_bytes()));
        }
        let _ = container::send_headers(&mut headers, status, b"Fine", fields);
        self.acts.push_back(Act::Headers(headers));
        let mut left = length;
        while left > 0 {
            let some = left.min(if dice.one_in(3) { dice.between(1, 100) } else { 8000 });
            self.acts.push_back(Act::Content(some));
            left -= some;
            if dice.one_in(6) {
                self.acts.push_back(Act::Flush);
            }
        }
        let reuse = !dice.one_in(10);
        self.acts.push_back(Act::End { reuse });
        if !reuse && dice.below(2) == 0 {
            self.acts.push_back(Act::Close);
        }
        announced
    }

    /// Something goes wrong with it.
    fn spoil(&mut self, dice: &Dice, lied: &mut bool) {
        let at = dice.below(self.acts.len() + 1);
        let evil = match dice.below(12) {
            0 | 1 => Act::Close,
            2 => Act::Reset,
            3 => Act::Hang,
            4 => Act::Ask(dice.below(9000) as u16),
            5 => Act::Bytes(b"HTTP/1.1 200 OK\r\n\r\n".to_vec()),
            6 => Act::Bytes(b"AB\xff\xff\x03".to_vec()),
            7 => Act::Bytes(b"AB\0\x04\x03\xff\xff\0".to_vec()),
            8 => Act::Bytes(b"AB\0\x01\x09".to_vec()),
            9 => {
                let mut headers = Vec::new();
                let fields = [(&b"X-Split"[..], &b"a\r\nX-Answer: 1"[..])];
                let _ = container::send_headers(&mut headers, 200, b"Again", fields);
                Act::Bytes(headers)
            }
            10 => {
                // A length that is not the true one.
                let length = dice.below(9000).to_string();
                for act in &mut self.acts {
                    if let Act::Headers(headers) = act {
                        let answer = self.service.as_ref().map_or(0, |service| service.answer);
                        let answer = answer.to_string();
                        headers.clear();
                        let fields: [(&[u8], &[u8]); 2] = [
                            (b"X-Answer", answer.as_bytes()),
                            (b"Content-Length", length.as_bytes()),
                        ];
                        let _ = container::send_headers(headers, 200, b"Well", fields);
                        *lied = true;
                    }
                }
                return;
            }
            _ => {
                self.acts.truncate(dice.below(self.acts.len()));
                Act::End { reuse: dice.below(2) == 0 }
            }
        };
        self.acts.insert(at.min(self.acts.len()), evil);
    }

    /// Does the next thing.
    fn next(&mut self, dice: &Dice, ledger: &mut Ledger) {
        let Some(act) = self.acts.pop_front() else { return };
        let mut out = Vec::new();
        match act {
            Act::TakeContent => {
                let Some(service) = &mut self.service else { return };
                let complete = service.declared > 0 && service.got >= service.declared;
                if complete || service.content_ended {
                    return self.next(dice, ledger);
                }
                self.acts.push_front(Act::TakeContent);
                if self.owed > 0 {
                    return;
                }
                self.owed += 1;
                container::get_body_chunk(&mut out, dice.pick(&[8186, 8186, 1, 500, 65535]));
            }
            Act::Ask(wanted) => {
                if self.service.is_some() {
                    self.owed += 1;
                }
                container::get_body_chunk(&mut out, wanted);
                if self.service.is_none() {
                    // After the end, it makes the connection useless, or the next answer.
                    self.acts.push_back(Act::Close);
                    self.spoiled = None;
                    self.strayed = true;
                }
            }
            Act::Headers(headers) => {
                if let Some(service) = &mut self.service {
                    service.headers_sent = true;
                }
                out = headers;
            }
            Act::Content(length) => {
                let Some(service) = &self.service else { return };
                let answer = &mut ledger.answers[service.answer];
                let whole = content(Way::Down, service.answer, answer.sent + length);
                container::send_body_chunk(&mut out, &whole[answer.sent..]);
                answer.sent += length;
            }
            Act::Flush => container::send_body_chunk(&mut out, &[]),
            // A second end could come when the connection serves another request already, which nobody
            // could tell from that one's own.
            Act::End { .. } if self.service.is_none() => return self.close(),
            Act::End { reuse } => {
                if let Some(service) = self.service.take() {
                    ledger.answers[service.answer].finished = true;
                    if !service.headers_sent {
                        ledger.asked[service.request].headless = true;
                    }
                }
                container::end_response(&mut out, reuse);
                if !reuse {
                    self.spoiled = Some("after reuse was denied");
                }
            }
            Act::Bytes(bytes) => out = bytes,
            Act::Close => return self.close(),
            Act::Reset => {
                self.end.reset();
                self.gone = true;
                return;
            }
            Act::Hang => self.hanging = true,
        }
        self.end.send(&out);
    }
}
