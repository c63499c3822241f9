//! What is wrong, where, and what to do about it.

use std::ops::Range;
use std::path::{Path, PathBuf};

use crate::Rendered;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Nothing is lost; said for completeness (a directive that is needless here).
    Note,
    /// Works, but hurts in practice.
    Hint,
    /// Something the user wrote has no effect, or not the effect it seems to have.
    Warning,
    /// httpd or mod_jk would refuse to start, and so do we.
    Error,
}

impl Severity {
    /// The word that is printed.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Hint => "hint",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// Names one text within [`Sources`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceId(pub(crate) u32);

/// The bytes of a text that a value came from.
pub type Span = Range<usize>;

/// A range of bytes of one source; becomes line and column only when printed.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Location {
    /// The text.
    pub source: SourceId,
    /// The bytes.
    pub span: Span,
}

/// One finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// What it speaks of; `None` for the command line or a missing file.
    pub location: Option<Location>,
    /// Lower case, without a full stop.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
}

impl Diagnostic {
    pub(crate) fn new(
        severity: Severity,
        location: impl Into<Option<Location>>,
        message: impl Into<String>,
    ) -> Self {
        let location = location.into();
        Self { severity, location, message: message.into(), help: None }
    }

    pub(crate) fn error(location: impl Into<Option<Location>>, message: impl Into<String>) -> Self {
        Self::new(Severity::Error, location, message)
    }

    pub(crate) fn warning(
        location: impl Into<Option<Location>>,
        message: impl Into<String>,
    ) -> Self {
        Self::new(Severity::Warning, location, message)
    }

    pub(crate) fn hint(location: impl Into<Option<Location>>, message: impl Into<String>) -> Self {
        Self::new(Severity::Hint, location, message)
    }

    pub(crate) fn note(location: impl Into<Option<Location>>, message: impl Into<String>) -> Self {
        Self::new(Severity::Note, location, message)
    }

    /// Adds what to do about it.
    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The finding as text, with the line it speaks of.
    pub fn render<'a>(&'a self, sources: &'a Sources) -> Rendered<'a> {
        Rendered { diagnostic: self, sources }
    }
}

/// The texts that were read, kept so that diagnostics can quote them.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    texts: Vec<(PathBuf, Vec<u8>)>,
}

impl Sources {
    /// Keeps a text and names it.
    pub fn add(&mut self, path: PathBuf, text: Vec<u8>) -> SourceId {
        let id = SourceId(u32::try_from(self.texts.len()).expect("fewer than 2^32 files are read"));
        self.texts.push((path, text));
        id
    }

    /// The path a text came from.
    pub fn path(&self, id: SourceId) -> &Path {
        &self.texts[id.0 as usize].0
    }

    /// The bytes of a text.
    pub fn text(&self, id: SourceId) -> &[u8] {
        &self.texts[id.0 as usize].1
    }

    /// Every text, in the order in which they were added.
    pub fn texts(&self) -> impl Iterator<Item = &[u8]> {
        self.texts.iter().map(|(_, text)| text.as_slice())
    }

    /// Line and column, both counted from 1, of a byte offset.
    pub fn line_column(&self, id: SourceId, offset: usize) -> (usize, usize) {
        let text = self.text(id);
        let before = &text[..offset.min(text.len())];
        let line = before.iter().filter(|&&b| b == b'\n').count() + 1;
        let start = before.iter().rposition(|&b| b == b'\n').map_or(0, |at| at + 1);
        (line, before.len() - start + 1)
    }
}

/// Bytes of a text, in backticks and short enough to be part of a message.
pub(crate) fn quoted(bytes: &[u8]) -> String {
    const MOST: usize = 60;
    let text = String::from_utf8_lossy(bytes);
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("`{}…`", &text[..end]),
        None => format!("`{text}`"),
    }
}
