//! A section that is not read: skipped up to its end, its sections within counted.

use super::condition::Condition;
use super::family;
use super::line::Text;
use super::loss;
use super::report::Report;
use super::tree::Directive;
use super::word::Words;
use crate::Location;

/// A section being skipped (httpd: `ap_soak_end_container`).
#[derive(Debug)]
pub(crate) struct Skip {
    /// The names of the open sections, without their `<`; the skipped one first.
    open: Vec<String>,
    at: Location,
    missed: Option<Missed>,
}

/// What a site loses because the module that the section asks for is not here.
#[derive(Debug)]
struct Missed {
    module: String,
    directives: Vec<&'static str>,
}

impl Skip {
    /// A section whose condition is false.
    pub(crate) fn decided(section: &Directive) -> Self {
        let name = section.name.text.trim_start_matches('<').to_owned();
        Self { open: vec![name], at: section.at(), missed: None }
    }

    /// A section whose content is not ours to read.
    pub(crate) fn foreign(section: &Directive) -> Self {
        Self::decided(section)
    }

    /// A section whose condition would be true with httpd.
    pub(crate) fn missed(section: &Directive, module: String) -> Self {
        let missed = Some(Missed { module, directives: Vec::new() });
        Self { missed, ..Self::decided(section) }
    }

    /// Takes one line; `true` when it closes the section.
    pub(crate) fn line(&mut self, line: &Text, report: &mut Report) -> bool {
        let mut words = Words::new(line, 0..line.bytes().len());
        let Some(word) = words.next() else { return false };
        let name = word.text.as_str();
        if let Some(closed) = name.strip_prefix("</") {
            // httpd drops the last byte, whatever it is.
            let mut closed = closed.to_owned();
            closed.pop();
            return self.close(&closed, &word.at, report);
        }
        self.remember(name);
        if let Some(opened) = name.strip_prefix('<') {
            let whole = words.next().is_none();
            let opened = opened.strip_suffix('>').filter(|_| whole).unwrap_or(opened);
            self.open.push(opened.to_owned());
        }
        false
    }

    /// Says what was lost.
    pub(crate) fn finish(self, report: &mut Report) {
        if let Some(Missed { module, directives }) = self.missed {
            loss::skipped(&module, &directives, &self.at, report);
        }
    }

    /// The file has ended.
    pub(crate) fn unclosed(self, report: &mut Report) {
        let name = self.open.last().map_or("", String::as_str);
        report.error(&self.at, format!("</{name}> is missing before the end of the file"));
        self.finish(report);
    }

    fn close(&mut self, name: &str, at: &Location, report: &mut Report) -> bool {
        let depth = self.open.iter().rposition(|open| open.eq_ignore_ascii_case(name));
        if depth.is_none_or(|depth| depth + 1 < self.open.len()) {
            let expected = self.open.last().map_or("", String::as_str);
            report.error(at, format!("expected </{expected}> but saw </{name}>"));
        }
        if let Some(depth) = depth {
            self.open.truncate(depth);
        }
        self.open.is_empty()
    }

    fn remember(&mut self, name: &str) {
        let Some(missed) = &mut self.missed else { return };
        let name = name.trim_end_matches('>');
        let Some(known) = family::known(name) else { return };
        // Conditions and definitions are means to an end.
        let is_means =
            Condition::named(&name.to_ascii_lowercase()).is_some() || known.name == "Define";
        if !is_means && !missed.directives.contains(&known.name) {
            missed.directives.push(known.name);
        }
    }
}
