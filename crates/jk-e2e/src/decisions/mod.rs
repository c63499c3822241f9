//! Sequences of decisions, recorded one to a line: which worker a path is mapped to, which member
//! a request is sent to.
//!
//! A `*.decisions` file is a [case](crate::case::Case) whose steps are lines of the form
//! `RESULT TAB ACT TAB ARGUMENTS`; playing it writes the results anew.

mod act;
mod play;

pub use play::{play, split};
