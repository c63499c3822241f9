//! Plays the cases of `testdata/conformance` and says where jackdaw differs from the original.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::Parser;
use jk_e2e::front::Program;
use jk_e2e::generate::all;
use jk_e2e::suite::{Mode, Verdict, find, in_parallel, judge};

/// Play conformance cases on httpd with mod_jk, on jackdaw, or on both.
///
/// Without a mode, jackdaw is played and compared with what was recorded from the original.
#[derive(Parser)]
struct Args {
    /// Play the original and record what it does
    #[arg(long, group = "mode")]
    record: bool,
    /// Play the original and compare it with its recordings
    #[arg(long, group = "mode")]
    original: bool,
    /// Play both now
    #[arg(long, group = "mode")]
    live: bool,
    /// Play jackdaw and keep its outcome as intended, for cases with a `compat` heading
    #[arg(long, group = "mode")]
    intend: bool,
    /// Write N random sites of each kind, from fixed seeds, and record the original
    #[arg(long, group = "mode", value_name = "N")]
    generate: Option<u64>,
    /// Play N random sites of each kind on both programs, from seeds beginning with `--seed`
    #[arg(long, group = "mode", value_name = "N")]
    hunt: Option<u64>,
    /// The first seed of a hunt; without it, the clock gives one
    #[arg(long, value_name = "SEED", requires = "hunt")]
    seed: Option<u64>,
    /// How many cases run at once
    #[arg(long, default_value_t = 8)]
    jobs: usize,
    /// Play only every Nth case, beginning with a different one each day
    #[arg(long, value_name = "N")]
    sample: Option<usize>,
    /// Where the cases are
    #[arg(long, default_value = "testdata/conformance")]
    root: PathBuf,
    /// Print only differences and the last line
    #[arg(long, short)]
    quiet: bool,
    /// Only cases whose path contains one of these
    filters: Vec<String>,
}

impl Args {
    fn mode(&self) -> Mode {
        if self.hunt.is_some() {
            return Mode::Fresh;
        }
        match (self.record || self.generate.is_some(), self.original, self.live, self.intend) {
            (true, ..) => Mode::Record,
            (_, true, ..) => Mode::Original,
            (_, _, true, _) => Mode::Live,
            (.., true) => Mode::Intend,
            _ => Mode::Replay,
        }
    }
}

fn main() -> ExitCode {
    let args = Args::parse();
    match run(&args) {
        Ok(0) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(why) => {
            eprintln!("conformance: {why}");
            ExitCode::from(2)
        }
    }
}

/// Returns how many cases failed.
fn run(args: &Args) -> Result<usize, String> {
    let mode = args.mode();
    for program in peers(mode) {
        program.locate().map_err(|e| e.to_string())?;
    }
    if let Some(count) = args.generate {
        generate(&args.root.join("generated"), 1, count).map_err(|e| e.to_string())?;
    }
    let mut root = args.root.clone();
    let hunted;
    if let Some(count) = args.hunt {
        hunted = tempfile::Builder::new()
            .prefix("jk-hunt-")
            .disable_cleanup(std::env::var_os("JK_E2E_KEEP").is_some())
            .tempdir()
            .map_err(|e| e.to_string())?;
        let first = args.seed.unwrap_or_else(seconds_since_epoch);
        println!("conformance: seeds {first} to {}", first.saturating_add(count) - 1);
        generate(hunted.path(), first, count).map_err(|e| e.to_string())?;
        root = hunted.path().to_owned();
    }
    let began = Instant::now();
    let compat = fs::read_to_string("docs/COMPAT.md").unwrap_or_default();
    let mut cases = find(&root, &args.filters).map_err(|e| e.to_string())?;
    if let Some(every) = args.sample {
        cases = sample(cases, every);
    }
    let mut verdicts = in_parallel(&cases, args.jobs, |path| {
        let began = Instant::now();
        let verdict = judge(path, mode, &compat);
        if !may_be_repeated(mode, &verdict) {
            report(args, path, &verdict, began.elapsed());
        }
        verdict
    });
    let mut wavering = Vec::new();
    for (path, verdict) in cases.iter().zip(&mut verdicts) {
        let began = Instant::now();
        if may_be_repeated(mode, verdict) {
            *verdict = repeat(path, mode, &compat);
            report(args, path, verdict, began.elapsed());
            if !matches!(verdict, Verdict::Failed(_)) {
                wavering.push(path);
            }
        }
    }
    // Never silently: a case that often needs a second try is a race, ours or the case's.
    for path in &wavering {
        println!("NOTE: {} agreed only when played by itself", path.display());
    }
    let failed = verdicts.iter().filter(|v| matches!(v, Verdict::Failed(_))).count();
    let intended = verdicts.iter().filter(|v| matches!(v, Verdict::Intended(_))).count();
    println!("conformance: {intended} differ as intended, {:.1?}", began.elapsed());
    println!("{} passed, {failed} failed", verdicts.len() - failed);
    Ok(failed)
}

/// Timeouts of some hundred milliseconds are part of many cases: what differs while others are
/// played beside it is played again by itself before it counts.
fn may_be_repeated(mode: Mode, verdict: &Verdict) -> bool {
    let compares = matches!(mode, Mode::Original | Mode::Replay | Mode::Live | Mode::Fresh);
    compares && matches!(verdict, Verdict::Failed(_))
}

fn repeat(path: &Path, mode: Mode, compat: &str) -> Verdict {
    let first = judge(path, mode, compat);
    if may_be_repeated(mode, &first) { judge(path, mode, compat) } else { first }
}

fn generate(dir: &Path, first: u64, count: u64) -> io::Result<()> {
    fs::create_dir_all(dir)?;
    for seed in first..first.saturating_add(count) {
        for (kind, extension, text) in all(seed) {
            fs::write(dir.join(format!("{kind}-{seed:03}.{extension}")), text)?;
        }
    }
    Ok(())
}

fn peers(mode: Mode) -> &'static [Program] {
    match mode {
        Mode::Record | Mode::Original => &[Program::Httpd],
        Mode::Replay | Mode::Intend => &[Program::Jackdaw],
        Mode::Live | Mode::Fresh => &[Program::Httpd, Program::Jackdaw],
    }
}

fn sample(cases: Vec<PathBuf>, every: usize) -> Vec<PathBuf> {
    let days = usize::try_from(seconds_since_epoch() / 86_400).unwrap_or(0);
    let every = every.max(1);
    cases.into_iter().skip(days % every).step_by(every).collect()
}

fn seconds_since_epoch() -> u64 {
    std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default().as_secs()
}

fn report(args: &Args, path: &Path, verdict: &Verdict, took: Duration) {
    let name = path.strip_prefix(&args.root).unwrap_or(path).display();
    match verdict {
        Verdict::Failed(why) => println!("FAIL {name} ({took:.1?})\n{why}"),
        _ if args.quiet => {}
        Verdict::Passed => println!("ok   {name} ({took:.1?})"),
        Verdict::Intended(slug) => {
            println!("ok   {name} ({took:.1?}), differs as intended: {slug}")
        }
    }
}
