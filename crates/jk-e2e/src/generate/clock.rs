use std::fmt::Write as _;

use super::Dice;

const NAMES: [&str; 4] = ["A", "B", "C", "E"];
const METHODS: [&str; 5] = ["Request", "Session", "Next", "Traffic", "Busyness"];
/// How many things are done to each balancer.
const ACTS: usize = 40;

/// A site whose balancer has limits, and settings that only time brings into play: pools, busy
/// limits, recovery, escalation, maintenance, reply timeouts.
///
/// Everything that counts in seconds is set to two; what is done between two pauses takes less than
/// one, and a pause more than four. So it does not matter where seconds begin.
pub fn clock(seed: u64) -> String {
    let mut dice = Dice::new(seed);
    let count = dice.between(1, NAMES.len());
    let names = &NAMES[..count];
    let mut text = String::from("[workers]\nworker.list=L\nworker.maintain=2\n");
    let _ = writeln!(text, "worker.L.type=lb\nworker.L.balance_workers={}", names.join(","));
    let _ = writeln!(text, "worker.L.method={}", dice.pick(&METHODS));
    for (percent, line) in [
        (70, "recover_time=2"),
        (40, "error_escalation_time=0"),
        (30, "error_escalation_time=2"),
        (30, "max_reply_timeouts=1"),
        (20, "max_reply_timeouts=3"),
        (30, "retries=1"),
        (20, "lb_retries=2"),
        (20, "sticky_session_force=1"),
    ] {
        if dice.chance(percent) {
            let _ = writeln!(text, "worker.L.{line}");
        }
    }
    let _ = writeln!(text, "worker.L.retry_interval={}", dice.pick(&["1", "20"]));
    for name in names {
        member(&mut dice, name, &mut text);
    }
    // A request that is kept is not a slow one.
    text.push_str("[map]\n/*=L\n/hold=L;reply_timeout=60000\n");
    for name in names {
        let _ = writeln!(text, "[backend {name}]\non ~drop{name}: close\non ~slow{name}: hang");
        let _ = writeln!(text, "on ~fail{name}: answer 500\non ~hold\n  hold\n  answer");
    }
    text.push_str("[decisions]\n");
    acts(&mut dice, names, &mut text);
    text
}

fn member(dice: &mut Dice, name: &str, text: &mut String) {
    // A slow member takes this long, once for each try.
    let _ = writeln!(text, "worker.{name}.reply_timeout=150\nworker.{name}.retry_interval=1");
    let _ = writeln!(text, "worker.{name}.connection_acquire_timeout=20");
    let _ = writeln!(text, "worker.{name}.lbfactor={}", dice.between(1, 4));
    for (percent, line) in [
        (40, dice.pick(&["connection_pool_size=1", "connection_pool_size=2"])),
        (30, dice.pick(&["busy_limit=1", "busy_limit=2"])),
        (60, "retries=1"),
        (40, dice.pick(&["fail_on_status=500", "fail_on_status=-500"])),
        (40, dice.pick(&["recovery_options=1", "recovery_options=2", "recovery_options=3"])),
        (25, dice.pick(&["distance=1", "distance=2"])),
        (15, "activation=disabled"),
        (20, dice.pick(&["redirect=A", "redirect=B"])),
        (20, dice.pick(&["domain=d1", "domain=d2"])),
        (20, "ping_mode=A"),
    ] {
        if dice.chance(percent) {
            let _ = writeln!(text, "worker.{name}.{line}");
        }
    }
}

fn acts(dice: &mut Dice, names: &[&str], text: &mut String) {
    let (mut held, mut pauses) = (0, 0);
    let mut down: Vec<&str> = Vec::new();
    for _ in 0..ACTS {
        let name = dice.pick(names);
        let _ = match dice.between(1, 100) {
            1..=6 if down.len() + 1 < names.len() && !down.contains(&name) => {
                if std::mem::take(&mut held) > 0 {
                    text.push_str("-\tfree\n");
                }
                down.push(name);
                writeln!(text, "-\tdown\t{name}")
            }
            7..=12 if !down.is_empty() => writeln!(text, "-\tup\t{}", down.remove(0)),
            13..=28 if held < 5 => {
                held += 1;
                writeln!(text, "?\thold\t-\t/hold\t-")
            }
            29..=34 if held > 0 => {
                held = 0;
                writeln!(text, "-\tfree")
            }
            35..=42 if pauses < 3 => {
                pauses += 1;
                writeln!(text, "-\tpause\t4300")
            }
            chance => {
                let target = match chance {
                    43..=52 => format!("/fail{name}"),
                    53..=60 => format!("/drop{name}"),
                    61..=63 => format!("/slow{name}"),
                    _ => "/x".to_owned(),
                };
                let cookie = if dice.chance(30) {
                    format!("JSESSIONID=1.{}", dice.pick(names))
                } else {
                    "-".to_owned()
                };
                writeln!(text, "?\tget\t-\t{target}\t{cookie}")
            }
        };
    }
}
