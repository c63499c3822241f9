//! The files that edits are kept in, for a process that begins after this one has ended.
//!
//! Whoever starts as root has given its rights away by the time something is edited, and the directory
//! of `JkShmFile` is often root's. So no file is made and none is renamed later: two are opened at the
//! start, and written in turn through their descriptors. Each holds a whole state with a serial number and
//! a checksum, so that one is whole whenever the machine stops. A lock on the first says whose they are.

use std::fmt;
use std::fs::File;
use std::io::{self, Read as _, Seek as _};
use std::os::unix::fs::{FileExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use jk_status::edits::{Edits, Flaw, LONGEST_STATE, Saved};
use rustix::fs::{FlockOperation, Mode, OFlags, flock};

use crate::assemble::Warning;

/// How long a process that stops may keep the files.
const PATIENCE: Duration = Duration::from_secs(2);
/// How often it is looked at.
const STEP: Duration = Duration::from_millis(10);

/// Why edits cannot be kept.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StoreError {
    /// A file cannot be opened, read or written.
    #[error("{path}: {source}", path = path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file is not to be trusted, or nobody's to be written.
    #[error("{path} is {what}", path = path.display())]
    Refused {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        what: &'static str,
    },
    /// Another process has the files.
    #[error("another process keeps its own in {}", .0.display())]
    InUse(PathBuf),
    /// The text would not be read again.
    #[error("there are too many")]
    TooMany,
}

/// Both files.
#[derive(Debug)]
pub(crate) struct Store {
    slots: [Slot; 2],
    /// Who may own them, besides the superuser and whom we are.
    owner: Option<u32>,
    serial: u64,
    /// What they hold, if that is known.
    state: Option<Edits>,
    /// The one to be written next: not that which holds the state.
    next: usize,
}

#[derive(Debug)]
struct Slot {
    path: PathBuf,
    file: File,
}

impl Store {
    /// Opens the files beside `shm`, or makes them.
    ///
    /// # Errors
    /// They cannot be had, or belong to somebody else, or others may write them.
    pub(crate) fn open(shm: &Path, owner: Option<u32>) -> Result<Self, StoreError> {
        let slot = |number| Slot::open(beside(shm, number), owner);
        Ok(Self { slots: [slot(0)?, slot(1)?], owner, serial: 0, state: None, next: 0 })
    }

    /// Whether anything lies there.
    pub(crate) fn is_there(shm: &Path) -> bool {
        [0, 1].into_iter().any(|number| beside(shm, number).symlink_metadata().is_ok())
    }

    /// Makes them ours. A process that is stopping is waited for, with short sleeps, as a lock has no wait with an end;
    /// no loop runs on the thread that starts or takes over.
    ///
    /// # Errors
    /// Somebody else keeps them.
    pub(crate) fn acquire(&mut self) -> Result<(), StoreError> {
        let deadline = Instant::now() + PATIENCE;
        let Slot { path, file } = &self.slots[0];
        loop {
            match flock(file, FlockOperation::NonBlockingLockExclusive) {
                Ok(()) => return Ok(()),
                Err(error) if error != rustix::io::Errno::WOULDBLOCK => {
                    return Err(StoreError::Io { path: path.clone(), source: error.into() });
                }
                Err(_) if Instant::now() >= deadline => {
                    return Err(StoreError::InUse(path.clone()));
                }
                Err(_) => std::thread::sleep(STEP),
            }
        }
    }

    /// What they say: the newer state of those that are whole. What is broken is named and left alone.
    pub(crate) fn load(&mut self, warnings: &mut Vec<Warning>) -> Edits {
        let mut best: Option<(usize, Saved)> = None;
        for (at, slot) in self.slots.iter_mut().enumerate() {
            match slot.read() {
                Ok(None) => {}
                Ok(Some(saved)) => {
                    if best.as_ref().is_none_or(|(_, best)| best.serial < saved.serial) {
                        best = Some((at, saved));
                    }
                }
                Err(why) => warnings.push(format!("{why}; what it says of edits is ignored")),
            }
        }
        let (at, saved) = best.unwrap_or((1, Saved::default()));
        self.serial = saved.serial;
        self.next = 1 - at;
        self.state = Some(saved.edits.clone());
        saved.edits
    }

