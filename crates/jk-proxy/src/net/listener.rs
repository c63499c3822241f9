//! Listening sockets: one for each loop and address, so that the kernel spreads connections.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};

use jk_config::Listen;
use socket2::{Domain, Protocol, Socket, Type};

/// An address that cannot be listened on.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {address}: {source}")]
pub struct ListenError {
    /// The address.
    pub address: SocketAddr,
    /// Why.
    pub source: io::Error,
}

/// The listening sockets of one `Listen`, one for each loop.
#[derive(Debug)]
pub(crate) struct Endpoints {
    /// The address that was asked for; its port may be 0.
    pub wanted: SocketAddr,
    /// The address that is listened on.
    pub address: SocketAddr,
    /// One for each loop.
    pub sockets: Vec<TcpListener>,
}

impl Endpoints {
    /// Binds and listens.
    ///
    /// # Errors
    /// The address is taken, not ours, or not permitted.
    pub(crate) fn open(listen: &Listen, loops: usize, backlog: u32) -> Result<Self, ListenError> {
        let wanted = wanted(listen);
        // SO_REUSEPORT would let us share the port with whoever has it, as long as it is us.
        if listen.port != 0 {
            probe(wanted).map_err(|source| ListenError { address: wanted, source })?;
        }
        let first = bind(wanted, backlog).or_else(|error| match listen.ip {
            // A system without IPv6.
            None if error.kind() != io::ErrorKind::AddrInUse => {
                bind(SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), listen.port), backlog)
            }
            _ => Err(error),
        });
        let fail = |source| ListenError { address: wanted, source };
        let first = first.map_err(fail)?;
        let address = first.local_addr().map_err(fail)?;
        let mut sockets = vec![first];
        for _ in 1..loops {
            sockets.push(bind(address, backlog).map_err(fail)?);
        }
        Ok(Self { wanted, address, sockets })
    }
}

/// The address of a `Listen`; without an IP, all of them.
pub(crate) fn wanted(listen: &Listen) -> SocketAddr {
    SocketAddr::new(listen.ip.unwrap_or(IpAddr::V6(Ipv6Addr::UNSPECIFIED)), listen.port)
}

/// Whether the address could be had alone.
fn probe(address: SocketAddr) -> io::Result<()> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP));
    // A system without IPv6 is dealt with when it comes to listening.
    let Ok(socket) = socket else { return Ok(()) };
    socket.set_reuse_address(true)?;
    if address.is_ipv6() {
        socket.set_only_v6(address.ip() != IpAddr::V6(Ipv6Addr::UNSPECIFIED))?;
    }
    match socket.bind(&address.into()) {
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => Err(error),
        _ => Ok(()),
    }
}

fn bind(address: SocketAddr, backlog: u32) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_reuse_address(true)?;
    socket.set_reuse_port(true)?;
    if address.is_ipv6() {
        socket.set_only_v6(address.ip() != IpAddr::V6(Ipv6Addr::UNSPECIFIED))?;
    }
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(i32::try_from(backlog).unwrap_or(i32::MAX))?;
    Ok(socket.into())
}
