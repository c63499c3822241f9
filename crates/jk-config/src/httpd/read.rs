//! Files to directives: lines joined, variables put in, conditions decided, includes followed.
//!
//! httpd reads its configuration in two passes. This is the first: what is to be decided before the
//! rest can be read is carried out here, in the order of the text, and everything else is left for
//! the second. Reading goes on after an error, as if the line were not there.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::condition::{Condition, Facts, Verdict};
use super::include;
use super::line::{Lines, Text};
use super::module::Modules;
use super::nesting::Nesting;
use super::path::resolve;
use super::report::{Refusal, Report};
use super::skip::Skip;
use super::tree::Directive;
use super::variable::Variables;
use super::word::Words;
use crate::{Files, Location, Severity, Sources};

/// As httpd: `AP_MAX_INCLUDE_DEPTH`.
const MOST_INCLUDES: usize = 128;

/// Files that include each other twice would be read for ever.
const MOST_FILES: usize = 10_000;

/// Sections within sections; httpd has no bound but its stack.
const MOST_SECTIONS: usize = 64;

/// Reads files, and keeps what they have in common.
pub(crate) struct Reader<'a> {
    pub(crate) files: &'a dyn Files,
    pub(crate) sources: Sources,
    pub(crate) report: Report,
    pub(crate) variables: Variables<'a>,
    pub(crate) modules: Modules,
    pub(crate) server_root: PathBuf,
    /// Every file that was read, in order.
    pub(crate) read: Vec<PathBuf>,
    /// The files being read, each included by the one before.
    including: Vec<PathBuf>,
    sections: usize,
    /// Reading has given up.
    stopped: bool,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(files: &'a dyn Files, variables: Variables<'a>, root: PathBuf) -> Self {
        Self {
            files,
            sources: Sources::default(),
            report: Report::default(),
            variables,
            modules: Modules::default(),
            server_root: root,
            read: Vec::new(),
            including: Vec::new(),
            sections: 0,
            stopped: false,
        }
    }

    /// Reads a file that `asked` names.
    pub(crate) fn file(&mut self, path: &Path, asked: Option<&Location>) -> Vec<Directive> {
        if self.stopped {
            return Vec::new();
        }
        if self.read.len() >= MOST_FILES {
            let message = format!("more than {MOST_FILES} files are included");
            self.stop(asked, message);
            return Vec::new();
        }
        match self.files.read(path) {
            Ok(bytes) => {
                self.read.push(path.to_owned());
                self.including.push(path.to_owned());
                let directives = self.text(path, bytes);
                self.including.pop();
                directives
            }
            Err(error) => {
                let message = format!("could not read {}: {error}", path.display());
                self.report.say(Severity::Error, asked, message);
                Vec::new()
            }
        }
    }

    /// Reads a text as if it were a file.
    pub(crate) fn text(&mut self, path: &Path, bytes: Vec<u8>) -> Vec<Directive> {
        let bytes: Arc<[u8]> = bytes.into();
        let source = self.sources.add(path.to_owned(), bytes.to_vec());
        let mut nesting = Nesting::default();
        for line in Lines::new(source, &bytes) {
            if self.stopped {
                break;
            }
            self.line(line, &mut nesting);
        }
        self.sections = self.sections.saturating_sub(nesting.sections());
        nesting.finish(&mut self.report)
    }

    fn line(&mut self, line: Text, nesting: &mut Nesting) {
        match line.bytes().first() {
            None => return,
            Some(b'#') => return self.comment(&line),
            Some(_) => {}
        }
        if nesting.skips_line(&line, &mut self.report) {
            return;
        }
        let text = self.variables.expand(line, &mut self.report);
        if std::str::from_utf8(text.bytes()).is_err() {
            let message = "this is not UTF-8, and the bytes that are not are replaced";
            self.report.warning(&text.whole(), message);
        }
        let Some(directive) = directive(text) else { return };
        if directive.name.text.starts_with("</") {
            let closed = nesting.close(&directive, &mut self.report);
            self.sections = self.sections.saturating_sub(closed);
            return;
        }
        if let Err(refusal) = self.directive(directive, nesting) {
            self.report.refuse(&refusal.0, refusal.1);
        }
    }

    fn comment(&mut self, line: &Text) {
        if line.is_joined() {
            self.report
                .warning(
                    &line.whole(),
                    "the comment ends in a backslash, so the next line is part of it",
                )
                .help("remove the backslash at the end of the line");
        }
    }

    /// Carries out what is decided while reading; keeps what is not.
    fn directive(
        &mut self,
        directive: Directive,
        nesting: &mut Nesting,
    ) -> Result<(), (Location, Refusal)> {
        let key = directive.key();
        let at = directive.args_at();
        if let Some(condition) = Condition::named(&key) {
            return self.condition(condition, directive, nesting).map_err(|refusal| (at, refusal));
        }
        let done = match key.as_str() {
            "include" => self.include(&directive, false, nesting),
            "includeoptional" => self.include(&directive, true, nesting),
            "define" => self.define(&directive),
            "undefine" => self.undefine(&directive),
            "serverroot" => self.set_server_root(&directive),
            "loadmodule" => self.load_module(&directive),
            _ => {
                self.keep(directive, &key, nesting);
                Ok(())
            }
        };
        done.map_err(|refusal| (at, refusal))
    }

    fn keep(&mut self, directive: Directive, key: &str, nesting: &mut Nesting) {
        if !directive.is_section() {
            return nesting.push(directive);
        }
        if holds_foreign_text(key) {
            nesting.skip(Skip::foreign(&directive));
            return nesting.push(directive);
        }
        if self.sections >= MOST_SECTIONS {
            let at = directive.at();
            let message = format!("sections are nested more than {MOST_SECTIONS} deep");
            return self.stop(Some(&at), message);
        }
        self.sections += 1;
        nesting.open(directive);
    }

    fn condition(
        &mut self,
        condition: Condition,
        section: Directive,
        nesting: &mut Nesting,
    ) -> Result<(), Refusal> {
        let facts = Facts {
            modules: &self.modules,
            variables: &self.variables,
            files: self.files,
            server_root: &self.server_root,
        };
        match condition.decide(&section, &facts, &mut self.report) {
            Ok(Verdict::True) => nesting.open_condition(section),
            Ok(Verdict::False) => nesting.skip(Skip::decided(&section)),
            Ok(Verdict::Missed(module)) => nesting.skip(Skip::missed(&section, module)),
            Err(refusal) => {
                nesting.skip(Skip::decided(&section));
                return Err(refusal);
            }
        }
        Ok(())
    }

    fn include(
        &mut self,
        directive: &Directive,
        optional: bool,
        nesting: &mut Nesting,
    ) -> Result<(), Refusal> {
        let [name] = exactly(directive, "one argument, the file")?;
        let at = directive.args_at();
        if self.including.len() > MOST_INCLUDES {
            let message = format!("files include each other more than {MOST_INCLUDES} deep");
            self.stop(Some(&at), message);
            return Ok(());
        }
        let path = resolve(&self.server_root, &name);
        for file in include::files_of(&path, self.files, optional)? {
            let included = self.file(&file, Some(&at));
            nesting.extend(included);
        }
        Ok(())
    }

    fn define(&mut self, directive: &Directive) -> Result<(), Refusal> {
        let words: Vec<String> = directive.words().map(|word| word.text).collect();
        let (name, value) = match words.as_slice() {
            [name] => (name, None),
            [name, value] => (name, Some(value.as_str()).filter(|value| !value.is_empty())),
            _ => return Err(Refusal::new("Define takes a name and perhaps a value")),
        };
        if name.is_empty() {
            return Err(Refusal::new("Define takes a name and perhaps a value"));
        }
        if name.contains(':') {
            return Err(Refusal::new("the name of a variable must not contain `:`"));
        }
        self.variables.define(name, value);
        Ok(())
    }

    fn undefine(&mut self, directive: &Directive) -> Result<(), Refusal> {
        let [name] = exactly(directive, "one argument, the name")?;
        if name.contains(':') {
            return Err(Refusal::new("the name of a variable must not contain `:`"));
        }
        self.variables.undefine(&name);
        Ok(())
    }

    fn set_server_root(&mut self, directive: &Directive) -> Result<(), Refusal> {
        let [root] = exactly(directive, "one argument, a directory")?;
        let path = resolve(Path::new("/"), &root);
        if !self.files.is_dir(&path) {
            let message = format!("ServerRoot {} is not a directory", path.display());
            return Err(Refusal::new(message));
        }
        self.server_root = path;
        Ok(())
    }

    fn load_module(&mut self, directive: &Directive) -> Result<(), Refusal> {
        let [id, file] = exactly(directive, "two arguments, a module and its file")?;
        if let Some(right) = super::module::misnamed(&id, &file) {
            return Err(Refusal::new(format!("the module in {file} is not called `{id}`"))
                .help(format!("write `LoadModule {right} {file}`")));
        }
        if self.modules.load(&id) {
            super::loss::loaded(&id, &directive.at(), &mut self.report);
        } else {
            self.report.note(&directive.at(), format!("`{id}` is loaded already"));
        }
        Ok(())
    }

    /// Gives up reading: to go on would take for ever.
    fn stop(&mut self, at: Option<&Location>, message: String) {
        self.stopped = true;
        self.report.say(Severity::Error, at, message);
    }
}

/// The first word of a line, and the rest.
fn directive(text: Text) -> Option<Directive> {
    let mut words = Words::new(&text, 0..text.bytes().len());
    let mut name = words.next()?;
    let args = words.rest();
    // As httpd, which takes a trailing `>` off any name but that of a closing tag.
    if !name.text.get(1..).is_some_and(|rest| rest.starts_with('/')) && name.text.ends_with('>') {
        name.text.pop();
    }
    (!name.text.is_empty()).then(|| Directive::new(name, text, args))
}

/// Exactly `N` arguments, none of them empty.
fn exactly<const N: usize>(directive: &Directive, what: &str) -> Result<[String; N], Refusal> {
    let words: Vec<String> = directive.words().map(|word| word.text).collect();
    let name = &directive.name.text;
    let wrong = || Refusal::new(format!("{name} takes {what}"));
    let words: [String; N] = words.try_into().map_err(|_| wrong())?;
    if words.iter().any(String::is_empty) { Err(wrong()) } else { Ok(words) }
}

/// Sections whose content is no directives: the text of a macro, a script.
fn holds_foreign_text(key: &str) -> bool {
    key == "<macro" || key.starts_with("<lua") || key == "<perl"
}
