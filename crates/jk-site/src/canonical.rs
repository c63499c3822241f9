//! What a server calls itself: the name and port that mod_jk forwards, that redirects point to and
//! that logs show.

use std::io::Write as _;

use jk_config::{CanonicalName, Config, Server};

use crate::host::Host;
use crate::vhost::{ServerId, configured_name};

/// The naming rules of one server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The configured name (`%v`): `ServerName`, or what httpd puts in its place.
    pub name: String,
    /// The configured port: that of `ServerName`, else that of a virtual host's first address.
    pub port: Option<u16>,
    /// `ServerName` says `https://`.
    pub https: bool,
    /// `UseCanonicalName`
    pub canonical_name: CanonicalName,
    /// `UseCanonicalPhysicalPort`
    pub canonical_physical_port: bool,
}

impl Identity {
    /// The rules of a server of `config`.
    pub fn of(config: &Config, id: ServerId) -> Self {
        let server: &Server = id.of(config);
        // A `ServerName` without a port forgets the port of the address.
        let port = match id {
            _ if server.name.is_some() => server.port,
            ServerId::Main => None,
            ServerId::Vhost(index) => {
                config.vhosts.get(index).and_then(|v| v.addresses.first()).and_then(|a| a.port)
            }
        };
        Self {
            name: configured_name(config, id).map_or_else(|| fallback(config, id), str::to_owned),
            port,
            https: server.https,
            canonical_name: server.canonical_name,
            canonical_physical_port: server.canonical_physical_port,
        }
    }

    /// Appends the server's name for this request (`ap_get_server_name`; `%V`, AJP server_name).
    pub fn push_name(&self, host: Option<&Host<'_>>, out: &mut Vec<u8>) {
        match host {
            Some(host) if self.canonical_name == CanonicalName::Off => host.push_name(out),
            _ => out.extend_from_slice(self.name.as_bytes()),
        }
    }

    /// The server's port for this request (`ap_get_server_port`; `%p`, AJP server_port).
    pub fn port(&self, host: Option<&Host<'_>>, local_port: u16) -> u16 {
        let physical = Some(local_port).filter(|&port| self.canonical_physical_port && port != 0);
        let port = match self.canonical_name {
            CanonicalName::On => self.port.or(physical),
            CanonicalName::Off | CanonicalName::Dns => {
                host.and_then(|host| host.port).or(physical).or(self.port)
            }
        };
        port.unwrap_or(self.default_port())
    }

    /// The scheme of this server's URLs.
    pub fn scheme(&self) -> &'static str {
        if self.https { "https" } else { "http" }
    }

    /// Appends the URL of a path on this server (`ap_construct_url`).
    pub fn push_url(
        &self,
        host: Option<&Host<'_>>,
        local_port: u16,
        path: &[u8],
        out: &mut Vec<u8>,
    ) {
        out.extend_from_slice(self.scheme().as_bytes());
        out.extend_from_slice(b"://");
        let from = out.len();
        self.push_name(host, out);
        if out[from..].contains(&b':') {
            out.insert(from, b'[');
            out.push(b']');
        }
        let port = self.port(host, local_port);
        if port != self.default_port() {
            // Writing to a vector cannot fail.
            let _ = write!(out, ":{port}");
        }
        out.extend_from_slice(path);
    }

    /// The configured port, else the scheme's (`%p`).
    pub fn configured_port(&self) -> u16 {
        self.port.unwrap_or(self.default_port())
    }

    fn default_port(&self) -> u16 {
        if self.https { 443 } else { 80 }
    }
}

/// Without a name and without asking the DNS: the address.
fn fallback(config: &Config, id: ServerId) -> String {
    let ServerId::Vhost(index) = id else { return "localhost".to_owned() };
    let address = config.vhosts.get(index).and_then(|vhost| vhost.addresses.first()?.ip);
    match address.filter(|ip| !ip.is_loopback() && !ip.is_unspecified()) {
        Some(ip) => ip.to_string(),
        None => "localhost".to_owned(),
    }
}
