//! What a site loses here, said once and in words that can be acted upon.

use super::family::{self, Fate};
use super::module::mpm_named;
use super::report::Report;
use crate::Location;

/// Directives without effect. Many of a kind in one file are one finding: the first stands for all.
#[derive(Debug, Default)]
pub(crate) struct Losses {
    found: Vec<Loss>,
}

#[derive(Debug)]
struct Loss {
    name: &'static str,
    fate: Fate,
    at: Location,
    more: usize,
}

impl Losses {
    pub(crate) fn add(&mut self, name: &'static str, fate: Fate, at: Location) {
        let alike =
            |loss: &&mut Loss| (loss.name, loss.fate, loss.at.source) == (name, fate, at.source);
        match self.found.iter_mut().find(alike) {
            Some(loss) => loss.more += 1,
            None => self.found.push(Loss { name, fate, at, more: 0 }),
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
        let name = match self.more {
            0 => shown(self.name),
            1 => format!("{}, like one more in this file,", shown(self.name)),
            more => format!("{}, like {more} more in this file,", shown(self.name)),
        };
        match self.fate {
            Fate::Needless(why) => {
                report.note(&self.at, format!("{name} is not needed: {why}"));
            }
            Fate::Lost(loss) => {
                report.warning(&self.at, format!("{name} has no effect: {loss}"));
            }
            Fate::Unsafe(loss) => {
                let finding = report.warning(&self.at, format!("{name} has no effect: {loss}"));
                finding.help("make sure that nothing depends on it for its safety");
            }
            Fate::Here => {
                report.warning(&self.at, format!("{name} has no effect"));
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
        _ => format!("skipped with {}", listed(directives)),
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

/// Names in backticks, the first few of them.
fn listed(names: &[&'static str]) -> String {
    const MOST: usize = 6;
    let shown: Vec<String> = names.iter().take(MOST).map(|name| shown(name)).collect();
    let more = names.len().saturating_sub(MOST);
    match more {
        0 => shown.join(", "),
        _ => format!("{} and {more} more", shown.join(", ")),
    }
}

/// A directive's name as a reader knows it: sections with their bracket closed.
pub(crate) fn shown(name: &str) -> String {
    if name.starts_with('<') { format!("`{name}>`") } else { format!("`{name}`") }
}
