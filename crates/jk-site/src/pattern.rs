//! Regular expressions as httpd's configuration has them.

use regex::bytes::{Regex, RegexBuilder};

/// Compiles an expression that is compared with bytes of clients: it knows bytes and no characters, so
/// that `.` stands for bytes that are no UTF-8, and for line ends too (httpd: `RegexDefaultOptions`).
/// Otherwise an exclusion would miss paths that hold such bytes.
pub(crate) fn regex(pattern: &str, no_case: bool) -> Result<Regex, regex::Error> {
    RegexBuilder::new(pattern)
        .case_insensitive(no_case)
        .unicode(false)
        .dot_matches_new_line(true)
        .build()
}
