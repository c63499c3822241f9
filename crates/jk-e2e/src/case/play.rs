use std::collections::HashMap;
use std::fs;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::Case;
use super::outcome::{BackendOutcome, Outcome, StepOutcome};
use super::step::{RawExchange, Request, Step};
use crate::backend::{Log, ScriptedBackend};
use crate::client::Client;
use crate::front::{Front, Program, StartError};
use crate::site::Site;
use crate::slot::SECOND_HTTP_PORT;
use crate::text::printable;

/// How long a case waits for a backend to have received something.
const PATIENCE: Duration = Duration::from_secs(30);

/// Plays `case` on `program`, on a site of its own, and renders what happened; whatever differs
/// from run to run is masked.
///
/// # Errors
/// When the harness itself fails; whatever the server does is an outcome.
pub fn play(case: &Case, program: Program) -> Result<String, String> {
    let site = Site::claim().map_err(|e| e.to_string())?;
    site.write(&case.site).map_err(|e| e.to_string())?;
    let mut stage = Stage::set(case, &site).map_err(|e| format!("backends: {e}"))?;
    let front = match Front::start(program, &site) {
        Ok(front) => front,
        Err(StartError::Refused(_)) => {
            return Ok("start refused\n".to_owned());
        }
        Err(StartError::Io(e)) => return Err(format!("{}: {e}", program.name())),
    };
    let steps = stage.perform(&case.steps, front)?;
    let mut outcome = Outcome { steps, backends: stage.records(), files: vec![] };
    for name in &case.shown {
        let content = fs::read_to_string(site.dir().join(name)).map_err(|e| e.to_string())?;
        outcome.files.push((name.clone(), content));
    }
    Ok(outcome.render(&|text| mask(case, &site, text)))
}

fn mask(case: &Case, site: &Site, text: &str) -> String {
    let masked = site.mask(text);
    case.masks
        .iter()
        .fold(masked, |text, (pattern, stand_in)| pattern.replace_all(&text, stand_in).into_owned())
}

/// The backends of a running case, and the requests under way.
struct Stage<'a> {
    site: &'a Site,
    backends: Vec<ScriptedBackend>,
    started: HashMap<String, JoinHandle<StepOutcome>>,
}

impl<'a> Stage<'a> {
    fn set(case: &Case, site: &'a Site) -> io::Result<Self> {
        let sequence = Arc::new(AtomicUsize::new(0));
        let backends = case
            .backends
            .iter()
            .enumerate()
            .map(|(index, (name, script))| {
                let addr = site.slot().socket(Case::port(index));
                ScriptedBackend::start(name, addr, script.clone(), Arc::clone(&sequence))
            })
            .collect::<io::Result<_>>()?;
        Ok(Self { site, backends, started: HashMap::new() })
    }

    fn perform(&mut self, steps: &[Step], front: Front) -> Result<Vec<StepOutcome>, String> {
        let mut outcomes = Vec::new();
        for step in steps {
            outcomes.extend(self.step(step, &front)?);
        }
        front.stop();
        Ok(outcomes)
    }

    fn step(&mut self, step: &Step, front: &Front) -> Result<Option<StepOutcome>, String> {
        let site = self.site;
        match step {
            Step::Request(request) => return self.request(request, front).map(Some),
            Step::Raw(raw) => return Ok(Some(self.raw(raw, front))),
            Step::Start(label, request) => self.start(label, request, front),
            Step::Join(label) => return self.join(label).map(Some),
            Step::AwaitRequests(name, n) => self.wait(name, |log| log.requests.len() >= *n)?,
            Step::AwaitProbes(name, n) => self.wait(name, |log| log.probes >= *n)?,
            Step::AwaitConnections(name, n) => self.wait(name, |log| log.connections >= *n)?,
            Step::Release(name, n) => self.backend(name)?.release(*n),
            Step::Down(name) => self.backend(name)?.down(),
            Step::Up(name) => self.backend(name)?.up().map_err(|e| e.to_string())?,
            Step::Close(name) => self.backend(name)?.close_connections(),
            Step::Pause(ms) => thread::sleep(Duration::from_millis(*ms)),
            Step::Write(path, text) => {
                let path = site.dir().join(path);
                fs::write(path, site.expand(text)).map_err(|e| e.to_string())?;
            }
            Step::Signal(name) => front.signal(name),
        }
        Ok(None)
    }

    fn backend(&mut self, name: &str) -> Result<&mut ScriptedBackend, String> {
        let found = self.backends.iter_mut().find(|backend| backend.name() == name);
        found.ok_or_else(|| format!("there is no backend {name}"))
    }

    fn wait(&mut self, name: &str, done: impl Fn(&Log) -> bool) -> Result<(), String> {
        match self.backend(name)?.wait(PATIENCE, done) {
            true => Ok(()),
            false => Err(format!("backend {name} was waited for in vain")),
        }
    }

