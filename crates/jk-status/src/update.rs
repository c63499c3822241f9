//! `cmd=update`: which settings change, and what cannot be done.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};

use jk_balance::{Change as LbChange, MemberChange};
use jk_types::{Activation, Lock, Method};

use crate::change::{Action, AjpChange, AjpNumber, Change};
use crate::query::{Query, atoi};
use crate::request::{Command, Request, Subject, is_wild};
use crate::view::{Backend, Lb, Member, View, Worker};

/// The longest text that is taken, in bytes (mod_jk 1.2.48).
pub(crate) const LONGEST: usize = 60;

/// The addresses of hosts that were looked up. A host that is missing, or has none, cannot be
/// resolved.
pub type Addresses = HashMap<String, Vec<IpAddr>>;

/// What an update does.
#[derive(Debug, Default)]
pub(crate) struct Update {
    pub(crate) actions: Vec<Action>,
    /// What was changed, for the log.
    pub(crate) notes: Vec<String>,
    pub(crate) failure: Option<String>,
}

impl Request {
    /// The hosts that have to be looked up before the request can be answered.
    pub fn lookups(&self, view: &View) -> Vec<String> {
        if self.command != Some(Command::Update) {
            return Vec::new();
        }
        let Ok(subject) = self.subject(view) else { return Vec::new() };
        let mut hosts: Vec<String> = targets(&self.query, subject)
            .into_iter()
            .filter_map(|(_, backend)| address_change(&self.query, backend))
            .map(|(host, _)| host)
            .filter(|host| host.len() <= LONGEST)
            .collect();
        hosts.sort_unstable();
        hosts.dedup();
        hosts
    }
}

/// Who gets the parameters that concern backends.
fn targets<'v>(
    query: &Query,
    subject: Subject<'v>,
) -> Vec<(Option<(&'v Lb, &'v Member)>, &'v Backend)> {
    match subject {
        Subject::Member(lb, place) => {
            lb.members.get(place).map(|it| (Some((lb, it)), &it.backend)).into_iter().collect()
        }
        Subject::Whole(Worker::Ajp(ajp)) => vec![(None, &ajp.backend)],
        Subject::Whole(Worker::Lb(lb)) => {
            let Some(pattern) = query.get("sw") else { return Vec::new() };
            let matches = |member: &&Member| {
                jk_balance::glob_matches(pattern.as_bytes(), member.backend.name.as_bytes())
            };
            lb.members.iter().filter(matches).map(|it| (Some((lb, it)), &it.backend)).collect()
        }
        Subject::Whole(Worker::Other(_)) => Vec::new(),
    }
}

/// The new host and port, if there is anything to look up.
fn address_change(query: &Query, backend: &Backend) -> Option<(String, i32)> {
    let old = &backend.settings;
    let port = query.number("vaprt").filter(|port| (0..=65535).contains(port)).unwrap_or(old.port);
    match query.get("vahst") {
        Some(host) => Some((host.to_owned(), port)),
        None if port != old.port => Some((old.host.clone(), port)),
        None => None,
    }
}

/// Carries an update out, on paper.
pub(crate) fn update(query: &Query, subject: Subject<'_>, addresses: &Addresses) -> Update {
    let mut update = Update::default();
    match subject {
        Subject::Whole(Worker::Lb(lb)) if query.get("sw").is_none() => match query.get("att") {
            Some(attribute) => update.attribute(query, lb, attribute),
            None => update.lb(query, lb),
        },
        Subject::Whole(Worker::Other(_)) => update.failure = Some("Update failed".to_owned()),
        _ => update.targets(query, subject, addresses),
    }
    update
}

impl Update {
    fn targets(&mut self, query: &Query, subject: Subject<'_>, addresses: &Addresses) {
        let wild = query.get("sw").is_some_and(is_wild);
        let targets = targets(query, subject);
        if targets.is_empty() {
            self.failure = Some(
                match subject {
                    Subject::Whole(Worker::Lb(_)) => "could not find sub worker",
                    _ => "worker type has no sub workers",
                }
                .to_owned(),
            );
        }
        for (member, backend) in targets {
            let value = |name: &str| query.get(name);
            if let Some((lb, member)) = member {
                self.member(&value, lb, member);
            }
            self.address(query, backend, addresses);
            self.numbers(&value, backend, member.map(|(lb, _)| lb));
            if let Some(failure) = &mut self.failure {
                if wild {
                    failure.push_str(" Aborting further wildcard updates.");
                }
                return;
            }
        }
    }

