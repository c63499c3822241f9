//! Many keep-alive connections that have been answered once and then do nothing.

use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// Opens so many, one request on each.
///
/// # Errors
/// A connection is refused, or not answered.
pub(crate) fn connections(to: SocketAddr, count: usize) -> io::Result<Vec<TcpStream>> {
    (0..count).map(|_| answered(to)).collect()
}

/// A connection on which a small request has been answered.
///
/// # Errors
/// It is refused, not answered, or answered with an error.
pub(crate) fn answered(to: SocketAddr) -> io::Result<TcpStream> {
    let mut stream = TcpStream::connect(to)?;
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    stream.write_all(b"GET /b/16 HTTP/1.1\r\nHost: localhost\r\n\r\n")?;
    let mut answer = Vec::new();
    let mut buffer = [0; 1024];
    while !answer.ends_with(&[b'x'; 16]) {
        let read = stream.read(&mut buffer)?;
        answer.extend_from_slice(&buffer[..read]);
        if read == 0 || answer.len() > 4096 {
            return Err(io::Error::other("the connection was not answered"));
        }
    }
    if !answer.starts_with(b"HTTP/1.1 200") {
        return Err(io::Error::other("the answer is an error"));
    }
    Ok(stream)
}
