//! One request and its answer: what was received, what is being done about it, what goes back.

use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jk_balance::Run;
use jk_config::Server;
use jk_http::{Framing, RequestHead};
use jk_site::env::EnvVars;
use jk_site::host::Host as HostName;
use jk_site::target::Form;
use jk_types::{Extensions, MountRule};

use super::context::Serving;
use super::forward::Forward;
use super::intake::Intake;
use super::patience::Patience;
use super::reply::Reply;
use super::static_file::FileSend;
use crate::rules::Mounts;
use crate::site::{Host, Site};

/// One request and its answer. Reused from request to request.
pub(crate) struct Exchange<S> {
    /// The request as it was understood.
    pub received: Received<S>,
    /// Its content.
    pub intake: Intake,
    /// The answer.
    pub reply: Reply,
    /// What is being done.
    pub stage: Stage,
    /// The way to a backend.
    pub forward: Forward<S>,
    /// The election, when a load balancer serves the request.
    pub run: Run,
}

/// What is being done about a request.
#[derive(Debug)]
pub(crate) enum Stage {
    /// A backend serves it; [`Exchange::forward`] says how far that is.
    Forward,
    /// A file is opened or sent.
    File(FileSend),
    /// The answer is complete; what is left is to send it.
    Send,
}

/// A request as it was understood. Buffers are kept from request to request.
pub(crate) struct Received<S> {
    /// The configuration it is served by, to its end.
    pub serving: Serving<S>,
    /// Which server of the site answers.
    pub server: usize,
    /// The bytes of the head.
    pub bytes: Vec<u8>,
    /// Where its parts are in [`Self::bytes`].
    pub head: RequestHead,
    /// The form of the target.
    pub form: Form,
    /// The path: decoded, path parameters still inside.
    pub path: Vec<u8>,
    /// The path that rules are compared with.
    pub mapped: Vec<u8>,
    /// The path in the form in which it is forwarded.
    pub uri: Vec<u8>,
    /// The name of the server the client speaks to.
    pub server_name: Vec<u8>,
    /// And the port.
    pub server_port: u16,
    /// The request's variables.
    pub env: EnvVars,
    /// What `SetEnv` says of variables that were set before. httpd keeps both, and looks the first
    /// one up until mod_jk has the common variables added: then the last one remains.
    pub env_shadowed: EnvVars,
    /// `SetEnv` has been carried out.
    pub late_is_set: bool,
    /// The rules that the path was compared with.
    pub mounts: Option<Arc<Mounts>>,
    /// The worker and the rule that led to it.
    pub mapping: Option<Mapping>,
    /// The worker of a rule for an index name that was passed over.
    pub noted: Option<String>,
    /// When the head was complete.
    pub started: Instant,
    /// The same, by the wall clock.
    pub wall: Duration,
    /// What the answer may quote about an error.
    pub notes: Option<&'static str>,
    /// The file that the path names, when no rule maps it.
    pub file: Vec<u8>,
    /// What replaces the `Host` field, because the target named the host.
    pub host_field: Vec<u8>,
    /// The status of the error that is answered by a document.
    pub error: Option<u16>,
    /// The status with which the document for an error failed, too.
    pub failed_twice: Option<u16>,
    /// A rule maps the path, but a variable keeps the worker from it.
    pub is_declined: bool,
    /// Whether the file is a directory.
    pub is_directory: bool,
    /// An error came first that ends the connection, whatever its document says.
    pub ends_connection: bool,
    /// The path that the client asked for, when it gets such a document.
    pub original_path: Vec<u8>,
    /// What served it, as the logs show it.
    pub original_handler: Option<Vec<u8>>,
    /// The query of such a document.
    pub error_query: Option<Vec<u8>>,
    /// When the client last sent or took something, or was not waited for.
    pub touched: Instant,
    /// How many bytes it had sent and taken by then.
    pub moved: u64,
    /// The server that the connection's address leads to.
    pub front: usize,
    /// A slot is held while the client is waited for: since when that was last looked at, and how many
    /// bytes had moved by then.
    pub stalled: Option<(Instant, u64)>,
    /// How long the client may yet be waited for: for content, and for taking the response.
    pub(super) patience: [Patience; 2],
    /// The client waits for leave to send its content.
    pub expects_continue: bool,
    /// How much of the head came.
    pub extent: Extent,
    /// The line of a head that was refused, as far as it is known.
    pub head_error: Option<Vec<u8>>,
    /// Extensions of the worker that a variable named.
    pub(crate) extensions: Extensions,
    /// The name of that worker.
    pub(crate) indicated: String,
}

