//! Mixed load, faults and reloads against real Tomcats, for as long as one likes: what went wrong,
//! and what the program needed at the start and at the end.

mod load;

use std::error::Error;
use std::process::ExitCode;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use clap::Parser;
use jk_e2e::careful;
use jk_e2e::cluster::{ajp_port, testdata};
use jk_e2e::front::{Front, Program};
use jk_e2e::generate::Dice;
use jk_e2e::site::{Site, SiteText};
use jk_e2e::tomcat::{PACKET_SIZE, Tomcat, TomcatConfig};
use jk_e2e::usage::Usage;

use load::{Load, Tally};

/// From one disturbance to the next.
const REST: Duration = Duration::from_secs(10);

/// How long load runs before the first look at what the program needs: caches and pools fill.
const WARM_UP: Duration = Duration::from_secs(20);

/// Mixed load, faults and reloads against real Tomcats.
#[derive(Parser)]
struct Args {
    /// For how long
    #[arg(value_parser = clap::value_parser!(u64).range(1..=1440))]
    minutes: u64,
    /// Clients that work at the same time
    #[arg(long, default_value_t = 12)]
    clients: usize,
    /// Where the choices of load and faults begin
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Put httpd with mod_jk in front, for comparison
    #[arg(long)]
    httpd: bool,
}

fn main() -> ExitCode {
    let args = Args::parse();
    match soak(&args) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(problem) => {
            eprintln!("soak: {problem}");
            ExitCode::from(2)
        }
    }
}

/// Returns whether all went as it should.
fn soak(args: &Args) -> Result<bool, Box<dyn Error>> {
    let program = if args.httpd { Program::Httpd } else { Program::Jackdaw };
    let site = Site::claim()?;
    let mut tomcats = start_tomcats(&site)?;
    site.write(&SiteText {
        workers: Some(workers()),
        httpd: "JkMount /transfer/* lb\n".to_owned(),
        ..SiteText::default()
    })?;
    let mut front = Front::start(program, &site)?;
    let tally = Arc::new(Tally::default());
    let load = Load::start(front.addr(), args.clients, args.seed, &tally);

    // No sleep of this program stands for an event: each is how long something is to last.
    thread::sleep(WARM_UP);
    let before = Usage::of(front.id())?;
    let end = Instant::now() + Duration::from_secs(args.minutes * 60);
    let mut dice = Dice::new(args.seed);
    let mut reloads = 0_u64;
    let mut faults = 0_u64;
    while Instant::now() < end && !front.has_ended() {
        if dice.chance(50) {
            front.signal("HUP");
            reloads += 1;
            thread::sleep(REST);
            continue;
        }
        faults += 1;
        let victim = dice.between(0, tomcats.len() - 1);
        disturb(&mut tomcats[victim], &mut dice, &tally)?;
        thread::sleep(REST);
    }
    load.stop();
    let ended = front.has_ended();
    // The server settles what the last clients left behind; nothing tells from outside when it has.
    thread::sleep(REST);
    println!(
        "{} for {} min, {} clients, seed {}",
        program.name(),
        args.minutes,
        args.clients,
        args.seed
    );
    println!("{reloads} reloads, {faults} faults");
    println!("{tally}");
    if ended {
        println!("the server ended by itself");
        return Ok(false);
    }
    let after = Usage::of(front.id())?;
    println!("at the start: {before}\nat the end:   {after}");
    front.stop();
    Ok(tally.is_clean())
}

fn workers() -> String {
    let mut text = careful::workers(10000);
    for (index, route) in careful::ROUTES.iter().enumerate() {
        text.push_str(&format!(
            "worker.{route}.reference=worker.t\nworker.{route}.host=@IP@\nworker.{route}.port={}\n",
            ajp_port(index)
        ));
    }
    text
}

fn start_tomcats(site: &Site) -> Result<Vec<Tomcat>, Box<dyn Error>> {
    let app = testdata().join("webapps/transfer");
    let mut tomcats = Vec::new();
    for (index, route) in careful::ROUTES.iter().enumerate() {
        let mut tomcat = Tomcat::prepare(TomcatConfig {
            route: (*route).to_owned(),
            ajp: site.slot().socket(ajp_port(index)),
            cluster: None,
            webapps: vec![("transfer".to_owned(), app.clone())],
            sealed: None,
            packet_size: PACKET_SIZE,
        })?;
        tomcat.start()?;
        tomcats.push(tomcat);
    }
    Ok(tomcats)
}

/// Something happens to one member, and passes.
fn disturb(tomcat: &mut Tomcat, dice: &mut Dice, tally: &Tally) -> Result<(), Box<dyn Error>> {
    tally.fault_begins();
    match dice.between(0, 2) {
        0 => {
            tomcat.kill();
            tomcat.start()?;
        }
        1 => {
            tomcat.stop();
            tomcat.start()?;
        }
        _ => {
            tomcat.signal("STOP");
            thread::sleep(Duration::from_secs(5));
            tomcat.signal("CONT");
        }
    }
    tally.fault_ends();
    Ok(())
}
