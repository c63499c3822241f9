//! An HTTP/1.x client that sends exact bytes and reports exactly what came back.

mod response;

use std::io::{self, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::Duration;

pub use response::{End, Field, Response};

/// No exchange of a test lasts longer.
const PATIENCE: Duration = Duration::from_secs(30);

/// A connection to the server under test.
#[derive(Debug)]
pub struct Client {
    reader: BufReader<TcpStream>,
}

impl Client {
    /// Connects.
    ///
    /// # Errors
    /// When the server does not accept the connection.
    pub fn connect(addr: SocketAddr) -> io::Result<Self> {
        let socket = TcpStream::connect_timeout(&addr, PATIENCE)?;
        socket.set_nodelay(true)?;
        socket.set_read_timeout(Some(PATIENCE))?;
        socket.set_write_timeout(Some(PATIENCE))?;
        Ok(Self { reader: BufReader::with_capacity(64 * 1024, socket) })
    }

    /// Sends these bytes.
    ///
    /// # Errors
    /// When the server has gone.
    pub fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.reader.get_mut().write_all(bytes)
    }

    /// Says that nothing more will be sent.
    ///
    /// # Errors
    /// When the server has gone.
    pub fn finish_sending(&mut self) -> io::Result<()> {
        self.reader.get_mut().shutdown(Shutdown::Write)
    }

    /// Reads one final response, the interim ones before it included. `method` decides whether it
    /// may have a body.
    pub fn receive(&mut self, method: &str) -> Response {
        Response::read(&mut self.reader, method)
    }

    /// Reads until an interim response has come, and returns its status.
    ///
    /// # Errors
    /// When the connection fails or the response is no head.
    pub fn receive_interim(&mut self) -> io::Result<u16> {
        response::read_interim(&mut self.reader)
    }

    /// Waits for the end of the connection, and returns what came before it.
    pub fn drain(&mut self) -> (Vec<u8>, bool) {
        let mut rest = Vec::new();
        let closed = match self.reader.read_to_end(&mut rest) {
            Ok(_) => true,
            Err(e) => e.kind() == io::ErrorKind::ConnectionReset,
        };
        (rest, closed)
    }

    /// The client's own address.
    ///
    /// # Errors
    /// When the socket has no address any more.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.reader.get_ref().local_addr()
    }
}

/// A GET on a connection of its own that the server is asked to close: when this returns, the
/// server has finished with the request.
///
/// # Errors
/// When the connection fails before a response has come.
pub fn get(addr: SocketAddr, target: &str, fields: &[(&str, &str)]) -> io::Result<Response> {
    let mut client = Client::connect(addr)?;
    let mut head = format!("GET {target} HTTP/1.1\r\nHost: www.test\r\nConnection: close\r\n");
    for (name, value) in fields {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str("\r\n");
    client.send(head.as_bytes())?;
    let response = client.receive("GET");
    client.drain();
    Ok(response)
}
