use std::fmt::Write as _;
use std::net::IpAddr;

use jk_config::{EnvRule, LocationEnv};
use regex::bytes::{Captures, Regex};

use super::EnvVars;
use crate::fields::Fields;
use crate::location::{Location, Place};

/// What the conditional rules may look at. They run before the path is decoded.
#[derive(Clone, Copy)]
pub struct RequestView<'a> {
    /// `Remote_Addr`
    pub remote_addr: IpAddr,
    /// `Remote_Host`; the address stands in for a name that was not looked up.
    pub remote_host: Option<&'a [u8]>,
    /// `Server_Addr`
    pub server_addr: IpAddr,
    /// `Request_Method`
    pub method: &'a [u8],
    /// `Request_Protocol`
    pub protocol: &'a [u8],
    /// `Request_URI`: the path without its query, still escaped.
    pub path: &'a [u8],
    /// The request's fields.
    pub fields: &'a dyn Fields,
}

/// A pattern that is not a regular expression.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{pattern}` is not a regular expression: {reason}")]
pub struct EnvError {
    /// The text.
    pub pattern: String,
    /// What is wrong with it.
    pub reason: String,
}

/// The rules of one server, compiled.
#[derive(Clone, Debug, Default)]
pub struct EnvRules {
    early: Vec<Conditional>,
    late: Vec<(String, String)>,
    /// Names that are taken out of what is inherited; only of a section.
    unset: Vec<String>,
    sections: Vec<(Location, Self)>,
}

#[derive(Clone, Debug)]
struct Conditional {
    subject: Subject,
    pattern: Pattern,
    variables: Vec<(String, Option<String>)>,
}

#[derive(Clone, Debug)]
enum Subject {
    RemoteHost,
    RemoteAddr,
    ServerAddr,
    Method,
    Protocol,
    Path,
    FieldOrVariable(String),
    /// The value of the last field whose name matches.
    FieldNamedLike(Regex),
}

impl EnvRules {
    /// Compiles the rules of a server.
    ///
    /// # Errors
    /// The first pattern that is not a regular expression.
    pub fn compile(rules: &[EnvRule]) -> Result<Self, EnvError> {
        let mut compiled = Self::default();
        for rule in rules {
            match rule {
                EnvRule::SetIf { attribute, pattern, no_case, variables } => {
                    compiled.early.push(Conditional {
                        subject: Subject::compile(attribute, *no_case)?,
                        pattern: Pattern::compile(pattern, *no_case)?,
                        variables: variables.clone(),
                    });
                }
                EnvRule::Set(name, value) => {
                    compiled.forget(name);
                    compiled.late.push((name.clone(), value.clone()));
                }
                EnvRule::Unset(name) => {
                    compiled.forget(name);
                    compiled.unset.push(name.clone());
                }
            }
        }
        Ok(compiled)
    }

    /// With the rules of sections.
    ///
    /// # Errors
    /// The first pattern that is not a regular expression.
    pub fn with_sections(mut self, sections: &[LocationEnv]) -> Result<Self, EnvError> {
        for section in sections {
            let Some(location) = Location::compile(&section.realm) else {
                continue;
            };
            self.sections.push((location, Self::compile(&section.rules)?));
        }
        Ok(self)
    }

    /// Applies the conditional rules: before mapping.
    pub fn apply_early(&self, request: &RequestView<'_>, vars: &mut EnvVars) {
        for rule in &self.early {
            rule.apply(request, vars);
        }
    }

    /// Applies the conditional rules of the sections that hold for a place: after mapping.
    pub fn apply_in_sections(&self, at: Place<'_>, request: &RequestView<'_>, vars: &mut EnvVars) {
        for (_, section) in self.sections.iter().filter(|(location, _)| location.matches(at)) {
            section.apply_early(request, vars);
        }
    }

