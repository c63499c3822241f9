//! `JkWorkerProperty` lines and `workers.properties` to workers.
//!
//! Decisions are those of mod_jk 1.2.48. Where it has undefined behaviour (a load balancer within
//! another, a `reference` to an own ancestor) the configuration is refused.

mod advice;
mod ajp;
mod kind;
mod lb;
mod settings;
mod status;

use std::collections::BTreeMap;
use std::time::Duration;

use jk_types::{MountRule, RuleSource, Worker, WorkerKind};

use crate::expand::{BadReference, ReferenceFault, resolve_references};
use crate::property_map::{Entry, PropertyMap};
use crate::reader::{Reader, Role};
use crate::{Diagnostic, Location, Severity, SourceId, mount_rules};
use advice::Uses;
use kind::Kind;
use settings::{Settings, Site, Word};

/// What workers are read from.
pub struct WorkersInput<'a> {
    /// The rest of each `JkWorkerProperty` line, raw, and where it stands. Read before the file.
    pub lines: &'a [(String, Location)],
    /// The `JkWorkersFile`.
    pub file: Option<(SourceId, &'a [u8])>,
    /// What `$(ServerRoot)` stands for in the file.
    pub server_root: &'a str,
    /// The environment variables that `$(name)` may name.
    pub env: &'a dyn Fn(&str) -> Option<String>,
}

/// What came of reading workers.
#[derive(Clone, Debug, Default)]
pub struct WorkersOutput {
    /// The workers of `worker.list`, in order.
    pub workers: Vec<Worker>,
    /// The rules of `mount` directives.
    pub mounts: Vec<MountRule>,
    /// `worker.maintain`; zero disables maintenance.
    pub maintain: Duration,
    /// All properties in the order of definition, references resolved, secrets left out.
    pub properties: Vec<(String, String)>,
    /// All findings, in the order of the text.
    pub diagnostics: Vec<Diagnostic>,
    /// mod_jk would refuse to start, or we do: `workers` is incomplete.
    pub fatal: bool,
    locations: Locations,
}

/// Where things were written.
#[derive(Clone, Debug, Default)]
struct Locations {
    workers: BTreeMap<String, Location>,
    members: BTreeMap<(String, String), Location>,
    properties: BTreeMap<String, Location>,
}

impl WorkersOutput {
    /// Where a worker of `worker.list` is named.
    pub fn worker_location(&self, worker: &str) -> Option<Location> {
        self.locations.workers.get(worker).cloned()
    }

    /// Where `balance_workers` names a member.
    pub fn member_location(&self, lb: &str, member: &str) -> Option<Location> {
        self.locations.members.get(&(lb.to_owned(), member.to_owned())).cloned()
    }

    /// Where a directive of a worker or member is given its value; inherited ones at their origin.
    pub fn directive_location(&self, worker: &str, directive: &str) -> Option<Location> {
        self.locations.properties.get(&format!("worker.{worker}.{directive}")).cloned()
    }
}

/// Reads `JkWorkerProperty` lines and then the file, in mod_jk's order.
///
/// ```
/// # use jk_config::{Sources, WorkersInput, read_workers};
/// let mut sources = Sources::default();
/// let text = b"worker.list=shop\nworker.shop.host=10.0.0.5\nworker.shop.retries=0\n".to_vec();
/// let file = sources.add("workers.properties".into(), text);
/// let output = read_workers(&WorkersInput {
///     lines: &[],
///     file: Some((file, sources.text(file))),
///     server_root: "/etc/apache2",
///     env: &|_| None,
/// });
/// assert!(!output.fatal);
/// assert_eq!(output.workers[0].name, "shop");
/// ```
pub fn read_workers(input: &WorkersInput<'_>) -> WorkersOutput {
    let mut reader = Reader::new(Role::Workers, input.env);
    for (line, location) in input.lines {
        reader.single(line, location);
    }
    reader.set("ServerRoot", input.server_root);
    if let Some((source, text)) = input.file {
        reader.file(source, text);
    }
    for fault in resolve_references(&mut reader.map) {
        reader.findings.push(reference_finding(&fault));
    }
    let Reader { map, findings, .. } = reader;
    let start = input.file.map(|(source, _)| Location { source, span: 0..0 });
    let mut output = build(&map, start);
    output.diagnostics.extend(findings);
    finish(output, &map)
}

fn build(map: &PropertyMap, start: Option<Location>) -> WorkersOutput {
    let site = Site::new(map, start);
    let mut output = WorkersOutput {
        maintain: settings::seconds(site.number(b"worker.maintain", 60)),
        ..WorkersOutput::default()
    };
    for name in listed(&site) {
        worker(&site, &name, &mut output);
    }
    advice::advise(&site, &output.workers);
    output.diagnostics = site.findings.take();
    output
}

/// A worker that is to be built.
struct Listed<'a> {
    name: &'a [u8],
    /// Its place in `worker.list`, unless the list is the default.
    word: Option<Word<'a>>,
}

impl Listed<'_> {
    fn location(&self) -> Option<Location> {
        self.word.as_ref().and_then(Word::location)
    }
}