    fn addr(&self, front: &Front, second_port: bool) -> SocketAddr {
        match second_port {
            true => self.site.slot().socket(SECOND_HTTP_PORT),
            false => front.addr(),
        }
    }

    fn request(&mut self, request: &Request, front: &Front) -> Result<StepOutcome, String> {
        let before = self.counts();
        let mut outcome = exchange(self.addr(front, request.second_port), request);
        if let Some((name, count)) = &request.reaches {
            self.wait(name, |log| log.requests.len() >= *count)?;
        }
        if self.started.is_empty() && !request.vanish {
            outcome.tried = Some(self.tried_since(&before));
        }
        Ok(outcome)
    }

    fn raw(&mut self, raw: &RawExchange, front: &Front) -> StepOutcome {
        let before = self.counts();
        let mut outcome = raw_exchange(self.addr(front, raw.second_port), raw);
        if self.started.is_empty() && !raw.methods.is_empty() {
            outcome.tried = Some(self.tried_since(&before));
        }
        outcome
    }

    fn start(&mut self, label: &str, request: &Request, front: &Front) {
        let (addr, request) = (self.addr(front, request.second_port), request.clone());
        self.started.insert(label.to_owned(), thread::spawn(move || exchange(addr, &request)));
    }

    fn join(&mut self, label: &str) -> Result<StepOutcome, String> {
        let thread =
            self.started.remove(label).ok_or_else(|| format!("no &{label} was started"))?;
        thread.join().map_err(|_| format!("&{label} panicked"))
    }

    fn counts(&self) -> Vec<usize> {
        self.backends.iter().map(|backend| backend.log().requests.len()).collect()
    }

    fn tried_since(&self, before: &[usize]) -> Vec<String> {
        let mut tried: Vec<(usize, String)> = Vec::new();
        for (backend, &before) in self.backends.iter().zip(before) {
            let log = backend.log();
            let new = &log.requests[before..];
            tried.extend(new.iter().map(|r| (r.sequence, backend.name().to_owned())));
        }
        tried.sort();
        tried.into_iter().map(|(_, name)| name).collect()
    }

    fn records(&self) -> Vec<BackendOutcome> {
        self.backends
            .iter()
            .map(|backend| {
                let log = backend.log();
                BackendOutcome {
                    name: backend.name().to_owned(),
                    connections: log.connections,
                    probes: log.probes,
                    requests: log.requests.clone(),
                    objections: log.objections.clone(),
                }
            })
            .collect()
    }
}

/// One request on a connection of its own. It is read to the connection's end: only then has the
/// server finished with the request, and the next one finds everything settled.
fn exchange(addr: SocketAddr, request: &Request) -> StepOutcome {
    let mut outcome = StepOutcome {
        label: request.label.clone(),
        responses: Vec::new(),
        tried: None,
        remarks: Vec::new(),
    };
    let began = Instant::now();
    if let Err(error) = converse(addr, request, &mut outcome) {
        outcome.remarks.push(format!("the connection failed: {}", error.kind()));
    }
    if let Some(ms) = request.at_least {
        let kept = began.elapsed() >= Duration::from_millis(ms);
        outcome.remarks.push(format!("took at least {ms} ms: {kept}"));
    }
    outcome
}

fn converse(addr: SocketAddr, request: &Request, outcome: &mut StepOutcome) -> io::Result<()> {
    let mut client = Client::connect(addr)?;
    client.send(&request.head())?;
    if request.await_continue {
        let status = client.receive_interim()?;
        outcome.remarks.push(format!("asked to go on with {status}"));
        if status != 100 {
            return Ok(());
        }
    }
    // A server that answers early may close before it has read everything.
    let _ = client.send(&request.coded_body());
    if request.short.is_some() {
        client.finish_sending()?;
    }
    if request.vanish {
        return Ok(());
    }
    outcome.responses.push(client.receive(&request.method));
    finish(&mut client, outcome);
    Ok(())
}

fn raw_exchange(addr: SocketAddr, raw: &RawExchange) -> StepOutcome {
    let mut outcome = StepOutcome {
        label: raw.label.clone(),
        responses: Vec::new(),
        tried: None,
        remarks: Vec::new(),
    };
    let mut talk = || -> io::Result<()> {
        let mut client = Client::connect(addr)?;
        client.send(&raw.bytes)?;
        if raw.finish {
            client.finish_sending()?;
        }
        for method in &raw.methods {
            outcome.responses.push(client.receive(method));
        }
        if raw.closed {
            finish(&mut client, &mut outcome);
        }
        Ok(())
    };
    if let Err(error) = talk() {
        outcome.remarks.push(format!("the connection failed: {}", error.kind()));
    }
    outcome
}

fn finish(client: &mut Client, outcome: &mut StepOutcome) {
    let (rest, closed) = client.drain();
    if !rest.is_empty() {
        outcome.remarks.push(format!("then more: {}", printable(&rest)));
    }
    if !closed {
        outcome.remarks.push("the connection stays open".to_owned());
    }
}
