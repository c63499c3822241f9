//! `host:port` as `Listen` and `<VirtualHost>` write it (APR: `apr_parse_addr_port`).

use std::net::{IpAddr, Ipv6Addr};

/// The parts of an address, any of which may lack.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct HostPort<'t> {
    pub(crate) host: Option<&'t str>,
    pub(crate) port: Option<u16>,
}

/// Whom a host means.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Host {
    /// Everybody: `*`.
    Any,
    Ip(IpAddr),
    /// A name, which only a resolver could tell.
    Name,
}

/// Splits at the last colon that is followed by digits alone. `None` when a port is out of range or
/// brackets do not fit.
pub(crate) fn split(text: &str) -> Option<HostPort<'_>> {
    let before = text.trim_end_matches(|c: char| c.is_ascii_digit());
    let digits = text.strip_prefix(before).unwrap_or_default();
    if before.is_empty() {
        return Some(HostPort { host: None, port: Some(port(digits)?) });
    }
    let (host, port) = match before.strip_suffix(':') {
        Some("") => return None,
        Some(host) if !digits.is_empty() => (host, Some(port(digits)?)),
        _ => (text, None),
    };
    let host = match host.strip_prefix('[') {
        Some(inner) => inner.strip_suffix(']').filter(|ip| ip.parse::<Ipv6Addr>().is_ok())?,
        None => host,
    };
    Some(HostPort { host: Some(host), port })
}

/// Whom a host means.
pub(crate) fn host(text: &str) -> Host {
    if text == "*" {
        return Host::Any;
    }
    text.parse().map_or(Host::Name, Host::Ip)
}

fn port(digits: &str) -> Option<u16> {
    digits.parse().ok().filter(|&port| port != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Measured with apache2 2.4.71 and APR 1.7.2.
    #[test]
    fn splits_as_apr_does() {
        for (text, expected) in [
            ("80", Some((None, Some(80)))),
            ("127.0.0.1:80", Some((Some("127.0.0.1"), Some(80)))),
            ("127.0.0.1", Some((Some("127.0.0.1"), None))),
            ("127.0.0.1:", Some((Some("127.0.0.1:"), None))),
            ("[::1]:80", Some((Some("::1"), Some(80)))),
            ("::1:80", Some((Some("::1"), Some(80)))),
            ("80abc", Some((Some("80abc"), None))),
            ("*:80", Some((Some("*"), Some(80)))),
            ("99999", None),
            ("0", None),
            (":80", None),
            ("[::1:80", None),
            ("[x]:80", None),
        ] {
            let expected = expected.map(|(host, port)| HostPort { host, port });
            assert_eq!(split(text), expected, "{text}");
        }
    }
}
