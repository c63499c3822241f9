//! The rules of a server, and the file they are read from again when it changes.
//!
//! mod_jk looks at the file's time in the middle of a lookup, at most once per
//! `JkMountFileReload`. Here a file thread looks, and the request that found it due waits for it, so
//! that it is served by what the file says, as in mod_jk.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::SystemTime;

use jk_balance::{Mount, MountMap, Seconds};
use jk_config::{MountFile, OwnMounts};
use jk_types::MountRule;
use parking_lot::{Mutex, RwLock};

/// Rules and where they lead.
#[derive(Debug)]
pub(crate) struct Mounts {
    /// The rules.
    pub(crate) map: MountMap,
    /// The worker each rule leads to, by the rule's place; `None` when no worker has that name.
    targets: Vec<Option<usize>>,
}

impl Mounts {
    fn new(rules: Vec<MountRule>, reject_unsafe: bool, workers: &HashMap<String, usize>) -> Self {
        let map = MountMap::new(rules, reject_unsafe);
        let mut targets = vec![None; map.mounts().len()];
        for mount in map.mounts() {
            targets[mount.index] = workers.get(&mount.rule.worker).copied();
        }
        Self { map, targets }
    }

    /// The worker that a rule leads to.
    pub(crate) fn target(&self, mount: &Mount) -> Option<usize> {
        self.targets.get(mount.index).copied().flatten()
    }
}

/// The rules of one server, or of several that share them, over time.
#[derive(Debug)]
pub(crate) struct RuleSet {
    current: RwLock<Arc<Mounts>>,
    /// The rules that no file holds.
    own: OwnMounts,
    reject_unsafe: bool,
    workers: HashMap<String, usize>,
    watched: Option<Watched>,
}

#[derive(Debug)]
struct Watched {
    path: PathBuf,
    /// Seconds; 0 is never.
    interval: u64,
    /// Second of the last look.
    looked: AtomicU64,
    /// The file's time when it was last read.
    modified: Mutex<Option<SystemTime>>,
    /// What the last looks came to, as far as the log has not been told.
    news: Mutex<Vec<News>>,
}

/// What a look at a file came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum News {
    /// Its rules count from now on.
    Reloaded,
    /// It is not there; the system says why.
    Gone(i32),
}

impl Watched {
    fn new(file: &MountFile, now: Seconds) -> Self {
        Self {
            path: file.path.clone(),
            interval: file.reload.as_secs(),
            looked: AtomicU64::new(now.0),
            modified: Mutex::new(modified(&file.path).ok()),
            news: Mutex::new(Vec::new()),
        }
    }
}

impl RuleSet {
    /// The rules as they were read with the configuration.
    pub(crate) fn new(
        own: &OwnMounts,
        reject_unsafe: bool,
        workers: HashMap<String, usize>,
        now: Seconds,
    ) -> Self {
        let current = Mounts::new(own.rules(), reject_unsafe, &workers);
        let watched = own.file.as_ref().map(|file| Watched::new(file, now));
        let current = RwLock::new(Arc::new(current));
        Self { current, own: own.clone(), reject_unsafe, workers, watched }
    }

    /// The rules now.
    pub(crate) fn current(&self) -> Arc<Mounts> {
        Arc::clone(&self.current.read())
    }

    /// Whether some of them stand in a file.
    pub(crate) fn has_file(&self) -> bool {
        self.watched.is_some()
    }

    /// Whether it is time to look at the file. Says so to one asker only.
    pub(crate) fn is_due(&self, now: Seconds) -> bool {
        self.watched.as_ref().is_some_and(|watched| {
            let looked = watched.looked.load(Relaxed);
            watched.interval > 0
                && now.0.saturating_sub(looked) > watched.interval
                && watched.looked.compare_exchange(looked, now.0, Relaxed, Relaxed).is_ok()
        })
    }

