//! The pages of a status worker, and what they change.

use std::rc::Rc;

use jk_config::JkLogLevel;
use jk_status::{Action, Addresses, Caller, Request};

use super::client::Line;
use super::context::{Context, Serving};
use super::exchange::{Exchange, Stage};
use super::net::{Net, Stream};
use super::static_file::FileSend;
use super::{journal, snapshot};
use crate::command::Command;
use crate::edits::Open;
use crate::shared::Shared;
use crate::site::{Kind, Lb};

impl<S: Stream> Exchange<S> {
    /// Answers as a status worker. A page that lists rules shows what their files say now, whatever
    /// `JkMountFileReload` says (mod_jk: `display_map`).
    pub(super) fn begin_status<N: Net<Stream = S>>(
        &mut self,
        ctx: &mut Context<N>,
        line: &mut Line<S>,
        worker: usize,
    ) {
        let request = Request::parse(self.received.query().unwrap_or_default());
        let lists =
            matches!(request.command, Some(jk_status::Command::List | jk_status::Command::Show));
        let rules: Vec<_> = match lists && !request.options.no_maps() {
            true => self.received.site().rule_files().cloned().collect(),
            false => Vec::new(),
        };
        debug_assert_eq!(self.received.mapping.and_then(|mapping| mapping.worker), Some(worker));
        if rules.is_empty() {
            return self.look_up_hosts(ctx, line);
        }
        self.stage = Stage::File(FileSend::default());
        ctx.files.refresh_all(ctx.home, line.key, rules);
    }

    /// Goes on when the rules are as their files say; hosts that a change names are looked up first,
    /// elsewhere.
    pub(super) fn look_up_hosts<N: Net<Stream = S>>(
        &mut self,
        ctx: &mut Context<N>,
        line: &mut Line<S>,
    ) {
        let request = Request::parse(self.received.query().unwrap_or_default());
        let hosts = match request.command {
            Some(jk_status::Command::Update) => {
                request.lookups(&snapshot::view(&self.received, ctx.clock.seconds()))
            }
            _ => Vec::new(),
        };
        if hosts.is_empty() {
            return self.resolved(ctx, line, &Addresses::new());
        }
        self.stage = Stage::File(FileSend::default());
        ctx.files.resolve(ctx.home, line.key, hosts);
    }

    /// Goes on with what the names mean.
    pub(super) fn resolved<N: Net<Stream = S>>(
        &mut self,
        ctx: &mut Context<N>,
        line: &mut Line<S>,
        addresses: &Addresses,
    ) {
        match self.received.mapping.and_then(|mapping| mapping.worker) {
            Some(worker) => self.answer_status(ctx, line, worker, addresses),
            None => self.answer_error(ctx, line, 500),
        }
    }

    fn answer_status<N: Net<Stream = S>>(
        &mut self,
        ctx: &mut Context<N>,
        line: &mut Line<S>,
        worker: usize,
        addresses: &Addresses,
    ) {
        let serving = Rc::clone(&self.received.serving);
        let Kind::Status(settings) = &serving.site.workers[worker].kind else {
            return self.answer_error(ctx, line, 500);
        };
        let received = &self.received;
        let request = Request::parse(received.query().unwrap_or_default());
        let names = &received.settings().jk.indicators;
        let user = received.variable(&names.remote_user).map(String::from_utf8_lossy);
        let path = snapshot::link_path(&received.path);
        // Nobody changes anything between the look at the old values and the new ones.
        let acts = request.command.is_some_and(jk_status::Command::acts);
        let mut book = acts.then(|| serving.book.open());
        let caller = Caller {
            user: user.as_deref(),
            cross_site: jk_status::is_cross_site(&|name| received.head.find(&received.bytes, name)),
            path: &path,
            frozen: book.as_ref().and_then(Open::frozen),
        };
        let view = snapshot::view(received, ctx.clock.seconds());
        let answer = jk_status::answer(settings, &request, caller, &view, addresses);
        if let Some(book) = &mut book {
            answer.actions.into_iter().for_each(|action| act(ctx, &serving, book, action));
        }
        drop(book);
        let notes = answer.notes.iter().map(|note| (JkLogLevel::Info, note));
        let failure = answer.failure.iter().map(|failure| (JkLogLevel::Warn, failure));
        for (level, text) in notes.chain(failure) {
            let name = &settings.name;
            let (place, colon) = match level {
                JkLogLevel::Info => ("commit_member::jk_status.c (3440)", ""),
                _ => ("service::jk_status.c (5188)", ":"),
            };
            journal::note(
                ctx,
                received,
                level,
                place,
                format_args!("Status worker '{name}'{colon} {text}"),
            );
        }
        self.set_status(200);
        self.reply.fields.add(b"Cache-Control", b"no-cache");
        self.reply.fields.add(b"Pragma", b"no-cache");
        self.set_content_type(answer.content_type.as_bytes());
        self.answer(ctx, line, answer.page.as_bytes());
    }
}

fn act<N: Net>(
    ctx: &mut Context<N>,
    serving: &Serving<N::Stream>,
    book: &mut Open<'_, N::Stream>,
    action: Action,
) {
    let now = ctx.clock.seconds();
    let site = &serving.site;
    match action {
        Action::Change(change) => {
            book.change(serving, &change, |shared, at| close_idle(ctx, shared, at));
        }
        Action::ResetLb(name) => lbs(serving, &name).for_each(|lb| lb.balancer.lock().reset(now)),
        Action::ResetMember(name, member) => lbs(serving, &name).for_each(|lb| {
            let mut balancer = lb.balancer.lock();
            if let Some(place) = balancer.member_named(&member) {
                balancer.reset_member(place, now);
            }
        }),
        Action::ResetAjp(name) => {
            let backend = site.backends.iter().find(|backend| backend.settings.name == name);
            backend.into_iter().for_each(|backend| backend.counters.reset(now));
        }
        Action::Recover(name, member) => lbs(serving, &name).for_each(|lb| {
            let mut balancer = lb.balancer.lock();
            if let Some(place) = balancer.member_named(&member) {
                // Somebody else may have been faster; then there is nothing to do.
                let _ = balancer.recover_member(place);
            }
        }),
    }
}

/// Connections to the address before: idle ones end now, others after their request.
fn close_idle<N: Net>(ctx: &mut Context<N>, serving: &Shared<N::Stream>, at: usize) {
    for home in 0..ctx.loops {
        let idle = serving.pools[at].lock().renew(home);
        for parked in idle {
            serving.site.backends[at].counters.closed();
            if home == ctx.home {
                ctx.backends.remove(parked.key);
            } else {
                ctx.net.send(home, Command::Taken(parked.key));
            }
        }
    }
}

fn lbs<'s, S>(serving: &'s Shared<S>, name: &str) -> impl Iterator<Item = &'s Lb> {
    let worker = serving.site.workers.iter().find(|worker| worker.name == name);
    worker.into_iter().filter_map(|worker| match &worker.kind {
        Kind::Lb(lb) => Some(&**lb),
        _ => None,
    })
}
