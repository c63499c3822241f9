//! Slots with generations: a late event cannot reach a slot's next tenant.

use slab::Slab;

/// Names a tenant of an [`Arena`], not merely its slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Key {
    /// The slot.
    pub index: u32,
    /// Which tenant of the slot; at most [`GENERATIONS`].
    pub generation: u32,
}

/// Generations are counted modulo this, so that a key and two bits fit a 64-bit token.
pub(crate) const GENERATIONS: u32 = 1 << 30;

/// A slab whose keys go stale when their value is removed.
#[derive(Debug)]
pub(crate) struct Arena<T> {
    slots: Slab<(u32, T)>,
    next_generation: u32,
}

impl<T> Default for Arena<T> {
    fn default() -> Self {
        Self { slots: Slab::new(), next_generation: 0 }
    }
}

impl<T> Arena<T> {
    /// Takes a value in and names it.
    pub(crate) fn insert(&mut self, value: T) -> Key {
        let generation = self.next_generation;
        self.next_generation = (generation + 1) % GENERATIONS;
        let index = self.slots.insert((generation, value));
        Key { index: u32::try_from(index).expect("fewer than 2^32 descriptors exist"), generation }
    }

    /// The value, unless it was removed.
    pub(crate) fn get(&self, key: Key) -> Option<&T> {
        let (generation, value) = self.slots.get(key.index as usize)?;
        (*generation == key.generation).then_some(value)
    }

    /// The value, unless it was removed.
    pub(crate) fn get_mut(&mut self, key: Key) -> Option<&mut T> {
        let (generation, value) = self.slots.get_mut(key.index as usize)?;
        (*generation == key.generation).then_some(value)
    }

    /// Removes the value; its key is stale from now on.
    pub(crate) fn remove(&mut self, key: Key) -> Option<T> {
        self.get(key)?;
        Some(self.slots.remove(key.index as usize).1)
    }

    /// All keys, in slot order.
    pub(crate) fn keys(&self) -> impl Iterator<Item = Key> + '_ {
        self.slots.iter().map(|(index, (generation, _))| Key {
            index: u32::try_from(index).expect("fewer than 2^32 descriptors exist"),
            generation: *generation,
        })
    }

    /// Those in so many slots from one on, going round at the end.
    pub(crate) fn around(&self, start: usize, slots: usize) -> impl Iterator<Item = (Key, &T)> {
        let all = self.slots.capacity();
        (0..slots.min(all)).filter_map(move |offset| {
            let index = (start % all + offset) % all;
            let (generation, value) = self.slots.get(index)?;
            let index = u32::try_from(index).expect("fewer than 2^32 descriptors exist");
            Some((Key { index, generation: *generation }, value))
        })
    }

    /// Whether there is none.
    pub(crate) fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_look_around_meets_everyone_once() {
        let mut arena = Arena::default();
        assert_eq!(arena.around(7, 5).count(), 0);
        let keys: Vec<Key> = (0..5).map(|value| arena.insert(value)).collect();
        arena.remove(keys[2]);
        for start in 0..20 {
            let mut seen: Vec<i32> = arena.around(start, 100).map(|(_, value)| *value).collect();
            seen.sort_unstable();
            assert_eq!(seen, [0, 1, 3, 4], "from {start}");
        }
    }

    #[test]
    fn a_key_goes_stale_with_its_value() {
        let mut arena = Arena::default();
        let first = arena.insert("first");
        assert_eq!(arena.remove(first), Some("first"));
        let second = arena.insert("second");
        assert_eq!(first.index, second.index, "the slot is reused");
        assert_eq!(arena.get(first), None);
        assert_eq!(arena.remove(first), None);
        assert_eq!(arena.get(second), Some(&"second"));
    }
}
