//! Answers that need no backend: error pages and their documents, redirects, OPTIONS and TRACE.

use jk_config::ErrorDocument;
use jk_http::drops_connection;
use jk_site::errors::{self, PageFacts, SignatureLine};
use jk_site::files::push_moved_location;
use jk_site::options::{self, TraceAnswer, allow, allow_elsewhere, trace};

use super::client::Line;
use super::context::Context;
use super::exchange::{Exchange, Received, Stage};
use super::net::{Net, Stream};
use super::reply::{Terms, Urgency};
use super::route::HeadFields;

impl<S: Stream> Exchange<S> {
    /// Answers with the page for a status (httpd: `ap_send_error_response`).
    pub(crate) fn answer_error<N: Net<Stream = S>>(
        &mut self,
        ctx: &mut Context<N>,
        line: &mut Line<S>,
        status: u16,
    ) {
        self.stage = Stage::Send;
        if let Some(first) = self.received.error {
            return self.answer_twice_failed(ctx, line, first, status);
        }
        self.set_status(status);
        // Whatever takes the place of the page.
        self.received.ends_connection |= drops_connection(status);
        let documents = &self.received.settings().error_documents;
        let mut page = Vec::new();
        match errors::document(documents, status) {
            Some(ErrorDocument::Text(text)) => push_unescaped(text, &mut page),
            Some(ErrorDocument::Path(path)) => {
                let path = path.clone();
                return self.answer_by_document(ctx, line, status, &path);
            }
            Some(ErrorDocument::Url(url)) if !errors::is_header_only(status) => {
                let url = url.clone();
                return self.answer_redirect(ctx, line, 302, url.as_bytes());
            }
            _ => self.push_page(status, None, &[], &mut page),
        }
        self.allow_methods(status);
        self.set_content_type(errors::CONTENT_TYPE.as_bytes());
        self.answer(ctx, line, &page);
    }

    /// The document of an error failed, too, which is told. What is told is the first status once
    /// more, for that is what the second request began with (httpd: `ap_die`).
    fn answer_twice_failed<N: Net<Stream = S>>(
        &mut self,
        ctx: &mut Context<N>,
        line: &mut Line<S>,
        first: u16,
        second: u16,
    ) {
        self.received.failed_twice = Some(second);
        self.set_status(first);
        let mut page = Vec::new();
        self.push_page(first, Some(first), &[], &mut page);
        self.allow_methods(first);
        self.set_content_type(errors::CONTENT_TYPE.as_bytes());
        self.answer(ctx, line, &page);
    }

    fn allow_methods(&mut self, status: u16) {
        if status != 405 && status != 501 {
            return;
        }
        let setting = self.received.settings().trace;
        let found = self.received.mapping.is_none()
            && self.received.method() != b"TRACE"
            && self.received.head_error.is_none();
        let allowed = if found { allow(setting) } else { allow_elsewhere(setting) };
        self.reply.fields.add(b"Allow", allowed.as_bytes());
    }

    /// Serves the document that stands for an error, by whoever serves its path.
    fn answer_by_document<N: Net<Stream = S>>(
        &mut self,
        ctx: &mut Context<N>,
        line: &mut Line<S>,
        status: u16,
        path: &str,
    ) {
        let destination = self.received.lead_to_document(line, status, path);
        self.go(ctx, line, destination);
    }

    fn push_page(&self, status: u16, second: Option<u16>, location: &[u8], out: &mut Vec<u8>) {
        let settings = self.received.settings();
        let signature = self.received.signature();
        let facts = PageFacts {
            method: self.received.method(),
            location,
            expect: self.received.head.find(&self.received.bytes, "expect"),
            admin: settings.admin.as_deref(),
            notes: self.received.notes,
            second,
            signature,
        };
        errors::push_page(status, &facts, out);
    }

    fn answer_redirect<N: Net<Stream = S>>(
        &mut self,
        ctx: &mut Context<N>,
        line: &mut Line<S>,
        status: u16,
        location: &[u8],
    ) {
        self.stage = Stage::Send;
        self.set_status(status);
        self.reply.fields.add(b"Location", location);
        let mut page = Vec::new();
        self.push_page(status, None, location, &mut page);
        self.set_content_type(errors::CONTENT_TYPE.as_bytes());
        self.answer(ctx, line, &page);
    }

    /// A directory without its slash.
    pub(super) fn answer_moved<N: Net<Stream = S>>(
        &mut self,
        ctx: &mut Context<N>,
        line: &mut Line<S>,
    ) {
        let received = &self.received;
        let mut base = Vec::new();
        let host = received.host_name();
        received.host().identity.push_url(host.as_ref(), line.ends.local.port(), b"", &mut base);
        let mut location = Vec::new();
        push_moved_location(&base, &received.path, received.query(), &mut location);
        self.answer_redirect(ctx, line, 301, &location);
    }

