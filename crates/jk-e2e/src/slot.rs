//! A private loopback address for each site under test.
//!
//! Linux answers on all of 127.0.0.0/8, so every site can use the *same* ports on an address of its
//! own: recordings need no renumbering, and many sites run side by side.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};

/// Where the server under test listens, on the slot's address.
pub const HTTP_PORT: u16 = 22080;
/// A second listener for cases that need one.
pub const SECOND_HTTP_PORT: u16 = 22081;
/// The first backend's port; the others follow.
pub const BACKEND_PORT: u16 = 22001;
/// Held open for as long as the slot is taken, by whatever process.
const GUARD_PORT: u16 = 22000;

/// All addresses have equally long texts, so that AJP packets are equally long on each.
const FIRST: u8 = 100;
const COUNT: u8 = 100;

/// A loopback address that no other harness, in this process or another, uses meanwhile.
#[derive(Debug)]
pub struct Slot {
    ip: Ipv4Addr,
    _guard: TcpListener,
}

impl Slot {
    /// Takes a free address.
    ///
    /// # Errors
    /// When all of them are taken.
    pub fn claim() -> io::Result<Self> {
        (FIRST..FIRST + COUNT).find_map(Self::try_claim).ok_or_else(|| {
            io::Error::new(io::ErrorKind::AddrInUse, "every address of the harness is taken")
        })
    }

    fn try_claim(last: u8) -> Option<Self> {
        let ip = Ipv4Addr::new(127, 22, 0, last);
        let guard = TcpListener::bind((ip, GUARD_PORT)).ok()?;
        Some(Self { ip, _guard: guard })
    }

    /// The address.
    pub fn ip(&self) -> Ipv4Addr {
        self.ip
    }

    /// The address with a port.
    pub fn socket(&self, port: u16) -> SocketAddr {
        (self.ip, port).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_slots_differ_and_a_dropped_one_returns() {
        let first = Slot::claim().unwrap();
        let second = Slot::claim().unwrap();
        assert_ne!(first.ip(), second.ip());
        let last = first.ip().octets()[3];
        drop(first);
        assert!(Slot::try_claim(last).is_some());
    }
}
