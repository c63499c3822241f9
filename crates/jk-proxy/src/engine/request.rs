//! From a client's request to the Forward Request that a backend gets (mod_jk:
//! `init_ws_service`, `ajp_marshal_into_msgb`).

use std::borrow::Cow;
use std::io::Write as _;
use std::net::{IpAddr, Ipv6Addr};

use ajp13::{Attribute, EncodeError, RequestEncoder, RequestLine, method_code};
use jk_balance::Failure;
use jk_config::ForwardUri;
use jk_http::Framing;
use jk_site::path::{escape_httpd, escape_proxy};
use jk_types::Activation;

use super::exchange::Received;
use super::reply::decimal;
use crate::site::Backend;

/// The two ends of the client's connection.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ends {
    /// The client.
    pub peer: std::net::SocketAddr,
    /// Our side.
    pub local: std::net::SocketAddr,
}

/// Text of an address or number, on the stack.
struct Text {
    bytes: [u8; 48],
    len: usize,
}

impl Text {
    fn address(ip: IpAddr) -> Self {
        let mut text = Self { bytes: [0; 48], len: 0 };
        match ip.to_canonical() {
            IpAddr::V4(ip) => text.push_v4(ip.octets()),
            IpAddr::V6(ip) => text.push_v6(ip),
        }
        text
    }

    fn number(number: u16) -> Self {
        let mut text = Self { bytes: [0; 48], len: 0 };
        text.push_number(number);
        text
    }

    /// Without the machinery of `Display`, which costs more than all the rest of a small request's
    /// encoding: four numbers of three digits at most, and dots.
    fn push_v4(&mut self, octets: [u8; 4]) {
        for (at, octet) in octets.into_iter().enumerate() {
            if at > 0 {
                self.push(b'.');
            }
            let (hundreds, tens) = (octet / 100, octet / 10);
            if hundreds > 0 {
                self.push(b'0' + hundreds);
            }
            if tens > 0 {
                self.push(b'0' + tens % 10);
            }
            self.push(b'0' + octet % 10);
        }
    }

    fn push_number(&mut self, number: u16) {
        let mut digits = [0; 20];
        decimal(number.into(), &mut digits).iter().for_each(|&digit| self.push(digit));
    }

    fn push(&mut self, byte: u8) {
        self.bytes[self.len] = byte;
        self.len += 1;
    }

    fn push_v6(&mut self, value: Ipv6Addr) {
        let mut rest = &mut self.bytes[..];
        // 45 bytes at most.
        let _ = write!(rest, "{value}");
        let left = rest.len();
        self.len = self.bytes.len() - left;
    }

    fn bytes(&self) -> &[u8] {
        &self.bytes[..self.len]
    }
}