    /// Applies `SetEnv` and `UnsetEnv`, those of the server and of the sections that hold for a
    /// place: after mapping. A variable that was set before keeps its value, and the one that it
    /// would get goes to `shadowed`. `UnsetEnv` takes back what `SetEnv` said, nothing else.
    pub fn apply_late(&self, place: Place<'_>, vars: &mut EnvVars, shadowed: &mut EnvVars) {
        let mut sections = self.sections.iter().filter(|(at, rules)| {
            !(rules.late.is_empty() && rules.unset.is_empty()) && at.matches(place)
        });
        let Some((_, first)) = sections.next() else {
            return set_late(self.late.iter().map(as_pair), vars, shadowed);
        };
        // httpd joins the sections before it lays them over the server, and forgets on the way
        // what they wanted to be unset, unless there is but one.
        let mut rest = sections.peekable();
        let of_server = if rest.peek().is_none() { &first.unset[..] } else { &[] };
        let mut late: Vec<(&str, &str)> = first.late.iter().map(as_pair).collect();
        for (_, section) in rest {
            late.retain(|(name, _)| !names(&section.unset, name) && !sets(&section.late, name));
            late.extend(section.late.iter().map(as_pair));
        }
        let server = self.late.iter().map(as_pair).filter(|(name, _)| {
            !names(of_server, name) && !late.iter().any(|(own, _)| own.eq_ignore_ascii_case(name))
        });
        let all: Vec<(&str, &str)> = server.chain(late.iter().copied()).collect();
        set_late(all.into_iter(), vars, shadowed);
    }

    /// Whether there are sections.
    pub fn has_sections(&self) -> bool {
        !self.sections.is_empty()
    }

    /// Whether there is nothing to apply.
    pub fn is_empty(&self) -> bool {
        self.early.is_empty() && self.late.is_empty() && self.sections.is_empty()
    }

    fn forget(&mut self, name: &str) {
        self.late.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
    }
}

fn as_pair((name, value): &(String, String)) -> (&str, &str) {
    (name, value)
}

fn names(unset: &[String], name: &str) -> bool {
    unset.iter().any(|unset| unset.eq_ignore_ascii_case(name))
}

fn sets(variables: &[(String, String)], name: &str) -> bool {
    variables.iter().any(|(known, _)| known.eq_ignore_ascii_case(name))
}

fn set_late<'a>(
    variables: impl Iterator<Item = (&'a str, &'a str)>,
    vars: &mut EnvVars,
    shadowed: &mut EnvVars,
) {
    for (name, value) in variables {
        let to = if vars.get(name.as_bytes()).is_none() { &mut *vars } else { &mut *shadowed };
        to.set(name.as_bytes(), value.as_bytes());
    }
}

impl Subject {
    fn compile(attribute: &str, no_case: bool) -> Result<Self, EnvError> {
        let known = [
            ("remote_host", Self::RemoteHost),
            ("remote_addr", Self::RemoteAddr),
            ("server_addr", Self::ServerAddr),
            ("request_method", Self::Method),
            ("request_protocol", Self::Protocol),
            ("request_uri", Self::Path),
        ];
        if let Some((_, subject)) =
            known.into_iter().find(|(name, _)| name.eq_ignore_ascii_case(attribute))
        {
            return Ok(subject);
        }
        if attribute.bytes().any(|b| !(b.is_ascii_alphanumeric() || b == b'-' || b == b'_')) {
            return Ok(Self::FieldNamedLike(regex(attribute, no_case)?));
        }
        Ok(Self::FieldOrVariable(attribute.to_owned()))
    }
}

impl Conditional {
    fn apply(&self, request: &RequestView<'_>, vars: &mut EnvVars) {
        let mut address = AddressText { bytes: [0; 48], len: 0 };
        // A variable may be read and overwritten by the same rule, hence the copy.
        let copied: Vec<u8>;
        let subject: &[u8] = match &self.subject {
            Subject::RemoteHost => match request.remote_host {
                Some(host) => host,
                None => address.of(request.remote_addr),
            },
            Subject::RemoteAddr => address.of(request.remote_addr),
            Subject::ServerAddr => address.of(request.server_addr),
            Subject::Method => request.method,
            Subject::Protocol => request.protocol,
            Subject::Path => request.path,
            Subject::FieldOrVariable(name) => match request.fields.get(name.as_bytes()) {
                Some(value) => value,
                None => {
                    copied = vars.get(name.as_bytes()).unwrap_or_default().to_vec();
                    &copied
                }
            },
            Subject::FieldNamedLike(name) => last_named_like(request.fields, name),
        };
        self.set(subject, vars);
    }

