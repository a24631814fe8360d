//! The one clock: what rooms get as `now`.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use protocol::Millis;

/// Milliseconds since 1970 when the process looked first, and evenly on from there: good for people to read in a log,
/// and never stepping back while the process lives.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clock {
    start_ms: Millis,
    started: Instant,
}

impl Clock {
    pub(crate) fn start() -> Clock {
        // A clock before 1970 is a broken one; the log's times are for people only, so 1970 it is then.
        let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Clock { start_ms: since_1970.as_millis() as Millis, started: Instant::now() }
    }

    /// The time of day, for entries to be stamped with: after a machine has slept, `now` is behind it.
    pub(crate) fn time_of_day(&self) -> Millis {
        SystemTime::now().duration_since(UNIX_EPOCH).map_or(self.start_ms, |since| since.as_millis() as Millis)
    }

    pub(crate) fn now(&self) -> Millis {
        self.start_ms + self.started.elapsed().as_millis() as Millis
    }
}
