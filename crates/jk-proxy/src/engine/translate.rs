//! From a backend's response head to what the client gets, by httpd's rules (`testdata/site/
//! proxied-response.md` holds what was measured).

use std::time::{Duration, UNIX_EPOCH};

use ajp13::SendHeaders;
use jk_balance::Run;
use jk_http::is_same_name;
use jk_site::fields::Fields as _;

use super::field_list::is_fit;
use super::reply::{Reply, decimal};

/// Takes over status, reason and fields. `false` when a field would break the message: httpd then
/// answers with its own error page, and so do we.
pub(super) fn head(reply: &mut Reply, headers: &SendHeaders<'_>, now: Duration) -> bool {
    reply.status = headers.status;
    reply.reason.clear();
    reply.reason.extend_from_slice(reason(headers));
    headers.fields().all(|(name, value)| field(reply, name, value, now))
}

/// The backend's own words if they are fit to be sent, else httpd's phrase.
fn reason<'h>(headers: &SendHeaders<'h>) -> &'h [u8] {
    headers
        .reason
        .filter(|reason| !reason.is_empty() && jk_http::is_reason(reason))
        .or_else(|| jk_http::reason_phrase(headers.status).map(str::as_bytes))
        .unwrap_or(b"Unknown Reason")
}

fn field(reply: &mut Reply, name: &[u8], value: &[u8], now: Duration) -> bool {
    if !is_fit(name, value) {
        return false;
    }
    let is = |other: &str| is_same_name(name, other.as_bytes());
    // Told apart by length first: most names match none of these.
    match name.len() {
        4 if is("date") => {}
        4 if is("vary") => merge_vary(reply, name, value),
        6 if is("server") => {}
        7 if is("trailer") || is("upgrade") => {}
        8 if is("location") => reply.fields.set(name, value),
        12 if is("content-type") => content_type(reply, value),
        13 if is("last-modified") => last_modified(reply, value, now),
        14 if is("content-length") => content_length(reply, value),
        // Our own framing only: what the application says of it cannot be true.
        17 if is("transfer-encoding") => {
            return value.trim_ascii().eq_ignore_ascii_case(b"chunked");
        }
        _ => reply.fields.add_checked(name, value),
    }
    true
}

/// The media type is lower-cased up to its parameters; an empty value sends no field.
fn content_type(reply: &mut Reply, value: &[u8]) {
    reply.content_type.clear();
    reply.content_type.extend_from_slice(value);
    let end = value.iter().position(|&byte| byte == b';').unwrap_or(value.len());
    reply.content_type[..end].make_ascii_lowercase();
}

/// `AddDefaultCharset`: plain text and HTML that name no charset get this one.
pub(crate) fn default_charset(reply: &mut Reply, charset: &str) {
    let value = &mut reply.content_type;
    let mut parts = value.split(|&byte| byte == b';').map(<[u8]>::trim_ascii);
    let is_text = parts.next().is_some_and(|media| matches!(media, b"text/plain" | b"text/html"));
    let named =
        parts.any(|part| part.get(..8).is_some_and(|name| name.eq_ignore_ascii_case(b"charset=")));
    if is_text && !named {
        value.extend_from_slice(b"; charset=");
        value.extend_from_slice(charset.as_bytes());
    }
}

/// Read as C's `strtoll` reads it; the last one wins, in the place of the first. A negative number
/// announces nothing.
fn content_length(reply: &mut Reply, value: &[u8]) {
    let length = u64::try_from(super::variables::atoi(value)).ok();
    reply.length = length;
    match length {
        Some(length) => reply.fields.set(b"Content-Length", decimal(length, &mut [0; 20])),
        None => reply.fields.remove(b"Content-Length"),
    }
}

/// Rendered anew; the future is capped, what cannot be read is the epoch.
fn last_modified(reply: &mut Reply, value: &[u8], now: Duration) {
    let at = jk_site::date::parse(value).and_then(|seconds| u64::try_from(seconds).ok());
    let at = UNIX_EPOCH + Duration::from_secs(at.unwrap_or(0).min(now.as_secs()));
    let mut text = Vec::new();
    jk_site::date::push(at, &mut text);
    reply.fields.set(b"Last-Modified", &text);
}

/// Values of all `Vary` fields in one, each once, joined by bare commas.
fn merge_vary(reply: &mut Reply, name: &[u8], value: &[u8]) {
    let before = reply.fields.get(b"Vary").unwrap_or_default().to_vec();
    let mut merged: Vec<&[u8]> = Vec::new();
    let parts = before.split(|&b| b == b',').chain(value.split(|&b| b == b','));
    for part in parts.map(<[u8]>::trim_ascii).filter(|part| !part.is_empty()) {
        if !merged.iter().any(|other| other.eq_ignore_ascii_case(part)) {
            merged.push(part);
        }
    }
    reply.fields.set(name, &merged.join(&b','));
}

/// Appends the `Set-Cookie` fields by which the load balancer tells the client its member.
pub(super) fn route_cookies(reply: &mut Reply, run: &Run) {
    for cookie in run.cookies() {
        reply.fields.add(b"Set-Cookie", cookie);
    }
}

/// The one field of a backend's response that survives when its page is replaced by ours.
pub(super) fn challenge(reply: &Reply, status: u16) -> Option<Vec<u8>> {
    if status != 401 {
        return None;
    }
    let mut last = None;
    let mut index = 0;
    while let Some((name, value)) = reply.fields.at(index) {
        if name.eq_ignore_ascii_case(b"WWW-Authenticate") {
            last = Some(value.to_vec());
        }
        index += 1;
    }
    last
}
