//! Numbers and yes-or-no, as C programs read them.

/// What a text says as a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Number {
    /// This, and nothing else.
    Exact(i32),
    /// This, and then something that is ignored.
    Prefix(i32),
    /// Not a number; mod_jk 1.2.48 takes it for 0.
    None,
    /// More than 32 bits hold.
    TooLarge,
}

/// Reads an integer directive of a worker (`jk_map_get_int`): decimal digits, and if the whole text
/// ends in `k` or `m`, times 1024 or 1048576.
pub(crate) fn number(text: &[u8]) -> Number {
    let factor: i64 = match text.last() {
        Some(b'k' | b'K') => 1 << 10,
        Some(b'm' | b'M') => 1 << 20,
        _ => 1,
    };
    let Some((value, rest)) = decimal(text) else { return Number::None };
    let Some(Ok(value)) = value.checked_mul(factor).map(i32::try_from) else {
        return Number::TooLarge;
    };
    match rest {
        [] => Number::Exact(value),
        [b'k' | b'K' | b'm' | b'M'] => Number::Exact(value),
        _ => Number::Prefix(value),
    }
}

/// `atoi`: what is not a number is 0. Out of range is the nearest there is.
pub(crate) fn atoi(text: &[u8]) -> i32 {
    let value = decimal(text).map_or(0, |(value, _)| value);
    i32::try_from(value).unwrap_or(if value < 0 { i32::MIN } else { i32::MAX })
}

/// Reads yes or no (`jk_get_bool_code`); `None` is neither.
pub(crate) fn switch(text: &[u8]) -> Option<bool> {
    match text {
        b"0" => Some(false),
        b"1" => Some(true),
        [b'f' | b'F' | b'n' | b'N', ..] => Some(false),
        [b't' | b'T' | b'y' | b'Y', ..] => Some(true),
        _ if text.eq_ignore_ascii_case(b"off") => Some(false),
        _ if text.eq_ignore_ascii_case(b"on") => Some(true),
        _ => None,
    }
}

/// White space, a sign and digits, and what is left after them. A number beyond 64 bits is cut.
fn decimal(text: &[u8]) -> Option<(i64, &[u8])> {
    let start = text.iter().position(|&b| !crate::properties::is_space(b))?;
    let (negative, digits) = match &text[start..] {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        rest => (false, rest),
    };
    let end = digits.iter().position(|b| !b.is_ascii_digit()).unwrap_or(digits.len());
    let (digits, rest) = digits.split_at(end);
    if digits.is_empty() {
        return None;
    }
    let sum =
        |sum: i64, &digit: &u8| sum.saturating_mul(10).saturating_add(i64::from(digit - b'0'));
    let value = digits.iter().fold(0, sum);
    Some((if negative { -value } else { value }, rest))
}

#[cfg(test)]
mod tests {
    use super::Number::{Exact, None, Prefix, TooLarge};
    use super::{atoi, number, switch};

    #[test]
    fn numbers_are_read_as_mod_jk_does() {
        for (text, expected) in [
            ("0", Exact(0)),
            ("+7", Exact(7)),
            ("-12", Exact(-12)),
            ("10k", Exact(10240)),
            ("2m", Exact(2_097_152)),
            ("-1K", Exact(-1024)),
            ("5s", Prefix(5)),
            ("1e3", Prefix(1)),
            ("0x10", Prefix(0)),
            ("2.9", Prefix(2)),
            ("30*40", Prefix(30)),
            ("1k2", Prefix(1)),
            // The last letter of the whole text multiplies, wherever the digits end.
            ("10 k", Prefix(10240)),
            ("7x5k", Prefix(7168)),
            ("abc", None),
            ("k", None),
            ("- 5", None),
            ("+-5", None),
            ("", None),
            ("2147483647", Exact(i32::MAX)),
            ("2147483648", TooLarge),
            ("2048m", TooLarge),
            ("-2048m", Exact(i32::MIN)),
            ("99999999999999999999999", TooLarge),
        ] {
            assert_eq!(number(text.as_bytes()), expected, "{text}");
        }
    }

    #[test]
    fn yes_and_no_have_many_spellings() {
        for text in ["1", "on", "ON", "true", "T", "yes", "y", "Yeti"] {
            assert_eq!(switch(text.as_bytes()), Some(true), "{text}");
        }
        for text in ["0", "off", "Off", "false", "Fish", "no", "nope"] {
            assert_eq!(switch(text.as_bytes()), Some(false), "{text}");
        }
        for text in ["", "00", "01", "2", "o", "of", "enabled", "maybe"] {
            assert_eq!(switch(text.as_bytes()), Option::None, "{text}");
        }
    }

    #[test]
    fn atoi_never_fails() {
        for (text, expected) in
            [("12", 12), (" -3x", -3), ("true", 0), ("", 0), ("99999999999", i32::MAX)]
        {
            assert_eq!(atoi(text.as_bytes()), expected, "{text}");
        }
    }
}
