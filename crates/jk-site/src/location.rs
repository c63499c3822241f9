//! Which sections a request falls into, as far as handlers and variables go.

use jk_config::{LocationHandler, LocationMatch, Realm, RealmKind};
use regex::bytes::Regex;

use crate::pattern::regex;

/// The handlers of a server by location, compiled.
#[derive(Clone, Debug, Default)]
pub struct Handlers {
    entries: Vec<(Location, Option<String>)>,
}

/// What a request is compared by.
#[derive(Clone, Copy, Debug)]
pub struct Place<'p> {
    /// The path.
    pub path: &'p [u8],
    /// The file, unless a rule maps the path: then httpd looks for none.
    pub file: Option<&'p [u8]>,
}

/// What a section is compared with.
#[derive(Clone, Debug)]
pub(crate) struct Location {
    kind: RealmKind,
    pattern: Pattern,
    within: Option<Pattern>,
}

#[derive(Clone, Debug)]
enum Pattern {
    Text(Vec<u8>),
    Regex(Regex),
}

impl Handlers {
    /// Compiles the handlers of a server; a pattern that is none matches nothing.
    pub fn compile(handlers: &[LocationHandler]) -> Self {
        let entries = handlers
            .iter()
            .filter_map(|entry| Some((Location::compile(&entry.realm)?, entry.handler.clone())));
        Self { entries: entries.collect() }
    }

    /// The handler of a request: the last section that matches decides.
    pub fn find(&self, place: Place<'_>) -> Option<&str> {
        let (_, handler) =
            self.entries.iter().rev().find(|(location, _)| location.matches(place))?;
        handler.as_deref()
    }
}

impl Location {
    /// `None` when the pattern is none.
    pub(crate) fn compile(realm: &Realm) -> Option<Self> {
        let pattern = Pattern::compile(realm.kind, &realm.path, realm.matching)?;
        let within = match &realm.within {
            Some((path, how)) => Some(Pattern::compile(RealmKind::Directory, path, *how)?),
            None => None,
        };
        Some(Self { kind: realm.kind, pattern, within })
    }

    pub(crate) fn matches(&self, place: Place<'_>) -> bool {
        match (self.kind, place.file) {
            (RealmKind::Everything, _) => true,
            (RealmKind::Location, _) => self.pattern.matches_path(place.path),
            (RealmKind::Directory, Some(file)) => self.pattern.matches_directory(file),
            (RealmKind::Files, Some(file)) => {
                let name = file.rsplit(|&byte| byte == b'/').next().unwrap_or_default();
                let around = self.within.as_ref();
                around.is_none_or(|around| around.matches_directory(file))
                    && self.pattern.matches_name(name)
            }
            (RealmKind::Directory | RealmKind::Files, None) => false,
        }
    }
}

impl Pattern {
    fn compile(kind: RealmKind, path: &str, matching: LocationMatch) -> Option<Self> {
        Some(match matching {
            LocationMatch::Prefix => Self::Text(path.to_owned().into_bytes()),
            LocationMatch::Glob if kind == RealmKind::Directory => {
                // It holds for what lies below, too.
                let glob = of_glob(path.trim_end_matches('/'));
                Self::Regex(regex(&(glob.trim_end_matches('$').to_owned() + "(/|$)"), false).ok()?)
            }
            LocationMatch::Glob => Self::Regex(regex(&of_glob(path), false).ok()?),
            LocationMatch::Regex => Self::Regex(regex(path, false).ok()?),
        })
    }

    fn matches_path(&self, path: &[u8]) -> bool {
        match self {
            Self::Regex(pattern) => pattern.is_match(path),
            Self::Text(prefix) => path.strip_prefix(&prefix[..]).is_some_and(|below| {
                below.is_empty() || prefix.ends_with(b"/") || below.starts_with(b"/")
            }),
        }
    }

    /// The text of a directory ends with a slash, as does what a file lies in.
    fn matches_directory(&self, file: &[u8]) -> bool {
        let end = memchr::memrchr(b'/', file).map_or(0, |at| at + 1);
        let directory = &file[..end];
        match self {
            Self::Regex(pattern) => pattern.is_match(directory),
            Self::Text(text) => {
                directory.starts_with(text) || text.strip_suffix(b"/") == Some(file)
            }
        }
    }

