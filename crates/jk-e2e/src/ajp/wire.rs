use std::io::{self, Read};

/// A packet from the client: its payload, or what was wrong with its header.
#[derive(Debug, PartialEq, Eq)]
pub enum Packet {
    /// A whole payload.
    Payload(Vec<u8>),
    /// The four header bytes did not begin with 0x12 0x34.
    BadMagic([u8; 4]),
    /// The connection ended, between packets (`true`) or inside one.
    Closed(bool),
}

/// Reads one packet.
///
/// # Errors
/// When the socket fails with anything but an orderly end.
pub fn read_packet(socket: &mut impl Read) -> io::Result<Packet> {
    let mut header = [0; 4];
    match fill(socket, &mut header)? {
        0 => return Ok(Packet::Closed(true)),
        4 => {}
        _ => return Ok(Packet::Closed(false)),
    }
    if header[..2] != [0x12, 0x34] {
        return Ok(Packet::BadMagic(header));
    }
    let mut payload = vec![0; usize::from(u16::from_be_bytes([header[2], header[3]]))];
    if fill(socket, &mut payload)? < payload.len() {
        return Ok(Packet::Closed(false));
    }
    Ok(Packet::Payload(payload))
}

/// Reads until `buffer` is full or the connection ends, and says how far it came.
fn fill(socket: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut done = 0;
    while done < buffer.len() {
        match socket.read(&mut buffer[done..]) {
            Ok(0) => break,
            Ok(n) => done += n,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    Ok(done)
}

/// Takes AJP values from the front of a payload; every error says what was missing.
#[derive(Debug)]
pub struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    /// Reads from the start of `payload`.
    pub fn new(payload: &'a [u8]) -> Self {
        Self { rest: payload }
    }

    /// What has not been read.
    pub fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// The next byte, without taking it.
    pub fn peek(&self) -> Option<u8> {
        self.rest.first().copied()
    }

    /// One byte.
    ///
    /// # Errors
    /// At the end of the payload.
    pub fn byte(&mut self) -> Result<u8, String> {
        Ok(self.take(1, "a byte")?[0])
    }

    /// A 16-bit integer.
    ///
    /// # Errors
    /// At the end of the payload.
    pub fn integer(&mut self) -> Result<u16, String> {
        let bytes = self.take(2, "an integer")?;
        Ok(u16::from_be_bytes([bytes[0], bytes[1]]))
    }

    /// A string; `None` is AJP's null.
    ///
    /// # Errors
    /// When it runs past the payload or its last byte is not zero.
    pub fn string(&mut self) -> Result<Option<Vec<u8>>, String> {
        let length = self.integer()?;
        if length == 0xffff {
            return Ok(None);
        }
        let text = self.take(usize::from(length), "a string")?.to_vec();
        match self.byte()? {
            0 => Ok(Some(text)),
            other => Err(format!("a string ends in {other:#04x} instead of zero")),
        }
    }

    fn take(&mut self, n: usize, what: &str) -> Result<&'a [u8], String> {
        let (taken, rest) =
            self.rest.split_at_checked(n).ok_or_else(|| format!("{what} runs past the packet"))?;
        self.rest = rest;
        Ok(taken)
    }
}
