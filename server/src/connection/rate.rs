//! How often one connection may ask something: a bucket of tokens that fills as time passes, a second's worth deep.

use tokio::time::Instant;

/// The bucket of one connection.
#[derive(Debug)]
pub(super) struct Rate {
    hz_max: u32,
    tokens: f64,
    at: Instant,
}

impl Rate {
    /// A full one.
    pub(super) fn new(hz_max: u32, now: Instant) -> Rate {
        Rate { hz_max, tokens: f64::from(hz_max), at: now }
    }

    /// Takes a token; false where none is left.
    pub(super) fn take(&mut self, now: Instant) -> bool {
        let full = f64::from(self.hz_max);
        self.tokens = full.min(self.tokens + now.saturating_duration_since(self.at).as_secs_f64() * full);
        self.at = now;
        let some = self.tokens >= 1.0;
        if some {
            self.tokens -= 1.0;
        }
        some
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_bucket_fills_with_time_and_no_further() {
        let start = Instant::now();
        let at = |ms| start + Duration::from_millis(ms);
        let mut rate = Rate::new(10, start);
        let mut took = |at| (0..100).take_while(|_| rate.take(at)).count();
        for (now, expect) in [(at(0), 10), (at(0), 0), (at(100), 1), (at(350), 2), (at(400), 1), (at(60_000), 10)] {
            assert_eq!(took(now), expect, "{:?}", now - start);
        }
        assert!(!Rate::new(0, start).take(at(1_000)), "nothing is nothing");
    }
}