/// Writes the Forward Request of a request behind `out`.
///
/// # Errors
/// The request does not fit a packet, or holds what cannot be forwarded.
pub(super) fn encode<S>(
    out: &mut Vec<u8>,
    received: &Received<S>,
    ends: Ends,
    backend: &Backend,
    activation: Option<Activation>,
    route: Option<&[u8]>,
) -> Result<usize, Failure> {
    let options = received.site().jk_options(received.server);
    let client = if options.forward_local_address { ends.local } else { ends.peer };
    let address = Text::address(client.ip());
    let local = Text::address(ends.local.ip());
    let remote_port =
        Text::number(if options.forward_local_address { 0 } else { ends.peer.port() });
    let over = Overrides::of(received);

    let line = RequestLine {
        method: received.method(),
        protocol: received.head.protocol(&received.bytes),
        uri: &received.uri,
        remote_addr: over.remote_addr.unwrap_or(address.bytes()),
        remote_host: over.remote_host,
        server_name: over.local_name.unwrap_or(&received.server_name),
        server_port: over.local_port.unwrap_or(received.server_port),
        is_ssl: over.is_ssl,
    };
    let mut encoder = RequestEncoder::begin(out, backend.live.max_packet_size(), &line);
    headers(&mut encoder, received);

    let mut attribute = |attribute| encoder.attribute(attribute);
    if let Some(secret) = &backend.settings.secret {
        attribute(Attribute::Secret(secret.expose().as_bytes()));
    }
    over.remote_user.into_iter().for_each(|user| attribute(Attribute::RemoteUser(user)));
    over.auth_type.into_iter().for_each(|kind| attribute(Attribute::AuthType(kind)));
    received.query().into_iter().for_each(|query| attribute(Attribute::QueryString(query)));
    route.into_iter().for_each(|route| attribute(Attribute::Route(route)));
    let tls = over.is_ssl.then(|| Tls::of(received));
    tls.iter().for_each(|tls| tls.attributes(&mut attribute));
    if method_code(line.method).is_none() {
        attribute(Attribute::StoredMethod(line.method));
    }
    let activation = activation.unwrap_or_default().code();
    let remote_port = over.remote_port.unwrap_or(Some(remote_port.bytes()));
    let fixed: [(&[u8], Option<&[u8]>); 4] = [
        (b"AJP_SSL_PROTOCOL", tls.as_ref().and_then(|tls| tls.protocol)),
        (b"AJP_REMOTE_PORT", remote_port),
        (b"AJP_LOCAL_ADDR", Some(over.local_addr.unwrap_or(local.bytes()))),
        (b"JK_LB_ACTIVATION", Some(activation.as_bytes())),
    ];
    for (name, value) in fixed {
        value.into_iter().for_each(|value| attribute(Attribute::Request { name, value }));
    }
    for (name, default) in &received.settings().jk.env_vars {
        let found = super::variables::value(received, ends, name);
        if let Some(value) = found.as_deref().or(default.as_deref().map(str::as_bytes)) {
            encoder.attribute(Attribute::Request { name: name.as_bytes(), value });
        }
    }
    encoder.finish().map_err(|error| match error {
        EncodeError::TooLarge { .. } => Failure::TooLarge,
        // A decoded path, or a variable made of one.
        _ => Failure::Unfit,
    })
}

/// As mod_jk, this adds one to as many fields as httpd lets through when there is no content. A
/// container that takes no more than these refuses the request; no packet follows that it could
/// mistake for another request.
///
/// The content length goes first, so that a backend which stumbles over a later header knows that a
/// data packet follows.
fn headers<S>(encoder: &mut RequestEncoder<'_>, received: &Received<S>) {
    let given = received.head.find(&received.bytes, "content-length");
    let given = given.filter(|_| received.error.is_none());
    match received.framing() {
        Framing::Length(_) if received.is_streamed() => {}
        Framing::Length(_) => encoder.header(b"content-length", given.unwrap_or(b"0")),
        Framing::None => encoder.header(b"content-length", given.unwrap_or(b"0")),
        Framing::Chunked => {}
    }
    // The document for an error has no content, and must not seem to have some of unknown length.
    let is_document = received.error.is_some();
    for (name, value) in received.fields() {
        let is_framing = match name.len() {
            14 => jk_http::is_same_name(name, b"content-length"),
            17 => is_document && jk_http::is_same_name(name, b"transfer-encoding"),
            _ => false,
        };
        if !is_framing {
            encoder.header(name, value);
        }
    }
}

/// What request variables put in the place of what the connection says. A variable that is set but
/// empty means "no value", never "keep the original".
struct Overrides<'a> {
    remote_addr: Option<&'a [u8]>,
    remote_host: Option<&'a [u8]>,
    remote_port: Option<Option<&'a [u8]>>,
    remote_user: Option<&'a [u8]>,
    auth_type: Option<&'a [u8]>,
    local_name: Option<&'a [u8]>,
    local_addr: Option<&'a [u8]>,
    local_port: Option<u16>,
    is_ssl: bool,
}

