use std::io::Write as _;

use chrono::{DateTime, FixedOffset, Timelike};

use crate::time::TimeFormat;

/// A compiled `JkLogStampFormat`: strftime, with `%Q` for milliseconds or `%q` for microseconds.
///
/// Only the first `%Q` counts, or the first `%q` if there is no `%Q`. mod_jk keeps such a format in
/// 64 bytes: it is cut there, and a `%Q` that would lie beyond is printed as written.
#[derive(Clone, Debug)]
pub struct Stamp {
    before: TimeFormat,
    fraction: Option<Fraction>,
    after: TimeFormat,
}

#[derive(Clone, Copy, Debug)]
enum Fraction {
    Milliseconds,
    Microseconds,
}

impl Fraction {
    fn digits(self) -> usize {
        match self {
            Self::Milliseconds => 3,
            Self::Microseconds => 6,
        }
    }
}

impl Stamp {
    /// Compiles a format. Every text is one: what strftime does not know is printed as written.
    pub fn compile(format: &str) -> Self {
        const ROOM: usize = 63;
        let milliseconds = format.find("%Q").map(|at| (at, Fraction::Milliseconds));
        let microseconds = || format.find("%q").map(|at| (at, Fraction::Microseconds));
        let found = milliseconds.or_else(microseconds);
        let Some((at, kind)) = found.filter(|(at, kind)| at + kind.digits() <= ROOM) else {
            let before = TimeFormat::compile(format);
            return Self { before, fraction: None, after: TimeFormat::default() };
        };
        let mut rest = &format[at + 2..];
        while rest.len() > ROOM - at - kind.digits() {
            let last = rest.char_indices().next_back().map_or(0, |(start, _)| start);
            rest = &rest[..last];
        }
        let (before, after) = (TimeFormat::compile(&format[..at]), TimeFormat::compile(rest));
        Self { before, fraction: Some(kind), after }
    }

    /// Appends the stamp of a time, given in the local zone.
    pub fn push(&self, time: &DateTime<FixedOffset>, out: &mut Vec<u8>) {
        self.before.push(time, out);
        let micros = time.nanosecond() % 1_000_000_000 / 1_000;
        // Writing to a vector cannot fail.
        let _ = match self.fraction {
            None => Ok(()),
            Some(Fraction::Milliseconds) => write!(out, "{:03}", micros / 1_000),
            Some(Fraction::Microseconds) => write!(out, "{micros:06}"),
        };
        self.after.push(time, out);
    }
}
