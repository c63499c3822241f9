//! What one thread asks of an event loop.

use std::sync::Arc;
use std::time::Duration;

use crate::arena::Key;
use crate::files::Fetched;
use crate::shared::Shared;

/// An entry of a loop's inbox.
#[derive(Debug)]
pub(crate) enum Command<S> {
    /// Serve new requests by this configuration.
    Adopt(Arc<Shared<S>>),
    /// Stop accepting and finish what is in flight; after the grace time, stop regardless.
    Finish {
        /// The grace time.
        grace: Duration,
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
