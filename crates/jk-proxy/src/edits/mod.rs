//! What operators change while the proxy runs, and how it outlives configurations and processes.
//!
//! The [`Book`] is shared by all loops and by every site that is served one after the other. A change is put
//! in force and noted under its lock, so that no reload comes between. What is kept and what a new
//! configuration makes of it is [`jk_status::edits`]'s; [`Store`] has the files and [`Saver`] the thread that
//! writes them: loops do not wait for disks.

mod apply;
mod saver;
mod store;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Weak};

use jk_config::Config;
use jk_status::Change;
use jk_status::edits::{Edits, Merged, Saved};
use jk_types::{Worker, WorkerKind};
use parking_lot::{Mutex, MutexGuard};

use crate::assemble::Warning;
use crate::shared::Shared;
use saver::Saver;
pub(crate) use store::Store;

/// Why a process that ends changes nothing: another serves, or nobody will.
const ENDING: &str = "This process is ending and changes nothing any more.";
/// Why one that begins does not: until it has ended, the one before does.
const BEGINNING: &str = "This process is taking over from another. Try again.";

/// The edits in force.
#[derive(Debug)]
pub(crate) struct Book<S>(Mutex<Pages<S>>);

#[derive(Debug)]
struct Pages<S> {
    edits: Edits,
    /// What the configuration says of workers.
    file: Vec<Worker>,
    /// The site that new requests are served by.
    current: Weak<Shared<S>>,
    /// Changes since another site is being built, which does not have them.
    since: Option<Vec<Change>>,
    /// Why nothing may be changed, if so.
    frozen: Option<&'static str>,
    saver: Option<Saver>,
}

impl<S> Default for Book<S> {
    fn default() -> Self {
        Self(Mutex::new(Pages {
            edits: Edits::default(),
            file: Vec::new(),
            current: Weak::new(),
            since: None,
            frozen: None,
            saver: None,
        }))
    }
}

/// A book that nobody else writes in meanwhile.
pub(crate) struct Open<'b, S>(MutexGuard<'b, Pages<S>>);

impl<S> Book<S> {
    /// Opens it for changes.
    pub(crate) fn open(&self) -> Open<'_, S> {
        Open(self.0.lock())
    }

    /// A configuration was read: puts the edits into it. Ends with [`Self::commit`] or [`Self::abandon`].
    pub(crate) fn begin(&self, file: &[Worker]) -> Merged {
        let mut pages = self.0.lock();
        pages.since = Some(Vec::new());
        let edits = pages.edits.clone();
        drop(pages);
        edits.merge(file)
    }

    /// The configuration cannot be served.
    pub(crate) fn abandon(&self) {
        self.0.lock().since = None;
    }

    /// The configuration is about to be served: what was changed meanwhile is changed there, too.
    pub(crate) fn commit(&self, file: Vec<Worker>, edits: Edits, shared: &Arc<Shared<S>>) {
        let mut pages = self.0.lock();
        pages.file = file;
        pages.edits = edits;
        pages.current = Arc::downgrade(shared);
        for change in pages.since.take().unwrap_or_default() {
            // No connection is there that could go elsewhere.
            apply::apply(&shared.site, &change);
            pages.note(shared, &change);
        }
        pages.save();
    }

    /// The edits in force.
    pub(crate) fn edits(&self) -> Edits {
        self.0.lock().edits.clone()
    }

    /// What the configuration says of workers.
    pub(crate) fn file(&self) -> Vec<Worker> {
        self.0.lock().file.clone()
    }

    /// Takes over what was kept; `frozen` while another process may still change it.
    pub(crate) fn inherit(&self, edits: Edits, frozen: Option<&'static str>) {
        let mut pages = self.0.lock();
        pages.edits = edits;
        pages.frozen = frozen;
    }

    /// Nothing is changed any more, and what was is on disk when this returns. The edits, for a successor.
    pub(crate) fn close(&self) -> Edits {
        let mut pages = self.0.lock();
        pages.frozen = Some(ENDING);
        let saver = pages.saver.take();
        let edits = pages.edits.clone();
        drop(pages);
        // Dropping it waits.
        drop(saver);
        edits
    }

    /// From now on edits are written there, beginning with those there are.
    fn save_to(&self, saver: Option<Saver>) {
        let mut pages = self.0.lock();
        let before = std::mem::replace(&mut pages.saver, saver);
        pages.save();
        drop(pages);
        drop(before);
    }
}

impl<S> Open<'_, S> {
    /// Why nothing may be changed, if so.
    pub(crate) fn frozen(&self) -> Option<&'static str> {
        self.0.frozen
    }

    /// Puts a change in force, for every loop at once: in the site of the request, and in that which
    /// has replaced it. `relocated` hears of backends that moved.
    pub(crate) fn change(
        &mut self,
        serving: &Arc<Shared<S>>,
        change: &Change,
        mut relocated: impl FnMut(&Shared<S>, usize),
    ) {
        let pages = &mut *self.0;
        let current = pages.current.upgrade().unwrap_or_else(|| Arc::clone(serving));
        let other = (!Arc::ptr_eq(&current, serving)).then_some(serving);
        for shared in std::iter::once(&current).chain(other) {
            for at in apply::apply(&shared.site, change) {
                relocated(shared, at);
            }
        }
        pages.note(&current, change);
        if let Some(since) = &mut pages.since {
            since.push(change.clone());
        }
        pages.save();
    }
}

