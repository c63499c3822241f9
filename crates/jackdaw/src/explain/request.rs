//! From command line arguments to the bytes of a request head and the ends of its connection.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use jk_config::{Config, Listen};

use crate::cli::ExplainArgs;

/// The port that the client's end has; any would do.
const CLIENT_PORT: u16 = 50000;

/// A request as a client would send it.
#[derive(Debug)]
pub(super) struct Request {
    /// The head, to the empty line.
    pub(super) head: Vec<u8>,
    /// The request line.
    pub(super) line: String,
    /// The method.
    pub(super) method: String,
    /// The client's end of the connection.
    pub(super) client: SocketAddr,
    /// Our end.
    pub(super) local: SocketAddr,
    /// Something about the URL that does not reach the server.
    pub(super) remark: Option<&'static str>,
}

/// Arguments that make no request.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BadRequest {
    /// No URL of ours.
    #[error("`{0}` is neither an http URL nor a path that begins with `/`")]
    Url(String),
    /// No port.
    #[error("`{0}` does not end in a port from 1 to 65535")]
    Port(String),
    /// A header field without a name.
    #[error("`{0}` is not a header field: write `Name: value`")]
    Field(String),
}

impl Request {
    pub(super) fn of(args: &ExplainArgs, config: &Config) -> Result<Self, BadRequest> {
        let url = Url::parse(&args.url)?;
        let line = format!("{} {} HTTP/1.1", args.method, url.target);
        let local = args.local.unwrap_or_else(|| local(&url, &config.listeners));
        let host = args.host.as_deref().or(url.authority).map(str::to_owned);
        let host = host.unwrap_or_else(|| match local.port() {
            80 => "localhost".to_owned(),
            port => format!("localhost:{port}"),
        });
        let head = head(&line, &host, &args.headers)?;
        let https = "TLS is not served here: explained as if the URL said http";
        Ok(Self {
            head,
            line,
            method: args.method.clone(),
            client: SocketAddr::new(args.client, CLIENT_PORT),
            local,
            remark: url.https.then_some(https),
        })
    }
}

/// `[ http[s]://authority ] target [ #fragment ]`
#[derive(Debug, PartialEq, Eq)]
struct Url<'a> {
    https: bool,
    /// Host and port as written.
    authority: Option<&'a str>,
    host: Option<IpAddr>,
    port: Option<u16>,
    /// Path and query.
    target: String,
}

impl<'a> Url<'a> {
    fn parse(text: &'a str) -> Result<Self, BadRequest> {
        let before_fragment = text.split('#').next().unwrap_or(text);
        if before_fragment.starts_with('/') || before_fragment == "*" {
            let target = before_fragment.to_owned();
            return Ok(Self { https: false, authority: None, host: None, port: None, target });
        }
        let bad = || BadRequest::Url(text.to_owned());
        let (scheme, rest) = before_fragment.split_once("://").ok_or_else(bad)?;
        let https = match scheme.to_ascii_lowercase().as_str() {
            "http" => false,
            "https" => true,
            _ => return Err(bad()),
        };
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, target) = rest.split_at(end);
        let slash = if target.starts_with('/') { "" } else { "/" };
        let (host, port) = host_and_port(authority)?;
        let port = port.or(Some(if https { 443 } else { 80 }));
        let target = format!("{slash}{target}");
        Ok(Self { https, authority: Some(authority), host: host.parse().ok(), port, target })
    }
}

/// The host without brackets.
fn host_and_port(authority: &str) -> Result<(&str, Option<u16>), BadRequest> {
    let (host, rest) = match authority.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some(parts) => parts,
        None => authority.split_at(authority.find(':').unwrap_or(authority.len())),
    };
    let bad = || BadRequest::Port(authority.to_owned());
    match rest.strip_prefix(':') {
        None if rest.is_empty() => Ok((host, None)),
        None => Err(bad()),
        Some(digits) => match digits.parse() {
            Ok(0) | Err(_) => Err(bad()),
            Ok(port) => Ok((host, Some(port))),
        },
    }
}

