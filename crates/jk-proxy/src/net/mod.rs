//! The only place that touches sockets: listeners, streams and the loop that waits for them.

mod admission;
mod ahead;
mod batches;
mod courtesy;
mod event_loop;
mod listener;
mod stream;

pub(crate) use admission::Admission;
pub(crate) use event_loop::{Inboxes, Order, Timepiece, create};
pub(crate) use listener::wanted;
pub(crate) use listener::{Endpoints, ListenError};
pub(crate) use stream::MioStream;
