//! How long a client that is slow is waited for, in all. Time counts while the client is waited for and
//! at no other, bytes earn more of it (mod_reqtimeout, but for a backend's delays, which are not the
//! client's).

use std::time::{Duration, Instant};

use jk_config::Pace;

/// What is left of a client's time for one direction of one exchange.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Patience {
    /// `None` until the client is waited for the first time.
    left: Option<Duration>,
    /// How long it was waited for in all.
    spent: Duration,
    /// Since when it has been waited for, if it is.
    since: Option<Instant>,
    /// Bytes that have been rewarded.
    moved: u64,
}

/// Whether time can be saved up: a request that came fast may be slow then, as in httpd; a response
/// must keep going.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Saving {
    Allowed,
    No,
}

impl Patience {
    /// Notes that now, after `moved` bytes in all, the client is waited for, or is not.
    pub(super) fn note(
        &mut self,
        now: Instant,
        moved: u64,
        waits: bool,
        pace: &Pace,
        saving: Saving,
    ) {
        if (self.since.is_none() && !waits) || pace.is_endless() {
            return;
        }
        let mut left = self.left.unwrap_or(pace.first);
        if let Some(since) = self.since {
            let passed = now.saturating_duration_since(since);
            self.spent = self.spent.saturating_add(passed);
            left = left.saturating_sub(passed);
        }
        // Who was late before these bytes came stays late, as in httpd.
        if !left.is_zero() {
            left = left.saturating_add(pace.credit(moved.saturating_sub(self.moved)));
        }
        if saving == Saving::No {
            left = left.min(pace.first);
        }
        if !pace.most.is_zero() {
            left = left.min(pace.most.saturating_sub(self.spent));
        }
        self.moved = moved;
        self.left = Some(left);
        self.since = waits.then_some(now);
    }

    /// When the client's time is over, if it does nothing until then.
    pub(super) fn deadline(&self) -> Option<Instant> {
        Some(self.since? + self.left?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn pace(first: u64, most: u64, rate: u32) -> Pace {
        Pace { first: seconds(first), most: seconds(most), rate }
    }

    /// Plays (second, bytes in all, waits) and answers after how many seconds from the start the time
    /// is over.
    fn over(pace: &Pace, saving: Saving, script: &[(u64, u64, bool)]) -> Option<u64> {
        let start = Instant::now();
        let mut patience = Patience::default();
        for &(at, moved, waits) in script {
            patience.note(start + seconds(at), moved, waits, pace, saving);
        }
        patience.deadline().map(|at| (at - start).as_secs())
    }

    #[test]
    fn time_counts_while_the_client_is_waited_for_and_bytes_earn_more() {
        use Saving::{Allowed, No};
        for (pace, saving, script, expected) in [
            (pace(10, 0, 0), Allowed, &[(0, 0, true)][..], Some(10)),
            (pace(10, 0, 0), Allowed, &[(0, 0, true), (4, 999, true)], Some(10)),
            (pace(10, 0, 5), Allowed, &[(0, 0, true), (4, 10, true)], Some(12)),
            (pace(10, 0, 5), Allowed, &[(0, 0, true), (4, 500, true)], Some(110)),
            (pace(10, 0, 5), No, &[(0, 0, true), (4, 500, true)], Some(14)),
            (pace(10, 15, 5), Allowed, &[(0, 0, true), (4, 500, true)], Some(15)),
            // A backend that takes its time costs the client none.
            (pace(10, 0, 0), Allowed, &[(0, 0, true), (4, 9, false), (60, 9, true)], Some(66)),
            (pace(10, 15, 5), Allowed, &[(0, 0, true), (4, 500, false), (60, 500, true)], Some(71)),
            (pace(10, 0, 0), Allowed, &[(0, 0, false)], None),
            (Pace::ENDLESS, Allowed, &[(0, 0, true)], None),
            // Late is late.
            (pace(10, 0, 1), Allowed, &[(0, 0, true), (10, 500, true)], Some(10)),
        ] {
            assert_eq!(over(&pace, saving, script), expected, "{pace:?} {saving:?} {script:?}");
        }
    }
}
