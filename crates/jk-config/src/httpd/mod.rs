//! `httpd.conf`: from lines to the settings of each server.
//!
//! As in httpd there are two passes. [`read`] follows the text: it joins lines, puts variables in,
//! decides `<IfModule>` and its kin, follows `Include`, and leaves a tree of directives. [`walk`]
//! carries the tree out, each directive by its entry in [`directive`]. What is not honoured is
//! never passed over in silence: [`family`] knows every directive of httpd 2.4 and what becomes of
//! it here.

mod access;
mod address;
mod call;
mod condition;
mod directive;
mod family;
mod glob;
mod include;
mod line;
mod log_format;
mod loss;
mod merge;
mod module;
mod nesting;
mod path;
mod read;
mod report;
mod scope;
mod section;
mod skip;
mod tree;
mod value;
mod variable;
mod version;
mod walk;
mod word;

pub(crate) use access::Root;
pub(crate) use merge::{Defaults, server};
pub(crate) use path::resolve;
pub(crate) use read::Reader;
pub(crate) use report::Report;
pub(crate) use scope::{Global, Mount, Mpm, Scope};
pub(crate) use tree::Directive;
pub(crate) use variable::Variables;
pub(crate) use walk::{Walk, Walked};
