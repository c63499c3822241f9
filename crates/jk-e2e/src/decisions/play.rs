use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::act::{Act, Request};
use crate::ajp::ForwardRequest;
use crate::backend::ScriptedBackend;
use crate::case::Case;
use crate::client::{Client, Response};
use crate::front::{Front, Program, StartError};
use crate::process::wait_until;
use crate::site::Site;

/// How long a kept request may take to reach a backend.
const PATIENCE: Duration = Duration::from_secs(20);

/// The site's part of a file, and its lines of decisions.
///
/// # Errors
/// When there are no decisions.
pub fn split(text: &str) -> Result<(&str, &str), String> {
    text.split_once("[decisions]\n").ok_or_else(|| "there is no [decisions] section".to_owned())
}

/// Plays the file at `path` on `program` and returns its text with the results that came.
///
/// # Errors
/// When the file is malformed or the harness itself fails.
pub fn play(path: &Path, text: &str, program: Program) -> Result<String, String> {
    let (head, lines) = split(text)?;
    let case = Case::parse(path, head)?;
    let site = Site::claim().map_err(|e| e.to_string())?;
    site.write(&case.site).map_err(|e| e.to_string())?;
    let mut table = Table::set(&case, &site).map_err(|e| format!("backends: {e}"))?;
    let front = match Front::start(program, &site) {
        Ok(front) => front,
        Err(StartError::Refused(why)) => return Err(format!("{} refused: {why}", program.name())),
        Err(StartError::Io(e)) => return Err(format!("{}: {e}", program.name())),
    };
    let mut out = format!("{head}[decisions]\n");
    for line in lines.lines() {
        let (_, act) = line.split_once('\t').ok_or_else(|| format!("{line:?} has no result"))?;
        let result = table.perform(&Act::parse(act)?, front.addr())?;
        out.push_str(&format!("{result}\t{act}\n"));
    }
    table.free();
    front.stop();
    Ok(out)
}

/// The backends of a running sequence, and the requests they keep.
struct Table {
    backends: Vec<ScriptedBackend>,
    held: Vec<JoinHandle<io::Result<Response>>>,
    /// Requests received so far, per backend.
    seen: Vec<usize>,
}

impl Table {
    fn set(case: &Case, site: &Site) -> io::Result<Self> {
        let sequence = Arc::new(AtomicUsize::new(0));
        let backends: Vec<ScriptedBackend> = case
            .backends
            .iter()
            .enumerate()
            .map(|(index, (name, script))| {
                let addr = site.slot().socket(Case::port(index));
                ScriptedBackend::start(name, addr, script.clone(), Arc::clone(&sequence))
            })
            .collect::<io::Result<_>>()?;
        let seen = vec![0; backends.len()];
        Ok(Self { backends, held: Vec::new(), seen })
    }

    fn perform(&mut self, act: &Act, addr: SocketAddr) -> Result<String, String> {
        match act {
            Act::Get(request) => {
                let answer = exchange(addr, request).map_err(|e| format!("{request:?}: {e}"))?;
                return Ok(self.result(&answer, request));
            }
            Act::Hold(request) => return self.hold(request, addr),
            Act::Free => self.free(),
            Act::Down(name) => self.backend(name)?.down(),
            Act::Pause(time) => thread::sleep(*time),
            Act::Up(name) => self.backend(name)?.up().map_err(|e| e.to_string())?,
        }
        Ok("-".to_owned())
    }

    fn backend(&mut self, name: &str) -> Result<&mut ScriptedBackend, String> {
        let found = self.backends.iter_mut().find(|backend| backend.name() == name);
        found.ok_or_else(|| format!("there is no backend {name}"))
    }

    /// Starts a request and waits until a backend has it, or it is refused.
    fn hold(&mut self, request: &Request, addr: SocketAddr) -> Result<String, String> {
        let (copy, before) = (request.clone(), self.total());
        let thread = thread::spawn(move || exchange(addr, &copy));
        let arrived =
            wait_until(PATIENCE, || (self.total() > before || thread.is_finished()).then_some(()));
        arrived.ok_or("a kept request reached nobody")?;
        if thread.is_finished() {
            let answer = thread.join().map_err(|_| "a request panicked")?;
            let answer = answer.map_err(|e| format!("{request:?}: {e}"))?;
            return Ok(self.result(&answer, request));
        }
        self.held.push(thread);
        Ok(format!("held {}", self.tried(request)))
    }

    fn free(&mut self) {
        for backend in &self.backends {
            let kept = backend.log().held;
            backend.release(kept);
        }
        for thread in self.held.drain(..) {
            let _ = thread.join();
        }
    }

    fn total(&self) -> usize {
        self.backends.iter().map(|backend| backend.log().requests.len()).sum()
    }

    /// The status, and whom it comes from: backends, or the file with this first line.
    fn result(&mut self, answer: &Response, request: &Request) -> String {
        let tried = self.tried(request);
        let text = answer.text();
        match text.lines().next() {
            Some(line) if answer.status == 200 && tried == "nobody" => format!("200 file {line}"),
            _ => format!("{} {tried}", answer.status),
        }
    }

    /// Who was sent the request, in order, and what the last of them was told.
    fn tried(&mut self, request: &Request) -> String {
        let mut tried = Vec::new();
        for (backend, seen) in self.backends.iter().zip(&mut self.seen) {
            let log = backend.log();
            let new = log.requests[*seen..].iter();
            tried.extend(new.map(|r| (r.sequence, backend.name().to_owned(), r.request.clone())));
            *seen = log.requests.len();
        }
        tried.sort_by_key(|(sequence, ..)| *sequence);
        let Some((_, _, last)) = tried.last() else { return "nobody".to_owned() };
        let members: Vec<String> = self.backends.iter().map(|b| b.name().to_owned()).collect();
        let told = |forwarded| told(forwarded, request, &members);
        let last = last.as_ref().map_or_else(|e| format!("malformed: {e}"), told);
        let names: Vec<&str> = tried.iter().map(|(_, name, _)| name.as_str()).collect();
        format!("{} {last}", names.join(","))
    }
}

/// The route, the activation, and the path where it differs from the target's.
fn told(forwarded: &ForwardRequest, request: &Request, members: &[String]) -> String {
    let route = forwarded.attribute("route").unwrap_or("-");
    // mod_jk sends a dangling pointer as the route of a pick by domain: whatever is not the route
    // of a member is shown as unknown.
    let is_route = |name: &String| route == name || route.ends_with(&format!(".{name}"));
    let route = if route == "-" || members.iter().any(is_route) { route } else { "~" };
    let activation = forwarded.attribute("JK_LB_ACTIVATION").unwrap_or("-");
    let path = request.target.split('?').next().unwrap_or_default();
    let uri = if forwarded.uri == path { String::new() } else { format!(" {}", forwarded.uri) };
    format!("{route} {activation}{uri}")
}

/// Reads to the end of the connection, so that the server has settled everything.
fn exchange(addr: SocketAddr, request: &Request) -> io::Result<Response> {
    let mut client = Client::connect(addr)?;
    client.send(request.head().as_bytes())?;
    let response = client.receive("GET");
    client.drain();
    Ok(response)
}
