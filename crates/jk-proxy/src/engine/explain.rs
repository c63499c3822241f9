//! What would become of a request, without a socket: the decisions that serve requests, carried out
//! on a site that nobody connects to, and written down.

use std::io::{self, Read, Write};
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Instant;

use jk_balance::{
    Election, Facts, LbWorker, Mount, Preview, Run, Seconds, Step, Trace, session_ids,
};
use jk_config::{Config, LogTarget, Server, VhostAddress};
use jk_http::{HeadError, Parsed};
use jk_site::vhost::{self, ServerId};
use jk_types::{Activation, AjpSettings, MemberState, WorkerKind};

use super::client::Line;
use super::election::facts;
use super::exchange::{Exchange, Received};
use super::heads::limits;
use super::net::Stream;
use super::request::Ends;
use super::route::Destination;
use super::service;
use crate::arena::Key;
use crate::assemble::{AssembleError, assemble};
use crate::logs::Logs;
use crate::shared::Shared;
use crate::site::{Backend, Kind, Lb};

/// What would become of a request.
#[derive(Clone, Debug)]
pub struct Explanation {
    /// The server that answers.
    pub server: ServerId,
    /// The `<VirtualHost>` address that the connection came in on; `None` if there is none for it.
    pub address: Option<VhostAddress>,
    /// What made it this server of those with that address.
    pub by: Match,
    /// The name the server goes by in this request.
    pub server_name: Vec<u8>,
    /// And its port.
    pub server_port: u16,
    /// The path: decoded, path parameters still inside.
    pub path: Vec<u8>,
    /// The path that rules are compared with; empty if none were.
    pub mapped: Vec<u8>,
    /// The request's variables, as `SetEnvIf` and its kin set them.
    pub variables: Vec<(Vec<u8>, Vec<u8>)>,
    /// The server's rules in match order.
    pub rules: Vec<Mount>,
    /// How the rules were compared with [`Self::mapped`], if they were.
    pub trace: Option<Trace>,
    /// Who answers.
    pub answer: Answer,
}

/// Which name of a server is the one that the request asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Match {
    /// A `ServerName` or `ServerAlias`.
    Name(String),
    /// A `ServerAlias` with wildcards.
    Pattern(String),
    /// None: it is the default of its address.
    Default,
}

impl Match {
    fn of(by: vhost::Match<'_>) -> Self {
        match by {
            vhost::Match::Name(name) => Self::Name(name.to_owned()),
            vhost::Match::Pattern(pattern) => Self::Pattern(pattern.to_owned()),
            vhost::Match::Default => Self::Default,
        }
    }
}

/// Who answers a request.
#[derive(Clone, Debug)]
pub enum Answer {
    /// Nobody: an error page with this status.
    Refused(u16),
    /// The server itself.
    Local(Local),
    /// A rule names a worker that does not exist: status 500.
    NoWorker,
    /// The pages of a status worker, by its place among the workers.
    Status(usize),
    /// A backend.
    Forward(Box<Forward>),
}

/// Why no rule was asked, or none answered.
#[derive(Clone, Debug)]
pub enum Local {
    /// `TRACE`, which is answered with the request itself.
    Trace,
    /// `*`, which names the server and not something on it.
    Asterisk,
    /// The variable `no-jk` is set. The file that the path names, or the status of the refusal.
    NoJk(Result<Vec<u8>, u16>),
    /// No rule maps the path. The file that it names, or the status of the refusal.
    Unmapped(Result<Vec<u8>, u16>),
}

/// A request on its way to a backend.
#[derive(Clone, Debug)]
pub struct Forward {
    /// The worker, by its place in [`Config::workers`].
    pub worker: usize,
    /// The path in the form in which it is forwarded.
    pub uri: Vec<u8>,
    /// What the load balancer does, if the worker is one.
    pub balancing: Option<Balancing>,
    /// The Forward Request, secret included, or the status if it cannot be made. `None` when no
    /// member can be elected: then the answer is 503.
    pub packet: Option<Result<Vec<u8>, u16>>,
}

