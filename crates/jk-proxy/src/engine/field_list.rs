//! The fields of an answer, in order, as httpd's table keeps them.

use std::ops::Range;

use jk_http::{is_field_value, is_same_name, is_token, write_checked_field};
use jk_site::fields::Fields;

/// Header fields whose text lies in one buffer. Reused from answer to answer.
///
/// Every name is a token and no value holds a control byte but the tab: who could write the rest of
/// the head with a field does not get it in here.
#[derive(Debug, Default)]
pub(crate) struct FieldList {
    text: Vec<u8>,
    entries: Vec<Entry>,
}

#[derive(Clone, Debug)]
struct Entry {
    name: Range<usize>,
    value: Range<usize>,
}

impl FieldList {
    /// Forgets all fields.
    pub(crate) fn clear(&mut self) {
        self.text.clear();
        self.entries.clear();
        self.text.shrink_to(16 * 1024);
    }

    /// Adds a field behind the others, unless it would break the message.
    pub(crate) fn add(&mut self, name: &[u8], value: &[u8]) {
        if is_fit(name, value) {
            self.add_checked(name, value);
        }
    }

    /// Adds a field that was found fit to be sent.
    pub(crate) fn add_checked(&mut self, name: &[u8], value: &[u8]) {
        debug_assert!(is_fit(name, value), "checked by who adds it");
        let name = self.put(name);
        let value = self.put(value);
        self.entries.push(Entry { name, value });
    }

    /// Gives the first field of that name another value and removes further ones, or adds it. The
    /// first one keeps its place and spelling. The field is one that was found fit.
    pub(crate) fn set(&mut self, name: &[u8], value: &[u8]) {
        debug_assert!(is_fit(name, value), "checked by who sets it");
        let Some(at) = self.position(name) else { return self.add_checked(name, value) };
        if self.text[self.entries[at].value.clone()] != *value {
            self.entries[at].value = self.put(value);
        }
        let Self { text, entries } = self;
        let mut index = 0;
        entries.retain(|entry| {
            index += 1;
            index - 1 <= at || !is_same_name(&text[entry.name.clone()], name)
        });
    }

    /// Appends `, more` to the first field of that name, or adds the field, which is known to be fit.
    pub(crate) fn merge(&mut self, name: &[u8], more: &[u8]) {
        debug_assert!(is_fit(name, more), "checked by who merges it");
        let Some(at) = self.position(name) else { return self.add_checked(name, more) };
        let start = self.text.len();
        self.text.extend_from_within(self.entries[at].value.clone());
        self.text.extend_from_slice(b", ");
        self.text.extend_from_slice(more);
        self.entries[at].value = start..self.text.len();
    }

    /// Removes all fields of that name.
    pub(crate) fn remove(&mut self, name: &[u8]) {
        let Self { text, entries } = self;
        entries.retain(|entry| !is_same_name(&text[entry.name.clone()], name));
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Appends the field lines.
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        for Entry { name, value } in &self.entries {
            write_checked_field(out, &self.text[name.clone()], &self.text[value.clone()]);
        }
    }

    fn position(&self, name: &[u8]) -> Option<usize> {
        self.entries.iter().position(|entry| is_same_name(&self.text[entry.name.clone()], name))
    }

    fn put(&mut self, bytes: &[u8]) -> Range<usize> {
        let start = self.text.len();
        self.text.extend_from_slice(bytes);
        start..self.text.len()
    }
}

/// Whether a field cannot break out of its line.
pub(crate) fn is_fit(name: &[u8], value: &[u8]) -> bool {
    is_token(name) && is_field_value(value)
}

impl Fields for FieldList {
    fn at(&self, index: usize) -> Option<(&[u8], &[u8])> {
        let Entry { name, value } = self.entries.get(index)?;
        Some((&self.text[name.clone()], &self.text[value.clone()]))
    }

    fn get(&self, name: &[u8]) -> Option<&[u8]> {
        self.at(self.position(name)?).map(|(_, value)| value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(fields: &FieldList) -> String {
        let mut out = Vec::new();
        fields.write(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn set_keeps_place_and_spelling_of_the_first() {
        let mut fields = FieldList::default();
        fields.add(b"location", b"/a");
        fields.add(b"X", b"1");
        fields.add(b"Location", b"/b");
        fields.set(b"Location", b"/c");
        assert_eq!(written(&fields), "location: /c\r\nX: 1\r\n");
    }

    #[test]
    fn what_would_break_the_message_stays_out() {
        let mut fields = FieldList::default();
        fields.add(b"X: 1\r\nY", b"2");
        fields.add(b"X", b"1\r\nY: 2");
        fields.add(b"", b"1");
        assert_eq!(written(&fields), "");
    }

    #[test]
    fn merge_appends_to_the_first() {
        let mut fields = FieldList::default();
        fields.merge(b"Connection", b"a");
        fields.merge(b"connection", b"close");
        assert_eq!(written(&fields), "Connection: a, close\r\n");
        fields.remove(b"CONNECTION");
        assert_eq!(written(&fields), "");
    }
}
