//! What a request head means: which server answers, which path it names, and who serves that.

use std::sync::Arc;

use jk_http::{HeadError, HeadErrorKind, TargetForm, Version};
use jk_site::env::RequestView;
use jk_site::fields::Fields;
use jk_site::files::Found;
use jk_site::host;
use jk_site::location::Place;
use jk_site::target::{Form, Target, split_target};

use super::client::Line;
use super::context::Context;
use super::exchange::{Exchange, Extent, Mapping, Received, Stage};
use super::net::{Net, Stream};
use super::static_file::FileSend;
use crate::site::Site;

/// The scheme of every connection so far.
const SCHEME: &str = "http";

/// The handler names under which mod_jk serves what no rule maps.
const HANDLERS: [&str; 2] = ["jakarta-servlet", "jk-handler"];

/// Who serves a request.
pub(super) enum Destination {
    /// This worker.
    Worker(usize),
    /// A rule names a worker that does not exist.
    NoWorker,
    /// There is no file, for a rule maps the path, and yet the worker shall not have it.
    Nobody,
    /// No rule: the server itself.
    Local,
    /// Nobody.
    Refused(u16),
}

impl<S: Stream> Exchange<S> {
    /// Finds out what the request is and begins to serve it.
    pub(crate) fn route<N: Net<Stream = S>>(&mut self, ctx: &mut Context<N>, line: &mut Line<S>) {
        self.begin_at(ctx);
        match self.received.understand(line) {
            Ok(form) => self.received.form = form,
            Err(status) => {
                self.received.keep_refused_path();
                return self.answer_error(ctx, line, status);
            }
        }
        let rules = self.received.host().rules.as_ref();
        if let Some(rules) = rules.filter(|rules| rules.is_due(ctx.clock.seconds())) {
            self.stage = Stage::File(FileSend::default());
            return ctx.files.refresh(ctx.home, line.key, Arc::clone(rules));
        }
        self.route_on(ctx, line);
    }

    /// Goes on when the rules are as their file says.
    pub(crate) fn route_on<N: Net<Stream = S>>(
        &mut self,
        ctx: &mut Context<N>,
        line: &mut Line<S>,
    ) {
        let destination = self.received.destination(line, self.received.form);
        self.go(ctx, line, destination);
    }

    /// Lets whoever serves the request do so.
    pub(super) fn go<N: Net<Stream = S>>(
        &mut self,
        ctx: &mut Context<N>,
        line: &mut Line<S>,
        destination: Destination,
    ) {
        match destination {
            Destination::Worker(worker) => self.begin_forward(ctx, line, worker),
            Destination::NoWorker => {
                self.tell_no_worker(ctx);
                self.answer_error(ctx, line, 500);
            }
            Destination::Nobody => {
                let missing = Found::Missing(std::io::ErrorKind::NotFound);
                let found = crate::files::Fetched::Other(missing);
                self.stage = Stage::File(FileSend::ours(found));
            }
            Destination::Local => self.begin_local(ctx, line),
            Destination::Refused(status) => self.answer_error(ctx, line, status),
        }
    }

    /// Answers a head that cannot be understood.
    pub(crate) fn route_refused<N: Net<Stream = S>>(
        &mut self,
        ctx: &mut Context<N>,
        line: &mut Line<S>,
        error: &HeadError,
    ) {
        let mut request_line = Vec::new();
        error.write_line(&self.received.bytes, &mut request_line);
        let mut status = error.status;
        if knows_path(error.kind) {
            let path = path_of_line(&request_line).to_vec();
            if error.kind == HeadErrorKind::UnsupportedCoding {
                // httpd and mod_jk look at the path before a filter reads the content.
                let slashes = self.received.settings().encoded_slashes;
                let (mut decoded, mut mapped) = (Vec::new(), Vec::new());
                let looked = jk_site::path::decode_path(&path, slashes, &mut decoded)
                    .and_then(|()| jk_balance::normalise(&decoded, &mut mapped).map_err(|_| 400));
                status = looked.err().unwrap_or(status);
            }
            self.received.path = path;
        }
        self.received.head_error = Some(request_line);
        self.received.notes = match error.kind {
            HeadErrorKind::FieldTooLong => {
                Some("Size of a request header field exceeds server limit.")
            }
            HeadErrorKind::TooManyFields => {
                Some("The number of request header fields exceeds this server's limit.")
            }
            _ => None,
        };
        self.refuse(ctx, line, status);
    }

    /// Answers without looking at the request, and ends the connection.
    pub(crate) fn refuse<N: Net<Stream = S>>(
        &mut self,
        ctx: &mut Context<N>,
        line: &mut Line<S>,
        status: u16,
    ) {
        self.begin_at(ctx);
        self.received.choose_server(line, None);
        self.reply.close = true;
        self.answer_error(ctx, line, status);
    }