/// What a load balancer that has just started makes of a request.
#[derive(Clone, Debug)]
pub struct Balancing {
    /// Where session ids were looked for, and what was found.
    pub session: Session,
    /// The request does not count as a new session, and load is ignored.
    pub stateless: bool,
    /// The members as they stand before the election.
    pub candidates: Vec<Candidate>,
    /// Who is elected, and why.
    pub preview: Preview,
    /// The route that the backend is told.
    pub route: Option<Vec<u8>>,
    /// The `Set-Cookie` values that the load balancer adds to the answer.
    pub cookies: Vec<Vec<u8>>,
}

/// The session of a request.
#[derive(Clone, Debug)]
pub struct Session {
    /// Why nothing was looked for.
    pub ignored: Option<Ignored>,
    /// The name of the cookie.
    pub cookie: String,
    /// The text of the path parameter.
    pub parameter: String,
    /// Where the ids were found.
    pub place: Option<Place>,
    /// The ids in the order in which their routes are tried, each with its route.
    pub ids: Vec<(Vec<u8>, Option<Vec<u8>>)>,
}

/// Why session ids do not matter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ignored {
    /// `sticky_session` is off.
    ByWorker,
    /// `sticky_ignore` of the rule, or `JK_STICKY_IGNORE`.
    ByRequest,
}

/// Where session ids come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The variable `JK_ROUTE`.
    Variable,
    /// A path parameter.
    Parameter,
    /// Cookies.
    Cookie,
    /// A path parameter without a value, which hides the cookies.
    EmptyParameter,
}

/// A member before the election.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Its name.
    pub name: String,
    /// Its route.
    pub route: String,
    /// Its domain.
    pub domain: Option<String>,
    /// The route it redirects to.
    pub redirect: Option<String>,
    /// Its state.
    pub state: MemberState,
    /// The activation that counts for this request.
    pub activation: Activation,
    /// The rule overrides the activation that was configured.
    pub overridden: bool,
    /// Its distance.
    pub distance: i32,
    /// Its factor.
    pub lbfactor: u32,
    /// Its multiplier.
    pub mult: u64,
    /// Its load.
    pub value: u64,
}