    pub(super) fn answer_options<N: Net<Stream = S>>(
        &mut self,
        ctx: &mut Context<N>,
        line: &mut Line<S>,
        path: bool,
    ) {
        self.set_status(200);
        let mut content_type = Vec::new();
        if path && self.received.file.ends_with(b"/") {
            content_type.extend_from_slice(b"httpd/unix-directory");
        } else if path {
            // As far as the path leads to anything that is there.
            self.received.host().files.push_content_type(&self.received.file, &mut content_type);
        }
        self.set_content_type(&content_type);
        let mut head = Vec::new();
        options::push_fields(path.then_some(self.received.settings().trace), &mut head);
        self.take_fields(&head);
        self.answer(ctx, line, &[]);
    }

    pub(super) fn answer_trace<N: Net<Stream = S>>(
        &mut self,
        ctx: &mut Context<N>,
        line: &mut Line<S>,
    ) {
        let has_body = match self.received.head.framing() {
            jk_http::Framing::None => false,
            jk_http::Framing::Length(length) => length > 0,
            jk_http::Framing::Chunked => true,
        };
        match trace(self.received.settings().trace, has_body) {
            TraceAnswer::Refuse(status) => self.answer_error(ctx, line, status),
            TraceAnswer::Echo | TraceAnswer::EchoWithBody => {
                self.set_status(200);
                self.set_content_type(b"message/http");
                let mut echo = Vec::new();
                let fields = HeadFields { head: &self.received.head, bytes: &self.received.bytes };
                self.reply.unmeasured = true;
                options::push_trace(self.received.request_line(), &fields, &mut echo);
                self.answer(ctx, line, &echo);
            }
        }
    }

    pub(super) fn set_status(&mut self, status: u16) {
        self.reply.status = status;
        self.reply.reason.clear();
        let phrase = jk_http::reason_phrase(status).unwrap_or("Unknown Reason");
        self.reply.reason.extend_from_slice(phrase.as_bytes());
    }

    pub(super) fn set_content_type(&mut self, content_type: &[u8]) {
        self.reply.content_type.clear();
        self.reply.content_type.extend_from_slice(content_type);
    }

    /// Takes over rendered field lines.
    pub(super) fn take_fields(&mut self, lines: &[u8]) {
        for line in lines.split(|&byte| byte == b'\n') {
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            let Some(colon) = line.iter().position(|&byte| byte == b':') else { continue };
            let (name, value) = (&line[..colon], line[colon + 1..].trim_ascii());
            if name.eq_ignore_ascii_case(b"Content-Type") {
                self.set_content_type(value);
            } else {
                self.reply.fields.add(name, value);
            }
        }
    }

    /// Sends an answer that is complete.
    pub(super) fn answer<N: Net<Stream = S>>(
        &mut self,
        ctx: &mut Context<N>,
        line: &mut Line<S>,
        content: &[u8],
    ) {
        self.stage = Stage::Send;
        self.reply.started = true;
        ctx.pieces.clear();
        ctx.pieces.push(0..content.len());
        if !self.push(ctx, line, content, Urgency::End) {
            self.abandon(self.reply.status);
        }
    }

    /// Gives the pieces of `source` that `ctx.pieces` names to the answer. `false` when the client's
    /// connection is broken.
    pub(crate) fn push<N: Net<Stream = S>>(
        &mut self,
        ctx: &mut Context<N>,
        line: &mut Line<S>,
        source: &[u8],
        urgency: Urgency,
    ) -> bool {
        let serving = std::rc::Rc::clone(&self.received.serving);
        let settings = serving.site.settings(self.received.server);
        let head = &self.received.head;
        let terms = Terms {
            version: head.version(),
            head_only: head.method(&self.received.bytes) == b"HEAD",
            // When the request came, as httpd has it.
            date: ctx.date.text(self.received.wall.as_secs()),
            server: serving.site.banner.as_bytes(),
            keep_alive: jk_http::KeepAlive {
                enabled: settings.keep_alive,
                timeout: settings.keep_alive_timeout.as_secs(),
                max: settings.max_keep_alive_requests,
            },
            wants_close: head.wants_close(),
            wants_keep_alive: head.wants_keep_alive(),
            served: line.served,
            last: ctx.finishing || self.received.expects_continue || self.received.ends_connection,
            no_keep_alive: self.received.variable("nokeepalive").is_some(),
            gathers: ctx.gathering,
        };
        let pieces = &ctx.pieces;
        self.reply
            .push(&mut line.stream, &mut line.writable, &terms, source, pieces, urgency)
            .is_ok()
    }
}

impl<S> Received<S> {
    /// The line under pages.
    pub(super) fn signature(&self) -> Option<SignatureLine<'_>> {
        let settings = self.settings();
        SignatureLine::new(
            settings.signature,
            &self.site().banner,
            &self.server_name,
            self.server_port,
            settings.admin.as_deref(),
        )
    }
}

/// Text as httpd's expressions have it: a backslash stands for a control character or hides the
/// meaning of what follows.
fn push_unescaped(text: &str, out: &mut Vec<u8>) {
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        out.push(match byte {
            b'\\' => match bytes.next() {
                Some(b'n') => b'\n',
                Some(b'r') => b'\r',
                Some(b't') => b'\t',
                Some(other) => other,
                None => b'\\',
            },
            other => other,
        });
    }
}
