use std::fmt::Write as _;

use super::Dice;

const NAMES: [&str; 4] = ["A", "B", "C", "E"];
const METHODS: [&str; 8] = ["R", "Request", "S", "Sessions", "N", "Next", "T", "B"];
/// How many requests each site is sent.
const REQUESTS: usize = 48;

/// A site with two balancers that share members, and requests whose session ids are written in all
/// the ways that cookies and paths allow.
pub fn affinity(seed: u64) -> String {
    let mut dice = Dice::new(seed);
    let count = dice.between(2, NAMES.len());
    let names = &NAMES[..count];
    let mut text = String::from("[workers]\nworker.list=L,M\n");
    let few = &names[..dice.between(1, count)];
    for (lb, members) in [("L", names), ("M", few)] {
        let _ = writeln!(text, "worker.{lb}.type=lb\nworker.{lb}.retry_interval=1");
        let _ = writeln!(text, "worker.{lb}.balance_workers={}", members.join(","));
        balancer(&mut dice, lb, &mut text);
    }
    let routes: Vec<String> = names.iter().map(|name| member(&mut dice, name, &mut text)).collect();
    text.push_str("[map]\n/*=L\n/m/*=M\n");
    for (path, choices) in [
        ("/cookie*", ["session_cookie=SID", "session_cookie=jsessionid", "session_cookie=S"]),
        ("/path*", ["session_path=;sid", "session_path=;JSESSIONID", "session_path=x"]),
        ("/set*", ["set_session_cookie=1", "set_session_cookie=0", "session_cookie_path=/x"]),
        ("/some*", ["stopped=A", "disabled=A", "active=A;disabled=B"]),
    ] {
        let _ = writeln!(text, "{path}={};{}", dice.pick(&["L", "M"]), dice.pick(&choices));
    }
    text.push_str("[httpd]\n");
    variables(&mut dice, &routes, &mut text);
    for name in names {
        let _ = writeln!(text, "[backend {name}]\non ~drop{name}: close");
    }
    text.push_str("[decisions]\n");
    for _ in 0..REQUESTS {
        let (target, cookie) = request(&mut dice, names, &routes);
        let _ = writeln!(text, "?\tget\t-\t{target}\t{cookie}");
    }
    text
}

fn balancer(dice: &mut Dice, lb: &str, text: &mut String) {
    let _ = writeln!(text, "worker.{lb}.method={}", dice.pick(&METHODS));
    for (percent, line) in [
        (10, "sticky_session=False"),
        (15, "sticky_session_force=True"),
        (15, "session_cookie=SID"),
        (10, "session_cookie=jsessionid"),
        (15, "session_path=;sid"),
        (10, "session_path=;JSESSIONID"),
        (20, "set_session_cookie=1"),
        (10, "session_cookie_path=/m"),
        (10, "lb_retries=1"),
    ] {
        if dice.chance(percent) {
            let _ = writeln!(text, "worker.{lb}.{line}");
        }
    }
}

/// Returns the member's route.
fn member(dice: &mut Dice, name: &str, text: &mut String) -> String {
    let mut route = name.to_owned();
    let mut lines = vec![format!("retries={}", dice.between(1, 2)), "retry_interval=1".to_owned()];
    if dice.chance(30) {
        let dotted = format!("d1.{name}");
        let lower = name.to_lowercase();
        route = dice.pick(&[dotted.as_str(), "r-1", lower.as_str(), "x.y.z"]).to_owned() + name;
        lines.push(format!("route={route}"));
    }
    for (percent, line) in [
        (25, dice.pick(&["domain=d1", "domain=d2", "domain=D1", "domain=r-1"])),
        (20, dice.pick(&["redirect=A", "redirect=B", "redirect=d1.C", "redirect=nobody"])),
        (20, dice.pick(&["distance=1", "distance=2"])),
        (20, dice.pick(&["activation=disabled", "activation=S", "activation=d"])),
        (50, dice.pick(&["lbfactor=2", "lbfactor=3", "lbfactor=7"])),
    ] {
        if dice.chance(percent) {
            lines.push(line.to_owned());
        }
    }
    for line in lines {
        let _ = writeln!(text, "worker.{name}.{line}");
    }
    route
}

