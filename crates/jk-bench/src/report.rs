//! What was measured, as Markdown.

use std::fmt::Write as _;

use crate::peer::Peer;
use crate::row::Row;
use crate::stats::{median, spread};

/// One measurement under load.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sample {
    /// Processor time per request, in microseconds.
    pub(crate) cpu: f64,
    /// Requests per second.
    pub(crate) rate: f64,
    /// Microseconds.
    pub(crate) p99: f64,
    /// Requests that failed.
    pub(crate) errors: f64,
}

/// The samples of one peer in one row.
pub(crate) type Samples = (Peer, Vec<Sample>);

/// The text so far.
pub(crate) struct Report {
    text: String,
    goals: String,
}

impl Report {
    /// An empty report of a run with these settings.
    pub(crate) fn new(rounds: usize, seconds: u64, loops: usize) -> Self {
        let cores = std::thread::available_parallelism().map_or(0, usize::from);
        let mut text = String::from("# Figures\n\n");
        let _ = writeln!(
            text,
            "{cores} cores; {rounds} interleaved rounds of {seconds} s; {loops} loops, workers or \
             threads each. Processor time is that of all of a proxy's processes, user and system. \
             Medians, and behind ± half the distance between the extremes."
        );
        Self { text, goals: String::new() }
    }

    /// Adds the table of a row played as load.
    pub(crate) fn load(&mut self, row: &Row, all: &[Samples]) {
        let of = |peer: Peer| {
            let (_, samples) = all.iter().find(|(other, _)| *other == peer)?;
            median(&samples.iter().map(|sample| sample.cpu).collect::<Vec<_>>())
        };
        self.title(row);
        let columns = [Peer::Direct, Peer::ModJk, Peer::Nginx, Peer::Haproxy];
        self.text += "| | µs CPU/request | requests/s | p99 ms | errors |";
        columns.iter().for_each(|peer| self.text += &format!(" × {} |", peer.name()));
        self.text += "\n|---|--:|--:|--:|--:|--:|--:|--:|--:|\n";
        for (peer, samples) in all {
            let pick = |of: fn(&Sample) -> f64| samples.iter().map(of).collect::<Vec<_>>();
            let cpu = pick(|sample| sample.cpu);
            let own = median(&cpu).unwrap_or(0.0);
            let _ = write!(
                self.text,
                "| {} | {own:.1} ± {:.0} % | {:.0} | {:.2} | {:.0} |",
                peer.name(),
                spread(&cpu).unwrap_or(0.0) * 100.0,
                median(&pick(|sample| sample.rate)).unwrap_or(0.0),
                median(&pick(|sample| sample.p99)).unwrap_or(0.0) / 1000.0,
                pick(|sample| sample.errors).iter().sum::<f64>(),
            );
            for other in columns {
                match of(other).filter(|cpu| *cpu > 0.0) {
                    Some(cpu) => self.text += &format!(" {:.2} |", own / cpu),
                    None => self.text += " – |",
                }
            }
            self.text += "\n";
        }
        for (other, most) in row.goals {
            let (Some(own), Some(cpu)) = (of(Peer::Jackdaw), of(*other)) else { continue };
            let ratio = own / cpu;
            let reached = if ratio <= *most { "yes" } else { "no" };
            let name = other.name();
            let _ = writeln!(
                self.goals,
                "| {} | ≤ {most:.2} × {name} | {ratio:.2} | {reached} |",
                row.title
            );
        }
    }

    /// Adds a table of two columns for a row that is not played as load.
    pub(crate) fn pairs(&mut self, row: &Row, head: &str, pairs: &[(String, String)]) {
        self.title(row);
        let _ = writeln!(self.text, "| | {head} |\n|---|--:|");
        for (name, value) in pairs {
            let _ = writeln!(self.text, "| {name} | {value} |");
        }
    }

    fn title(&mut self, row: &Row) {
        let _ = writeln!(self.text, "\n## {} (`{}`)\n", row.title, row.name);
    }

    /// The whole text.
    pub(crate) fn markdown(self) -> String {
        if self.goals.is_empty() {
            return self.text;
        }
        let head = "\n## Goals\n\n| work | goal | measured | reached |\n|---|---|--:|---|\n";
        self.text + head + &self.goals
    }
}