fn listed<'a>(site: &'a Site<'a>) -> Vec<Listed<'a>> {
    let Some(entry) = site.map.get(b"worker.list") else {
        let message = "no `worker.list`: there is one worker, `ajp13` at localhost:8009";
        site.report(Diagnostic::warning(site.start.clone(), message));
        return vec![Listed { name: b"ajp13", word: None }];
    };
    let words = Word::all(entry);
    if words.is_empty() {
        let message = "`worker.list` names no worker";
        site.report(Diagnostic::error(entry.value_location(), message));
    }
    words.into_iter().map(|word| Listed { name: word.bytes, word: Some(word) }).collect()
}

fn worker(site: &Site<'_>, listed: &Listed<'_>, output: &mut WorkersOutput) {
    let settings = site.settings(listed.name);
    let name = site.utf8(listed.name, listed.location());
    site.check_length("the name of a worker", listed.name, listed.location());
    mounts(settings, &name, output);
    if output.workers.iter().any(|worker| worker.name == name) {
        let message = format!("`{name}` is listed twice");
        site.report(Diagnostic::warning(listed.location(), message).help("remove it once"));
        return;
    }
    if let Some(word) = &listed.word {
        lb::check_defined(settings, word);
    }
    if let Some(location) = listed.location() {
        output.locations.workers.insert(name.clone(), location);
    }
    let kind = match kind::of(settings) {
        None => return,
        Some(Kind::Ajp(kind)) => WorkerKind::Ajp(Box::new(ajp::read(settings, kind))),
        Some(Kind::Status) => WorkerKind::Status(Box::new(status::read(settings))),
        Some(Kind::Lb) => match lb::read(settings) {
            Some(lb) => WorkerKind::Lb(Box::new(lb)),
            None => return,
        },
    };
    for word in lb::member_words(settings).into_iter().flatten() {
        let member = String::from_utf8_lossy(word.bytes).into_owned();
        if let Some(location) = word.location() {
            output.locations.members.insert((name.clone(), member), location);
        }
    }
    output.workers.push(Worker { name, kind });
}

/// The `mount` of a listed worker; a bad one ends the start.
fn mounts(settings: Settings<'_>, name: &str, output: &mut WorkersOutput) {
    for word in settings.list("mount").into_iter().flatten() {
        let Some(at) = word.location() else { continue };
        let pattern = settings.site.utf8(word.bytes, Some(at.clone()));
        let source = RuleSource::WorkerDefinition;
        let (rules, findings) = mount_rules(&pattern, name, false, source, &at);
        output.mounts.extend(rules);
        settings.site.findings.borrow_mut().extend(findings);
    }
}

/// Puts everything in order.
fn finish(mut output: WorkersOutput, map: &PropertyMap) -> WorkersOutput {
    let place = |d: &Diagnostic| d.location.as_ref().map(|l| (l.source, l.span.start));
    output.diagnostics.sort_by_key(place);
    // A worker that is read twice, say as a member of two load balancers, is reported once.
    output.diagnostics.dedup();
    output.fatal = output.diagnostics.iter().any(|d| d.severity == Severity::Error);
    output.properties = public(map);
    for entry in map.entries() {
        if let Some(location) = entry.value_location() {
            let key = String::from_utf8_lossy(&entry.key).into_owned();
            output.locations.properties.insert(key, location);
        }
    }
    output
}

/// mod_jk keeps back `.secret` alone, and shows the variables that it is made of.
fn public(map: &PropertyMap) -> Vec<(String, String)> {
    let secret = |key: &[u8]| key.ends_with(b".secret") || key.ends_with(b".secretkey");
    let entries = map.entries().iter();
    entries.filter(|it| !secret(&it.key) && !map.is_concealed(&it.key)).map(shown).collect()
}

fn shown(entry: &Entry) -> (String, String) {
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    (text(&entry.key), text(&entry.value))
}

/// The workers about which something is written, but which nobody uses.
fn unused_names(site: &Site<'_>) -> Vec<String> {
    let uses = Uses::of(site);
    let owners = site.map.entries().iter().filter_map(|entry| Some(owner(&entry.key)?.0));
    let unused =
        owners.filter(|name| !uses.listed.contains(*name) && !uses.members.contains(*name));
    let mut names: Vec<_> = unused.map(|n| String::from_utf8_lossy(n).into_owned()).collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// Worker and directive of a key such as `worker.a.port`.
fn owner(key: &[u8]) -> Option<(&[u8], &[u8])> {
    let rest = key.strip_prefix(b"worker.")?;
    let dot = rest.iter().rposition(|&b| b == b'.')?;
    Some((&rest[..dot], &rest[dot + 1..]))
}

fn reference_finding(fault: &BadReference) -> Diagnostic {
    let target = crate::diagnostic::quoted(&fault.target);
    let (message, help) = match fault.kind {
        ReferenceFault::Missing => {
            let help = if fault.target.starts_with(b"worker.") {
                "the value is the beginning of keys, without a dot at its end"
            } else {
                "the value is the beginning of keys, such as `worker.name`"
            };
            (format!("nothing begins with {target}"), help)
        }
        ReferenceFault::TooDeep => (
            format!("more than 19 references follow each other at {target}"),
            "there may be a circle",
        ),
        ReferenceFault::Ancestor => (
            format!("{target} includes the worker that refers to it; mod_jk would hang"),
            "refer to another worker or to a prefix of its own",
        ),
        ReferenceFault::TooMuch => (
            format!("copying from {target} does not come to an end"),
            "the properties that are copied hold the `reference` itself",
        ),
    };
    Diagnostic::error(fault.location.clone(), message).help(help)
}
