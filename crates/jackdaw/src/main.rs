//! The program: reads the command line and does what it says.

mod check;
mod cli;
mod demo;
mod descriptors;
mod disk;
mod error_log;
mod explain;
mod findings;
mod handover;
mod privilege;
mod serve;
mod site;
mod term;

use std::error::Error;
use std::process::ExitCode;

use clap::Parser;

use crate::cli::{Cli, Command};

/// Something was wrong with the configuration or its files; clap exits with 2 for usage.
const CONFIGURATION: u8 = 1;

fn main() -> ExitCode {
    match run(&Cli::parse().command) {
        Ok(code) => code,
        Err(problem) => {
            eprintln!("jackdaw: {problem}");
            ExitCode::from(CONFIGURATION)
        }
    }
}

fn run(command: &Command) -> Result<ExitCode, Box<dyn Error>> {
    match command {
        Command::Serve(args) => serve::run(args)?,
        Command::Check(args) => return Ok(check::run(args)?),
        Command::Explain(args) => explain::run(args)?,
        Command::Demo(args) => demo::run(args)?,
    }
    Ok(ExitCode::SUCCESS)
}
