use std::fmt::Write as _;

use super::Dice;

const NAMES: [&str; 3] = ["A", "B", "C"];
/// How many requests each site is sent.
const REQUESTS: usize = 12;
/// How many requests to one backend have a behaviour of their own; later ones are answered.
const SCRIPTED: usize = 14;

/// A case: members that fail in every way that leaves the client without a byte, under random
/// settings for trying again. What happens after a byte has gone out is a matter of its own.
pub fn fault(seed: u64) -> String {
    let mut dice = Dice::new(seed);
    let members = &NAMES[..dice.between(1, 3)];
    let standalone = members.len() == 1 && dice.chance(60);
    let mut text = format!("# Failing members, seed {seed}.\n[workers]\n");
    if standalone {
        text.push_str("worker.list=A\n");
    } else {
        balancer(members, &mut dice, &mut text);
    }
    for name in members {
        settings(name, &mut dice, &mut text);
    }
    let _ = writeln!(text, "[map]\n/*={}", if standalone { "A" } else { "L" });
    for name in members {
        script(name, &mut dice, &mut text);
    }
    text.push_str("[steps]\n");
    for _ in 0..REQUESTS {
        request(members, &mut dice, &mut text);
    }
    text.push_str(LOG);
    text
}

/// What mod_jk's log says belongs to the outcome, but for times, threads, sockets, and what is said
/// while the configuration is read.
const LOG: &str = r"[mask]
\[[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d [\d:.]+ \d{4}\] \[\d+:\d+\] => STAMP
(?m)^(== file .*\n)(\| STAMP \[\w+\] (?:init_jk|jk_map_handle_duplicates)::.*\n)+ => $1
socket -?\d+ => socket N
Socket = \d+ => Socket = N
[show]
logs/mod_jk.log
";

fn balancer(members: &[&str], dice: &mut Dice, text: &mut String) {
    let list = members.join(",");
    let _ = writeln!(text, "worker.list=L\nworker.L.type=lb\nworker.L.balance_workers={list}");
    text.push_str("worker.L.retry_interval=1\n");
    for (percent, line) in [
        (20, "retries=1"),
        (10, "retries=3"),
        (20, "lb_retries=3"),
        (15, "sticky_session_force=1"),
        (25, "max_reply_timeouts=1"),
        (15, "set_session_cookie=1"),
    ] {
        if dice.chance(percent) {
            let _ = writeln!(text, "worker.L.{line}");
        }
    }
}

/// Sleeps are short, for they decide nothing.
fn settings(name: &str, dice: &mut Dice, text: &mut String) {
    let mut line = |entry: &str| {
        let _ = writeln!(text, "worker.{name}.{entry}");
    };
    line("retry_interval=1");
    line("connection_acquire_timeout=1000");
    for (percent, entry) in [
        (20, "retries=1"),
        (15, "retries=3"),
        (40, "fail_on_status=500"),
        (15, "fail_on_status=-503"),
        (15, "ping_mode=C"),
        (15, "ping_mode=P"),
        (10, "ping_mode=CP"),
        (10, "connection_pool_size=1"),
        (10, "distance=1"),
    ] {
        if dice.chance(percent) {
            line(entry);
        }
    }
    line("ping_timeout=150");
    line("reply_timeout=150");
    if dice.chance(50) {
        let options = dice.pick(&["1", "2", "3", "4", "8", "9", "16", "17", "25", "27"]);
        line(&format!("recovery_options={options}"));
    }
}

fn script(name: &str, dice: &mut Dice, text: &mut String) {
    let _ = writeln!(text, "[backend {name}]");
    if dice.chance(8) {
        text.push_str("refuse\n");
    }
    for ordinal in 1..=4 {
        if dice.chance(20) {
            let _ =
                writeln!(text, "cping {ordinal} {}", dice.pick(&["close", "garbage", "ignore"]));
        }
    }
    for ordinal in 1..=SCRIPTED {
        let behaviour = match dice.between(1, 20) {
            1..=3 => "close",
            4 => "hex 41 42 00 01 07",
            5 => "hex 12 34 00 02 05 01",
            6 => "hang",
            7..=8 => "answer 500",
            9 => "answer 503 Busy",
            10 => "answer 404",
            11 => "hex 41 42 00 0E 04 00 C8 00 00 00 00 01 A0 0C 00 01 61 00",
            _ => "digest",
        };
        let _ = writeln!(text, "on {ordinal}: {behaviour}");
    }
    text.push_str("on *: digest\n");
}

fn request(members: &[&str], dice: &mut Dice, text: &mut String) {
    let method = dice.pick(&["GET", "GET", "GET", "HEAD", "POST", "PUT"]);
    let _ = writeln!(text, "{method} /x");
    if dice.chance(30) {
        let _ = writeln!(text, "  Cookie: JSESSIONID=1.{}", dice.pick(members));
    }
    if matches!(method, "POST" | "PUT") {
        let body = dice.pick(&["@body 100", "@body 20000", "@text x", "@chunks 300", "@body 8186"]);
        let _ = writeln!(text, "  {body}");
    }
}