impl<'a> Overrides<'a> {
    fn of<S>(received: &'a Received<S>) -> Self {
        let jk = &received.settings().jk;
        let names = &jk.indicators;
        let get = |name: &str| received.variable(name);
        let some = |value: Option<&'a [u8]>| value.filter(|value| !value.is_empty());
        Self {
            remote_addr: get(&names.remote_addr),
            remote_host: some(get(&names.remote_host)),
            remote_port: get(&names.remote_port).map(|port| some(Some(port))),
            remote_user: some(get(&names.remote_user)),
            auth_type: some(get(&names.auth_type)),
            local_name: get(&names.local_name),
            local_addr: get(&names.local_addr),
            local_port: get(&names.local_port).map(|port| super::variables::atoi(port) as u16),
            is_ssl: is_ssl(received),
        }
    }
}

/// Whether the request counts as encrypted.
pub(crate) fn is_ssl<S>(received: &Received<S>) -> bool {
    let jk = &received.settings().jk;
    let https = received.final_variable(&jk.indicators.https);
    jk.extract_ssl && https.is_some_and(|value| value.eq_ignore_ascii_case(b"on"))
}

/// What is known of the encryption of a request.
struct Tls<'a> {
    cert: Option<Cow<'a, [u8]>>,
    cipher: Option<&'a [u8]>,
    session: Option<&'a [u8]>,
    key_size: Option<u16>,
    protocol: Option<&'a [u8]>,
}

/// A client's certificate, and those above it if `ForwardSSLCertChain` asks for them: all variables
/// whose names begin in a certain way, in the order in which they were set.
fn certificates<'a, S>(received: &'a Received<S>) -> Option<Cow<'a, [u8]>> {
    let jk = &received.settings().jk;
    let cert = received.final_variable(&jk.indicators.certs).unwrap_or_default();
    if !jk.options.forward_ssl_cert_chain {
        return Some(cert).filter(|cert| !cert.is_empty()).map(Cow::Borrowed);
    }
    let prefix = jk.indicators.cert_chain_prefix.as_bytes();
    let mut all = cert.to_vec();
    for (name, value) in received.env.iter() {
        if name.len() >= prefix.len() && name[..prefix.len()].eq_ignore_ascii_case(prefix) {
            all.extend_from_slice(received.final_value(name).unwrap_or(value));
        }
    }
    Some(all).filter(|all| !all.is_empty()).map(Cow::Owned)
}

impl<'a> Tls<'a> {
    fn of<S>(received: &'a Received<S>) -> Self {
        let jk = &received.settings().jk;
        let names = &jk.indicators;
        let get = |name: &str| received.final_variable(name);
        let some = |value: Option<&'a [u8]>| value.filter(|value| !value.is_empty());
        let key_size = get(&names.key_size).filter(|_| jk.options.forward_key_size);
        Self {
            cert: certificates(received),
            cipher: get(&names.cipher),
            session: get(&names.session),
            // To mod_jk -1 is no size, whoever says so.
            key_size: key_size
                .map(super::variables::atoi)
                .filter(|&bits| bits != -1)
                .map(|bits| bits as u16),
            protocol: some(get(&names.ssl_protocol)),
        }
    }

    fn attributes<'s: 'a>(&'s self, attribute: &mut impl FnMut(Attribute<'a>)) {
        self.cert.iter().for_each(|cert| attribute(Attribute::SslCert(cert)));
        self.cipher.into_iter().for_each(|cipher| attribute(Attribute::SslCipher(cipher)));
        self.session.into_iter().for_each(|session| attribute(Attribute::SslSession(session)));
        self.key_size.into_iter().for_each(|bits| attribute(Attribute::SslKeySize(bits)));
    }
}

/// Writes the path in the form in which it is forwarded (`JkOptions ForwardURI…`).
pub(super) fn forwarded_uri(form: ForwardUri, path: &[u8], target: &[u8], out: &mut Vec<u8>) {
    out.clear();
    match form {
        ForwardUri::Proxy => escape_proxy(path, out),
        ForwardUri::Compat => out.extend_from_slice(path),
        ForwardUri::Escaped => escape_httpd(path, out),
        ForwardUri::CompatUnparsed => {
            let end = memchr::memchr(b'?', target).unwrap_or(target.len());
            out.extend_from_slice(&target[..end]);
        }
    }
}
