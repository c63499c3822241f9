//! The steps of a script.

use std::collections::HashMap;

use jk_balance::{
    Change, Election, Facts, Failure, LbWorker, MemberChange, Run, Seconds, Step, session_ids,
};
use jk_types::{Activation, AjpSettings, Extensions, LbSettings, Method, StatusList};

use super::backend::{Backend, Log, Request};
use super::setup::{self, number};
use super::words;

type Checked = Result<(), String>;

pub(crate) struct World {
    lb: LbWorker,
    backends: Vec<Backend>,
    now: Seconds,
    maintain: u64,
    flights: HashMap<String, Flight>,
    /// The request that finished last.
    last: Run,
    last_activation: Activation,
}

/// A request under way.
struct Flight {
    facts: Wire,
    run: Run,
    election: Option<Election>,
}

/// What a request carries, owned.
#[derive(Default)]
struct Wire {
    uri: String,
    cookies: Vec<String>,
    forced_route: Option<String>,
    extensions: Extensions,
    secure: bool,
    too_large: bool,
    method: String,
}

impl World {
    pub(crate) fn new<'s>(lines: impl Iterator<Item = &'s str>) -> Self {
        let mut settings = setup::lb();
        let mut maintain = 60;
        for line in lines {
            let words = words(line);
            let Some((first, rest)) = words.split_first() else { continue };
            match (first.as_str(), rest) {
                ("lb", rest) => pairs(rest).for_each(|(k, v)| setup::set_lb(&mut settings, k, v)),
                ("maintain", [seconds]) => maintain = number(seconds),
                ("member", [name, rest @ ..]) => {
                    let mut member = setup::member(name);
                    pairs(rest).for_each(|(k, v)| setup::set_member(&mut member, k, v));
                    settings.members.push(member);
                }
                _ if line.starts_with("== ") => {}
                _ => panic!("what is {line}?"),
            }
        }
        Self::with(&settings, maintain)
    }

    fn with(settings: &LbSettings, maintain: u64) -> Self {
        let ajp = settings.members.iter().map(|member| member.ajp.clone());
        let backends: Vec<Backend> = ajp.map(Backend::new).collect();
        let counters = backends.iter().map(|backend| backend.counters.clone()).collect();
        Self {
            lb: LbWorker::new(settings, counters, &[], Seconds(1_000)),
            backends,
            now: Seconds(1_000),
            maintain,
            flights: HashMap::new(),
            last: Run::default(),
            last_activation: Activation::Active,
        }
    }

    pub(crate) fn step(&mut self, line: &str) -> Checked {
        let (action, expected) = line.split_once(" -> ").unwrap_or((line, ""));
        let words = words(action);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        match words[..] {
            ["each", ref facts @ ..] => self.each(facts, expected),
            ["request", ref facts @ ..] => self.request(facts, expected),
            ["start", id, ref facts @ ..] => self.start(id, facts, expected),
            ["finish", id, behaviour] => self.finish(id, behaviour, expected),
            ["direct", name, ref facts @ ..] => self.direct(name, facts, expected),
            ["preview", ref facts @ ..] => self.preview(facts, expected),
            ["recover", name] => {
                let result = self.lb.recover_member(self.index(name));
                same(if result.is_ok() { "ok" } else { "refused" }, expected)
            }
            ["state" | "load" | "errors" | "timeouts" | "sessions" | "mult" | "used", ..] => {
                self.members_are(words[0], &words[1..])
            }
            ["route", route] => same(&text(self.last.route().unwrap_or(b"none")), route),
            ["activation", code] => same(self.last_activation.code(), code),
            ["cookies", ref cookies @ ..] => self.cookies_are(cookies),
            ["notes", ref names @ ..] => self.notes_are(names),
            _ => {
                self.change(&words);
                Ok(())
            }
        }
    }

    /// Steps that expect nothing.
    fn change(&mut self, words: &[&str]) {
        match *words {
            ["clock", seconds] => self.now.0 += number::<u64>(seconds),
            ["maintain"] => self.lb.maintain(self.now, self.maintain),
            ["hold", name] => {
                let counters = &self.backend(name).counters;
                counters.begin_use();
                assert!(counters.enter(0, Seconds(0)), "nothing limits it");
            }
            ["release", name] => {
                let now = self.now;
                self.backend(name).counters.leave(jk_balance::Outcome::Success, 0, 0, now);
            }
            ["slots", name, slots] => self.backend(name).slots = number(slots),
            ["reset"] => self.lb.reset(self.now),
            ["reset", name] => self.lb.reset_member(self.index(name), self.now),
            ["update", "lb", change] => self.update_lb(change),
            ["update", name, change] => self.update_member(name, change),
            [name, "is", ref behaviours @ ..] => self.backend(name).behave(&behaviours.join(" ")),
            _ => panic!("what is {words:?}?"),
        }
    }

    /// One request after the other, each served by the next member at the first try.
    fn each(&mut self, facts: &[&str], expected: &str) -> Checked {
        for (at, name) in expected.split(' ').enumerate() {
            self.request(facts, &format!("{name} 200"))
                .map_err(|wrong| format!("request {}: {wrong}", at + 1))?;
        }
        Ok(())
    }

    fn request(&mut self, facts: &[&str], expected: &str) -> Checked {
        let mut flight = self.begin(facts);
        let mut log = Log::default();
        let status = self.carry_on(&mut flight, &mut log);
        self.last = flight.run;
        same(&format!("{} {status}", log.take()), expected)
    }

    /// Goes as far as the first member that serves; the request stays there.
    fn start(&mut self, id: &str, facts: &[&str], expected: &str) -> Checked {
        let mut flight = self.begin(facts);
        let mut log = Log::default();
        let facts = flight.facts.facts(&self.lb);
        let Step::Try(election) = self.lb.next(&mut flight.run, &facts, self.now) else {
            return Err("nobody was elected".to_owned());
        };
        self.lb.admitted(&mut flight.run, &election, &facts);
        let backend = &mut self.backends[election.member()];
        backend.slots -= 1;
        let request = flight.facts.request();
        assert!(backend.enter(&request, self.now, &mut log).is_none(), "start is for the willing");
        let elected = backend.settings.name.clone();
        flight.election = Some(election);
        self.flights.insert(id.to_owned(), flight);
        same(&elected, expected)
    }

    /// The member behaves, and the request goes on to its end.
    fn finish(&mut self, id: &str, behaviour: &str, expected: &str) -> Checked {
        let mut flight = self.flights.remove(id).expect("started before");
        let election = flight.election.take().expect("started with one");
        let mut log = Log::default();
        let backend = &mut self.backends[election.member()];
        backend.behave(behaviour);
        let report = backend.serve(&flight.facts.request(), self.now, &mut log);
        backend.behave("ok");
        backend.slots += 1;
        let facts = flight.facts.facts(&self.lb);
        self.lb.settle(&mut flight.run, election, report, &facts, self.now);
        let status = self.carry_on(&mut flight, &mut log);
        self.last = flight.run;
        same(&format!("{} {status}", log.take()), expected)
    }

    /// A service call of a worker that is mounted itself.
    fn direct(&mut self, name: &str, facts: &[&str], expected: &str) -> Checked {
        let request = Wire::parse(facts).request();
        let now = self.now;
        let backend = self.backend(name);
        let mut log = Log::default();
        if backend.slots == 0 {
            let status = Failure::NoSlot.status();
            return same(&format!("{name}(no-slot) {status}"), expected);
        }
        let report = match backend.enter(&request, now, &mut log) {
            Some(report) => report,
            None => backend.serve(&request, now, &mut log),
        };
        same(&format!("{} {}", log.take(), report.status), expected)
    }

    fn preview(&mut self, facts: &[&str], expected: &str) -> Checked {
        let wire = Wire::parse(facts);
        let preview = self.lb.preview(&wire.facts(&self.lb));
        let name = preview.member.map_or("nobody", |member| &self.backends[member].settings.name);
        let why = preview.why.map_or(String::new(), |why| format!(" {why:?}"));
        let forced = if preview.forced { " forced" } else { "" };
        same(&format!("{name}{why}{forced}"), expected)
    }

    fn begin(&mut self, facts: &[&str]) -> Flight {
        let facts = Wire::parse(facts);
        let mut run = Run::default();
        let backends = &self.backends;
        let borrowed = facts.facts(&self.lb);
        self.lb.begin(&mut run, &borrowed, &mut |member| backends[member].slots > 0);
        drop(borrowed);
        Flight { facts, run, election: None }
    }

    /// Takes steps until the run is over; returns the status.
    fn carry_on(&mut self, flight: &mut Flight, log: &mut Log) -> u16 {
        let facts = flight.facts.facts(&self.lb);
        let request = flight.facts.request();
        loop {
            match self.lb.next(&mut flight.run, &facts, self.now) {
                Step::Wait(sleep) => log.sleep(Some(sleep)),
                Step::Finish { status, .. } => return status,
                Step::Try(election) => {
                    self.last_activation = election.activation();
                    self.attempt(&mut flight.run, election, &facts, &request, log);
                }
            }
        }
    }

    fn attempt(
        &mut self,
        run: &mut Run,
        election: Election,
        facts: &Facts<'_>,
        request: &Request,
        log: &mut Log,
    ) {
        let backend = &mut self.backends[election.member()];
        if backend.slots == 0 {
            log.push(format!("{}(no-slot)", backend.settings.name));
            return self.lb.no_slot(run, election);
        }
        self.lb.admitted(run, &election, facts);
        let report = match backend.enter(request, self.now, log) {
            Some(report) => report,
            None => backend.serve(request, self.now, log),
        };
        self.lb.settle(run, election, report, facts, self.now);
    }

    fn update_lb(&mut self, change: &str) {
        let (key, value) = change.split_once('=').expect("key=value");
        let changed = self.lb.update(match key {
            "method" => Change::Method(Method::from_directive(value)),
            "retries" => Change::Retries(number(value)),
            "sticky_session" => Change::StickySession(value == "1"),
            "sticky_session_force" => Change::StickySessionForce(value == "1"),
            "recover_time" => Change::RecoverTime(number(value)),
            _ => panic!("scripts do not update {key}"),
        });
        assert!(changed, "{change} is so already");
    }

    fn update_member(&mut self, name: &str, change: &str) {
        let (key, value) = change.split_once('=').expect("key=value");
        let member = self.index(name);
        let ajp = self.backends[member].settings.clone();
        let changed = self.lb.update_member(
            member,
            match key {
                "activation" => MemberChange::Activation(Activation::from_directive(value)),
                "lbfactor" => MemberChange::LbFactor(number(value)),
                "route" => MemberChange::Route(value.to_owned()),
                "redirect" => MemberChange::Redirect(value.to_owned()),
                "domain" => MemberChange::Domain(value.to_owned()),
                "distance" => MemberChange::Distance(number(value)),
                "busy_limit" => {
                    MemberChange::Ajp(Box::new(AjpSettings { busy_limit: number(value), ..ajp }))
                }
                _ => panic!("scripts do not update {key}"),
            },
        );
        assert!(changed, "{change} is so already");
    }

    fn members_are(&self, what: &str, expected: &[&str]) -> Checked {
        let members: Vec<_> = self.lb.candidates().collect();
        for (name, value) in expected.iter().map(|pair| pair.split_once('=').expect("A=1")) {
            let member = &members[self.index(name)];
            let got = match what {
                "state" => member.state.label().to_owned(),
                "load" => member.value.to_string(),
                "errors" => member.errors.to_string(),
                "timeouts" => member.counters.reply_timeouts().to_string(),
                "sessions" => member.sessions.to_string(),
                "mult" => member.mult.to_string(),
                _ => member.counters.used().to_string(),
            };
            same(&got, value).map_err(|wrong| format!("{name}: {wrong}"))?;
        }
        Ok(())
    }

    fn cookies_are(&self, expected: &[&str]) -> Checked {
        let got: Vec<String> = self.last.cookies().map(text).collect();
        same(&got.join(" "), &expected.join(" "))
    }

    fn notes_are(&self, expected: &[&str]) -> Checked {
        let names = [self.last.first(), self.last.last()].map(|note| {
            note.map_or("none", |note| self.backends[note.member].settings.name.as_str())
        });
        same(&names.join(" "), &expected.join(" "))
    }

    fn index(&self, name: &str) -> usize {
        self.lb.member_named(name).unwrap_or_else(|| panic!("there is no member {name}"))
    }

    fn backend(&mut self, name: &str) -> &mut Backend {
        let index = self.index(name);
        &mut self.backends[index]
    }
}