    fn matches_name(&self, name: &[u8]) -> bool {
        match self {
            Self::Regex(pattern) => pattern.is_match(name),
            Self::Text(text) => text == name,
        }
    }
}

/// A shell pattern as a regular expression; no wildcard matches a slash (httpd: `ap_fnmatch`).
fn of_glob(glob: &str) -> String {
    let mut out = String::from("^");
    let mut rest = glob.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '[' if rest.next_if_eq(&'!').is_some() => out.push_str("[^"),
            '*' => out.push_str("[^/]*"),
            '?' => out.push_str("[^/]"),
            '[' | ']' | '-' => out.push(c),
            '\\' => out.extend(rest.next().map(|c| ::regex::escape(&c.to_string()))),
            c => out.push_str(&::regex::escape(&c.to_string())),
        }
    }
    out.push('$');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str, matching: LocationMatch, asked: &str) -> bool {
        let handler = Some("h".to_owned());
        let realm = Realm { path: path.to_owned(), matching, ..Realm::default() };
        let place = Place { path: asked.as_bytes(), file: None };
        Handlers::compile(&[LocationHandler { realm, handler }]).find(place).is_some()
    }

    #[test]
    fn a_prefix_ends_at_a_segment() {
        use LocationMatch::Prefix;
        assert!(found("/a", Prefix, "/a") && found("/a", Prefix, "/a/b"));
        assert!(!found("/a", Prefix, "/ab"));
        assert!(found("/", Prefix, "/x") && found("/a/", Prefix, "/a/b"));
        assert!(!found("/a/", Prefix, "/a"));
    }

    #[test]
    fn wildcards_stay_within_a_segment() {
        use LocationMatch::{Glob, Regex};
        assert!(found("/*/x", Glob, "/a/x") && !found("/*/x", Glob, "/a/b/x"));
        assert!(found("/a.?", Glob, "/a.b") && !found("/a.?", Glob, "/acb"));
        assert!(found("^/a.*x$", Regex, "/a/b/x"));
        assert!(found("/[!a]*", Glob, "/b") && !found("/[!a]*", Glob, "/a"));
    }

    #[test]
    fn the_last_section_that_matches_decides() {
        let entry = |path: &str, handler: Option<&str>| LocationHandler {
            realm: Realm { path: path.to_owned(), ..Realm::default() },
            handler: handler.map(str::to_owned),
        };
        let handlers = Handlers::compile(&[entry("/", Some("one")), entry("/a", None)]);
        let find = |path: &str| handlers.find(Place { path: path.as_bytes(), file: None });
        assert_eq!(find("/b"), Some("one"));
        assert_eq!(find("/a"), None, "SetHandler none");
    }

    #[test]
    fn files_and_directories_are_those_of_what_no_rule_maps() {
        use LocationMatch::{Glob, Prefix, Regex};
        let found = |kind, path: &str, matching, within: Option<&str>, file: &str| {
            let within = within.map(|path| (path.to_owned(), Prefix));
            let realm = Realm { kind, path: path.to_owned(), matching, within };
            let location = Location::compile(&realm).expect("a pattern");
            assert!(!location.matches(Place { path: b"/", file: None }));
            location.matches(Place { path: b"/", file: Some(file.as_bytes()) })
        };
        let directory =
            |path, matching, file| found(RealmKind::Directory, path, matching, None, file);
        assert!(directory("/d/", Prefix, "/d/x") && directory("/d/", Prefix, "/d/e/x"));
        assert!(directory("/d/", Prefix, "/d") && !directory("/d/", Prefix, "/dd/x"));
        assert!(directory("/*/e/", Glob, "/d/e/f/x") && !directory("/*/e/", Glob, "/e/x"));
        assert!(directory("e/$", Regex, "/d/e/x") && !directory("e/$", Regex, "/d/f/e"));
        let files = |path, matching, file| found(RealmKind::Files, path, matching, None, file);
        assert!(files("x", Prefix, "/d/x") && !files("x", Prefix, "/x/y"));
        assert!(files("*.jsp", Glob, "/d/a.jsp") && files("p$", Regex, "/d/a.jsp"));
        let inner = |file| found(RealmKind::Files, "x", Prefix, Some("/d/"), file);
        assert!(inner("/d/e/x") && !inner("/e/x"));
    }
}
