use std::fmt::Write as _;

use super::Dice;

const SEGMENTS: [&str; 10] =
    ["a", "b", "app", "App", "x", "static", "img", "page.jsp", "x.gif", "a.b"];
const WILD: [&str; 7] = ["*", "?", "*.jsp", "a*", "?pp", "*x*", "*.*"];
const WORKERS: [&str; 4] = ["w1", "w2", "w3", "w4"];
/// How many requests each rule set is asked.
const REQUESTS: usize = 64;

/// A site with random rules from every source, and requests near them.
pub fn mapping(seed: u64) -> String {
    let mut dice = Dice::new(seed);
    let mut rules = Rules::default();
    let has_hosts = dice.chance(40);
    let file = rules.file(&mut dice);
    let mounts = rules.mounts(&mut dice);
    let options = options(&mut dice);
    let hosts = if has_hosts { rules.hosts(&mut dice) } else { String::new() };
    let workers = rules.worker_mounts(&mut dice);

    let mut text = format!("[workers]\nworker.list={}\n{workers}[map]\n{file}", WORKERS.join(","));
    let _ = write!(text, "[httpd]\n{options}{mounts}{hosts}");
    for worker in WORKERS {
        let _ = writeln!(text, "[backend {worker}]");
    }
    text.push_str("[decisions]\n");
    for _ in 0..REQUESTS {
        let host = if has_hosts { dice.pick(&["www.test", "one.test", "two.test"]) } else { "-" };
        let target = rules.target(&mut dice);
        let _ = writeln!(text, "?\tget\t{host}\t{target}\t-");
    }
    text
}

/// The rules made so far, so that requests can be near them.
#[derive(Default)]
struct Rules {
    patterns: Vec<String>,
}

impl Rules {
    fn file(&mut self, dice: &mut Dice) -> String {
        (0..dice.between(1, 10)).map(|_| format!("{}\n", self.file_rule(dice))).collect()
    }

    fn file_rule(&mut self, dice: &mut Dice) -> String {
        let disabled = if dice.chance(8) { "-" } else { "" };
        let exclusion = dice.chance(25);
        let mark = if exclusion { "!" } else { "" };
        let mut pattern = self.pattern(dice);
        if dice.chance(15) {
            pattern = format!("{pattern}|{}", dice.pick(&["/*", "/b", "x", "/*.jsp"]));
        }
        if dice.chance(4) {
            pattern.remove(0);
        }
        let worker = match dice.between(1, 100) {
            1..=20 if exclusion => "*",
            98..=100 => "nosuch",
            _ => dice.pick(&WORKERS),
        };
        let extension =
            if dice.chance(8) { dice.pick(&[";stateless=1", "; x=1", ";"]) } else { "" };
        let blank = if dice.chance(10) { "  " } else { "" };
        format!("{blank}{disabled}{mark}{pattern}{blank}={blank}{worker}{extension}")
    }

    fn mounts(&mut self, dice: &mut Dice) -> String {
        (0..dice.between(0, 5)).map(|_| self.mount(dice)).collect()
    }

    fn mount(&mut self, dice: &mut Dice) -> String {
        let bar = if dice.chance(10) { "|/*" } else { "" };
        let pattern = self.pattern(dice);
        if dice.chance(25) {
            let worker = if dice.chance(30) { "*" } else { dice.pick(&WORKERS) };
            return format!("JkUnMount {pattern}{bar} {worker}\n");
        }
        format!("JkMount {pattern}{bar} {}\n", dice.pick(&WORKERS))
    }

    fn hosts(&mut self, dice: &mut Dice) -> String {
        let mut text = String::from(dice.pick(&["", "", "JkMountCopy All\n", "JkMountCopy On\n"]));
        for name in ["www.test", "one.test", "two.test"] {
            let copy =
                dice.pick(&["", "JkMountCopy On\n", "JkMountCopy Off\n", "JkMountCopy On\n"]);
            let mounts = if dice.chance(60) { self.mounts(dice) } else { String::new() };
            let _ = write!(
                text,
                "<VirtualHost *:@PORT@>\nServerName {name}\n{copy}{mounts}</VirtualHost>\n"
            );
        }
        text
    }

    fn worker_mounts(&mut self, dice: &mut Dice) -> String {
        let mut text = String::new();
        for worker in WORKERS {
            if dice.chance(15) {
                let mark = if dice.chance(20) { "!" } else { "" };
                let _ = writeln!(text, "worker.{worker}.mount={mark}{}", self.pattern(dice));
            }
        }
        text
    }

    fn pattern(&mut self, dice: &mut Dice) -> String {
        let mut pattern = String::new();
        for _ in 0..dice.between(1, 4) {
            let segment = if dice.chance(35) { dice.pick(&WILD) } else { dice.pick(&SEGMENTS) };
            pattern.push('/');
            pattern.push_str(segment);
        }
        if dice.chance(10) {
            pattern.push('/');
        }
        self.patterns.push(pattern.clone());
        pattern
    }

    /// A target that some rule may match, bent in some way.
    fn target(&self, dice: &mut Dice) -> String {
        let pattern = &self.patterns[dice.between(0, self.patterns.len() - 1)];
        let mut path = String::new();
        for c in pattern.chars() {
            match c {
                '*' => path.push_str(dice.pick(&["", "x", "a", "a/b", "page.jsp", "app/x"])),
                '?' => path.push_str(dice.pick(&["a", "x", "/", "A"])),
                c => path.push(c),
            }
        }
        for _ in 0..dice.between(0, 2) {
            path = bend(&path, dice);
        }
        path
    }
}

/// Changes a path in one of the ways that normalisation must see through, or must not.
fn bend(path: &str, dice: &mut Dice) -> String {
    let slashes: Vec<usize> = path.match_indices('/').map(|(at, _)| at).collect();
    let at = slashes[dice.between(0, slashes.len() - 1)];
    let (before, after) = path.split_at(at);
    match dice.between(1, 16) {
        1 => format!("{before}/{after}"),
        2 => format!("{before}/.{after}"),
        3 => format!("{before}/x/..{after}"),
        4 if at > 0 => format!("{before};v=1{after}"),
        5 => format!("{path};jsessionid=1.w1"),
        6 => format!("{path}?q=/app/x"),
        7 => path.replacen('a', "%61", 1),
        8 => path.replacen('a', "%2561", 1),
        9 => format!("{path}/"),
        10 => format!("{path}/x"),
        11 => format!("{before}/..{after}"),
        12 => format!("{before}/..;{after}"),
        13 => path.replacen('x', "%3Bx", 1),
        14 => path.replacen('b', "b%20%e4", 1),
        15 => path.to_uppercase(),
        16 if at > 0 => format!("{before}%2F{}", &after[1..]),
        _ => format!("{before}/./{after}"),
    }
}

fn options(dice: &mut Dice) -> String {
    let mut text = String::new();
    if dice.chance(15) {
        text.push_str("JkOptions +RejectUnsafeURI\n");
    }
    if dice.chance(40) {
        let form = dice.pick(&["Proxy", "Compat", "CompatUnparsed", "Escaped"]);
        let _ = writeln!(text, "JkOptions +ForwardURI{form}");
    }
    if dice.chance(25) {
        let _ = writeln!(text, "AllowEncodedSlashes {}", dice.pick(&["On", "NoDecode"]));
    }
    text
}
