//! Plays the same work on jackdaw and on what its users would pick instead, in one run, interleaved,
//! and prints medians, spreads and ratios. Nothing here passes or fails: figures are for people.

mod backend;
mod idle;
mod instructions;
mod load;
mod peer;
mod play;
mod report;
mod row;
mod slow;
mod stats;
mod usage;

use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;

use peer::Peer;
use row::Row;

/// The benchmark.
#[derive(Debug, Parser)]
#[command(name = "bench", about = "Measures jackdaw beside httpd + mod_jk, nginx and HAProxy")]
struct Options {
    /// Rows to play, by name; all if none is given
    #[arg(value_name = "ROW")]
    rows: Vec<String>,
    /// Names the rows and ends
    #[arg(long)]
    list: bool,
    /// How often each row is played on each peer
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Seconds of load per measurement
    #[arg(long, default_value_t = 3)]
    seconds: u64,
    /// Who takes part, by name, separated by commas
    #[arg(long, value_delimiter = ',')]
    peers: Vec<String>,
    /// Event loops, worker processes or threads of each proxy
    #[arg(long, default_value_t = 2)]
    loops: usize,
    /// The program to measure
    #[arg(long, default_value = "target/release/jackdaw")]
    jackdaw: PathBuf,
    /// A second build of the program, measured as `other`
    #[arg(long)]
    other: Option<PathBuf>,
    /// Write the Markdown tables to this file, too
    #[arg(long)]
    out: Option<PathBuf>,
}

fn main() -> ExitCode {
    let mut arguments = std::env::args();
    if arguments.nth(1).as_deref() == Some(backend::COMMAND) {
        return backend::main(&arguments.collect::<Vec<_>>());
    }
    match run(&Options::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> io::Result<()> {
    if options.list {
        row::ALL.iter().for_each(|row| println!("{:10} {}", row.name, row.title));
        return Ok(());
    }
    let rows = rows(&options.rows)?;
    let peers = peers(options)?;
    let mut report = report::Report::new(options.rounds, options.seconds, options.loops);
    play::play_all(&rows, &peers, options, &mut report)?;
    let text = report.markdown();
    print!("{text}");
    match &options.out {
        Some(path) => std::fs::write(path, text),
        None => Ok(()),
    }
}

fn rows(names: &[String]) -> io::Result<Vec<&'static Row>> {
    if names.is_empty() {
        return Ok(row::ALL.iter().collect());
    }
    names
        .iter()
        .map(|name| {
            row::ALL.iter().find(|row| row.name == name).ok_or_else(|| unknown("row", name))
        })
        .collect()
}

fn peers(options: &Options) -> io::Result<Vec<Peer>> {
    let mut all = Peer::ALL.to_vec();
    if options.other.is_none() {
        all.retain(|peer| *peer != Peer::Other);
    }
    if options.peers.is_empty() {
        return Ok(all);
    }
    options
        .peers
        .iter()
        .map(|name| {
            all.iter()
                .copied()
                .find(|peer| peer.name() == name)
                .ok_or_else(|| unknown("peer", name))
        })
        .collect()
}

fn unknown(what: &str, name: &str) -> io::Error {
    io::Error::other(format!("there is no {what} named {name}"))
}
