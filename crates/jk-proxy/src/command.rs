//! What one thread asks of an event loop.

use std::sync::Arc;
use std::time::Duration;

use crate::arena::Key;
use crate::files::Fetched;
use crate::shared::Shared;

/// What becomes of clients that have asked nothing yet, or nothing more, when a loop finishes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Idle {
    /// They are closed: nobody is there for a request that is on its way.
    Close,
    /// They may ask once more, as long as they may be idle, and are then told that the connection
    /// ends: somebody else takes the connections that follow.
    Await,
}

/// An entry of a loop's inbox.
#[derive(Debug)]
pub(crate) enum Command<S> {
    /// Serve new requests by this configuration.
    Adopt(Arc<Shared<S>>),
    /// Stop accepting and finish what is in flight; after the grace time, stop regardless. May come twice: the
    /// earlier end counts.
    Finish {
        /// The grace time, if there is one.
        grace: Option<Duration>,
        /// What becomes of idle clients.
        idle: Idle,
    },
    /// A slot of the pool that this client waits for came free.
    SlotFree(Key),
    /// A parked connection was taken over or closed by another loop: forget its registration.
    Taken(Key),
    /// Probe idle connections.
    ProbeIdle,
    /// A file was opened or read for this client.
    File(Key, Fetched),
}
