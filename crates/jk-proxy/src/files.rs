//! Opening and reading files, which may block and therefore never happens on a loop thread.

use std::fs::File;
use std::io::{self, ErrorKind};
use std::net::ToSocketAddrs;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use crossbeam_channel::{Receiver, Sender, unbounded};
use jk_site::files::Found;
use jk_status::Addresses;

use crate::arena::Key;
use crate::pool::LoopId;
use crate::rules::RuleSet;

/// Bytes read at once.
pub(crate) const BLOCK: usize = 64 * 1024;

/// What a loop asks for.
#[derive(Debug)]
enum Job {
    Open { home: LoopId, client: Key, path: PathBuf, alias: Option<Alias>, index: Vec<Index> },
    Refresh { home: LoopId, client: Key, rules: Vec<Arc<RuleSet>>, then: Fetched },
    Resolve { home: LoopId, client: Key, hosts: Vec<String> },
    Read { home: LoopId, client: Key, file: File, offset: u64, buffer: Vec<u8>, len: usize },
}

/// A name to try for a directory.
#[derive(Debug)]
pub(crate) struct Index {
    /// The name, as in `DirectoryIndex`.
    pub(crate) name: String,
    /// Where it is, if that is not below the directory.
    pub(crate) elsewhere: Option<PathBuf>,
    /// A rule maps it, so that it is never sent as a file.
    pub(crate) mapped: bool,
}

/// Where `JkAutoAlias` looks for a path first.
#[derive(Debug)]
pub(crate) struct Alias {
    /// The directory of the web application.
    pub(crate) context: PathBuf,
    /// The path within it.
    pub(crate) path: PathBuf,
}

/// What it gets.
#[derive(Debug)]
pub(crate) enum Fetched {
    /// A regular file.
    Opened {
        /// The file.
        file: File,
        /// Its size.
        size: u64,
        /// When its content last changed.
        modified: SystemTime,
        /// The index name that was found, when a directory was asked for.
        index: Option<String>,
        /// The last one before it that a rule maps.
        passed: Option<String>,
    },
    /// No regular file.
    Other(Found),
    /// Nothing is there.
    Missing {
        /// Why.
        kind: ErrorKind,
        /// How many bytes of the path end with the first part that is missing, or that is no
        /// directory.
        known: usize,
    },
    /// A directory with a mapped index name: the first of all names that is there or, if none is,
    /// the last one that is mapped.
    Mapped {
        /// The name, as in `DirectoryIndex`.
        name: String,
        /// Whether there is such a file.
        exists: bool,
    },
    /// A directory without any of the index files.
    NoIndex,
    /// What was found where `JkAutoAlias` leads.
    Aliased {
        /// The path there; empty for what may not be handed out.
        path: PathBuf,
        /// What it is.
        found: Box<Self>,
    },
    /// A block that was read; empty at the end of the file.
    Block {
        /// The file, back for the next block.
        file: File,
        /// The bytes.
        bytes: Vec<u8>,
    },
    /// Reading failed.
    Broken,
    /// The rules are what their file says.
    Refreshed,
    /// All rules are what their files say.
    AllRefreshed,
    /// What names of hosts mean.
    Resolved(Addresses),
}

/// The way to the file threads.
#[derive(Clone, Debug)]
pub(crate) struct Files {
    jobs: Sender<Job>,
}

impl Files {
    /// Starts `threads` file threads, which answer through `reply`.
    ///
    /// # Errors
    /// A thread could not be started.
    pub(crate) fn start(
        threads: usize,
        reply: impl Fn(LoopId, Key, Fetched) + Clone + Send + 'static,
    ) -> io::Result<Self> {
        let (jobs, queue) = unbounded::<Job>();
        for _ in 0..threads {
            let (queue, reply) = (queue.clone(), reply.clone());
            std::thread::Builder::new()
                .name("files".to_owned())
                .spawn(move || run(&queue, &reply))?;
        }
        Ok(Self { jobs })
    }

