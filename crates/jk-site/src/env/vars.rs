use crate::fields::Fields;

/// The variables of one request. Kept and cleared between requests: setting allocates only while the
/// text outgrows that of all requests before.
#[derive(Clone, Debug, Default)]
pub struct EnvVars {
    text: Vec<u8>,
    entries: Vec<Entry>,
}

/// Offsets into the text; a name is directly followed by its value.
#[derive(Clone, Copy, Debug)]
struct Entry {
    start: usize,
    value: usize,
    end: usize,
}

impl EnvVars {
    /// Forgets all variables.
    pub fn clear(&mut self) {
        self.text.clear();
        self.entries.clear();
    }

    /// The number of variables.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether no variable is set.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Sets a variable; a value set before is replaced in place. Names match in either case and keep
    /// the spelling that was set last.
    pub fn set(&mut self, name: &[u8], value: &[u8]) {
        self.set_with(name, |text| text.extend_from_slice(value));
    }

    /// Sets a variable to what `write` appends to the buffer it is given.
    pub fn set_with(&mut self, name: &[u8], write: impl FnOnce(&mut Vec<u8>)) {
        let start = self.text.len();
        self.text.extend_from_slice(name);
        let value = self.text.len();
        write(&mut self.text);
        let entry = Entry { start, value, end: self.text.len().max(value) };
        match self.position(name) {
            Some(at) => self.entries[at] = entry,
            None => self.entries.push(entry),
        }
    }

    /// Puts a word before each name, as httpd does when a request is led elsewhere.
    pub fn rename_all(&mut self, prefix: &[u8]) {
        let before = std::mem::take(self);
        for (name, value) in before.iter() {
            self.set(&[prefix, name].concat(), value);
        }
    }

    /// Removes a variable.
    pub fn unset(&mut self, name: &[u8]) {
        if let Some(at) = self.position(name) {
            self.entries.remove(at);
        }
    }

    /// The value of a variable, its name in either case.
    pub fn get(&self, name: &[u8]) -> Option<&[u8]> {
        let entry = self.entries[self.position(name)?];
        self.text.get(entry.value..entry.end)
    }

    /// All variables in the order in which they were first set.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        (0..self.entries.len()).map_while(|index| self.at(index))
    }

    fn position(&self, name: &[u8]) -> Option<usize> {
        self.entries.iter().position(|entry| {
            self.text.get(entry.start..entry.value).is_some_and(|n| n.eq_ignore_ascii_case(name))
        })
    }
}

impl Fields for EnvVars {
    fn at(&self, index: usize) -> Option<(&[u8], &[u8])> {
        let entry = self.entries.get(index)?;
        Some((self.text.get(entry.start..entry.value)?, self.text.get(entry.value..entry.end)?))
    }
}
