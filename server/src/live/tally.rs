//! What a drawing has in the figures of its host: taken back when it ends, however it ends.

use std::sync::Arc;

use collab::Desk;

use crate::metrics::Metrics;

/// What a drawing counts for.
pub(super) struct Tally {
    metrics: Arc<Metrics>,
    sessions: i64,
    connected: i64,
    bytes: i64,
}

/// What an open drawing takes with nothing in it: SQLite's caches, its task, its queues.
const DRAWING_BYTES: usize = 400 << 10;
/// What a record takes in memory, about, with all that is kept of it.
const RECORD_BYTES: usize = 900;

/// What a drawing takes in memory, by estimate.
fn bytes(desk: &Desk) -> usize {
    DRAWING_BYTES + desk.room().drawing().record_count().saturating_mul(RECORD_BYTES)
}

impl Tally {
    pub(super) fn new(metrics: Arc<Metrics>) -> Tally {
        metrics.open.inc();
        Tally { metrics, sessions: 0, connected: 0, bytes: 0 }
    }

    /// It is so by now.
    pub(super) fn follow(&mut self, desk: &Desk) {
        let sessions = desk.room().shared().members.len() as i64;
        let bytes = bytes(desk) as i64;
        self.change(sessions, desk.connected() as i64, bytes);
    }

    fn change(&mut self, sessions: i64, connected: i64, bytes: i64) {
        if connected != self.connected {
            self.metrics.connected.inc_by(connected - self.connected);
            self.connected = connected;
        }
        if sessions != self.sessions {
            self.metrics.sessions.inc_by(sessions - self.sessions);
            self.sessions = sessions;
        }
        if bytes != self.bytes {
            self.metrics.open_bytes.inc_by(bytes - self.bytes);
            self.bytes = bytes;
        }
    }
}

impl Drop for Tally {
    fn drop(&mut self) {
        self.change(0, 0, 0);
        self.metrics.open.dec();
    }
}
