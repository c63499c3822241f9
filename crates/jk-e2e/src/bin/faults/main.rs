//! Faults under constant load, the same play on httpd with mod_jk and on jackdaw: what their clients saw,
//! as a Markdown table.
//!
//! Rules against packets and small file systems are made for this process's own network and mounts only;
//! without those of its own (`unshare --net --mount`) these plays are left out.

mod fault;
mod stage;

use std::error::Error;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::Parser;
use jk_e2e::front::Program;
use jk_e2e::load::{Load, Plan, Tally};
use jk_e2e::process::wait_until;

use fault::Fault;
use stage::{Nodes, Stage};

/// From an answer to the next request of a client.
const PAUSE: Duration = Duration::from_millis(5);
/// How long some requests take their backend.
const WORK: Duration = Duration::from_millis(20);
/// Load before the fault: pools fill.
const CALM: Duration = Duration::from_secs(2);
/// How long the member that failed may take to be used again.
const RETURN: Duration = Duration::from_secs(15);
/// Load after that, or after a fault of the server's own.
const REST: Duration = Duration::from_secs(4);

/// Faults under constant load, on httpd with mod_jk and on jackdaw.
#[derive(Parser)]
struct Args {
    /// Only faults whose name contains one of these
    filters: Vec<String>,
    /// How long a fault lasts, in seconds
    #[arg(long, default_value_t = 6)]
    seconds: u64,
    /// Where the choices of the clients begin
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Only this one of the two programs
    #[arg(long, value_parser = ["httpd", "jackdaw"])]
    only: Option<String>,
}

/// What one play showed.
struct Outcome {
    tally: Tally,
    /// From the end of the fault to the first answer of the member that had it.
    back: Option<Duration>,
    /// The program had not ended by itself.
    alive: bool,
}

fn main() -> ExitCode {
    match play_all(&Args::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("faults: {problem}");
            ExitCode::from(2)
        }
    }
}

fn play_all(args: &Args) -> Result<(), Box<dyn Error>> {
    let chosen = |fault: &Fault| {
        let name = fault.name();
        args.filters.is_empty() || args.filters.iter().any(|filter| name.contains(filter.as_str()))
    };
    println!("| fault | program | requests | failed | slowest | member back after |");
    println!("|---|---|--:|---|--:|--:|");
    let mut nodes: Option<Nodes> = None;
    for fault in Fault::ALL.into_iter().filter(chosen) {
        if let Some(why) = fault.unplayable() {
            println!("| {} | – | left out: {why} | | | |", fault.name());
            continue;
        }
        if nodes.as_ref().is_none_or(|nodes| nodes.app() != fault.app()) {
            // The old ones go before the new ones come.
            drop(nodes.take());
            nodes = Some(Nodes::start(fault.app())?);
        }
        let Some(nodes) = &mut nodes else { continue };
        for program in [Program::Httpd, Program::Jackdaw] {
            if args.only.as_ref().is_none_or(|only| only == program.name()) {
                let outcome = play(fault, program, nodes, args)?;
                println!("{}", row(fault, program, &outcome));
            }
        }
    }
    Ok(())
}

/// Calm, fault, return, calm again.
fn play(
    fault: Fault,
    program: Program,
    nodes: &mut Nodes,
    args: &Args,
) -> Result<Outcome, Box<dyn Error>> {
    let mut stage = Stage::set(fault, program, nodes)?;
    let plan = Plan { to: stage.addr(), app: fault.app(), pause: PAUSE, work: WORK, strict: false };
    let mut load = Load::start(plan, fault.clients(), args.seed);
    // What a person would call a while, on both programs alike; nothing waits for an event here.
    std::thread::sleep(CALM);
    fault.happen(&mut stage, nodes, &mut load, plan, Duration::from_secs(args.seconds))?;
    let well = Instant::now();
    let back = fault.victim().and_then(|victim| {
        wait_until(RETURN, || {
            let tally = load.tally();
            let seen = tally.seen.get(victim).filter(|&&seen| seen > well)?;
            Some(seen.duration_since(well))
        })
    });
    std::thread::sleep(REST);
    let tally = load.stop();
    Ok(Outcome { tally, back, alive: stage.stop() })
}

fn row(fault: Fault, program: Program, outcome: &Outcome) -> String {
    let Outcome { tally, back, alive } = outcome;
    let back = match (fault.victim(), back) {
        (None, _) => "–".to_owned(),
        (_, Some(back)) => format!("{:.1} s", back.as_secs_f64()),
        (_, None) => format!("not within {} s", RETURN.as_secs()),
    };
    let ended = if *alive { "" } else { "; THE SERVER ENDED" };
    format!(
        "| {} | {} | {} | {tally}{ended} | {:.2} s | {back} |",
        fault.name(),
        program.name(),
        tally.requests,
        tally.slowest.as_secs_f64(),
    )
}
