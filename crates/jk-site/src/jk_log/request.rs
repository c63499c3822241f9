use std::io::Write as _;
use std::time::Duration;

use chrono::{DateTime, FixedOffset};

use super::{Stamp, finish};
use crate::access_log::push_request_line;

/// What a line of the request log may show.
#[derive(Clone, Copy, Debug)]
pub struct RequestRecord<'a> {
    /// `%b`, `%B`: bytes of body sent; `None` when the response can have none (HEAD, 204, 304).
    pub body_bytes: Option<u64>,
    /// `%H`
    pub protocol: &'a [u8],
    /// `%m`
    pub method: &'a [u8],
    /// `%p`: the configured port, else the scheme's.
    pub port: u16,
    /// `%q`, without its `?`.
    pub query: Option<&'a [u8]>,
    /// `%r`
    pub request_line: &'a [u8],
    /// `%s`
    pub status: u16,
    /// `%T`
    pub duration: Duration,
    /// `%U`: decoded and normalised.
    pub path: &'a [u8],
    /// `%v`: the configured name.
    pub configured_name: &'a [u8],
    /// `%V`: the name per `UseCanonicalName`.
    pub name: &'a [u8],
    /// `%w`
    pub worker: Option<&'a [u8]>,
    /// `%R`: the member's route.
    pub route: Option<&'a [u8]>,
}

/// A `%` code that mod_jk does not know, or `%` at the end.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unrecognised directive `%{}` in a request log format", .0.map(String::from).unwrap_or_default())]
pub struct RequestFormatError(pub Option<char>);

/// A compiled `JkRequestLogFormat`.
#[derive(Clone, Debug)]
pub struct RequestFormat {
    items: Vec<Item>,
}

#[derive(Clone, Debug)]
enum Item {
    Text(Vec<u8>),
    Code(u8),
}

impl RequestFormat {
    /// Compiles a format. `\\`, `\n` and `\t` stand for characters; there is no `%%`.
    ///
    /// # Errors
    /// An unknown code. mod_jk then writes no request log for that server.
    pub fn compile(format: &str) -> Result<Self, RequestFormatError> {
        let mut items = Vec::new();
        let mut rest = format;
        while !rest.is_empty() {
            let (text, after) = rest.split_at(rest.find('%').unwrap_or(rest.len()));
            items.push(Item::Text(unescape(text)));
            rest = after;
            let Some(directive) = rest.strip_prefix('%') else { break };
            let code = directive.chars().next();
            let known = code.filter(|code| "TrUsbBVvpHmqwR".contains(*code));
            let known = known.and_then(|code| u8::try_from(code).ok());
            items.push(Item::Code(known.ok_or(RequestFormatError(code))?));
            rest = &directive[1..];
        }
        Ok(Self { items })
    }

    /// Appends a line, with its stamp and line feed. Control characters of the request are escaped,
    /// which mod_jk leaves to write their own lines.
    pub fn push(
        &self,
        stamp: &Stamp,
        time: &DateTime<FixedOffset>,
        record: &RequestRecord<'_>,
        out: &mut Vec<u8>,
    ) {
        let start = out.len();
        stamp.push(time, out);
        for item in &self.items {
            match item {
                Item::Text(text) => out.extend_from_slice(text),
                Item::Code(code) => push_code(*code, record, out),
            }
        }
        finish(start, out);
    }
}

fn unescape(text: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes().peekable();
    while let Some(byte) = bytes.next() {
        let escape = match bytes.peek() {
            Some(b'\\') => b'\\',
            Some(b'n') => b'\n',
            Some(b't') => b'\t',
            _ => 0,
        };
        if byte == b'\\' && escape != 0 {
            out.push(escape);
            bytes.next();
        } else {
            out.push(byte);
        }
    }
    out
}

fn push_code(code: u8, record: &RequestRecord<'_>, out: &mut Vec<u8>) {
    let text = match code {
        b'r' => return push_request_line(record.request_line, push_visible, out),
        b'b' | b'B' | b'p' | b's' | b'T' => return push_number(code, record, out),
        b'H' => record.protocol,
        b'm' => record.method,
        b'U' => record.path,
        b'v' => record.configured_name,
        b'V' => record.name,
        b'w' => record.worker.unwrap_or(b"-"),
        b'R' => record.route.unwrap_or(b"-"),
        _ => {
            out.extend(record.query.map(|_| b'?'));
            record.query.unwrap_or_default()
        }
    };
    push_visible(text, out);
}

fn push_number(code: u8, record: &RequestRecord<'_>, out: &mut Vec<u8>) {
    // Writing to a vector cannot fail.
    let _ = match (code, record.body_bytes) {
        (b'p', _) => write!(out, "{}", record.port),
        (b's', _) if record.status == 0 => out.write_all(b"-"),
        (b's', _) => write!(out, "{}", record.status),
        (b'T', _) => {
            let duration = record.duration;
            write!(out, "{}.{:06}", duration.as_secs(), duration.subsec_micros())
        }
        (b'b', None) => out.write_all(b"-"),
        (_, bytes) => write!(out, "{}", bytes.unwrap_or(0)),
    };
}

/// As it is, but for control characters, which appear as in httpd's access log.
pub(super) fn push_visible(text: &[u8], out: &mut Vec<u8>) {
    for piece in text.chunk_by(|a, b| a.is_ascii_control() == b.is_ascii_control()) {
        if piece.first().is_some_and(u8::is_ascii_control) {
            crate::access_log::push_escaped(piece, out);
        } else {
            out.extend_from_slice(piece);
        }
    }
}
