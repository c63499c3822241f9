//! Any `httpd.conf`, with any file that it may include: no panic, every finding prints and points
//! into its text, and there is a configuration unless something is an error.
//!
//! The input is three files, each ended by a byte 0xFE: the root, what it may include, and rules.
#![no_main]

use std::io::{self, ErrorKind};
use std::path::Path;

use jk_config::{Files, LoadOptions, Severity, load};
use libfuzzer_sys::fuzz_target;

struct Tree<'i> {
    root: &'i [u8],
    included: &'i [u8],
    properties: &'i [u8],
}

impl Files for Tree<'_> {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        match path.to_str() {
            Some("/site/httpd.conf") => Ok(self.root.to_vec()),
            Some("/site/inc.conf") => Ok(self.included.to_vec()),
            Some("/site/w.properties" | "/site/m.properties") => Ok(self.properties.to_vec()),
            _ => Err(ErrorKind::NotFound.into()),
        }
    }

    fn list(&self, dir: &Path) -> io::Result<Vec<String>> {
        let names = ["httpd.conf", "inc.conf", "w.properties", "m.properties", "logs"];
        if dir == Path::new("/site") {
            return Ok(names.map(str::to_owned).to_vec());
        }
        Err(ErrorKind::NotFound.into())
    }

    fn is_dir(&self, path: &Path) -> bool {
        ["/", "/site", "/site/logs"].iter().any(|dir| path == Path::new(dir))
    }

    fn exists(&self, path: &Path) -> bool {
        self.is_dir(path) || self.read(path).is_ok()
    }

    fn env(&self, name: &str) -> Option<String> {
        (name == "E").then(|| "e e".to_owned())
    }
}

fuzz_target!(|input: &[u8]| {
    let mut parts = input.splitn(3, |&b| b == 0xFE);
    let mut part = || parts.next().unwrap_or_default();
    let tree = Tree { root: part(), included: part(), properties: part() };
    let loaded = load(Path::new("/site/httpd.conf"), &tree, &LoadOptions::default());
    let refused = loaded.diagnostics.iter().any(|d| d.severity == Severity::Error);
    assert_eq!(loaded.config.is_none(), refused);
    for found in &loaded.diagnostics {
        if let Some(at) = &found.location {
            let length = loaded.sources.text(at.source).len();
            assert!(at.span.start <= at.span.end && at.span.end <= length);
        }
        assert!(found.render(&loaded.sources).to_string().ends_with('\n'));
    }
});
