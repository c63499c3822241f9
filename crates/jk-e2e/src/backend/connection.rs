//! One AJP connection of a scripted backend.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::thread;
use std::time::Duration;

use socket2::SockRef;

use super::script::{Acceptance, CpingAnswer, Statement};
use super::{Received, Shared};
use crate::ajp::{
    ForwardRequest, Packet, Reader, body_chunk, cpong, end_response, get_body_chunk, read_packet,
    send_headers,
};
use crate::backend::record::BodyRecord;
use crate::text::{fnv, pattern};

/// Whether the connection goes on.
#[derive(PartialEq, Eq)]
enum Flow {
    Next,
    Over,
}

/// Serves the connection until either side ends it.
pub(super) fn serve(socket: TcpStream, number: usize, shared: &Shared) {
    let _ = socket.set_nodelay(true);
    let mut connection = Connection { socket, number, shared, reset: false };
    // A socket error is the peer's or the test's decision to end; the log already holds what came.
    let _ = match shared.script.acceptance {
        Acceptance::Hang => connection.linger(),
        Acceptance::Close => Ok(()),
        Acceptance::Serve | Acceptance::Refuse => connection.serve(),
    };
    if !connection.reset {
        let _ = connection.socket.shutdown(Shutdown::Both);
    }
}

struct Connection<'a> {
    socket: TcpStream,
    number: usize,
    shared: &'a Shared,
    /// An orderly end would spoil the reset that closing the socket sends.
    reset: bool,
}

/// The request that is being answered.
struct Current {
    index: usize,
    announced: Option<u64>,
    first_due: bool,
    headers: Vec<(Vec<u8>, Vec<u8>)>,
}

