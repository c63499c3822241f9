use super::wire::Reader;
use crate::text::printable;

/// Method names by code, from 1.
const METHODS: [&str; 27] = [
    "OPTIONS",
    "GET",
    "HEAD",
    "POST",
    "PUT",
    "DELETE",
    "TRACE",
    "PROPFIND",
    "PROPPATCH",
    "MKCOL",
    "COPY",
    "MOVE",
    "LOCK",
    "UNLOCK",
    "ACL",
    "REPORT",
    "VERSION-CONTROL",
    "CHECKIN",
    "CHECKOUT",
    "UNCHECKOUT",
    "SEARCH",
    "MKWORKSPACE",
    "UPDATE",
    "LABEL",
    "MERGE",
    "BASELINE-CONTROL",
    "MKACTIVITY",
];

/// Request header names by code, from 0xA001.
const HEADERS: [&str; 14] = [
    "accept",
    "accept-charset",
    "accept-encoding",
    "accept-language",
    "authorization",
    "connection",
    "content-type",
    "content-length",
    "cookie",
    "cookie2",
    "host",
    "pragma",
    "referer",
    "user-agent",
];

/// A request header, and whether its name came as a code or spelled out.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Header {
    /// The code, if the name came as one.
    pub code: Option<u16>,
    /// The name, as spelled or as the code stands for.
    pub name: String,
    /// The value, escaped; `None` is AJP's null.
    pub value: Option<String>,
}

/// One attribute, in a form that is ready to print.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attribute {
    /// `query_string`, `route` …, or the name of a request attribute.
    pub name: String,
    /// Whether the name came as a string (code 0x0A).
    pub named: bool,
    /// The value, escaped; `None` is AJP's null.
    pub value: Option<String>,
}

/// A forward request with every field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForwardRequest {
    /// The method's code, 0xFF for a stored method.
    pub method_code: u8,
    /// `HTTP/1.1`
    pub protocol: Option<String>,
    /// The path as forwarded, escaped.
    pub uri: String,
    /// The client's address.
    pub remote_addr: Option<String>,
    /// The client's name.
    pub remote_host: Option<String>,
    /// The server's name.
    pub server_name: Option<String>,
    /// The server's port.
    pub server_port: u16,
    /// The secure flag, as the byte it came as.
    pub secure: u8,
    /// In the order received.
    pub headers: Vec<Header>,
    /// In the order received.
    pub attributes: Vec<Attribute>,
}

impl ForwardRequest {
    /// Decodes a payload that begins with 0x02.
    ///
    /// # Errors
    /// Says what a strict container would object to.
    pub fn decode(payload: &[u8]) -> Result<Self, String> {
        let mut reader = Reader::new(payload);
        reader.byte()?;
        let method_code = reader.byte()?;
        let request = Self {
            method_code,
            protocol: text(&mut reader)?,
            uri: text(&mut reader)?.unwrap_or_default(),
            remote_addr: text(&mut reader)?,
            remote_host: text(&mut reader)?,
            server_name: text(&mut reader)?,
            server_port: reader.integer()?,
            secure: reader.byte()?,
            headers: headers(&mut reader)?,
            attributes: attributes(&mut reader)?,
        };
        match reader.rest().len() {
            0 => Ok(request),
            n => Err(format!("{n} bytes follow the end of the attributes")),
        }
    }

    /// The method's name; that of a stored method comes from its attribute.
    pub fn method(&self) -> String {
        match METHODS.get(usize::from(self.method_code).wrapping_sub(1)) {
            Some(name) => (*name).to_owned(),
            None => format!(
                "{:#04x} {}",
                self.method_code,
                self.attribute("stored_method").unwrap_or("without a stored method")
            ),
        }
    }

    /// The value of the attribute `name`.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|a| a.name == name)?.value.as_deref()
    }

    /// The announced length of the body, when there is exactly one.
    pub fn content_length(&self) -> Option<u64> {
        let mut lengths =
            self.headers.iter().filter(|h| h.name.eq_ignore_ascii_case("content-length"));
        let value = lengths.next()?.value.as_ref()?.parse().ok()?;
        lengths.next().is_none().then_some(value)
    }
}

fn text(reader: &mut Reader<'_>) -> Result<Option<String>, String> {
    Ok(reader.string()?.map(|bytes| printable(&bytes)))
}

fn headers(reader: &mut Reader<'_>) -> Result<Vec<Header>, String> {
    let count = reader.integer()?;
    (0..count).map(|_| header(reader)).collect()
}

fn header(reader: &mut Reader<'_>) -> Result<Header, String> {
    let (code, name) = match reader.peek() {
        Some(0xa0) => {
            let code = reader.integer()?;
            let index = usize::from(code & 0xff).wrapping_sub(1);
            let name = HEADERS.get(index).ok_or_else(|| format!("header code {code:#06x}"))?;
            (Some(code), (*name).to_owned())
        }
        _ => (None, text(reader)?.ok_or("a header without a name")?),
    };
    Ok(Header { code, name, value: text(reader)? })
}

fn attributes(reader: &mut Reader<'_>) -> Result<Vec<Attribute>, String> {
    let mut all = Vec::new();
    loop {
        let known = |name: &str| Some(name.to_owned());
        let name = match reader.byte()? {
            0xff => return Ok(all),
            0x01 => known("context"),
            0x02 => known("servlet_path"),
            0x03 => known("remote_user"),
            0x04 => known("auth_type"),
            0x05 => known("query_string"),
            0x06 => known("route"),
            0x07 => known("ssl_cert"),
            0x08 => known("ssl_cipher"),
            0x09 => known("ssl_session"),
            0x0a => None,
            0x0b => {
                let value = Some(reader.integer()?.to_string());
                all.push(Attribute { name: "ssl_key_size".to_owned(), named: false, value });
                continue;
            }
            0x0c => known("secret"),
            0x0d => known("stored_method"),
            other => return Err(format!("attribute code {other:#04x}")),
        };
        let named = name.is_none();
        let name = match name {
            Some(name) => name,
            None => text(reader)?.ok_or("an attribute without a name")?,
        };
        all.push(Attribute { name, named, value: text(reader)? });
    }
}
