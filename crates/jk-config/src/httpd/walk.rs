//! The second pass: directives to settings, each where it stands.

use std::path::{Path, PathBuf};

use super::access::Guards;
use super::call::Call;
use super::directive::{self, Entry};
use super::family::{self, Known, Place};
use super::loss::{Losses, shown};
use super::module::Modules;
use super::report::{Refusal, Report};
use super::scope::{Global, Scope};
use super::section::{self, Section};
use super::tree::Directive;
use super::word::Word;
use crate::Files;
use crate::spelling::nearest;

/// Carries directives out.
pub(crate) struct Walk<'a> {
    pub(crate) files: &'a dyn Files,
    pub(crate) server_root: &'a Path,
    pub(crate) modules: &'a Modules,
    pub(crate) report: &'a mut Report,
    pub(crate) global: Global,
    pub(crate) main: Scope,
    /// The virtual hosts in order.
    pub(crate) hosts: Vec<Scope>,
    /// Whether the last of them is being read.
    pub(crate) in_host: bool,
    /// The sections around, without `<VirtualHost>`.
    pub(crate) sections: Vec<Section>,
    pub(crate) guards: Guards,
    pub(crate) losses: Losses,
    /// Inside a section of which nothing has an effect: names are checked, and that is all.
    pub(crate) lost: bool,
    /// How many directives nobody knew.
    unknown: usize,
}

/// Who has more mistakes than this is not helped by guesses, and guessing takes its time.
const MOST_SUGGESTIONS: usize = 50;

/// What a walk gathered.
pub(crate) struct Walked {
    pub(crate) global: Global,
    pub(crate) main: Scope,
    pub(crate) hosts: Vec<Scope>,
    pub(crate) guards: Guards,
}

impl<'a> Walk<'a> {
    pub(crate) fn new(
        files: &'a dyn Files,
        server_root: &'a Path,
        modules: &'a Modules,
        report: &'a mut Report,
    ) -> Self {
        Self {
            files,
            server_root,
            modules,
            report,
            global: Global::default(),
            main: Scope::default(),
            hosts: Vec::new(),
            in_host: false,
            sections: Vec::new(),
            guards: Guards::default(),
            losses: Losses::default(),
            lost: false,
            unknown: 0,
        }
    }

    /// Carries out a whole configuration.
    pub(crate) fn run(mut self, directives: &[Directive]) -> Walked {
        self.all(directives);
        self.losses.finish(self.report);
        Walked { global: self.global, main: self.main, hosts: self.hosts, guards: self.guards }
    }

    pub(crate) fn all(&mut self, directives: &[Directive]) {
        for directive in directives {
            if let Err(refusal) = self.one(directive) {
                self.report.refuse(&directive.args_at(), refusal);
            }
        }
    }

    /// The server that directives belong to: the virtual host being read, else the main server.
    pub(crate) fn scope(&mut self) -> &mut Scope {
        match self.hosts.last_mut() {
            Some(host) if self.in_host => host,
            _ => &mut self.main,
        }
    }

    /// A path of the configuration.
    pub(crate) fn path(&self, text: &str) -> PathBuf {
        super::path::resolve(self.server_root, text)
    }

    fn one(&mut self, directive: &Directive) -> Result<(), Refusal> {
        let Some(known) = family::known(&directive.name.text) else {
            self.unknown(directive);
            return Ok(());
        };
        self.check_place(&known).map_err(|refusal| refusal.at(&directive.name.at))?;
        if self.lost {
            self.all(&directive.children);
            return Ok(());
        }
        if directive.is_section() {
            return section::enter(self, directive, &known);
        }
        match directive::entry(known.name) {
            Some(entry) => self.honour(entry, directive),
            None => {
                self.lose(directive, &known);
                Ok(())
            }
        }
    }

    fn honour(&mut self, entry: &'static Entry, directive: &Directive) -> Result<(), Refusal> {
        if entry.global && self.in_host {
            let refusal = format!("{} cannot occur within a <VirtualHost> section", entry.name);
            return Err(Refusal::new(refusal).at(&directive.name.at).help("move it outside"));
        }
        let call = Call::new(directive, entry.name, entry.arity)?;
        match self.sections.last() {
            Some(section) if !entry.in_sections => {
                let message = format!("`{}` has no effect inside {}", entry.name, section.shown());
                let finding = self.report.warning(&directive.at(), message);
                finding.help("it is honoured for whole servers and virtual hosts only");
                Ok(())
            }
            _ => (entry.apply)(self, &call),
        }
    }

    /// Whether the directive may stand here at all.
    fn check_place(&mut self, known: &Known) -> Result<(), Refusal> {
        match (known.place, self.sections.last()) {
            (Place::Outside, Some(section)) => {
                let around = section.shown();
                Err(Refusal::new(format!("{} is not allowed inside {around}", shown(known.name))))
            }
            (Place::Inside, None) if !self.lost => {
                Err(Refusal::new(format!("{} is not allowed here", shown(known.name)))
                    .help("it belongs into a <Directory>, <Location> or <Files> section"))
            }
            _ => Ok(()),
        }
    }

    /// Says what becomes of a directive that httpd knows and we do not honour.
    pub(crate) fn lose(&mut self, directive: &Directive, known: &Known) {
        let host = self.in_host.then(|| self.hosts.len() - 1);
        if self.guards.take(directive, known.name, &self.sections, host) {
            return;
        }
        let words: Vec<Word> = directive.words().collect();
        let words: Vec<&str> = words.iter().map(|word| word.text.as_str()).collect();
        let fate = directive::by_value(known.name, &words)
            .or_else(|| directive::exception(known.name))
            .unwrap_or(known.family.fate);
        self.losses.add(known.name, fate, directive.at());
    }

    fn unknown(&mut self, directive: &Directive) {
        let (name, at) = (&directive.name.text, &directive.name.at);
        if let Some(instead) = directive::removed(name) {
            let message = format!("{} was removed in httpd 2.4", shown(name));
            return self.report.error(at, message).help(instead);
        }
        if name.starts_with('\u{feff}') {
            let finding = self.report.error(at, "the file begins with a byte order mark");
            return finding.help("save it as UTF-8 without one");
        }
        self.unknown += 1;
        let candidates = family::all().filter(|_| self.unknown <= MOST_SUGGESTIONS);
        let meant = nearest(name, candidates.map(|known| known.name));
        if let (None, Some(module)) = (meant, self.modules.any_foreign()) {
            let message = format!("{} is not a directive of httpd or mod_jk", shown(name));
            let help = format!("perhaps it belongs to `{module}`, which is not here");
            return self.report.warning(at, message).help(help);
        }
        let message = format!("{} is not a directive of httpd or mod_jk", shown(name));
        let finding = self.report.error(at, message);
        if let Some(meant) = meant {
            finding.help(format!("did you mean {}?", shown(meant)));
        }
    }

    /// Carries out what a section holds, with the section around it.
    pub(crate) fn within(&mut self, section: Section, directives: &[Directive]) {
        self.sections.push(section);
        self.all(directives);
        self.sections.pop();
    }

    /// Checks what a section holds without carrying it out.
    pub(crate) fn without_effect(&mut self, section: &Directive, known: &Known) {
        self.losses.add(known.name, known.family.fate, section.at());
        let before = std::mem::replace(&mut self.lost, true);
        self.all(&section.children);
        self.lost = before;
    }

    /// Reads a virtual host into a scope of its own.
    pub(crate) fn virtual_host(&mut self, host: Scope, directives: &[Directive]) {
        self.hosts.push(host);
        self.in_host = true;
        self.all(directives);
        self.in_host = false;
    }
}