impl Connection<'_> {
    fn serve(&mut self) -> io::Result<()> {
        loop {
            let payload = match read_packet(&mut self.socket)? {
                Packet::Payload(payload) => payload,
                Packet::Closed(true) => return Ok(()),
                other => return self.object(format!("{other:?} instead of a packet")),
            };
            let flow = match payload.first() {
                Some(0x02) => self.request(&payload)?,
                Some(0x0a) => self.cping()?,
                _ => {
                    let head = &payload[..payload.len().min(16)];
                    return self.object(format!("a packet that begins with {head:02x?}"));
                }
            };
            if flow == Flow::Over {
                return Ok(());
            }
        }
    }

    fn object(&self, objection: String) -> io::Result<()> {
        self.shared.record(|log| log.objections.push(objection));
        Ok(())
    }

    fn cping(&mut self) -> io::Result<Flow> {
        let ordinal = self.shared.record(|log| {
            log.probes += 1;
            log.probes
        });
        match self.shared.script.cping(ordinal) {
            CpingAnswer::Pong => self.socket.write_all(&cpong())?,
            CpingAnswer::Ignore => {}
            CpingAnswer::Wrong => self.socket.write_all(&end_response(1))?,
            CpingAnswer::Garbage => self.socket.write_all(b"HTTP/1.1 400 Bad\r\n\r\n")?,
            CpingAnswer::Close => return Ok(Flow::Over),
            CpingAnswer::Late(ms) => {
                thread::sleep(Duration::from_millis(ms));
                self.socket.write_all(&cpong())?;
            }
        }
        Ok(Flow::Next)
    }

    fn request(&mut self, payload: &[u8]) -> io::Result<Flow> {
        let request = ForwardRequest::decode(payload);
        let announced = request.as_ref().ok().and_then(ForwardRequest::content_length);
        let path = request.as_ref().map(|r| r.uri.clone()).unwrap_or_default();
        let received = Received {
            connection: self.number,
            sequence: self.shared.next_sequence(),
            request,
            body: BodyRecord::default(),
        };
        let ordinal = self.shared.record(|log| {
            log.requests.push(received);
            log.requests.len()
        });
        let first_due = announced.is_some_and(|n| n > 0);
        let mut current = Current { index: ordinal - 1, announced, first_due, headers: Vec::new() };
        let statements = self.shared.script.statements(ordinal, &path);
        if statements.first() != Some(&Statement::Early) {
            self.first(&mut current)?;
        }
        for statement in statements {
            if self.perform(statement, &mut current)? == Flow::Over {
                return Ok(Flow::Over);
            }
        }
        Ok(Flow::Next)
    }

    fn perform(&mut self, statement: &Statement, current: &mut Current) -> io::Result<Flow> {
        match statement {
            Statement::Early => {}
            Statement::First => self.first(current)?,
            Statement::Ask(wanted) => drop(self.ask(*wanted, current)?),
            Statement::AskAll(wanted) => self.ask_all(*wanted, current)?,
            Statement::Header(name, value) => current.headers.push((name.clone(), value.clone())),
            Statement::Headers(status, reason) => {
                let headers = std::mem::take(&mut current.headers);
                self.socket.write_all(&send_headers(*status, reason, &headers))?;
            }
            Statement::Chunk(data) => self.socket.write_all(&body_chunk(data))?,
            Statement::Fill(total, size) => self.fill(*total, *size)?,
            Statement::Flush => self.socket.write_all(&body_chunk(b""))?,
            Statement::End(reuse) => self.socket.write_all(&end_response(*reuse))?,
            Statement::Answer(status, reason) => {
                let body = format!("{}\n", self.shared.name);
                self.answer(*status, reason, body.as_bytes(), current)?;
            }
            Statement::Digest => self.digest(current)?,
            Statement::Hex(bytes) => self.socket.write_all(bytes)?,
            Statement::Close => return Ok(Flow::Over),
            Statement::Reset => {
                SockRef::from(&self.socket).set_linger(Some(Duration::ZERO))?;
                // The registered handle would keep the connection open.
                self.shared.open().remove(&self.number);
                self.reset = true;
                return Ok(Flow::Over);
            }
            Statement::Hang => {
                self.linger()?;
                return Ok(Flow::Over);
            }
            Statement::Delay(ms) => thread::sleep(Duration::from_millis(*ms)),
            Statement::Hold => self.shared.take_permit(),
        }
        Ok(Flow::Next)
    }

    /// Reads and drops whatever comes until the peer ends the connection.
    fn linger(&mut self) -> io::Result<()> {
        let mut sink = [0; 4096];
        while self.socket.read(&mut sink)? > 0 {}
        Ok(())
    }

    fn first(&mut self, current: &mut Current) -> io::Result<()> {
        if std::mem::take(&mut current.first_due) {
            self.data(current)?;
        }
        Ok(())
    }

    fn ask(&mut self, wanted: u16, current: &mut Current) -> io::Result<usize> {
        self.socket.write_all(&get_body_chunk(wanted))?;
        self.data(current)
    }

    fn ask_all(&mut self, wanted: u16, current: &mut Current) -> io::Result<()> {
        while !self.has_whole_body(current) && self.ask(wanted, current)? > 0 {}
        Ok(())
    }

    fn has_whole_body(&self, current: &Current) -> bool {
        let received = self.shared.log().requests[current.index].body.bytes.len() as u64;
        current.announced.is_some_and(|announced| received >= announced)
    }

    /// Reads one data packet into the record and returns its size.
    fn data(&mut self, current: &Current) -> io::Result<usize> {
        let payload = match read_packet(&mut self.socket)? {
            Packet::Payload(payload) => payload,
            other => {
                self.object(format!("{other:?} instead of a body packet"))?;
                return Err(io::ErrorKind::InvalidData.into());
            }
        };
        let mut reader = Reader::new(&payload);
        let length = if payload.is_empty() { 0 } else { reader.integer().unwrap_or(u16::MAX) };
        let content = reader.rest();
        if usize::from(length) != content.len() {
            self.object(format!("a body packet of {length} bytes holds {}", content.len()))?;
        }
        self.shared.record(|log| {
            let body = &mut log.requests[current.index].body;
            if payload.is_empty() {
                body.ended = true;
            } else {
                body.packets.push(content.len());
                body.bytes.extend_from_slice(content);
            }
        });
        Ok(content.len())
    }

    fn fill(&mut self, total: usize, size: usize) -> io::Result<()> {
        for piece in pattern(total).chunks(size) {
            self.socket.write_all(&body_chunk(piece))?;
        }
        Ok(())
    }

    fn digest(&mut self, current: &mut Current) -> io::Result<()> {
        self.ask_all(8186, current)?;
        let body = {
            let log = self.shared.log();
            let bytes = &log.requests[current.index].body.bytes;
            format!("{} {} {:016x}\n", self.shared.name, bytes.len(), fnv(bytes))
        };
        self.answer(200, b"OK", body.as_bytes(), current)
    }

    fn answer(
        &mut self,
        status: u16,
        reason: &[u8],
        body: &[u8],
        current: &mut Current,
    ) -> io::Result<()> {
        let mut headers = std::mem::take(&mut current.headers);
        headers.push((b"Content-Type".to_vec(), b"text/plain".to_vec()));
        headers.push((b"Content-Length".to_vec(), body.len().to_string().into_bytes()));
        let mut out = send_headers(status, reason, &headers);
        out.extend_from_slice(&body_chunk(body));
        out.extend_from_slice(&end_response(1));
        self.socket.write_all(&out)
    }
}
