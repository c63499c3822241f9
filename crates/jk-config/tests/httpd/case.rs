//! Sites on disk: one file that holds the files of a site.
//!
//! ```text
//! What it shows, in a line or two.
//! === conf/httpd.conf
//! Listen 80
//! === logs/
//! ```
//!
//! The first file is where reading starts; a name that ends in a slash is an empty directory. All
//! lie below `/site`.

use std::fs;
use std::path::{Path, PathBuf};

use jk_config::{LoadOptions, Loaded, Severity, load};

use crate::tree::Tree;

pub(crate) const SITE: &str = "/site";

pub(crate) fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/config/httpd")
}

/// A site.
pub(crate) struct Case {
    pub(crate) path: PathBuf,
    pub(crate) root: PathBuf,
    pub(crate) tree: Tree,
}

/// All sites, by name.
pub(crate) fn all() -> Vec<Case> {
    let entries = fs::read_dir(directory()).expect("the cases are there");
    let paths = entries.map(|entry| entry.expect("a directory can be listed").path());
    let mut paths: Vec<PathBuf> =
        paths.filter(|path| path.extension().is_some_and(|e| e == "case")).collect();
    paths.sort();
    assert!(!paths.is_empty(), "there are no cases");
    paths.into_iter().map(Case::read).collect()
}

impl Case {
    fn read(path: PathBuf) -> Self {
        let text = fs::read_to_string(&path).expect("a case can be read");
        let mut parts = text.split("=== ").skip(1).map(|part| part.split_once('\n').unwrap());
        let mut tree = Tree::default().env("CASE_DIR", "conf").directory(SITE);
        let mut root = None;
        parts.by_ref().for_each(|(name, text)| {
            let full = format!("{SITE}/{name}");
            let taken = std::mem::take(&mut tree);
            tree = match full.strip_suffix('/') {
                Some(directory) => taken.directory(directory),
                None => {
                    root.get_or_insert_with(|| PathBuf::from(&full));
                    taken.file(&full, text)
                }
            };
        });
        Self { path, root: root.expect("a site has a file"), tree }
    }

    pub(crate) fn name(&self) -> String {
        self.path.file_stem().expect("a case has a name").to_string_lossy().into_owned()
    }

    pub(crate) fn beside(&self, extension: &str) -> PathBuf {
        self.path.with_extension(extension)
    }

    pub(crate) fn load(&self) -> Loaded {
        load(&self.root, &self.tree, &LoadOptions::default())
    }
}

/// All findings, as a user sees them.
pub(crate) fn rendered(loaded: &Loaded) -> String {
    loaded.diagnostics.iter().map(|d| d.render(&loaded.sources).to_string()).collect()
}

/// Whether we refuse a configuration.
pub(crate) fn refused(loaded: &Loaded) -> bool {
    loaded.diagnostics.iter().any(|d| d.severity == Severity::Error)
}
