//! The command line. What stands here is what `--help` prints.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

/// A front end for Tomcat that reads the configuration of Apache httpd and mod_jk as it is.
///
/// Point it at the httpd.conf of an existing site: `jackdaw check -f httpd.conf` says what it makes
/// of every line, `jackdaw serve -f httpd.conf` serves it.
#[derive(Debug, Parser)]
#[command(version, max_term_width = 100)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve a site until a signal ends it.
    ///
    /// Signals: TERM and INT finish what is in flight and exit, HUP reads the configuration again
    /// (and keeps the old one if the new one is wrong), USR1 opens the log files again.
    Serve(ServeArgs),
}

/// Where the configuration comes from.
#[derive(Debug, Args)]
pub struct SiteArgs {
    /// The httpd.conf to begin with; what it includes is read too.
    #[arg(short = 'f', long = "file", value_name = "FILE", required_unless_present = "workers")]
    pub file: Option<PathBuf>,

    /// Define NAME for <IfDefine>, or NAME=VALUE for ${NAME} as well. Repeatable.
    #[arg(short = 'D', long = "define", value_name = "NAME[=VALUE]")]
    pub defines: Vec<String>,

    /// Where relative paths start until a ServerRoot says otherwise.
    #[arg(short = 'd', long = "server-root", value_name = "DIR")]
    pub server_root: Option<PathBuf>,

    /// Without an httpd.conf: the address to listen on, as in a Listen directive. Repeatable.
    #[arg(long, value_name = "ADDR", conflicts_with = "file", requires = "workers")]
    pub listen: Vec<String>,

    /// Without an httpd.conf: the workers.properties.
    #[arg(long, value_name = "FILE", conflicts_with = "file")]
    pub workers: Option<PathBuf>,

    /// Without an httpd.conf: the uriworkermap.properties.
    #[arg(long, value_name = "FILE", conflicts_with = "file", requires = "workers")]
    pub map: Option<PathBuf>,

    /// Treat warnings as errors: do not start while a directive would have no effect here.
    #[arg(long)]
    pub strict: bool,
}

#[derive(Debug, Args)]
pub struct ServeArgs {
    #[command(flatten)]
    pub site: SiteArgs,

    /// Event loops, one thread each [default: the number of processors]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub threads: Option<u16>,

    /// Seconds that requests in flight get when the program is told to stop.
    #[arg(long, value_name = "SECONDS", default_value_t = 30)]
    pub grace: u64,
}
