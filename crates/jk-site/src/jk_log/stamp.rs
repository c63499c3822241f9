use std::io::Write as _;

use chrono::format::Item;
use chrono::{DateTime, FixedOffset, Timelike};

use crate::time::items;

/// A compiled `JkLogStampFormat`.
#[derive(Clone, Debug)]
pub struct Stamp {
    before: Vec<Item<'static>>,
    fraction: Option<Fraction>,
    after: Vec<Item<'static>>,
}

#[derive(Clone, Copy, Debug)]
enum Fraction {
    Milliseconds,
    Microseconds,
}

impl Stamp {
    /// Compiles a format. Every text is one: what strftime does not know is printed as written.
    pub fn compile(format: &str) -> Self {
        let fraction = format
            .find("%Q")
            .map(|at| (at, Fraction::Milliseconds))
            .or_else(|| format.find("%q").map(|at| (at, Fraction::Microseconds)));
        let Some((at, kind)) = fraction else {
            return Self { before: items(format), fraction: None, after: Vec::new() };
        };
        let (before, after) = (items(&format[..at]), items(&format[at + 2..]));
        Self { before, fraction: Some(kind), after }
    }

    /// Appends the stamp of a time, given in the local zone.
    pub fn push(&self, time: &DateTime<FixedOffset>, out: &mut Vec<u8>) {
        let _ = write!(out, "{}", time.format_with_items(self.before.iter()));
        let nanos = time.nanosecond() % 1_000_000_000;
        let _ = match self.fraction {
            None => Ok(()),
            Some(Fraction::Milliseconds) => write!(out, "{:03}", nanos / 1_000_000),
            Some(Fraction::Microseconds) => write!(out, "{:06}", nanos / 1_000),
        };
        let _ = write!(out, "{}", time.format_with_items(self.after.iter()));
    }
}
