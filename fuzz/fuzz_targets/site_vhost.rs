#![no_main]
//! Tables of virtual hosts: the choice is one that was added, and its address fits.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use jk_config::VhostAddress;
use jk_site::host::Host;
use jk_site::vhost::{ServerId, VhostTable};
use libfuzzer_sys::fuzz_target;

fn address((ip, port): (u8, u8)) -> VhostAddress {
    let ip = (ip % 4 > 0).then(|| IpAddr::V4(Ipv4Addr::new(127, 0, 0, ip % 4)));
    VhostAddress { ip, port: (port % 3 > 0).then_some(u16::from(port % 3)) }
}

fuzz_target!(|input: (Vec<(Vec<(u8, u8)>, String, Vec<String>)>, (u8, u8), &[u8])| {
    let (hosts, local, name) = input;
    let mut table = VhostTable::default();
    let mut known = Vec::new();
    for (index, (addresses, name, aliases)) in hosts.into_iter().enumerate() {
        let addresses: Vec<_> = addresses.into_iter().map(address).collect();
        table.add(index, &addresses, Some(&name), &aliases);
        known.push(addresses);
    }
    let local = SocketAddr::from(([127, 0, 0, local.0 % 4], u16::from(local.1 % 3)));
    let host = Host::parse(name).ok().flatten();
    match table.choose(local, host.as_ref()) {
        ServerId::Main => assert!(table.choose(local, None) == ServerId::Main),
        ServerId::Vhost(index) => assert!(known[index].iter().any(|address| {
            address.ip.is_none_or(|ip| ip == local.ip())
                && address.port.is_none_or(|port| port == local.port())
        })),
    }
});
