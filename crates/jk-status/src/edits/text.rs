//! Edits as text, for a file or for another process.
//!
//! ```text
//! jackdaw-edits 1
//! serial 12
//! member balancer node1 activation active stopped
//! member balancer node1 redirect "" node2
//! ajp node1 reply_timeout 0 30000
//! end 6f0d1c2a
//! ```
//!
//! A line has the kind of worker, its name or names, the directive, what the configuration said, and what
//! holds. Words are separated by one space; bytes that are no printable ASCII, and `%`, `"` and the space,
//! are written `%XX`; an empty word is `""`. The last line has the CRC-32 of all that is before it, so that
//! a file that was written by halves, or not by us, is told from a whole one.

use std::fmt::Write as _;

use super::{AjpAttribute, Edit, Edits, Key, LbAttribute, MemberAttribute};

/// The longest text that is read, in bytes: some 40,000 edits.
pub const LONGEST_STATE: usize = 4 << 20;

const TITLE: &str = "jackdaw-edits 1";
const EMPTY: &str = "\"\"";

/// Edits, and how often they have been written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Saved {
    /// The higher one is newer.
    pub serial: u64,
    /// The edits.
    pub edits: Edits,
}

/// Why a text is not one of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// It is too long.
    Long,
    /// The first line is another.
    Title,
    /// This line cannot be read.
    Line(usize),
    /// It does not end as it should, or does not add up.
    Broken,
}

impl std::fmt::Display for Flaw {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Long => write!(f, "it is longer than {LONGEST_STATE} bytes"),
            Self::Title => write!(f, "it does not begin with `{TITLE}`"),
            Self::Line(line) => write!(f, "line {line} cannot be read"),
            Self::Broken => f.write_str("it is broken or was not written to the end"),
        }
    }
}

impl std::error::Error for Flaw {}

impl Saved {
    /// The text.
    pub fn encode(&self) -> String {
        let mut out = format!("{TITLE}\nserial {}\n", self.serial);
        for (key, edit) in self.edits.iter() {
            let (kind, names) = match key {
                Key::Lb(lb, _) => ("lb", [Some(lb), None]),
                Key::Member(lb, member, _) => ("member", [Some(lb), Some(member)]),
                Key::Ajp(worker, _) => ("ajp", [Some(worker), None]),
            };
            out.push_str(kind);
            for name in names.into_iter().flatten() {
                push_word(name, &mut out);
            }
            for word in [key.directive(), &edit.from, &edit.to] {
                push_word(word, &mut out);
            }
            out.push('\n');
        }
        let sum = crc32fast::hash(out.as_bytes());
        let _ = writeln!(out, "end {sum:08x}");
        out
    }

    /// What a text says. Texts that are not of [`Self::encode`]'s making are refused as a whole.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn decode(bytes: &[u8]) -> Result<Self, Flaw> {
        if bytes.len() > LONGEST_STATE {
            return Err(Flaw::Long);
        }
        let rest = bytes.strip_prefix(TITLE.as_bytes()).and_then(|rest| rest.strip_prefix(b"\n"));
        rest.ok_or(Flaw::Title)?;
        let text = std::str::from_utf8(bytes).map_err(|_| Flaw::Broken)?;
        let body = text.strip_suffix('\n').ok_or(Flaw::Broken)?;
        let end = body.rfind('\n').ok_or(Flaw::Broken)? + 1;
        let (body, last) = text.split_at(end);
        let sum = crc32fast::hash(body.as_bytes());
        if last != format!("end {sum:08x}\n") {
            return Err(Flaw::Broken);
        }
        let mut lines = body.split_terminator('\n').enumerate().skip(1);
        let serial = lines.next().and_then(|(_, line)| line.strip_prefix("serial "));
        let serial = serial.and_then(|digits| digits.parse().ok()).ok_or(Flaw::Line(2))?;
        let mut edits = Edits::default();
        for (at, line) in lines {
            let (key, edit) = edit(line).ok_or(Flaw::Line(at + 1))?;
            edits.insert(key, edit);
        }
        Ok(Self { serial, edits })
    }
}

fn edit(line: &str) -> Option<(Key, Edit)> {
    let mut words = line.split(' ');
    let kind = words.next()?;
    let mut word = || words.next().and_then(word);
    let key = match kind {
        "lb" => {
            let (lb, directive) = (word()?, word()?);
            Key::Lb(lb, LbAttribute::ALL.into_iter().find(|it| it.directive() == directive)?)
        }
        "member" => {
            let (lb, member, directive) = (word()?, word()?, word()?);
            let found = MemberAttribute::ALL.into_iter().find(|it| it.directive() == directive)?;
            Key::Member(lb, member, found)
        }
        "ajp" => {
            let (worker, directive) = (word()?, word()?);
            Key::Ajp(worker, AjpAttribute::all().find(|it| it.directive() == directive)?)
        }
        _ => return None,
    };
    let edit = Edit { from: word()?, to: word()? };
    words.next().is_none().then_some((key, edit))
}

fn push_word(text: &str, out: &mut String) {
    out.push(' ');
    if text.is_empty() {
        out.push_str(EMPTY);
    }
    for byte in text.bytes() {
        if byte.is_ascii_graphic() && !matches!(byte, b'%' | b'"') {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
}

fn word(word: &str) -> Option<String> {
    match word {
        EMPTY => return Some(String::new()),
        "" => return None,
        _ => {}
    }
    let mut rest = word;
    let mut bytes = Vec::new();
    while let Some(at) = rest.find('%') {
        let (plain, escape) = rest.split_at(at);
        bytes.extend_from_slice(plain.as_bytes());
        let digits = escape.get(1..3).filter(|it| it.bytes().all(|b| b.is_ascii_hexdigit()))?;
        bytes.push(u8::from_str_radix(digits, 16).ok()?);
        rest = &escape[3..];
    }
    bytes.extend_from_slice(rest.as_bytes());
    String::from_utf8(bytes).ok()
}
