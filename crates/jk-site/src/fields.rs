//! Name-value pairs as their owner keeps them.

/// Header fields, notes or variables in order. Who has them implements this; nothing is copied.
pub trait Fields {
    /// The pair at a position, `None` past the last one.
    fn at(&self, index: usize) -> Option<(&[u8], &[u8])>;

    /// The value of the first field of that name, in whatever case.
    fn get(&self, name: &[u8]) -> Option<&[u8]> {
        let mut index = 0;
        while let Some((candidate, value)) = self.at(index) {
            if candidate.eq_ignore_ascii_case(name) {
                return Some(value);
            }
            index += 1;
        }
        None
    }
}

impl<'a> Fields for [(&'a [u8], &'a [u8])] {
    fn at(&self, index: usize) -> Option<(&[u8], &[u8])> {
        <[_]>::get(self, index).copied()
    }
}

impl<'a, const N: usize> Fields for [(&'a [u8], &'a [u8]); N] {
    fn at(&self, index: usize) -> Option<(&[u8], &[u8])> {
        <[_]>::get(self, index).copied()
    }
}

impl Fields for Vec<(Vec<u8>, Vec<u8>)> {
    fn at(&self, index: usize) -> Option<(&[u8], &[u8])> {
        <[_]>::get(self, index).map(|(name, value)| (&name[..], &value[..]))
    }
}

impl<T: Fields + ?Sized> Fields for &T {
    fn at(&self, index: usize) -> Option<(&[u8], &[u8])> {
        (**self).at(index)
    }

    fn get(&self, name: &[u8]) -> Option<&[u8]> {
        (**self).get(name)
    }
}
