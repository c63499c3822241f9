use crate::error::HeadErrorKind;
use crate::text::Text;

/// The fields of a head, and the store for values that had to be put together.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fields {
    list: Vec<Field>,
    /// A digest per entry of `list`, compared before names are.
    keys: Vec<u32>,
    repeats: Vec<Repeat>,
    store: Vec<u8>,
}

#[derive(Clone, Copy, Debug)]
struct Field {
    name: Text,
    value: Text,
}

/// A field that came again: the value goes to the one at `into`.
#[derive(Clone, Copy, Debug)]
struct Repeat {
    into: usize,
    order: usize,
    value: Text,
}

impl Fields {
    pub(crate) fn clear(&mut self) {
        self.list.clear();
        self.keys.clear();
        self.repeats.clear();
        self.store.clear();
    }

    pub(crate) fn len(&self) -> usize {
        self.list.len()
    }

    pub(crate) fn push(&mut self, name: Text, value: Text) {
        self.list.push(Field { name, value });
    }

    /// Appends the content of a continuation line to the value of the last field; one space stands
    /// for the line break.
    pub(crate) fn fold(&mut self, buf: &[u8], content: Text) {
        let Some(field) = self.list.last_mut() else { return };
        if !field.value.stored || field.value.end != self.store.len() {
            let start = self.store.len();
            field.value.append(buf, &mut self.store);
            field.value = Text::stored(start, self.store.len());
        }
        if field.value.len() > 0 {
            self.store.push(b' ');
        }
        content.append(buf, &mut self.store);
        field.value.end = self.store.len();
    }

    /// Joins repeated fields, once all have been read.
    pub(crate) fn merge(&mut self, buf: &[u8], limit: usize) -> Result<(), HeadErrorKind> {
        self.find_repeats(buf);
        if self.repeats.is_empty() {
            return Ok(());
        }
        // Unstable sorting needs no memory; `order` makes it stable.
        self.repeats.sort_unstable_by_key(|repeat| (repeat.into, repeat.order));
        let mut last = None;
        for repeat in &self.repeats {
            let Some(field) = self.list.get_mut(repeat.into) else { continue };
            if last != Some(repeat.into) {
                let start = self.store.len();
                field.value.append(buf, &mut self.store);
                field.value = Text::stored(start, start);
                last = Some(repeat.into);
            }
            self.store.extend_from_slice(b", ");
            repeat.value.append(buf, &mut self.store);
            field.value.end = self.store.len();
            if field.value.len() > limit {
                return Err(HeadErrorKind::FieldTooLong);
            }
        }
        Ok(())
    }

    pub(crate) fn iter<'a>(&'a self, buf: &'a [u8]) -> impl Iterator<Item = (&'a [u8], &'a [u8])> {
        self.list
            .iter()
            .map(move |field| (field.name.within(buf), field.value.of(buf, &self.store)))
    }

    pub(crate) fn find<'a>(&'a self, buf: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
        self.find_text(buf, name).map(|value| value.of(buf, &self.store))
    }

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

    /// Moves repeated fields from `list` to `repeats`.
    fn find_repeats(&mut self, buf: &[u8]) {
        let mut kept = 0;
        for order in 0..self.list.len() {
            let field = self.list[order];
            let name = field.name.within(buf);
            if let Some(into) = self.position(buf, name) {
                self.repeats.push(Repeat { into, order, value: field.value });
            } else {
                self.keys.push(key(name));
                self.list[kept] = field;
                kept += 1;
            }
        }
        self.list.truncate(kept);
    }

    /// Where `name` is among the entries that have a key.
    fn position(&self, buf: &[u8], name: &[u8]) -> Option<usize> {
        let wanted = key(name);
        self.keys.iter().zip(&self.list).position(|(&key, field)| {
            key == wanted && field.name.within(buf).eq_ignore_ascii_case(name)
        })
    }
}

/// A cheap digest of a name: its length and three of its letters, case removed.
fn key(name: &[u8]) -> u32 {
    let letter = |at: usize| name.get(at).map_or(0, |b| b.to_ascii_lowercase());
    let last = name.len().saturating_sub(1);
    u32::from_le_bytes([name.len() as u8, letter(0), letter(name.len() / 2), letter(last)])
}
