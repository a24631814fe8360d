//! A log as a replay reads it.

use collab::Source;
use oplog::LogReader;
use protocol::{Hash, LogId, Position, Seq, Told};

/// Entries read at once.
const ENTRIES_AT_ONCE: u64 = 1_000;
/// Bytes of payload read at once.
const BYTES_AT_ONCE: usize = 32 << 20;

/// A log, with its checkpoints or as if it had none.
pub(super) struct LogSource<'a> {
    pub reader: &'a LogReader,
    /// Whether a checkpoint is taken at its word.
    pub trusting: bool,
}

impl Source for LogSource<'_> {
    fn log(&self) -> LogId {
        self.reader.position().log
    }

    fn head(&self) -> Seq {
        self.reader.position().seq
    }

    fn read_after(&mut self, after: Seq, upto: Seq) -> Result<Vec<Told>, String> {
        let most = upto.0.saturating_sub(after.0).min(ENTRIES_AT_ONCE) as usize;
        let entries = self.reader.read_after(after, most, BYTES_AT_ONCE).map_err(|error| error.to_string())?;
        let mut told = Vec::with_capacity(entries.len());
        for stored in entries {
            let entry = protocol::decode_entry(&stored.payload);
            let entry = entry.map_err(|error| format!("entry {} can't be read: {error}", stored.seq))?;
            told.push(Told { seq: stored.seq, hash: stored.hash, entry });
        }
        Ok(told)
    }

    fn blob(&mut self, hash: Hash) -> Result<Option<Vec<u8>>, String> {
        self.reader.blob(&hash).map_err(|error| error.to_string())
    }

    fn checkpoint(&mut self, at_or_before: Seq) -> Result<Option<(Position, Vec<u8>)>, String> {
        if !self.trusting {
            return Ok(None);
        }
        let latest = self.reader.latest_checkpoint(at_or_before).map_err(|error| error.to_string())?;
        Ok(latest.checkpoint.map(|checkpoint| (checkpoint.position, checkpoint.state)))
    }
}
