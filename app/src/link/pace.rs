//! When the next attempt to connect is made: later and later, until a connection has held for a while.

use std::time::Duration;

/// Seconds between attempts; the last one is repeated.
const PAUSES_S: [u64; 6] = [0, 1, 2, 4, 8, 10];
/// A connection that held this long after its welcome starts the pauses anew.
const STEADY: Duration = Duration::from_secs(5);

/// The attempts so far.
#[derive(Debug, Default)]
pub(super) struct Pace {
    attempts: u32,
}

impl Pace {
    /// A connection is over that held this long after its welcome, or was never welcomed: seconds until the next
    /// attempt, and how many failed in a row.
    pub fn after(&mut self, held: Option<Duration>) -> (u64, u32) {
        if held.is_some_and(|held| held >= STEADY) {
            self.attempts = 0;
        }
        let again_s = PAUSES_S[(self.attempts as usize).min(PAUSES_S.len() - 1)];
        self.attempts = self.attempts.saturating_add(1);
        (again_s, self.attempts)
    }
}

/// A pause of about so many seconds: not all who lost the same server come back in the same moment.
pub(super) fn pause(seconds: u64) -> Duration {
    let part = (crate::settings::random() % 256) as u64;
    Duration::from_millis(seconds * 750 + seconds * 500 * part / 256)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_until_a_connection_has_held_for_a_while() {
        let mut pace = Pace::default();
        let steps: [(Option<u64>, u64); 9] = [
            (None, 0),
            (None, 1),
            (Some(0), 2),
            (Some(1), 4),
            (None, 8),
            (None, 10),
            (Some(4), 10),
            (Some(5), 0),
            (None, 1),
        ];
        for (at, (held_s, again_s)) in steps.into_iter().enumerate() {
            assert_eq!(pace.after(held_s.map(Duration::from_secs)).0, again_s, "step {at}");
        }
        for _ in 0..100 {
            assert!((750..=1250).contains(&pause(1).as_millis()));
        }
    }
}
