//! Text of `httpd.conf`, `workers.properties` and `uriworkermap.properties` to a [`Config`].
//!
//! The crate takes text and returns values. It opens no file by itself (see [`Files`]), resolves no
//! name and starts nothing. What is wrong with the text comes back as [`Diagnostic`]s, all of them
//! at once, each with the place it speaks of; what mod_jk or httpd silently repair is repaired alike
//! and reported.

mod diagnostic;
pub mod directive;
mod expand;
mod extensions;
mod httpd;
mod load;
mod model;
mod number;
mod properties;
mod property_map;
mod reader;
mod render;
mod spelling;
mod uriworkermap;
mod workers;

pub use diagnostic::{Diagnostic, Location, Severity, SourceId, Sources, Span};
pub use directive::{DIRECTIVES, Directive};
pub use extensions::{Finding, Target, check_rule, mount_rules, parse_target};
pub use load::{LoadOptions, Loaded, load, load_plain};
pub use model::*;
pub use render::Rendered;
pub use uriworkermap::read_uriworkermap;
pub use workers::{WorkersInput, WorkersOutput, read_workers};