/// How much of a head came before its time was over or its client was gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Extent {
    /// All of it.
    Whole,
    /// The request line, and no end: httpd takes no notice of what fields there are.
    Line,
    /// Not even that.
    Nothing,
}

/// Where a rule leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Mapping {
    /// The worker; `None` if no worker has the rule's name.
    pub worker: Option<usize>,
    /// The place of the rule in its server's map; `None` when a handler led to the worker.
    pub mount: Option<usize>,
    /// An index name of a directory led there, and mod_jk has lost the rule's extensions by then.
    pub by_index: bool,
}

impl<S> Exchange<S> {
    /// An exchange without a request.
    pub(crate) fn new(serving: Serving<S>) -> Self {
        Self {
            received: Received {
                serving,
                server: 0,
                bytes: Vec::new(),
                head: RequestHead::default(),
                form: Form::Origin,
                path: Vec::new(),
                mapped: Vec::new(),
                uri: Vec::new(),
                server_name: Vec::new(),
                server_port: 0,
                env: EnvVars::default(),
                env_shadowed: EnvVars::default(),
                late_is_set: false,
                mounts: None,
                mapping: None,
                noted: None,
                started: Instant::now(),
                wall: Duration::ZERO,
                notes: None,
                file: Vec::new(),
                host_field: Vec::new(),
                error: None,
                failed_twice: None,
                is_declined: false,
                is_directory: false,
                ends_connection: false,
                original_path: Vec::new(),
                error_query: None,
                original_handler: None,
                touched: Instant::now(),
                moved: 0,
                front: 0,
                stalled: None,
                patience: Default::default(),
                expects_continue: false,
                extent: Extent::Whole,
                head_error: None,
                extensions: Extensions::default(),
                indicated: String::new(),
            },
            intake: Intake::default(),
            reply: Reply::default(),
            stage: Stage::Send,
            forward: Forward::default(),
            run: Run::default(),
        }
    }

    /// Forgets its request.
    pub(crate) fn reset(&mut self, serving: &Serving<S>) {
        self.reply.reset();
        self.intake.reset();
        self.forward.reset();
        self.stage = Stage::Send;
        self.received.reset(serving);
    }
}

impl<S> Received<S> {
    fn reset(&mut self, serving: &Serving<S>) {
        if !Rc::ptr_eq(&self.serving, serving) {
            self.serving = Rc::clone(serving);
        }
        for buffer in [&mut self.bytes, &mut self.path, &mut self.mapped, &mut self.uri] {
            buffer.clear();
            buffer.shrink_to(16 * 1024);
        }
        self.server_name.clear();
        self.file.clear();
        self.host_field.clear();
        self.expects_continue = false;
        self.error = None;
        self.failed_twice = None;
        self.is_declined = false;
        self.is_directory = false;
        self.ends_connection = false;
        self.error_query = None;
        self.original_handler = None;
        self.moved = 0;
        self.patience = Default::default();
        self.extent = Extent::Whole;
        self.head_error = None;
        self.mounts = None;
        self.env.clear();
        self.env_shadowed.clear();
        self.late_is_set = false;
        self.server = 0;
        if self.mapping.take().is_some_and(|mapping| mapping.mount.is_none()) {
            self.extensions = Extensions::default();
        }
        self.notes = None;
        self.noted = None;
    }

    /// The site that serves the request.
    pub(crate) fn site(&self) -> &Site {
        &self.serving.site
    }

    /// The server that answers.
    pub(crate) fn host(&self) -> &Host {
        &self.site().servers[self.server]
    }

    /// Its settings.
    pub(crate) fn settings(&self) -> &Server {
        self.site().settings(self.server)
    }

