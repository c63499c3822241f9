//! What apache2 makes of the sites: recorded in `.measured`, and held against ours.
//!
//! `cargo test -p jk-config --test httpd -- --ignored` runs `apache2 -t` for each site and snippet
//! and compares with the record; with `UPDATE=1` it writes the record. Nothing is started.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::{env, fs, process};

use crate::case::{self, Case, SITE};
use crate::tree::Tree;

/// Sites that we take and apache2 does not, or the other way round, and why.
const OUTCOMES: &[(&str, &str)] = &[];

#[test]
#[ignore = "runs apache2"]
fn apache_still_does_as_recorded() {
    let mut differing = Vec::new();
    for case in case::all() {
        let record = case.beside("measured");
        let found = measure(&case);
        if env::var_os("UPDATE").is_some() {
            fs::write(&record, &found).expect("a record can be written");
        }
        if fs::read_to_string(&record).unwrap_or_default() != found {
            eprintln!("--- {} found:\n{found}", case.name());
            differing.push(case.name());
        }
    }
    assert!(differing.is_empty(), "apache2 did something else: {differing:?}");
}

#[test]
fn sites_agree_with_apache() {
    for case in case::all() {
        let record = fs::read_to_string(case.beside("measured")).unwrap_or_default();
        let (outcome, files) = record.split_once('\n').expect("the case was measured");
        let loaded = case.load();
        let agree = outcome.starts_with("refused") == case::refused(&loaded);
        let excused = OUTCOMES.iter().any(|(name, _)| *name == case.name());
        assert!(agree != excused, "{}: {outcome}\n{}", case.name(), case::rendered(&loaded));
        if agree && outcome == "accepted" {
            let read: Vec<String> = loaded.files.iter().map(|f| f.display().to_string()).collect();
            let read: Vec<&str> =
                read.iter().map(String::as_str).filter(|f| !f.ends_with(".properties")).collect();
            assert_eq!(read, files.lines().collect::<Vec<_>>(), "files of {}", case.name());
        }
    }
}

/// `accepted` and the files in the order in which they were read, or `refused` and why.
fn measure(case: &Case) -> String {
    let site = Unpacked::of(&case.tree);
    let (accepted, said) = site.check(&case.root, &["-D", "DUMP_INCLUDES"]);
    if !accepted {
        return format!("refused: {}\n", said.lines().map(str::trim).collect::<Vec<_>>().join(" "));
    }
    let mut record = "accepted\n".to_owned();
    for line in said.lines().filter_map(|line| line.trim().strip_prefix('(')) {
        if let Some((_, file)) = line.split_once(") ") {
            record += file;
            record.push('\n');
        }
    }
    record
}

/// A tree that has been written to disk, and goes away again.
pub(crate) struct Unpacked {
    root: PathBuf,
}

/// What the sites do not load themselves, for Debian builds it as modules.
const MODULES: [&str; 13] = [
    "mpm_event",
    "authn_core",
    "authz_core",
    "auth_basic",
    "authn_file",
    "authz_user",
    "authz_host",
    "access_compat",
    "setenvif",
    "env",
    "dir",
    "mime",
    "jk",
];

impl Unpacked {
    pub(crate) fn of(tree: &Tree) -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let root = env::temp_dir().join(format!("jk-config-{}-{number}", process::id()));
        let site = Self { root };
        for directory in tree.directories().filter(|dir| dir.starts_with(SITE)) {
            fs::create_dir_all(site.real(directory)).expect("a directory can be made");
        }
        for (path, text) in tree.files().filter(|(path, _)| path.starts_with(SITE)) {
            fs::write(site.real(path), site.moved_in(text)).expect("a file can be written");
        }
        site
    }

    /// Runs `apache2 -t`; whether it is content, and what it said with the site's own paths.
    pub(crate) fn check(&self, root: &Path, more: &[&str]) -> (bool, String) {
        let mut apache = Command::new("apache2");
        for module in MODULES {
            let line =
                format!("LoadModule {module}_module /usr/lib/apache2/modules/mod_{module}.so");
            apache.args(["-C", &line]);
        }
        let runtime = format!("DefaultRuntimeDir {}", self.root.display());
        apache.args(["-C", &runtime, "-t"]).args(more).arg("-d").arg(&self.root);
        let output = apache
            .arg("-f")
            .arg(self.real(root))
            .env("CASE_DIR", "conf")
            .output()
            .expect("apache2 is installed");
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8_lossy(&said).replace(&self.root.display().to_string(), SITE);
        (output.status.success(), said)
    }

    fn real(&self, path: &Path) -> PathBuf {
        self.root.join(path.strip_prefix(SITE).expect("all lies below the site"))
    }

    /// The text with the site's place on disk for its place in memory.
    fn moved_in(&self, text: &[u8]) -> Vec<u8> {
        let mut moved = Vec::new();
        let mut rest = text;
        let place = self.root.display().to_string();
        while let Some(at) = rest.windows(SITE.len()).position(|w| w == SITE.as_bytes()) {
            moved.extend_from_slice(&rest[..at]);
            moved.extend_from_slice(place.as_bytes());
            rest = &rest[at + SITE.len()..];
        }
        moved.extend_from_slice(rest);
        moved
    }
}

impl Drop for Unpacked {
    fn drop(&mut self) {
        // What cannot be removed is in the system's own directory for such things.
        let _ = fs::remove_dir_all(&self.root);
    }
}
