//! The text `worker;name=value;…` by itself.

use std::time::Duration;

use jk_types::{Activation, Extensions, StatusList};

use crate::diagnostic::quoted;
use crate::number::atoi;
use crate::{Severity, Span, spelling};

/// What the value of a rule says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Target {
    /// The worker's name.
    pub worker: String,
    /// What follows the name.
    pub extensions: Extensions,
    /// What is odd about it, with the bytes of the value it speaks of.
    pub findings: Vec<Finding>,
}

/// Something odd about a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// Bytes of the value.
    pub span: Span,
    /// Lower case, without a full stop.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
}

/// Every extension, as it must be written.
const NAMES: [&str; 12] = [
    "reply_timeout",
    "sticky_ignore",
    "stateless",
    "active",
    "disabled",
    "stopped",
    "fail_on_status",
    "use_server_errors",
    "session_cookie",
    "session_path",
    "set_session_cookie",
    "session_cookie_path",
];

/// Reads `worker;name=value;…` (`parse_rule_extensions`), as in rule files, `JkMount` and the
/// variable that `JkWorkerIndicator` names.
pub fn parse_target(value: &str) -> Target {
    let mut pieces = pieces(value);
    // What comes before the first `;`, or, if there is nothing, before the second.
    let worker = pieces.next().map_or(value, |(start, name)| &value[..start + name.len()]);
    let mut parser = Parser::default();
    parser.check_worker(worker);
    while let Some((start, piece)) = pieces.next() {
        // The text of a path parameter begins with `;`, which separates extensions.
        if piece == "session_path=" && parser.extensions.session_path.is_none() {
            parser.extensions.session_path = pieces.next().map(|(_, text)| text.to_owned());
        } else {
            parser.extension(piece, start..start + piece.len());
        }
    }
    parser.finish(worker)
}

/// What lies between runs of `;`, and where.
fn pieces(value: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut at = 0;
    value.split(';').filter_map(move |piece| {
        let start = at;
        at += piece.len() + 1;
        (!piece.is_empty()).then_some((start, piece))
    })
}

#[derive(Default)]
struct Parser {
    extensions: Extensions,
    findings: Vec<Finding>,
    /// The lists of members, in the order in which they apply.
    members: [Option<(String, Span)>; 3],
}

const ACTIVATIONS: [(&str, Activation); 3] = [
    ("active", Activation::Active),
    ("disabled", Activation::Disabled),
    ("stopped", Activation::Stopped),
];

impl Parser {
    fn check_worker(&mut self, worker: &str) {
        let span = 0..worker.len();
        if worker.ends_with([' ', '\t']) {
            let message =
                format!("the worker's name is {}, blanks included", quoted(worker.as_bytes()));
            self.warn(span, message, "write no blank before `;`");
        } else if worker.starts_with(';') {
            let message = format!("the worker's name is {}", quoted(worker.as_bytes()));
            self.warn(span, message, "write the name of a worker before the first `;`");
        }
    }

    fn extension(&mut self, piece: &str, span: Span) {
        let known = NAMES.iter().find_map(|name| {
            let value = piece.strip_prefix(name)?.strip_prefix('=')?;
            Some((*name, value))
        });
        match known {
            Some((name, value)) => self.known(name, value, span),
            None => self.unknown(piece, span),
        }
    }

