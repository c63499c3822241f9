//! What works, but not as it seems to: directives without effect, workers without limits.

use std::collections::HashSet;

use jk_types::{AjpSettings, LbSettings, Worker, WorkerKind};

use super::kind::{self, Kind};
use super::settings::Site;
use super::{lb, owner};
use crate::diagnostic::quoted;
use crate::directive::{Directive, Scope, Standing};
use crate::property_map::Entry;
use crate::{Diagnostic, Location, spelling};

/// What a Tomcat connector serves at once unless it is told otherwise.
const TOMCAT_MAX_THREADS: u32 = 200;

/// Says what can be said of the site as a whole.
pub(super) fn advise(site: &Site<'_>, workers: &[Worker]) {
    let uses = Uses::of(site);
    for entry in site.map.entries() {
        check_effect(site, &uses, entry);
    }
    check_variables(site);
    check_maintain(site);
    check_timeouts(site, workers);
    for worker in workers {
        match &worker.kind {
            WorkerKind::Ajp(ajp) => check_pool(site, ajp),
            WorkerKind::Lb(lb) => {
                lb.members.iter().for_each(|member| check_pool(site, &member.ajp));
                check_same_backend(site, lb);
            }
            WorkerKind::Status(_) => {}
        }
    }
}

/// Who is used as what.
pub(super) struct Uses<'a> {
    pub(super) listed: HashSet<&'a [u8]>,
    pub(super) members: HashSet<&'a [u8]>,
    /// Prefixes of keys that a `reference` names.
    referred: HashSet<&'a [u8]>,
}

impl<'a> Uses<'a> {
    pub(super) fn of(site: &'a Site<'a>) -> Self {
        let entries = site.map.entries();
        let list = site.map.get(b"worker.list");
        let listed: HashSet<_> = list.into_iter().flat_map(words).collect();
        let lbs = listed.iter().map(|name| site.settings(name));
        let lbs = lbs.filter(|lb| kind::silently(*lb) == Some(Kind::Lb));
        let members = lbs.filter_map(lb::member_words).flatten().map(|word| word.bytes).collect();
        let references = entries.iter().filter(|e| e.key.ends_with(b".reference"));
        Self { listed, members, referred: references.map(|e| e.value.as_slice()).collect() }
    }

    fn is_referred(&self, key: &[u8]) -> bool {
        let dots = key.iter().enumerate().filter(|(_, b)| **b == b'.');
        dots.into_iter().any(|(dot, _)| self.referred.contains(&key[..dot]))
    }
}

fn words(entry: &Entry) -> impl Iterator<Item = &[u8]> {
    crate::properties::words(&entry.value)
}

/// A directive that nobody reads.
fn check_effect(site: &Site<'_>, uses: &Uses<'_>, entry: &Entry) {
    let Some(directive) = Directive::of_key(&entry.key) else { return };
    let obsolete = directive.standing == Standing::Obsolete;
    if obsolete || entry.level > 0 || !entry.key.starts_with(b"worker.") {
        return;
    }
    let at = entry.key_location();
    let Some((name, _)) = owner(&entry.key) else {
        check_two_components(site, directive, at);
        return;
    };
    let listed = uses.listed.contains(name);
    let member = uses.members.contains(name);
    if uses.is_referred(&entry.key) {
        return;
    }
    if !listed && !member {
        check_unused(site, name, entry);
    } else if directive.name == "mount" && !listed {
        let message = format!("`mount` has no effect: {} is not in `worker.list`", quoted(name));
        site.report(Diagnostic::warning(at, message));
    } else if let Some(kind) = kind::silently(site.settings(name)) {
        check_scope(site, directive, kind, member, at);
    }
}

/// Said once, of the first directive.
fn check_unused(site: &Site<'_>, name: &[u8], entry: &Entry) {
    let prefix = site.settings(name).key("");
    let of_worker = |e: &&Entry| owner(&e.key).is_some_and(|(owner, _)| owner == name);
    if site.map.below(&prefix).find(of_worker).is_some_and(|first| first.key == entry.key) {
        let worker = quoted(name);
        let message = format!("the worker {worker} is neither in `worker.list` nor a member");
        site.report(Diagnostic::hint(entry.key_location(), message));
    }
}

/// `worker.retries=3`
fn check_two_components(site: &Site<'_>, directive: &Directive, at: Option<Location>) {
    if directive.scope.global {
        return;
    }
    let name = directive.name;
    let message = format!("`worker.{name}` has no effect");
    let help = format!("name the worker: `worker.NAME.{name}`");
    site.report(Diagnostic::warning(at, message).help(help));
}

