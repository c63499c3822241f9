//! Runs one demo backend: `jk-backend --ajp 127.0.0.1:8009 --http 127.0.0.1:8080 --route node1`.

use std::net::SocketAddr;
use std::process::ExitCode;
use std::str::FromStr;

use jk_backend::{Backend, Demo, Options};

const USAGE: &str = "\
usage: jk-backend --ajp ADDR [--http ADDR] [--route NAME] [--threads N] [--packet-size N]

  --ajp ADDR         address and port for AJP/1.3; port 0 takes a free one
  --http ADDR        address and port for HTTP/1.1; not spoken unless given
  --route NAME       the name of this backend, jvmRoute [node1]
  --threads N        event loops, at least 1 [1]
  --packet-size N    largest AJP packet sent or asked for, 8192 to 65536 [8192]
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.iter().any(|argument| argument == "--help") {
        print!("{USAGE}");
        return ExitCode::SUCCESS;
    }
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("jk-backend: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[String]) -> Result<(), String> {
    let (options, route) = parse(arguments)?;
    let backend = Backend::start_with(&options, Demo::new(route.as_str()))
        .map_err(|error| format!("cannot listen on {}: {error}", options.ajp))?;
    print!("{route}: ajp {}", backend.addr());
    if let Some(addr) = backend.http_addr() {
        print!(", http {addr}");
    }
    println!();
    backend.wait();
    Ok(())
}

fn parse(arguments: &[String]) -> Result<(Options, String), String> {
    let mut ajp = None;
    let mut route = "node1".to_owned();
    let mut options = Options::new(SocketAddr::from(([127, 0, 0, 1], 0)));
    let mut left = arguments.iter();
    while let Some(flag) = left.next() {
        let value = left.next().ok_or_else(|| format!("{flag} needs a value\n{USAGE}"))?;
        match flag.as_str() {
            "--ajp" => ajp = Some(read(flag, value)?),
            "--http" => options.http = Some(read(flag, value)?),
            "--route" => route.clone_from(value),
            "--threads" => options.threads = read(flag, value)?,
            "--packet-size" => options.packet_size = read(flag, value)?,
            _ => return Err(format!("unknown flag {flag}\n{USAGE}")),
        }
    }
    options.ajp = ajp.ok_or_else(|| format!("--ajp is missing\n{USAGE}"))?;
    Ok((options, route))
}

fn read<T: FromStr<Err: std::fmt::Display>>(flag: &str, value: &str) -> Result<T, String> {
    value.parse().map_err(|error| format!("{flag} {value}: {error}"))
}
