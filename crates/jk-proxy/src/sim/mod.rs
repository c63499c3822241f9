//! The whole of an exchange in memory: clients, event loops and backends, with a clock of its own,
//! driven by choices that come from a seed or from bytes.
//!
//! All take part as they would over sockets: bytes arrive in pieces and events once per change, two
//! loops take turns amid each other's, backends fail and lie, clients vanish, the clock jumps, the
//! configuration is replaced, operators edit workers in the middle of exchanges, files are read meanwhile and
//! fail, and the process is told to end amid all that. Whoever sees something that must not be panics:
//!
//! - a request is answered once, by an answer given to it, or its client can tell that it was not;
//! - each block of content names its owner, and nobody gets a block of anybody else's;
//! - a connection carries one request at a time, and none after it was spoiled;
//! - consumed content is not sent again, and content cut short does not look complete;
//! - in the end slots, elections, connections, deadlines and replaced configurations are all gone;
//! - a file is sent as it is on the disk, or its client can tell that it was not;
//! - without faults every request is answered whole, and nothing waits for a deadline.

mod backend;
mod client;
mod content;
mod dice;
mod ledger;
mod net;
mod site;
mod wire;
mod world;

use dice::Dice;
use world::World;

/// What happened in a simulated world.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Requests that clients had in mind.
    pub requests: usize,
    /// Those answered whole by a backend.
    pub whole: usize,
    /// Those that were answered with a page of the proxy's own.
    pub own: usize,
    /// Edits of workers that were made.
    pub edits: usize,
    /// Those that were given up, by either side.
    pub aborted: usize,
    /// Choices of what happens next.
    pub steps: usize,
}

/// Plays the world of a seed.
///
/// # Panics
/// A promise is broken.
pub fn run_seed(seed: u64) -> Summary {
    World::new(Dice::seeded(seed)).run(12_000, 60)
}

/// Plays the world whose choices these bytes make.
///
/// # Panics
/// A promise is broken.
pub fn run_bytes(bytes: &[u8]) -> Summary {
    World::new(Dice::bytes(bytes)).run(20_000, 30)
}

#[cfg(test)]
mod tests;
