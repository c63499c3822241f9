//! Streams as the engine wants them, over mio.

use std::io::{self, IoSlice, Read, Write};
use std::net::{Shutdown, SocketAddr};
use std::os::fd::AsRawFd;
use std::time::Duration;

use mio::net::TcpStream;
use socket2::{Domain, Protocol, SockRef, Socket, Type};

use super::admission::Ticket;
use super::ahead::Ahead;
use crate::engine::{Connect, Stream};

/// A TCP connection, and a client's place among the clients.
#[derive(Debug)]
pub(crate) struct MioStream {
    pub tcp: TcpStream,
    /// What was fetched of what has arrived.
    pub(super) ahead: Ahead,
    /// Given back when the connection closes.
    _place: Option<Ticket>,
}

impl MioStream {
    /// A client's connection.
    pub(super) fn of_client(tcp: TcpStream, place: Ticket) -> Self {
        Self { tcp, ahead: Ahead::default(), _place: Some(place) }
    }
}

impl Read for MioStream {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let Self { tcp, ahead, .. } = self;
        ahead.read(buf, |rest| tcp.read(rest))
    }
}

impl Write for MioStream {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        self.tcp.write(buf)
    }

    fn write_vectored(&mut self, bufs: &[IoSlice<'_>]) -> io::Result<usize> {
        self.tcp.write_vectored(bufs)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Stream for MioStream {
    fn connected(&self) -> io::Result<()> {
        match self.tcp.take_error()? {
            Some(error) => Err(error),
            None => Ok(()),
        }
    }

    fn finish_writing(&self) {
        // An error means that there is no connection any more, which is as good.
        let _ = self.tcp.shutdown(Shutdown::Write);
    }

    fn reset_on_drop(&self) {
        let _ = SockRef::from(&self.tcp).set_linger(Some(Duration::ZERO));
    }

    fn is_brief(&self) -> bool {
        self.ahead.is_brief()
    }

    fn number(&self) -> i32 {
        self.tcp.as_raw_fd()
    }
}

/// Begins to connect.
pub(super) fn connect(how: &Connect) -> io::Result<MioStream> {
    let socket = Socket::new(Domain::for_address(how.to), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_nonblocking(true)?;
    socket.set_tcp_nodelay(true)?;
    if how.keepalive {
        socket.set_keepalive(true)?;
    }
    if how.buffer > 0 {
        socket.set_recv_buffer_size(how.buffer as usize)?;
        socket.set_send_buffer_size(how.buffer as usize)?;
    }
    if let Some(from) = how.from {
        // mod_jk, too, goes on when the source cannot be bound.
        let _ = socket.bind(&SocketAddr::new(from, 0).into());
    }
    match socket.connect(&how.to.into()) {
        Ok(()) => {}
        Err(error) if error.raw_os_error() == Some(EINPROGRESS) => {}
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
        Err(error) => return Err(error),
    }
    Ok(MioStream { tcp: TcpStream::from_std(socket.into()), ahead: Ahead::default(), _place: None })
}

/// The connect has begun; std has no `ErrorKind` for it on this toolchain's minimum version.
#[cfg(target_os = "linux")]
const EINPROGRESS: i32 = 115;
#[cfg(not(target_os = "linux"))]
const EINPROGRESS: i32 = 36;
