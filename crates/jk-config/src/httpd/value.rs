//! Values as httpd reads them, which is mostly as C does.

use std::time::Duration;

use super::call::Call;
use super::report::{Refusal, Report};

/// C's `atoi`: blanks, a sign, digits; what follows is ignored and nothing is 0. Values beyond the
/// range of an `int` stop at its ends.
pub(crate) fn atoi(text: &str) -> i64 {
    let text = text.trim_start_matches(|c: char| c.is_ascii_whitespace());
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let value = digits
        .bytes()
        .take_while(u8::is_ascii_digit)
        .fold(0_i64, |sum, digit| sum.saturating_mul(10).saturating_add(i64::from(digit - b'0')));
    let value = if negative { -value } else { value };
    value.clamp(i64::from(i32::MIN), i64::from(i32::MAX))
}

/// The first argument as `atoi` reads it, with a warning when it is no plain number.
pub(crate) fn number(call: &Call<'_>, report: &mut Report) -> i64 {
    let text = call.text(0);
    let value = atoi(text);
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        report.warning(&call.at, format!("`{text}` is not a number; httpd reads it as {value}"));
    }
    value
}

/// A number that must not be negative.
pub(crate) fn limit(call: &Call<'_>, report: &mut Report) -> Result<usize, Refusal> {
    let value = number(call, report);
    usize::try_from(value).map_err(|_| {
        Refusal::new(format!("{} must not be negative", call.name)).help("0 or a positive number")
    })
}

/// A hundred years: what is longer is as good as without end, and no clock could be added to it.
const LONGEST: Duration = Duration::from_secs(100 * 365 * 24 * 3600);

/// A number of seconds, or one with a unit (httpd: `ap_timeout_parameter_parse`), up to [`LONGEST`].
pub(crate) fn timeout(text: &str) -> Option<Duration> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let number: u64 = if number.is_empty() { 0 } else { number.parse().ok()? };
    let time = match unit.as_bytes() {
        [] | [b's', ..] => Duration::from_secs(number),
        [b'h', ..] => Duration::from_secs(number.checked_mul(3600)?),
        [b'm', b'i', ..] => Duration::from_secs(number.checked_mul(60)?),
        [b'm', b's', ..] => Duration::from_millis(number),
        _ => return None,
    };
    Some(time.min(LONGEST))
}

/// One of a few words, in any case.
pub(crate) fn choice<T: Copy>(call: &Call<'_>, choices: &[(&str, T)]) -> Result<T, Refusal> {
    let text = call.text(0);
    let found = choices.iter().find(|(word, _)| word.eq_ignore_ascii_case(text));
    found.map(|(_, value)| *value).ok_or_else(|| {
        let words: Vec<&str> = choices.iter().map(|(word, _)| *word).collect();
        Refusal::new(format!("`{text}` is not a value of {}", call.name))
            .help(format!("one of {}", words.join(", ")))
    })
}

/// A regular expression that can be carried out here.
pub(crate) fn regex(pattern: &str, no_case: bool) -> Result<(), Refusal> {
    let built =
        regex::bytes::RegexBuilder::new(pattern).case_insensitive(no_case).unicode(false).build();
    match built {
        Ok(_) => Ok(()),
        Err(regex::Error::CompiledTooBig(_)) => {
            Err(Refusal::new(format!("the regular expression `{pattern}` is too big")))
        }
        Err(_) => {
            Err(Refusal::new(format!("`{pattern}` is not a regular expression we can match"))
                .help("look-around and back-references are not supported"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_numbers_as_c_does() {
        for (text, expected) in [
            ("12", 12),
            (" -7x", -7),
            ("+3", 3),
            ("abc", 0),
            ("", 0),
            ("99999999999999999999", i64::from(i32::MAX)),
        ] {
            assert_eq!(atoi(text), expected, "{text}");
        }
    }

    /// Measured with apache2 2.4.71.
    #[test]
    fn reads_timeouts_as_httpd_does() {
        let seconds = |n| Some(Duration::from_secs(n));
        for (text, expected) in [
            ("5", seconds(5)),
            ("5s", seconds(5)),
            ("1min", seconds(60)),
            ("2h", seconds(7200)),
            ("mi", seconds(0)),
            ("500ms", Some(Duration::from_millis(500))),
            ("18446744073709551615", Some(LONGEST)),
            ("18446744073709551615ms", Some(LONGEST)),
            ("5x", None),
            ("5m", None),
            ("-5", None),
        ] {
            assert_eq!(timeout(text), expected, "{text}");
        }
    }
}
