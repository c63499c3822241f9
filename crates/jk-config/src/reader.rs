//! Lines to properties: checked, expanded, combined with earlier ones of the same name.

use crate::diagnostic::quoted;
use crate::directive::{self, Directive, Standing, Value};
use crate::expand::{MAX_MACROS, expand};
use crate::properties::{self, Content, Line, Piece};
use crate::property_map::{Entry, Occurrence, PropertyMap, TooMuch};
use crate::{Diagnostic, Location, Severity, SourceId, Span};

/// The longest `JkWorkerProperty` that mod_jk takes.
const MAX_SINGLE: usize = 8192;

/// What a file is read as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// Workers: values of one name may combine, and what is not understood ends the start.
    Workers,
    /// Mapping rules: the last value of a name counts, and no finding is an error.
    Rules,
}

/// Reads properties and gathers what is to be said about them.
pub(crate) struct Reader<'e> {
    pub(crate) map: PropertyMap,
    pub(crate) findings: Vec<Diagnostic>,
    /// mod_jk would not have read on.
    pub(crate) refused: bool,
    role: Role,
    env: &'e dyn Fn(&str) -> Option<String>,
}

/// Where a text stands, so that parts of it can be pointed at.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    whole: Location,
    exact: bool,
}

impl Place {
    /// A text of `len` bytes at `whole`. If that is not as long as the text (a line joined from
    /// several, say), every part of the text is somewhere in there.
    pub(crate) fn new(whole: Location, len: usize) -> Self {
        let exact = whole.span.len() == len;
        Self { whole, exact }
    }

    /// A text that comes from `whole`, but not byte for byte.
    pub(crate) fn vague(whole: Location) -> Self {
        Self { whole, exact: false }
    }

    pub(crate) fn at(&self, span: Span) -> Location {
        if !self.exact {
            return self.whole.clone();
        }
        let start = self.whole.span.start;
        Location { source: self.whole.source, span: start + span.start..start + span.end }
    }
}

impl<'e> Reader<'e> {
    pub(crate) fn new(role: Role, env: &'e dyn Fn(&str) -> Option<String>) -> Self {
        let (map, findings) = (PropertyMap::default(), Vec::new());
        Self { map, findings, refused: false, role, env }
    }

    /// Reads a file.
    pub(crate) fn file(&mut self, source: SourceId, text: &[u8]) {
        let place = Place::new(Location { source, span: 0..text.len() }, text.len());
        self.check_encoding(text, &place);
        for line in properties::lines(text) {
            self.line(line, &place);
        }
    }

    /// Reads what follows `JkWorkerProperty`.
    pub(crate) fn single(&mut self, text: &str, location: &Location) {
        let place = Place::new(location.clone(), text.len());
        if text.len() > MAX_SINGLE {
            let message = format!("longer than {MAX_SINGLE} bytes, which mod_jk refuses");
            self.findings.push(Diagnostic::error(location.clone(), message));
        }
        self.content(properties::single(text.as_bytes()), &place);
    }

    /// Gives a variable its value, whatever it was before.
    pub(crate) fn set(&mut self, key: &str, value: &str) {
        let (name, value) = (key.as_bytes(), value.as_bytes().to_vec());
        let full = if self.map.get(name).is_some() {
            self.map.replace(name, value, Vec::new())
        } else {
            let key = name.to_vec();
            self.map.add(Entry { key, value, written: Default::default(), level: 0 })
        };
        debug_assert!(full.is_ok(), "one variable does not fill the map");
    }

    fn line(&mut self, line: Line<'_>, place: &Place) {
        self.content(line.content, place);
        let said = matches!(line.content, Content::Property { .. } | Content::NoValue(_));
        if let Some(at) = line.cut_by_comment.filter(|_| said) {
            let message = "`#` begins a comment, also in the middle of a word";
            let help = "a value cannot hold `#`; put a blank before it if a comment is meant";
            self.findings.push(Diagnostic::hint(place.at(at..at + 1), message).help(help));
        }
        if let Some(at) = line.cut_by_length {
            let message = "the line is longer than 8191 bytes: it is cut here, and what follows \
                           is read as another line";
            self.findings.push(Diagnostic::warning(place.at(at..at + 1), message));
        }
    }