/// The listener that the URL leads to, or the first.
fn local(url: &Url<'_>, listeners: &[Listen]) -> SocketAddr {
    let listens = |listen: &&Listen| Some(listen.port) == url.port;
    let on_address = |listen: &&Listen| listens(listen) && listen.ip == url.host;
    let listen = listeners.iter().find(on_address);
    let listen = listen.or_else(|| listeners.iter().find(listens)).or(listeners.first());
    let ip = listen.and_then(|listen| listen.ip).filter(|ip| !ip.is_unspecified());
    let ip = ip.or(url.host).unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST));
    SocketAddr::new(ip, listen.map_or(80, |listen| listen.port))
}

fn head(line: &str, host: &str, fields: &[String]) -> Result<Vec<u8>, BadRequest> {
    let mut head = format!("{line}\r\n");
    let name = |field: &String| field.split_once(':').map(|(name, _)| name.trim().to_owned());
    let names_host = |field: &String| name(field).is_some_and(|n| n.eq_ignore_ascii_case("host"));
    if !fields.iter().any(names_host) {
        head += &format!("Host: {host}\r\n");
    }
    for field in fields {
        if name(field).is_none_or(|name| name.is_empty()) {
            return Err(BadRequest::Field(field.clone()));
        }
        head += &format!("{field}\r\n");
    }
    head += "\r\n";
    Ok(head.into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Option<(Option<&str>, Option<u16>, String)> {
        let url = Url::parse(text).ok()?;
        Some((url.authority, url.port, url.target))
    }

    #[test]
    fn urls() {
        let cases = [
            ("/a?b#c", Some((None, None, "/a?b"))),
            ("*", Some((None, None, "*"))),
            ("http://h", Some((Some("h"), Some(80), "/"))),
            ("HTTP://h:8080?q", Some((Some("h:8080"), Some(8080), "/?q"))),
            ("https://h/a", Some((Some("h"), Some(443), "/a"))),
            ("http://[::1]:81/a", Some((Some("[::1]:81"), Some(81), "/a"))),
            ("ftp://h/", None),
            ("h/a", None),
            ("http://h:0/", None),
            ("http://h:x/", None),
            ("http://[::1]x/", None),
        ];
        for (text, expected) in cases {
            let expected = expected.map(|(a, p, t)| (a, p, t.to_owned()));
            assert_eq!(url(text), expected, "{text}");
        }
    }

    #[test]
    fn the_listener_of_the_port_is_the_local_end() {
        let listen = |ip: &str, port| Listen { ip: ip.parse().ok(), port, location: None };
        let listeners = [listen("10.0.0.1", 80), listen("10.0.0.2", 80), listen("", 8080)];
        let cases = [
            ("http://www.example.com/", "10.0.0.1:80"),
            ("http://10.0.0.2/", "10.0.0.2:80"),
            ("http://www.example.com:8080/", "127.0.0.1:8080"),
            ("http://192.0.2.1:8080/", "192.0.2.1:8080"),
            ("http://www.example.com:81/", "10.0.0.1:80"),
            ("/", "10.0.0.1:80"),
        ];
        for (text, expected) in cases {
            let url = Url::parse(text).unwrap();
            assert_eq!(local(&url, &listeners).to_string(), expected, "{text}");
        }
    }

    #[test]
    fn a_given_host_field_replaces_ours() {
        let head = |fields: &[&str]| {
            let fields: Vec<String> = fields.iter().map(|field| (*field).to_owned()).collect();
            head("GET / HTTP/1.1", "h", &fields).map(|head| String::from_utf8(head).unwrap())
        };
        assert_eq!(head(&["A: b"]).unwrap(), "GET / HTTP/1.1\r\nHost: h\r\nA: b\r\n\r\n");
        assert_eq!(head(&["hOst: x"]).unwrap(), "GET / HTTP/1.1\r\nhOst: x\r\n\r\n");
        assert_eq!(head(&["nonsense"]), Err(BadRequest::Field("nonsense".to_owned())));
        assert!(head(&[": x"]).is_err());
    }
}
