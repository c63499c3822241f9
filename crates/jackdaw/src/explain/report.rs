//! The explanation as text.

use jk_balance::MountMap;
use jk_config::{Config, Server, Sources};
use jk_http::HeadError;
use jk_proxy::explain::{Answer, Explanation, Forward, Local, Match};
use jk_site::vhost::ServerId;
use jk_types::{AjpSettings, WorkerKind};

use super::request::Request;
use super::{conclusion, election, fact, file, packet, rules, section};
use crate::check::{address, backend, of_vhost};
use crate::term::{Paint, count, shown};

/// All that is known of a request.
pub(super) struct Report<'a> {
    pub(super) config: &'a Config,
    pub(super) sources: &'a Sources,
    pub(super) request: &'a Request,
    pub(super) it: &'a Explanation,
    pub(super) paint: Paint,
}

/// The explanation of a request that is refused before anything else is looked at.
pub(super) fn refused(request: &Request, refusal: &HeadError, paint: Paint) -> String {
    let mut out = String::new();
    write_request(&mut out, request, paint);
    section(&mut out, "Answer", paint);
    conclusion(&mut out, &format!("{}: {refusal}", refusal.status), paint);
    out
}

fn write_request(out: &mut String, request: &Request, paint: Paint) {
    let Request { line, client, local, remark, .. } = request;
    section(out, "Request", paint);
    fact(out, "line", &shown(line.as_bytes()));
    fact(out, "connection", &format!("from {client} to {local}"));
    remark.iter().for_each(|remark| fact(out, "note", remark));
}

impl Report<'_> {
    pub(super) fn text(&self, hex: bool) -> String {
        let mut out = String::new();
        write_request(&mut out, self.request, self.paint);
        self.write_server(&mut out);
        self.write_path(&mut out);
        rules::write(&mut out, self.it, self.paint);
        self.write_answer(&mut out, hex);
        out
    }

    fn write_server(&self, out: &mut String) {
        section(out, "Server", self.paint);
        fact(out, "answers", &self.server_name());
        fact(out, "because", &self.server_reason());
        let name = shown(&self.it.server_name);
        fact(out, "name and port", &format!("{name}:{}", self.it.server_port));
        for (name, value) in &self.it.variables {
            fact(out, "variable", &format!("{}={}", shown(name), shown(value)));
        }
    }

    fn server_name(&self) -> String {
        let ServerId::Vhost(index) = self.it.server else { return "the main server".to_owned() };
        let Some(vhost) = self.config.vhosts.get(index) else { return "?".to_owned() };
        let at = &vhost.location;
        let file = self.sources.path(at.source).display();
        let (line, _) = self.sources.line_column(at.source, at.span.start);
        format!("{} of {file}:{line}", of_vhost(vhost).name)
    }

    fn server_reason(&self) -> String {
        let Some(group) = &self.it.address else {
            return format!("no <VirtualHost> has the address {}", self.request.local);
        };
        let group = address(group);
        match &self.it.by {
            Match::Name(name) => format!("of those for {group}, it is the first called {name}"),
            Match::Pattern(pattern) => {
                format!("of those for {group}, it is the first with an alias that fits: {pattern}")
            }
            Match::Default => {
                format!("it is the first for {group}, and none there has the name asked for")
            }
        }
    }

    fn write_path(&self, out: &mut String) {
        // What there is of a path that was refused is nowhere used.
        if matches!(self.it.answer, Answer::Refused(_)) {
            return;
        }
        section(out, "Path", self.paint);
        fact(out, "decoded", &shown(&self.it.path));
        if !self.it.mapped.is_empty() {
            fact(out, "compared", &shown(&self.it.mapped));
        }
    }

    fn write_answer(&self, out: &mut String, hex: bool) {
        match &self.it.answer {
            Answer::Refused(status) => {
                section(out, "Answer", self.paint);
                conclusion(out, &format!("{status}: {}", refusal(*status)), self.paint);
            }
            // Said with the rules.
            Answer::NoWorker => {}
            Answer::Status(worker) => {
                let name = self.config.workers.get(*worker).map_or("?", |worker| &worker.name);
                section(out, "Answer", self.paint);
                conclusion(out, &format!("the pages of the status worker `{name}`"), self.paint);
            }
            Answer::Local(local) => {
                section(out, "Answer", self.paint);
                conclusion(out, &self.local(local), self.paint);
            }
            Answer::Forward(forward) => self.write_forward(out, forward, hex),
        }
    }

    fn local(&self, local: &Local) -> String {
        let (reason, file) = match local {
            Local::Trace => return "the request itself: TRACE is never forwarded".to_owned(),
            Local::Asterisk => return "the server answers for itself".to_owned(),
            Local::NoJk(file) => ("the variable no-jk is set: ", file),
            Local::Unmapped(file) => ("", file),
        };
        let server: &Server = self.it.server.of(self.config);
        let all = self.it.rules.iter().map(|mount| mount.rule.clone()).collect();
        let rules = MountMap::new(all, server.jk.options.reject_unsafe_uri);
        let method = &self.request.method;
        let answer = file::answer(file, method, &self.it.path, server, &rules);
        format!("{reason}{answer}")
    }

    fn write_forward(&self, out: &mut String, forward: &Forward, hex: bool) {
        let Some(worker) = self.config.workers.get(forward.worker) else { return };
        let ajp = match (&worker.kind, &forward.balancing) {
            (WorkerKind::Lb(lb), Some(balancing)) => {
                election::write(out, balancing, lb, self.paint);
                let member = balancing.preview.member.and_then(|at| lb.members.get(at));
                member.map(|member| &member.ajp)
            }
            (WorkerKind::Ajp(ajp), _) => Some(ajp.as_ref()),
            _ => None,
        };
        if let (Some(ajp), Some(packet)) = (ajp, &forward.packet) {
            self.write_packet(out, ajp, packet, hex);
        }
    }

    fn write_packet(
        &self,
        out: &mut String,
        ajp: &AjpSettings,
        packet: &Result<Vec<u8>, u16>,
        hex: bool,
    ) {
        let to = format!("{}, {}", ajp.name, backend(ajp));
        let packet = match packet {
            Ok(packet) => packet,
            Err(status) => {
                section(out, &format!("AJP request to {to}"), self.paint);
                let most = ajp.max_packet_size;
                let text = format!("{status}: it does not fit a packet of {most} bytes");
                return conclusion(out, &text, self.paint);
            }
        };
        let bytes = count(packet.len(), "byte");
        section(out, &format!("AJP request to {to}: {bytes}"), self.paint);
        packet::write(out, packet);
        if hex {
            section(out, "Packet", self.paint);
            let secret = ajp.secret.as_ref().map(|secret| secret.expose().as_bytes());
            packet::write_hex(out, packet, secret);
        }
    }
}

/// What leads to a refusal before rules are looked at.
fn refusal(status: u16) -> &'static str {
    match status {
        400 => "the target, its host or an escape is malformed, or the path leads above the root",
        404 => "the path holds `%2F`, which AllowEncodedSlashes forbids, or `%00`",
        405 => "CONNECT is not served",
        413 => "the content is larger than LimitRequestBody allows",
        _ => "the request is refused",
    }
}