    fn content(&mut self, content: Content<'_>, place: &Place) {
        match content {
            Content::Blank => {}
            Content::NoEquals(text) => self.no_equals(text, place),
            Content::NoKey(value) => {
                let at = place.at(value.span());
                self.findings.push(Diagnostic::hint(at, "no name before `=`: the line is ignored"));
            }
            Content::NoValue(key) => {
                let message = format!("{} has no value: the line is ignored", quoted(key.bytes));
                self.findings.push(Diagnostic::hint(place.at(key.span()), message));
            }
            Content::Property { key, value } => self.property(key, value, place),
        }
    }

    fn no_equals(&mut self, text: Piece<'_>, place: &Place) {
        let finding = Diagnostic::hint(place.at(text.span()), "no `=`: the line is ignored");
        let mount = text.bytes.len() > 7 && text.bytes[..7].eq_ignore_ascii_case(b"JkMount");
        self.findings.push(match self.role {
            Role::Rules if mount => finding
                .help("`JkMount` belongs in httpd's configuration; here a rule is `/path=worker`"),
            _ => finding,
        });
    }

    fn property(&mut self, key: Piece<'_>, value: Piece<'_>, place: &Place) {
        if !directive::is_valid_key(key.bytes) {
            self.unknown_directive(key, place);
            return;
        }
        self.check_deprecated(key, place);
        self.check_backslash(key, value, place);
        if crate::secrets::is_secret(key.bytes) {
            let variables = crate::secrets::variables(&self.map, value.bytes);
            self.map.conceal(variables);
        }
        let expanded = self.expand(key, value, place);
        let written = Occurrence {
            key: place.at(key.span()),
            value: place.at(value.span()),
            raw: value.bytes.to_vec(),
        };
        let stored = expanded.and_then(|expanded| self.store(key.bytes, expanded, written));
        if stored.is_err() && !self.refused {
            self.refuse(place.at(value.span()), "variables make this file grow beyond all measure");
        }
    }

    /// mod_jk stops reading here. We read on, to say all there is to say.
    fn unknown_directive(&mut self, key: Piece<'_>, place: &Place) {
        let name_at = key.bytes.iter().rposition(|&b| b == b'.').map_or(0, |dot| dot + 1);
        let name = &key.bytes[name_at..];
        let at = place.at(key.at + name_at..key.span().end);
        let message = match self.role {
            Role::Workers => format!("{} is not a directive of a worker", quoted(name)),
            Role::Rules => format!(
                "{} is not a directive of a worker; for that mod_jk drops every rule of this \
                 server, those of `JkMount` as well",
                quoted(name)
            ),
        };
        self.refuse(at, message);
        let similar = Directive::similar(&String::from_utf8_lossy(name));
        if let (Some(similar), Some(finding)) = (similar, self.findings.last_mut()) {
            finding.help = Some(format!("did you mean `{similar}`?"));
        }
    }

    fn refuse(&mut self, at: Location, message: impl Into<String>) {
        self.refused = true;
        let severity = match self.role {
            Role::Workers => Severity::Error,
            Role::Rules => Severity::Warning,
        };
        self.findings.push(Diagnostic::new(severity, at, message));
    }

    fn check_deprecated(&mut self, key: Piece<'_>, place: &Place) {
        let Some(directive) = Directive::of_key(key.bytes) else { return };
        let end = key.span().end;
        let at = place.at(end - directive.name.len()..end);
        let name = directive.name;
        if directive.standing == Standing::Current {
            return;
        }
        if !key.bytes.starts_with(b"worker.") {
            let message =
                format!("mod_jk's log calls this deprecated, because it ends in `.{name}`");
            self.findings.push(Diagnostic::note(at, message));
            return;
        }
        self.findings.push(match directive.standing {
            Standing::Replaced(by) => {
                let instead = match name {
                    "disabled" | "stopped" => format!("{by}={name}"),
                    _ => by.to_owned(),
                };
                Diagnostic::warning(at, format!("`{name}` is deprecated"))
                    .help(format!("write `{instead}`"))
            }
            _ => Diagnostic::warning(at, format!("`{name}` has no effect any more"))
                .help("remove the line"),
        });
    }

