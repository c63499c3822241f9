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
        let fail = |source| ListenError { address: wanted, source };
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
        let first = first.map_err(fail)?;
        let address = first.local_addr().map_err(fail)?;
        let mut sockets = vec![first];
        for _ in 1..loops {
            sockets.push(bind(address, backlog).map_err(fail)?);
        }
        Ok(Self { wanted, address, sockets })
    }
}

impl Endpoints {
    /// Takes those of `inherited` that listen where this `Listen` wants to. All of them are kept:
    /// connections wait in the queue of each.
    pub(crate) fn inherit(listen: &Listen, inherited: &mut Vec<TcpListener>) -> Option<Self> {
        let wanted = wanted(listen);
        let fits = |address: SocketAddr| {
            let ipv4 = SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), wanted.port());
            address == wanted || (listen.ip.is_none() && address == ipv4)
        };
        let mut sockets = Vec::new();
        inherited.retain(|socket| match (socket.local_addr(), socket.try_clone()) {
            (Ok(address), Ok(own)) if fits(address) => {
                sockets.push(own);
                false
            }
            _ => true,
        });
        let address = sockets.first()?.local_addr().ok()?;
        Some(Self { wanted, address, sockets })
    }

    /// The sockets that each of `loops` loops is to accept on; together they are all.
    ///
    /// # Errors
    /// No descriptor is left.
    pub(crate) fn share(&self, loops: usize) -> io::Result<Vec<Vec<TcpListener>>> {
        let mut shares: Vec<Vec<TcpListener>> = (0..loops).map(|_| Vec::new()).collect();
        for at in 0..loops.max(self.sockets.len()) {
            let socket = &self.sockets[at % self.sockets.len()];
            shares[at % loops].push(socket.try_clone()?);
        }
        Ok(shares)
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