    fn known(&mut self, name: &'static str, value: &str, span: Span) {
        let given = span.end - value.len()..span.end;
        let ext = &self.extensions;
        match name {
            "reply_timeout" => {
                let timeout = self.number(name, value, given);
                let millis = u64::try_from(timeout).ok();
                self.extensions.reply_timeout = millis.map(Duration::from_millis);
            }
            "use_server_errors" => {
                self.extensions.use_server_errors = self.number(name, value, given);
            }
            "sticky_ignore" => self.extensions.sticky_ignore = self.flag(name, value, given),
            "stateless" => self.extensions.stateless = self.flag(name, value, given),
            "set_session_cookie" if ext.set_session_cookie => self.repeated(name, span),
            "set_session_cookie" => {
                self.extensions.set_session_cookie = self.flag(name, value, given);
            }
            "fail_on_status" if ext.fail_on_status.is_some() => self.repeated(name, span),
            "fail_on_status" => {
                let codes = words(value).map(|word| atoi(word.as_bytes())).collect();
                self.extensions.fail_on_status = Some(StatusList(codes));
            }
            "session_cookie" if ext.session_cookie.is_some() => self.repeated(name, span),
            "session_cookie" => self.extensions.session_cookie = Some(value.to_owned()),
            "session_path" if ext.session_path.is_some() => self.repeated(name, span),
            "session_path" => self.extensions.session_path = Some(value.to_owned()),
            "session_cookie_path" if ext.session_cookie_path.is_some() => self.repeated(name, span),
            "session_cookie_path" => {
                self.extensions.session_cookie_path = Some(value.to_owned());
                let message = "`session_cookie_path` is never used in a rule";
                self.warn(span, message.to_owned(), "set it for the load balancer");
            }
            _ => self.activation(name, value, span),
        }
    }

    fn activation(&mut self, name: &'static str, value: &str, span: Span) {
        let Some(at) = ACTIVATIONS.iter().position(|(known, _)| *known == name) else { return };
        if self.members[at].is_some() {
            self.repeated(name, span);
        } else {
            self.members[at] = Some((value.to_owned(), span));
        }
    }

    fn unknown(&mut self, piece: &str, span: Span) {
        let name = piece.split_once('=').map_or(piece, |(name, _)| name);
        let bare = name.trim();
        let message =
            format!("{} is not an extension of a rule: it is ignored", quoted(name.as_bytes()));
        let similar = NAMES.iter().find(|known| **known == bare).copied();
        let similar = similar.or_else(|| spelling::nearest(bare, NAMES));
        let help = match similar {
            Some(known) if known == name => format!("write `{known}=` and a value"),
            Some(known) if known == bare => format!("write `;{known}=` without blanks"),
            Some(known) => format!("did you mean `{known}`?"),
            None => format!("there are {}", NAMES.join(", ")),
        };
        self.warn(span, message, &help);
    }

    fn repeated(&mut self, name: &str, span: Span) {
        let message = format!("`{name}` is given again: the first one counts");
        self.warn(span, message, "remove one of them");
    }

    fn number(&mut self, name: &str, value: &str, span: Span) -> i32 {
        let number = atoi(value.as_bytes());
        if value.parse() != Ok(number) {
            let message = format!("{} is read as {number}", quoted(value.as_bytes()));
            let help = format!("`{name}` takes a whole number");
            self.warn(span, message, &help);
        }
        number
    }

    fn flag(&mut self, name: &str, value: &str, span: Span) -> bool {
        let on = atoi(value.as_bytes()) != 0;
        if value.parse::<i32>().is_err() {
            let state = if on { "on" } else { "off" };
            let message =
                format!("{} is not a number: `{name}` is {state}", quoted(value.as_bytes()));
            self.warn(span, message, &format!("write `{name}=1` or `{name}=0`"));
        }
        on
    }

    fn warn(&mut self, span: Span, message: String, help: &str) {
        let help = Some(help.to_owned());
        self.findings.push(Finding { severity: Severity::Warning, span, message, help });
    }

    fn finish(mut self, worker: &str) -> Target {
        for ((_, activation), list) in
            ACTIVATIONS.into_iter().zip(std::mem::take(&mut self.members))
        {
            let Some((names, span)) = list else { continue };
            for name in words(&names) {
                if self.extensions.activations.iter().any(|(known, _)| known == name) {
                    let message =
                        format!("{} is given another activation before", quoted(name.as_bytes()));
                    self.warn(
                        span.clone(),
                        message,
                        "of several the last of active, disabled, stopped counts",
                    );
                }
                self.extensions.activations.push((name.to_owned(), activation));
            }
        }
        Target { worker: worker.to_owned(), extensions: self.extensions, findings: self.findings }
    }
}

/// Tabs do not separate here.
fn words(list: &str) -> impl Iterator<Item = &str> {
    list.split([',', ' ']).filter(|word| !word.is_empty())
}
