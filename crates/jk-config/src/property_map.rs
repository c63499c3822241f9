//! Properties in the order of definition, found by name, each remembering where it was written.

use std::collections::HashMap;
use std::rc::Rc;

use crate::Location;

/// More than any real site needs. It bounds what macros and references can make of a small file.
const MAX_BYTES: usize = 16 << 20;

/// One writing of a property. Several of them may make up one value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Occurrence {
    pub(crate) key: Location,
    pub(crate) value: Location,
    /// The value as it stands there, macros and all.
    pub(crate) raw: Vec<u8>,
}

/// A property.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) key: Vec<u8>,
    pub(crate) value: Vec<u8>,
    /// Where it was written, in order; for an inherited property that is at its origin.
    pub(crate) written: Rc<Vec<Occurrence>>,
    /// Came by way of a `reference`.
    pub(crate) inherited: bool,
}

impl Entry {
    /// Where the value stands that counts.
    pub(crate) fn value_location(&self) -> Option<Location> {
        self.written.last().map(|o| o.value.clone())
    }

    /// Where the name stands.
    pub(crate) fn key_location(&self) -> Option<Location> {
        self.written.last().map(|o| o.key.clone())
    }

    /// Where one word of the value stands; the whole value if a macro brought the word.
    pub(crate) fn word_location(&self, word: &[u8]) -> Option<Location> {
        self.written.iter().rev().find_map(|o| o.word(word)).or_else(|| self.value_location())
    }
}

impl Occurrence {
    fn word(&self, word: &[u8]) -> Option<Location> {
        let mut words = crate::properties::words(&self.raw);
        let found = words.find(|candidate| *candidate == word)?;
        let start = nom::Offset::offset(self.raw.as_slice(), found);
        // A line of `httpd.conf` that was joined from several has no byte for byte location.
        (self.value.span.len() == self.raw.len()).then(|| Location {
            source: self.value.source,
            span: self.value.span.start + start..self.value.span.start + start + word.len(),
        })
    }
}

/// The properties of a site.
#[derive(Clone, Debug, Default)]
pub(crate) struct PropertyMap {
    entries: Vec<Entry>,
    index: HashMap<Vec<u8>, usize>,
    bytes: usize,
}

/// The properties would take more memory than is sensible.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TooMuch;

impl PropertyMap {
    pub(crate) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    pub(crate) fn get(&self, key: &[u8]) -> Option<&Entry> {
        self.index.get(key).map(|&at| &self.entries[at])
    }

    /// Adds a property that is not there yet.
    pub(crate) fn add(&mut self, entry: Entry) -> Result<(), TooMuch> {
        self.take(entry.key.len() + entry.value.len())?;
        self.index.insert(entry.key.clone(), self.entries.len());
        self.entries.push(entry);
        Ok(())
    }

    /// Gives a property another value, in its old place.
    pub(crate) fn replace(
        &mut self,
        key: &[u8],
        value: Vec<u8>,
        written: Vec<Occurrence>,
    ) -> Result<(), TooMuch> {
        self.take(value.len())?;
        if let Some(&at) = self.index.get(key) {
            self.entries[at].value = value;
            self.entries[at].written = Rc::new(written);
        }
        Ok(())
    }

    fn take(&mut self, bytes: usize) -> Result<(), TooMuch> {
        let sum = self.bytes.saturating_add(bytes);
        if sum > MAX_BYTES {
            return Err(TooMuch);
        }
        self.bytes = sum;
        Ok(())
    }
}
