//! The program: reads the command line and does what it says.

mod cli;
mod disk;
mod serve;
mod site;

use std::process::ExitCode;

use clap::Parser;

use crate::cli::{Cli, Command};

/// Something was wrong with the configuration or its files; clap exits with 2 for usage.
const CONFIGURATION: u8 = 1;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let done = match &cli.command {
        Command::Serve(args) => serve::run(args),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("jackdaw: {problem}");
            ExitCode::from(CONFIGURATION)
        }
    }
}