    /// What the log has yet to be told, and of which file.
    pub(crate) fn take_news(&self) -> Option<(&Path, Vec<News>)> {
        let watched = self.watched.as_ref()?;
        let news = std::mem::take(&mut *watched.news.lock());
        (!news.is_empty()).then_some((&*watched.path, news))
    }

    /// Reads the file again if its time has changed. A file that cannot be used changes nothing:
    /// mod_jk would go back to the rules before the current ones.
    pub(crate) fn refresh(&self) {
        let Some(watched) = &self.watched else { return };
        let path = &watched.path;
        let found = match modified(path) {
            Ok(found) => found,
            Err(error) => {
                let gone = News::Gone(error.raw_os_error().unwrap_or_default());
                return watched.news.lock().push(gone);
            }
        };
        let mut known = watched.modified.lock();
        if *known == Some(found) {
            return;
        }
        // A file that cannot be used is not told of at every look.
        *known = Some(found);
        match read(path) {
            Ok(rules) => {
                let mut own = self.own.clone();
                if let Some(file) = &mut own.file {
                    file.rules = Some(rules);
                }
                let fresh = Mounts::new(own.rules(), self.reject_unsafe, &self.workers);
                *self.current.write() = Arc::new(fresh);
                watched.news.lock().push(News::Reloaded);
            }
            Err(problem) => {
                log::error!("{}: the rules stay as they are, {problem}", path.display());
            }
        }
    }
}

fn modified(path: &Path) -> std::io::Result<SystemTime> {
    std::fs::metadata(path).and_then(|found| found.modified())
}

fn read(path: &Path) -> Result<Vec<MountRule>, String> {
    let text = std::fs::read(path).map_err(|error| error.to_string())?;
    let mut sources = jk_config::Sources::default();
    let source = sources.add(path.to_owned(), text);
    let env = |name: &str| std::env::var(name).ok();
    let (rules, findings) = jk_config::read_uriworkermap(source, sources.text(source), &env);
    for finding in &findings {
        finding.render(&sources).to_string().lines().for_each(|line| log::warn!("{line}"));
    }
    let rules = rules.ok_or("a line looks like a worker's directive and is none")?;
    Ok(rules.into_iter().map(|(rule, _)| rule).collect())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn worker(set: &RuleSet, path: &[u8]) -> Option<usize> {
        let mounts = set.current();
        mounts.map.lookup(path).and_then(|mount| mounts.target(mount))
    }

    fn touch(path: &Path, text: &str, age: u64) {
        std::fs::write(path, text).unwrap();
        let time = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000 + age);
        std::fs::File::open(path).unwrap().set_modified(time).unwrap();
    }

    #[test]
    fn a_changed_file_counts_once_it_is_due_and_a_bad_one_never() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("map");
        touch(&path, "/a=w\n", 0);
        let own = OwnMounts {
            file: Some(MountFile {
                path: path.clone(),
                rules: read(&path).ok(),
                reload: Duration::from_secs(2),
            }),
            ..OwnMounts::default()
        };
        let workers = HashMap::from([("w".to_owned(), 0), ("v".to_owned(), 1)]);
        let set = RuleSet::new(&own, false, workers, Seconds(100));
        assert_eq!(worker(&set, b"/a"), Some(0));
        assert!(!set.is_due(Seconds(102)), "strictly more than the interval");
        assert!(set.is_due(Seconds(103)) && !set.is_due(Seconds(103)), "one asker only");

        touch(&path, "/a=v\n/b=w\n", 1);
        set.refresh();
        assert_eq!((worker(&set, b"/a"), worker(&set, b"/b")), (Some(1), Some(0)));
        touch(&path, "/a=w\nworker.foo.bar=1\n", 2);
        set.refresh();
        assert_eq!(worker(&set, b"/a"), Some(1));
        std::fs::remove_file(&path).unwrap();
        set.refresh();
        assert_eq!(worker(&set, b"/a"), Some(1));
    }
}
