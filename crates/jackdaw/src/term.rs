//! Text for terminals: colour where it is wanted, and tables.

mod table;

use std::io::{self, IsTerminal, Write as _};

pub(crate) use table::{Align, Table, wrapped};

/// Columns that nothing but a single long word exceeds.
pub(crate) const WIDTH: usize = 100;

/// Whether to colour, decided once for a stream.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Paint(bool);

/// What text is marked as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ink {
    Bold,
    Dim,
    Red,
    Yellow,
    Green,
    Cyan,
}

impl Paint {
    /// For standard output: colour on a terminal, unless `NO_COLOR` is set (<https://no-color.org>).
    pub(crate) fn stdout() -> Self {
        Self(wanted(io::stdout().is_terminal()))
    }

    /// For standard error, likewise.
    pub(crate) fn stderr() -> Self {
        Self(wanted(io::stderr().is_terminal()))
    }

    /// For a file.
    pub(crate) const fn plain() -> Self {
        Self(false)
    }

    #[cfg(test)]
    pub(crate) const fn always() -> Self {
        Self(true)
    }

    /// The text, marked.
    pub(crate) fn mark(self, ink: Ink, text: &str) -> String {
        if !self.0 || text.is_empty() {
            return text.to_owned();
        }
        let code = match ink {
            Ink::Bold => "1",
            Ink::Dim => "2",
            Ink::Red => "1;31",
            Ink::Yellow => "1;33",
            Ink::Green => "1;32",
            Ink::Cyan => "1;36",
        };
        format!("\x1b[{code}m{text}\x1b[0m")
    }
}

fn wanted(is_terminal: bool) -> bool {
    let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    is_terminal && !set("NO_COLOR") && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
}

/// Writes a report to standard output. Whoever stops reading, as `head` does, has seen enough.
///
/// # Errors
/// It cannot be written, for any other reason.
pub(crate) fn print(report: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    match out.write_all(report.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}

/// `1 error`, `2 errors`
pub(crate) fn count(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

/// Bytes of a request or packet as a reader can bear them: what is not printable ASCII is escaped.
pub(crate) fn shown(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) if !text.contains(char::is_control) => text.to_owned(),
        _ => bytes.escape_ascii().to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_closed_and_absent_without_colour() {
        assert_eq!(Paint(true).mark(Ink::Red, "no"), "\x1b[1;31mno\x1b[0m");
        assert_eq!(Paint(false).mark(Ink::Red, "no"), "no");
    }

    #[test]
    fn bytes_cannot_move_the_cursor() {
        assert_eq!(shown("/büro".as_bytes()), "/büro");
        assert_eq!(shown(b"/a\x1b[2J\xff"), "/a\\x1b[2J\\xff");
        assert_eq!(shown("/a\u{85}".as_bytes()), "/a\\xc2\\x85");
    }
}
