//! Any bytes as a connection: heads and bodies one after the other, until the connection would
//! close. However the bytes are cut, the same requests with the same content come out.
#![no_main]

use jk_http::{
    BodyDecoder, Exchange, KeepAlive, Limits, Parsed, RequestHead, ResponseFraming, persistence,
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some((&[cut], bytes)) = data.split_first_chunk() else { return };
    assert_eq!(requests(bytes, bytes.len().max(1)), requests(bytes, usize::from(cut).max(1)));
});

#[derive(Default)]
struct Connection {
    head: RequestHead,
    input: Vec<u8>,
    body: Option<BodyDecoder>,
    seen: Vec<u8>,
    served: u32,
    closed: bool,
}

fn requests(bytes: &[u8], step: usize) -> (Vec<u8>, bool) {
    let mut connection = Connection::default();
    for piece in bytes.chunks(step) {
        connection.input.extend_from_slice(piece);
        while !connection.closed && connection.advance() {}
    }
    (connection.seen, connection.closed)
}

impl Connection {
    /// Takes one thing from the input; `false` when it needs more.
    fn advance(&mut self) -> bool {
        let Some(mut body) = self.body.take() else { return self.read_head() };
        if body.is_done() {
            let exchange = Exchange::of(&self.head, 200, ResponseFraming::Length(0), self.served);
            self.closed = !persistence(&KeepAlive::default(), &exchange).keep;
            self.served += 1;
            return true;
        }
        let Ok(piece) = body.decode(&self.input) else {
            self.closed = true;
            return false;
        };
        self.seen.extend_from_slice(&self.input[piece.content]);
        self.input.drain(..piece.consumed);
        self.body = Some(body);
        piece.consumed > 0
    }

    fn read_head(&mut self) -> bool {
        match self.head.parse(&self.input, &Limits::default()) {
            Ok(Parsed::Partial) => return false,
            Ok(Parsed::Complete(length)) => {
                self.seen.extend_from_slice(self.head.line(&self.input));
                self.body = Some(BodyDecoder::new(self.head.framing()));
                self.input.drain(..length);
            }
            Err(error) => {
                self.seen.extend_from_slice(&error.status.to_le_bytes());
                self.closed = true;
            }
        }
        true
    }
}
