//! Many small sends or receives, each on a socket of its own, in one system call.
//!
//! A loop that serves many connections has many small things to do at each wake-up. Made one after
//! another, each costs the way into the kernel and back, and on the way back whoever was woken by a
//! send may take the processor before the next one is made. Made together, all of them are done before
//! anybody else runs.
//!
//! Underneath is an io_uring that is used like a system call: what is submitted never waits for a
//! socket, so that all of it is done when the call returns. The ring is restricted to sending and
//! receiving. Where the system has none, or forbids it, [`Batch::new`] says so and callers do without.

#[cfg(target_os = "linux")]
mod ring;
#[cfg(not(target_os = "linux"))]
#[path = "none.rs"]
mod ring;

pub use ring::Batch;
