//! What a server or virtual host is and serves.

use std::time::Duration;

use super::super::call::Arity::{Flag, One, Raw, Two, TwoOrMore};
use super::super::call::Call;
use super::super::glob;
use super::super::report::Refusal;
use super::super::section::realm;
use super::super::value::{atoi, choice, limit, number, timeout};
use super::super::walk::Walk;
use super::{Entry, anywhere, server};
use crate::{
    CanonicalName, EncodedSlashes, ErrorDocument, LocationHandler, Pace, Signature, Trace,
};

pub(super) const ENTRIES: &[Entry] = &[
    server("ServerName", One, server_name),
    server("ServerAlias", Raw, server_alias),
    server("ServerAdmin", One, |walk, call| {
        walk.scope().admin = Some(call.text(0).to_owned());
        Ok(())
    }),
    server("UseCanonicalName", One, |walk, call| {
        let choices =
            [("On", CanonicalName::On), ("Off", CanonicalName::Off), ("DNS", CanonicalName::Dns)];
        walk.scope().canonical_name = Some(choice(call, &choices)?);
        Ok(())
    }),
    server("UseCanonicalPhysicalPort", One, |walk, call| {
        walk.scope().canonical_physical_port = Some(choice(call, &[("On", true), ("Off", false)])?);
        Ok(())
    }),
    server("DocumentRoot", One, document_root),
    server("DirectoryIndex", Raw, directory_index),
    server("Timeout", One, set_timeout),
    server("RequestReadTimeout", Raw, request_read_timeout),
    server("KeepAlive", Flag, |walk, call| {
        walk.scope().keep_alive = Some(call.flag());
        Ok(())
    }),
    server("KeepAliveTimeout", One, |walk, call| {
        let duration = timeout(call.text(0)).ok_or_else(|| {
            Refusal::new(format!("`{}` is not a time", call.text(0)))
                .help("a number of seconds, or one with `ms`, `s`, `min` or `h`")
        })?;
        // A virtual host that says 0 has said nothing, as httpd sees it.
        walk.scope().keep_alive_timeout = Some(duration);
        Ok(())
    }),
    server("MaxKeepAliveRequests", One, max_keep_alive_requests),
    server("LimitRequestLine", One, |walk, call| {
        walk.scope().limits.line = limit(call, walk.report)?;
        Ok(())
    }),
    server("LimitRequestFieldsize", One, |walk, call| {
        walk.scope().limits.field_size = limit(call, walk.report)?;
        Ok(())
    }),
    server("LimitRequestFields", One, |walk, call| {
        walk.scope().limits.fields = limit(call, walk.report)?;
        Ok(())
    }),
    server("LimitRequestBody", One, |walk, call| {
        let bytes = call.text(0).parse().map_err(|_| {
            Refusal::new("LimitRequestBody wants a number of bytes").help("0 is unlimited")
        })?;
        walk.scope().limit_request_body = Some(bytes);
        Ok(())
    }),
    server("AllowEncodedSlashes", One, |walk, call| {
        let choices = [
            ("On", EncodedSlashes::On),
            ("Off", EncodedSlashes::Off),
            ("NoDecode", EncodedSlashes::NoDecode),
        ];
        walk.scope().encoded_slashes = Some(choice(call, &choices)?);
        Ok(())
    }),
    server("TraceEnable", One, |walk, call| {
        let choices = [("On", Trace::On), ("Off", Trace::Off), ("extended", Trace::Extended)];
        walk.scope().trace = Some(choice(call, &choices)?);
        Ok(())
    }),
    server("ServerSignature", One, |walk, call| {
        let choices = [("On", Signature::On), ("Off", Signature::Off), ("EMail", Signature::EMail)];
        walk.scope().signature = Some(choice(call, &choices)?);
        Ok(())
    }),
    server("AddDefaultCharset", One, |walk, call| {
        walk.scope().default_charset = Some(match call.text(0) {
            word if word.eq_ignore_ascii_case("off") => None,
            word if word.eq_ignore_ascii_case("on") => Some("iso-8859-1".to_owned()),
            charset => Some(charset.to_owned()),
        });
        Ok(())
    }),
    server("AddType", TwoOrMore, add_type),
    server("RemoveType", super::Arity::Some, remove_type),
    server("ErrorDocument", Two, error_document),
    anywhere("SetHandler", One, set_handler),
    server("NameVirtualHost", One, |walk, call| {
        let message = "NameVirtualHost has no effect since httpd 2.4: virtual hosts on the same \
                       address are told apart by their names anyway";
        walk.report.note(&call.directive.at(), message);
        Ok(())
    }),
    anywhere("Error", Raw, |_, call| {
        let words: Vec<&str> = call.words.iter().map(|word| word.text.as_str()).collect();
        Err(Refusal::new(words.join(" ")).help("the configuration itself asks for this error"))
    }),
    server("Port", One, |_, _| Err(Refusal::new("Port was replaced by Listen in httpd 2.0"))),
];

