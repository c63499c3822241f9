//! From a request to a page and what has to be done.

use jk_types::{MemberState, StatusSettings};

use crate::change::Action;
use crate::page::{Form, Page, Part, Verdict};
use crate::request::{Command, Mime, Request, Subject};
use crate::update::{Addresses, Update, update};
use crate::view::{View, Worker};
use crate::{html, plain};

/// Who asks, and how.
#[derive(Clone, Copy, Debug, Default)]
pub struct Caller<'a> {
    /// The authenticated user.
    pub user: Option<&'a str>,
    /// A browser sent the request for a page of another site.
    pub cross_site: bool,
    /// The path of the request, as links name it.
    pub path: &'a str,
    /// Why nothing may be changed now, if so.
    pub frozen: Option<&'static str>,
}

/// A page, and what has to be done.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The media type.
    pub content_type: &'static str,
    /// The page.
    pub page: String,
    /// What has to be done.
    pub actions: Vec<Action>,
    /// What was changed, for the log.
    pub notes: Vec<String>,
    /// What is wrong, for the log.
    pub failure: Option<String>,
}

/// Answers a request. `addresses` are those of [`Request::lookups`].
pub fn answer(
    settings: &StatusSettings,
    request: &Request,
    caller: Caller<'_>,
    view: &View,
    addresses: &Addresses,
) -> Answer {
    let mut page = Page {
        view,
        settings,
        request,
        options: request.options,
        path: caller.path,
        parts: Vec::new(),
    };
    let mut done = Update::default();
    match admit(settings, request, caller, view) {
        Err(failure) => done.failure = Some(failure.to_owned()),
        Ok((command, subject)) if command.acts() => {
            done = act(command, request, subject, addresses);
        }
        Ok((command, subject)) => show(command, subject, &mut page),
    }
    page.parts.push(Part::Verdict(Verdict::of(done.failure.clone())));
    let mime = request.mime.unwrap_or(Mime::Properties);
    let text = match mime {
        Mime::Html => html::page(&page),
        Mime::Xml => plain::xml(&page),
        Mime::Text => plain::text(&page),
        Mime::Properties => plain::properties(&page),
    };
    Answer {
        content_type: mime.content_type(),
        page: text,
        actions: done.actions,
        notes: done.notes,
        failure: done.failure,
    }
}

/// Whether the request may be carried out; the first thing that is wrong counts.
fn admit<'v>(
    settings: &StatusSettings,
    request: &Request,
    caller: Caller<'_>,
    view: &'v View,
) -> Result<(Command, Option<Subject<'v>>), &'static str> {
    if !settings.users.is_empty() {
        let same = |known: &String| match caller.user {
            Some(user) if settings.user_case_insensitive => user.eq_ignore_ascii_case(known),
            Some(user) => user == known,
            None => false,
        };
        if !settings.users.iter().any(same) {
            return Err("Access denied.");
        }
    }
    if request.query.malformed {
        return Err("Error during parsing of URI");
    }
    let only_reads = request.command.is_none_or(Command::only_reads);
    if request.is_read_only(settings) && !only_reads {
        return Err("This command is not allowed in read only mode.");
    }
    let command = request.command.ok_or("Invalid command.")?;
    request.mime.ok_or("Invalid mime type.")?;
    if command.acts() && caller.cross_site {
        return Err("This command is not allowed from pages of another site.");
    }
    if let Some(why) = caller.frozen.filter(|_| command.acts()) {
        return Err(why);
    }
    if !command.needs_worker() {
        return Ok((command, None));
    }
    request.subject(view).map(|subject| (command, Some(subject)))
}

fn act(
    command: Command,
    request: &Request,
    subject: Option<Subject<'_>>,
    addresses: &Addresses,
) -> Update {
    let mut done = Update::default();
    match (command, subject) {
        (Command::Update, Some(subject)) => return update(&request.query, subject, addresses),
        (Command::Reset, Some(Subject::Whole(Worker::Lb(lb)))) => {
            done.actions.push(Action::ResetLb(lb.name.clone()));
        }
        (Command::Reset, Some(Subject::Whole(Worker::Ajp(ajp)))) => {
            done.actions.push(Action::ResetAjp(ajp.backend.name.clone()));
        }
        (_, Some(Subject::Member(lb, place))) => {
            let (name, member) = (lb.name.clone(), &lb.members[place]);
            let sub = member.backend.name.clone();
            if command == Command::Reset {
                done.actions.push(Action::ResetMember(name, sub));
            } else if member.state == MemberState::Error {
                done.notes.push(format!("marked worker '{name}' sub worker '{sub}' for recovery"));
                done.actions.push(Action::Recover(name, sub));
            } else {
                done.failure = Some("Marking worker for recovery failed".to_owned());
            }
        }
        (Command::Recover, _) => {
            done.failure = Some("Marking worker for recovery failed".to_owned());
        }
        _ => done.failure = Some("Reset failed".to_owned()),
    }
    done
}

fn show<'v>(command: Command, subject: Option<Subject<'v>>, page: &mut Page<'v>) {
    let options = page.options;
    page.parts.push(if command == Command::Edit { Part::Server } else { Part::Head });
    match (command, subject) {
        (Command::List, _) => {
            let workers = &page.view.workers;
            let lbs: Vec<_> = workers.iter().filter_map(lb_of).collect();
            let ajps: Vec<_> = workers.iter().filter_map(ajp_of).collect();
            if !lbs.is_empty() && !options.no_lbs() {
                page.parts.push(Part::Lbs(lbs));
            }
            if !ajps.is_empty() && !options.no_ajps() {
                page.parts.push(Part::Ajps(ajps));
            }
        }
        (Command::Show, Some(subject)) => match subject {
            Subject::Member(lb, place) => page.parts.push(Part::Lb(lb, Some(place))),
            Subject::Whole(Worker::Lb(lb)) => page.parts.push(Part::Lb(lb, None)),
            Subject::Whole(Worker::Ajp(ajp)) => page.parts.push(Part::Ajp(ajp)),
            Subject::Whole(Worker::Other(_)) => {}
        },
        (Command::Edit, Some(subject)) => {
            let form = match subject {
                Subject::Member(lb, place) => Form::Member(lb, place),
                Subject::Whole(Worker::Ajp(ajp)) => Form::Ajp(ajp),
                Subject::Whole(Worker::Lb(lb)) => match page.request.query.get("att") {
                    Some(attribute) => Form::Attribute(lb, attribute.to_owned()),
                    None => Form::Lb(lb),
                },
                Subject::Whole(Worker::Other(_)) => return,
            };
            page.parts.push(Part::Form(form));
        }
        (Command::Dump, _) => page.parts.push(Part::Properties),
        _ => {}
    }
}

fn lb_of(worker: &Worker) -> Option<&crate::view::Lb> {
    match worker {
        Worker::Lb(lb) => Some(lb),
        _ => None,
    }
}

fn ajp_of(worker: &Worker) -> Option<&crate::view::Ajp> {
    match worker {
        Worker::Ajp(ajp) => Some(ajp),
        _ => None,
    }
}
