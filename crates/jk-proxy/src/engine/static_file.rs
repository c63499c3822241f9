//! Requests that no rule maps: the file that the path names, if there is one.

use std::fs::File;
use std::ops::Range;
use std::path::PathBuf;
use std::time::SystemTime;

use jk_config::Server;
use jk_site::files::{
    Conditions, FilePlan, Found, MultipartBoundary, Ranges, Resource, Step, decide, plan,
};

use super::client::Line;
use super::context::Context;
use super::exchange::{Exchange, Stage};
use super::forward::Flow;
use super::net::{Net, Stream};
use super::reply::Urgency;
use super::route::HeadFields;
use super::unread::Unread;
use crate::files::{Alias, BLOCK, Fetched};

/// A file on its way to the client.
#[derive(Debug, Default)]
pub(crate) struct FileSend {
    /// What the file thread found, not looked at yet.
    pub fetched: Option<Fetched>,
    /// It has been seen that nobody else serves the request.
    pub is_ours: bool,
    /// The request's content has to come first.
    pub awaits_content: bool,
    /// Parts that are still to be sent, the present one first.
    parts: Vec<Range<u64>>,
    /// With several parts: what stands between them.
    between: Option<(MultipartBoundary, Vec<u8>, u64)>,
    /// Text to be sent before the next block.
    prefix: Vec<u8>,
}

impl FileSend {
    /// What the default handler is to answer by.
    pub(super) fn ours(found: Fetched) -> Self {
        Self { fetched: Some(found), is_ours: true, ..Self::default() }
    }
}

impl<S: Stream> Exchange<S> {
    /// Serves a request that no rule maps.
    pub(crate) fn begin_local<N: Net<Stream = S>>(
        &mut self,
        ctx: &mut Context<N>,
        line: &mut Line<S>,
    ) {
        if self.received.method() == b"TRACE" {
            return self.answer_trace(ctx, line);
        }
        let site = &self.received.host().files;
        let mut name = Vec::new();
        if self.received.path == b"*" {
            self.received.set_late_variables(false);
            return match self.received.method() {
                b"OPTIONS" => self.answer_options(ctx, line, false),
                _ => self.answer_error(ctx, line, 400),
            };
        }
        if let Err(status) = site.locate(&self.received.path, &mut name) {
            self.received.settle_sections(line);
            // What is hidden is hidden from handlers, too.
            return match self.received.handled().filter(|_| status == 404) {
                Some(destination) => self.go(ctx, line, destination),
                None => self.answer_error(ctx, line, status),
            };
        }
        let names = if self.received.path.ends_with(b"/") { site.index() } else { &[] };
        let index = names.iter().map(|name| self.received.index_named(name)).collect();
        self.stage = Stage::File(FileSend::default());
        self.received.file = name;
        // mod_jk looks there when it has looked for a rule, by the path that rules are compared with.
        let looked = self.received.mounts.is_some();
        let alias = match auto_alias(self.received.settings(), looked, &self.received.mapped) {
            Ok(alias) => alias,
            Err(status) => {
                self.received.file.clear();
                return self.answer_error(ctx, line, status);
            }
        };
        ctx.files.open(ctx.home, line.key, path_of(&self.received.file), alias, index);
    }

    /// Goes on with what the file thread found.
    pub(crate) fn file_step<N: Net<Stream = S>>(
        &mut self,
        ctx: &mut Context<N>,
        line: &mut Line<S>,
    ) -> Flow {
        if self.reply.flush(&mut line.stream, &mut line.writable).is_err() {
            self.abandon(self.reply.status);
            return Flow::Again;
        }
        let Stage::File(send) = &mut self.stage else { return Flow::Again };
        if self.reply.is_clogged() {
            return Flow::Wait;
        }
        match send.fetched.take() {
            None => return Flow::Wait,
            Some(Fetched::Block { file, bytes }) => self.block(ctx, line, file, bytes),
            Some(Fetched::Refreshed) => {
                self.tell_reloads(ctx);
                self.route_on(ctx, line);
            }
            Some(Fetched::AllRefreshed) => {
                self.tell_reloads(ctx);
                self.look_up_hosts(ctx, line);
            }
            Some(Fetched::Resolved(addresses)) => self.resolved(ctx, line, &addresses),
            Some(Fetched::Broken) => self.abandon(self.reply.status),
            Some(found) if send.is_ours => return self.serve(ctx, line, found),
            Some(found) => return self.found(ctx, line, found),
        }
        Flow::Again
    }

