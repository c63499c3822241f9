use std::fmt::Write as _;

use super::Dice;

const NAMES: [&str; 5] = ["A", "B", "C", "E", "F"];
const METHODS: [&str; 6] = ["Request", "Request", "Session", "Next", "Traffic", "Busyness"];
/// How many things are done to each balancer.
const ACTS: usize = 64;

/// A site with a random balancer, and a sequence of requests and mishaps.
pub fn balancer(seed: u64) -> String {
    let mut dice = Dice::new(seed);
    let members = Members::roll(&mut dice);
    let mut text = format!(
        "[workers]\nworker.list=L\nworker.L.type=lb\nworker.L.balance_workers={}\n",
        members.names.join(",")
    );
    settings(&mut dice, &mut text);
    members.write(&mut dice, &mut text);
    text.push_str("[map]\n/*=L\n/free*=L;sticky_ignore=1\n/less*=L;stateless=1\n");
    let _ = writeln!(text, "/rule*=L;{}", members.activations(&mut dice));
    for name in &members.names {
        // A path that names a member makes that member fail in the way that comes before the name.
        let _ =
            writeln!(text, "[backend {name}]\non ~drop{name}: close\non ~fail{name}: answer 500");
        let _ =
            writeln!(text, "on ~hold\n  hold\n  answer\non ~large\n  headers\n  fill 2000\n  end");
    }
    text.push_str("[decisions]\n");
    members.acts(&mut dice, &mut text);
    text
}

/// Settings of the balancer. Sleeps are short, for they decide nothing.
fn settings(dice: &mut Dice, text: &mut String) {
    let _ = writeln!(text, "worker.L.method={}", dice.pick(&METHODS));
    let _ = writeln!(text, "worker.L.retry_interval=1");
    for (percent, line) in [
        (15, "sticky_session=0"),
        (15, "sticky_session_force=1"),
        (15, "retries=1"),
        (10, "retries=3"),
        (15, "lb_retries=3"),
        (15, "set_session_cookie=1"),
        (10, "lock=P"),
    ] {
        if dice.chance(percent) {
            let _ = writeln!(text, "worker.L.{line}");
        }
    }
}

struct Members {
    names: Vec<&'static str>,
    routes: Vec<String>,
    domains: Vec<&'static str>,
}

impl Members {
    fn roll(dice: &mut Dice) -> Self {
        let count = dice.between(1, NAMES.len());
        let own_routes = dice.chance(25);
        let names = NAMES[..count].to_vec();
        let routes = names
            .iter()
            .map(|name| {
                if own_routes {
                    format!("d{}.{name}", dice.between(1, 2))
                } else {
                    (*name).to_owned()
                }
            })
            .collect();
        let has_domains = dice.chance(35);
        let domains = names
            .iter()
            .map(|_| if has_domains { dice.pick(&["d1", "d2", ""]) } else { "" })
            .collect();
        Self { names, routes, domains }
    }

    fn write(&self, dice: &mut Dice, text: &mut String) {
        let (has_distance, has_redirect) = (dice.chance(30), dice.chance(30));
        for (index, name) in self.names.iter().enumerate() {
            let mut line = |key: &str, value: &str| {
                let _ = writeln!(text, "worker.{name}.{key}={value}");
            };
            line("retry_interval", "1");
            line("connection_acquire_timeout", "1000");
            line("lbfactor", &dice.between(1, 5).to_string());
            if self.routes[index] != **name {
                line("route", &self.routes[index]);
            }
            if !self.domains[index].is_empty() {
                line("domain", self.domains[index]);
            }
            if has_distance {
                line("distance", &dice.between(0, 2).to_string());
            }
            if has_redirect && dice.chance(50) {
                line("redirect", self.route(dice));
            }
            if dice.chance(20) {
                line("activation", dice.pick(&["d", "s", "d"]));
            }
            if dice.chance(20) {
                line("retries", dice.pick(&["1", "3"]));
            }
            if dice.chance(50) {
                line("fail_on_status", dice.pick(&["500", "-500", "404,500"]));
            }
            if dice.chance(10) {
                line("recovery_options", dice.pick(&["1", "3"]));
            }
        }
    }

    fn activations(&self, dice: &mut Dice) -> String {
        let word = dice.pick(&["active", "disabled", "stopped"]);
        let chosen: Vec<&str> = self.names.iter().filter(|_| dice.chance(40)).copied().collect();
        format!("{word}={}", if chosen.is_empty() { "A".to_owned() } else { chosen.join(",") })
    }

    fn route<'a>(&'a self, dice: &mut Dice) -> &'a str {
        &self.routes[dice.between(0, self.routes.len() - 1)]
    }

    /// Requests, most of them ordinary; members that go and come back; requests that stay.
    fn acts(&self, dice: &mut Dice, text: &mut String) {
        let mut held = 0;
        let mut down: Vec<&str> = Vec::new();
        for _ in 0..ACTS {
            match dice.between(1, 100) {
                1..=4 if down.len() + 1 < self.names.len() => {
                    let name = dice.pick(&self.names);
                    if !down.contains(&name) {
                        down.push(name);
                        // A member that dies with requests in hand would send them elsewhere all at
                        // once, in an order that nobody decides.
                        if held > 0 {
                            held = 0;
                            text.push_str("-\tfree\n");
                        }
                        let _ = writeln!(text, "-\tdown\t{name}");
                    }
                }
                5..=9 if !down.is_empty() => {
                    let name = down.remove(0);
                    let _ = writeln!(text, "-\tup\t{name}");
                }
                10..=16 if held < 6 => {
                    held += 1;
                    let _ = writeln!(text, "?\thold\t-\t/hold\t-");
                }
                17..=20 if held > 0 => {
                    held = 0;
                    let _ = writeln!(text, "-\tfree");
                }
                _ => {
                    let (target, cookie) = self.request(dice);
                    let _ = writeln!(text, "?\tget\t-\t{target}\t{cookie}");
                }
            }
        }
    }

    fn request(&self, dice: &mut Dice) -> (String, String) {
        let member = dice.pick(&self.names);
        let mut target = match dice.between(1, 20) {
            1 => format!("/drop{member}"),
            2 => format!("/fail{member}"),
            3 => self.names.iter().map(|name| format!("/drop{name}")).collect(),
            4 => "/free".to_owned(),
            5 => "/less".to_owned(),
            6 => "/rule".to_owned(),
            7 => "/large".to_owned(),
            _ => "/x".to_owned(),
        };
        let mut cookie = "-".to_owned();
        if dice.chance(45) {
            let id = match dice.between(1, 10) {
                1 => "1".to_owned(),
                2 => "1.nobody".to_owned(),
                3 => format!("1.{}", dice.pick(&["d1", "d2", "d1.x"])),
                _ => format!("1.{}", self.route(dice)),
            };
            match dice.between(1, 10) {
                1..=2 => target = format!("{target};jsessionid={id}"),
                3 => cookie = format!("JSESSIONID={id}; JSESSIONID=2.{}", self.route(dice)),
                _ => cookie = format!("JSESSIONID={id}"),
            }
        }
        (target, cookie)
    }
}