    /// Answers a client that sent a request line, and then no whole head.
    pub(crate) fn refuse_cut<N: Net<Stream = S>>(
        &mut self,
        ctx: &mut Context<N>,
        line: &mut Line<S>,
        status: u16,
    ) {
        self.received.extent = Extent::Line;
        self.received.path = path_of_line(self.received.request_line()).to_vec();
        self.refuse(ctx, line, status);
    }

    /// Notes a client that sent nothing that could be answered in time.
    pub(crate) fn note_silence<N: Net<Stream = S>>(&mut self, ctx: &Context<N>, line: &Line<S>) {
        self.begin_at(ctx);
        self.received.choose_server(line, None);
        self.received.extent = Extent::Nothing;
        self.set_status(408);
        self.reply.close = true;
    }

    fn begin_at<N: Net<Stream = S>>(&mut self, ctx: &Context<N>) {
        self.received.started = ctx.clock.now;
        self.received.touched = ctx.clock.now;
        self.received.wall = ctx.clock.wall;
    }
}

impl<S> Received<S> {
    /// Target, host, server and path.
    pub(super) fn understand(&mut self, line: &Line<S>) -> Result<Form, u16> {
        let Self { bytes, head, .. } = self;
        let target = match head.target_form() {
            TargetForm::Origin => Target::origin(head.path(bytes), head.query(bytes)),
            _ => split_target(head.method(bytes), head.target(bytes))?,
        };
        let version = match head.version() {
            Version::Http11 if head.protocol(bytes) == b"HTTP/1.1" => (1, 1),
            Version::Http11 => (1, 2),
            Version::Http10 => (1, 0),
        };
        let host = match head.host(bytes).filter(|_| target.form == Form::Origin) {
            // The same rules, already applied.
            Some(host) => Ok(Some(host::Host::checked(host.name, host.port, host.is_ipv6))),
            None => host::of_request(&target, head.find(bytes, "host"), version, SCHEME),
        };
        let named = host.as_ref().ok().copied().flatten();
        let site = &self.serving.site;
        self.server = Site::server_index(site.vhosts.choose(line.ends.local, named.as_ref()));
        let identity = &site.servers[self.server].identity;
        identity.push_name(named.as_ref(), &mut self.server_name);
        self.server_port = identity.port(named.as_ref(), line.ends.local.port());
        if let Some(host) = named.filter(host::Host::from_target) {
            host.push_field(&mut self.host_field);
        }
        host?;
        if head.version() == Version::Http10 && head.framing() == jk_http::Framing::Chunked {
            return Err(400);
        }
        if target.form == Form::Asterisk {
            self.path.extend_from_slice(b"*");
            return Ok(target.form);
        }
        let slashes = self.serving.site.settings(self.server).encoded_slashes;
        jk_site::path::decode_path(target.path, slashes, &mut self.path)?;
        Ok(target.form)
    }

    /// What the logs show of a path that is refused: as far as it was decoded, and up to a zero byte;
    /// else as it came; the whole target when httpd cannot even find the path in it.
    fn keep_refused_path(&mut self) {
        if self.path.is_empty() {
            let raw = match self.head.target_form() {
                TargetForm::Origin => self.head.path(&self.bytes),
                _ => self.head.target(&self.bytes),
            };
            self.path.extend_from_slice(raw);
        }
        let end = memchr::memchr(0, &self.path).unwrap_or(self.path.len());
        self.path.truncate(end);
    }

    /// The server and its name, for a request of which no more is known.
    fn choose_server(&mut self, line: &Line<S>, host: Option<&host::Host<'_>>) {
        let site = &self.serving.site;
        self.server = Site::server_index(site.vhosts.choose(line.ends.local, host));
        let identity = &site.servers[self.server].identity;
        identity.push_name(host, &mut self.server_name);
        self.server_port = identity.port(host, line.ends.local.port());
    }

    pub(super) fn destination(&mut self, line: &Line<S>, form: Form) -> Destination {
        let limit = self.settings().limit_request_body;
        if limit > 0 && matches!(self.head.framing(), jk_http::Framing::Length(n) if n > limit) {
            return Destination::Refused(413);
        }
        self.set_variables(line);
        // httpd answers TRACE itself, whatever is mapped; mod_jk has looked at the path by then.
        if form == Form::Asterisk || self.method() == b"TRACE" {
            let looks = form != Form::Asterisk && self.variable("no-jk").is_none();
            let refused = looks.then(|| self.map().err()).flatten();
            // What it finds there is not asked for.
            self.mapped.clear();
            self.mounts = None;
            return refused.map_or(Destination::Local, Destination::Refused);
        }
        self.lead(line)
    }

