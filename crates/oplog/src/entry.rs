//! What goes into a log and what comes out of it.

use chain::{Hash, Position, Seq};

/// The longest payload of one entry, in bytes: a message of the largest size that servers take, and some.
pub const MAX_PAYLOAD_BYTES: usize = 80 << 20;

/// A payload of more bytes is stored as a blob before the entry, which names it: the transaction of an append stays small,
/// and asking again after a failure writes nothing twice.
pub const LONG_PAYLOAD_BYTES: usize = 1 << 20;

/// The longest author or kind, in bytes of UTF-8.
pub const MAX_NAME_BYTES: usize = 1 << 10;

/// The most entries in one append.
pub const MAX_BATCH_ENTRIES: usize = 100_000;

/// The most payload bytes in one append, all entries together.
pub const MAX_BATCH_BYTES: usize = 96 << 20;

/// An entry that is to be appended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEntry {
    /// What the entry says, opaque here; at most [`MAX_PAYLOAD_BYTES`]. This alone is covered by the hash chain.
    pub payload: Vec<u8>,
    /// When it was decided, in milliseconds since 1970-01-01 UTC; for people to read, at most `i64::MAX`.
    pub time_ms: u64,
    /// Who did it, for people to read; at most [`MAX_NAME_BYTES`].
    pub author: String,
    /// What sort of event it is, for people to read; at most [`MAX_NAME_BYTES`].
    pub kind: String,
}

/// An entry as it stands in the log; its hash was checked against the entry before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredEntry {
    /// Its number.
    pub seq: Seq,
    /// The hash of it and all before it.
    pub hash: Hash,
    /// When it was decided, in milliseconds since 1970-01-01 UTC.
    pub time_ms: u64,
    /// Who did it.
    pub author: String,
    /// What sort of event it is.
    pub kind: String,
    /// What the entry says.
    pub payload: Vec<u8>,
}

/// The answer to an append.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Appended {
    /// The whole batch is on the disk; the log's head is now this.
    Stored(Position),
    /// The log's head is not what the caller took it for but this; nothing was stored.
    Behind(Position),
}
