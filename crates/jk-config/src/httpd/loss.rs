//! What a site loses here, said once and in words that can be acted upon.

use super::family::{self, Fate};
use super::module::mpm_named;
use super::report::Report;
use crate::Location;

/// Directives without effect. Those that one file loses for the same reason are one finding, at the
/// first of them.
#[derive(Debug, Default)]
pub(crate) struct Losses {
    found: Vec<Loss>,
}

#[derive(Debug)]
struct Loss {
    fate: Fate,
    at: Location,
    /// Each name and how often it was met.
    names: Vec<(&'static str, usize)>,
}

impl Losses {
    pub(crate) fn add(&mut self, name: &'static str, fate: Fate, at: Location) {
        let alike = |loss: &&mut Loss| (loss.fate, loss.at.source) == (fate, at.source);
        let Some(loss) = self.found.iter_mut().find(alike) else {
            return self.found.push(Loss { fate, at, names: vec![(name, 1)] });
        };
        match loss.names.iter_mut().find(|(known, _)| *known == name) {
            Some((_, times)) => *times += 1,
            None => loss.names.push((name, 1)),
        }
    }

    pub(crate) fn finish(&mut self, report: &mut Report) {
        for loss in self.found.drain(..) {
            loss.say(report);
        }
    }
}

impl Loss {
    fn say(&self, report: &mut Report) {
        let times = |(name, times): &(&str, usize)| match times {
            1 => shown(name),
            _ => format!("{} ({times} times)", shown(name)),
        };
        let names: Vec<String> = self.names.iter().map(times).collect();
        let one = names.len() == 1;
        let names = listed(&names);
        let (needless, lost) = match one {
            true => ("is not needed", "has no effect"),
            false => ("are not needed", "have no effect"),
        };
        match self.fate {
            Fate::Needless(why) => {
                report.note(&self.at, format!("{names} {needless}: {why}"));
            }
            Fate::Lost(loss) => {
                report.warning(&self.at, format!("{names} {lost}: {loss}"));
            }
            Fate::Unsafe(loss) => {
                let finding = report.warning(&self.at, format!("{names} {lost}: {loss}"));
                finding.help("make sure that nothing depends on it for its safety");
            }
            Fate::Here => {
                report.warning(&self.at, format!("{names} {lost}"));
            }
        }
    }
}

/// A module that `LoadModule` names.
pub(crate) fn loaded(id: &str, at: &Location, report: &mut Report) {
    if mpm_named(id).is_some() {
        report
            .note(at, format!("`{id}` is not needed: processes and threads are managed otherwise"));
        return;
    }
    if id == "jk2_module" {
        report
            .warning(at, "mod_jk2 is not here: nothing that workers2.properties says is read")
            .help("mod_jk2 was given up; say it in workers.properties and with JkMount");
        return;
    }
    let Some(family) = family::family(id).filter(|family| family.id == id) else {
        report
            .warning(
                at,
                format!("`{id}` is not here, and none of httpd's own: what it does is lost"),
            )
            .help("directives that nobody knows are taken for its own, and reported");
        return;
    };
    match family.fate {
        Fate::Here => report.note(at, format!("`{id}` is built in")),
        Fate::Needless(why) => report.note(at, format!("`{id}` is not needed: {why}")),
        Fate::Lost(loss) | Fate::Unsafe(loss) => {
            report.note(at, format!("`{id}` is not here: {loss}"))
        }
    };
}

/// A section that is skipped because nothing here does the work of `module`.
pub(crate) fn skipped(
    module: &str,
    directives: &[&'static str],
    at: &Location,
    report: &mut Report,
) {
    let family = family::family(module);
    let what = match directives {
        [] => "nothing in it would have had an effect".to_owned(),
        _ => {
            let names: Vec<String> = directives.iter().map(|name| shown(name)).collect();
            format!("skipped with {}", listed(&names))
        }
    };
    let message = format!("`{module}` is not here: {what}");
    match family.map(|family| family.fate) {
        Some(Fate::Lost(loss) | Fate::Unsafe(loss)) if !directives.is_empty() => {
            report.warning(at, message).help(loss);
        }
        None if !directives.is_empty() => {
            report.warning(at, message);
        }
        _ => {
            report.note(at, message);
        }
    }
}

/// The first few of some names.
fn listed(names: &[String]) -> String {
    const MOST: usize = 6;
    let first: Vec<&str> = names.iter().take(MOST).map(String::as_str).collect();
    match names.len().saturating_sub(MOST) {
        0 => first.join(", "),
        more => format!("{} and {more} more", first.join(", ")),
    }
}

/// A directive's name as a reader knows it: sections with their bracket closed.
pub(crate) fn shown(name: &str) -> String {
    if name.starts_with('<') { format!("`{name}>`") } else { format!("`{name}`") }
}
