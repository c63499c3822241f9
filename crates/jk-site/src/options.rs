//! Methods that httpd answers itself: OPTIONS for what is not mapped, and TRACE.

use jk_config::Trace;

/// The value of `Allow` for a static file, and in a 405 or 501 page.
pub fn allow(trace: Trace) -> &'static str {
    match trace {
        Trace::Off => "GET,POST,OPTIONS,HEAD",
        Trace::On | Trace::Extended => "GET,POST,OPTIONS,HEAD,TRACE",
    }
}

/// What to do with a TRACE request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TraceAnswer {
    /// Send the request's head back as `message/http`.
    Echo,
    /// Send head and body back.
    EchoWithBody,
    /// Refuse with this status and these notes.
    Refuse(u16, Option<&'static str>),
}

/// Decides on a TRACE request; `has_body` means a Content-Length or Transfer-Encoding field.
pub fn trace(setting: Trace, has_body: bool) -> TraceAnswer {
    match (setting, has_body) {
        (Trace::Off, _) => TraceAnswer::Refuse(405, None),
        (Trace::On, true) => TraceAnswer::Refuse(413, None),
        (Trace::On, false) => TraceAnswer::Echo,
        (Trace::Extended, _) => TraceAnswer::EchoWithBody,
    }
}
