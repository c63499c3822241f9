//! Who may connect: how many clients at once, in all and from one address.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use parking_lot::Mutex;

/// The count of the clients of all loops. Only accepting and closing touch it.
#[derive(Debug, Default)]
pub(crate) struct Admission {
    /// The most at once; 0 is unlimited.
    most: AtomicU32,
    /// The most at once from one address; 0 is unlimited.
    most_of_one: AtomicU32,
    here: AtomicU32,
    addresses: Mutex<HashMap<IpAddr, u32>>,
}

/// The place that a client has. Dropping it gives the place back.
#[derive(Debug)]
pub(crate) struct Ticket {
    admission: Arc<Admission>,
    /// Whose count it is in, if addresses are counted.
    address: Option<Box<IpAddr>>,
}

impl Admission {
    /// Sets the bounds; clients that are here stay.
    pub(crate) fn set(&self, most: u32, most_of_one: u32) {
        self.most.store(most, Relaxed);
        self.most_of_one.store(most_of_one, Relaxed);
    }

    /// Whether one more would be too many.
    pub(crate) fn is_full(&self) -> bool {
        let most = self.most.load(Relaxed);
        most > 0 && self.here.load(Relaxed) >= most
    }

    /// Takes a client in; `None` if there are enough from its address. Whether all places are taken is
    /// not looked at: somebody may have left, or been made to leave, for this one.
    pub(crate) fn admit(self: &Arc<Self>, peer: IpAddr) -> Option<Ticket> {
        let most = self.most_of_one.load(Relaxed);
        let address = (most > 0).then(|| client_of(peer));
        if let Some(address) = address {
            let mut addresses = self.addresses.lock();
            let count = addresses.entry(address).or_insert(0);
            if *count >= most {
                return None;
            }
            *count += 1;
        }
        self.here.fetch_add(1, Relaxed);
        Some(Ticket { admission: Arc::clone(self), address: address.map(Box::new) })
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.admission.here.fetch_sub(1, Relaxed);
        let Some(address) = &self.address else { return };
        let mut addresses = self.admission.addresses.lock();
        if let Some(count) = addresses.get_mut(address) {
            *count -= 1;
            if *count == 0 {
                addresses.remove(address);
            }
        }
    }
}

/// What counts as one client: an IPv4 address, or the /64 that one customer commonly has of IPv6.
fn client_of(peer: IpAddr) -> IpAddr {
    match peer.to_canonical() {
        IpAddr::V6(ip) => {
            let [a, b, c, d, ..] = ip.segments();
            IpAddr::from([a, b, c, d, 0, 0, 0, 0])
        }
        ip => ip,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn places_are_taken_and_given_back() {
        let admission = Arc::new(Admission::default());
        admission.set(2, 0);
        let one = admission.admit(ip("10.0.0.1"));
        assert!(one.is_some() && !admission.is_full());
        let two = admission.admit(ip("10.0.0.1"));
        assert!(two.is_some() && admission.is_full());
        drop(one);
        assert!(!admission.is_full());
    }

    #[test]
    fn one_address_has_so_many_and_no_more() {
        let admission = Arc::new(Admission::default());
        admission.set(0, 2);
        let held: Vec<_> =
            ["10.0.0.1", "::ffff:10.0.0.1"].map(|text| admission.admit(ip(text))).into();
        assert!(held.iter().all(Option::is_some));
        assert!(admission.admit(ip("10.0.0.1")).is_none());
        assert!(admission.admit(ip("10.0.0.2")).is_some());
        drop(held);
        assert!(admission.admit(ip("10.0.0.1")).is_some());
        assert!(admission.addresses.lock().is_empty(), "nothing is kept of those who left");
    }

    #[test]
    fn neighbours_in_a_network_of_ipv6_are_one() {
        let admission = Arc::new(Admission::default());
        admission.set(0, 1);
        let _one = admission.admit(ip("2001:db8:1:2::1"));
        assert!(admission.admit(ip("2001:db8:1:2:ffff::9")).is_none());
        assert!(admission.admit(ip("2001:db8:1:3::1")).is_some());
    }
}