    /// One attribute of all members; what is too long is refused in silence.
    fn attribute(&mut self, query: &Query, lb: &Lb, attribute: &str) {
        for (place, member) in lb.members.iter().enumerate() {
            let given = query.get(&format!("val{place}"));
            let value = |name: &str| given.filter(|_| name == attribute);
            self.member(&value, lb, member);
            self.numbers(&value, &member.backend, Some(lb));
        }
        self.failure = None;
    }

    fn lb(&mut self, query: &Query, lb: &Lb) {
        let positive = |name| query.number(name).filter(|&number| number > 0);
        let mut change = |old: String, change: LbChange, directive: &str, new: String| {
            if old != new {
                self.notes.push(format!(
                    "changing '{directive}' for lb worker '{}' from '{old}' to '{new}'",
                    lb.name
                ));
                let worker = lb.name.clone();
                self.actions.push(Action::Change(Change::Lb { worker, change }));
            }
        };
        let mut number =
            |old: i64, new: Option<i32>, directive: &str, make: fn(i32) -> LbChange| {
                if let Some(new) = new {
                    change(old.to_string(), make(new), directive, new.to_string());
                }
            };
        number(lb.retries.into(), positive("vlr"), "retries", |n| {
            LbChange::Retries(n.unsigned_abs())
        });
        let interval = i64::try_from(lb.retry_interval).unwrap_or(i64::MAX);
        number(interval, positive("vlri"), "retry_interval", |n| {
            LbChange::RetryInterval(std::time::Duration::from_millis(n.unsigned_abs().into()))
        });
        number(lb.recover_time.into(), positive("vlt"), "recover_time", |n| {
            LbChange::RecoverTime(n.unsigned_abs())
        });
        let old = lb.error_escalation_time.into();
        number(old, positive("vlee"), "error_escalation_time", LbChange::ErrorEscalationTime);
        let given = query.number("vlx").filter(|&number| number >= 0);
        let old = lb.max_reply_timeouts.into();
        number(old, given, "max_reply_timeouts", LbChange::MaxReplyTimeouts);
        let switch = |name, old| query.get(name).map_or(old, |text| truth(text, old));
        let new = switch("vls", lb.sticky_session);
        let old = lb.sticky_session;
        change(old.to_string(), LbChange::StickySession(new), "sticky_session", new.to_string());
        let new = switch("vlf", lb.sticky_session_force);
        let old = lb.sticky_session_force.to_string();
        let what = LbChange::StickySessionForce(new);
        change(old, what, "sticky_session_force", new.to_string());
        let new = query.get("vlm").map_or(lb.method, Method::from_directive);
        let old = lb.method.label().to_owned();
        change(old, LbChange::Method(new), "method", new.label().to_owned());
        let new = query.get("vll").map_or(lb.lock, Lock::from_directive);
        let old = lb.lock.label().to_owned();
        change(old, LbChange::Lock(new), "lock", new.label().to_owned());
    }

