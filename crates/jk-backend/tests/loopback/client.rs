//! A blocking client. Every wait has a deadline.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use ajp13::{
    BodyDue, Conversation, END_OF_BODY, Message, RECEIVE_LIMIT, RequestEncoder, RequestLine,
    data_head, data_len, max_data, split_frame,
};

pub(crate) const DEADLINE: Duration = Duration::from_secs(20);

pub(crate) fn connect(addr: SocketAddr) -> TcpStream {
    let socket = TcpStream::connect(addr).unwrap();
    socket.set_nodelay(true).unwrap();
    socket.set_read_timeout(Some(DEADLINE)).unwrap();
    socket.set_write_timeout(Some(DEADLINE)).unwrap();
    socket
}

/// What a request says beside its path.
#[derive(Clone, Copy, Default)]
pub(crate) struct Ask<'a> {
    pub(crate) method: &'a str,
    pub(crate) cookie: Option<&'a str>,
    pub(crate) content: Option<&'a [u8]>,
    /// Does not say how long the content is.
    pub(crate) chunked: bool,
}

pub(crate) const GET: Ask<'_> = Ask { method: "GET", cookie: None, content: None, chunked: false };

#[derive(Debug, Default)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) fields: Vec<(String, String)>,
    pub(crate) content: Vec<u8>,
    pub(crate) reusable: bool,
}

impl Answer {
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        let found = self.fields.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    #[track_caller]
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.content).unwrap()
    }
}

/// One AJP connection.
pub(crate) struct Client {
    pub(crate) socket: TcpStream,
    gathered: Vec<u8>,
    conversation: Conversation,
}

impl Client {
    pub(crate) fn new(addr: SocketAddr) -> Self {
        Self { socket: connect(addr), gathered: Vec::new(), conversation: Conversation::new() }
    }

    pub(crate) fn get(&mut self, target: &str) -> Answer {
        self.ask(target, GET)
    }

    pub(crate) fn ask(&mut self, target: &str, ask: Ask<'_>) -> Answer {
        let wire = request(target, ask);
        self.socket.write_all(&wire).unwrap();
        self.answer(ask)
    }

    /// Gathers the answer to a request that has been written, and writes its content.
    pub(crate) fn answer(&mut self, ask: Ask<'_>) -> Answer {
        let mut content = ask.content.unwrap_or_default();
        self.conversation.request_sent(!content.is_empty() && !ask.chunked);
        let mut answer = Answer::default();
        loop {
            if let Some(due) = self.conversation.body_due() {
                self.send_data(&mut content, due);
            }
            if self.receive(&mut answer) {
                answer.reusable = self.conversation.reusable();
                return answer;
            }
        }
    }

    pub(crate) fn ping(&mut self) {
        self.socket.write_all(&ajp13::CPING).unwrap();
        self.conversation.ping_sent();
        assert!(!self.receive(&mut Answer::default()));
        assert!(self.conversation.reusable());
    }

    fn send_data(&mut self, content: &mut &[u8], due: BodyDue) {
        let most = match due {
            BodyDue::First => max_data(8192),
            BodyDue::Asked { wanted } => max_data(8192).min(wanted.into()),
        };
        let (piece, rest) = content.split_at(data_len(content.len().min(most)));
        if piece.is_empty() {
            self.socket.write_all(&END_OF_BODY).unwrap();
        } else {
            self.socket.write_all(&data_head(piece.len())).unwrap();
            self.socket.write_all(piece).unwrap();
        }
        *content = rest;
        self.conversation.data_sent();
    }

    /// Takes one message in; says whether it was the last of the response.
    fn receive(&mut self, answer: &mut Answer) -> bool {
        let len = loop {
            if let Some(frame) = split_frame(&self.gathered, 8192).unwrap() {
                break frame.len;
            }
            let mut piece = [0; RECEIVE_LIMIT];
            let read = self.socket.read(&mut piece).expect("the backend answers in time");
            assert!(read > 0, "the backend has closed the connection");
            self.gathered.extend_from_slice(&piece[..read]);
        };
        let packet: Vec<u8> = self.gathered.drain(..len).collect();
        let message = Message::decode(&packet[ajp13::HEADER_LEN..]).unwrap();
        self.conversation.receive(&message).unwrap();
        match message {
            Message::SendHeaders(head) => {
                answer.status = head.status;
                answer.fields = head.fields().map(|(n, v)| (owned(n), owned(v))).collect();
            }
            Message::SendBodyChunk(chunk) => answer.content.extend_from_slice(chunk),
            Message::EndResponse { .. } => return true,
            Message::GetBodyChunk { .. } | Message::CPong => {}
        }
        false
    }
}

fn owned(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// A Forward Request.
pub(crate) fn request(target: &str, ask: Ask<'_>) -> Vec<u8> {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let line = RequestLine {
        method: ask.method.as_bytes(),
        protocol: b"HTTP/1.1",
        uri: path.as_bytes(),
        remote_addr: b"127.0.0.1",
        remote_host: None,
        server_name: b"localhost",
        server_port: 80,
        is_ssl: false,
    };
    let mut wire = Vec::new();
    let mut encoder = RequestEncoder::begin(&mut wire, 8192, &line);
    let len = ask.content.unwrap_or_default().len().to_string();
    if ask.chunked {
        encoder.header(b"transfer-encoding", b"chunked");
    } else {
        encoder.header(b"content-length", len.as_bytes());
    }
    if let Some(cookie) = ask.cookie {
        encoder.header(b"Cookie", cookie.as_bytes());
    }
    if !query.is_empty() {
        encoder.attribute(ajp13::Attribute::QueryString(query.as_bytes()));
    }
    let (name, value) = (b"JK_LB_ACTIVATION", b"ACT");
    encoder.attribute(ajp13::Attribute::Request { name, value });
    encoder.finish().unwrap();
    wire
}
