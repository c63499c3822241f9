//! What httpd and mod_jk know, and what became of it here: modules, and the directives they bring.

use std::sync::LazyLock;

/// What became of a module here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// `<IfModule>` finds it: its directives are honoured, or excepted one by one.
    Here,
    /// Nothing is lost by its absence.
    Needless(&'static str),
    /// What a site misses without it.
    Lost(&'static str),
    /// The same, where the loss may expose something.
    Unsafe(&'static str),
}

/// Where a directive may stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// Not inside `<Directory>`, `<Location>`, `<Files>`, `<If>`.
    Outside,
    /// Everywhere.
    Anywhere,
    /// Only inside these.
    Inside,
}

/// A module.
#[derive(Debug)]
pub(crate) struct Family {
    /// As `LoadModule` names it: `jk_module`.
    pub(crate) id: &'static str,
    /// As `<IfModule>` may name it, too: `mod_jk.c`.
    pub(crate) file: &'static str,
    pub(crate) fate: Fate,
    directives: Vec<(&'static str, Place)>,
}

/// A directive that httpd knows.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Known {
    /// As httpd writes it; a section begins with `<`.
    pub(crate) name: &'static str,
    pub(crate) place: Place,
    pub(crate) family: &'static Family,
}

static FAMILIES: LazyLock<Vec<Family>> = LazyLock::new(|| read(include_str!("families.txt")));

/// The module with this identifier or file name.
pub(crate) fn family(name: &str) -> Option<&'static Family> {
    FAMILIES.iter().find(|family| family.id == name || family.file == name)
}

/// The directive with this name, in any case.
pub(crate) fn known(name: &str) -> Option<Known> {
    all().find(|known| known.name.eq_ignore_ascii_case(name))
}

/// Every directive.
pub(crate) fn all() -> impl Iterator<Item = Known> {
    FAMILIES.iter().flat_map(|family| {
        family.directives.iter().map(move |&(name, place)| Known { name, place, family })
    })
}

fn read(table: &'static str) -> Vec<Family> {
    let mut families: Vec<Family> = Vec::new();
    for line in table.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        if let Some(family) = heading(line) {
            families.push(family);
        } else if let (Some(family), Some((place, names))) = (families.last_mut(), names(line)) {
            family.directives.extend(names.split_ascii_whitespace().map(|name| (name, place)));
        }
    }
    families
}

/// `[id file] fate: what is lost`
fn heading(line: &'static str) -> Option<Family> {
    let (names, fate) = line.strip_prefix('[')?.split_once("] ")?;
    let (id, file) = names.split_once(' ')?;
    let (fate, loss) = fate.split_once(": ").unwrap_or((fate, ""));
    let fate = match fate {
        "here" => Fate::Here,
        "needless" => Fate::Needless(loss),
        "lost" => Fate::Lost(loss),
        _ => Fate::Unsafe(loss),
    };
    Some(Family { id, file, fate, directives: Vec::new() })
}

/// `place: Name Name …`
fn names(line: &'static str) -> Option<(Place, &'static str)> {
    let (place, names) = line.split_once(": ")?;
    let place = match place {
        "outside" => Place::Outside,
        "anywhere" => Place::Anywhere,
        _ => Place::Inside,
    };
    Some((place, names))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_table_is_understood() {
        for line in include_str!("families.txt").lines() {
            let understood = line.is_empty()
                || line.starts_with('#')
                || heading(line).is_some_and(|f| !matches!(f.fate, Fate::Unsafe("" | ":")))
                || line
                    .split_once(": ")
                    .is_some_and(|(place, _)| ["outside", "anywhere", "inside"].contains(&place));
            assert!(understood, "{line}");
        }
    }

    #[test]
    fn no_directive_stands_twice_in_one_module() {
        for family in FAMILIES.iter() {
            for (index, (name, _)) in family.directives.iter().enumerate() {
                let again = family.directives[index + 1..].iter().any(|(other, _)| other == name);
                assert!(!again, "{name} in {}", family.id);
            }
        }
    }

    #[test]
    fn directives_are_found_in_any_case() {
        let known = known("jkmount").unwrap();
        assert_eq!(
            (known.name, known.place, known.family.id),
            ("JkMount", Place::Anywhere, "jk_module")
        );
        assert!(super::known("JkMounts").is_none());
    }
}