    fn set(&self, subject: &[u8], vars: &mut EnvVars) {
        match &self.pattern {
            Pattern::Text(text) if text.is_match(subject) => self.set_all(None, vars),
            // Looking for groups allocates: only if there is something to insert them into.
            Pattern::Regex(regex) if !self.expands() => {
                if regex.is_match(subject) {
                    self.set_all(None, vars);
                }
            }
            Pattern::Regex(regex) => {
                if let Some(groups) = regex.captures(subject) {
                    self.set_all(Some(&groups), vars);
                }
            }
            Pattern::Text(_) => {}
        }
    }

    fn expands(&self) -> bool {
        self.variables
            .iter()
            .any(|(_, value)| value.as_ref().is_some_and(|value| value.contains(['$', '\\'])))
    }

    fn set_all(&self, groups: Option<&Captures<'_>>, vars: &mut EnvVars) {
        for (name, value) in &self.variables {
            let name = name.as_bytes();
            match (value, groups) {
                (Some(value), _) if value.starts_with('!') => vars.unset(name),
                (Some(value), Some(groups)) => {
                    vars.set_with(name, |out| expand(value, groups, out));
                }
                (Some(value), None) => vars.set(name, value.as_bytes()),
                (None, _) => vars.unset(name),
            }
        }
    }
}

/// httpd looks for a pattern without special characters as it stands, and then inserts no groups.
#[derive(Clone, Debug)]
enum Pattern {
    Text(Regex),
    Regex(Regex),
}

impl Pattern {
    fn compile(pattern: &str, no_case: bool) -> Result<Self, EnvError> {
        match plain_text(pattern) {
            Some(text) => Ok(Self::Text(regex(&regex::escape(&text), no_case)?)),
            None => Ok(Self::Regex(regex(pattern, no_case)?)),
        }
    }
}

/// The text that a pattern stands for if all its special characters are escaped, and nothing else is.
fn plain_text(pattern: &str) -> Option<String> {
    let mut text = String::new();
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        let special = |c| "^.$|()[]*+?{}".contains(c);
        match c {
            '\\' => text.push(chars.next().filter(|&c| special(c) || c == '\\')?),
            c if special(c) => return None,
            c => text.push(c),
        }
    }
    Some(text)
}

fn last_named_like<'a>(fields: &'a dyn Fields, name: &Regex) -> &'a [u8] {
    let mut found: &[u8] = b"";
    let mut index = 0;
    while let Some((candidate, value)) = fields.at(index) {
        if name.is_match(candidate) {
            found = value;
        }
        index += 1;
    }
    found
}

/// `$0` to `$9` stand for groups; `\$` and `\&` for the characters.
fn expand(template: &str, groups: &Captures<'_>, out: &mut Vec<u8>) {
    let mut bytes = template.bytes().peekable();
    while let Some(byte) = bytes.next() {
        let group = match (byte, bytes.peek()) {
            (b'$', Some(digit @ b'0'..=b'9')) => Some(usize::from(digit - b'0')),
            (b'\\', Some(b'$' | b'&')) => {
                out.extend(bytes.next());
                continue;
            }
            _ => None,
        };
        match group {
            Some(group) => {
                bytes.next();
                out.extend_from_slice(groups.get(group).map_or(&b""[..], |m| m.as_bytes()));
            }
            None => out.push(byte),
        }
    }
}

fn regex(pattern: &str, no_case: bool) -> Result<Regex, EnvError> {
    crate::pattern::regex(pattern, no_case)
        .map_err(|error| EnvError { pattern: pattern.to_owned(), reason: error.to_string() })
}

/// An address as text, without the heap.
struct AddressText {
    bytes: [u8; 48],
    len: usize,
}

impl AddressText {
    fn of(&mut self, address: IpAddr) -> &[u8] {
        self.len = 0;
        // 45 bytes hold every address; what would not fit is cut.
        let _ = write!(self, "{}", address.to_canonical());
        &self.bytes[..self.len]
    }
}

impl std::fmt::Write for AddressText {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        let room = self.bytes.get_mut(self.len..self.len + text.len()).ok_or(std::fmt::Error)?;
        room.copy_from_slice(text.as_bytes());
        self.len += text.len();
        Ok(())
    }
}
