//! `jackdaw check`: what is wrong with a configuration, and what it comes to.

mod mounts;
mod servers;
mod settings;
mod workers;

use std::fmt::Write as _;
use std::io;
use std::process::ExitCode;

use jk_config::{Config, Loaded, Severity};

use crate::CONFIGURATION;
use crate::cli::CheckArgs;
use crate::findings::{self, Tally};
use crate::site;
use crate::term::{self, Ink, Paint, count};

pub(crate) use mounts::{effect, extensions, kind};
pub(crate) use servers::{address, of_vhost};
pub(crate) use settings::{activation, address as backend};

/// Groups of notes that are listed without `--verbose`.
const NOTE_GROUPS: usize = 5;

/// Prints findings and summary.
///
/// # Errors
/// Standard output cannot be written.
pub(crate) fn run(args: &CheckArgs) -> io::Result<ExitCode> {
    let loaded = site::read(&args.site);
    let usable = site::is_usable(&args.site, &loaded);
    term::print(&report(args, &loaded, usable, Paint::stdout()))?;
    Ok(if usable { ExitCode::SUCCESS } else { ExitCode::from(CONFIGURATION) })
}

fn report(args: &CheckArgs, loaded: &Loaded, usable: bool, paint: Paint) -> String {
    let least = if args.verbose { Severity::Note } else { Severity::Hint };
    let mut out = findings::list(loaded, least, paint);
    if let Some(config) = &loaded.config {
        summary(&mut out, config, loaded, args.verbose, paint);
    }
    if !args.verbose {
        quiet_notes(&mut out, loaded, paint);
    }
    verdict(&mut out, args, loaded, usable, paint);
    out
}

fn summary(out: &mut String, config: &Config, loaded: &Loaded, verbose: bool, paint: Paint) {
    if verbose {
        heading(out, "Files", paint);
        loaded.files.iter().for_each(|file| line(out, 2, &file.display().to_string()));
    }
    servers::write(out, config, paint);
    workers::write(out, config, verbose, paint);
    mounts::write(out, config, verbose, paint);
}

/// What is said of notes to those who did not ask for them.
fn quiet_notes(out: &mut String, loaded: &Loaded, paint: Paint) {
    let groups = findings::note_groups(&loaded.diagnostics);
    if groups.is_empty() {
        return;
    }
    heading(out, "Notes", paint);
    for (number, gist) in groups.iter().take(NOTE_GROUPS) {
        let _ = writeln!(out, "  {number:>4} × {gist}");
    }
    let rest: usize = groups.iter().skip(NOTE_GROUPS).map(|(number, _)| number).sum();
    if rest > 0 {
        let _ = writeln!(out, "  {rest:>4} more");
    }
    out.push_str("  `--verbose` shows them.\n");
}

fn verdict(out: &mut String, args: &CheckArgs, loaded: &Loaded, usable: bool, paint: Paint) {
    let tally = Tally::of(&loaded.diagnostics);
    let (ink, words) = match usable {
        true => (Ink::Green, "This configuration can be served."),
        false if loaded.config.is_some() && args.site.strict => {
            (Ink::Red, "With `--strict`, this configuration is not served.")
        }
        false => (Ink::Red, "This configuration cannot be served."),
    };
    if !out.is_empty() && !out.ends_with("\n\n") {
        out.push('\n');
    }
    let _ = writeln!(
        out,
        "{} {} in {}.",
        paint.mark(ink, words),
        capitalised(&tally.words()),
        count(loaded.files.len(), "file")
    );
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters
        .next()
        .map(|first| first.to_uppercase().collect::<String>() + letters.as_str())
        .unwrap_or_default()
}

fn heading(out: &mut String, title: &str, paint: Paint) {
    if !out.is_empty() && !out.ends_with("\n\n") {
        out.push('\n');
    }
    let _ = writeln!(out, "{}", paint.mark(Ink::Bold, title));
}

/// A line after `indent` blanks; continued, if it is too long, two further.
fn line(out: &mut String, indent: usize, text: &str) {
    for (at, piece) in term::wrapped(text, term::WIDTH - indent - 2).iter().enumerate() {
        let indent = if at == 0 { indent } else { indent + 2 };
        let _ = writeln!(out, "{:indent$}{piece}", "");
    }
}
