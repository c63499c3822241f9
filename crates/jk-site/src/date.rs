//! Dates as clients and backends write them, and as httpd writes them back.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Seconds since 1970 of an HTTP date in any of its three forms. Lenient as httpd's
/// `apr_date_parse_http`: the weekday is not looked at, nor is what follows the time. `None` for
/// what cannot be read.
pub fn parse(text: &[u8]) -> Option<i64> {
    let text = text.trim_ascii_start();
    let rest = &text[memchr::memchr(b' ', text)? + 1..];
    let (day, month, year, time) = fields(rest)?;
    let (hour, minute, second) = (number(&time[..2])?, number(&time[3..5])?, number(&time[6..8])?);
    if time[2] != b':' || time[5] != b':' || hour > 23 || minute > 59 || second > 61 {
        return None;
    }
    let days = days(year, month, day)?;
    Some(((days * 24 + hour) * 60 + minute) * 60 + second)
}

/// Appends a time as an IMF-fixdate.
pub fn push(time: SystemTime, out: &mut Vec<u8>) {
    use std::io::Write as _;

    // The date library panics for years past 9999; nothing we serve is that new.
    let last = UNIX_EPOCH + Duration::from_secs(253_402_300_799);
    let time = time.clamp(UNIX_EPOCH, last);
    // Writing to a vector cannot fail.
    let _ = write!(out, "{}", httpdate::HttpDate::from(time));
}

/// What a backend's `Last-Modified` is rewritten to: 1970 if it cannot be read, never later than the
/// time of the request.
pub fn last_modified(value: &[u8], request_time: SystemTime) -> SystemTime {
    let seconds = parse(value).and_then(|s| u64::try_from(s).ok()).unwrap_or(0);
    let time = UNIX_EPOCH.checked_add(Duration::from_secs(seconds)).unwrap_or(UNIX_EPOCH);
    time.min(request_time)
}

/// Whole seconds since 1970.
pub(crate) fn seconds(time: SystemTime) -> i64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}

/// Day, month (from 0), year and `hh:mm:ss`.
fn fields(text: &[u8]) -> Option<(i64, i64, i64, &[u8])> {
    let part = |from: usize, to: usize| text.get(from..to);
    let at = |index: usize, byte: u8| text.get(index) == Some(&byte);
    if at(2, b' ') && at(6, b' ') && at(11, b' ') {
        // 06 Nov 1994 08:49:37
        let year = number(part(7, 11)?)?;
        return Some((number(part(0, 2)?)?, month(part(3, 6)?)?, year, part(12, 20)?));
    }
    if at(1, b' ') && at(5, b' ') && at(10, b' ') {
        // 6 Nov 1994 08:49:37
        let year = number(part(6, 10)?)?;
        return Some((number(part(0, 1)?)?, month(part(2, 5)?)?, year, part(11, 19)?));
    }
    if at(2, b'-') && at(6, b'-') && at(9, b' ') {
        // 06-Nov-94 08:49:37
        let year = number(part(7, 9)?)?;
        let year = if year < 70 { year + 2000 } else { year + 1900 };
        return Some((number(part(0, 2)?)?, month(part(3, 6)?)?, year, part(10, 18)?));
    }
    if at(3, b' ') && at(6, b' ') && at(15, b' ') {
        // Nov  6 08:49:37 1994
        let day = number(part(4, 6)?.trim_ascii_start())?;
        return Some((day, month(part(0, 3)?)?, number(part(16, 20)?)?, part(7, 15)?));
    }
    None
}

fn number(digits: &[u8]) -> Option<i64> {
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    Some(digits.iter().fold(0, |sum, digit| sum * 10 + i64::from(digit - b'0')))
}

fn month(name: &[u8]) -> Option<i64> {
    const NAMES: &[u8; 36] = b"JanFebMarAprMayJunJulAugSepOctNovDec";
    let at = NAMES.chunks(3).position(|known| known.eq_ignore_ascii_case(name))?;
    i64::try_from(at).ok()
}

/// Days since 1970 in the Gregorian calendar (Howard Hinnant, "days from civil").
fn days(year: i64, month: i64, day: i64) -> Option<i64> {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let length = match month {
        3 | 5 | 8 | 10 => 30,
        1 if leap => 29,
        1 => 28,
        _ => 31,
    };
    if !(1900..=9999).contains(&year) || !(1..=length).contains(&day) {
        return None;
    }
    let year = if month < 2 { year - 1 } else { year };
    let era = year / 400;
    let year_of_era = year - era * 400;
    let month_from_march = (month + 10) % 12;
    let day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    Some(era * 146_097 + day_of_era - 719_468)
}
