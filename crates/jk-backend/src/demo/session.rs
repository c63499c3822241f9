//! Sessions in memory.
//!
//! As in a Tomcat without replication, a session lives on one backend: an id that ends with another
//! route is not known here, and a new session begins. An id with our own route whose session is gone
//! is taken up again, so that a restarted demo does not change cookies.

use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::{Request, Response};

const COOKIE: &str = "JSESSIONID";
/// Takes the cookie back.
pub(super) const EXPIRED: &str = "JSESSIONID=; Path=/; Max-Age=0; HttpOnly";

/// Answers of a session that are remembered.
const REMEMBERED: usize = 8;
/// Sessions that are remembered; beyond that, all are forgotten at once.
const MOST_SESSIONS: usize = 10_000;
const LONGEST_ID: usize = 128;

pub(super) struct Sessions {
    route: String,
    random: RandomState,
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    made: u64,
    sessions: HashMap<String, Session>,
}

#[derive(Default)]
struct Session {
    hits: u64,
    /// The latest first.
    answers: VecDeque<(u64, Instant)>,
}

/// One request as part of its session.
pub(super) struct Visit {
    pub(super) id: String,
    pub(super) hits: u64,
    /// The latest answers, this one first: their number and their age.
    pub(super) answers: Vec<(u64, Duration)>,
    is_new: bool,
}

impl Visit {
    /// Gives the client the cookie, if it has none that is good here.
    pub(super) fn remember(&self, response: &mut Response) {
        if self.is_new {
            response.field("Set-Cookie", format!("{COOKIE}={}; Path=/; HttpOnly", self.id));
        }
    }
}

impl Sessions {
    pub(super) fn new(route: String) -> Self {
        Self { route, random: RandomState::new(), known: Mutex::default() }
    }

    /// Counts a request in its session, which may begin with it.
    pub(super) fn visit(&self, request: &Request<'_>) -> Visit {
        let mut known = self.known();
        let given = self.id_of(request);
        let is_new = given.is_none();
        let id = given.map_or_else(|| self.make_id(&mut known), str::to_owned);
        if known.sessions.len() >= MOST_SESSIONS && !known.sessions.contains_key(&id) {
            known.sessions.clear();
        }
        let session = known.sessions.entry(id.clone()).or_default();
        let now = Instant::now();
        session.hit(now);
        let answers = session.answers.iter().map(|&(hit, at)| (hit, now - at)).collect();
        Visit { id, hits: session.hits, answers, is_new }
    }

    pub(super) fn forget(&self, request: &Request<'_>) {
        if let Some(id) = self.id_of(request) {
            self.known().sessions.remove(id);
        }
    }

    /// The id of the cookie, if it is one of ours.
    fn id_of<'r>(&self, request: &Request<'r>) -> Option<&'r str> {
        let id = std::str::from_utf8(request.cookie(COOKIE)?).ok()?;
        let (unique, route) = id.split_once('.')?;
        let sound = !unique.is_empty()
            && id.len() <= LONGEST_ID
            && unique.bytes().all(|byte| byte.is_ascii_alphanumeric());
        (sound && route == self.route).then_some(id)
    }

    /// Not to be guessed from the outside, which is all that a demo needs.
    fn make_id(&self, known: &mut Known) -> String {
        known.made += 1;
        let half = |salt: u8| {
            let mut hasher = self.random.build_hasher();
            hasher.write_u8(salt);
            hasher.write_u64(known.made);
            hasher.finish()
        };
        format!("{:016x}{:016x}.{}", half(0), half(1), self.route)
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        // Counters cannot be left half changed.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Session {
    fn hit(&mut self, now: Instant) {
        self.hits += 1;
        self.answers.truncate(REMEMBERED - 1);
        self.answers.push_front((self.hits, now));
    }
}