    /// Serves what the path turned out to name. A handler is asked when directories have been told
    /// apart: one without its slash is redirected, and one with an index is that index.
    fn found<N: Net<Stream = S>>(
        &mut self,
        ctx: &mut Context<N>,
        line: &mut Line<S>,
        mut found: Fetched,
    ) -> Flow {
        if let Fetched::Aliased { path, found: there } = found {
            self.received.file = path.into_os_string().into_encoded_bytes();
            found = *there;
        }
        if let Fetched::Missing { known, .. } = found {
            // httpd takes the rest for path info.
            self.received.file.truncate(known);
        }
        self.received.settle_sections(line);
        let bare = matches!(found, Fetched::Other(Found::Directory));
        if let Fetched::Opened { index: Some(index), passed, .. } = &found {
            if let Some(passed) = passed {
                self.received.note_index(passed);
            }
            self.received.settle_index(index);
        }
        if !bare && !matches!(found, Fetched::Mapped { .. }) {
            if let Some(destination) = self.received.handled() {
                self.go(ctx, line, destination);
                return Flow::Again;
            }
        }
        if let Fetched::Mapped { name, exists } = &found {
            self.forward_index(ctx, line, name, *exists);
            return Flow::Again;
        }
        self.serve(ctx, line, found)
    }

    /// Serves what was found, once all content has come. httpd redirects to a directory before.
    fn serve<N: Net<Stream = S>>(
        &mut self,
        ctx: &mut Context<N>,
        line: &mut Line<S>,
        found: Fetched,
    ) -> Flow {
        let moved = matches!(found, Fetched::Other(Found::Directory))
            && decide(self.received.method(), &self.received.path, Found::Directory)
                == Step::Redirect;
        let unread = if moved { Unread::Gone } else { self.drop_content(ctx, line) };
        match unread {
            Unread::Gone => self.serve_now(ctx, line, found),
            Unread::Refused => {}
            Unread::Waits | Unread::More => {
                let mut send = FileSend::ours(found);
                send.awaits_content = true;
                self.stage = Stage::File(send);
            }
        }
        if unread == Unread::Waits { Flow::Wait } else { Flow::Again }
    }

    fn serve_now<N: Net<Stream = S>>(
        &mut self,
        ctx: &mut Context<N>,
        line: &mut Line<S>,
        found: Fetched,
    ) {
        match found {
            Fetched::Opened { file, size, modified, .. } => {
                self.opened(ctx, line, file, size, modified);
            }
            Fetched::NoIndex => self.refuse_directory(ctx, line),
            Fetched::Missing { kind, .. } => {
                let step =
                    decide(self.received.method(), &self.received.path, Found::Missing(kind));
                self.take_step(ctx, line, step);
            }
            Fetched::Other(other) => {
                self.received.is_directory = matches!(other, Found::Directory);
                let step = decide(self.received.method(), &self.received.path, other);
                self.take_step(ctx, line, step);
            }
            // Nothing that a path names.
            Fetched::Block { .. }
            | Fetched::Mapped { .. }
            | Fetched::Refreshed
            | Fetched::AllRefreshed
            | Fetched::Resolved(_)
            | Fetched::Aliased { .. }
            | Fetched::Broken => self.abandon(self.reply.status),
        }
    }

    /// Answers without a file.
    pub(super) fn take_step<N: Net<Stream = S>>(
        &mut self,
        ctx: &mut Context<N>,
        line: &mut Line<S>,
        step: Step,
    ) {
        match step {
            Step::Redirect => self.answer_moved(ctx, line),
            Step::Options => self.answer_options(ctx, line, true),
            Step::Refuse(status) => self.answer_error(ctx, line, status),
            // Both have been tried by whoever found out.
            Step::Serve | Step::TryIndex => self.answer_error(ctx, line, 403),
        }
    }