fn variables(dice: &mut Dice, routes: &[String], text: &mut String) {
    let route = routes[dice.between(0, routes.len() - 1)].as_str();
    let _ = writeln!(text, "SetEnvIf Request_URI \"^/route\" \"JK_ROUTE={route}\"");
    for (name, path) in [("JK_STICKY_IGNORE", "/ignore"), ("JK_STATELESS", "/less")] {
        let value = dice.pick(&["1", "0", "", "x"]);
        let _ = writeln!(text, "SetEnvIf Request_URI \"^{path}\" \"{name}={value}\"");
    }
    if dice.chance(20) {
        let _ = writeln!(text, "JkStripSession {}", dice.pick(&["On", "Off", "On ;sid"]));
    }
}

fn request(dice: &mut Dice, names: &[&str], routes: &[String]) -> (String, String) {
    let base = match dice.between(1, 16) {
        1..=3 => "/m/x".to_owned(),
        4 => "/cookie".to_owned(),
        5 => "/path".to_owned(),
        6 => "/set".to_owned(),
        7 => "/some".to_owned(),
        8 => "/route".to_owned(),
        9 => "/ignore".to_owned(),
        10 => "/less".to_owned(),
        11 => format!("/drop{}", dice.pick(names)),
        12 => format!("/m/drop{}", dice.pick(names)),
        _ => "/x".to_owned(),
    };
    let mut target = base;
    if dice.chance(35) {
        let name = dice.pick(&[
            ";jsessionid",
            ";JSESSIONID",
            ";sid",
            ";x=1;jsessionid",
            "/y;jsessionid",
            "?jsessionid",
            ";xjsessionid",
            "?a=;jsessionid",
        ]);
        let after = dice.pick(&["", "", ";v=1", "/z", "?q=1", ";jsessionid=2.A", "#f"]);
        target = format!("{target}{name}={}{after}", id(dice, routes));
    }
    if !dice.chance(70) {
        return (target, "-".to_owned());
    }
    let mut cookie = String::new();
    for place in 0..dice.between(1, 3) {
        if place > 0 {
            cookie.push_str(dice.pick(&["; ", ";", ", ", ",", " ; ", ";;", "^", " "]));
        }
        let name = dice.pick(&[
            "JSESSIONID",
            "JSESSIONID",
            "JSESSIONID",
            "jsessionid",
            "SID",
            "XJSESSIONID",
            "JSESSIONIDX",
            "JSESSIONID ",
            "$Version",
        ]);
        let id = id(dice, routes);
        let _ = match dice.between(1, 10) {
            1..=2 => write!(cookie, "{name}=\"{id}\""),
            3 => write!(cookie, "{name}= {id}"),
            4 => write!(cookie, "{name}=\"{id}"),
            5 => write!(cookie, "{name}"),
            _ => write!(cookie, "{name}={id}"),
        };
    }
    (target, cookie)
}

fn id(dice: &mut Dice, routes: &[String]) -> String {
    let route = routes[dice.between(0, routes.len() - 1)].as_str();
    match dice.between(1, 16) {
        1 => String::new(),
        2 => "1".to_owned(),
        3 => route.to_owned(),
        4 => format!(".{route}"),
        5 => format!("1.{route}.x"),
        6 => format!("a.b.{route}"),
        7 => format!("1.{}", route.to_lowercase()),
        8 => format!("1.{route}!2"),
        9 => format!("1.{}", dice.pick(&["d1", "d2", "d1.x", "r-1", "nobody", "D1."])),
        10 => format!("1.{route},2.{route}"),
        11 => "1.".to_owned(),
        _ => format!("1.{route}"),
    }
}