    fn member<'q>(&mut self, value: &dyn Fn(&str) -> Option<&'q str>, lb: &Lb, member: &Member) {
        let name = &member.backend.name;
        let mut push = |directive: &str, old: &str, new: &str, change: MemberChange| {
            self.notes.push(format!(
                "changing '{directive}' for sub worker '{name}' of lb worker '{}' from '{old}' \
                 to '{new}'",
                lb.name
            ));
            let (worker, member) = (lb.name.clone(), name.clone());
            self.actions.push(Action::Change(Change::Member { worker, member, change }));
        };
        if let Some(new) = value("vwa").map(Activation::from_directive) {
            if new != member.activation {
                let (old, text) = (member.activation.code(), new.code());
                push("activation", old, text, MemberChange::Activation(new));
            }
        }
        if let Some(new) = value("vwf").map(atoi).and_then(|new| u32::try_from(new).ok()) {
            if new >= 1 && new != member.lbfactor {
                let (old, text) = (member.lbfactor.to_string(), new.to_string());
                push("lbfactor", &old, &text, MemberChange::LbFactor(new));
            }
        }
        type Make = fn(String) -> MemberChange;
        let texts = [
            ("vwn", "route", &member.route, MemberChange::Route as Make),
            ("vwr", "redirect", &member.redirect, MemberChange::Redirect as Make),
            ("vwc", "domain", &member.domain, MemberChange::Domain as Make),
        ];
        let mut too_long = None;
        for (parameter, directive, old, make) in texts {
            match value(parameter) {
                Some(new) if new.len() > LONGEST => too_long = Some((directive, new)),
                Some(new) if new != old => push(directive, old, new, make(new.to_owned())),
                _ => {}
            }
        }
        if let Some(new) = value("vwd").map(atoi) {
            if new >= 0 && new != member.distance {
                let (old, text) = (member.distance.to_string(), new.to_string());
                push("distance", &old, &text, MemberChange::Distance(new));
            }
        }
        if let Some((directive, new)) = too_long {
            self.failure = Some(format!(
                "Update failed (at least partially): new {directive} '{new}' too long for sub \
                 worker '{name}', see log file for details."
            ));
        }
    }

    fn numbers<'q>(
        &mut self,
        value: &dyn Fn(&str) -> Option<&'q str>,
        backend: &Backend,
        lb: Option<&Lb>,
    ) {
        for number in AjpNumber::ALL {
            let new = value(number.parameter()).map(atoi).and_then(|new| number.accepts(new));
            let old = number.of(&backend.settings);
            let Some(new) = new.filter(|&new| new != old) else { continue };
            let of = lb.map_or(String::new(), |lb| format!(" of lb worker '{}'", lb.name));
            self.notes.push(format!(
                "changing '{}' for sub worker '{}'{of} from '{old}' to '{new}'",
                number.directive(),
                backend.name
            ));
            self.ajp(backend, AjpChange::Number(number, new));
        }
    }

    fn address(&mut self, query: &Query, backend: &Backend, addresses: &Addresses) {
        let Some((host, port)) = address_change(query, backend) else { return };
        let name = &backend.name;
        if host.len() > LONGEST {
            self.failure = Some(format!(
                "Update failed (at least partially): new host name '{host}' too long for sub \
                 worker '{name}', see log file for details."
            ));
            return;
        }
        let found = addresses.get(&host).map_or(&[][..], Vec::as_slice);
        let preferred = found.iter().find(|ip| ip.is_ipv6() == backend.prefer_ipv6);
        let Some(ip) = preferred.or(found.first()) else {
            self.failure = Some(format!(
                "Update failed (at least partially): could not resolve address '{host}:{port}' \
                 for sub worker '{name}'."
            ));
            return;
        };
        let address = u16::try_from(port).ok().filter(|&port| port > 0);
        let address = address.map(|port| SocketAddr::new(*ip, port));
        let old = &backend.settings;
        if (&old.host, old.port, backend.address) != (&host, port, address) {
            self.notes.push(format!(
                "changing 'host' and 'port' for sub worker '{name}' from '{}:{}' to \
                 '{host}:{port}'",
                old.host, old.port
            ));
            self.ajp(backend, AjpChange::Address { host, port, address });
        }
    }

    fn ajp(&mut self, backend: &Backend, change: AjpChange) {
        let worker = backend.name.clone();
        self.actions.push(Action::Change(Change::Ajp { worker, change }));
    }
}

/// A switch by its first letter; what is no switch leaves things as they are.
fn truth(text: &str, otherwise: bool) -> bool {
    let text = text.to_ascii_lowercase();
    match text.bytes().next() {
        Some(b't' | b'y' | b'1') => true,
        Some(b'f' | b'n' | b'0') => false,
        _ if text.starts_with("on") => true,
        _ if text.starts_with("off") => false,
        _ => otherwise,
    }
}
