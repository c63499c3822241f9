//! Mapping rules from all their sources, each file read once.

use std::path::{Path, PathBuf};
use std::time::Duration;

use jk_types::{MountRule, RuleSource};

use crate::httpd::{Mount, Report, Scope};
use crate::{
    Files, Location, MountFile, Mounts, OwnMounts, Severity, SourceId, Sources, mount_rules,
    read_uriworkermap,
};

/// Reads the files that directives name, and makes maps of rules.
pub(super) struct Maps<'a> {
    files: &'a dyn Files,
    sources: &'a mut Sources,
    report: &'a mut Report,
    read: Vec<PathBuf>,
    /// Rule files, with what became of them.
    known: Vec<(PathBuf, Option<Vec<MountRule>>)>,
    /// Every rule that was written, and where.
    rules: Vec<PlacedRule>,
}

/// A rule and its place.
#[derive(Clone, Debug)]
pub(super) struct PlacedRule {
    pub(super) rule: MountRule,
    pub(super) at: Location,
    /// `JkMount` inside a section.
    pub(super) in_section: bool,
}

impl<'a> Maps<'a> {
    pub(super) fn new(
        files: &'a dyn Files,
        sources: &'a mut Sources,
        report: &'a mut Report,
        read: Vec<PathBuf>,
    ) -> Self {
        Self { files, sources, report, read, known: Vec::new(), rules: Vec::new() }
    }

    /// Every rule that was written, once.
    pub(super) fn rules(&self) -> &[PlacedRule] {
        &self.rules
    }

    /// The files that were read.
    pub(super) fn finish(self) -> Vec<PathBuf> {
        self.read
    }

    /// Reads a file that a directive at `at` names.
    pub(super) fn read(&mut self, path: &Path, at: &Location) -> Option<SourceId> {
        match self.files.read(path) {
            Ok(bytes) => {
                self.read.push(path.to_owned());
                Some(self.sources.add(path.to_owned(), bytes))
            }
            Err(error) => {
                let message = format!("could not read {}: {error}", path.display());
                self.report.say(Severity::Error, Some(at), message);
                None
            }
        }
    }

    /// Hands the text of a source over.
    pub(super) fn with_text<T>(
        &self,
        source: Option<SourceId>,
        then: impl FnOnce(Option<&[u8]>, &dyn Files) -> T,
    ) -> T {
        then(source.map(|source| self.sources.text(source)), self.files)
    }

    /// The rules of the main server.
    pub(super) fn main(&mut self, main: &Scope, worker_mounts: &[MountRule]) -> Mounts {
        let own = OwnMounts {
            file: self.file(main, main, main),
            jk_mounts: self.jk_mounts(&main.jk.mounts, true),
            worker_mounts: worker_mounts.to_vec(),
        };
        let empty = own.file.is_none() && own.jk_mounts.is_empty() && own.worker_mounts.is_empty();
        if empty { Mounts::None } else { Mounts::Own(own) }
    }

    /// The rules of a virtual host: its own, those of the main server, both, or none.
    pub(super) fn host(&mut self, main: &Scope, host: &Scope, copy_all: bool) -> Mounts {
        let copy = host.jk.mount_copy.unwrap_or(copy_all);
        if host.jk.mounts.is_empty() && host.jk.mount_file.is_none() {
            return if copy { Mounts::Main } else { Mounts::None };
        }
        let own = self.jk_mounts(&host.jk.mounts, true);
        let taken = |mount: &&Mount| host.jk.mounts.iter().any(|own| own.same_key(mount));
        let copied: Vec<Mount> = match copy {
            true => main.jk.mounts.iter().filter(|mount| !taken(mount)).cloned().collect(),
            false => Vec::new(),
        };
        let file = match host.jk.mount_file {
            None if copy => self.file(main, main, host),
            _ => self.file(host, main, host),
        };
        let jk_mounts = own.into_iter().chain(self.jk_mounts(&copied, false)).collect();
        Mounts::Own(OwnMounts { file, jk_mounts, worker_mounts: Vec::new() })
    }

    /// The rule file that `from` names, for the server `to`. How often it is looked at is inherited
    /// even where the file is not.
    fn file(&mut self, from: &Scope, main: &Scope, to: &Scope) -> Option<MountFile> {
        let (path, at) = from.jk.mount_file.as_ref()?;
        let reload = to.jk.mount_file_reload.or(main.jk.mount_file_reload);
        let rules = self.rule_file(path, at);
        let reload = reload.unwrap_or(Duration::from_secs(60));
        Some(MountFile { path: path.clone(), rules, reload })
    }

    fn rule_file(&mut self, path: &Path, at: &Location) -> Option<Vec<MountRule>> {
        if let Some((_, rules)) = self.known.iter().find(|(known, _)| known == path) {
            return rules.clone();
        }
        let source = self.read(path, at)?;
        let files = self.files;
        let (rules, found) =
            read_uriworkermap(source, self.sources.text(source), &|name| files.env(name));
        self.report.extend(found);
        for (rule, at) in rules.iter().flatten() {
            self.rules.push(PlacedRule { rule: rule.clone(), at: at.clone(), in_section: false });
        }
        let rules: Option<Vec<MountRule>> =
            rules.map(|rules| rules.into_iter().map(|(rule, _)| rule).collect());
        self.known.push((path.to_owned(), rules.clone()));
        rules
    }

    /// The rules of `JkMount` and `JkUnMount`; `fresh` ones are reported on.
    fn jk_mounts(&mut self, mounts: &[Mount], fresh: bool) -> Vec<MountRule> {
        let mut all = Vec::new();
        for mount in mounts {
            let (rules, found) = mount_rules(
                &mount.pattern,
                &mount.worker,
                mount.exclusion,
                RuleSource::JkMount,
                &mount.at,
            );
            if fresh {
                self.report.extend(found);
                self.rules.extend(rules.iter().map(|rule| PlacedRule {
                    rule: rule.clone(),
                    at: mount.at.clone(),
                    in_section: mount.in_section,
                }));
            }
            all.extend(rules);
        }
        all
    }
}