    /// Leads the request to the document for an error (httpd: `ap_internal_redirect`): a GET with
    /// variables of its own.
    pub(super) fn lead_to_document(
        &mut self,
        line: &Line<S>,
        status: u16,
        document: &str,
    ) -> Destination {
        let shown = if self.is_mapped_by_rule() { &self.mapped } else { &self.path };
        self.original_path.clone_from(shown);
        self.original_handler = Some(self.handler().unwrap_or_default().to_vec());
        self.error = Some(status);
        self.mapping = None;
        let (path, query) = match document.split_once('?') {
            Some((path, query)) => (path, Some(query.as_bytes().to_vec())),
            None => (document, None),
        };
        self.error_query = query;
        self.path.clear();
        self.path.extend_from_slice(path.as_bytes());
        self.file.clear();
        self.env.rename_all(b"REDIRECT_");
        self.env.set(b"REDIRECT_STATUS", status.to_string().as_bytes());
        self.env_shadowed.clear();
        self.late_is_set = false;
        self.set_variables(line);
        self.lead(line)
    }

    /// Whether a rule maps the path, as opposed to a handler.
    pub(super) fn is_mapped_by_rule(&self) -> bool {
        self.mapping.is_some_and(|mapping| mapping.mount.is_some())
    }

    fn lead(&mut self, line: &Line<S>) -> Destination {
        if self.variable("no-jk").is_some() {
            return Destination::Local;
        }
        let mapping = match self.map() {
            Err(status) => return Destination::Refused(status),
            Ok(Some(mapping)) => mapping,
            Ok(None) => {
                self.strip_session();
                return Destination::Local;
            }
        };
        self.set_section_variables(line, true);
        self.mapping = Some(mapping);
        self.prepare_forward();
        if self.variable("no-jk").is_some() {
            // Set too late to keep the path unmapped.
            self.mapping = None;
            self.is_declined = true;
            return Destination::Nobody;
        }
        mapping.worker.map_or(Destination::NoWorker, Destination::Worker)
    }

    /// The rule for the path, if there is one.
    pub(super) fn map(&mut self) -> Result<Option<Mapping>, u16> {
        let Self { path, mapped, .. } = self;
        jk_balance::normalise(path, mapped).map_err(|_| 400_u16)?;
        let rules = self.serving.site.servers[self.server].rules.as_ref();
        self.mounts = rules.map(|rules| rules.current());
        let Some(mounts) = &self.mounts else { return Ok(None) };
        Ok(mounts.map.lookup(&self.mapped).map(|mount| Mapping {
            worker: mounts.target(mount),
            mount: Some(mount.index),
            by_index: false,
        }))
    }

    /// What sections say of a request that no rule maps, now that its file is known.
    pub(super) fn settle_sections(&mut self, line: &Line<S>) {
        self.set_section_variables(line, false);
        self.set_late_variables(false);
    }

    /// The same for the index of a directory, which has sections of its own.
    pub(super) fn settle_index(&mut self, name: &str) {
        self.append_index(name);
        self.append_index_file(name);
        self.late_is_set = false;
        self.set_late_variables(false);
    }

    /// The worker that a handler leads to.
    pub(super) fn handled(&mut self) -> Option<Destination> {
        if self.variable("no-jk").is_some() {
            return None;
        }
        let mapping = self.map_by_handler()?;
        self.mapping = Some(mapping);
        self.prepare_forward();
        Some(mapping.worker.map_or(Destination::NoWorker, Destination::Worker))
    }

    /// `SetHandler jakarta-servlet`: a variable names the worker, extensions included, unless a rule
    /// for an index name that was passed over has done so.
    fn map_by_handler(&mut self) -> Option<Mapping> {
        let handler = self.host().handlers.find(self.place(false))?;
        if !HANDLERS.contains(&handler) {
            return None;
        }
        if let Some(noted) = &self.noted {
            let worker = self.site().workers.iter().position(|worker| worker.name == *noted);
            self.indicated.clone_from(noted);
            return Some(Mapping { worker, mount: None, by_index: false });
        }
        let value = self.variable(&self.settings().jk.indicators.worker)?;
        let target = jk_config::parse_target(&String::from_utf8_lossy(value));
        let workers = &self.site().workers;
        let worker = workers.iter().position(|worker| worker.name == target.worker);
        self.extensions = target.extensions;
        self.indicated = target.worker;
        Some(Mapping { worker, mount: None, by_index: false })
    }

