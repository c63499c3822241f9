//! How a [`Diagnostic`] prints: where, what, the line it speaks of, and what to do.

use std::fmt;

use crate::secrets;
use crate::{Diagnostic, Location, Sources, Span};

/// A finding together with the texts that it may quote.
///
/// ```text
/// workers.properties:9:14: error: `lbfacter` is not a directive of a worker
///     9 | worker.node1.lbfacter=2
///       |              ^^^^^^^^
///    help: did you mean `lbfactor`?
/// ```
///
/// A place without extent, such as the beginning of a file, is named but not quoted. Control
/// characters and bytes that are not UTF-8 print as `�`, tabs as blanks, and the value of a
/// secret as `***`.
#[derive(Clone, Copy, Debug)]
pub struct Rendered<'a> {
    pub(crate) diagnostic: &'a Diagnostic,
    pub(crate) sources: &'a Sources,
}

/// More of a line than this is not quoted.
const MOST_COLUMNS: usize = 100;

/// What is quoted before the place in question, if the line is longer than that.
const COLUMNS_BEFORE: usize = 40;

const TAB: usize = 4;

impl fmt::Display for Rendered<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Diagnostic { severity, location, message, help } = self.diagnostic;
        if let Some(Location { source, span }) = location {
            let path = self.sources.path(*source).to_string_lossy();
            let (line, column) = self.sources.line_column(*source, span.start);
            write!(f, "{}:{line}:{column}: ", Plain(&path))?;
        }
        writeln!(f, "{}: {}", severity.label(), Plain(message))?;
        if let Some(location) = location.as_ref().filter(|location| !location.span.is_empty()) {
            quote(f, self.sources, location)?;
        }
        if let Some(help) = help {
            writeln!(f, "   help: {}", Plain(help))?;
        }
        Ok(())
    }
}

fn quote(f: &mut fmt::Formatter<'_>, sources: &Sources, location: &Location) -> fmt::Result {
    let text = sources.text(location.source);
    let line = line_around(text, location.span.start);
    if text[line.clone()].trim_ascii().is_empty() {
        return Ok(());
    }
    let (number, _) = sources.line_column(location.source, location.span.start);
    let quoted =
        Quoted::new(text, &line, &location.span, secrets::value_in(sources, &text[line.clone()]));
    writeln!(f, "{number:>5} | {}", quoted.text)?;
    writeln!(f, "{:>5} | {}{}", "", " ".repeat(quoted.before), "^".repeat(quoted.marked.max(1)))
}

/// The line that holds the byte at `at`, without its end.
fn line_around(text: &[u8], at: usize) -> Span {
    let at = at.min(text.len());
    let start = text[..at].iter().rposition(|&b| b == b'\n').map_or(0, |newline| newline + 1);
    let end =
        text[at..].iter().position(|&b| b == b'\n').map_or(text.len(), |newline| at + newline);
    let carriage_return = end > start && text[end - 1] == b'\r';
    start..(end - usize::from(carriage_return)).max(start)
}

/// A line made fit to print, and the columns in it that are pointed at.
struct Quoted {
    text: String,
    before: usize,
    marked: usize,
}

impl Quoted {
    fn new(text: &[u8], line: &Span, span: &Span, secret: Option<Span>) -> Self {
        let mut cells = Vec::new();
        // Parts of the line before, within and behind the span; a secret is one part by itself.
        let secret = secret.map(|s| line.start + s.start..line.start + s.end);
        let mut at = line.start;
        while at < line.end {
            if let Some(secret) = secret.as_ref().filter(|secret| secret.start == at) {
                let marked = span.start < secret.end && span.end > secret.start;
                cells.extend(std::iter::repeat_n(("*".to_owned(), 1, marked), 3));
                at = secret.end;
                continue;
            }
            let limit =
                secret.as_ref().map_or(line.end, |s| if at < s.start { s.start } else { line.end });
            let (shown, width, len) = cell(&text[at..limit]);
            cells.push((shown, width, span.contains(&at)));
            at += len;
        }
        Self::window(&cells)
    }

    /// Not more than fits on a line, with the marked cells in it.
    fn window(cells: &[(String, usize, bool)]) -> Self {
        let first = cells.iter().position(|(_, _, marked)| *marked).unwrap_or(cells.len());
        let skipped =
            if cells.len() > MOST_COLUMNS { first.saturating_sub(COLUMNS_BEFORE) } else { 0 };
        let shown = &cells[skipped..(skipped + MOST_COLUMNS).min(cells.len())];
        let ellipsis = |needed: bool| if needed { "…" } else { "" };
        let body: String = shown.iter().map(|(text, _, _)| text.as_str()).collect();
        let cut = skipped + shown.len() < cells.len();
        let width = |marked: bool| -> usize {
            shown.iter().filter(|(_, _, m)| *m == marked).map(|(_, width, _)| width).sum()
        };
        let leading = shown.iter().take_while(|(_, _, marked)| !marked);
        Self {
            text: format!("{}{body}{}", ellipsis(skipped > 0), ellipsis(cut)).trim_end().to_owned(),
            before: leading.map(|(_, width, _)| width).sum::<usize>() + usize::from(skipped > 0),
            marked: width(true),
        }
    }
}

/// The first character as it prints, how many columns that takes and how many bytes it was.
fn cell(bytes: &[u8]) -> (String, usize, usize) {
    let window = &bytes[..bytes.len().min(4)];
    let valid = match std::str::from_utf8(window) {
        Ok(text) => text,
        Err(error) => std::str::from_utf8(&window[..error.valid_up_to()]).unwrap_or_default(),
    };
    match valid.chars().next() {
        Some('\t') => (" ".repeat(TAB), TAB, 1),
        Some(c) if is_plain(c) => (c.to_string(), columns(c), c.len_utf8()),
        Some(c) => ("\u{fffd}".to_owned(), 1, c.len_utf8()),
        None => ("\u{fffd}".to_owned(), 1, 1),
    }
}

/// Whether a character prints as itself: no control character, and none that turns the direction
/// of writing, which could make a line say something else than it does.
fn is_plain(c: char) -> bool {
    let turns =
        matches!(c, '\u{200e}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    !c.is_control() && !turns && c != '\u{feff}'
}

/// Chinese, Japanese and Korean characters are two columns wide.
fn columns(c: char) -> usize {
    let wide = matches!(
        c,
        '\u{1100}'..='\u{115f}' | '\u{2e80}'..='\u{a4cf}' | '\u{ac00}'..='\u{d7a3}'
            | '\u{f900}'..='\u{faff}' | '\u{fe30}'..='\u{fe6f}' | '\u{ff00}'..='\u{ff60}'
            | '\u{1f300}'..='\u{1faff}' | '\u{20000}'..='\u{3fffd}'
    );
    if wide { 2 } else { 1 }
}

/// Text without characters that do something to a terminal.
struct Plain<'a>(&'a str);

impl fmt::Display for Plain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for c in self.0.chars() {
            fmt::Write::write_char(f, if is_plain(c) { c } else { '\u{fffd}' })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