fn check_scope(
    site: &Site<'_>,
    directive: &Directive,
    kind: Kind,
    member: bool,
    at: Option<Location>,
) {
    let Scope { ajp, member: in_lb, lb, status, global } = directive.scope;
    let name = directive.name;
    let (fits, what) = match kind {
        Kind::Ajp(_) => (if member { in_lb } else { ajp }, "a worker of type `ajp13`"),
        Kind::Lb => (lb, "a load balancer"),
        Kind::Status => (status, "a status worker"),
    };
    let secretkey = name == "secretkey" && kind == Kind::Ajp(jk_types::AjpKind::Ajp13);
    if fits && !secretkey {
        return;
    }
    let message = format!("`{name}` has no effect on {what}");
    site.report(match kind {
        _ if secretkey => Diagnostic::warning(at, message).help("did you mean `secret`?"),
        Kind::Ajp(_) if in_lb => Diagnostic::note(
            at,
            format!("`{name}` has an effect only on members of a load balancer"),
        ),
        _ if global => Diagnostic::warning(at, message).help(format!("write `worker.{name}`")),
        Kind::Lb if ajp => Diagnostic::warning(at, message).help("set it for the members"),
        _ => Diagnostic::warning(at, message),
    });
}

/// `Worker.a.host`, `workers.a.host`: variables to mod_jk.
fn check_variables(site: &Site<'_>) {
    for entry in site.map.entries() {
        let Some(directive) = Directive::of_key(&entry.key) else { continue };
        let key = String::from_utf8_lossy(&entry.key);
        let Some((first, rest)) = key.split_once('.') else { continue };
        let meant = spelling::nearest(first.trim_start_matches('\u{feff}'), ["worker"]);
        // Two parts make a directive only of the global ones.
        let parts = directive.scope.global || rest.contains('.');
        if first == "worker" || meant.is_none() || !parts {
            continue;
        }
        let message = format!("{} is a variable, not a directive", quoted(&entry.key));
        let help = format!("did you mean `worker.{rest}`?");
        site.report(Diagnostic::warning(entry.key_location(), message).help(help));
    }
}

fn check_maintain(site: &Site<'_>) {
    let Some(entry) = site.map.get(b"worker.maintain") else { return };
    if site.number(&entry.key, 60) <= 0 {
        let message = "no maintenance: members in error are not given another chance, idle \
                       connections are neither closed nor pinged, loads never decay";
        site.report(Diagnostic::warning(entry.value_location(), message));
    }
}

/// A backend that hangs holds its connections for ever, and the requests with them.
fn check_timeouts(site: &Site<'_>, workers: &[Worker]) {
    let backends = workers.iter().flat_map(|worker| match &worker.kind {
        WorkerKind::Ajp(ajp) => vec![ajp.as_ref()],
        WorkerKind::Lb(lb) => lb.members.iter().map(|member| &member.ajp).collect(),
        WorkerKind::Status(_) => Vec::new(),
    });
    let mut names: Vec<&str> = Vec::new();
    for ajp in backends.filter(|ajp| has_no_timeout(ajp)) {
        if !names.contains(&ajp.name.as_str()) {
            names.push(&ajp.name);
        }
    }
    let Some(first) = names.first() else { return };
    let subject = match names.len() {
        1 => format!("`{first}` has"),
        2 => format!("`{first}` and `{}` have", names[1]),
        many => format!("`{first}` and {} other workers have", many - 1),
    };
    let prefix = format!("worker.{first}.");
    let of_first = site.map.below(prefix.as_bytes()).next();
    // A worker without directives is at least named somewhere.
    let at = of_first.and_then(Entry::key_location).or_else(|| {
        let list = site.map.get(b"worker.list")?;
        list.word_location(first.as_bytes())
    });
    let at = at.or_else(|| site.start.clone());
    let message = format!("{subject} no timeout: a backend that hangs is waited for without end");
    let help = "consider `reply_timeout`, or `socket_timeout`, and `ping_mode=A`";
    site.report(Diagnostic::hint(at, message).help(help));
}

fn has_no_timeout(ajp: &AjpSettings) -> bool {
    let times = [ajp.socket_timeout, ajp.reply_timeout, ajp.connect_timeout, ajp.prepost_timeout];
    times.iter().all(std::time::Duration::is_zero)
}

/// httpd had as many pools as processes.
fn check_pool(site: &Site<'_>, ajp: &AjpSettings) {
    let Some(size @ 1..TOMCAT_MAX_THREADS) = ajp.connection_pool_size else { return };
    let settings = site.settings(ajp.name.as_bytes());
    let at = settings.location("connection_pool_size").or_else(|| settings.location("cachesize"));
    let message = format!("at most {size} requests at once; httpd had such a pool per process");
    let help = "a Tomcat connector serves 200 at once unless `maxThreads` says otherwise";
    site.report(Diagnostic::hint(at, message).help(help));
}

fn check_same_backend(site: &Site<'_>, lb: &LbSettings) {
    for (i, member) in lb.members.iter().enumerate() {
        let ajp = &member.ajp;
        let same = |other: &AjpSettings| {
            other.host == ajp.host && other.port == ajp.port && other.name != ajp.name
        };
        let Some(other) = lb.members[..i].iter().find(|m| same(&m.ajp) && ajp.port > 0) else {
            continue;
        };
        let settings = site.settings(ajp.name.as_bytes());
        let at = settings.location("port").or_else(|| settings.location("host"));
        let Some(at) = at else { continue };
        let (name, earlier) = (&ajp.name, &other.ajp.name);
        let message =
            format!("`{name}` is the same backend as `{earlier}`: {}:{}", ajp.host, ajp.port);
        site.report(Diagnostic::hint(at, message));
    }
}
