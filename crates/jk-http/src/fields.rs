use std::cmp::Ordering;

use crate::error::HeadErrorKind;
use crate::grammar::is_same_name;
use crate::text::Text;

/// The fields of a head, and the store for values that had to be put together.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fields {
    list: Vec<Field>,
    /// A digest per entry of `list`, compared before names are.
    keys: Vec<u32>,
    seen: Seen,
    /// The entries in the order of their names; only used while repeated ones are joined.
    order: Vec<usize>,
    store: Vec<u8>,
}

#[derive(Clone, Copy, Debug)]
struct Field {
    /// Empty once the field has been joined with an earlier one.
    name: Text,
    value: Text,
}

impl Fields {
    pub(crate) fn clear(&mut self) {
        self.list.clear();
        self.keys.clear();
        self.store.clear();
        self.seen = Seen::default();
    }

    pub(crate) fn len(&self) -> usize {
        self.list.len()
    }

    pub(crate) fn push(&mut self, buf: &[u8], name: Text, value: Text) {
        let key = key(name.within(buf));
        self.seen.note(key);
        self.keys.push(key);
        self.list.push(Field { name, value });
    }

    /// Appends the content of a continuation line to the value of the last field; one space stands
    /// for the line break.
    pub(crate) fn fold(&mut self, buf: &[u8], content: Text) {
        let Some(last) = self.list.len().checked_sub(1) else { return };
        let separator = if self.list[last].value.len() > 0 { &b" "[..] } else { b"" };
        self.extend(buf, last, separator, content);
    }

    /// Joins repeated fields with the first of their name, once all have been read (httpd:
    /// `apr_table_compress`).
    pub(crate) fn merge(&mut self, buf: &[u8], limit: usize) -> Result<(), HeadErrorKind> {
        if !self.seen.repeats {
            return Ok(());
        }
        // Sorting keeps the cost in bounds however many fields a configuration allows. Equal names
        // stay in the order of their lines.
        let mut order = std::mem::take(&mut self.order);
        order.clear();
        order.extend(0..self.list.len());
        order.sort_unstable_by(|&a, &b| self.compare(buf, a, b).then(a.cmp(&b)));
        let result = self.join_equal(buf, limit, &order);
        self.order = order;
        self.drop_joined();
        result
    }

    pub(crate) fn iter<'a>(&'a self, buf: &'a [u8]) -> impl Iterator<Item = (&'a [u8], &'a [u8])> {
        self.list
            .iter()
            .map(move |field| (field.name.within(buf), field.value.of(buf, &self.store)))
    }

    // Inlined, so that the digest of a constant name is a constant: most are.
    #[inline]
    pub(crate) fn find<'a>(&'a self, buf: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
        self.find_text(buf, name).map(|value| value.of(buf, &self.store))
    }

    #[inline]
    pub(crate) fn find_text(&self, buf: &[u8], name: &[u8]) -> Option<Text> {
        let at = self.position(buf, name)?;
        self.list.get(at).map(|field| field.value)
    }

    pub(crate) fn replace(&mut self, buf: &[u8], name: &[u8], value: Text) {
        let at = self.position(buf, name);
        if let Some(field) = at.and_then(|at| self.list.get_mut(at)) {
            field.value = value;
        }
    }

    pub(crate) fn remove(&mut self, buf: &[u8], name: &[u8]) {
        if let Some(at) = self.position(buf, name) {
            self.list.remove(at);
            self.keys.remove(at);
        }
    }

    pub(crate) fn store(&self) -> &[u8] {
        &self.store
    }

    pub(crate) fn store_mut(&mut self) -> &mut Vec<u8> {
        &mut self.store
    }

    /// `order` lists all entries, those of one name next to each other.
    fn join_equal(
        &mut self,
        buf: &[u8],
        limit: usize,
        order: &[usize],
    ) -> Result<(), HeadErrorKind> {
        let Some((&first, rest)) = order.split_first() else { return Ok(()) };
        let mut first = first;
        for &at in rest {
            if self.compare(buf, first, at) != Ordering::Equal {
                first = at;
                continue;
            }
            let value = self.list[at].value;
            self.extend(buf, first, b", ", value);
            self.list[at].name = Text::default();
            if self.list[first].value.len() > limit {
                return Err(HeadErrorKind::FieldTooLong);
            }
        }
        Ok(())
    }

    fn drop_joined(&mut self) {
        let mut kept = 0;
        for at in 0..self.list.len() {
            if self.list[at].name.len() > 0 {
                self.list[kept] = self.list[at];
                self.keys[kept] = self.keys[at];
                kept += 1;
            }
        }
        self.list.truncate(kept);
        self.keys.truncate(kept);
    }

    /// Appends to the value of the entry `at`, after moving it to the end of the store.
    fn extend(&mut self, buf: &[u8], at: usize, separator: &[u8], more: Text) {
        let mut value = self.list[at].value;
        if !value.stored || value.end != self.store.len() {
            let start = self.store.len();
            value.append(buf, &mut self.store);
            value = Text::stored(start, self.store.len());
        }
        self.store.extend_from_slice(separator);
        more.append(buf, &mut self.store);
        value.end = self.store.len();
        self.list[at].value = value;
    }

    /// Some order of two entries in which those of one name are equal.
    fn compare(&self, buf: &[u8], a: usize, b: usize) -> Ordering {
        let name = |at: usize| self.list[at].name.within(buf).iter().map(u8::to_ascii_lowercase);
        self.keys[a].cmp(&self.keys[b]).then_with(|| name(a).cmp(name(b)))
    }

    #[inline]
    fn position(&self, buf: &[u8], name: &[u8]) -> Option<usize> {
        let wanted = key(name);
        // Most names that are asked for are not there.
        if !self.seen.may_have(wanted) {
            return None;
        }
        self.position_of(buf, name, wanted)
    }

    fn position_of(&self, buf: &[u8], name: &[u8], wanted: u32) -> Option<usize> {
        self.keys
            .iter()
            .zip(&self.list)
            .position(|(&key, field)| key == wanted && is_same_name(field.name.within(buf), name))
    }
}

/// Which keys have come. It may suspect a repetition where there is none, never the reverse.
#[derive(Clone, Copy, Debug, Default)]
struct Seen {
    bits: [u64; 16],
    repeats: bool,
}

impl Seen {
    fn note(&mut self, key: u32) {
        let (word, bit) = Self::place(key);
        self.repeats |= self.bits[word] & bit != 0;
        self.bits[word] |= bit;
    }

    /// Whether the key may have come; if not, it has not.
    fn may_have(&self, key: u32) -> bool {
        let (word, bit) = Self::place(key);
        self.bits[word] & bit != 0
    }

    /// Fibonacci hashing: the upper bits of the product depend on all of the key.
    fn place(key: u32) -> (usize, u64) {
        let hash = key.wrapping_mul(0x9e37_79b9) >> 22;
        ((hash >> 6) as usize, 1 << (hash & 63))
    }
}

/// A cheap digest of a name: its length and three of its letters, case removed.
#[inline]
fn key(name: &[u8]) -> u32 {
    let letter = |at: usize| name.get(at).map_or(0, u8::to_ascii_lowercase);
    let last = name.len().saturating_sub(1);
    u32::from_le_bytes([name.len() as u8, letter(0), letter(name.len() / 2), letter(last)])
}
