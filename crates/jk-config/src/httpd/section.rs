//! `<VirtualHost>`, `<Location>`, `<Directory>` and the other sections that remain after reading.

use std::net::IpAddr;

use super::address::{self, Host, HostPort};
use super::family::{Fate, Known};
use super::glob;
use super::path::resolve;
use super::report::Refusal;
use super::scope::Scope;
use super::tree::{Directive, SectionArgs};
use super::value::regex;
use super::walk::Walk;
use crate::{Location, LocationMatch, Realm, RealmKind, VhostAddress};

/// A section that settings stand in.
#[derive(Clone, Debug)]
pub(crate) struct Section {
    pub(crate) kind: Kind,
    /// As httpd writes it, with its bracket open.
    pub(crate) name: &'static str,
    /// What it is for: a path, a pattern.
    pub(crate) path: String,
    pub(crate) matching: LocationMatch,
    pub(crate) at: Location,
}

/// What a section speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Paths of requests.
    Location,
    /// Directories.
    Directory,
    /// Names of files.
    Files,
    /// `<If>` and its kin.
    If,
    /// `<Limit>`, `<RequireAll>` and other sections that change nothing of where they stand.
    Transparent,
}

/// What the innermost of these sections holds for; `None` if that is not known before a request.
pub(crate) fn realm(sections: &[Section]) -> Option<Realm> {
    let section = sections.last()?;
    let kind = match section.kind {
        Kind::Location => RealmKind::Location,
        Kind::Directory => RealmKind::Directory,
        Kind::Files => RealmKind::Files,
        Kind::If | Kind::Transparent => return None,
    };
    let mut around = sections.iter().filter(|around| around.kind == Kind::Directory);
    let within = around.next_back().filter(|_| kind == RealmKind::Files);
    Some(Realm {
        kind,
        path: section.path.clone(),
        matching: section.matching,
        within: within.map(|around| (around.path.clone(), around.matching)),
    })
}

impl Section {
    /// The section as a reader knows it.
    pub(crate) fn shown(&self) -> String {
        format!("{}>", self.name)
    }
}

/// Reads a section and what it holds.
pub(crate) fn enter(
    walk: &mut Walk<'_>,
    section: &Directive,
    known: &Known,
) -> Result<(), Refusal> {
    match known.name {
        "<VirtualHost" => virtual_host(walk, section),
        "<Location" | "<LocationMatch" => enclose(walk, section, known, Kind::Location),
        "<Directory" | "<DirectoryMatch" => enclose(walk, section, known, Kind::Directory),
        "<Files" | "<FilesMatch" => files(walk, section, known),
        "<If" | "<ElseIf" | "<Else" => {
            walk.losses.add(known.name, CONDITION, section.at());
            let at = section.at();
            let path = "*If".to_owned();
            let inside = Section {
                kind: Kind::If,
                name: known.name,
                path,
                matching: LocationMatch::Prefix,
                at,
            };
            walk.within(inside, &section.children);
            Ok(())
        }
        "<Limit" | "<LimitExcept" | "<RequireAll" | "<RequireAny" | "<RequireNone" => {
            transparent(walk, section, known);
            Ok(())
        }
        _ => {
            walk.without_effect(section, known);
            Ok(())
        }
    }
}

const CONDITION: Fate =
    Fate::Unsafe("conditions are not evaluated, and what they guard is not done");

fn virtual_host(walk: &mut Walk<'_>, section: &Directive) -> Result<(), Refusal> {
    if walk.in_host {
        return Err(Refusal::new("<VirtualHost> cannot occur within a <VirtualHost> section")
            .at(&section.name.at));
    }
    let args = checked(walk, section, "<VirtualHost")?;
    let mut host = Scope {
        at: Some(section.at()),
        port: walk.main.port,
        limits: walk.main.limits,
        ..Scope::default()
    };
    for word in args.words {
        match vhost_addresses(walk, &word.text) {
            // What no name leads to is left out, as httpd does.
            Ok(addresses) if addresses.is_empty() => {
                let message = format!("`{}` is the name of no host and is ignored", word.text);
                walk.report.warning(&word.at, message).help("write an address, or `*`");
            }
            Ok(addresses) => host.addresses.extend(addresses),
            Err(refusal) => walk.report.refuse(&word.at, refusal),
        }
    }
    if let Some(VhostAddress { port: Some(port), .. }) = host.addresses.first() {
        host.port = *port;
    }
    walk.virtual_host(host, &section.children);
    Ok(())
}

