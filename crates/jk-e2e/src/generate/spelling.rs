use std::fmt::Write as _;

use super::Dice;

/// How many requests each site is asked.
const REQUESTS: usize = 100;

/// What each site keeps from somebody: from a worker, or from everybody.
const GUARDED: [&str; 9] = [
    "/app/admin/x.jsp",
    "/app/admin/x.jsp",
    "/static/s.txt",
    "/app/p.txt",
    "/shop/WEB-INF/web.xml",
    "/shop/WEB-INF/web.xml",
    "/shop/META-INF/m.txt",
    "/../secret.txt",
    "/static/../../secret.txt",
];

/// Ways to keep something: lines of `httpd.conf`.
const GUARDS: [&str; 10] = [
    "JkMount /* w1\nJkUnMount /static/* w1\nJkUnMount /app/admin/* w1\n",
    "JkMount /app/* w1\nJkMount /*.jsp w2\nJkUnMount /app/admin/* *\n",
    "JkMount /* w1\nJkUnMount /*.txt w1\nJkUnMount /*/admin/*.jsp w1\n",
    "JkMount /* w1\nSetEnvIf Request_URI \"^/static/|^/app/admin/\" no-jk\n",
    "JkMount /* w1\n<LocationMatch \"^/app/admin/.*\\.jsp$\">\nSetEnvIf Request_URI . no-jk\n</LocationMatch>\n",
    "JkMount /* w1\n<Location \"/app/*/x.jsp\">\nSetEnvIf Request_URI . no-jk\n</Location>\n<Location /static>\nSetEnv no-jk 1\n</Location>\n",
    "<Location /app>\nJkMount w1\n</Location>\n<Location /app/admin>\nJkUnMount w1\n</Location>\n",
    "JkAutoAlias @DIR@/webapps\nJkMount /shop/*.jsp w1\n",
    "JkAutoAlias @DIR@/webapps\nJkMount /*.jsp w2\nJkMount /shop/servlet/* w1\n",
    "<Location /app>\nSetHandler jakarta-servlet\nSetEnv JK_WORKER_NAME w1\n</Location>\n<Location /app/admin>\nSetHandler none\n</Location>\nJkMount /x w2\n",
];

const FILES: [&str; 9] = [
    "secret.txt",
    "docs/static/s.txt",
    "docs/app/p.txt",
    "docs/app/admin/x.jsp",
    "docs/WEB-INF/web.xml",
    "webapps/shop/WEB-INF/web.xml",
    "webapps/shop/META-INF/m.txt",
    "webapps/shop/a.txt",
    "webapps/other.txt",
];

/// What may stand for a segment that goes up or nowhere.
const DOTS: [&str; 26] = [
    "..",
    ".",
    "%2e%2e",
    "%2e.",
    ".%2E",
    "%252e%252e",
    "..;",
    "..;x=y",
    "%2e%2e;",
    "..%3b",
    "%2e%2e%3Bx",
    "...",
    "....",
    ".%00.",
    "..%00",
    "%c0%ae%c0%ae",
    "%e0%80%ae%e0%80%ae",
    "%f0%80%80%ae.",
    "..%20",
    "..%09",
    "..%c0%af",
    "%uff0e%uff0e",
    "..%5c",
    ".;",
    "%2e;x",
    ".%3b",
];

/// What may stand between segments.
const BETWEEN: [&str; 22] = [
    "//",
    "///",
    "/./",
    "/%2e/",
    "%2f",
    "%2F",
    "%252f",
    "%5c",
    "%255c",
    "%c0%af",
    "%e0%80%af",
    "/;/",
    "/;x=y/",
    "/%3b/",
    "/.;/",
    "/x/../",
    "/x/%2e%2e/",
    "/x/..;/",
    "/x/..%3b/",
    "/%2f",
    "%2f/",
    "/x%2f../",
];

