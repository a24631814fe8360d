//! Bounds that a server holds its clients to, told in the welcome.

use serde::{Deserialize, Serialize};

use crate::parts::WHOLE_BYTES_MAX;

/// Characters in a drawing's name for people.
pub const TITLE_CHARS_MAX: u32 = 120;

/// Bounds that a server holds its clients to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Limits {
    /// Bytes of one message, encoded.
    pub message_bytes_max: u32,
    /// Bytes of a request that comes in parts, encoded. 0, as servers of before say it: none does.
    #[serde(default)]
    pub bulk_bytes_max: u32,
    /// Records that one request may lock, edit or let go.
    pub records_max: u32,
    /// Records in a ghost or a shown selection.
    pub ghost_records_max: u32,
    /// Requests of one client that wait for their answers.
    pub in_flight_max: u32,
    /// Requests a second over one connection, a second's worth of them at once; more are refused.
    pub requests_hz_max: u32,
    /// Presence messages a second of one client; more are merged.
    pub presence_hz_max: u32,
    /// People in one drawing.
    pub people_max: u32,
    /// Characters of a name.
    pub name_chars_max: u32,
    /// Milliseconds between heartbeats; three missed ones end a connection.
    pub heartbeat_ms: u32,
    /// Milliseconds that a session outlives its connection.
    pub grace_ms: u32,
    /// Milliseconds after which an unused lock lapses.
    pub lock_idle_ms: u32,
    /// Milliseconds from when an owner overrides a lock until its holder loses it; 0: at once.
    pub override_countdown_ms: u32,
    /// How often one session may stand in line at a time ...
    pub waits_max: u32,
    /// ... and for how many records in all.
    pub wait_records_max: u32,
    /// Records that all who stand in line wait for.
    pub line_records_max: u32,
}

/// Bytes of a message that tells one entry, or asks for one, beyond the entry itself: its place, its hash, who asked.
const AROUND_ENTRY_BYTES: u32 = 4 << 10;

impl Limits {
    /// The longest payload of one entry, in bytes: what can still be asked for and told, in parts where parts are known.
    pub fn entry_bytes_max(&self) -> usize {
        self.longest().1.saturating_sub(AROUND_ENTRY_BYTES) as usize
    }

    /// The limit that the longest request is under, and its name. Where not even what goes whole may be said, nothing goes
    /// in parts.
    pub fn longest(&self) -> (&'static str, u32) {
        if self.bulk_bytes_max > self.message_bytes_max && self.message_bytes_max as usize >= WHOLE_BYTES_MAX {
            ("bulk_bytes_max", self.bulk_bytes_max)
        } else {
            ("message_bytes_max", self.message_bytes_max)
        }
    }
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            message_bytes_max: 4 << 20,
            bulk_bytes_max: 64 << 20,
            records_max: 200_000,
            ghost_records_max: 200,
            in_flight_max: 64,
            requests_hz_max: 20_000,
            presence_hz_max: 60,
            people_max: 500,
            name_chars_max: 64,
            heartbeat_ms: 5_000,
            grace_ms: 30_000,
            lock_idle_ms: 600_000,
            override_countdown_ms: 10_000,
            waits_max: 16,
            wait_records_max: 10_000,
            line_records_max: 100_000,
        }
    }
}
