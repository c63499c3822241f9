//! The command line. What stands here is what `--help` prints.

// The text is printed as it stands, on terminals.
#![allow(rustdoc::invalid_html_tags)]

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

/// A front end for Tomcat that reads the configuration of Apache httpd and mod_jk as it is.
///
/// Point it at the httpd.conf of an existing site: `jackdaw check` says what it
/// makes of every line, `jackdaw explain` where a request would go, `jackdaw serve`
/// serves it. `jackdaw demo` needs no configuration at all.
#[derive(Debug, Parser)]
#[command(version, verbatim_doc_comment, after_help = AFTER_HELP)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

const AFTER_HELP: &str = "\
Examples:
  jackdaw demo
  jackdaw check -f /etc/apache2/apache2.conf
  jackdaw explain -f conf/httpd.conf http://www.example.com/shop/
  jackdaw serve -f conf/httpd.conf
  jackdaw serve --workers workers.properties --map uriworkermap.properties

Exit status: 0 all is well, 1 the configuration cannot be used or served, 2 wrong usage.";

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Serve a site until a signal ends it.
    ///
    /// Signals: TERM and INT finish what is in flight and exit, WINCH does so without
    /// closing idle connections at once, HUP reads the configuration again (and keeps
    /// the old one if the new one is wrong), USR1 opens the log files again.
    ///
    /// Started on the file that another process serves, it takes over the listening
    /// sockets of that process, which then ends without losing a request.
    #[command(verbatim_doc_comment, after_help = SERVE_EXAMPLES)]
    Serve(ServeArgs),

    /// Say what is wrong with a configuration, and what it comes to.
    ///
    /// Prints every error, warning and hint with the line it speaks of, then a summary:
    /// listeners, servers, workers with the settings that are in effect, and the mounts
    /// of each server in the order in which they are looked at. Secrets are never
    /// printed. Nothing is started, no name is resolved and no log is opened.
    ///
    /// An error is what httpd or mod_jk would refuse to start with. A warning says that
    /// something written has no effect, or another one than it seems to have. A hint
    /// names what works but hurts in practice.
    #[command(verbatim_doc_comment, after_help = CHECK_EXAMPLES)]
    Check(CheckArgs),

    /// Explain what would become of a request, without sending it anywhere.
    ///
    /// Shows the virtual host that answers and why, the path as it is decoded and
    /// compared, the rules tried up to the one that decides, the session ids and their
    /// routes, the members of the load balancer and who is elected, and the AJP request
    /// that the backend would get, field by field.
    ///
    /// The load balancer is one that has just started: every member works, no load is
    /// counted. Names of backends are not resolved. The packet is made by the code that
    /// serves; a secret is shown as ***.
    #[command(verbatim_doc_comment, after_help = EXPLAIN_EXAMPLES)]
    Explain(ExplainArgs),

    /// Serve a page from three backends in this process, to see balancing work.
    ///
    /// Starts three AJP backends on free loopback ports and a load balancer in front of
    /// them, configured by the same files that a site has. Open the page in a browser:
    /// it shows which backend answered, and that a session sticks to it. No file and no
    /// Tomcat is needed.
    #[command(verbatim_doc_comment, after_help = DEMO_EXAMPLES)]
    Demo(DemoArgs),
}

const SERVE_EXAMPLES: &str = "\
Examples:
  jackdaw serve -f /etc/apache2/apache2.conf
  jackdaw serve -f conf/httpd.conf -D SSL --threads 4
  jackdaw serve --listen 127.0.0.1:8080 --workers workers.properties";

const CHECK_EXAMPLES: &str = "\
Examples:
  jackdaw check -f /etc/apache2/apache2.conf
  jackdaw check -f conf/httpd.conf --strict && systemctl reload jackdaw
  jackdaw check --workers workers.properties --map uriworkermap.properties --verbose

Exit status: 0 it can be served, 1 it cannot (with --strict: there is a warning),
2 wrong usage. NO_COLOR=1 keeps colour away from a terminal.";

