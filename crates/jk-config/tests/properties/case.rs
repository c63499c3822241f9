//! Cases on disk.

use std::fs;
use std::path::{Path, PathBuf};

use jk_config::{
    Diagnostic, Location, SourceId, Sources, WorkersInput, WorkersOutput, read_uriworkermap,
    read_workers,
};
use jk_types::MountRule;

/// What `$(ServerRoot)` is in the cases.
pub(crate) const SERVER_ROOT: &str = "/srv/httpd";

/// The environment of the cases.
pub(crate) const ENV: [(&str, &str); 2] = [("JK_CASE_HOST", "192.0.2.7"), ("JK_CASE_EMPTY", "")];

pub(crate) fn env(name: &str) -> Option<String> {
    ENV.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
}

pub(crate) fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/config")
}

/// The cases of one kind, by name.
pub(crate) fn all(extension: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory()).expect("the cases are there");
    let paths = entries.map(|entry| entry.expect("a directory can be listed").path());
    let mut paths: Vec<_> =
        paths.filter(|path| path.extension().is_some_and(|e| e == extension)).collect();
    paths.sort();
    assert!(!paths.is_empty(), "no case ends in .{extension}");
    paths
}

pub(crate) fn name(path: &Path) -> String {
    path.file_stem().expect("a case has a name").to_string_lossy().into_owned()
}

/// `name.extension` beside a case.
pub(crate) fn beside(path: &Path, extension: &str) -> PathBuf {
    path.with_extension(extension)
}

/// What came of a text.
pub(crate) struct Read<T> {
    pub(crate) output: T,
    pub(crate) diagnostics: Vec<Diagnostic>,
    pub(crate) sources: Sources,
}

/// Reads a case of workers, with the `JkWorkerProperty` lines of its `.conf`, if there is one.
pub(crate) fn workers(path: &Path) -> Read<WorkersOutput> {
    let conf = fs::read_to_string(beside(path, "conf")).unwrap_or_default();
    let text = fs::read(path).expect("a case can be read");
    let file = path.file_name().expect("a case has a name");
    workers_of(&conf, Some(&text), file.as_ref())
}

/// Reads workers from a text and nothing else.
pub(crate) fn workers_in(text: &[u8]) -> Read<WorkersOutput> {
    workers_of("", Some(text), Path::new("workers.properties"))
}

pub(crate) fn workers_of(conf: &str, file: Option<&[u8]>, path: &Path) -> Read<WorkersOutput> {
    let mut sources = Sources::default();
    let httpd = sources.add("httpd.conf".into(), conf.as_bytes().to_vec());
    let lines = worker_properties(httpd, conf);
    let id = file.map(|text| sources.add(path.to_owned(), text.to_vec()));
    let output = read_workers(&WorkersInput {
        lines: &lines,
        file: id.map(|id| (id, sources.text(id))),
        server_root: SERVER_ROOT,
        env: &env,
    });
    Read { diagnostics: output.diagnostics.clone(), output, sources }
}

fn worker_properties(source: SourceId, conf: &str) -> Vec<(String, Location)> {
    let mut lines = Vec::new();
    let mut at = 0;
    for line in conf.split_inclusive('\n') {
        if let Some(raw) = line.trim_end().strip_prefix("JkWorkerProperty ") {
            let start = at + "JkWorkerProperty ".len();
            lines.push((raw.to_owned(), Location { source, span: start..start + raw.len() }));
        }
        at += line.len();
    }
    lines
}

/// Rules and their places, or nothing if the whole map is lost.
pub(crate) type Rules = Option<Vec<(MountRule, Location)>>;

/// Reads a rule file.
pub(crate) fn rules_of(text: &[u8], path: &Path) -> Read<Rules> {
    let mut sources = Sources::default();
    let id = sources.add(path.to_owned(), text.to_vec());
    let (output, diagnostics) = read_uriworkermap(id, sources.text(id), &env);
    Read { output, diagnostics, sources }
}

pub(crate) fn rules(path: &Path) -> Read<Rules> {
    let text = fs::read(path).expect("a case can be read");
    rules_of(&text, path.file_name().expect("a case has a name").as_ref())
}

pub(crate) fn rules_in(text: &[u8]) -> Read<Rules> {
    rules_of(text, Path::new("uriworkermap.properties"))
}

impl<T> Read<T> {
    /// All findings, as a user sees them.
    pub(crate) fn rendered(&self) -> String {
        self.diagnostics.iter().map(|d| d.render(&self.sources).to_string()).collect()
    }

    /// Whether some finding says this.
    pub(crate) fn says(&self, text: &str) -> bool {
        self.rendered().contains(text)
    }
}
