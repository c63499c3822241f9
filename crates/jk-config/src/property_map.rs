//! Properties in the order of definition, found by name, each remembering where it was written.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
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
    /// How many times it was copied to get here; 0 is written in place.
    pub(crate) level: usize,
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
    /// Sorted, so that the properties below a prefix are found without looking at all of them.
    index: BTreeMap<Vec<u8>, usize>,
    /// The length of all keys and values.
    bytes: usize,
    /// Names of what goes into secrets.
    concealed: BTreeSet<Vec<u8>>,
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

    /// The properties whose names begin with `prefix`, in the order of definition.
    pub(crate) fn below<'a>(&'a self, prefix: &'a [u8]) -> impl Iterator<Item = &'a Entry> {
        let from = self.index.range::<[u8], _>((Bound::Included(prefix), Bound::Unbounded));
        let within = from.take_while(|(key, _)| key.starts_with(prefix));
        let mut places: Vec<usize> = within.map(|(_, &at)| at).collect();
        places.sort_unstable();
        places.into_iter().map(|at| &self.entries[at])
    }

    /// Remembers that these go into a secret, whatever becomes of it.
    pub(crate) fn conceal(&mut self, names: BTreeSet<Vec<u8>>) {
        self.concealed.extend(names);
    }

    /// Whether this goes into a secret.
    pub(crate) fn is_concealed(&self, key: &[u8]) -> bool {
        self.concealed.contains(key)
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
        let Some(&at) = self.index.get(key) else { return Ok(()) };
        self.bytes -= self.entries[at].value.len();
        self.take(value.len())?;
        self.entries[at].value = value;
        self.entries[at].written = Rc::new(written);
        Ok(())
    }

    /// Adds to the value of a property.
    pub(crate) fn append(
        &mut self,
        key: &[u8],
        separator: u8,
        value: &[u8],
        written: Occurrence,
    ) -> Result<(), TooMuch> {
        let Some(&at) = self.index.get(key) else { return Ok(()) };
        self.take(value.len() + 1)?;
        let entry = &mut self.entries[at];
        entry.value.push(separator);
        entry.value.extend_from_slice(value);
        Rc::make_mut(&mut entry.written).push(written);
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