/// Why nothing can be explained.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExplainError {
    /// The head is not one that is accepted.
    #[error("the request would be refused with {}: {}", .0.status, .0)]
    Head(HeadError),
    /// The head has no end.
    #[error("the request head is not complete")]
    Incomplete,
    /// The configuration cannot be served.
    #[error(transparent)]
    Assemble(#[from] AssembleError),
    /// No thread could be started.
    #[error("cannot start: {0}")]
    System(#[from] io::Error),
}

/// Explains the request whose head is `head`, on a connection from `client` to `local`.
///
/// Every decision is made by the code that serves, with two differences: no log is opened, and the
/// names of backends are not resolved but taken to be good.
///
/// # Errors
/// The head is refused before anything is decided, or the configuration cannot be served.
pub fn explain(
    config: &Config,
    head: &[u8],
    client: SocketAddr,
    local: SocketAddr,
) -> Result<Explanation, ExplainError> {
    let mut logs = Logs::start()?;
    let (site, _) = assemble(detached(config), &mut logs, Seconds(0))?;
    let shared = Shared::<Nowhere>::new(site, 1, Instant::now());
    let mut exchange = Exchange::new(Rc::new(shared));
    let received = &mut exchange.received;
    match received.head.parse(head, &limits(&config.main)).map_err(ExplainError::Head)? {
        Parsed::Partial => return Err(ExplainError::Incomplete),
        Parsed::Complete(length) => received.bytes.extend_from_slice(&head[..length]),
    }
    let line = Line {
        key: Key { index: 0, generation: 0 },
        stream: Nowhere,
        ends: Ends { peer: client, local },
        readable: false,
        writable: false,
        ended: false,
        served: 0,
    };
    let answer = answer(received, &line);
    let received = &*received;
    let site = received.site();
    let name = received.host_name();
    let choice = site.vhosts.explain(local, name.as_ref());
    let rules = received.host().rules.as_ref().map(|rules| rules.current());
    Ok(Explanation {
        server: choice.server,
        address: choice.address.cloned(),
        by: Match::of(choice.by),
        server_name: received.server_name.clone(),
        server_port: received.server_port,
        path: received.path.clone(),
        mapped: received.mapped.clone(),
        variables: received.env.iter().map(|(n, v)| (n.to_vec(), v.to_vec())).collect(),
        rules: rules.as_ref().map(|rules| rules.map.mounts().to_vec()).unwrap_or_default(),
        trace: rules
            .filter(|_| !received.mapped.is_empty())
            .map(|rules| rules.map.trace(&received.mapped)),
        answer,
    })
}

/// A copy that opens no log and looks no name up.
fn detached(config: &Config) -> Config {
    let mut config = config.clone();
    let vhosts = config.vhosts.iter_mut().map(|vhost| &mut vhost.server);
    std::iter::once(&mut config.main).chain(vhosts).for_each(detach_logs);
    for worker in &mut config.workers {
        match &mut worker.kind {
            WorkerKind::Ajp(ajp) => detach_host(ajp),
            WorkerKind::Lb(lb) => lb.members.iter_mut().for_each(|m| detach_host(&mut m.ajp)),
            WorkerKind::Status(_) => {}
        }
    }
    config
}

fn detach_logs(server: &mut Server) {
    server.access_logs.clear();
    server.error_log = LogTarget::Off;
    server.jk.log_file = None;
}

/// Any address will do; it is not part of what a backend is told.
fn detach_host(ajp: &mut AjpSettings) {
    ajp.host = "127.0.0.1".to_owned();
    ajp.source = None;
}

fn answer(received: &mut Received<Nowhere>, line: &Line<Nowhere>) -> Answer {
    let destination = match received.understand(line) {
        Ok(form) => received.destination(line, form),
        Err(status) => Destination::Refused(status),
    };
    let destination = match destination {
        Destination::Local => handled(received, line),
        other => other,
    };
    match destination {
        Destination::Refused(status) => Answer::Refused(status),
        Destination::Nobody => Answer::Refused(404),
        Destination::NoWorker => Answer::NoWorker,
        Destination::Local => Answer::Local(here(received)),
        Destination::Worker(worker) => {
            let serving = Rc::clone(&received.serving);
            match &serving.site.workers[worker].kind {
                Kind::Status(_) => Answer::Status(worker),
                Kind::Ajp { backend } => {
                    let backend = &serving.site.backends[*backend];
                    let packet = packet(received, &Run::default(), line.ends, backend, None);
                    Answer::Forward(Box::new(Forward {
                        worker,
                        uri: received.uri.clone(),
                        balancing: None,
                        packet: Some(packet),
                    }))
                }
                Kind::Lb(lb) => {
                    let (balancing, packet) = balance(received, line.ends, lb);
                    Answer::Forward(Box::new(Forward {
                        worker,
                        uri: received.uri.clone(),
                        balancing: Some(balancing),
                        packet,
                    }))
                }
            }
        }
    }
}

/// Whom a handler leads to, if the path names a file; files are not looked for.
fn handled(received: &mut Received<Nowhere>, line: &Line<Nowhere>) -> Destination {
    if received.method() == b"TRACE" || received.path == b"*" {
        return Destination::Local;
    }
    let mut file = Vec::new();
    if received.host().files.locate(&received.path, &mut file).is_ok() {
        received.file = file;
    }
    received.settle_sections(line);
    received.handled().unwrap_or(Destination::Local)
}

fn here(received: &Received<Nowhere>) -> Local {
    let mut file = Vec::new();
    let found = received.host().files.locate(&received.path, &mut file).map(|()| file);
    match () {
        () if received.method() == b"TRACE" => Local::Trace,
        () if received.path == b"*" => Local::Asterisk,
        () if received.variable("no-jk").is_some() => Local::NoJk(found),
        () => Local::Unmapped(found),
    }
}

fn packet(
    received: &Received<Nowhere>,
    run: &Run,
    ends: Ends,
    backend: &Backend,
    activation: Option<Activation>,
) -> Result<Vec<u8>, u16> {
    let mut packet = Vec::new();
    service::encode(&mut packet, received, run, ends, backend, activation)
        .map(|_| packet)
        .map_err(|failure| failure.status())
}

/// What a request learns of a load balancer, and the packet for the member it elects.
fn balance(
    received: &Received<Nowhere>,
    ends: Ends,
    lb: &Lb,
) -> (Balancing, Option<Result<Vec<u8>, u16>>) {
    let mut balancer = lb.balancer.lock();
    let facts = facts(received, lb);
    let candidates = candidates(&balancer, &facts);
    let preview = balancer.preview(&facts);
    let mut run = Run::default();
    balancer.begin(&mut run, &facts, &mut |_| true);
    let elected = match balancer.next(&mut run, &facts, Seconds(0)) {
        Step::Try(election) => {
            balancer.admitted(&mut run, &election, &facts);
            Some(election)
        }
        Step::Wait(_) | Step::Finish { .. } => None,
    };
    let backend = |election: &Election| &received.site().backends[lb.first + election.member()];
    let packet = elected.as_ref().map(|election| {
        packet(received, &run, ends, backend(election), Some(election.activation()))
    });
    let balancing = Balancing {
        session: session(received, lb, &facts),
        stateless: facts.stateless,
        candidates,
        preview,
        route: elected.as_ref().and(run.route().map(<[u8]>::to_vec)),
        cookies: run.cookies().map(<[u8]>::to_vec).collect(),
    };
    (balancing, packet)
}

fn candidates(balancer: &LbWorker, facts: &Facts<'_>) -> Vec<Candidate> {
    let candidate = |candidate: jk_balance::Candidate<'_>| {
        let settings = candidate.settings;
        let lists = &facts.extensions.activations;
        let given = lists.iter().rev().find(|(name, _)| *name == settings.ajp.name);
        Candidate {
            name: settings.ajp.name.clone(),
            route: settings.route.clone(),
            domain: settings.domain.clone(),
            redirect: settings.redirect.clone(),
            state: candidate.state,
            activation: given.map_or(settings.activation, |(_, activation)| *activation),
            overridden: given.is_some(),
            distance: settings.distance,
            lbfactor: settings.lbfactor,
            mult: candidate.mult,
            value: candidate.value,
        }
    };
    balancer.candidates().map(candidate).collect()
}