    /// File access that is answered by whoever holds the other end, for tests without threads.
    pub(crate) fn open(
        &self,
        home: LoopId,
        client: Key,
        path: PathBuf,
        alias: Option<Alias>,
        index: Vec<Index>,
    ) {
        let _ = self.jobs.send(Job::Open { home, client, path, alias, index });
    }

    /// Looks whether the file of these rules has changed.
    pub(crate) fn refresh(&self, home: LoopId, client: Key, rules: Arc<RuleSet>) {
        let (rules, then) = (vec![rules], Fetched::Refreshed);
        let _ = self.jobs.send(Job::Refresh { home, client, rules, then });
    }

    /// Looks whether the file of any of these rules has changed.
    pub(crate) fn refresh_all(&self, home: LoopId, client: Key, rules: Vec<Arc<RuleSet>>) {
        let then = Fetched::AllRefreshed;
        let _ = self.jobs.send(Job::Refresh { home, client, rules, then });
    }

    /// Looks hosts up.
    pub(crate) fn resolve(&self, home: LoopId, client: Key, hosts: Vec<String>) {
        let _ = self.jobs.send(Job::Resolve { home, client, hosts });
    }

    /// Reads up to `len` bytes from `offset`, using `buffer`'s memory.
    pub(crate) fn read(
        &self,
        home: LoopId,
        client: Key,
        file: File,
        offset: u64,
        buffer: Vec<u8>,
        len: usize,
    ) {
        let _ = self.jobs.send(Job::Read { home, client, file, offset, buffer, len });
    }
}

fn run(queue: &Receiver<Job>, reply: &impl Fn(LoopId, Key, Fetched)) {
    for job in queue {
        let (home, client, fetched) = perform(job);
        reply(home, client, fetched);
    }
}

fn perform(job: Job) -> (LoopId, Key, Fetched) {
    match job {
        Job::Open { home, client, path, alias, index } => {
            (home, client, open_either(path, alias, index))
        }
        Job::Refresh { home, client, rules, then } => {
            rules.iter().for_each(|rules| rules.refresh());
            (home, client, then)
        }
        Job::Resolve { home, client, hosts } => (home, client, Fetched::Resolved(resolve(hosts))),
        Job::Read { home, client, file, offset, buffer, len } => {
            (home, client, read(file, offset, buffer, len))
        }
    }
}

/// Takes the place of the file threads where there shall be none: jobs are done when it is told to.
#[cfg(any(test, feature = "simulation"))]
#[derive(Debug)]
pub(crate) struct FilesByHand {
    queue: Receiver<Job>,
}

#[cfg(any(test, feature = "simulation"))]
impl FilesByHand {
    /// The way to it, and it.
    pub(crate) fn pair() -> (Files, Self) {
        let (jobs, queue) = unbounded();
        (Files { jobs }, Self { queue })
    }

    /// How many jobs wait.
    pub(crate) fn waiting(&self) -> usize {
        self.queue.len()
    }

    /// Does the oldest job: whose it was, and what came of it.
    pub(crate) fn perform(&self) -> Option<(LoopId, Key, Fetched)> {
        self.queue.try_recv().ok().map(perform)
    }
}

/// A host without addresses is one that cannot be resolved.
fn resolve(hosts: Vec<String>) -> Addresses {
    let addresses = |host: &str| {
        let found = (host, 0).to_socket_addrs();
        found.map(|found| found.map(|address| address.ip()).collect()).unwrap_or_default()
    };
    hosts.into_iter().map(|host| (host.clone(), addresses(&host))).collect()
}

fn open_either(path: PathBuf, alias: Option<Alias>, index: Vec<Index>) -> Fetched {
    match alias {
        Some(alias) if look(&alias.context) == Found::Directory => {
            // Without its parameters a path may end in a slash where the one asked for does not.
            let found = open(alias.path.clone(), index, is_directory_name(&path));
            Fetched::Aliased { path: alias.path, found: Box::new(found) }
        }
        // What may not be handed out even if nobody has unpacked it.
        Some(alias) if alias.is_archive() => {
            let found = Box::new(Fetched::Other(Found::Missing(ErrorKind::PermissionDenied)));
            Fetched::Aliased { path: PathBuf::new(), found }
        }
        _ => {
            let wants_directory = is_directory_name(&path);
            open(path, index, wants_directory)
        }
    }
}