const EXPLAIN_EXAMPLES: &str = "\
Examples:
  jackdaw explain -f conf/httpd.conf http://www.example.com/shop/cart?id=7
  jackdaw explain -f conf/httpd.conf /shop/ --header 'Cookie: JSESSIONID=1A2B.node2'
  jackdaw explain -f conf/httpd.conf /shop/ --method POST --header 'Content-Length: 5' --hex
  jackdaw explain --workers workers.properties --map uriworkermap.properties /shop/";

const DEMO_EXAMPLES: &str = "\
Examples:
  jackdaw demo
  jackdaw demo --listen 127.0.0.1:9090";

/// Where the configuration comes from.
#[derive(Debug, Args)]
pub(crate) struct SiteArgs {
    /// The httpd.conf to begin with; what it includes is read too.
    #[arg(short = 'f', long = "file", value_name = "FILE", required_unless_present = "workers")]
    pub(crate) file: Option<PathBuf>,

    /// Define NAME for <IfDefine>, or NAME=VALUE for ${NAME} as well. Repeatable.
    #[arg(short = 'D', long = "define", value_name = "NAME[=VALUE]")]
    pub(crate) defines: Vec<String>,

    /// Where relative paths start until a ServerRoot says otherwise.
    #[arg(short = 'd', long = "server-root", value_name = "DIR")]
    pub(crate) server_root: Option<PathBuf>,

    /// Without an httpd.conf: what to listen on, as in a Listen directive. Repeatable.
    #[arg(long, value_name = "ADDR", conflicts_with = "file", requires = "workers")]
    pub(crate) listen: Vec<String>,

    /// Without an httpd.conf: the workers.properties.
    #[arg(long, value_name = "FILE", conflicts_with = "file")]
    pub(crate) workers: Option<PathBuf>,

    /// Without an httpd.conf: the uriworkermap.properties.
    #[arg(long, value_name = "FILE", conflicts_with = "file", requires = "workers")]
    pub(crate) map: Option<PathBuf>,

    /// Treat warnings as errors: refuse what would have no effect here.
    #[arg(long)]
    pub(crate) strict: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ServeArgs {
    #[command(flatten)]
    pub(crate) site: SiteArgs,

    /// Event loops, one thread each [default: JackdawThreads, or the number of processors]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) threads: Option<u16>,

    /// What requests in flight get at the end [default: JackdawGraceSeconds, or 30; a graceful stop waits
    /// as long as GracefulShutdownTimeout says]
    #[arg(long, value_name = "SECONDS")]
    pub(crate) grace: Option<u32>,
}

#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    #[command(flatten)]
    pub(crate) site: SiteArgs,

    /// Show notes too, and the settings that nobody changed.
    #[arg(short, long)]
    pub(crate) verbose: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ExplainArgs {
    #[command(flatten)]
    pub(crate) site: SiteArgs,

    /// The URL asked for; a path alone is asked of `localhost` on the first listener.
    #[arg(value_name = "URL")]
    pub(crate) url: String,

    /// A header field the client sends; none but Host is made up. Repeatable.
    #[arg(short = 'H', long = "header", value_name = "NAME: VALUE")]
    pub(crate) headers: Vec<String>,

    /// What the client sends as Host [default: that of the URL]
    #[arg(long, value_name = "HOST")]
    pub(crate) host: Option<String>,

    /// The method.
    #[arg(short = 'X', long, value_name = "METHOD", default_value = "GET")]
    pub(crate) method: String,

    /// The client's address.
    #[arg(long, value_name = "IP", default_value = "127.0.0.1")]
    pub(crate) client: IpAddr,

    /// Where the connection comes in [default: a listener with the URL's port]
    #[arg(long, value_name = "ADDR:PORT")]
    pub(crate) local: Option<SocketAddr>,

    /// Also print the AJP packet as bytes.
    #[arg(long)]
    pub(crate) hex: bool,
}

#[derive(Debug, Args)]
pub(crate) struct DemoArgs {
    /// What to listen on [default: 127.0.0.1:8080, or a free port if that is taken]
    #[arg(long, value_name = "ADDR:PORT")]
    pub(crate) listen: Option<SocketAddr>,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
