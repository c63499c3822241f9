//! The session of a request and the member that it leads to.

use jk_balance::Why;
use jk_proxy::explain::{Balancing, Ignored, Place, Session};
use jk_types::{Activation, LbSettings};

use super::{conclusion, fact, section};
use crate::check::activation;
use crate::term::{Align, Paint, Table, shown};

pub(super) fn write(out: &mut String, balancing: &Balancing, lb: &LbSettings, paint: Paint) {
    section(out, "Session", paint);
    session(out, &balancing.session);
    section(out, &format!("Members of {}, by {}", lb.name, lb.method.label()), paint);
    members(out, balancing, paint);
    conclusion(out, &elected(balancing, lb), paint);
    if balancing.stateless {
        fact(out, "stateless", "counts as no new session, and load does not matter");
    }
    for cookie in &balancing.cookies {
        fact(out, "Set-Cookie", &shown(cookie));
    }
}

fn session(out: &mut String, session: &Session) {
    let Session { cookie, parameter, .. } = session;
    match session.ignored {
        Some(Ignored::ByWorker) => {
            return fact(out, "not looked for", "the load balancer has sticky_session off");
        }
        Some(Ignored::ByRequest) => {
            return fact(out, "not looked for", "sticky_ignore is on for this request");
        }
        None => {}
    }
    let place = match session.place {
        Some(Place::Variable) => "in the variable JK_ROUTE".to_owned(),
        Some(Place::Parameter) => format!("in the path, behind `{parameter}=`"),
        Some(Place::Cookie) => format!("in the cookie {cookie}"),
        Some(Place::EmptyParameter) => {
            format!("nowhere: `{parameter}=` without a value hides the cookie {cookie}")
        }
        None => format!("nowhere: neither `{parameter}=` in the path nor a cookie {cookie}"),
    };
    fact(out, "found", &place);
    for (id, route) in &session.ids {
        let route = match route {
            Some(route) => format!("route {}", shown(route)),
            None => "no route: nothing follows a dot".to_owned(),
        };
        let id = if id.is_empty() { "(forced)".to_owned() } else { shown(id) };
        fact(out, "id", &format!("{id}  {route}"));
    }
}

fn members(out: &mut String, balancing: &Balancing, paint: Paint) {
    let mut table = Table::new([
        ("", Align::Left),
        ("member", Align::Left),
        ("route", Align::Left),
        ("domain", Align::Left),
        ("redirect", Align::Left),
        ("state", Align::Left),
        ("activation", Align::Left),
        ("distance", Align::Right),
        ("factor", Align::Right),
        ("mult", Align::Right),
        ("lb_value", Align::Right),
    ]);
    let or_dash = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
    for (at, candidate) in balancing.candidates.iter().enumerate() {
        let by_rule = if candidate.overridden { " (rule)" } else { "" };
        table.row([
            if balancing.preview.member == Some(at) { ">" } else { "" }.to_owned(),
            candidate.name.clone(),
            candidate.route.clone(),
            or_dash(&candidate.domain),
            or_dash(&candidate.redirect),
            candidate.state.label().to_owned(),
            format!("{}{by_rule}", activation(candidate.activation)),
            candidate.distance.to_string(),
            candidate.lbfactor.to_string(),
            candidate.mult.to_string(),
            candidate.value.to_string(),
        ]);
    }
    table.without_empty(&["domain", "redirect"]).write(out, 2, paint);
}

fn elected(balancing: &Balancing, lb: &LbSettings) -> String {
    let member = balancing.preview.member.and_then(|at| lb.members.get(at));
    let Some(member) = member else { return nobody(balancing, lb) };
    let why = match balancing.preview.why {
        Some(Why::OnlyMember) => "there is no other",
        Some(Why::Route) => "its route is in the session id",
        Some(Why::Domain) => "the route in the session id is, or begins with, its domain",
        Some(Why::Redirect) => "the member of the session cannot serve, and redirects to it",
        Some(Why::SameDomain) => "the member of the session cannot serve, and shares its domain",
        Some(Why::Load) if balancing.stateless => "it is next in turn at the smallest distance",
        Some(Why::Load) => "it has the least lb_value at the smallest distance",
        Some(Why::StandIn) => "nobody is active; the first redirect of all leads to it",
        None => "the election says so",
    };
    let route = balancing.route.as_deref().map_or("none".to_owned(), shown);
    let sticky = if balancing.preview.sticky { "sticks to it" } else { "does not stick" };
    let name = &member.ajp.name;
    format!("`{name}`, because {why}; the request {sticky}, and the backend is told route {route}")
}

fn nobody(balancing: &Balancing, lb: &LbSettings) -> String {
    let stopped = balancing.candidates.iter().all(|c| c.activation != Activation::Active);
    let why = match () {
        () if lb.sticky_session_force && !balancing.session.ids.is_empty() => {
            "sticky_session_force is on, and the member of the session cannot serve"
        }
        () if stopped => "no member is active",
        () => "no member is usable",
    };
    format!("nobody: 503, because {why}")
}
