//! What operators changed while the program ran, so that it outlives configurations and processes.
//!
//! An [`Edit`] says what one setting is now, and what the configuration said of it when it was changed.
//! [`Edits::note`] keeps the edits that are in force; [`Edits::merge`] puts them into a configuration
//! that was read anew. The configuration is the master of an edit in one way only: once it says
//! something else of that very setting, somebody has thought about it since.
//!
//! mod_jk has nothing of the kind: every restart and every reload goes back to the files.

mod attribute;
mod text;

use std::collections::BTreeMap;

use jk_types::{LbSettings, Worker};

pub use attribute::{AjpAttribute, Key, LbAttribute, MemberAttribute};
pub use text::{Flaw, LONGEST_STATE, Saved};

use crate::change::{AjpChange, Change};

/// One setting that differs from what the configuration says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// What the configuration said when the setting was changed.
    pub from: String,
    /// What it was changed to.
    pub to: String,
}

/// All settings that differ from what the configuration says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Edits(BTreeMap<Key, Edit>);

/// A configuration with the edits in it.
#[derive(Debug)]
pub struct Merged {
    /// The workers as they are to be.
    pub workers: Vec<Worker>,
    /// The edits that are in force.
    pub edits: Edits,
    /// Why the others are not: a sentence for each.
    pub dropped: Vec<String>,
}

impl Edits {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether all is as the configuration says.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All of them, in an order of their own.
    pub fn iter(&self) -> impl Iterator<Item = (&Key, &Edit)> {
        self.0.iter()
    }

    /// Adds one, or takes the place of another.
    pub fn insert(&mut self, key: Key, edit: Edit) {
        self.0.insert(key, edit);
    }

    /// Notes a change that is in force. `file` is what the configuration says; `lb` the load balancer that
    /// the change is about, as it is now. A setting that is as the configuration says again is no edit.
    pub fn note(&mut self, file: &[Worker], change: &Change, lb: Option<&LbSettings>) {
        match change {
            Change::Lb { worker, change } => {
                let Some(lb) = lb else { return };
                let attribute = LbAttribute::of(change);
                self.set(file, Key::Lb(worker.clone(), attribute), attribute.read(lb));
            }
            Change::Member { worker, member, change } => {
                let now = lb.and_then(|lb| lb.members.iter().find(|it| it.ajp.name == *member));
                let Some(now) = now else { return };
                for &attribute in MemberAttribute::changed_by(change) {
                    let key = Key::Member(worker.clone(), member.clone(), attribute);
                    self.set(file, key, attribute.read(now));
                }
            }
            Change::Ajp { worker, change: AjpChange::Number(number, value) } => {
                let key = Key::Ajp(worker.clone(), AjpAttribute::Number(*number));
                self.set(file, key, value.to_string());
            }
            Change::Ajp { worker, change: AjpChange::Address { host, port, .. } } => {
                self.set(file, Key::Ajp(worker.clone(), AjpAttribute::Host), host.clone());
                self.set(file, Key::Ajp(worker.clone(), AjpAttribute::Port), port.to_string());
            }
        }
    }

    /// Puts the edits into a configuration. One that is about nothing that exists is dropped, and so is
    /// one of a setting of which the configuration says something else than it did.
    pub fn merge(&self, file: &[Worker]) -> Merged {
        let mut merged =
            Merged { workers: file.to_vec(), edits: Self::default(), dropped: Vec::new() };
        for (key, edit) in &self.0 {
            let fate = match key.read(file) {
                None => Some("there is no such worker any more".to_owned()),
                Some(now) if now != edit.from => Some(format!(
                    "the configuration said '{}' when it was made, and says '{now}' now",
                    edit.from
                )),
                Some(_) if !key.write(&mut merged.workers, &edit.to) => {
                    Some("that is no value of it".to_owned())
                }
                Some(_) => None,
            };
            match fate {
                Some(why) => {
                    merged.dropped.push(format!("{key} is no longer '{}': {why}", edit.to));
                }
                None => merged.edits.insert(key.clone(), edit.clone()),
            }
        }
        merged
    }

    fn set(&mut self, file: &[Worker], key: Key, to: String) {
        match key.read(file) {
            Some(from) if from != to => {
                self.0.insert(key, Edit { from, to });
            }
            _ => {
                self.0.remove(&key);
            }
        }
    }
}
