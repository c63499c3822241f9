//! Request variables that nobody has to set: the common ones of httpd (`ap_add_common_vars`), which
//! `JkEnvVar` may forward. Those that only CGI programs get are not among them.

use std::borrow::Cow;

use jk_site::errors::NO_ADMIN;

use super::exchange::Received;
use super::request::Ends;

/// The value of a variable, set or common.
pub(crate) fn value<'r, S>(
    received: &'r Received<S>,
    ends: Ends,
    name: &str,
) -> Option<Cow<'r, [u8]>> {
    common(received, ends, name).or_else(|| received.final_variable(name).map(Cow::Borrowed))
}

/// The value of a common variable; what was set under its name does not count. The table that httpd
/// looks in knows no case.
fn common<'r, S>(received: &'r Received<S>, ends: Ends, name: &str) -> Option<Cow<'r, [u8]>> {
    let upper;
    let name = if name.bytes().any(|byte| byte.is_ascii_lowercase()) {
        upper = name.to_ascii_uppercase();
        &upper
    } else {
        name
    };
    if let Some(field) = name.strip_prefix("HTTP_") {
        return header(received, field).map(Cow::Borrowed);
    }
    let text = |text: String| Some(Cow::Owned(text.into_bytes()));
    let bytes = |bytes: &'r [u8]| Some(Cow::Borrowed(bytes));
    let settings = received.settings();
    match name {
        "REMOTE_ADDR" => text(ends.peer.ip().to_canonical().to_string()),
        "REMOTE_PORT" => text(ends.peer.port().to_string()),
        "SERVER_ADDR" => text(ends.local.ip().to_canonical().to_string()),
        "SERVER_NAME" => bytes(&received.server_name),
        "SERVER_PORT" => text(received.server_port.to_string()),
        "SERVER_SOFTWARE" => bytes(received.site().banner.as_bytes()),
        "SERVER_SIGNATURE" => {
            let mut line = Vec::new();
            if let Some(signature) = received.signature() {
                jk_site::errors::push_signature(&signature, &mut line);
            }
            Some(Cow::Owned(line))
        }
        "SERVER_ADMIN" => bytes(settings.admin.as_deref().unwrap_or(NO_ADMIN).as_bytes()),
        "REQUEST_SCHEME" => bytes(b"http"),
        "CONTENT_TYPE" => header(received, name).map(Cow::Borrowed),
        "CONTENT_LENGTH" => header(received, name).map(Cow::Borrowed),
        "SCRIPT_FILENAME" => bytes(received.shown_file()),
        "CONTEXT_PREFIX" => bytes(b""),
        "DOCUMENT_ROOT" | "CONTEXT_DOCUMENT_ROOT" => {
            let root = settings.document_root.as_ref()?;
            bytes(root.as_os_str().as_encoded_bytes())
        }
        "REDIRECT_URL" => received.error.and_then(|_| bytes(&received.original_path)),
        "REDIRECT_QUERY_STRING" => {
            let query = received.head.query(&received.bytes);
            received.error.and(query).map(Cow::Borrowed)
        }
        "PATH" => {
            use std::os::unix::ffi::OsStringExt as _;
            std::env::var_os(name).map(|path| Cow::Owned(path.into_vec()))
        }
        _ => None,
    }
}

/// The field that a variable is made from: letters in any case, `_` for what is no letter or digit.
/// `Proxy` and `Authorization` are not given away.
fn header<'r, S>(received: &'r Received<S>, variable: &str) -> Option<&'r [u8]> {
    if matches!(variable, "PROXY" | "AUTHORIZATION" | "PROXY_AUTHORIZATION") {
        return None;
    }
    let is_made_from = |name: &[u8]| {
        name.len() == variable.len()
            && name.iter().zip(variable.bytes()).all(|(&of, to)| match of {
                b'-' => to == b'_',
                of => of.to_ascii_uppercase() == to,
            })
    };
    received.fields().find(|(name, _)| is_made_from(name)).map(|(_, value)| value)
}

/// How mod_jk reads the variables that switch something on: empty, or a number other than zero.
pub(super) fn is_on(value: &[u8]) -> bool {
    value.is_empty() || atoi(value) != 0
}

/// C's `atoi`: leading blanks, a sign, digits; what follows is ignored, no digits is zero.
pub(super) fn atoi(text: &[u8]) -> i64 {
    let text = text.trim_ascii_start();
    let (negative, digits) = match text.split_first() {
        Some((b'-', rest)) => (true, rest),
        Some((b'+', rest)) => (false, rest),
        _ => (false, text),
    };
    let number = digits
        .iter()
        .take_while(|digit| digit.is_ascii_digit())
        .fold(0_i64, |sum, digit| sum.saturating_mul(10).saturating_add(i64::from(digit - b'0')));
    if negative { -number } else { number }
}
