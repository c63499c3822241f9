//! Which server of the configuration answers a request.
//!
//! First the address that the connection came in on chooses a group of virtual hosts, then the
//! name that the request asks for chooses within the group. The first of a group is its default.
//! A connection that belongs to no group is the main server's.

use std::net::{IpAddr, SocketAddr};

use jk_config::{Config, Server, VhostAddress};

use crate::host::Host;

/// Names a server of a [`Config`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ServerId {
    /// The server outside any `<VirtualHost>`.
    Main,
    /// An index into `Config::vhosts`.
    Vhost(usize),
}

impl ServerId {
    /// The server's settings. A foreign index gives the main server.
    pub fn of(self, config: &Config) -> &Server {
        match self {
            Self::Main => &config.main,
            Self::Vhost(index) => config.vhosts.get(index).map_or(&config.main, |v| &v.server),
        }
    }
}

/// A server, and why it answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Choice<'t> {
    /// The server.
    pub server: ServerId,
    /// The address whose virtual hosts were looked at, as it counts: `None` when no `<VirtualHost>`
    /// has the address that the connection came in on.
    pub address: Option<&'t VhostAddress>,
    /// The name that was found.
    pub by: Match<'t>,
}

/// Which name of a server is the one that a request asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Match<'t> {
    /// A `ServerName` or `ServerAlias`.
    Name(&'t str),
    /// A `ServerAlias` with wildcards.
    Pattern(&'t str),
    /// None: it is the default of its address.
    Default,
}

/// The virtual hosts of a configuration, grouped by address.
#[derive(Clone, Debug, Default)]
pub struct VhostTable {
    groups: Vec<Group>,
}

#[derive(Clone, Debug)]
struct Group {
    address: VhostAddress,
    members: Vec<Member>,
}

#[derive(Clone, Debug)]
struct Member {
    index: usize,
    names: Vec<String>,
    patterns: Vec<String>,
}

/// The name of a server: its own, or the main server's if it is a virtual host for any address. For
/// others without a name httpd asks the DNS; we do not.
pub(crate) fn configured_name(config: &Config, id: ServerId) -> Option<&str> {
    let main = config.main.name.as_deref();
    let ServerId::Vhost(index) = id else { return main };
    let vhost = config.vhosts.get(index)?;
    let any = vhost.addresses.iter().any(|a| a.ip.is_none_or(|ip| ip.is_unspecified()));
    vhost.server.name.as_deref().or(main.filter(|_| any))
}

impl VhostTable {
    /// Groups the virtual hosts of a configuration.
    pub fn build(config: &Config) -> Self {
        let mut table = Self::default();
        for (index, vhost) in config.vhosts.iter().enumerate() {
            let name = configured_name(config, ServerId::Vhost(index));
            table.add(index, &vhost.addresses, name, &vhost.server.aliases);
        }
        table
    }

    /// Adds the virtual host `ServerId::Vhost(index)`, after all that were added before.
    pub fn add(
        &mut self,
        index: usize,
        addresses: &[VhostAddress],
        name: Option<&str>,
        aliases: &[String],
    ) {
        for address in addresses {
            // httpd takes 0.0.0.0 for any address, also for one that is not IPv4.
            let ip = address.ip.filter(|ip| !ip.is_unspecified());
            self.group(&VhostAddress { ip, port: address.port }).push(index, name, aliases);
        }
    }

    fn group(&mut self, address: &VhostAddress) -> &mut Group {
        let at = self.groups.iter().position(|group| group.address == *address);
        let at = at.unwrap_or_else(|| {
            self.groups.push(Group { address: address.clone(), members: Vec::new() });
            self.groups.len() - 1
        });
        &mut self.groups[at]
    }

    /// The server for a connection that came in on `local`, asking for `host`.
    pub fn choose(&self, local: SocketAddr, host: Option<&Host<'_>>) -> ServerId {
        self.explain(local, host).server
    }

    /// As [`Self::choose`], with the reason.
    pub fn explain(&self, local: SocketAddr, host: Option<&Host<'_>>) -> Choice<'_> {
        let Some(group) = self.best_group(local) else {
            return Choice { server: ServerId::Main, address: None, by: Match::Default };
        };
        let mut members = group.members.iter();
        let named = host.and_then(|host| members.find_map(|m| Some((m.index, m.answers(host)?))));
        let default = || Some((group.members.first()?.index, Match::Default));
        let (server, by) = named.or_else(default).map_or_else(
            || (ServerId::Main, Match::Default),
            |(index, by)| (ServerId::Vhost(index), by),
        );
        Choice { server, address: Some(&group.address), by }
    }

    fn best_group(&self, local: SocketAddr) -> Option<&Group> {
        let ip = local.ip().to_canonical();
        let wanted = [
            (Some(ip), Some(local.port())),
            (Some(ip), None),
            (None, Some(local.port())),
            (None, None),
        ];
        wanted.iter().find_map(|&(ip, port)| self.groups.iter().find(|group| group.is(ip, port)))
    }
}

impl Group {
    fn is(&self, ip: Option<IpAddr>, port: Option<u16>) -> bool {
        self.address.ip == ip && self.address.port == port
    }

    fn push(&mut self, index: usize, name: Option<&str>, aliases: &[String]) {
        if self.members.last().is_some_and(|last| last.index == index) {
            return;
        }
        let (patterns, aliases): (Vec<_>, Vec<_>) =
            aliases.iter().cloned().partition(|alias| alias.contains(['*', '?']));
        let names = name.map(str::to_owned).into_iter().chain(aliases).collect();
        self.members.push(Member { index, names, patterns });
    }
}

impl Member {
    fn answers(&self, host: &Host<'_>) -> Option<Match<'_>> {
        let name = self.names.iter().find(|name| host.is(name.as_bytes()));
        let named = name.map(|name| Match::Name(name));
        let wild = |pattern: &&String| wild_match(pattern.as_bytes(), host.name);
        named.or_else(|| self.patterns.iter().find(wild).map(|pattern| Match::Pattern(pattern)))
    }
}

/// `*` stands for any run of bytes, `?` for one; letters match in either case.
fn wild_match(pattern: &[u8], text: &[u8]) -> bool {
    let (mut p, mut t) = (0, 0);
    let mut star = None;
    while t < text.len() {
        match pattern.get(p) {
            Some(b'*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(&byte) if byte == b'?' || byte.eq_ignore_ascii_case(&text[t]) => {
                p += 1;
                t += 1;
            }
            _ => {
                let Some((at, from)) = star else { return false };
                star = Some((at, from + 1));
                p = at + 1;
                t = from + 1;
            }
        }
    }
    pattern[p..].iter().all(|&byte| byte == b'*')
}