fn server_name(walk: &mut Walk<'_>, call: &Call<'_>) -> Result<(), Refusal> {
    let text = call.text(0);
    if glob::is_pattern(text) {
        return Err(Refusal::new(format!("`{text}` is a pattern, and ServerName wants a name"))
            .help("ServerAlias takes patterns"));
    }
    let (scheme, rest) = match text.split_once("://") {
        Some((scheme, rest)) => (Some(scheme), rest),
        None => (None, text),
    };
    let (host, port) = match rest.split_once(':') {
        Some((host, port)) => (host, server_port(port, text)?),
        None => (rest, 0),
    };
    match scheme.map(str::to_ascii_lowercase).as_deref() {
        None => {}
        Some("https") => walk.scope().https = true,
        Some("http") => walk.scope().https = false,
        Some(other) => {
            let message = format!("the scheme `{other}` is taken for `http`");
            walk.report.warning(&call.at, message).help("`http` or `https`");
        }
    }
    let scope = walk.scope();
    scope.name = Some(host.to_owned());
    scope.port = port;
    Ok(())
}

fn server_port(port: &str, whole: &str) -> Result<u16, Refusal> {
    let number = u16::try_from(atoi(port)).ok().filter(|&port| port != 0);
    number.ok_or_else(|| Refusal::new(format!("the port of `{whole}` is not between 1 and 65535")))
}

fn server_alias(walk: &mut Walk<'_>, call: &Call<'_>) -> Result<(), Refusal> {
    if !walk.in_host {
        return Err(Refusal::new("ServerAlias may stand only in a <VirtualHost> section"));
    }
    let names = call.words.iter().map(|word| word.text.clone());
    walk.scope().aliases.extend(names);
    Ok(())
}

fn document_root(walk: &mut Walk<'_>, call: &Call<'_>) -> Result<(), Refusal> {
    let path = walk.path(call.text(0));
    if !walk.files.is_dir(&path) {
        let message = format!("DocumentRoot {} is not a directory", path.display());
        if !walk.in_host {
            return Err(Refusal::new(message));
        }
        walk.report.warning(&call.at, message);
    }
    walk.scope().document_root = Some(path);
    Ok(())
}

fn directory_index(walk: &mut Walk<'_>, call: &Call<'_>) -> Result<(), Refusal> {
    let index = walk.scope().directory_index.get_or_insert_default();
    match call.words.as_slice() {
        [only] if only.text.eq_ignore_ascii_case("disabled") => index.clear(),
        words => index.extend(words.iter().map(|word| word.text.clone())),
    }
    Ok(())
}

fn set_timeout(walk: &mut Walk<'_>, call: &Call<'_>) -> Result<(), Refusal> {
    let seconds = number(call, walk.report);
    match u64::try_from(seconds) {
        Ok(seconds @ 1..) => walk.scope().timeout = Some(Duration::from_secs(seconds)),
        _ => {
            let message = format!("a Timeout of {seconds} seconds is left out of account");
            walk.report.warning(&call.at, message).help("write 1 or more");
        }
    }
    Ok(())
}

fn request_read_timeout(walk: &mut Walk<'_>, call: &Call<'_>) -> Result<(), Refusal> {
    for word in &call.words {
        let Some((stage, text)) = word.text.split_once('=') else {
            return Err(Refusal::new(format!("`{}` names no stage", word.text))
                .help("write `header=20-40,MinRate=500 body=20,MinRate=500`"));
        };
        let pace = Pace::parse(text).map_err(|why| {
            Refusal::new(format!("RequestReadTimeout: `{}`: {why}", word.text))
                .help("`20`, `20,MinRate=500` or `20-40,MinRate=500`")
        })?;
        match stage.to_ascii_lowercase().as_str() {
            "header" => walk.scope().read_header = Some(pace),
            "body" => walk.scope().read_body = Some(pace),
            // Of TLS, which is not spoken here.
            "handshake" => {}
            _ => {
                let message = format!("RequestReadTimeout knows no stage `{stage}`");
                return Err(Refusal::new(message).help("`header`, `body` or `handshake`"));
            }
        }
    }
    Ok(())
}

