//! Sections that hold for some requests, and what is said in them.

use crate::EnvRule;

/// What `SetEnvIf`, `SetEnv` and their kin say inside a section. Of several that match, all count,
/// the later ones last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocationEnv {
    /// What the section holds for.
    pub realm: Realm,
    /// The conditional ones first, then what is unset, then what is set.
    pub rules: Vec<EnvRule>,
}

/// `SetHandler` inside a section, or outside any. A later one that matches wins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocationHandler {
    /// What the section holds for.
    pub realm: Realm,
    /// The handler's name; `None` for `SetHandler none`.
    pub handler: Option<String>,
}

/// What a section holds for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Realm {
    /// What is compared.
    pub kind: RealmKind,
    /// With what.
    pub path: String,
    /// And how.
    pub matching: LocationMatch,
    /// The `<Directory>` around a `<Files>`.
    pub within: Option<(String, LocationMatch)>,
}

/// What a section compares. Those of files and directories hold for requests that no rule maps:
/// mod_jk keeps httpd from looking for the others' files.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum RealmKind {
    /// No section at all.
    Everything,
    /// The directories that the file lies in.
    Directory,
    /// The file's name.
    Files,
    /// The path of the request.
    #[default]
    Location,
}

/// How a section compares its path.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum LocationMatch {
    /// The path itself and what lies below it; of `<Files>`, the name itself.
    #[default]
    Prefix,
    /// `<Location>` with `*`, `?` or `[…]` in its path; no wildcard matches `/`.
    Glob,
    /// `<LocationMatch>` or `<Location ~ …>`: a regular expression, searched for anywhere.
    Regex,
}
