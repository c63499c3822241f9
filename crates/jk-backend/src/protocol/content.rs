//! Request content on its way in.

/// The most content that is kept for a servlet.
const LIMIT: usize = 64 * 1024 * 1024;

/// Content that is being read, and kept or not.
#[derive(Debug)]
pub(crate) struct Content {
    kept: Vec<u8>,
    keep: bool,
    len: u64,
    /// Bytes to come, if the client has announced how many.
    left: Option<u64>,
}

impl Content {
    pub(crate) fn new(announced: Option<u64>, keep: bool) -> Self {
        Self { kept: Vec::new(), keep, len: 0, left: announced }
    }

    pub(crate) fn kept(&self) -> &[u8] {
        &self.kept
    }

    pub(crate) fn len(&self) -> u64 {
        self.len
    }

    pub(crate) fn left(&self) -> Option<u64> {
        self.left
    }

    /// Whether there was more to keep than is ever kept.
    pub(crate) fn overflown(&self) -> bool {
        self.keep && self.kept.len() > LIMIT
    }

    /// Takes a piece; says `false` when it is more than was announced.
    pub(crate) fn add(&mut self, piece: &[u8]) -> bool {
        let len = piece.len() as u64;
        self.len = self.len.saturating_add(len);
        if self.keep && !self.overflown() {
            self.kept.extend_from_slice(piece);
        }
        match self.left {
            None => true,
            Some(left) => {
                self.left = Some(left.saturating_sub(len));
                len <= left
            }
        }
    }
}
