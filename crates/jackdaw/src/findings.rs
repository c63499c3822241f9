//! What was found while reading a configuration, as it prints.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use jk_config::{Diagnostic, Loaded, Severity, Sources};

use crate::term::{Ink, Paint, count};

/// How many findings there are of each kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) errors: usize,
    pub(crate) warnings: usize,
    pub(crate) hints: usize,
    pub(crate) notes: usize,
}

impl Tally {
    pub(crate) fn of(findings: &[Diagnostic]) -> Self {
        let mut tally = Self::default();
        for finding in findings {
            *match finding.severity {
                Severity::Error => &mut tally.errors,
                Severity::Warning => &mut tally.warnings,
                Severity::Hint => &mut tally.hints,
                Severity::Note => &mut tally.notes,
            } += 1;
        }
        tally
    }

    /// `2 errors, 1 hint`; `no findings` if there is nothing.
    pub(crate) fn words(self) -> String {
        let kinds = [
            (self.errors, "error"),
            (self.warnings, "warning"),
            (self.hints, "hint"),
            (self.notes, "note"),
        ];
        let said: Vec<String> = kinds
            .iter()
            .filter(|(number, _)| *number > 0)
            .map(|&(number, noun)| count(number, noun))
            .collect();
        if said.is_empty() { "no findings".to_owned() } else { said.join(", ") }
    }
}

/// The findings of at least this severity, one behind the other.
pub(crate) fn list(loaded: &Loaded, least: Severity, paint: Paint) -> String {
    let wanted = loaded.diagnostics.iter().filter(|finding| finding.severity >= least);
    let mut out = String::new();
    for finding in wanted {
        out += &painted(finding, &loaded.sources, paint);
        out.push('\n');
    }
    out
}

/// The notes in groups of like ones: how many, and what they are about.
pub(crate) fn note_groups(findings: &[Diagnostic]) -> Vec<(usize, String)> {
    let mut groups: BTreeMap<String, usize> = BTreeMap::new();
    for note in findings.iter().filter(|finding| finding.severity == Severity::Note) {
        *groups.entry(gist(&note.message)).or_default() += 1;
    }
    let mut groups: Vec<_> = groups.into_iter().map(|(gist, number)| (number, gist)).collect();
    groups.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    groups
}

/// A message without the name it speaks of.
fn gist(message: &str) -> String {
    let mut pieces = message.split('`');
    let mut out = pieces.next().unwrap_or_default().to_owned();
    while let (Some(_), Some(plain)) = (pieces.next(), pieces.next()) {
        out.push('…');
        out.push_str(plain);
    }
    // "…, like 3 more in this file," is a count too.
    match (out.find(", like "), out.find(" in this file,")) {
        (Some(from), Some(to)) if from < to => {
            out.replace_range(from..to + " in this file,".len(), "");
        }
        _ => {}
    }
    out
}

/// A finding with its word, its marks and its help in colour.
fn painted(finding: &Diagnostic, sources: &Sources, paint: Paint) -> String {
    let plain = finding.render(sources).to_string();
    let ink = match finding.severity {
        Severity::Error => Ink::Red,
        Severity::Warning => Ink::Yellow,
        Severity::Hint => Ink::Cyan,
        Severity::Note => Ink::Dim,
    };
    let mut out = String::new();
    for (at, line) in plain.lines().enumerate() {
        let line = match at {
            0 => headline(line, finding.severity.label(), ink, paint),
            _ => detail(line, ink, paint),
        };
        let _ = writeln!(out, "{line}");
    }
    out
}

/// `file:line:column: word: message`
fn headline(line: &str, word: &str, ink: Ink, paint: Paint) -> String {
    let marker = format!("{word}: ");
    let at = if line.starts_with(&marker) {
        Some(0)
    } else {
        line.find(&format!(": {marker}")).map(|colon| colon + 2)
    };
    let Some(at) = at else { return line.to_owned() };
    let (place, rest) = line.split_at(at);
    let message = &rest[word.len()..];
    format!("{place}{}{}", paint.mark(ink, word), paint.mark(Ink::Bold, message))
}

/// The quoted line, its marks, or the help.
fn detail(line: &str, ink: Ink, paint: Paint) -> String {
    if let Some(help) = line.strip_prefix("   help:") {
        return format!("   {}{help}", paint.mark(Ink::Green, "help:"));
    }
    let Some((gutter, text)) = line.split_once(" | ") else { return line.to_owned() };
    let gutter = paint.mark(Ink::Dim, &format!("{gutter} |"));
    let is_marks = gutter_is_blank(line) && text.trim_start().bytes().all(|b| b == b'^');
    let text = if is_marks { paint.mark(ink, text) } else { text.to_owned() };
    format!("{gutter} {text}")
}

fn gutter_is_blank(line: &str) -> bool {
    line.trim_start().starts_with('|')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colour_changes_no_letter() {
        let mut sources = Sources::default();
        let text = b"worker.list=a\nworker.retries=3\n".to_vec();
        let file = sources.add("dir: error: x/workers.properties".into(), text);
        let output = jk_config::read_workers(&jk_config::WorkersInput {
            lines: &[],
            file: Some((file, sources.text(file))),
            server_root: "/",
            env: &|_| None,
        });
        assert!(!output.diagnostics.is_empty());
        for finding in &output.diagnostics {
            let coloured = painted(finding, &sources, Paint::always());
            assert_ne!(coloured, finding.render(&sources).to_string());
            let mut plain = String::new();
            for (at, piece) in coloured.split("\x1b[").enumerate() {
                plain += if at == 0 { piece } else { piece.split_once('m').unwrap().1 };
            }
            assert_eq!(plain, finding.render(&sources).to_string());
        }
    }

    #[test]
    fn like_notes_are_one_group() {
        let a = gist("`mod_dir` is built in");
        assert_eq!(a, "… is built in");
        assert_eq!(a, gist("`mod_mime` is built in"));
        assert_eq!(
            gist("`MaxSpareThreads`, like 2 more in this file, is not needed: why"),
            gist("`StartServers` is not needed: why"),
        );
    }

    #[test]
    fn counts_are_words() {
        let tally = Tally { errors: 1, warnings: 0, hints: 2, notes: 0 };
        assert_eq!(tally.words(), "1 error, 2 hints");
        assert_eq!(Tally::default().words(), "no findings");
    }
}
