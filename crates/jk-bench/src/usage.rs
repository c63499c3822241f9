//! What a program has used, from `/proc`.

use std::collections::HashMap;
use std::fs;
use std::time::Duration;

/// The kernel tells processor time in these (`USER_HZ`).
const TICK: Duration = Duration::from_millis(10);

/// Processor time, user and system, that a process and all its descendants have used, the ended ones
/// included.
pub(crate) fn cpu(root: u32) -> Duration {
    let ticks: u64 = family(root).iter().map(|stat| stat.ticks).sum();
    TICK * u32::try_from(ticks).unwrap_or(u32::MAX)
}

/// Resident memory in KiB of a process and all its descendants, file mappings left out.
pub(crate) fn resident(root: u32, with_files: bool) -> u64 {
    let of = |pid: u32| {
        let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
        let wanted = if with_files { "VmRSS:" } else { "RssAnon:" };
        let line = status.lines().find_map(|line| line.strip_prefix(wanted));
        line.and_then(|rest| rest.split_whitespace().next()?.parse::<u64>().ok()).unwrap_or(0)
    };
    family(root).iter().map(|stat| of(stat.pid)).sum()
}

struct Stat {
    pid: u32,
    parent: u32,
    ticks: u64,
}

/// The process and its descendants.
fn family(root: u32) -> Vec<Stat> {
    let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
    let pids = entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let mut all: HashMap<u32, Stat> = pids.filter_map(stat).map(|stat| (stat.pid, stat)).collect();
    let mut members: Vec<Stat> = all.remove(&root).into_iter().collect();
    let mut at = 0;
    while at < members.len() {
        let parent = members[at].pid;
        let children: Vec<u32> =
            all.values().filter(|stat| stat.parent == parent).map(|stat| stat.pid).collect();
        members.extend(children.iter().filter_map(|pid| all.remove(pid)));
        at += 1;
    }
    members
}

/// proc(5): the fields behind the name, which may hold anything.
fn stat(pid: u32) -> Option<Stat> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, rest) = text.rsplit_once(')')?;
    let fields: Vec<&str> = rest.split_whitespace().collect();
    let number = |at: usize| fields.get(at)?.parse::<u64>().ok();
    let parent = u32::try_from(number(1)?).ok()?;
    // utime, stime, and those of children that have been waited for.
    let ticks = number(11)? + number(12)? + number(13)? + number(14)?;
    Some(Stat { pid, parent, ticks })
}
