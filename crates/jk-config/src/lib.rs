//! Text of `httpd.conf`, `workers.properties` and `uriworkermap.properties` to a [`Config`].
//!
//! The crate takes text and returns values. It opens no file by itself (see [`Files`]), resolves no
//! name and starts nothing. What is wrong with the text comes back as [`Diagnostic`]s, all of them
//! at once, each with the place it speaks of; what mod_jk or httpd silently repair is repaired alike
//! and reported.

mod diagnostic;
mod load;
mod model;

pub use diagnostic::{Diagnostic, Location, Severity, SourceId, Sources};
pub use load::{LoadOptions, Loaded, load, load_plain};
pub use model::*;
