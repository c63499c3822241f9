//! Where all choices come from: a seed, or bytes that somebody else made up.

use std::cell::RefCell;
use std::rc::Rc;

/// A source of choices, shared by all who take part.
#[derive(Clone, Debug)]
pub(super) struct Dice(Rc<RefCell<Source>>);

#[derive(Debug)]
enum Source {
    /// The state of SplitMix64 (Steele, Lea and Flood, 2014).
    Seed(u64),
    /// Bytes, and how many were used.
    Bytes(Vec<u8>, usize),
}

impl Dice {
    /// Choices without end.
    pub(super) fn seeded(seed: u64) -> Self {
        Self(Rc::new(RefCell::new(Source::Seed(seed))))
    }

    /// Choices made by `bytes`; afterwards always the first.
    pub(super) fn bytes(bytes: &[u8]) -> Self {
        Self(Rc::new(RefCell::new(Source::Bytes(bytes.to_vec(), 0))))
    }

    /// Nothing is left to choose with.
    pub(super) fn is_spent(&self) -> bool {
        match &*self.0.borrow() {
            Source::Seed(_) => false,
            Source::Bytes(bytes, at) => *at >= bytes.len(),
        }
    }

    /// A number below `bound`, or 0.
    pub(super) fn below(&self, bound: usize) -> usize {
        if bound < 2 {
            return 0;
        }
        let word = match &mut *self.0.borrow_mut() {
            Source::Seed(state) => {
                *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
                let mixed = (*state ^ (*state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
                let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
                mixed ^ (mixed >> 31)
            }
            Source::Bytes(bytes, at) => {
                let wide = 1 + usize::from(bound > 256);
                let taken = bytes.get(*at..(*at + wide).min(bytes.len())).unwrap_or_default();
                *at += wide;
                taken.iter().fold(0, |word, &byte| word << 8 | u64::from(byte))
            }
        };
        (word % bound as u64) as usize
    }

    /// A number from `low` to `high`, both included.
    pub(super) fn between(&self, low: usize, high: usize) -> usize {
        low + self.below(high - low + 1)
    }

    /// True once in `times`, never when there is nothing to choose with.
    pub(super) fn one_in(&self, times: usize) -> bool {
        !self.is_spent() && self.below(times) == times - 1
    }

    /// One of these.
    pub(super) fn pick<T: Copy>(&self, all: &[T]) -> T {
        all[self.below(all.len())]
    }
}
