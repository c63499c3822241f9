use std::fmt;
use std::io::Write;
use std::time::{Duration, UNIX_EPOCH};

use httpdate::HttpDate;

/// The text of the `Date` field, rendered anew only when the second changes.
#[derive(Clone)]
pub struct DateCache {
    second: u64,
    text: [u8; LENGTH],
}

const LENGTH: usize = "Sun, 06 Nov 1994 08:49:37 GMT".len();

/// The last second of the year 9999; the format has no room for a later one.
const LAST_SECOND: u64 = 253_402_300_799;

impl DateCache {
    /// The text for `second`, counted from the epoch.
    pub fn text(&mut self, second: u64) -> &[u8] {
        if second != self.second {
            *self = Self { second, text: render(second) };
        }
        &self.text
    }
}

impl Default for DateCache {
    fn default() -> Self {
        Self { second: 0, text: render(0) }
    }
}

impl fmt::Debug for DateCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DateCache({:?})", String::from_utf8_lossy(&self.text))
    }
}

fn render(second: u64) -> [u8; LENGTH] {
    let mut text = [b' '; LENGTH];
    let date = HttpDate::from(UNIX_EPOCH + Duration::from_secs(second.min(LAST_SECOND)));
    write!(&mut text[..], "{date}").expect("the format has this length for every year up to 9999");
    text
}
