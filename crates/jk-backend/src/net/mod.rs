//! The only place with sockets, threads and a clock.

mod connection;
mod event_loop;

pub(crate) use event_loop::{EventLoop, Listener, Mailbox};