/// What may stand behind the end.
const BEHIND: [&str; 24] = [
    "/",
    "//",
    "/.",
    "/..",
    ".",
    "..",
    "%2e",
    "%00",
    "%00.txt",
    ";",
    ";x",
    ";x=y.txt",
    "%3b",
    "%3bx.jsp",
    ";jsessionid=1",
    "%20",
    "%09",
    "%ff",
    "%",
    "%zz",
    "::$DATA",
    ".jsp",
    "/x.jsp",
    "%3f",
];

/// A site that keeps some paths from a worker, or from everybody, and requests that name them in ways
/// that two readers may read differently.
pub fn spelling(seed: u64) -> String {
    let mut dice = Dice::new(seed);
    let mut text = String::from("[workers]\nworker.list=w1,w2\n");
    if dice.chance(30) {
        text.push_str("[map]\n/q/*=w2\n!/app/admin/*=*\n!/*.txt=w1\n/app|/*=w2\n");
    }
    text.push_str("[httpd]\n");
    let form = dice.pick(&["Proxy", "Compat", "CompatUnparsed", "Escaped"]);
    let _ = writeln!(text, "JkOptions +ForwardURI{form}");
    if dice.chance(60) {
        let _ = writeln!(text, "AllowEncodedSlashes {}", dice.pick(&["On", "NoDecode"]));
    }
    for (percent, line) in [(10, "JkOptions +RejectUnsafeURI\n"), (20, "JkStripSession On\n")] {
        if dice.chance(percent) {
            text.push_str(line);
        }
    }
    text.push_str(dice.pick(&GUARDS));
    for path in FILES {
        let _ = write!(text, "[file {path}]\n{path}\n");
    }
    text.push_str("[backend w1]\n[backend w2]\n[decisions]\n");
    for _ in 0..REQUESTS {
        let _ = writeln!(text, "?\tget\t-\t{}\t-", target(&mut dice));
    }
    text
}

/// One of the guarded paths, spelled otherwise in one place or several.
fn target(dice: &mut Dice) -> String {
    let path = dice.pick(&GUARDED);
    let mut out = String::new();
    let turns = dice.between(1, 3);
    let segments: Vec<&str> = path.split('/').skip(1).collect();
    let mut places: Vec<usize> = (0..turns).map(|_| dice.between(0, segments.len() * 3)).collect();
    places.sort_unstable();
    for (at, segment) in segments.iter().enumerate() {
        let here = |what: usize| places.contains(&(at * 3 + what));
        out.push_str(if here(0) && at > 0 { dice.pick(&BETWEEN) } else { "/" });
        if here(1) {
            let dots = if *segment == ".." { "" } else { dice.pick(&["", "x/"]) };
            let _ = write!(out, "{dots}{}/", dice.pick(&DOTS));
        }
        out.push_str(&if here(2) { respell(segment, dice) } else { (*segment).to_owned() });
    }
    if places.contains(&(segments.len() * 3)) {
        out.push_str(dice.pick(&BEHIND));
    }
    out
}

/// Another spelling of a segment, the same to some readers.
fn respell(segment: &str, dice: &mut Dice) -> String {
    let encode = |bytes: &[u8]| bytes.iter().fold(String::new(), |all, b| format!("{all}%{b:02x}"));
    let (first, rest) = segment.split_at(1);
    match dice.between(1, 13) {
        1 => segment.to_uppercase(),
        2 => segment.to_lowercase(),
        3 => encode(segment.as_bytes()),
        4 => format!("{}{rest}", encode(first.as_bytes())),
        5 => format!("%25{:02x}{rest}", first.as_bytes()[0]),
        6 => format!("{segment};"),
        7 => format!("{segment};a=b"),
        8 => format!("{segment}%3ba"),
        9 => format!("{segment}%00"),
        10 => format!("{segment}."),
        11 => format!("{segment}%20"),
        12 => format!(";x=y/{segment}"),
        _ => format!("{segment}%5c"),
    }
}
