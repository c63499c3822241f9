//! Which modules there are, as `<IfModule>`, `<IfDirective>` and `LogLevel` ask.

use super::family::{self, Family, Fate};

/// What was loaded so far.
#[derive(Debug, Default)]
pub(crate) struct Modules {
    loaded: Vec<String>,
}

/// Whether a module is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Presence {
    /// What it does is done here.
    Here,
    /// It was loaded, but nothing here does its work: its `<IfModule>` is false all the same.
    Missed,
    /// Nobody loaded it.
    Absent,
}

/// The MPMs, as `LoadModule` and as `<IfModule>` may name them. One of them is there: the one that
/// was loaded, else the event MPM.
const MPMS: [(&str, &str); 3] = [
    ("mpm_event_module", "event.c"),
    ("mpm_worker_module", "worker.c"),
    ("mpm_prefork_module", "prefork.c"),
];

impl Modules {
    /// Remembers a `LoadModule`; `false` when it was loaded before.
    pub(crate) fn load(&mut self, id: &str) -> bool {
        let fresh = !self.loaded.iter().any(|known| known == id);
        if fresh {
            self.loaded.push(id.to_owned());
        }
        fresh
    }

    /// Whether a module of this name is there. Names are case-sensitive.
    pub(crate) fn presence(&self, name: &str) -> Presence {
        if let Some(mpm) = mpm_named(name) {
            return if mpm == self.mpm() { Presence::Here } else { Presence::Absent };
        }
        match family::family(name) {
            Some(Family { fate: Fate::Here, .. }) => Presence::Here,
            Some(family) if self.is_loaded(family.id) => Presence::Missed,
            None if self.is_loaded(&id_of(name)) => Presence::Missed,
            _ => Presence::Absent,
        }
    }

    /// The MPM in force.
    pub(crate) fn mpm(&self) -> &'static str {
        let loaded = MPMS.iter().find(|(id, _)| self.is_loaded(id));
        loaded.map_or("mpm_event_module", |(id, _)| id)
    }

    /// Whether a module was loaded that is none of httpd's or mod_jk's: an unknown directive may be
    /// one of its.
    pub(crate) fn any_foreign(&self) -> Option<&str> {
        let foreign = |id: &&String| family::family(id).is_none() && mpm_named(id).is_none();
        self.loaded.iter().find(foreign).map(String::as_str)
    }

    /// Whether `mod_autoindex` is there; without any `LoadModule` it is taken to be built in.
    pub(crate) fn may_list_directories(&self) -> bool {
        self.loaded.is_empty() || self.is_loaded("autoindex_module")
    }

    /// Whether `LoadModule` named it.
    pub(crate) fn is_loaded(&self, id: &str) -> bool {
        self.loaded.iter().any(|known| known == id)
    }
}

/// The identifier of an MPM that goes by this name.
pub(crate) fn mpm_named(name: &str) -> Option<&'static str> {
    MPMS.iter().find(|(id, file)| *id == name || *file == name).map(|(id, _)| *id)
}

/// The name of the module in a file, when that is one of httpd's or mod_jk's by another name.
pub(crate) fn misnamed(id: &str, file: &str) -> Option<&'static str> {
    let name = file.rsplit('/').next()?;
    let middle = name.strip_prefix("mod_")?.strip_suffix(".so")?;
    let right = family::family(&format!("{middle}_module"))?.id;
    (right != id).then_some(right)
}

/// What a module is called by `LoadModule` whose file is `mod_x.c`.
fn id_of(name: &str) -> String {
    match name.strip_prefix("mod_").and_then(|rest| rest.strip_suffix(".c")) {
        Some(middle) => format!("{middle}_module"),
        None => name.to_owned(),
    }
}