impl Wire {
    fn parse(words: &[&str]) -> Self {
        let mut wire = Self { uri: "/x".to_owned(), method: "GET".to_owned(), ..Self::default() };
        for word in words {
            wire.parse_word(word);
        }
        wire
    }

    fn parse_word(&mut self, word: &str) {
        let (key, value) = word.split_once('=').unwrap_or((word, ""));
        let extensions = &mut self.extensions;
        let mut activate = |activation| {
            let names = value.split(',').map(|name| (name.to_owned(), activation));
            extensions.activations.extend(names);
        };
        match key {
            "id" => self.cookies.push(format!("JSESSIONID={value}")),
            "cookie" => self.cookies.push(value.to_owned()),
            "uri" => value.clone_into(&mut self.uri),
            "force" => self.forced_route = Some(value.to_owned()),
            "method" => value.clone_into(&mut self.method),
            "tls" => self.secure = true,
            "too-large" => self.too_large = true,
            "stateless" => extensions.stateless = true,
            "sticky_ignore" => extensions.sticky_ignore = true,
            "set_session_cookie" => extensions.set_session_cookie = true,
            "session_cookie" => extensions.session_cookie = Some(value.to_owned()),
            "session_path" => extensions.session_path = Some(value.to_owned()),
            "active" => activate(Activation::Active),
            "disabled" => activate(Activation::Disabled),
            "stopped" => activate(Activation::Stopped),
            "fail_on_status" => {
                extensions.fail_on_status =
                    Some(StatusList(value.split(',').map(number).collect()));
            }
            _ => panic!("no request has {word}"),
        }
    }

    fn facts(&self, lb: &LbWorker) -> Facts<'_> {
        let (settings, rule) = (lb.settings(), &self.extensions);
        let forced_route = self.forced_route.as_ref().map(String::as_bytes);
        let session = session_ids(
            self.uri.as_bytes(),
            self.cookies.iter().map(String::as_bytes),
            rule.session_cookie.as_ref().unwrap_or(&settings.session_cookie),
            rule.session_path.as_ref().unwrap_or(&settings.session_path),
            forced_route,
        );
        Facts { session, forced_route, secure: self.secure, ..Facts::new(rule) }
    }

    fn request(&self) -> Request {
        Request {
            method: self.method.clone(),
            too_large: self.too_large,
            fail_on_status: self.extensions.fail_on_status.clone(),
        }
    }
}

fn pairs(words: &[String]) -> impl Iterator<Item = (&str, &str)> {
    words.iter().map(|word| word.split_once('=').unwrap_or_else(|| panic!("{word} has no value")))
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn same(got: &str, expected: &str) -> Checked {
    let (got, expected) = (got.trim(), expected.trim());
    if got == expected { Ok(()) } else { Err(format!("it was: {got}")) }
}
