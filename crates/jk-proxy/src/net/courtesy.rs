//! When a busy loop lets others have the processor before it asks for events.

use std::time::Duration;

/// With more events than this in one wake-up, a loop is so busy that the next ones are not far, and some
/// more of them at once cost less than the time they wait.
const BUSY: usize = 8;

/// Our peers, who give the processor back when they have done with what we sent them, take less than
/// this. Whoever takes longer works on something else.
const LONG: Duration = Duration::from_millis(1);

/// After somebody took long, so many wake-ups pass before others are let first again; twice as many
/// after each time that follows, up to the most.
const FIRST_PAUSE: u32 = 32;
const LONGEST_PAUSE: u32 = 4096;

/// Whether others go first. Client, proxy and backend often share processors: when the loop lets them run,
/// the next wake-up finds more to do at once, and whom it wakes does not take the processor from it in
/// the middle. Somebody who has nothing to do with our requests would only keep us from them.
#[derive(Debug, Default)]
pub(super) struct Courtesy {
    /// So many wake-ups are left in which nobody goes first.
    left: u32,
    /// How long the last pause was.
    pause: u32,
}

impl Courtesy {
    /// Whether others go first after a wake-up with so many events.
    pub(super) fn is_due(&mut self, events: usize) -> bool {
        if events <= BUSY {
            return false;
        }
        let due = self.left == 0;
        self.left = self.left.saturating_sub(1);
        due
    }

    /// They gave the processor back after this time.
    pub(super) fn took(&mut self, time: Duration) {
        self.pause = match time < LONG {
            true => self.pause / 2,
            false => (self.pause * 2).clamp(FIRST_PAUSE, LONGEST_PAUSE),
        };
        if time >= LONG {
            self.left = self.pause;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHORT: Duration = Duration::from_micros(300);

    #[test]
    fn an_idle_loop_lets_nobody_first() {
        let mut courtesy = Courtesy::default();
        assert!((0..=BUSY).all(|events| !courtesy.is_due(events)));
        assert!(courtesy.is_due(BUSY + 1));
    }

    #[test]
    fn who_takes_long_is_let_first_ever_more_rarely() {
        let mut courtesy = Courtesy::default();
        let mut times = 0;
        for _ in 0..100_000 {
            if courtesy.is_due(64) {
                times += 1;
                courtesy.took(3 * LONG);
            }
        }
        assert!((20..40).contains(&times), "{times}");
    }

    #[test]
    fn one_who_took_long_is_forgotten() {
        let mut courtesy = Courtesy::default();
        courtesy.took(LONG);
        let waits = (0..).take_while(|_| !courtesy.is_due(64)).count();
        assert_eq!(waits, FIRST_PAUSE as usize);
        for _ in 0..1000 {
            courtesy.took(SHORT);
            assert!(courtesy.is_due(64));
        }
        courtesy.took(LONG);
        assert_eq!((0..).take_while(|_| !courtesy.is_due(64)).count(), FIRST_PAUSE as usize);
    }
}
