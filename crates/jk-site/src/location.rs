//! Which `<Location>` a path falls into, as far as handlers and variables go.

use jk_config::{LocationHandler, LocationMatch};
use regex::bytes::Regex;

/// The handlers of a server by location, compiled.
#[derive(Clone, Debug, Default)]
pub struct Handlers {
    entries: Vec<(Location, Option<String>)>,
}

/// What a section's path is compared with.
#[derive(Clone, Debug)]
pub(crate) enum Location {
    Prefix(Vec<u8>),
    Pattern(Regex),
}

impl Handlers {
    /// Compiles the handlers of a server; a pattern that is none matches nothing.
    pub fn compile(handlers: &[LocationHandler]) -> Self {
        let entries = handlers.iter().filter_map(|entry| {
            Some((Location::compile(&entry.path, entry.matching)?, entry.handler.clone()))
        });
        Self { entries: entries.collect() }
    }

    /// The handler of a path: the last section that matches decides.
    pub fn find(&self, path: &[u8]) -> Option<&str> {
        let (_, handler) =
            self.entries.iter().rev().find(|(location, _)| location.matches(path))?;
        handler.as_deref()
    }
}

impl Location {
    /// `None` when the pattern is none.
    pub(crate) fn compile(path: &str, matching: LocationMatch) -> Option<Self> {
        Some(match matching {
            LocationMatch::Prefix => Self::Prefix(path.to_owned().into_bytes()),
            LocationMatch::Glob => Self::Pattern(Regex::new(&of_glob(path)).ok()?),
            LocationMatch::Regex => Self::Pattern(Regex::new(path).ok()?),
        })
    }

    pub(crate) fn matches(&self, path: &[u8]) -> bool {
        match self {
            Self::Pattern(pattern) => pattern.is_match(path),
            Self::Prefix(prefix) => path.strip_prefix(&prefix[..]).is_some_and(|below| {
                below.is_empty() || prefix.ends_with(b"/") || below.starts_with(b"/")
            }),
        }
    }
}

/// A shell pattern as a regular expression; no wildcard matches a slash (httpd: `ap_fnmatch`).
fn of_glob(glob: &str) -> String {
    let mut out = String::from("(?-u)^");
    let mut rest = glob.chars();
    while let Some(c) = rest.next() {
        match c {
            '*' => out.push_str("[^/]*"),
            '?' => out.push_str("[^/]"),
            '[' | ']' | '-' => out.push(c),
            '\\' => out.extend(rest.next().map(|c| regex::escape(&c.to_string()))),
            c => out.push_str(&regex::escape(&c.to_string())),
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
        let entry = LocationHandler { path: path.to_owned(), matching, handler };
        Handlers::compile(&[entry]).find(asked.as_bytes()).is_some()
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
    }

    #[test]
    fn the_last_section_that_matches_decides() {
        let entry = |path: &str, handler: Option<&str>| LocationHandler {
            path: path.to_owned(),
            matching: LocationMatch::Prefix,
            handler: handler.map(str::to_owned),
        };
        let handlers = Handlers::compile(&[entry("/", Some("one")), entry("/a", None)]);
        assert_eq!(handlers.find(b"/b"), Some("one"));
        assert_eq!(handlers.find(b"/a"), None, "SetHandler none");
    }
}
