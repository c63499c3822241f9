//! A load balancer and its members: directives to [`LbSettings`].

use jk_types::{Activation, AjpKind, LbSettings, MemberSettings, Secret};

use super::kind::Kind;
use super::settings::{Settings, Word};
use super::{ajp, kind};
use crate::diagnostic::quoted;
use crate::{Diagnostic, spelling};

/// Reads a worker of type `lb` (`validate` and `init` of `jk_lb_worker.c`). `None` if it has no
/// member that could be read; that has been reported then.
pub(super) fn read(settings: Settings<'_>) -> Option<LbSettings> {
    let members = members(settings)?;
    let recover_time = settings.at_least_one("recover_time", 60);
    let escalation = i32::try_from(recover_time / 2).unwrap_or(i32::MAX);
    let text =
        |directive, default: &str| settings.name(directive).unwrap_or_else(|| default.to_owned());
    Some(LbSettings {
        name: String::from_utf8_lossy(settings.name).into_owned(),
        members,
        sticky_session: settings.switch("sticky_session", true),
        sticky_session_force: settings.switch("sticky_session_force", false),
        method: settings.method(),
        lock: settings.lock(),
        retries: settings.at_least_one("retries", 2),
        lb_retries: settings.at_least_one("lb_retries", 2),
        retry_interval: settings.millis("retry_interval", 100),
        recover_time,
        error_escalation_time: settings.number("error_escalation_time", escalation),
        max_reply_timeouts: settings.number("max_reply_timeouts", 0),
        session_cookie: text("session_cookie", "JSESSIONID"),
        session_path: text("session_path", ";jsessionid"),
        set_session_cookie: settings.switch("set_session_cookie", false),
        session_cookie_path: text("session_cookie_path", "/"),
    })
}

/// The words of `balance_workers`, or of its old name if there are none.
pub(super) fn member_words<'a>(settings: Settings<'a>) -> Option<Vec<Word<'a>>> {
    settings.list("balance_workers").or_else(|| settings.list("balanced_workers"))
}

fn members(settings: Settings<'_>) -> Option<Vec<MemberSettings>> {
    let Some(words) = member_words(settings) else {
        let name = String::from_utf8_lossy(settings.name);
        let message = format!("load balancer `{name}` has no members");
        let help = format!("list them: `worker.{name}.balance_workers=one,two`");
        settings.site.report(Diagnostic::error(settings.location("type"), message).help(help));
        return None;
    };
    let secret = settings.text("secret").map(Secret::new);
    let read: Vec<_> = words.iter().map(|word| member(settings, word, secret.as_ref())).collect();
    check_routes(settings, &words, &read);
    let members: Vec<_> = read.into_iter().flatten().collect();
    check_redirects(settings, &members);
    (!members.is_empty()).then_some(members)
}

fn member(lb: Settings<'_>, word: &Word<'_>, secret: Option<&Secret>) -> Option<MemberSettings> {
    let settings = lb.site.settings(word.bytes);
    lb.site.check_length("the name of a member", word.bytes, word.location());
    check_defined(settings, word);
    let kind = member_kind(settings, word)?;
    let mut ajp = ajp::read(settings, kind);
    ajp.secret = ajp.secret.or_else(|| secret.cloned());
    let route = settings.name("route").or_else(|| settings.name("jvm_route"));
    let route = route.unwrap_or_else(|| ajp.name.clone());
    let domain = settings.name("domain").filter(|domain| !domain.is_empty());
    let domain = domain.or_else(|| Some(route.split_once('.')?.0.to_owned()));
    let mut activation = settings.activation();
    if ajp.port == 0 && activation != Activation::Stopped {
        let message = format!("port 0 stops the member {}", quoted(word.bytes));
        lb.site.report(Diagnostic::hint(settings.location("port"), message));
        activation = Activation::Stopped;
    }
    Some(MemberSettings {
        ajp,
        lbfactor: settings.at_least_one("lbfactor", 1),
        distance: settings.number("distance", 0),
        activation,
        route,
        domain: domain.filter(|domain| !domain.is_empty()),
        redirect: settings.name("redirect").filter(|redirect| !redirect.is_empty()),
    })
}

/// mod_jk takes any worker for an AJP worker here, and breaks.
fn member_kind(settings: Settings<'_>, word: &Word<'_>) -> Option<AjpKind> {
    let what = match kind::of(settings)? {
        Kind::Ajp(kind) => return Some(kind),
        Kind::Lb => "a load balancer",
        Kind::Status => "a status worker",
    };
    let message =
        format!("{} is {what} and cannot be a member of a load balancer", quoted(word.bytes));
    let help = "members must be of type `ajp13`; mod_jk's behaviour is undefined here";
    settings.site.report(Diagnostic::error(word.location(), message).help(help));
    None
}

/// Says so if nothing is written about a worker that is named here.
pub(super) fn check_defined(settings: Settings<'_>, word: &Word<'_>) {
    if settings.is_defined() {
        return;
    }
    let name = quoted(word.bytes);
    let message = format!("{name} has no directives; mod_jk would use localhost:8009");
    let finding = Diagnostic::warning(word.location(), message);
    let names = super::unused_names(settings.site);
    let wanted = String::from_utf8_lossy(word.bytes);
    let help = match spelling::nearest(&wanted, names.iter().map(String::as_str)) {
        // What text from web pages brings along looks like a blank and is none.
        Some(similar) if wanted.contains('\u{a0}') => {
            format!("it holds a non-breaking space: delete that, so that it becomes `{similar}`")
        }
        Some(similar) => format!("did you mean `{similar}`?"),
        None => format!("write at least `worker.{wanted}.host` and `worker.{wanted}.port`"),
    };
    settings.site.report(finding.help(help));
}

fn check_routes(lb: Settings<'_>, words: &[Word<'_>], members: &[Option<MemberSettings>]) {
    for (i, (word, member)) in words.iter().zip(members).enumerate() {
        let Some(member) = member else { continue };
        let earlier = members[..i].iter().flatten().find(|other| other.route == member.route);
        let Some(earlier) = earlier else { continue };
        let (name, route) = (quoted(word.bytes), quoted(member.route.as_bytes()));
        let (message, help) = if earlier.ajp.name == member.ajp.name {
            (format!("the member {name} is listed twice"), "remove it once")
        } else {
            let other = quoted(earlier.ajp.name.as_bytes());
            let message = format!("the members {other} and {name} have the same route, {route}");
            (message, "each Tomcat has its own `jvmRoute`; give each member its own `route`")
        };
        lb.site.report(Diagnostic::error(word.location(), message).help(help));
    }
}

/// `redirect` names a route or a domain; worker names are what people write.
fn check_redirects(lb: Settings<'_>, members: &[MemberSettings]) {
    for member in members {
        let Some(redirect) = member.redirect.as_deref() else { continue };
        let known =
            |m: &MemberSettings| m.route == redirect || m.domain.as_deref() == Some(redirect);
        if members.iter().any(known) {
            continue;
        }
        let site = lb.site;
        let at = site.settings(member.ajp.name.as_bytes()).location("redirect");
        let message = format!("no member has the route {}", quoted(redirect.as_bytes()));
        let named = members.iter().find(|m| m.ajp.name == redirect);
        let routes = members.iter().map(|m| m.route.as_str());
        let meant = named.map(|m| m.route.as_str()).or_else(|| spelling::nearest(redirect, routes));
        let finding = Diagnostic::warning(at, message);
        site.report(match meant {
            Some(route) => finding.help(format!("did you mean `{route}`?")),
            None => finding.help("`redirect` takes the route of another member"),
        });
    }
}
