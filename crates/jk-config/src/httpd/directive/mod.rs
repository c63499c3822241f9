//! The directives that are honoured: one entry each, with what it takes and what it sets.

mod env;
mod exception;
mod global;
mod jk;
pub(crate) mod jk_options;
mod logs;
mod removed;
mod server;

pub(crate) use exception::{by_value, exception};
pub(crate) use removed::removed;

use super::call::{Arity, Call};
use super::report::Refusal;
use super::walk::Walk;

/// A directive that is honoured.
pub(crate) struct Entry {
    /// As httpd writes it.
    pub(crate) name: &'static str,
    pub(crate) arity: Arity,
    /// Refused inside `<VirtualHost>`.
    pub(crate) global: bool,
    /// Honoured inside `<Location>` and its kin, too.
    pub(crate) in_sections: bool,
    pub(crate) apply: Apply,
}

type Apply = fn(&mut Walk<'_>, &Call<'_>) -> Result<(), Refusal>;

/// The entry of a directive.
pub(crate) fn entry(name: &str) -> Option<&'static Entry> {
    let tables = [server::ENTRIES, global::ENTRIES, logs::ENTRIES, env::ENTRIES, jk::ENTRIES];
    tables.into_iter().flatten().find(|entry| entry.name == name)
}

/// A directive of servers and virtual hosts.
const fn server(name: &'static str, arity: Arity, apply: Apply) -> Entry {
    Entry { name, arity, global: false, in_sections: false, apply }
}

/// A directive of the main server alone.
const fn global(name: &'static str, arity: Arity, apply: Apply) -> Entry {
    Entry { name, arity, global: true, in_sections: false, apply }
}

/// A directive that is honoured inside sections, too.
const fn anywhere(name: &'static str, arity: Arity, apply: Apply) -> Entry {
    Entry { name, arity, global: false, in_sections: true, apply }
}

#[cfg(test)]
mod tests {
    use super::super::family::{self, Fate};
    use super::*;

    #[test]
    fn every_directive_is_accounted_for() {
        for known in family::all().filter(|known| known.family.fate == Fate::Here) {
            let while_reading =
                ["Include", "IncludeOptional", "Define", "UnDefine", "ServerRoot", "LoadModule"];
            let accounted = known.name.starts_with('<')
                || while_reading.contains(&known.name)
                || entry(known.name).is_some()
                || exception(known.name).is_some();
            assert!(accounted, "{}", known.name);
        }
    }

    #[test]
    fn every_entry_is_a_directive_of_httpd() {
        let tables = [server::ENTRIES, global::ENTRIES, logs::ENTRIES, env::ENTRIES, jk::ENTRIES];
        for entry in tables.into_iter().flatten() {
            assert_eq!(family::known(entry.name).map(|k| k.name), Some(entry.name));
            assert!(
                exception(entry.name).is_none(),
                "{} is both honoured and excepted",
                entry.name
            );
        }
    }
}
