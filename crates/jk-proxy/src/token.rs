//! What a readiness event speaks of, packed into the one word that the poller gives back.

use crate::arena::Key;

/// The source of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Token {
    /// Another thread has put something into the loop's inbox.
    Inbox,
    /// A listening socket, by position.
    Listener(u32),
    /// A client connection.
    Client(Key),
    /// A backend connection.
    Backend(Key),
}

const KIND_SHIFT: u32 = 62;
const GENERATION_SHIFT: u32 = 32;
const GENERATION_MASK: u64 = (1 << 30) - 1;

impl Token {
    /// Packs: two bits of kind, thirty of generation, thirty-two of index.
    pub(crate) fn pack(self) -> u64 {
        let (kind, generation, index) = match self {
            Self::Inbox => (0, 0, 0),
            Self::Listener(at) => (1, 0, at),
            Self::Client(key) => (2, key.generation, key.index),
            Self::Backend(key) => (3, key.generation, key.index),
        };
        (kind << KIND_SHIFT) | (u64::from(generation) << GENERATION_SHIFT) | u64::from(index)
    }

    /// The inverse of [`Self::pack`].
    pub(crate) fn unpack(word: u64) -> Self {
        let index = (word & u64::from(u32::MAX)) as u32;
        let generation = ((word >> GENERATION_SHIFT) & GENERATION_MASK) as u32;
        match word >> KIND_SHIFT {
            0 => Self::Inbox,
            1 => Self::Listener(index),
            2 => Self::Client(Key { index, generation }),
            _ => Self::Backend(Key { index, generation }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arena::GENERATIONS;

    #[test]
    fn unpack_is_the_inverse_of_pack() {
        let key = Key { index: u32::MAX, generation: GENERATIONS - 1 };
        for token in [
            Token::Inbox,
            Token::Listener(7),
            Token::Client(key),
            Token::Backend(Key { index: 1, generation: 2 }),
        ] {
            assert_eq!(Token::unpack(token.pack()), token);
        }
    }
}