    pub(super) fn opened<N: Net<Stream = S>>(
        &mut self,
        ctx: &mut Context<N>,
        line: &mut Line<S>,
        file: File,
        size: u64,
        modified: SystemTime,
    ) {
        let step = decide(self.received.method(), &self.received.path, Found::File);
        if step != Step::Serve {
            return self.take_step(ctx, line, step);
        }
        let now = SystemTime::UNIX_EPOCH + self.received.wall;
        let mut content_type = Vec::new();
        let typed =
            self.received.host().files.push_content_type(&self.received.file, &mut content_type);
        let resource =
            Resource { size, modified, content_type: typed.then_some(&content_type[..]) };
        let boundary = MultipartBoundary(ctx.clock.wall.as_nanos() as u64 ^ size);
        let mut ranges = Ranges::default();
        let fields = HeadFields { head: &self.received.head, bytes: &self.received.bytes };
        // The document of an error is sent whole.
        let conditions = match self.received.error {
            None => Conditions::of(&fields),
            Some(_) => Conditions::default(),
        };
        let plan = plan(self.received.method(), &resource, &conditions, now, boundary, &mut ranges);
        if plan == FilePlan::Unsatisfiable {
            self.reply.unmeasured = true;
            self.reply.close |= self.received.head.wants_close();
            return self.answer_error(ctx, line, plan.status());
        }
        self.set_status(self.received.error.unwrap_or(plan.status()));
        let is_head = self.received.method() == b"HEAD";
        let mut head = Vec::new();
        plan.push_fields(is_head, &resource, now, &ranges, &mut head);
        plan.push_content_type(&resource, &mut head);
        self.take_fields(&head);
        self.reply.length = plan.content_length(&resource, &ranges);
        let parts = match plan {
            FilePlan::Whole => Vec::from([Range { start: 0, end: size }]),
            FilePlan::Part | FilePlan::Parts(_) => ranges.parts,
            _ => Vec::new(),
        };
        if is_head || parts.iter().all(Range::is_empty) {
            return self.answer(ctx, line, &[]);
        }
        let between = match plan {
            FilePlan::Parts(boundary) => Some((boundary, content_type, size)),
            _ => None,
        };
        self.stage = Stage::File(FileSend { parts, between, ..FileSend::default() });
        self.read_next(ctx, line, file, Vec::new());
    }

    /// Asks for the next block, if one is left.
    pub(super) fn read_next<N: Net<Stream = S>>(
        &mut self,
        ctx: &mut Context<N>,
        line: &mut Line<S>,
        file: File,
        buffer: Vec<u8>,
    ) {
        let Stage::File(send) = &mut self.stage else { return };
        let Some(part) = send.parts.first().cloned() else { return };
        if let Some((boundary, content_type, size)) = &send.between {
            if send.prefix.is_empty() {
                boundary.push_part_head(Some(content_type), &part, *size, &mut send.prefix);
            }
        }
        let len = usize::try_from(part.end - part.start).unwrap_or(BLOCK).min(BLOCK);
        ctx.files.read(ctx.home, line.key, file, part.start, buffer, len);
    }

    pub(super) fn block<N: Net<Stream = S>>(
        &mut self,
        ctx: &mut Context<N>,
        line: &mut Line<S>,
        file: File,
        bytes: Vec<u8>,
    ) {
        let Stage::File(send) = &mut self.stage else { return };
        let Some(part) = send.parts.first_mut() else { return };
        if bytes.is_empty() {
            // The file has become shorter than it was when its length was announced.
            return self.abandon(self.reply.status);
        }
        part.start += bytes.len() as u64;
        let fresh = !send.prefix.is_empty() && !send.prefix.starts_with(b"\0");
        let mut content = if fresh { std::mem::take(&mut send.prefix) } else { Vec::new() };
        if send.between.is_some() {
            // Not empty: the head of this part has been written.
            send.prefix = vec![0];
        }
        content.extend_from_slice(&bytes);
        if part.is_empty() {
            send.parts.remove(0);
            send.prefix.clear();
        }
        let last = send.parts.is_empty();
        if let (true, Some((boundary, ..))) = (last, &send.between) {
            boundary.push_end(&mut content);
        }
        let urgency = if last { Urgency::End } else { Urgency::Flush };
        let pieces = std::mem::take(&mut ctx.pieces);
        ctx.pieces = pieces;
        ctx.pieces.clear();
        ctx.pieces.push(0..content.len());
        if !self.push(ctx, line, &content, urgency) {
            return self.abandon(self.reply.status);
        }
        if last {
            self.stage = Stage::Send;
        } else {
            self.read_next(ctx, line, file, bytes);
        }
    }
}

/// Where `JkAutoAlias` has a web application look for a path: in a directory named like the path's
/// first segment.
///
/// # Errors
/// 404 for what only the container may read.
fn auto_alias(settings: &Server, looked: bool, path: &[u8]) -> Result<Option<Alias>, u16> {
    let Some(base) = settings.jk.auto_alias.as_ref().filter(|_| looked) else { return Ok(None) };
    let mut segments = path.split(|&byte| byte == b'/').skip(1);
    let Some(context) = segments.next().filter(|name| !name.is_empty()) else { return Ok(None) };
    let private = |name: &[u8]| {
        name.eq_ignore_ascii_case(b"WEB-INF") || name.eq_ignore_ascii_case(b"META-INF")
    };
    if segments.next().is_some_and(private) {
        return Err(404);
    }
    let context = base.join(path_of(context));
    let path = base.join(path_of(path.strip_prefix(b"/").unwrap_or(path)));
    Ok(Some(Alias { context, path }))
}

pub(super) fn path_of(bytes: &[u8]) -> PathBuf {
    use std::os::unix::ffi::OsStrExt as _;
    PathBuf::from(std::ffi::OsStr::from_bytes(bytes))
}
