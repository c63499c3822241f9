//! The rows of the table: what is played, and how it is meant to come out.

use crate::load::Load;
use crate::peer::Peer;

/// One kind of work.
#[derive(Debug)]
pub(crate) struct Row {
    /// What options call it.
    pub(crate) name: &'static str,
    /// What tables call it.
    pub(crate) title: &'static str,
    /// What is done.
    pub(crate) work: Work,
    /// Processor time per request, at most so many times that of a peer.
    pub(crate) goals: &'static [(Peer, f64)],
}

/// What is done.
#[derive(Debug)]
pub(crate) enum Work {
    /// Load on each peer, processor time per request.
    Load(Load),
    /// Memory of idle keep-alive connections.
    Idle(usize),
    /// Fast clients beside so many that send a byte a second.
    Slow(usize),
    /// System calls of one small request.
    Calls,
    /// Instructions of one small request.
    Instructions,
    /// Start to first answer with so many workers.
    Start(usize),
}

const KIB: usize = 1024;

const fn get(connections: usize, response: usize) -> Work {
    Work::Load(Load { connections, response, upload: 0 })
}

/// All rows.
pub(crate) const ALL: [Row; 13] = [
    Row {
        name: "small",
        title: "1 KiB, 64 connections",
        work: get(64, KIB),
        goals: &[
            (Peer::ModJk, 0.22),
            (Peer::Nginx, 0.70),
            (Peer::Haproxy, 0.70),
            (Peer::Direct, 2.0),
        ],
    },
    Row {
        name: "medium",
        title: "64 KiB, 64 connections",
        work: get(64, 64 * KIB),
        goals: &[(Peer::ModJk, 0.35), (Peer::Haproxy, 1.0)],
    },
    Row {
        name: "big",
        title: "1 MiB, 64 connections",
        work: get(64, KIB * KIB),
        goals: &[(Peer::ModJk, 0.60), (Peer::Nginx, 1.0)],
    },
    Row {
        name: "one",
        title: "1 KiB, one connection",
        work: get(1, KIB),
        goals: &[(Peer::Nginx, 1.0)],
    },
    Row {
        name: "upload",
        title: "POST of 1 MiB, 16 connections",
        work: Work::Load(Load { connections: 16, response: 16, upload: KIB * KIB }),
        goals: &[(Peer::ModJk, 0.60)],
    },
    Row { name: "c256", title: "1 KiB, 256 connections", work: get(256, KIB), goals: &[] },
    Row { name: "c1000", title: "1 KiB, 1,000 connections", work: get(1000, KIB), goals: &[] },
    Row { name: "c10000", title: "1 KiB, 10,000 connections", work: get(9_800, KIB), goals: &[] },
    Row {
        name: "idle",
        title: "8,000 idle keep-alive connections",
        work: Work::Idle(8_000),
        goals: &[],
    },
    Row {
        name: "slow",
        title: "64 fast clients beside 9,000 that send a byte a second",
        work: Work::Slow(9_000),
        goals: &[],
    },
    Row { name: "calls", title: "system calls of a 1 KiB request", work: Work::Calls, goals: &[] },
    Row {
        name: "instructions",
        title: "instructions of a 1 KiB request in user space",
        work: Work::Instructions,
        goals: &[],
    },
    Row {
        name: "start",
        title: "start to first answer with 1,000 workers",
        work: Work::Start(1_000),
        goals: &[],
    },
];
