//! Findings, gathered while reading goes on.

use crate::{Diagnostic, Location, Severity};

/// All that was found so far.
#[derive(Debug, Default)]
pub(crate) struct Report {
    found: Vec<Diagnostic>,
}

/// What is wrong with one directive; becomes an error at its place.
#[derive(Debug)]
pub(crate) struct Refusal {
    message: String,
    help: Option<String>,
    at: Option<Location>,
}

/// The finding just made, for adding what to do about it.
pub(crate) struct Finding<'r>(&'r mut Diagnostic);

impl Report {
    pub(crate) fn note(&mut self, at: &Location, message: impl Into<String>) -> Finding<'_> {
        self.say(Severity::Note, Some(at), message)
    }

    pub(crate) fn hint(&mut self, at: &Location, message: impl Into<String>) -> Finding<'_> {
        self.say(Severity::Hint, Some(at), message)
    }

    pub(crate) fn warning(&mut self, at: &Location, message: impl Into<String>) -> Finding<'_> {
        self.say(Severity::Warning, Some(at), message)
    }

    pub(crate) fn error(&mut self, at: &Location, message: impl Into<String>) -> Finding<'_> {
        self.say(Severity::Error, Some(at), message)
    }

    pub(crate) fn say(
        &mut self,
        severity: Severity,
        at: Option<&Location>,
        message: impl Into<String>,
    ) -> Finding<'_> {
        let location = at.cloned();
        self.found.push(Diagnostic { severity, location, message: message.into(), help: None });
        Finding(self.found.last_mut().expect("one was pushed on the line above"))
    }

    /// Turns what a directive could not accept into an error; `at` is used unless it names a place.
    pub(crate) fn refuse(&mut self, at: &Location, refusal: Refusal) {
        let place = refusal.at.unwrap_or_else(|| at.clone());
        self.error(&place, refusal.message);
        if let (Some(help), Some(last)) = (refusal.help, self.found.last_mut()) {
            last.help = Some(help);
        }
    }

    pub(crate) fn extend(&mut self, more: impl IntoIterator<Item = Diagnostic>) {
        self.found.extend(more);
    }

    pub(crate) fn has_errors(&self) -> bool {
        self.found.iter().any(|d| d.severity == Severity::Error)
    }

    /// All findings: those without a place first, then in the order of the text.
    pub(crate) fn into_sorted(mut self) -> Vec<Diagnostic> {
        self.found.sort_by_key(|d| d.location.as_ref().map(|at| (at.source, at.span.start)));
        self.found
    }
}

impl Finding<'_> {
    /// Adds what to do about it.
    pub(crate) fn help(self, help: impl Into<String>) {
        self.0.help = Some(help.into());
    }
}

impl Refusal {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), help: None, at: None }
    }

    pub(crate) fn help(self, help: impl Into<String>) -> Self {
        Self { help: Some(help.into()), ..self }
    }

    pub(crate) fn at(self, location: &Location) -> Self {
        Self { at: Some(location.clone()), ..self }
    }
}
