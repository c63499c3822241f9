//! What a servlet sees of a request, whichever protocol it came by.

use ajp13::Attribute;
use ajp13::container::ForwardRequest;

/// One request.
#[derive(Clone, Copy, Debug)]
pub struct Request<'r> {
    /// As the client spelled it.
    pub method: &'r [u8],
    /// The path, still percent-encoded.
    pub path: &'r [u8],
    /// The query, without the question mark.
    pub query: Option<&'r [u8]>,
    /// The content, if the servlet keeps it.
    pub content: &'r [u8],
    /// How many bytes of content were read, kept or not.
    pub content_len: u64,
    fields: Fields<'r>,
}

#[derive(Clone, Copy, Debug)]
enum Fields<'r> {
    Ajp(ForwardRequest<'r>),
    Http(&'r [httparse::Header<'r>]),
}

impl<'r> Request<'r> {
    pub(crate) fn from_ajp(request: ForwardRequest<'r>) -> Self {
        Self {
            method: request.line().method,
            path: request.line().uri,
            query: request.query(),
            content: &[],
            content_len: 0,
            fields: Fields::Ajp(request),
        }
    }

    pub(crate) fn from_http(
        method: &'r str,
        target: &'r str,
        headers: &'r [httparse::Header<'r>],
    ) -> Self {
        let (path, query) = match target.split_once('?') {
            Some((path, query)) => (path, Some(query.as_bytes())),
            None => (target, None),
        };
        Self {
            method: method.as_bytes(),
            path: path.as_bytes(),
            query,
            content: &[],
            content_len: 0,
            fields: Fields::Http(headers),
        }
    }

    /// The same request, its content read.
    pub(crate) fn with_content(self, content: &'r [u8], content_len: u64) -> Self {
        Self { content, content_len, ..self }
    }

    /// The value of the first field of that name, in whatever case.
    pub fn field(&self, name: &str) -> Option<&'r [u8]> {
        match self.fields {
            Fields::Ajp(request) => request.header(name.as_bytes()),
            Fields::Http(headers) => headers
                .iter()
                .find(|header| header.name.eq_ignore_ascii_case(name))
                .map(|header| header.value),
        }
    }

    /// The value of a cookie.
    pub fn cookie(&self, name: &str) -> Option<&'r [u8]> {
        self.field("cookie")?.split(|&byte| byte == b';').find_map(|pair| {
            let rest = pair.trim_ascii().strip_prefix(name.as_bytes())?;
            rest.strip_prefix(b"=")
        })
    }

    /// The value of a parameter of the query, as it stands there.
    pub fn parameter(&self, name: &str) -> Option<&'r [u8]> {
        self.query?.split(|&byte| byte == b'&').find_map(|pair| {
            let rest = pair.strip_prefix(name.as_bytes())?;
            rest.strip_prefix(b"=")
        })
    }

    /// The value of a named AJP attribute, such as `JK_LB_ACTIVATION`.
    pub fn attribute(&self, wanted: &str) -> Option<&'r [u8]> {
        let Fields::Ajp(request) = self.fields else { return None };
        request.attributes().find_map(|attribute| match attribute {
            Attribute::Request { name, value } if name == wanted.as_bytes() => Some(value),
            _ => None,
        })
    }

    pub(crate) fn is_head(&self) -> bool {
        self.method == b"HEAD"
    }
}
