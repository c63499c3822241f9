//! Whole exchanges in memory: an engine over simulated sockets and a simulated clock.

mod edits;
mod exchanges;
mod failures;
mod hostile;
mod rules;
mod slow;
mod unheard;
mod wire;
mod world;