impl<S> Pages<S> {
    fn note(&mut self, shared: &Shared<S>, change: &Change) {
        let name = match change {
            Change::Lb { worker, .. } | Change::Member { worker, .. } => Some(worker),
            Change::Ajp { .. } => None,
        };
        match name.and_then(|name| apply::lb(&shared.site, name)) {
            Some(lb) => {
                let balancer = lb.balancer.lock();
                self.edits.note(&self.file, change, Some(balancer.settings()));
            }
            None => self.edits.note(&self.file, change, None),
        }
    }

    fn save(&self) {
        if let Some(saver) = &self.saver {
            saver.save(&self.edits);
        }
    }
}

/// Where edits of this process are kept, and where they came from.
#[derive(Debug)]
pub(crate) struct Keeping<S> {
    /// The edits.
    pub book: Arc<Book<S>>,
    /// `JkShmFile`, beside which they are written.
    path: Option<PathBuf>,
    /// Who may own the files, besides whom we are.
    owner: Option<u32>,
    /// They could be opened.
    kept: bool,
    /// What a predecessor had kept when it was asked.
    handed: Option<Edits>,
}

/// The `JkShmFile` of a configuration that can be edited, or that was.
pub(crate) fn place(config: &Config) -> Option<&Path> {
    let edits = |worker: &Worker| matches!(worker.kind, WorkerKind::Status(_));
    let path = config.shm_file.as_deref();
    path.filter(|path| config.workers.iter().any(edits) || Store::is_there(path))
}

impl<S> Keeping<S> {
    /// Opens the files beside `path`, and reads them unless a predecessor said in `handed` what it kept. Its files
    /// are its own until [`Self::take_up`].
    pub(crate) fn start(
        path: Option<&Path>,
        owner: Option<u32>,
        handed: Option<&[u8]>,
        warnings: &mut Vec<Warning>,
    ) -> Self {
        let handed = handed.map(|text| received(text, warnings).unwrap_or_default());
        let mut keeping = Self {
            book: Arc::default(),
            path: path.map(Path::to_owned),
            owner,
            kept: false,
            handed,
        };
        if let Some(edits) = &keeping.handed {
            keeping.book.inherit(edits.clone(), Some(BEGINNING));
            let saver = keeping.store(warnings).and_then(|store| saver(store, false, warnings));
            keeping.book.save_to(saver);
            return keeping;
        }
        let Some(mut store) = keeping.store(warnings) else { return keeping };
        if let Err(error) = store.acquire() {
            warnings.push(unkept(&error));
            keeping.kept = false;
            return keeping;
        }
        let edits = store.load(warnings);
        keeping.book.inherit(edits, None);
        keeping.book.save_to(saver(store, true, warnings));
        keeping
    }

    /// The predecessor changes nothing any more, and this is what it had kept at last: whether that is not
    /// what it had said before, so that the site has to be built again. Ends with [`Self::take_up`].
    pub(crate) fn succeed(&mut self, last: Option<&[u8]>) -> bool {
        let Some(before) = self.handed.take() else { return false };
        let mut warnings = Vec::new();
        let after = last.and_then(|text| received(text, &mut warnings));
        warnings.iter().for_each(|warning| log::warn!("{warning}"));
        let news = after.filter(|after| *after != before);
        let changed = news.is_some();
        if let Some(after) = news {
            self.book.inherit(after, Some(BEGINNING));
        }
        changed
    }

    /// From now on edits are made and kept here.
    pub(crate) fn take_up(&self) {
        let mut pages = self.book.0.lock();
        pages.frozen = None;
        if let Some(saver) = &pages.saver {
            saver.acquire(&pages.edits);
        }
    }

    /// Another configuration names another file, or the same one again.
    pub(crate) fn move_to(&mut self, path: Option<&Path>, warnings: &mut Vec<Warning>) {
        if self.path.as_deref() == path && (self.kept || path.is_none()) {
            return;
        }
        self.path = path.map(Path::to_owned);
        let mut store = self.store(warnings);
        if let Some(opened) = &mut store {
            if let Err(error) = opened.acquire() {
                warnings.push(unkept(&error));
                store = None;
            }
        }
        if let Some(opened) = &mut store {
            // What another site had kept there is not ours.
            opened.load(&mut Vec::new());
        }
        self.kept = store.is_some();
        self.book.save_to(store.and_then(|store| saver(store, true, warnings)));
    }

    fn store(&mut self, warnings: &mut Vec<Warning>) -> Option<Store> {
        let opened = Store::open(self.path.as_deref()?, self.owner);
        self.kept = opened.is_ok();
        opened.map_err(|error| warnings.push(unkept(&error))).ok()
    }
}

/// Edits as a successor is told them.
pub(crate) fn told(edits: Edits) -> Vec<u8> {
    Saved { serial: 0, edits }.encode().into_bytes()
}

fn received(text: &[u8], warnings: &mut Vec<Warning>) -> Option<Edits> {
    let saved = Saved::decode(text);
    let lost = |flaw| warnings.push(format!("edits of the process before are lost: {flaw}"));
    saved.map_err(lost).ok().map(|saved| saved.edits)
}

fn saver(store: Store, acquired: bool, warnings: &mut Vec<Warning>) -> Option<Saver> {
    let started = Saver::start(store, acquired);
    started.map_err(|error| warnings.push(unkept(&error))).ok()
}

fn unkept(why: &dyn std::fmt::Display) -> Warning {
    format!("edits made through a status worker will not survive a restart: {why}")
}
