//! `<IfModule>`, `<IfDefine>` and their like, decided while reading.

use super::family;
use super::module::{Modules, Presence};
use super::path::resolve;
use super::report::{Refusal, Report};
use super::tree::Directive;
use super::variable::Variables;
use super::version;
use crate::Files;
use std::path::Path;

/// The sections that are decided while reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Condition {
    Module,
    Define,
    File,
    Directive,
    Section,
    Version,
}

/// What conditions are decided by.
pub(crate) struct Facts<'a> {
    pub(crate) modules: &'a Modules,
    pub(crate) variables: &'a Variables<'a>,
    pub(crate) files: &'a dyn Files,
    pub(crate) server_root: &'a Path,
}

/// How a condition came out.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    True,
    False,
    /// False because nothing here does the work of a module that the site loads.
    Missed(String),
}

impl Condition {
    /// The condition of a section, by its name in lower case.
    pub(crate) fn named(key: &str) -> Option<Self> {
        Some(match key {
            "<ifmodule" => Self::Module,
            "<ifdefine" => Self::Define,
            "<iffile" => Self::File,
            "<ifdirective" => Self::Directive,
            "<ifsection" => Self::Section,
            "<ifversion" => Self::Version,
            _ => return None,
        })
    }

    /// Whether the section is read.
    pub(crate) fn decide(
        self,
        section: &Directive,
        facts: &Facts<'_>,
        report: &mut Report,
    ) -> Result<Verdict, Refusal> {
        // `<IfVersion>` alone reads its `>` as part of its words.
        if self == Self::Version {
            let words: Vec<String> = section.words().map(|word| word.text).collect();
            return Ok(if version::holds(&words)? { Verdict::True } else { Verdict::False });
        }
        let name = &section.name.text;
        let mut args = section.section_args();
        if let Some(trailing) = &args.trailing {
            report.warning(trailing, "what follows the `>` is ignored");
        }
        if !args.closed {
            return Err(Refusal::new(format!("{name}> lacks its closing `>`")));
        }
        let negated = args.words.take_byte(b'!');
        let Some(asked) = args.words.next().filter(|word| !word.text.is_empty()) else {
            return Err(Refusal::new(format!("{name}> requires an argument")));
        };
        Ok(match self.ask(&asked.text, facts) {
            Presence::Missed if !negated => Verdict::Missed(asked.text),
            found if (found == Presence::Here) != negated => Verdict::True,
            _ => Verdict::False,
        })
    }

    fn ask(self, asked: &str, facts: &Facts<'_>) -> Presence {
        let holds = match self {
            Self::Module => return facts.modules.presence(asked),
            Self::Directive => return directive_presence(asked, facts.modules),
            Self::Section => return directive_presence(&format!("<{asked}"), facts.modules),
            Self::Define => facts.variables.is_defined(asked),
            Self::File => facts.files.exists(&resolve(facts.server_root, asked)),
            Self::Version => false,
        };
        if holds { Presence::Here } else { Presence::Absent }
    }
}

/// Whether httpd would know a directive: one of a module that is there.
fn directive_presence(name: &str, modules: &Modules) -> Presence {
    let mut absent = Presence::Absent;
    for known in family::all().filter(|known| known.name.eq_ignore_ascii_case(name)) {
        match modules.presence(known.family.id) {
            Presence::Here => return Presence::Here,
            Presence::Missed => absent = Presence::Missed,
            Presence::Absent => {}
        }
    }
    absent
}
