//! Listeners and virtual hosts.

use jk_config::{Config, Listen, Server, VhostAddress, VirtualHost};

use super::{heading, line};
use crate::term::{Align, Paint, Table};

/// A server and what to call it.
pub(crate) struct Named<'c> {
    /// `www.example.com`, or what stands for a name.
    pub(crate) name: String,
    /// Its addresses; of the main server none.
    pub(crate) addresses: String,
    /// The server.
    pub(crate) server: &'c Server,
}

/// The main server, then the virtual hosts.
pub(super) fn all(config: &Config) -> Vec<Named<'_>> {
    let main = match &config.main.name {
        Some(name) => format!("{name} (main server)"),
        None => "(main server)".to_owned(),
    };
    let main = Named { name: main, addresses: String::new(), server: &config.main };
    std::iter::once(main).chain(config.vhosts.iter().map(of_vhost)).collect()
}

/// A virtual host and what to call it.
pub(crate) fn of_vhost(vhost: &VirtualHost) -> Named<'_> {
    let addresses: Vec<String> = vhost.addresses.iter().map(address).collect();
    let name = vhost.server.name.clone().unwrap_or_else(|| "(no name)".to_owned());
    Named { name, addresses: addresses.join(" "), server: &vhost.server }
}

pub(super) fn write(out: &mut String, config: &Config, paint: Paint) {
    heading(out, "Listeners", paint);
    let listeners: Vec<String> = config.listeners.iter().map(listener).collect();
    line(out, 2, &listeners.join("  "));

    heading(out, "Servers", paint);
    let columns = ["server", "addresses", "document root", "aliases"];
    let mut table = Table::new(columns.map(|name| (name, Align::Left)));
    for Named { name, addresses, server } in all(config) {
        let root = server.document_root.as_ref().map(|root| root.display().to_string());
        let root = root.unwrap_or_else(|| "-".to_owned());
        let addresses = match addresses.is_empty() {
            true if config.listeners.iter().all(|listen| is_covered(listen, config)) => "none",
            true => "all others",
            false => &addresses,
        };
        table.row([name, addresses.to_owned(), root, server.aliases.join(" ")]);
    }
    table.without_empty(&["aliases"]).write(out, 2, paint);
}

/// Whether every connection there belongs to a virtual host, so that the main server never answers.
fn is_covered(listen: &Listen, config: &Config) -> bool {
    let covers = |address: &VhostAddress| {
        let any = address.ip.is_none_or(|ip| ip.is_unspecified());
        (any || address.ip == listen.ip) && address.port.is_none_or(|port| port == listen.port)
    };
    config.vhosts.iter().flat_map(|vhost| &vhost.addresses).any(covers)
}

fn listener(listen: &Listen) -> String {
    address(&VhostAddress { ip: listen.ip, port: Some(listen.port) })
}

/// An address as httpd writes it.
pub(crate) fn address(address: &VhostAddress) -> String {
    let ip = match address.ip {
        Some(ip) if ip.is_ipv6() => format!("[{ip}]"),
        Some(ip) => ip.to_string(),
        None => "*".to_owned(),
    };
    match address.port {
        Some(port) => format!("{ip}:{port}"),
        None => ip,
    }
}