impl Alias {
    fn is_archive(&self) -> bool {
        let path = self.context.as_os_str().as_encoded_bytes();
        path.len() > 4 && path[path.len() - 4..].eq_ignore_ascii_case(b".war")
    }
}

fn is_directory_name(path: &Path) -> bool {
    path.as_os_str().as_encoded_bytes().ends_with(b"/")
}

fn open(path: PathBuf, index: Vec<Index>, wants_directory: bool) -> Fetched {
    match look(&path) {
        Found::File if wants_directory => {
            // `/file/`: httpd sees path info behind a plain file.
            Fetched::Missing { kind: ErrorKind::NotADirectory, known: known_part(&path) }
        }
        Found::File => open_file(&path, None, None),
        Found::Directory if wants_directory => open_index(&path, index),
        Found::Missing(kind @ (ErrorKind::NotFound | ErrorKind::NotADirectory)) => {
            Fetched::Missing { kind, known: known_part(&path) }
        }
        other => Fetched::Other(other),
    }
}

/// How much of a path names what is there, and the part behind that.
fn known_part(path: &Path) -> usize {
    let bytes = path.as_os_str().as_encoded_bytes();
    let mut ancestors: Vec<&Path> = path.ancestors().collect();
    ancestors.reverse();
    let last = ancestors.into_iter().find(|part| look(part) != Found::Directory);
    let known = last.map_or(bytes.len(), |part| part.as_os_str().len());
    known - bytes[..known].iter().rev().take_while(|&&byte| byte == b'/').count()
}

fn look(path: &Path) -> Found {
    match std::fs::metadata(path) {
        Ok(found) if found.is_file() => Found::File,
        Ok(found) if found.is_dir() => Found::Directory,
        Ok(_) => Found::Other,
        Err(error) if error.kind() == ErrorKind::NotFound && path.is_symlink() => {
            Found::DanglingLink
        }
        Err(error) => Found::Missing(error.kind()),
    }
}

/// httpd: `fixup_dir`. Of a mapped name mod_jk looks for the last part alone, in the directory.
fn open_index(directory: &Path, index: Vec<Index>) -> Fetched {
    let mut passed = None;
    for Index { name, elsewhere, mapped } in index {
        let below = if mapped { name.rsplit('/').next().unwrap_or_default() } else { &name };
        let path = match elsewhere {
            Some(path) if !mapped => path,
            _ => directory.join(below.trim_start_matches('/')),
        };
        match (look(&path) == Found::File, mapped) {
            (true, true) => return Fetched::Mapped { name, exists: true },
            (true, false) => return open_file(&path, Some(name), passed),
            (false, true) => passed = Some(name),
            (false, false) => {}
        }
    }
    passed.map_or(Fetched::NoIndex, |name| Fetched::Mapped { name, exists: false })
}

fn open_file(path: &Path, index: Option<String>, passed: Option<String>) -> Fetched {
    let opened = File::open(path).and_then(|file| {
        let found = file.metadata()?;
        Ok((file, found.len(), found.modified()?))
    });
    match opened {
        Ok((file, size, modified)) => Fetched::Opened { file, size, modified, index, passed },
        Err(error) => Fetched::Other(Found::Missing(error.kind())),
    }
}

fn read(file: File, offset: u64, mut bytes: Vec<u8>, len: usize) -> Fetched {
    bytes.clear();
    bytes.resize(len.min(BLOCK), 0);
    match file.read_at(&mut bytes, offset) {
        Ok(n) => {
            bytes.truncate(n);
            Fetched::Block { file, bytes }
        }
        Err(_) => Fetched::Broken,
    }
}
