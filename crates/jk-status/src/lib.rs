//! The management pages of a status worker, without anything that moves: a query and a snapshot go
//! in, a page and a list of changes come out (mod_jk: `jk_status.c`).
//!
//! - [`Query`] is the text of a request, [`Request`] what it means.
//! - [`View`] is what there is to show, as plain data.
//! - [`Request::lookups`] names the hosts that have to be resolved before the request is answered.
//! - [`answer`] decides, and says what is to be done as [`Action`]s. Whoever calls it carries them
//!   out; the page does not depend on how that goes, because pages of commands show no workers.
//! - [`edits::Edits`] are the changes that are in force, kept for configurations and processes to come.
//!
//! What is deliberately absent: sockets, clocks, locks, threads, logs and the resolver.

mod answer;
mod change;
pub mod edits;
mod escape;
mod html;
mod origin;
mod page;
mod plain;
mod query;
mod rating;
mod record;
mod request;
mod update;
pub mod view;

pub use answer::{Answer, Caller, answer};
pub use change::{Action, AjpChange, AjpNumber, Change};
pub use escape::{escaped, push_escaped, push_query_value};
pub use origin::is_cross_site;
pub use query::Query;
pub use rating::{Rating, rate};
pub use request::{Command, Mime, Options, Request};
pub use update::Addresses;
pub use view::View;
