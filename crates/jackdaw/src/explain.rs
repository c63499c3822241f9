//! `jackdaw explain`: what would become of a request.

mod election;
mod file;
mod packet;
mod report;
mod request;
mod rules;

use std::fmt::Write as _;
use std::io;

use clap::CommandFactory as _;
use clap::error::ErrorKind;
use jk_config::Severity;
use jk_proxy::explain::ExplainError;

use crate::cli::{Cli, ExplainArgs};
use crate::findings;
use crate::site::{self, Unusable};
use crate::term::{self, Ink, Paint};
use report::Report;
use request::{BadRequest, Request};

/// Why nothing was explained.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Problem {
    /// The configuration cannot be used; what is wrong with it has been printed.
    #[error(transparent)]
    Configuration(#[from] Unusable),
    /// The configuration cannot be served.
    #[error(transparent)]
    Explain(#[from] ExplainError),
    /// Standard output cannot be written.
    #[error(transparent)]
    Output(#[from] io::Error),
}

/// Prints the explanation.
///
/// # Errors
/// There is none.
pub(crate) fn run(args: &ExplainArgs) -> Result<(), Problem> {
    let loaded = site::read(&args.site);
    let least = if args.site.strict { Severity::Warning } else { Severity::Error };
    eprint!("{}", findings::list(&loaded, least, Paint::stderr()));
    let (config, sources) = site::config_of(&args.site, loaded)?;
    let request = Request::of(args, &config).unwrap_or_else(|bad| wrong_usage(&bad));
    let paint = Paint::stdout();
    let text =
        match jk_proxy::explain::explain(&config, &request.head, request.client, request.local) {
            Ok(it) => {
                let (config, sources, request) = (&config, &sources, &request);
                Report { config, sources, request, it: &it, paint }.text(args.hex)
            }
            Err(ExplainError::Head(refusal)) => report::refused(&request, &refusal, paint),
            Err(other) => return Err(other.into()),
        };
    term::print(&text)?;
    Ok(())
}

/// As clap ends the program when it is itself who notices.
fn wrong_usage(bad: &BadRequest) -> ! {
    Cli::command().error(ErrorKind::ValueValidation, bad).exit()
}

/// A part of the report: a title, and what stands under it.
fn section(out: &mut String, title: &str, paint: Paint) {
    if !out.is_empty() {
        out.push('\n');
    }
    let _ = writeln!(out, "{}", paint.mark(Ink::Bold, title));
}

/// A fact: its name, and what it is.
fn fact(out: &mut String, name: &str, value: &str) {
    const NAMES: usize = 16;
    let width = term::WIDTH - NAMES - 4;
    for (at, piece) in term::wrapped(value, width).iter().enumerate() {
        let name = if at == 0 { name } else { "" };
        let line = format!("  {name:NAMES$}  {piece}");
        let _ = writeln!(out, "{}", line.trim_end());
    }
}

/// What it comes to.
fn conclusion(out: &mut String, text: &str, paint: Paint) {
    for (at, piece) in term::wrapped(text, term::WIDTH - 5).iter().enumerate() {
        let arrow = if at == 0 { paint.mark(Ink::Green, "=>") } else { "  ".to_owned() };
        let _ = writeln!(out, "  {arrow} {piece}");
    }
}
