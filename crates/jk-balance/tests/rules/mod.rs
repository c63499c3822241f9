//! Reads the cases of `testdata/uriworkermap`: rules, a line `----`, then `path -> worker`.
//!
//! Only what those files need of the rule syntax is understood; reading real files is the business
//! of the configuration crate.

use jk_types::{Extensions, MountRule, RuleSource};

pub(crate) struct Case {
    pub(crate) title: String,
    pub(crate) rules: Vec<MountRule>,
    pub(crate) reject_unsafe: bool,
    pub(crate) expectations: Vec<Expectation>,
}

pub(crate) struct Expectation {
    /// `file:line`
    pub(crate) place: String,
    pub(crate) path: Vec<u8>,
    /// A worker, `none` or `400`.
    pub(crate) result: String,
}

pub(crate) fn read(file: &str) -> Vec<Case> {
    let path = format!("{}/../../testdata/uriworkermap/{file}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{path}: {e}"));
    let mut cases: Vec<Case> = Vec::new();
    let mut lines = text.lines().enumerate().peekable();
    while let Some((_, line)) = lines.next() {
        let Some(title) = line.strip_prefix("== ") else { continue };
        let mut written = Written::default();
        let mut reject_unsafe = false;
        for (_, line) in lines.by_ref().take_while(|(_, line)| *line != "----") {
            reject_unsafe |= line == "reject unsafe";
            written.line(line);
        }
        let mut expectations = Vec::new();
        while let Some((at, line)) = lines.next_if(|(_, line)| !line.starts_with("== ")) {
            if let Some((path, result)) = line.rsplit_once(" -> ") {
                let place = format!("{file}:{}", at + 1);
                let path = expand(path);
                expectations.push(Expectation { place, path, result: result.to_owned() });
            }
        }
        assert!(!expectations.is_empty(), "{file}: {title} expects nothing");
        let rules = written.rules();
        cases.push(Case { title: title.to_owned(), rules, reject_unsafe, expectations });
    }
    assert!(!cases.is_empty(), "{file} has no cases");
    cases
}

fn expand(path: &str) -> Vec<u8> {
    match path.strip_prefix("path:") {
        Some(length) => {
            let length: usize = length.parse().expect("a number of bytes");
            [b"/".to_vec(), vec![b'x'; length - 1]].concat()
        }
        None => path.into(),
    }
}

/// Keys and values per source. The last value of a key wins, its first place stays.
#[derive(Default)]
struct Written {
    file: Vec<(String, String)>,
    jk_mount: Vec<(String, String)>,
    definition: Vec<(String, String)>,
}

impl Written {
    fn line(&mut self, line: &str) {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words[..] {
            ["JkMount", pattern, worker] => set(&mut self.jk_mount, pattern, worker),
            ["JkUnMount", pattern, worker] => {
                set(&mut self.jk_mount, &format!("!{pattern}"), worker);
            }
            _ => self.property(line),
        }
    }

    fn property(&mut self, line: &str) {
        let line = line.split('#').next().unwrap_or_default();
        let Some((key, value)) = line.split_once('=') else { return };
        let (key, value) = (key.trim(), value.trim());
        let worker = key.strip_prefix("worker.").and_then(|key| key.strip_suffix(".mount"));
        match worker {
            Some(worker) => set(&mut self.definition, value, worker),
            None if key.is_empty() || value.is_empty() => {}
            None => set(&mut self.file, key, value),
        }
    }

    fn rules(&self) -> Vec<MountRule> {
        let sources = [
            (RuleSource::File, &self.file),
            (RuleSource::JkMount, &self.jk_mount),
            (RuleSource::WorkerDefinition, &self.definition),
        ];
        sources
            .into_iter()
            .flat_map(|(source, entries)| {
                entries.iter().flat_map(move |(key, worker)| rules(key, worker, source))
            })
            .collect()
    }
}

fn set(entries: &mut Vec<(String, String)>, key: &str, value: &str) {
    match entries.iter_mut().find(|(other, _)| other == key) {
        Some((_, old)) => value.clone_into(old),
        None => entries.push((key.to_owned(), value.to_owned())),
    }
}

/// `[-][!]/pattern[|rest]`
fn rules(key: &str, worker: &str, source: RuleSource) -> Vec<MountRule> {
    let (disabled, key) = key.strip_prefix('-').map_or((false, key), |key| (true, key));
    let (exclusion, key) = key.strip_prefix('!').map_or((false, key), |key| (true, key));
    if !key.starts_with('/') {
        return Vec::new();
    }
    let rule = |pattern: String| MountRule {
        pattern,
        worker: worker.to_owned(),
        disabled,
        exclusion,
        source,
        extensions: Extensions::default(),
    };
    match key.split_once('|') {
        Some((first, rest)) => vec![rule(first.to_owned()), rule(format!("{first}{rest}"))],
        None => vec![rule(key.to_owned())],
    }
}
