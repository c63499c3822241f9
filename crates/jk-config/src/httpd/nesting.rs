//! Sections that are open while a file is read, and what they have gathered.

use super::line::Text;
use super::report::Report;
use super::skip::Skip;
use super::tree::Directive;
use crate::Location;

/// The open sections of one file. A section never reaches beyond its file.
#[derive(Default)]
pub(crate) struct Nesting {
    done: Vec<Directive>,
    open: Vec<Open>,
    skip: Option<Skip>,
}

enum Open {
    /// A section that is kept.
    Section(Directive),
    /// A section whose condition was true: its content stands as if the section were not there.
    Condition { name: String, at: Location, inner: Vec<Directive> },
}

impl Open {
    /// The name without its `<`.
    fn name(&self) -> &str {
        match self {
            Self::Section(section) => section.name.text.trim_start_matches('<'),
            Self::Condition { name, .. } => name,
        }
    }
}

impl Nesting {
    pub(crate) fn push(&mut self, directive: Directive) {
        self.innermost().push(directive);
    }

    pub(crate) fn extend(&mut self, directives: Vec<Directive>) {
        self.innermost().extend(directives);
    }

    pub(crate) fn open(&mut self, section: Directive) {
        self.open.push(Open::Section(section));
    }

    pub(crate) fn open_condition(&mut self, section: Directive) {
        let name = section.name.text.trim_start_matches('<').to_owned();
        self.open.push(Open::Condition { name, at: section.at(), inner: Vec::new() });
    }

    pub(crate) fn skip(&mut self, skip: Skip) {
        self.skip = Some(skip);
    }

    /// Whether the line belongs to a section that is not read.
    pub(crate) fn skips_line(&mut self, line: &Text, report: &mut Report) -> bool {
        let Some(skip) = &mut self.skip else { return false };
        if skip.line(line, report) {
            if let Some(skip) = self.skip.take() {
                skip.finish(report);
            }
        }
        true
    }

    /// How many kept sections are open.
    pub(crate) fn sections(&self) -> usize {
        self.open.iter().filter(|open| matches!(open, Open::Section(_))).count()
    }

    /// Takes a closing tag; the number of kept sections that it closed.
    pub(crate) fn close(&mut self, tag: &Directive, report: &mut Report) -> usize {
        let before = self.sections();
        let name = tag.name.text.strip_prefix("</").unwrap_or_default();
        let bare = name.strip_suffix('>').unwrap_or(name);
        match self.open.last() {
            Some(innermost) => check_tag(innermost, tag, bare, report),
            None => {
                report.error(&tag.at(), format!("</{bare}> without matching <{bare}> section"));
            }
        }
        // After a mismatch the nearest section of that name is taken for the one that was meant,
        // and the innermost where there is none.
        let meant = self.open.iter().rposition(|open| open.name().eq_ignore_ascii_case(bare));
        let innermost = self.open.len().checked_sub(1);
        let is_section = matches!(self.open.last(), Some(Open::Section(_)));
        let meant = meant.or(innermost.filter(|_| is_section));
        while meant.is_some_and(|depth| self.open.len() > depth) {
            self.close_innermost();
        }
        before - self.sections()
    }

    /// The file has ended: what it holds.
    pub(crate) fn finish(mut self, report: &mut Report) -> Vec<Directive> {
        if let Some(skip) = self.skip.take() {
            skip.unclosed(report);
        }
        // httpd forgives what a condition leaves open, and what it holds.
        let forgiven = self.open.iter().position(|open| matches!(open, Open::Condition { .. }));
        for (depth, open) in self.open.iter().enumerate() {
            match open {
                Open::Section(section) if forgiven.is_none_or(|from| depth < from) => {
                    report.error(&section.at(), format!("<{}> was not closed", open.name()));
                }
                Open::Section(section) => unclosed(&section.at(), open.name(), report),
                Open::Condition { name, at, .. } => unclosed(at, name, report),
            }
        }
        while !self.open.is_empty() {
            self.close_innermost();
        }
        self.done
    }

    fn close_innermost(&mut self) {
        match self.open.pop() {
            Some(Open::Section(section)) => self.push(section),
            Some(Open::Condition { inner, .. }) => self.extend(inner),
            None => {}
        }
    }

    fn innermost(&mut self) -> &mut Vec<Directive> {
        match self.open.last_mut() {
            Some(Open::Section(section)) => &mut section.children,
            Some(Open::Condition { inner, .. }) => inner,
            None => &mut self.done,
        }
    }
}

/// Whether a closing tag fits the section that it meets, by httpd's rules: a condition is closed by
/// a line that holds nothing else.
fn check_tag(innermost: &Open, tag: &Directive, bare: &str, report: &mut Report) {
    let (at, open) = (tag.at(), innermost.name());
    let alone = tag.words().next().is_none();
    let closed = tag.name.text.ends_with('>');
    if !bare.eq_ignore_ascii_case(open) {
        let message = match innermost {
            Open::Section(_) => format!("expected </{open}> but saw </{bare}>"),
            Open::Condition { .. } => format!("</{bare}> without matching <{bare}> section"),
        };
        report.error(&at, message).help(format!("</{open}> must come first"));
    } else if !closed {
        report.error(&at, format!("</{bare}> lacks its closing `>`"));
    } else if !alone && matches!(innermost, Open::Condition { .. }) {
        report
            .error(&at, format!("nothing may follow </{bare}> on its line"))
            .help("a comment stands on a line of its own");
    } else if !alone {
        report.warning(&tag.args_at(), format!("what follows </{bare}> is ignored"));
    }
}

fn unclosed(at: &Location, name: &str, report: &mut Report) {
    report
        .warning(
            at,
            format!("<{name}> is never closed; httpd takes the end of the file for its end"),
        )
        .help(format!("add </{name}>"));
}
