//! How slowly the other side may be: `RequestReadTimeout`, and our own `JackdawResponseTimeout`.

use std::time::Duration;

/// One stage of `RequestReadTimeout` (mod_reqtimeout): a time, which bytes extend.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pace {
    /// What may be taken before a byte has come; zero is without end.
    pub first: Duration,
    /// What may be taken in all, however fast bytes come; zero is without end.
    pub most: Duration,
    /// Each so many bytes extend the time by a second; 0 is never.
    pub rate: u32,
}

/// What a client's request may take.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Paces {
    /// The request head, from its first byte on.
    pub header: Pace,
    /// The content of the request, while it is waited for.
    pub body: Pace,
}

impl Pace {
    /// Without bounds.
    pub const ENDLESS: Self = Self { first: Duration::ZERO, most: Duration::ZERO, rate: 0 };

    /// Whether there is no bound at all.
    pub const fn is_endless(&self) -> bool {
        self.first.is_zero()
    }

    /// By how much `bytes` extend the time.
    pub fn credit(&self, bytes: u64) -> Duration {
        match self.rate {
            0 => Duration::ZERO,
            rate => {
                let nanos = u128::from(bytes) * 1_000_000_000 / u128::from(rate);
                Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
            }
        }
    }

    /// How long so many bytes may take; `None` when there is no bound.
    pub fn allows(&self, bytes: u64) -> Option<Duration> {
        if self.is_endless() {
            return None;
        }
        let time = self.first.saturating_add(self.credit(bytes));
        Some(if self.most.is_zero() { time } else { time.min(self.most) })
    }

    /// Reads `20`, `20,MinRate=500` or `20-40,MinRate=500`.
    ///
    /// # Errors
    /// What is wrong, in words.
    pub(crate) fn parse(text: &str) -> Result<Self, &'static str> {
        let rate_at = text.to_ascii_lowercase().find(",minrate=");
        let Some(rate_at) = rate_at else {
            if text.contains('-') {
                return Err("a range of times needs `,MinRate=`");
            }
            return Ok(Self { first: seconds(text)?, ..Self::ENDLESS });
        };
        let (times, rate) = (&text[..rate_at], &text[rate_at + ",minrate=".len()..]);
        let rate = number(rate)?;
        if rate == 0 {
            return Err("MinRate must be greater than 0");
        }
        let (first, most) = match times.split_once('-') {
            Some((first, most)) => (seconds(first)?, seconds(most)?),
            None => (seconds(times)?, Duration::ZERO),
        };
        if !most.is_zero() && first >= most {
            return Err("the second time must be longer than the first");
        }
        Ok(Self { first, most, rate })
    }
}

fn seconds(text: &str) -> Result<Duration, &'static str> {
    number(text).map(|seconds| Duration::from_secs(seconds.into()))
}

fn number(text: &str) -> Result<u32, &'static str> {
    let number = text.parse::<u32>().ok().filter(|&number| i32::try_from(number).is_ok());
    number.ok_or("a whole number of seconds or bytes is needed")
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn pace(first: u64, most: u64, rate: u32) -> Pace {
        Pace { first: Duration::from_secs(first), most: Duration::from_secs(most), rate }
    }

    #[test]
    fn the_forms_of_mod_reqtimeout_are_read() {
        for (text, expected) in [
            ("20", Ok(pace(20, 0, 0))),
            ("0", Ok(Pace::ENDLESS)),
            ("20,MinRate=500", Ok(pace(20, 0, 500))),
            ("20-40,minrate=500", Ok(pace(20, 40, 500))),
            ("20-40", Err("a range of times needs `,MinRate=`")),
            ("20-20,MinRate=1", Err("the second time must be longer than the first")),
            ("20,MinRate=0", Err("MinRate must be greater than 0")),
            ("x", Err("a whole number of seconds or bytes is needed")),
            ("-1,MinRate=5", Err("a whole number of seconds or bytes is needed")),
            ("", Err("a whole number of seconds or bytes is needed")),
        ] {
            assert_eq!(Pace::parse(text), expected, "{text}");
        }
    }

    #[test]
    fn bytes_extend_the_time_up_to_the_most() {
        assert_eq!(pace(20, 0, 500).allows(0), Some(Duration::from_secs(20)));
        assert_eq!(pace(20, 0, 500).allows(1000), Some(Duration::from_secs(22)));
        assert_eq!(pace(20, 40, 500).allows(100_000), Some(Duration::from_secs(40)));
        assert_eq!(
            pace(20, 0, 1).allows(u64::MAX),
            Some(Duration::from_nanos(u64::MAX) + Duration::from_secs(20))
        );
        assert_eq!(Pace::ENDLESS.allows(7), None);
    }
}
