//! What the whole process does: where it listens, as whom, how much at once.

use std::net::IpAddr;
use std::time::Duration;

use super::super::address::{self, Host, HostPort};
use super::super::call::Arity::{One, Raw};
use super::super::call::Call;
use super::super::report::Refusal;
use super::super::value::{choice, number};
use super::super::walk::Walk;
use super::{Entry, global, server};
use crate::{Listen, Pace, ServerTokens};

pub(super) const ENTRIES: &[Entry] = &[
    global("Listen", Raw, listen),
    global("User", One, |walk, call| {
        walk.global.user = Some(call.text(0).to_owned());
        Ok(())
    }),
    global("Group", One, |walk, call| {
        walk.global.group = Some(call.text(0).to_owned());
        Ok(())
    }),
    global("PidFile", One, |walk, call| {
        walk.global.pid_file = Some(walk.path(call.text(0)));
        Ok(())
    }),
    // httpd reads that of the main server and accepts others.
    server("TypesConfig", One, |walk, call| {
        if !walk.in_host {
            let path = walk.path(call.text(0));
            walk.global.types_config = Some((path, call.directive.at()));
        }
        Ok(())
    }),
    global("ListenBacklog", One, |walk, call| {
        let backlog = u32::try_from(number(call, walk.report)).ok().filter(|&n| n > 0);
        let positive = || Refusal::new("ListenBacklog must be greater than 0");
        walk.global.listen_backlog = backlog.ok_or_else(positive)?;
        Ok(())
    }),
    global("ServerTokens", One, |walk, call| {
        let choices = [
            ("Full", ServerTokens::Full),
            ("OS", ServerTokens::Os),
            ("Minimal", ServerTokens::Minimal),
            ("Min", ServerTokens::Minimal),
            ("Minor", ServerTokens::Minor),
            ("Major", ServerTokens::Major),
            ("Prod", ServerTokens::Prod),
            ("ProductOnly", ServerTokens::Prod),
        ];
        walk.global.server_tokens = Some(choice(call, &choices)?);
        Ok(())
    }),
    global("MaxRequestWorkers", One, max_request_workers),
    global("MaxClients", One, max_request_workers),
    global("ThreadsPerChild", One, |walk, call| {
        walk.global.mpm.threads_per_child = Some(number(call, walk.report));
        Ok(())
    }),
    global("ThreadLimit", One, |walk, call| {
        walk.global.mpm.thread_limit = Some(number(call, walk.report));
        Ok(())
    }),
    global("ServerLimit", One, |walk, call| {
        walk.global.mpm.server_limit = Some(number(call, walk.report));
        Ok(())
    }),
    global("JackdawThreads", One, |walk, call| {
        walk.global.threads = Some(at_least(1, call)?);
        Ok(())
    }),
    global("GracefulShutdownTimeout", One, |walk, call| {
        walk.global.graceful_shutdown_timeout = Some(number(call, walk.report));
        Ok(())
    }),
    global("JackdawGraceSeconds", One, |walk, call| {
        walk.global.grace = Some(Duration::from_secs(u64::from(at_least(0, call)?)));
        Ok(())
    }),
    global("JackdawResponseTimeout", One, |walk, call| {
        let text = call.text(0);
        let pace = Pace::parse(text).map_err(|why| {
            Refusal::new(format!("JackdawResponseTimeout: `{text}`: {why}"))
                .help("`60,MinRate=250`, or 0 for no bound")
        })?;
        walk.global.response_pace = Some(pace);
        Ok(())
    }),
    global("JackdawMaxConnections", One, |walk, call| {
        walk.global.max_connections = at_least(0, call)?;
        Ok(())
    }),
    global("JackdawMaxConnectionsPerAddress", One, |walk, call| {
        walk.global.max_connections_per_address = at_least(0, call)?;
        Ok(())
    }),
];

fn listen(walk: &mut Walk<'_>, call: &Call<'_>) -> Result<(), Refusal> {
    if call.words.is_empty() || call.words.len() > 2 {
        return Err(Refusal::new("Listen takes an address and perhaps a protocol"));
    }
    let text = call.text(0);
    let invalid = || {
        Refusal::new(format!("`{text}` is not an address and port"))
            .help("write `80`, `10.0.0.1:80` or `[::1]:80`")
    };
    let HostPort { host, port } = address::split(text).ok_or_else(invalid)?;
    let port = port.ok_or_else(|| {
        Refusal::new(format!("`{text}` names no port")).help("write `address:port`")
    })?;
    let ips = match address::host(host.unwrap_or("*")) {
        Host::Any => vec![None],
        Host::Ip(ip) => vec![Some(ip)],
        // httpd opens a socket for each address that a name has.
        Host::Name => of_name(walk, host.unwrap_or_default())?,
    };
    warn_of_protocol(walk, call, port);
    for ip in ips {
        let taken = |known: &Listen| (known.ip, known.port) == (ip, port);
        if walk.global.listeners.iter().any(taken) {
            return Err(Refusal::new("there is a Listen for this address and port already")
                .help("remove one of them"));
        }
        let listener = Listen { ip, port, location: Some(call.directive.at()) };
        walk.global.listeners.push(listener);
    }
    Ok(())
}

fn of_name(walk: &Walk<'_>, name: &str) -> Result<Vec<Option<IpAddr>>, Refusal> {
    let mut found: Vec<Option<IpAddr>> = Vec::new();
    for ip in walk.files.resolve(name) {
        if !found.contains(&Some(ip)) {
            found.push(Some(ip));
        }
    }
    if found.is_empty() {
        let refusal = Refusal::new(format!("`{name}` is the name of no host"));
        return Err(refusal.help("write its address, or `*`"));
    }
    Ok(found)
}

/// TLS is not spoken, which whoever listens on 443 will want to know.
fn warn_of_protocol(walk: &mut Walk<'_>, call: &Call<'_>, port: u16) {
    let protocol = call.optional(1).unwrap_or(if port == 443 { "https" } else { "http" });
    if protocol.eq_ignore_ascii_case("https") {
        let message = format!("port {port} is served without encryption: TLS is not spoken here");
        let help = "put a TLS terminator in front, or remove this line";
        walk.report.warning(&call.directive.at(), message).help(help);
    } else if !protocol.eq_ignore_ascii_case("http") {
        let message = format!("`{protocol}` is not spoken here: HTTP/1.1 is");
        walk.report.warning(&call.at, message);
    }
}

fn max_request_workers(walk: &mut Walk<'_>, call: &Call<'_>) -> Result<(), Refusal> {
    walk.global.mpm.max_request_workers = Some(number(call, walk.report));
    Ok(())
}

fn at_least(least: u32, call: &Call<'_>) -> Result<u32, Refusal> {
    let number = call.text(0).parse().ok().filter(|&number| number >= least);
    number.ok_or_else(|| Refusal::new(format!("{} wants a number from {least} up", call.name)))
}
