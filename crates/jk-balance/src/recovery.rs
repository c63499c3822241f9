//! How often one member is tried within one service call.

use std::time::Duration;

use crate::Failure;

/// The tries of one service call: `retries` sends at most, `retry_interval` apart.
#[derive(Clone, Copy, Debug)]
pub struct Tries {
    left: u32,
    made: u32,
    interval: Option<Duration>,
}

/// What follows a failed try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Send once more, after this long.
    Again {
        /// `None` is at once.
        sleep: Option<Duration>,
    },
    /// The service call is over.
    GiveUp,
}

impl Tries {
    /// `retries` counts the first send as well.
    pub fn new(retries: u32, retry_interval: Option<Duration>) -> Self {
        Self { left: retries, made: 0, interval: retry_interval }
    }

    /// How many tries have failed.
    pub fn made(&self) -> u32 {
        self.made
    }

    /// Counts a failed try. `recoverable` is [`Failure::recoverable`].
    pub fn after(&mut self, failure: Failure, recoverable: bool) -> Next {
        self.left = self.left.saturating_sub(1);
        self.made = self.made.saturating_add(1);
        let final_here = matches!(failure, Failure::NoSlot | Failure::BusyLimit);
        if self.left == 0 || final_here || !recoverable {
            return Next::GiveUp;
        }
        Next::Again { sleep: self.interval.filter(|sleep| !sleep.is_zero()) }
    }
}
