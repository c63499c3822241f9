use std::time::Duration;

use chrono::{DateTime, FixedOffset};

use super::Stamp;

/// What a line of the request log may show.
#[derive(Clone, Copy, Debug)]
pub struct RequestRecord<'a> {
    /// `%b`, `%B`: bytes of body sent.
    pub body_bytes: u64,
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

/// A `%` code that mod_jk does not know.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unrecognised directive `%{0}` in a request log format")]
pub struct RequestFormatError(pub char);

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
    /// Compiles a format.
    ///
    /// # Errors
    /// An unknown code. mod_jk then writes no request log for that server.
    pub fn compile(format: &str) -> Result<Self, RequestFormatError> {
        let mut items = Vec::new();
        let mut chars = format.chars();
        let mut text = Vec::new();
        while let Some(c) = chars.next() {
            match c {
                '%' => match chars.next() {
                    Some(code) if "bBHmpqrsTUvVwR".contains(code) => {
                        items.push(Item::Text(std::mem::take(&mut text)));
                        items.push(Item::Code(code as u8));
                    }
                    Some('%') => text.push(b'%'),
                    Some(code) => return Err(RequestFormatError(code)),
                    None => {}
                },
                c => text.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
            }
        }
        items.push(Item::Text(text));
        Ok(Self { items })
    }

    /// Appends a line, with its stamp and line feed.
    pub fn push(
        &self,
        stamp: &Stamp,
        time: &DateTime<FixedOffset>,
        record: &RequestRecord<'_>,
        out: &mut Vec<u8>,
    ) {
        stamp.push(time, out);
        for item in &self.items {
            match item {
                Item::Text(text) => out.extend_from_slice(text),
                Item::Code(code) => push_code(*code, record, out),
            }
        }
        out.push(b'\n');
    }
}

fn push_code(code: u8, record: &RequestRecord<'_>, out: &mut Vec<u8>) {
    use std::io::Write as _;

    let text = match code {
        b'H' => record.protocol,
        b'm' => record.method,
        b'r' => record.request_line,
        b'U' => record.path,
        b'v' => record.configured_name,
        b'V' => record.name,
        b'w' => record.worker.unwrap_or(b"-"),
        b'R' => record.route.unwrap_or(b"-"),
        b'q' => {
            out.extend(record.query.map(|_| b'?'));
            record.query.unwrap_or_default()
        }
        b'b' if record.body_bytes == 0 => b"-",
        _ => {
            let _ = match code {
                b'p' => write!(out, "{}", record.port),
                b's' => write!(out, "{}", record.status),
                b'T' => {
                    let (s, us) = (record.duration.as_secs(), record.duration.subsec_micros());
                    write!(out, "{s}.{us:06}")
                }
                _ => write!(out, "{}", record.body_bytes),
            };
            return;
        }
    };
    out.extend_from_slice(text);
}
