/// Where a piece of text lies: in the caller's buffer, or in the head's own store when it had to be
/// put together (folded lines, repeated fields, a replaced `Host`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Text {
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) stored: bool,
}

impl Text {
    pub(crate) const fn received(start: usize, end: usize) -> Self {
        Self { start, end, stored: false }
    }

    pub(crate) const fn stored(start: usize, end: usize) -> Self {
        Self { start, end, stored: true }
    }

    pub(crate) const fn len(self) -> usize {
        self.end.saturating_sub(self.start)
    }

    /// The bytes, given both places. A buffer that is not the parsed one yields wrong or no bytes,
    /// never a panic.
    pub(crate) fn of<'a>(self, buf: &'a [u8], store: &'a [u8]) -> &'a [u8] {
        if self.stored { self.within(store) } else { self.within(buf) }
    }

    pub(crate) fn within(self, bytes: &[u8]) -> &[u8] {
        bytes.get(self.start..self.end).unwrap_or_default()
    }

    /// Appends the bytes to `store` itself.
    pub(crate) fn append(self, buf: &[u8], store: &mut Vec<u8>) {
        if self.stored && self.end <= store.len() && self.start <= self.end {
            store.extend_from_within(self.start..self.end);
        } else if !self.stored {
            store.extend_from_slice(self.within(buf));
        }
    }
}
