//! The program before one scripted backend, and a client that cuts what it sends.

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use jk_e2e::backend::{Received, Script, ScriptedBackend};
use jk_e2e::client::{Client, get};
use jk_e2e::cluster::ajp_port;
use jk_e2e::front::{Front, Program};
use jk_e2e::site::{Site, SiteText};

pub(crate) struct Stage {
    pub front: Front,
    pub backend: ScriptedBackend,
    pub site: Site,
}

impl Stage {
    /// One worker `w`, a backend that follows this script, and these lines at the end of `httpd.conf`.
    pub(crate) fn set(script: &[&str], workers: &str, httpd: &str) -> Self {
        let site = Site::claim().unwrap();
        let script = Script::parse(script).unwrap();
        let addr = site.slot().socket(ajp_port(0));
        let sequence = Arc::new(AtomicUsize::new(0));
        let backend = ScriptedBackend::start("w", addr, script, sequence).unwrap();
        let port = ajp_port(0);
        let workers = format!("worker.list=w\nworker.w.host=@IP@\nworker.w.port={port}\n{workers}");
        site.write(&SiteText {
            workers: Some(workers),
            httpd: httpd.to_owned(),
            ..SiteText::default()
        })
        .unwrap();
        let front = Front::start(Program::Jackdaw, &site).unwrap();
        Self { front, backend, site }
    }

    pub(crate) fn client(&self) -> Client {
        Client::connect(self.front.addr()).unwrap()
    }

    /// How many requests have come to the backend.
    pub(crate) fn came(&self) -> usize {
        self.backend.log().requests.len()
    }

    /// Those that came after the first so many.
    pub(crate) fn since(&self, before: usize) -> Vec<Received> {
        self.backend.log().requests[before..].to_vec()
    }

    /// Others are served.
    #[track_caller]
    pub(crate) fn serves(&self, target: &str) {
        assert_eq!(get(self.front.addr(), target, &[]).unwrap().status, 200);
    }
}

/// How what is sent is cut into writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cut {
    Whole,
    Bytes,
    /// At places that this seed chooses.
    Random(u64),
}

/// Sends the bytes, cut so. A server that refuses early need not take them all.
pub(crate) fn send(client: &mut Client, bytes: &[u8], cut: Cut) {
    let mut dice = Dice::new(match cut {
        Cut::Random(seed) => seed,
        _ => 1,
    });
    let mut rest = bytes;
    while !rest.is_empty() {
        let length = match cut {
            Cut::Whole => rest.len(),
            Cut::Bytes => 1,
            Cut::Random(_) => 1 + dice.below(rest.len()),
        };
        if client.send(&rest[..length]).is_err() {
            return;
        }
        rest = &rest[length..];
    }
}

/// Numbers that a seed decides (xorshift).
#[derive(Debug)]
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// One of so many, from 0.
    pub(crate) fn below(&mut self, n: usize) -> usize {
        usize::try_from(self.next() % n as u64).unwrap()
    }
}