    /// `JkStripSession`: what no rule of the server's maps loses its session id. Servers without
    /// rules never look.
    fn strip_session(&mut self) {
        if self.mounts.is_none() {
            return;
        }
        let Some(id) = self.serving.site.settings(self.server).jk.strip_session.as_deref() else {
            return;
        };
        let Some(at) = memchr::memmem::find(&self.path, id.as_bytes()) else { return };
        let behind = at + id.len();
        let end = memchr::memchr2(b';', b'/', &self.path[behind..])
            .map_or(self.path.len(), |length| behind + length);
        self.path.drain(at..end);
    }

    pub(super) fn prepare_forward(&mut self) {
        let form = self.serving.site.jk_options(self.server).forward_uri;
        self.set_late_variables(true);
        let target = self.head.target(&self.bytes);
        super::request::forwarded_uri(form, &self.path, target, &mut self.uri);
    }

    /// `SetEnv` and its kin.
    pub(super) fn set_late_variables(&mut self, is_mapped: bool) {
        if std::mem::replace(&mut self.late_is_set, true) {
            return;
        }
        let Self { serving, server, path, file, mapped, env, env_shadowed, .. } = self;
        let place = match is_mapped {
            true => Place { path: mapped, file: None },
            false => Place { path, file: Some(file) },
        };
        serving.site.servers[*server].env.apply_late(place, env, env_shadowed);
    }

    fn set_variables(&mut self, line: &Line<S>) {
        let rules = &self.serving.site.servers[self.server].env;
        if rules.is_empty() {
            return;
        }
        let fields = HeadFields { head: &self.head, bytes: &self.bytes };
        let path = match self.error {
            None => self.head.path(&self.bytes),
            Some(_) => &self.path,
        };
        let mut view = view(&fields, line, path);
        if self.error.is_some() {
            view.method = b"GET";
        }
        rules.apply_early(&view, &mut self.env);
    }

    /// What conditions say inside of sections, of the path as it is after mapping.
    fn set_section_variables(&mut self, line: &Line<S>, is_mapped: bool) {
        let rules = &self.serving.site.servers[self.server].env;
        if !rules.has_sections() {
            return;
        }
        let place = match is_mapped {
            true => Place { path: &self.mapped, file: None },
            false => Place { path: &self.path, file: Some(&self.file) },
        };
        let fields = HeadFields { head: &self.head, bytes: &self.bytes };
        let mut view = view(&fields, line, place.path);
        if self.error.is_some() {
            view.method = b"GET";
        }
        rules.apply_in_sections(place, &view, &mut self.env);
    }

    /// What sections are compared with.
    pub(super) fn place(&self, is_mapped: bool) -> Place<'_> {
        match is_mapped {
            true => Place { path: &self.mapped, file: None },
            false => Place { path: &self.path, file: Some(&self.file) },
        }
    }
}

/// Whether httpd has the path by then: the line was in order, or at least cut into its parts.
fn knows_path(kind: HeadErrorKind) -> bool {
    use HeadErrorKind::{
        ContentLength, Expectation, FieldName, FieldTooLong, FieldValue, Fold, Host, Method,
        NoHost, Target, TooManyFields, TransferEncoding, UnsupportedCoding, Version,
    };
    matches!(
        kind,
        FieldTooLong
            | TooManyFields
            | FieldName
            | FieldValue
            | Fold
            | ContentLength
            | TransferEncoding
            | UnsupportedCoding
            | NoHost
            | Host
            | Expectation
            | Method
            | Target
            | Version
    )
}

/// The path of a request line, as it was received; the whole target if there is none in it.
fn path_of_line(line: &[u8]) -> &[u8] {
    let mut words = line.split(|&byte| byte == b' ');
    let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    split_target(method, target).map_or(target, |target| target.path)
}

/// What conditions are about.
fn view<'a, S>(fields: &'a HeadFields<'a>, line: &Line<S>, path: &'a [u8]) -> RequestView<'a> {
    RequestView {
        remote_addr: line.ends.peer.ip().to_canonical(),
        remote_host: None,
        server_addr: line.ends.local.ip().to_canonical(),
        method: fields.head.method(fields.bytes),
        protocol: fields.head.protocol(fields.bytes),
        path,
        fields,
    }
}

/// The fields of a request head, for those who look them up by name.
pub(super) struct HeadFields<'a> {
    /// The head.
    pub head: &'a jk_http::RequestHead,
    /// Its bytes.
    pub bytes: &'a [u8],
}

impl Fields for HeadFields<'_> {
    fn at(&self, index: usize) -> Option<(&[u8], &[u8])> {
        self.head.fields(self.bytes).nth(index)
    }
}
