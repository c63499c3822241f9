//! The query of a request, as mod_jk's status worker reads it.

/// What a query says: names and values in the order in which the names first appeared.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query {
    items: Vec<(String, String)>,
    /// An escape could not be decoded.
    pub malformed: bool,
}

impl Query {
    /// Reads a query, without its question mark. Items without `=` or name are skipped, names stay
    /// as they are, values are decoded, and the last value of a name counts (mod_jk:
    /// `status_parse_uri`).
    pub fn parse(text: &[u8]) -> Self {
        let mut query = Self::default();
        for item in text.split(|&byte| byte == b'&') {
            let Some(equals) = item.iter().position(|&byte| byte == b'=') else { continue };
            let (name, value) = (&item[..equals], &item[equals + 1..]);
            if name.is_empty() {
                continue;
            }
            match decode(value) {
                Some(value) => query.set(neutral(name), neutral(&value)),
                None => query.malformed = true,
            }
        }
        query
    }

    /// The value of a name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.items.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// A number, as C's `atoi` reads it.
    pub fn number(&self, name: &str) -> Option<i32> {
        self.get(name).map(atoi)
    }

    /// All names and values.
    pub fn items(&self) -> impl Iterator<Item = (&str, &str)> {
        self.items.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    fn set(&mut self, name: String, value: String) {
        match self.items.iter_mut().find(|(known, _)| *known == name) {
            Some((_, old)) => *old = value,
            None => self.items.push((name, value)),
        }
    }
}

/// The leading number of a text, or 0; too large a number is the largest.
pub(crate) fn atoi(text: &str) -> i32 {
    let text = text.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == '\x0b');
    let (negative, digits) = match text.as_bytes().first() {
        Some(b'-') => (true, &text[1..]),
        Some(b'+') => (false, &text[1..]),
        _ => (false, text),
    };
    let number = digits.bytes().take_while(u8::is_ascii_digit).fold(0_i32, |number, digit| {
        number.saturating_mul(10).saturating_add(i32::from(digit - b'0'))
    });
    if negative { -number } else { number }
}

fn decode(value: &[u8]) -> Option<Vec<u8>> {
    let mut decoded = Vec::with_capacity(value.len());
    let mut rest = value.iter();
    while let Some(&byte) = rest.next() {
        decoded.push(match byte {
            b'+' => b' ',
            b'%' => {
                let high = char::from(*rest.next()?).to_digit(16)?;
                let low = char::from(*rest.next()?).to_digit(16)?;
                u8::try_from(high * 16 + low).ok()?
            }
            other => other,
        });
    }
    Some(decoded)
}

/// mod_jk replaces what could open or close markup. We do the same to control characters, which
/// could begin a line of their own in text and properties.
fn neutral(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let replace = |c: char| matches!(c, '<' | '>' | '?' | '"') || c.is_control();
    text.chars().map(|c| if replace(c) { '@' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_value_counts_and_odd_items_do_not() {
        let query = Query::parse(b"&&a=1&=x&b&a=2+%4c&c=%3Ci%3E%0A");
        let items: Vec<_> = query.items().collect();
        assert_eq!(items, [("a", "2 L"), ("c", "@i@@")]);
        assert!(!query.malformed && Query::parse(b"a=%zz").malformed);
        assert!(Query::parse(b"a=%4").malformed);
    }

    #[test]
    fn numbers_are_read_as_c_reads_them() {
        for (text, number) in
            [("12x", 12), ("-5", -5), (" +7", 7), ("abc", 0), ("", 0), ("99999999999", i32::MAX)]
        {
            assert_eq!(atoi(text), number, "{text}");
        }
    }
}
