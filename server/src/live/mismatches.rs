//! Drawings of clients that turned out to be others than the room's: counted, and written down with where and what.

use collab::{ConnId, Desk};
use prometheus_client::metrics::counter::Counter;
use protocol::Mismatch;
use tokio::time::{Duration, Instant};

/// One is written down this often for a drawing; all are counted.
const PAUSE: Duration = Duration::from_secs(1);

/// Those of one drawing.
#[derive(Debug, Default)]
pub(super) struct Witness {
    noted_at: Option<Instant>,
}

impl Witness {
    /// A client says that it has something else than a check said. It mends itself by a refresh.
    pub(super) fn note(&mut self, all: &Counter, drawing: &str, desk: &Desk, conn: ConnId, said: &Mismatch) {
        // Only who is in the room can have anything of it.
        let Some(session) = desk.session_of(conn) else { return };
        all.inc();
        if self.noted_at.is_some_and(|at| at.elapsed() < PAUSE) {
            return;
        }
        self.noted_at = Some(Instant::now());
        let Mismatch { at, here, there } = said;
        let room = desk.room();
        tracing::warn!(
            drawing,
            session = session.0.0,
            client_seq = at.seq.0,
            client_head = %at.head,
            client_log = ?at.log,
            client_hash = %here,
            told_hash = %there,
            server_seq = room.position().seq.0,
            server_head = %room.position().head,
            server_hash = %room.drawing().hash(),
            "a client's drawing is not the room's; it is sent anew"
        );
    }
}
