//! `Define`, `UnDefine` and `${NAME}` (httpd: `ap_resolve_env`).

use super::line::Text;
use super::report::Report;

/// What `Define`, `-D` and the environment give.
pub(crate) struct Variables<'e> {
    /// Names for `<IfDefine>`, case-sensitive.
    names: Vec<String>,
    /// Values for `${NAME}`, without regard to case.
    values: Vec<(String, String)>,
    environment: &'e dyn Fn(&str) -> Option<String>,
}

impl<'e> Variables<'e> {
    /// Starts with those of the command line: `NAME`, or `NAME=VALUE`.
    pub(crate) fn new(defines: &[String], environment: &'e dyn Fn(&str) -> Option<String>) -> Self {
        let mut variables = Self { names: Vec::new(), values: Vec::new(), environment };
        for define in defines {
            match define.split_once('=') {
                Some((name, value)) => variables.define(name, Some(value)),
                None => variables.define(define, None),
            }
        }
        variables
    }

    pub(crate) fn define(&mut self, name: &str, value: Option<&str>) {
        if !self.is_defined(name) {
            self.names.push(name.to_owned());
        }
        if let Some(value) = value {
            self.values.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
            self.values.push((name.to_owned(), value.to_owned()));
        }
    }

    pub(crate) fn undefine(&mut self, name: &str) {
        self.names.retain(|known| known != name);
        self.values.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
    }

    pub(crate) fn is_defined(&self, name: &str) -> bool {
        self.names.iter().any(|known| known == name)
    }

    /// Puts values in for `${NAME}`. What has no value stays as it is, which httpd reports as
    /// AH00111 unless the name holds a colon. A value is not searched again.
    pub(crate) fn expand(&self, line: Text, report: &mut Report) -> Text {
        let bytes = line.bytes();
        if !bytes.contains(&b'$') {
            return line;
        }
        let whole = line.whole();
        let mut expanded = Text::new(whole.source);
        let mut done = 0;
        while let Some((start, end)) = reference(bytes, done) {
            expanded.push_text(&line, done..start);
            let at = line.location(start..end);
            let name = String::from_utf8_lossy(bytes.get(start + 2..end - 1).unwrap_or_default());
            match self.value(&name) {
                Some(value) => expanded.push_replacement(value.as_bytes(), at.span),
                None => {
                    expanded.push_text(&line, start..end);
                    if !name.contains(':') {
                        // In a secret it may be a part of it.
                        let shown = match crate::secrets::is_in(bytes) {
                            true => "…",
                            false => &name,
                        };
                        report
                            .warning(
                                &at,
                                format!("`${{{shown}}}` is not defined, and stays as it is"),
                            )
                            .help(format!("`Define {shown} …`, or set it in the environment"));
                    }
                }
            }
            done = end;
        }
        expanded.push_text(&line, done..bytes.len());
        expanded
    }

    fn value(&self, name: &str) -> Option<String> {
        let defined = self.values.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        defined.map(|(_, value)| value.clone()).or_else(|| (self.environment)(name))
    }
}

/// The next `${…}` at or after `from`: where it starts and where it ends.
fn reference(bytes: &[u8], from: usize) -> Option<(usize, usize)> {
    let start = from + bytes.get(from..)?.windows(2).position(|two| two == b"${")?;
    let length = bytes.get(start..)?.iter().position(|&b| b == b'}')?;
    Some((start, start + length + 1))
}
