//! What reading makes of a file: directives, and sections with what they hold.

use std::ops::Range;

use super::line::Text;
use super::word::{Word, Words};
use crate::Location;

/// A directive, or a section with its content.
#[derive(Debug)]
pub(crate) struct Directive {
    /// As written; a section begins with `<` and has lost its `>`.
    pub(crate) name: Word,
    /// What stands inside a section.
    pub(crate) children: Vec<Self>,
    text: Text,
    args: Range<usize>,
}

impl Directive {
    pub(crate) fn new(name: Word, text: Text, args: Range<usize>) -> Self {
        Self { name, children: Vec::new(), text, args }
    }

    pub(crate) fn is_section(&self) -> bool {
        self.name.text.starts_with('<')
    }

    /// The name in lower case, for comparing.
    pub(crate) fn key(&self) -> String {
        self.name.text.to_ascii_lowercase()
    }

    pub(crate) fn words(&self) -> Words<'_> {
        Words::new(&self.text, self.args.clone())
    }

    /// The arguments as one text, blanks and quotes included.
    pub(crate) fn raw(&self) -> String {
        let bytes = self.text.bytes().get(self.args.clone()).unwrap_or_default();
        String::from_utf8_lossy(bytes).into_owned()
    }

    /// The whole line.
    pub(crate) fn at(&self) -> Location {
        self.text.whole()
    }

    /// The arguments; the name when there are none.
    pub(crate) fn args_at(&self) -> Location {
        if self.args.is_empty() {
            self.name.at.clone()
        } else {
            self.text.location(self.args.clone())
        }
    }

    /// The arguments of a section, up to its last `>`.
    pub(crate) fn section_args(&self) -> SectionArgs<'_> {
        SectionArgs::of(&self.text, self.args.clone())
    }
}

/// What stands between the name of a section and its `>`.
pub(crate) struct SectionArgs<'t> {
    pub(crate) words: Words<'t>,
    /// Whether there was a `>`.
    pub(crate) closed: bool,
    /// Where something follows the `>`.
    pub(crate) trailing: Option<Location>,
}

impl<'t> SectionArgs<'t> {
    pub(crate) fn of(text: &'t Text, args: Range<usize>) -> Self {
        let bytes = text.bytes().get(args.clone()).unwrap_or_default();
        // `<Name>` has lost its `>` with the name, and has no arguments.
        let Some(length) = bytes.iter().rposition(|&b| b == b'>') else {
            let closed = bytes.is_empty();
            return Self { words: Words::new(text, args), closed, trailing: None };
        };
        let end = args.start + length;
        let trailing = (end + 1 < args.end).then(|| text.location(end + 1..args.end));
        Self { words: Words::new(text, args.start..end), closed: true, trailing }
    }
}
