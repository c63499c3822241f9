//! The tables of `testdata/http/`: one reader for all tests that feed from them.

#![allow(dead_code, unreachable_pub, reason = "each test binary uses its own part")]

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

/// One case of a table.
#[derive(Debug, Default)]
pub struct Case {
    /// `file:line` of the case, for messages.
    pub at: String,
    pub name: String,
    /// The bytes under test.
    pub send: Vec<u8>,
    /// Bytes that follow a head.
    pub body: Vec<u8>,
    /// What this crate is to answer.
    pub want: String,
    /// What httpd answered on a path that mod_jk forwards.
    pub httpd: String,
    /// What httpd answered on a served file: statuses, and `keep` or `close`.
    pub files: String,
    /// Why `want` differs from what httpd does.
    pub differs: Option<String>,
}

/// Reads a table. Every case has a name of its own and every line is understood.
pub fn cases(file: &str) -> Vec<Case> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/http").join(file);
    let text = fs::read_to_string(&path).expect("the table is there");
    let mut cases: Vec<Case> = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let (key, rest) = line.split_once(' ').unwrap_or((line, ""));
        if matches!(key, "" | "#") {
            continue;
        }
        if key == "case" {
            let at = format!("{file}:{} {rest}", number + 1);
            assert!(cases.iter().all(|case| case.name != rest), "{at}: the name is taken");
            cases.push(Case { at, name: rest.to_owned(), ..Case::default() });
            continue;
        }
        let case = cases.last_mut().expect("a line before the first case");
        match key {
            "send" => case.send = unescape(rest),
            "body" => case.body = unescape(rest),
            "want" => case.want = rest.to_owned(),
            "httpd" => case.httpd = rest.to_owned(),
            "files" => case.files = rest.to_owned(),
            "compat" | "above" => case.differs = Some(line.to_owned()),
            _ => panic!("{}: unknown key {key}", case.at),
        }
    }
    assert!(!cases.is_empty(), "{file} holds no case");
    cases
}

/// Compares what was answered with what is wanted, and that with what httpd does: they agree, or
/// the case says why not.
pub fn check(case: &Case, answer: &str) {
    let Case { at, want, httpd, files, differs, .. } = case;
    assert_eq!(answer, want, "{at}");
    let refused = want.split(' ').next().filter(|word| word.starts_with(['4', '5']));
    // The kind of an error is ours to tell.
    let comparable = match want.rsplit_once(' ') {
        Some((front, kind)) if kind.starts_with(|c: char| c.is_ascii_uppercase()) => front,
        _ => want,
    };
    let comparable = if refused.is_some() { comparable } else { want };
    let agrees = comparable == httpd && refused.is_none_or(|status| files.starts_with(status));
    match differs {
        None => assert!(agrees, "{at}: httpd answers otherwise: `{httpd}`, `{files}`"),
        Some(why) => assert!(!agrees, "{at}: httpd answers the same, yet there is `{why}`"),
    }
}

/// Reads `\r \n \t \0 \\ \xHH`, and `\{a*12}` for a run of one character.
pub fn unescape(text: &str) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        rest = &rest[c.len_utf8()..];
        if c != '\\' {
            out.extend_from_slice(c.to_string().as_bytes());
            continue;
        }
        let kind = rest.chars().next().expect("something after the backslash");
        rest = &rest[1..];
        match kind {
            'r' => out.push(b'\r'),
            'n' => out.push(b'\n'),
            't' => out.push(b'\t'),
            '0' => out.push(0),
            '\\' => out.push(b'\\'),
            'x' => {
                out.push(u8::from_str_radix(&rest[..2], 16).expect("two hexadecimal digits"));
                rest = &rest[2..];
            }
            '{' => {
                let (run, after) = rest.split_once('}').expect("the end of the run");
                let (letter, count) = run.split_once('*').expect("letter*count");
                out.extend(letter.repeat(count.parse().expect("a count")).bytes());
                rest = after;
            }
            other => panic!("unknown escape \\{other}"),
        }
    }
    out
}

/// Writes what [`unescape`] reads. Runs of forty and more are shortened.
pub fn escape(bytes: &[u8]) -> String {
    let mut out = String::new();
    let mut rest = bytes;
    while let Some(&b) = rest.first() {
        let run = rest.iter().take_while(|&&other| other == b).count();
        if run >= 40 && (b.is_ascii_alphanumeric() || b == b' ') {
            write!(out, "\\{{{}*{run}}}", char::from(b)).expect("a string takes everything");
            rest = &rest[run..];
            continue;
        }
        match b {
            b'\t' => out.push_str("\\t"),
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            0 => out.push_str("\\0"),
            b'\\' => out.push_str("\\\\"),
            b' '..=b'~' => out.push(char::from(b)),
            _ => write!(out, "\\x{b:02x}").expect("a string takes everything"),
        }
        rest = &rest[1..];
    }
    out
}

/// Every way the tests cut input: whole, byte by byte, in threes.
pub fn steps(length: usize) -> [usize; 3] {
    [length.max(1), 1, 3]
}
