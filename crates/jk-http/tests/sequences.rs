//! Several requests on one connection, against `testdata/http/sequences.txt`: a server in miniature
//! that answers 200 to each.

mod common;

use common::{cases, check, escape, steps};
use jk_http::{
    BodyDecoder, Exchange, KeepAlive, Limits, Parsed, RequestHead, ResponseFraming, persistence,
};

#[test]
fn sequences() {
    for case in cases("sequences.txt") {
        for step in steps(case.send.len()) {
            let mut server = Server::default();
            for piece in case.send.chunks(step) {
                server.receive(piece);
            }
            check(&case, &server.answer());
        }
    }
}

#[derive(Default)]
struct Server {
    input: Vec<u8>,
    head: RequestHead,
    /// The request whose body is being read.
    body: Option<(BodyDecoder, String, u64)>,
    statuses: Vec<String>,
    requests: Vec<String>,
    served: u32,
    closed: bool,
}

impl Server {
    fn receive(&mut self, piece: &[u8]) {
        self.input.extend_from_slice(piece);
        while !self.closed && self.step() {}
    }

    /// Takes one thing from the input; `false` when more is needed.
    fn step(&mut self) -> bool {
        match self.body.take() {
            None => self.read_head(),
            Some((decoder, name, length)) => self.read_body(decoder, name, length),
        }
    }

    fn read_head(&mut self) -> bool {
        match self.head.parse(&self.input, &Limits::default()) {
            Ok(Parsed::Partial) => false,
            Ok(Parsed::Complete(length)) => {
                let (head, input) = (&self.head, &self.input);
                let name = escape(&[head.method(input), b" ", head.target(input)].concat());
                if head.expects_continue() {
                    self.statuses.push("100".to_owned());
                }
                self.body = Some((BodyDecoder::new(head.framing()), name, 0));
                self.input.drain(..length);
                true
            }
            Err(error) => self.refuse(error.status),
        }
    }

    fn read_body(&mut self, mut decoder: BodyDecoder, name: String, length: u64) -> bool {
        if decoder.is_done() {
            self.finish(&name, length);
            return true;
        }
        match decoder.decode(&self.input) {
            Ok(piece) => {
                let length = length + piece.content.len() as u64;
                let progress = piece.consumed > 0;
                self.input.drain(..piece.consumed);
                self.body = Some((decoder, name, length));
                progress
            }
            Err(error) => self.refuse(error.status),
        }
    }

    fn finish(&mut self, name: &str, length: u64) {
        self.requests.push(format!("{name} {length}"));
        self.statuses.push("200".to_owned());
        let exchange = Exchange::of(&self.head, 200, ResponseFraming::Length(2), self.served);
        self.closed = !persistence(&KeepAlive::default(), &exchange).keep;
        self.served += 1;
    }

    fn refuse(&mut self, status: u16) -> bool {
        self.statuses.push(status.to_string());
        self.closed = true;
        false
    }

    fn answer(&self) -> String {
        let ending = if self.closed { "close" } else { "keep" };
        format!("{} {ending} {}", self.statuses.join(" "), self.requests.join(" "))
            .trim()
            .to_owned()
    }
}
