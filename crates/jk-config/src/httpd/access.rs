//! Access control that is not carried out, told apart by what it guards.
//!
//! A site may rely on `Require all denied`. Whether its absence exposes anything is seen only when
//! all is read: a `<Directory>` that no `DocumentRoot` reaches guards nothing here, for nothing is
//! served from there.

use std::path::{Path, PathBuf};

use super::glob;
use super::report::Report;
use super::section::{Kind, Section};
use super::tree::Directive;
use crate::{Location, LocationMatch};

/// Every access rule that was met.
#[derive(Debug, Default)]
pub(crate) struct Guards {
    found: Vec<Guard>,
}

/// One rule and what it guards.
#[derive(Debug)]
struct Guard {
    /// The directive with its arguments.
    text: String,
    at: Location,
    open: bool,
    section: Section,
    /// The virtual host it stands in, by its number.
    host: Option<usize>,
}

/// A `DocumentRoot` and the virtual host that has it.
pub(crate) struct Root {
    pub(crate) host: Option<usize>,
    pub(crate) path: PathBuf,
}

impl Guards {
    /// Takes a directive if it is an access rule.
    pub(crate) fn take(
        &mut self,
        directive: &Directive,
        name: &str,
        sections: &[Section],
        host: Option<usize>,
    ) -> bool {
        let Some(section) = sections.last().filter(|_| RULES.contains(&name)) else { return false };
        let text = format!("{name} {}", directive.raw());
        let open = opens(name, directive);
        self.found.push(Guard { text, at: directive.at(), open, section: section.clone(), host });
        true
    }

    /// Says what is not guarded.
    pub(crate) fn finish(&self, roots: &[Root], report: &mut Report) {
        for guard in &self.found {
            guard.say(self, roots, report);
        }
    }

    /// Whether a rule closer to `root` than `guard` takes its place.
    fn replaced_below(&self, guard: &Guard, root: &Path) -> bool {
        let depth = guard.section.path.len();
        let mut closer = self.found.iter().filter(|other| other.section.path.len() > depth);
        closer.any(|other| other.decides() && other.covers(root))
    }

    /// Whether an `Allow` stands beside this `Order`.
    fn has_allow_beside(&self, order: &Guard) -> bool {
        let beside = |other: &&Guard| other.section.at == order.section.at;
        self.found.iter().filter(beside).any(|other| other.text.starts_with("Allow"))
    }
}

const RULES: [&str; 5] = ["Require", "Order", "Allow", "Deny", "Satisfy"];

/// Whether a rule by itself keeps nobody out.
fn opens(name: &str, directive: &Directive) -> bool {
    let words: Vec<String> = directive.words().map(|word| word.text.to_ascii_lowercase()).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match name {
        "Require" => words == ["all", "granted"],
        "Allow" => words.contains(&"all"),
        "Order" | "Satisfy" => true,
        _ => false,
    }
}

impl Guard {
    fn say(&self, all: &Guards, roots: &[Root], report: &mut Report) {
        let (text, place) = (&self.text, self.place());
        // `Order allow,deny` lets in whom an `Allow` names, and nobody without one.
        let closing = self.text.to_ascii_lowercase().starts_with("order allow,deny");
        if self.open && (!closing || all.has_allow_beside(self)) {
            report.note(&self.at, format!("`{text}` is not needed: access is not restricted here"));
            return;
        }
        let why_harmless = match self.section.kind {
            Kind::Directory if !self.exposed_directory(all, roots) => {
                Some(format!("nothing is served from {place} that no closer rule is about"))
            }
            Kind::Files if self.is_about_dot_ht() => Some(format!("{place} are never served")),
            _ => None,
        };
        if let Some(why) = why_harmless {
            report.note(&self.at, format!("`{text}` is not needed: {why}"));
            return;
        }
        report
            .warning(&self.at, format!("`{text}` is not enforced: everybody may reach {place}"))
            .help("restrict access in front of this server or in the application");
    }

    /// Whether the rule lets in or keeps out by itself.
    fn decides(&self) -> bool {
        !self.text.starts_with("Order") && !self.text.starts_with("Satisfy")
    }

    /// Whether it is about a directory that holds `path`.
    fn covers(&self, path: &Path) -> bool {
        let section = &self.section;
        section.kind == Kind::Directory
            && section.matching == LocationMatch::Prefix
            && !glob::is_pattern(&section.path)
            && path.starts_with(&section.path)
    }

    /// Whether files are served that httpd would refuse.
    fn exposed_directory(&self, all: &Guards, roots: &[Root]) -> bool {
        let section = &self.section;
        if section.matching != LocationMatch::Prefix || glob::is_pattern(&section.path) {
            return true;
        }
        let guarded = Path::new(&section.path);
        roots.iter().filter(|root| self.host.is_none() || self.host == root.host).any(|root| {
            guarded.starts_with(&root.path)
                || root.path.starts_with(guarded) && !all.replaced_below(self, &root.path)
        })
    }

    /// `.htaccess` and its like, which are never served.
    fn is_about_dot_ht(&self) -> bool {
        matches!(self.section.path.as_str(), ".ht*" | r"^\.ht" | r"^\.ht*" | r"^\.ht.*")
    }

    fn place(&self) -> String {
        let path = &self.section.path;
        match (self.section.kind, self.section.matching) {
            (Kind::Location, LocationMatch::Regex) => format!("what matches `{path}`"),
            (Kind::Location, _) => format!("`{path}`"),
            (Kind::Directory, _) => format!("directory `{path}`"),
            (Kind::Files, _) => format!("files named like `{path}`"),
            _ => format!("what {} speaks of", self.section.shown()),
        }
    }
}
