//! How long a decision takes: `cargo bench -p jk-balance`. Prints nanoseconds per call; it asserts
//! nothing, for a busy machine is not a wrong program.

#![allow(clippy::disallowed_methods, reason = "a benchmark is about the clock")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use jk_balance::{
    Facts, LbWorker, MountMap, Report, Run, Seconds, Step, WorkerCounters, normalise, session_ids,
};
use jk_types::{
    Activation, AjpSettings, Extensions, LbSettings, MemberSettings, Method, MountRule, RuleSource,
};

fn main() {
    mounts();
    sessions();
    for members in [2, 16, 256, 1000] {
        elections(members);
    }
}

fn mounts() {
    for count in [10, 10_000] {
        let rules: Vec<MountRule> = (0..count).map(rule).collect();
        let start = Instant::now();
        let map = MountMap::new(rules, false);
        println!("load {count} rules: {:?}", start.elapsed());
        let deepest = format!("/app{}/a/b/c.jsp", count / 2);
        measure(&format!("lookup among {count}: hit"), || map.lookup(deepest.as_bytes()));
        measure(&format!("lookup among {count}: exact"), || map.lookup(b"/exact1/page"));
        measure(&format!("lookup among {count}: none"), || map.lookup(b"/zzz/index.html"));
    }
    let suffixes = (0..10_000).map(|n| MountRule { pattern: format!("/*.x{n}"), ..rule(0) });
    let map = MountMap::new(suffixes.collect(), false);
    measure("lookup among 10000 suffixes: none", || map.lookup(b"/some/where/index.html"));
    let mut out = Vec::new();
    measure("normalise, nothing to do", || normalise(b"/app/some/where/page.jsp", &mut out));
    measure("normalise", || normalise(b"/app/./some;v=1/../where//page.jsp", &mut out));
}

fn rule(n: usize) -> MountRule {
    MountRule {
        pattern: match n % 4 {
            0 => format!("/app{n}/*"),
            1 => format!("/exact{n}/page"),
            2 => format!("/app{}/*.jsp", n - 2),
            _ => format!("/app{}/static/*", n - 3),
        },
        worker: format!("w{}", n % 7),
        disabled: false,
        exclusion: n % 4 == 3,
        source: RuleSource::File,
        extensions: Extensions::default(),
    }
}

fn sessions() {
    let uri = b"/app/some/where/page.jsp".as_slice();
    let field = b"theme=dark; JSESSIONID=0123456789ABCDEF0123456789ABCDEF.node1".as_slice();
    let find = || session_ids(uri, [field].into_iter(), "JSESSIONID", ";jsessionid", None);
    measure("session ids of one cookie", find);
}

fn elections(members: usize) {
    let settings = settings(members);
    let now = Seconds(1_000);
    let counters = settings.members.iter().map(|_| WorkerCounters::shared(now)).collect();
    let mut lb = LbWorker::new(&settings, counters, &[], now);
    let extensions = Extensions::default();
    let mut run = Run::default();
    let sticky = format!("JSESSIONID=1.m{}", members / 2);
    for cookie in [None, Some(sticky.as_bytes())] {
        let session = session_ids(b"/", cookie.into_iter(), "JSESSIONID", ";jsessionid", None);
        let facts = Facts { session, ..Facts::new(&extensions) };
        let kind = if cookie.is_some() { "route" } else { "load" };
        measure(&format!("begin and elect by {kind} among {members}"), || {
            lb.begin(&mut run, &facts, &mut |_| true);
            lb.next(&mut run, &facts, now)
        });
        measure(&format!("whole run by {kind} among {members}"), || {
            lb.begin(&mut run, &facts, &mut |_| true);
            if let Step::Try(election) = lb.next(&mut run, &facts, now) {
                lb.admitted(&mut run, &election, &facts);
                lb.settle(&mut run, election, Report::success(200), &facts, now);
            }
            lb.next(&mut run, &facts, now)
        });
    }
}

fn settings(members: usize) -> LbSettings {
    let member = |index| MemberSettings {
        ajp: AjpSettings { name: format!("m{index}"), ..AjpSettings::default() },
        lbfactor: 1,
        distance: 0,
        activation: Activation::Active,
        route: format!("m{index}"),
        domain: None,
        redirect: None,
    };
    LbSettings {
        name: "lb".to_owned(),
        members: (0..members).map(member).collect(),
        sticky_session: true,
        sticky_session_force: false,
        method: Method::Request,
        lock: Default::default(),
        retries: 2,
        lb_retries: 2,
        retry_interval: Duration::from_millis(100),
        recover_time: 60,
        error_escalation_time: 30,
        max_reply_timeouts: 0,
        session_cookie: "JSESSIONID".to_owned(),
        session_path: ";jsessionid".to_owned(),
        set_session_cookie: false,
        session_cookie_path: "/".to_owned(),
    }
}

/// The best of several batches: what the code takes when nothing else interferes.
fn measure<T>(what: &str, mut call: impl FnMut() -> T) {
    const CALLS: u32 = 20_000;
    let batch = |call: &mut dyn FnMut()| {
        let start = Instant::now();
        (0..CALLS).for_each(|_| call());
        start.elapsed()
    };
    let mut call = || {
        black_box(call());
    };
    let best = (0..7).map(|_| batch(&mut call)).min().unwrap_or_default();
    println!("{what}: {:.1} ns", best.as_secs_f64() * 1e9 / f64::from(CALLS));
}
