//! The index of a directory (httpd: `fixup_dir`), which a rule may map.

use jk_site::files::{Step, without_index};
use jk_types::MountRule;

use super::client::Line;
use super::context::Context;
use super::exchange::{Exchange, Mapping, Received};
use super::net::{Net, Stream};
use super::static_file::path_of;
use crate::files::Index;

impl<S: Stream> Exchange<S> {
    /// A directory without an index.
    pub(super) fn refuse_directory<N: Net<Stream = S>>(
        &mut self,
        ctx: &mut Context<N>,
        line: &mut Line<S>,
    ) {
        self.received.is_directory = true;
        let received = &self.received;
        // Only the module that makes listings forbids a directory without one, and it steps back
        // for any handler.
        let lists = received.site().config.autoindex
            && received.host().handlers.find(received.place(false)).is_none();
        let step = match without_index(received.method()) {
            Step::Refuse(403) if !lists => Step::Refuse(404),
            step => step,
        };
        self.take_step(ctx, line, step);
    }

    /// An index name that a rule maps is served by its worker, never as its source text. Without
    /// such a file mod_jk forwards the directory itself; under `JkAutoAlias`, which is for listings,
    /// only if `ForwardDirectories` says so.
    pub(super) fn forward_index<N: Net<Stream = S>>(
        &mut self,
        ctx: &mut Context<N>,
        line: &mut Line<S>,
        name: &str,
        exists: bool,
    ) {
        let settings = self.received.settings();
        let listed = settings.jk.auto_alias.is_some()
            && !self.received.site().jk_options(self.received.server).forward_directories;
        if !exists && listed {
            self.received.note_index(name);
            return self.refuse_directory(ctx, line);
        }
        let directory = self.received.path.clone();
        self.received.append_index(name);
        let worker = self.remapped();
        if !exists {
            self.received.path = directory;
            self.received.prepare_forward();
            self.received.mapped.clone_from(&self.received.path);
        } else {
            self.received.append_index_file(name);
        }
        match worker {
            Some(worker) => self.begin_forward(ctx, line, worker),
            None => self.answer_error(ctx, line, 500),
        }
    }

    /// Looks again where the path leads, after an index file was put in its place.
    fn remapped(&mut self) -> Option<usize> {
        let mapping = self.received.map().ok().flatten()?;
        self.received.mapping = Some(Mapping { by_index: true, ..mapping });
        self.received.prepare_forward();
        mapping.worker
    }
}

impl<S> Received<S> {
    /// An index name of the directory that the path names.
    pub(super) fn index_named(&self, name: &str) -> Index {
        let mut file = Vec::new();
        let located =
            name.starts_with('/') && self.host().files.locate(name.as_bytes(), &mut file).is_ok();
        Index {
            name: name.to_owned(),
            elsewhere: located.then(|| path_of(&file)),
            mapped: self.index_rule(name).is_some(),
        }
    }

    /// The rule that maps an index name of the directory that the path names.
    fn index_rule(&self, name: &str) -> Option<&MountRule> {
        let mut path = Vec::new();
        let mut mapped = Vec::new();
        push_index(&self.path, name, &mut path);
        let mounts = self.mounts.as_ref().filter(|_| self.variable("no-jk").is_none())?;
        jk_balance::normalise(&path, &mut mapped).ok()?;
        Some(&mounts.map.lookup(&mapped)?.rule)
    }

    /// The logs show the worker of a mapped index name even if somebody else answers.
    pub(super) fn note_index(&mut self, name: &str) {
        self.noted = self.index_rule(name).map(|rule| rule.worker.clone());
    }

    /// Puts an index file in the place of its directory.
    pub(super) fn append_index(&mut self, name: &str) {
        let directory = std::mem::take(&mut self.path);
        push_index(&directory, name, &mut self.path);
    }

    /// The same for the name of the file.
    pub(super) fn append_index_file(&mut self, name: &str) {
        if name.starts_with('/') {
            let mut file = Vec::new();
            if self.host().files.locate(name.as_bytes(), &mut file).is_ok() {
                self.file = file;
            }
        } else {
            self.file.extend_from_slice(name.as_bytes());
        }
    }
}

/// `DirectoryIndex` names are below the directory unless they begin with a slash.
fn push_index(directory: &[u8], name: &str, out: &mut Vec<u8>) {
    if !name.starts_with('/') {
        out.extend_from_slice(directory);
    }
    out.extend_from_slice(name.as_bytes());
}
