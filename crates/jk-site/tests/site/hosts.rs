//! Hosts, targets, virtual hosts and server names against the measured tables.

use std::net::SocketAddr;

use crate::common::{config, escape, rows, server, unescape, vhost};
use jk_config::{CanonicalName, EncodedSlashes};
use jk_site::canonical::Identity;
use jk_site::host::{Host, of_request};
use jk_site::path::{decode_path, escape_proxy};
use jk_site::target::split_target;
use jk_site::vhost::{ServerId, VhostTable};
use proptest::prelude::*;

/// What mod_jk forwards for a request: path, server name, server port, `Host`.
fn forwarded(
    method: &str,
    target: &[u8],
    version: (u8, u8),
    field: Option<&[u8]>,
) -> Result<[String; 4], u16> {
    let target = split_target(method.as_bytes(), target)?;
    let host = of_request(&target, field, version, "http")?;
    if target.path == b"*" {
        return Err(200);
    }
    let (mut path, mut uri, mut name) = (Vec::new(), Vec::new(), Vec::new());
    decode_path(target.path, EncodedSlashes::On, &mut path)?;
    escape_proxy(&path, &mut uri);
    let identity = Identity::of(&config(server(Some("v21604"))), ServerId::Main);
    identity.push_name(host.as_ref(), &mut name);
    let port = identity.port(host.as_ref(), 21604);
    let mut shown_field = field.unwrap_or(b"-").to_vec();
    if let Some(host) = host.filter(|host| field.is_some() && host.from_target()) {
        shown_field.clear();
        host.push_field(&mut shown_field);
    }
    let or_quotes = |text: &[u8]| if text.is_empty() { "\"\"".to_owned() } else { escape(text) };
    let field = if shown_field.is_empty() { "-".to_owned() } else { escape(&shown_field) };
    Ok([escape(&uri), or_quotes(&name), port.to_string(), field])
}

fn shown(result: Result<[String; 4], u16>) -> String {
    result.map_or_else(|status| status.to_string(), |columns| columns.join("\t"))
}

#[test]
fn hosts_are_read_as_measured() {
    for (line, row) in rows("hosts.tsv") {
        let field = if row[0] == "-" { Vec::new() } else { unescape(&row[0]) };
        let got = shown(forwarded("GET", b"/", (1, 1), Some(&field)));
        assert_eq!(got, row[1..].join("\t"), "hosts.tsv:{line}: {}", row[0]);
    }
}

#[test]
fn targets_are_split_as_measured() {
    for (line, row) in rows("targets.tsv") {
        let minor = row[2].ends_with('1').into();
        let version = if row[2] == "1.2" { (1, 2) } else { (1, minor) };
        let field = match row[3].as_str() {
            "-" => None,
            "\"\"" => Some(Vec::new()),
            text => Some(unescape(text)),
        };
        let got = shown(forwarded(&row[0], &unescape(&row[1]), version, field.as_deref()));
        assert_eq!(got, row[4..].join("\t"), "targets.tsv:{line}: {} {}", row[0], row[1]);
    }
}

#[test]
fn virtual_hosts_are_chosen_as_measured() {
    let mut tags: Vec<String> = Vec::new();
    let mut site = config(server(Some("site.test")));
    let mut table = VhostTable::build(&site);
    let mut cases = 0;
    for (line, row) in rows("vhosts.tsv") {
        match row[0].as_str() {
            "vhost" => {
                let mut settings = server(Some(row[3].as_str()).filter(|name| *name != "-"));
                settings.aliases =
                    row[4].split(',').filter(|a| *a != "-").map(Into::into).collect();
                site.vhosts.push(vhost(&row[2], settings));
                tags.push(row[1].clone());
                table = VhostTable::build(&site);
            }
            "case" => {
                let local: SocketAddr = row[1].parse().expect("an address");
                let host = Host::parse(row[2].as_bytes()).expect("a sound host");
                let chosen = table.choose(local, host.filter(|_| row[2] != "-").as_ref());
                let tag = match chosen {
                    ServerId::Main => "main",
                    ServerId::Vhost(index) => &tags[index],
                };
                assert_eq!(tag, row[3], "vhosts.tsv:{line}: {} at {}", row[2], row[1]);
                cases += 1;
            }
            _ => {
                site.vhosts.clear();
                tags.clear();
                table = VhostTable::build(&site);
            }
        }
    }
    assert!(cases > 1000);
}

#[test]
fn an_ipv4_connection_on_an_ipv6_socket_is_an_ipv4_connection() {
    let mut site = config(server(Some("main")));
    site.vhosts.push(vhost("127.0.0.1:80", server(Some("a"))));
    let table = VhostTable::build(&site);
    let local = "[::ffff:127.0.0.1]:80".parse().expect("an address");
    assert_eq!(table.choose(local, None), ServerId::Vhost(0));
}

#[test]
fn names_and_ports_are_as_measured() {
    for (line, row) in rows("names.tsv") {
        let mut settings = server(Some(&row[0]));
        settings.port = row[1].parse().ok();
        settings.https = row[2] == "https";
        settings.canonical_name = match row[3].as_str() {
            "On" => CanonicalName::On,
            "DNS" => CanonicalName::Dns,
            _ => CanonicalName::Off,
        };
        settings.canonical_physical_port = row[4] == "On";
        let mut site = config(server(Some("site.test")));
        let local: SocketAddr = row[5].parse().expect("an address");
        site.vhosts.push(vhost(&row[6], settings));
        let identity = Identity::of(&site, ServerId::Vhost(0));
        let host = Host::parse(row[7].as_bytes()).expect("a sound host");
        let host = host.as_ref().filter(|_| row[7] != "-");
        let mut name = Vec::new();
        identity.push_name(host, &mut name);
        let mut url = Vec::new();
        identity.push_url(host, local.port(), b"/dir/", &mut url);
        let got = [
            String::from_utf8_lossy(&name).into_owned(),
            identity.port(host, local.port()).to_string(),
            identity.configured_port().to_string(),
            String::from_utf8_lossy(&url).into_owned(),
        ];
        assert_eq!(got.join("\t"), row[8..].join("\t"), "names.tsv:{line}");
    }
}

proptest! {
    #[test]
    fn any_host_is_read_without_panic(text: Vec<u8>) {
        if let Ok(Some(host)) = Host::parse(&text) {
            let mut name = Vec::new();
            host.push_name(&mut name);
            prop_assert!(!name.iter().any(u8::is_ascii_uppercase));
            prop_assert!(!name.contains(&b'/') && !name.contains(&b'\\'));
            prop_assert!(host.is(&name));
            let mut field = Vec::new();
            host.push_field(&mut field);
            prop_assert!(Host::parse(&field).is_ok());
        }
    }

    #[test]
    fn any_target_is_split_without_panic(
        method in "GET|OPTIONS|CONNECT|TRACE",
        target in "(http|https|)(:|)(//|)[a-z.:@\\[\\]0-9/?#*%-]{0,24}",
    ) {
        if let Ok(target) = split_target(method.as_bytes(), target.as_bytes()) {
            prop_assert!(target.path.starts_with(b"/") || target.path == b"*");
            let _ = of_request(&target, Some(b"h"), (1, 1), "http");
        }
    }
}