fn max_keep_alive_requests(walk: &mut Walk<'_>, call: &Call<'_>) -> Result<(), Refusal> {
    let requests = number(call, walk.report);
    // Below zero httpd keeps no connection, which is one request on each; -1 in a virtual host is
    // its mark for "not set".
    let requests = match requests {
        -1 if walk.in_host => None,
        _ => Some(u32::try_from(requests).unwrap_or(1)),
    };
    walk.scope().max_keep_alive_requests = requests;
    Ok(())
}

fn add_type(walk: &mut Walk<'_>, call: &Call<'_>) -> Result<(), Refusal> {
    let (media_type, extensions) = call.words.split_first().expect("TwoOrMore gives at least two");
    let types = &mut walk.scope().types;
    for extension in extensions {
        let extension = extension_of(&extension.text);
        types.added.retain(|(known, _)| *known != extension);
        types.added.push((extension, media_type.text.to_ascii_lowercase()));
    }
    Ok(())
}

fn remove_type(walk: &mut Walk<'_>, call: &Call<'_>) -> Result<(), Refusal> {
    if !walk.in_host {
        let message = "`RemoveType` has no effect: it could only take away types that were added";
        walk.report.note(&call.directive.at(), message);
    }
    let removed = call.words.iter().map(|word| extension_of(&word.text));
    walk.scope().types.removed.extend(removed);
    Ok(())
}

fn extension_of(text: &str) -> String {
    text.strip_prefix('.').unwrap_or(text).to_ascii_lowercase()
}

/// The statuses that httpd has a line for; measured with apache2 2.4.71.
const STATUSES: [u16; 60] = [
    100, 101, 102, 103, 200, 201, 202, 203, 204, 205, 206, 207, 208, 226, 300, 301, 302, 303, 304,
    305, 307, 308, 400, 401, 402, 403, 404, 405, 406, 407, 408, 409, 410, 411, 412, 413, 414, 415,
    416, 417, 421, 422, 423, 424, 426, 428, 429, 431, 451, 500, 501, 502, 503, 504, 505, 506, 507,
    508, 510, 511,
];

fn error_document(walk: &mut Walk<'_>, call: &Call<'_>) -> Result<(), Refusal> {
    let status = u16::try_from(atoi(call.text(0))).unwrap_or(0);
    if !STATUSES.contains(&status) {
        return Err(Refusal::new(format!("`{}` is not a status of httpd", call.text(0))));
    }
    let text = call.text(1);
    let document = match text {
        _ if text.eq_ignore_ascii_case("default") => ErrorDocument::Default,
        _ if text.contains(' ') => ErrorDocument::Text(text.to_owned()),
        _ if text.starts_with('/') => ErrorDocument::Path(text.to_owned()),
        _ if is_url(text) => ErrorDocument::Url(text.to_owned()),
        _ => ErrorDocument::Text(text.to_owned()),
    };
    if text.contains("%{") {
        let message = "expressions are not evaluated: `%{…}` is sent as it is";
        walk.report.warning(&call.at, message);
    }
    if status == 401 && matches!(document, ErrorDocument::Url(_)) {
        let message = "a full URL cannot be the ErrorDocument of 401, so this line is ignored";
        walk.report.warning(&call.directive.at(), message);
        return Ok(());
    }
    let documents = &mut walk.scope().error_documents;
    documents.retain(|(known, _)| *known != status);
    documents.push((status, document));
    Ok(())
}

/// `scheme:`, as `ap_is_url` looks for it.
fn is_url(text: &str) -> bool {
    text.split_once(':').is_some_and(|(scheme, _)| {
        !scheme.is_empty()
            && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.'))
    })
}

fn set_handler(walk: &mut Walk<'_>, call: &Call<'_>) -> Result<(), Refusal> {
    let name = call.text(0);
    let handler = (!name.eq_ignore_ascii_case("none")).then(|| name.to_ascii_lowercase());
    if !["jakarta-servlet", "default-handler", "none"].iter().any(|k| k.eq_ignore_ascii_case(name))
    {
        walk.report
            .warning(&call.at, format!("there is no handler `{name}`: files are served instead"))
            .help("`jakarta-servlet` hands requests to a worker");
    }
    let Some(section) = walk.sections.last() else {
        walk.scope().handler = Some(handler);
        return Ok(());
    };
    let Some(realm) = realm(&walk.sections) else {
        let message = format!("`SetHandler` has no effect inside {}", section.shown());
        let help = "it is honoured in <Location>, <Directory>, <Files> and outside of sections";
        walk.report.warning(&call.directive.at(), message).help(help);
        return Ok(());
    };
    walk.scope().locations.push(LocationHandler { realm, handler });
    Ok(())
}