    /// Writes a state, and returns when it would survive the end of the machine.
    ///
    /// # Errors
    /// It would not; the state before it does.
    pub(crate) fn save(&mut self, edits: &Edits) -> Result<(), StoreError> {
        let removed = self.renew()?;
        if self.state.as_ref() == Some(edits) && !removed {
            return Ok(());
        }
        let serial = self.serial.wrapping_add(1);
        let text = Saved { serial, edits: edits.clone() }.encode();
        if text.len() > LONGEST_STATE {
            return Err(StoreError::TooMany);
        }
        self.slots[self.next].write(text.as_bytes())?;
        self.state = Some(edits.clone());
        self.serial = serial;
        self.next = 1 - self.next;
        Ok(())
    }

    /// Makes those anew that somebody has removed; whether there were any.
    fn renew(&mut self) -> Result<bool, StoreError> {
        let mut removed = false;
        for at in 0..self.slots.len() {
            let slot = &self.slots[at];
            if slot.file.metadata().map_err(|error| slot.failed(error))?.nlink() > 0 {
                continue;
            }
            self.slots[at] = Slot::open(slot.path.clone(), self.owner)?;
            removed = true;
            if at == 0 {
                self.acquire()?;
            }
        }
        Ok(removed)
    }
}

/// mod_jk's own file has a process id behind this name.
fn beside(shm: &Path, number: u32) -> PathBuf {
    let mut name = shm.as_os_str().to_owned();
    name.push(format!(".edits.{number}"));
    name.into()
}

impl Slot {
    fn open(path: PathBuf, owner: Option<u32>) -> Result<Self, StoreError> {
        // A pipe or device at the end of the name must neither make us wait nor be written to.
        let flags = OFlags::RDWR | OFlags::CLOEXEC | OFlags::NOFOLLOW | OFlags::NONBLOCK;
        let make = flags | OFlags::CREATE | OFlags::EXCL;
        let opened = match rustix::fs::open(&path, make, Mode::RUSR | Mode::WUSR) {
            Err(rustix::io::Errno::EXIST) => rustix::fs::open(&path, flags, Mode::empty()),
            made => made.inspect(|_| remember(&path)),
        };
        let file = match opened {
            Ok(descriptor) => File::from(descriptor),
            Err(rustix::io::Errno::LOOP) => {
                return Err(StoreError::Refused { path, what: "a symbolic link" });
            }
            Err(error) => return Err(StoreError::Io { path, source: error.into() }),
        };
        match file.metadata().map(|about| objection(&about, owner)) {
            Ok(None) => Ok(Self { path, file }),
            Ok(Some(what)) => Err(StoreError::Refused { path, what }),
            Err(source) => Err(StoreError::Io { path, source }),
        }
    }

    /// Nothing, if nothing was ever written.
    fn read(&mut self) -> Result<Option<Saved>, String> {
        let mut bytes = Vec::new();
        let limit = u64::try_from(LONGEST_STATE).unwrap_or(u64::MAX) + 1;
        let read =
            self.file.rewind().and_then(|()| (&self.file).take(limit).read_to_end(&mut bytes));
        let named = |why: &dyn fmt::Display| format!("{}: {why}", self.path.display());
        match read {
            Ok(0) => Ok(None),
            Ok(_) => Saved::decode(&bytes).map(Some).map_err(|flaw: Flaw| named(&flaw)),
            Err(error) => Err(named(&error)),
        }
    }

    fn write(&self, text: &[u8]) -> Result<(), StoreError> {
        let written = self.file.set_len(0);
        let written = written.and_then(|()| self.file.write_all_at(text, 0));
        written.and_then(|()| self.file.sync_all()).map_err(|error| self.failed(error))
    }

    fn failed(&self, source: io::Error) -> StoreError {
        StoreError::Io { path: self.path.clone(), source }
    }
}

/// Why what is there is not to be believed: somebody else could have written it, or made it lead elsewhere.
fn objection(about: &std::fs::Metadata, owner: Option<u32>) -> Option<&'static str> {
    let own = rustix::process::geteuid().as_raw();
    if !about.file_type().is_file() {
        Some("no regular file")
    } else if about.uid() != own && about.uid() != 0 && Some(about.uid()) != owner {
        Some("somebody else's")
    } else if about.mode() & 0o022 != 0 {
        Some("writable by others")
    } else if about.nlink() > 1 {
        Some("known by another name, too")
    } else {
        None
    }
}

/// Has the directory know of a new file after the end of the machine. Not every file system can, and none
/// needs to for the file to be of use.
fn remember(path: &Path) {
    let directory = path.parent().filter(|it| !it.as_os_str().is_empty());
    let _ = File::open(directory.unwrap_or(Path::new("."))).and_then(|it| it.sync_all());
}

#[cfg(test)]
mod tests;