    fn check_backslash(&mut self, key: Piece<'_>, value: Piece<'_>, place: &Place) {
        let ours = self.role == Role::Rules || key.bytes.starts_with(b"worker.");
        if ours && value.bytes.ends_with(b"\\") {
            let end = value.span().end;
            let message = "`\\` does not continue the line: it is part of the value, and the next \
                           line is read by itself";
            self.findings.push(Diagnostic::warning(place.at(end - 1..end), message));
        }
    }

    fn check_encoding(&mut self, text: &[u8], place: &Place) {
        if text.starts_with(b"\xef\xbb\xbf") {
            let message = "a byte order mark is part of the first name, which so means nothing";
            self.findings.push(
                Diagnostic::warning(place.at(0..3), message)
                    .help("save the file without byte order mark, or begin it with an empty line"),
            );
        }
        if text.starts_with(b"\xff\xfe") || text.starts_with(b"\xfe\xff") {
            let message = "the file seems to be UTF-16, in which nothing is found";
            self.findings
                .push(Diagnostic::warning(place.at(0..2), message).help("save it as UTF-8"));
        }
    }

    fn expand(
        &mut self,
        key: Piece<'_>,
        value: Piece<'_>,
        place: &Place,
    ) -> Result<Vec<u8>, TooMuch> {
        let (map, env) = (&self.map, self.env);
        let expanded = expand(value.bytes, &mut |name| {
            let known = map.get(name).map(|entry| entry.value.clone());
            known.or_else(|| Some(env(std::str::from_utf8(name).ok()?)?.into_bytes()))
        })?;
        let mut said = Vec::new();
        for span in expanded.unknown {
            if said.contains(&&value.bytes[span.clone()]) {
                continue;
            }
            said.push(&value.bytes[span.clone()]);
            let at = place.at(value.at + span.start..value.at + span.end);
            // In a secret it may be a part of it.
            let what = match crate::secrets::is_secret(key.bytes) {
                true => "`$(…)`".to_owned(),
                false => quoted(&value.bytes[span]),
            };
            let message = format!("{what} means nothing here and stays as it is");
            let help = "only names given further up, and environment variables, are replaced";
            self.findings.push(Diagnostic::warning(at, message).help(help));
        }
        if let Some(at) = expanded.ignored {
            let at = place.at(value.at + at..value.at + at + 2);
            let message = format!("only the first {MAX_MACROS} `$(…)` of a value are replaced");
            self.findings.push(Diagnostic::warning(at, message));
        }
        if let Some(at) = value.bytes.windows(2).position(|w| w == b"${") {
            let at = place.at(value.at + at..value.at + at + 2);
            let help = "write `$(name)`";
            self.findings
                .push(Diagnostic::hint(at, "`${…}` is not replaced in this file").help(help));
        }
        Ok(expanded.value)
    }

    fn store(&mut self, key: &[u8], value: Vec<u8>, written: Occurrence) -> Result<(), TooMuch> {
        if self.map.get(key).is_none() {
            let (key, written) = (key.to_vec(), vec![written].into());
            return self.map.add(Entry { key, value, written, level: 0 });
        }
        let separator = match self.role {
            Role::Workers => directive::separator(key),
            Role::Rules => None,
        };
        let Some(separator) = separator else {
            let message = format!("{} is given again: the earlier value is lost", quoted(key));
            self.findings.push(Diagnostic::warning(written.key.clone(), message));
            return self.map.replace(key, value, vec![written]);
        };
        if separator != b',' {
            self.findings.push(joined_finding(key, separator, &written.key));
        }
        self.map.append(key, separator, &value, written)
    }
}

/// Two values that were joined, though they are no list.
fn joined_finding(key: &[u8], separator: u8, at: &Location) -> Diagnostic {
    let separator = char::from(separator);
    let directive = Directive::of_key(key).filter(|_| key.starts_with(b"worker."));
    let message = match directive.map(|d| d.value) {
        Some(Value::Number(_)) => format!("{} is given again: the first value stays", quoted(key)),
        _ => format!(
            "{} is given again: mod_jk joins the values with `{separator}` into one",
            quoted(key)
        ),
    };
    Diagnostic::warning(at.clone(), message).help("remove one of the lines")
}

#[cfg(test)]
mod tests;