/// What one word of a `<VirtualHost>` stands for: a name for all its addresses. Without a port it has
/// that of the main server's `ServerName`, if that was read before.
fn vhost_addresses(walk: &Walk<'_>, text: &str) -> Result<Vec<VhostAddress>, Refusal> {
    let main_port = walk.main.port;
    let any_port = text == "*" || text.ends_with(":*");
    let text = text.strip_suffix(":*").unwrap_or(text);
    let invalid = || {
        Refusal::new(format!("`{text}` is not an address of a virtual host"))
            .help("write `*:80`, `10.0.0.1:80` or `[::1]:80`")
    };
    let HostPort { host: Some(host), port } = address::split(text).ok_or_else(invalid)? else {
        return Err(invalid());
    };
    let default_port = (main_port != 0 && !any_port).then_some(main_port);
    let port = port.or(default_port);
    if host.eq_ignore_ascii_case("_default_") {
        return Ok(vec![VhostAddress { ip: None, port }]);
    }
    // httpd takes 0.0.0.0 and :: for wildcards, too.
    let of_ip = |ip: IpAddr| VhostAddress { ip: (!ip.is_unspecified()).then_some(ip), port };
    Ok(match address::host(host) {
        Host::Any => vec![VhostAddress { ip: None, port }],
        Host::Ip(ip) => vec![of_ip(ip)],
        Host::Name => walk.files.resolve(host).into_iter().map(of_ip).collect(),
    })
}

/// A section that holds for some paths, directories or files.
fn enclose(
    walk: &mut Walk<'_>,
    section: &Directive,
    known: &Known,
    kind: Kind,
) -> Result<(), Refusal> {
    let mut args = checked(walk, section, known.name)?;
    let first = args.words.next().map(|word| word.text).unwrap_or_default();
    let is_regex = first == "~" || known.name.ends_with("Match");
    let path = match (first == "~").then(|| args.words.next()) {
        Some(second) => second.map(|word| word.text).unwrap_or_default(),
        None => first,
    };
    if is_regex {
        regex(&path, false)?;
    }
    let more = args.words.next();
    let matching = match kind {
        _ if is_regex => LocationMatch::Regex,
        _ if glob::is_pattern(&path) => LocationMatch::Glob,
        _ => LocationMatch::Prefix,
    };
    let path = if kind == Kind::Directory && !is_regex { directory(walk, &path) } else { path };
    let inside = Section { kind, name: known.name, path, matching, at: section.at() };
    walk.within(inside, &section.children);
    match more {
        Some(word) => Err(Refusal::new(format!("{}> takes one argument", known.name)).at(&word.at)),
        None => Ok(()),
    }
}

/// The path of a `<Directory>` as httpd keeps it: with a slash at its end.
fn directory(walk: &Walk<'_>, path: &str) -> String {
    let path = resolve(walk.server_root, path).to_string_lossy().into_owned();
    if path.ends_with('/') { path } else { path + "/" }
}

fn files(walk: &mut Walk<'_>, section: &Directive, known: &Known) -> Result<(), Refusal> {
    if walk.sections.iter().any(|around| around.kind == Kind::Location) {
        let message = format!("{}> cannot occur within a <Location> section", known.name);
        return Err(Refusal::new(message).at(&section.name.at));
    }
    enclose(walk, section, known, Kind::Files)
}

fn transparent(walk: &mut Walk<'_>, section: &Directive, known: &Known) {
    let around = walk.sections.last();
    let path = around.map_or_else(String::new, |around| around.path.clone());
    let matching = around.map_or(LocationMatch::Prefix, |around| around.matching);
    let kind = around.map_or(Kind::Transparent, |around| around.kind);
    let inside = Section { kind, name: known.name, path, matching, at: section.at() };
    walk.within(inside, &section.children);
}

/// The arguments of a section that must have some.
fn checked<'d>(
    walk: &mut Walk<'_>,
    section: &'d Directive,
    name: &str,
) -> Result<SectionArgs<'d>, Refusal> {
    let args = section.section_args();
    if args.words.clone().next().is_none_or(|word| word.text.is_empty()) {
        return Err(Refusal::new(format!("{name}> requires an argument")));
    }
    if !args.closed {
        let message = format!("{name}> lacks its closing `>`");
        walk.report.error(&section.at(), message).help("end the line with `>`");
    }
    if let Some(trailing) = &args.trailing {
        walk.report.warning(trailing, "what follows the `>` is ignored");
    }
    Ok(args)
}
