//! The lines of `JkLogFile`: stamps, messages and the request log.

use chrono::{DateTime, FixedOffset};
use jk_config::JkLogLevel;

mod request;
mod stamp;

pub use request::{RequestFormat, RequestFormatError, RequestRecord};
pub use stamp::Stamp;

/// Appends a line of mod_jk's log as version 1.2.48 writes it, with its line feed.
///
/// Control characters in the message, which may be a client's, are escaped. `place` is `function::file (line)`, as in `jk_map_to_storage::mod_jk.c (3856)`.
pub fn push_line(
    stamp: &Stamp,
    time: &DateTime<FixedOffset>,
    (pid, tid): (u32, u64),
    level: JkLogLevel,
    place: &str,
    message: &[u8],
    out: &mut Vec<u8>,
) {
    use std::io::Write as _;

    let start = out.len();
    stamp.push(time, out);
    // Writing to a vector cannot fail.
    let _ = write!(out, "[{pid}:{tid}] [{}] {place}: ", word(level));
    request::push_visible(message, out);
    finish(start, out);
}

/// A line holds 1021 bytes; one that would fill them ends in three dots.
fn finish(start: usize, out: &mut Vec<u8>) {
    const ROOM: usize = 1021;
    if out.len() - start >= ROOM {
        out.truncate(start + ROOM - 3);
        out.extend_from_slice(b"...");
    }
    out.push(b'\n');
}

/// The word for a level.
pub fn word(level: JkLogLevel) -> &'static str {
    match level {
        JkLogLevel::Trace => "trace",
        JkLogLevel::Debug => "debug",
        JkLogLevel::Info => "info",
        JkLogLevel::Warn => "warn",
        JkLogLevel::Error => "error",
        JkLogLevel::Emerg => "emerg",
    }
}