    /// The method.
    pub(crate) fn method(&self) -> &[u8] {
        match self.error {
            None => self.head.method(&self.bytes),
            Some(_) => b"GET",
        }
    }

    /// The name of what serves the request, as `%R` shows it.
    pub(crate) fn handler(&self) -> Option<&[u8]> {
        if let Some((_, original)) = self.error.zip(self.original_handler.as_deref()) {
            return Some(original).filter(|handler| !handler.is_empty());
        }
        if self.head_error.is_some() {
            return None;
        }
        if self.is_mapped_by_rule() || self.is_declined {
            return Some(b"jakarta-servlet");
        }
        let directory = || self.is_directory.then_some(&b"httpd/unix-directory"[..]);
        self.host().handlers.find(self.place(false)).map(str::as_bytes).or_else(directory)
    }

    /// How the content that a backend gets is framed: a document for an error gets none.
    pub(crate) fn framing(&self) -> Framing {
        match self.error {
            None => self.head.framing(),
            Some(_) => Framing::None,
        }
    }

    /// The query, without its question mark.
    pub(crate) fn query(&self) -> Option<&[u8]> {
        match self.error {
            None => self.head.query(&self.bytes),
            Some(_) => self.error_query.as_deref(),
        }
    }

    /// The host that the client asked for.
    pub(crate) fn host_name(&self) -> Option<HostName<'_>> {
        let target =
            jk_site::target::split_target(self.method(), self.head.target(&self.bytes)).ok()?;
        let field = self.head.find(&self.bytes, "host");
        jk_site::host::of_request(&target, field, (1, 0), "http").ok().flatten()
    }

    /// The request line as received, as far as it was.
    pub(crate) fn request_line(&self) -> &[u8] {
        match &self.head_error {
            Some(line) => line,
            None => self.head.line(&self.bytes),
        }
    }

    /// The fields as they are forwarded.
    pub(crate) fn fields(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        let host = Some(&self.host_field[..]).filter(|host| !host.is_empty());
        self.head.fields(&self.bytes).map(move |(name, value)| match host {
            Some(host) if name.eq_ignore_ascii_case(b"host") => (name, host),
            _ => (name, value),
        })
    }

    /// Whether the content is sent as if its length were not known (`JK_IGNORE_CL`).
    pub(crate) fn is_streamed(&self) -> bool {
        match self.framing() {
            Framing::Length(length) => {
                length > 0 && self.variable(&self.settings().jk.indicators.ignore_cl).is_some()
            }
            Framing::None | Framing::Chunked => false,
        }
    }

    /// Whether the client has to be told to go on, which is done once.
    pub(crate) fn take_expectation(&mut self) -> bool {
        std::mem::take(&mut self.expects_continue)
    }

    /// What the rule that mapped the request changes, or the variable that named its worker.
    pub(crate) fn extensions(&self) -> &Extensions {
        let rule = self.rule().filter(|_| self.mapping.is_some_and(|mapping| !mapping.by_index));
        rule.map_or(&self.extensions, |rule| &rule.extensions)
    }

    /// The name of the worker that the rule or the variable names.
    pub(crate) fn worker_name(&self) -> Option<&str> {
        self.mapping?;
        Some(self.rule().map_or(&self.indicated, |rule| &rule.worker))
    }

    fn rule(&self) -> Option<&MountRule> {
        let mount = self.mapping?.mount?;
        Some(&self.mounts.as_ref()?.map.mounts().get(mount)?.rule)
    }

    /// A variable of the request.
    pub(crate) fn variable(&self, name: &str) -> Option<&[u8]> {
        if name.is_empty() || self.env.is_empty() {
            return None;
        }
        self.env.get(name.as_bytes())
    }

    /// The same, its name as bytes.
    pub(crate) fn final_value(&self, name: &[u8]) -> Option<&[u8]> {
        self.env_shadowed.get(name).or_else(|| self.env.get(name)).filter(|_| !name.is_empty())
    }

    /// A variable of the request as it is when the common ones have been added.
    pub(crate) fn final_variable(&self, name: &str) -> Option<&[u8]> {
        self.final_value(name.as_bytes())
    }
}
