//! Carries requests between clients and AJP backends.
//!
//! [`Proxy::start`] takes a configuration and serves it until it is stopped. Inside, each event loop
//! is one thread with an *engine*, which knows connections, exchanges and deadlines but no socket and
//! no clock, and a thin shell over mio (`net`) that brings it events. Loops share the balancers and
//! the pools of a site, each behind a lock that is held for one decision and never across IO.
//!
//! What it does not do: it decides neither which worker or member serves a request (`jk-balance`),
//! nor what httpd would make of a path or a file (`jk-site`); it reads no configuration text
//! (`jk-config`), and it parses neither protocol (`jk-http`, `ajp13`).

mod arena;
mod assemble;
mod command;
mod edits;
mod engine;
mod files;
mod live;
mod logs;
mod net;
mod pool;
mod proxy;
mod rules;
mod shared;
#[cfg(any(test, feature = "simulation"))]
#[doc(hidden)]
pub mod sim;
mod site;
mod timers;
mod token;

pub use assemble::{AssembleError, Warning};
pub use engine::explain;
pub use jk_status::edits::LONGEST_STATE;
pub use logs::ErrorLog;
pub use proxy::{Inherited, Proxy, ProxyError, Stopper};
