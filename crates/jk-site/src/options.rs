//! Methods that httpd answers itself: OPTIONS for what is not mapped, and TRACE; and which methods
//! a static file knows.

use jk_config::Trace;

use crate::fields::Fields;

/// What a method means for a path that is not mapped to a worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StaticMethod {
    /// GET, HEAD, POST: the file is served.
    Serve,
    /// OPTIONS: see [`push_fields`].
    Options,
    /// An error page with an [`allow`] field.
    Refuse(u16),
}

/// What a method means for a path that is not mapped.
pub fn static_method(method: &[u8]) -> StaticMethod {
    match method {
        b"GET" | b"HEAD" | b"POST" => StaticMethod::Serve,
        b"OPTIONS" => StaticMethod::Options,
        _ if REGISTERED.contains(&method) => StaticMethod::Refuse(405),
        _ => StaticMethod::Refuse(501),
    }
}

/// Methods that httpd knows and a static file does not.
const REGISTERED: [&[u8]; 23] = [
    b"PUT",
    b"DELETE",
    b"CONNECT",
    b"TRACE",
    b"PATCH",
    b"PROPFIND",
    b"PROPPATCH",
    b"MKCOL",
    b"COPY",
    b"MOVE",
    b"LOCK",
    b"UNLOCK",
    b"VERSION-CONTROL",
    b"CHECKOUT",
    b"UNCHECKOUT",
    b"CHECKIN",
    b"UPDATE",
    b"LABEL",
    b"REPORT",
    b"MKWORKSPACE",
    b"MKACTIVITY",
    b"BASELINE-CONTROL",
    b"MERGE",
];

/// The value of `Allow` for a path that is not mapped. httpd's order changes with every start; this
/// is one that it uses.
pub fn allow(trace: Trace) -> &'static str {
    match trace {
        Trace::Off => "GET,POST,OPTIONS,HEAD",
        Trace::On | Trace::Extended => "GET,POST,OPTIONS,HEAD,TRACE",
    }
}

/// The value of `Allow` in a 405 or 501 page that did not come from the handler of static files:
/// a mapped path whose backend's page is replaced, or a refused TRACE. May be empty.
pub fn allow_elsewhere(trace: Trace) -> &'static str {
    match trace {
        Trace::Off => "",
        Trace::On | Trace::Extended => "TRACE",
    }
}

/// Appends the fields of an answer to OPTIONS that follow `Date` and `Server`. The media type of
/// what was found (`httpd/unix-directory` for a directory) follows the connection's fields as
/// usual. `OPTIONS *` has no `Allow` field: pass `None`.
pub fn push_fields(trace: Option<Trace>, out: &mut Vec<u8>) {
    if let Some(trace) = trace {
        out.extend_from_slice(b"Allow: ");
        out.extend_from_slice(allow(trace).as_bytes());
        out.extend_from_slice(b"\r\n");
    }
    out.extend_from_slice(b"Content-Length: 0\r\n");
}

/// What to do with a TRACE request, mapped or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TraceAnswer {
    /// Send back what [`push_trace`] gives as `message/http`: in one chunk to an HTTP/1.1 client,
    /// until the connection ends to an HTTP/1.0 client.
    Echo,
    /// The same, with the request's body (at most 64 KiB, else 413) after the head.
    EchoWithBody,
    /// Refuse with this status. A 405 has the field [`allow_elsewhere`].
    Refuse(u16),
}

/// Decides on a TRACE request. `has_body` means a Content-Length above 0 or a Transfer-Encoding.
pub fn trace(setting: Trace, has_body: bool) -> TraceAnswer {
    match (setting, has_body) {
        (Trace::Off, _) => TraceAnswer::Refuse(405),
        (Trace::On, true) => TraceAnswer::Refuse(413),
        (Trace::On, false) => TraceAnswer::Echo,
        (Trace::Extended, _) => TraceAnswer::EchoWithBody,
    }
}

/// Appends the echo of a request's head: its line as received and its fields as merged by httpd.
pub fn push_trace(request_line: &[u8], fields: &dyn Fields, out: &mut Vec<u8>) {
    out.extend_from_slice(request_line);
    out.extend_from_slice(b"\r\n");
    let mut index = 0;
    while let Some((name, value)) = fields.at(index) {
        for piece in [name, b": ", value, b"\r\n"] {
            out.extend_from_slice(piece);
        }
        index += 1;
    }
    out.extend_from_slice(b"\r\n");
}
