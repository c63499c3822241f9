//! What a page is made of, whichever format it has.

use jk_types::StatusSettings;

use crate::request::{Options, Request};
use crate::view::{Ajp, Lb, View};

/// A page.
#[derive(Debug)]
pub(crate) struct Page<'a> {
    pub(crate) view: &'a View,
    pub(crate) settings: &'a StatusSettings,
    pub(crate) request: &'a Request,
    pub(crate) options: Options,
    /// The path of the request, as it is linked to.
    pub(crate) path: &'a str,
    pub(crate) parts: Vec<Part<'a>>,
}

/// A part of a page, in order.
#[derive(Debug)]
pub(crate) enum Part<'a> {
    /// Server, time and software.
    Head,
    /// The server alone.
    Server,
    /// All load balancers.
    Lbs(Vec<&'a Lb>),
    /// One load balancer, with one or all of its members.
    Lb(&'a Lb, Option<usize>),
    /// All AJP workers.
    Ajps(Vec<&'a Ajp>),
    /// One AJP worker.
    Ajp(&'a Ajp),
    /// The configuration.
    Properties,
    /// A form.
    Form(Form<'a>),
    /// How it went.
    Verdict(Verdict),
}

/// What a form changes.
#[derive(Clone, Debug)]
pub(crate) enum Form<'a> {
    Lb(&'a Lb),
    Member(&'a Lb, usize),
    Ajp(&'a Ajp),
    /// One attribute of all members.
    Attribute(&'a Lb, String),
}

/// How a request went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Verdict {
    pub(crate) failed: bool,
    pub(crate) message: String,
}

impl Verdict {
    pub(crate) fn of(failure: Option<String>) -> Self {
        let failed = failure.is_some();
        Self { failed, message: failure.unwrap_or_else(|| "Action finished".to_owned()) }
    }

    pub(crate) const fn kind(&self) -> &'static str {
        if self.failed { "ERROR" } else { "OK" }
    }
}