/// Where the ids come from is found by leaving one place out.
fn session(received: &Received<Nowhere>, lb: &Lb, facts: &Facts<'_>) -> Session {
    let (settings, extensions) = (&lb.settings, facts.extensions);
    let cookie = extensions.session_cookie.as_ref().unwrap_or(&settings.session_cookie);
    let parameter = extensions.session_path.as_ref().unwrap_or(&settings.session_path);
    let nothing = std::iter::empty;
    let in_path = session_ids(&received.uri, nothing(), cookie, parameter, None).is_some();
    let cookies = received.fields().filter(|(name, _)| name.eq_ignore_ascii_case(b"cookie"));
    let values = cookies.map(|(_, value)| value);
    let in_cookie = session_ids(b"/", values, cookie, parameter, None).is_some();
    let place = match &facts.session {
        Some(_) if facts.forced_route.is_some() => Some(Place::Variable),
        Some(_) if in_path => Some(Place::Parameter),
        Some(_) => Some(Place::Cookie),
        None if in_cookie => Some(Place::EmptyParameter),
        None => None,
    };
    let ignored = match () {
        () if !settings.sticky_session => Some(Ignored::ByWorker),
        () if facts.sticky_ignore => Some(Ignored::ByRequest),
        () => None,
    };
    let ids = facts.session.iter().flat_map(|ids| ids.iter());
    Session {
        ignored,
        cookie: cookie.clone(),
        parameter: parameter.clone(),
        place: place.filter(|_| ignored.is_none()),
        ids: ids.map(|part| (part.id.to_vec(), part.route.map(<[u8]>::to_vec))).collect(),
    }
}

/// A stream that nobody reads or writes.
#[derive(Debug)]
struct Nowhere;

impl Read for Nowhere {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Ok(0)
    }
}

impl Write for Nowhere {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Stream for Nowhere {
    fn connected(&self) -> io::Result<()> {
        Ok(())
    }

    fn finish_writing(&self) {}

    fn reset_on_drop(&self) {}
}
