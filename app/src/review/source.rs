//! A saved log as a replay reads it.

use std::ops::ControlFlow;
use std::path::Path;

use collab::Source;
use oplog::{Broken, LogReader};
use protocol::{Hash, LogId, Position, Seq, Told};

/// Entries read at once.
const ENTRIES_AT_ONCE: u64 = 1_000;
/// Bytes of payload read at once.
const BYTES_AT_ONCE: usize = 32 << 20;

/// A log file.
#[derive(Debug)]
pub struct LogFile {
    /// Its reader.
    pub reader: LogReader,
    /// Where and how it is damaged, if it is: it is read up to there.
    pub broken: Option<Broken>,
}

impl LogFile {
    /// Opens a saved log, or what is intact of a damaged one.
    ///
    /// # Errors
    /// A sentence for whoever has to act on it.
    pub fn open(path: &Path) -> Result<LogFile, oplog::LogError> {
        let (reader, broken) = LogReader::open(path)?;
        Ok(LogFile { reader, broken })
    }

    /// As [`LogFile::open`]; `progress` is told how many entries were walked, and of how many, and may give up: then
    /// there is nothing.
    ///
    /// # Errors
    /// A sentence for whoever has to act on it.
    pub fn open_watched(
        path: &Path,
        progress: &mut dyn FnMut(u64, u64) -> ControlFlow<()>,
    ) -> Result<Option<LogFile>, oplog::LogError> {
        let opened = LogReader::open_watched(path, progress)?;
        Ok(opened.map(|(reader, broken)| LogFile { reader, broken }))
    }
}

impl Source for LogFile {
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
            match protocol::decode_entry(&stored.payload) {
                Ok(entry) => told.push(Told { seq: stored.seq, hash: stored.hash, entry }),
                Err(error) if told.is_empty() => return Err(format!("entry {} can't be read: {error}", stored.seq)),
                // What is before it is as good as ever; who reads on is told.
                Err(_) => break,
            }
        }
        Ok(told)
    }

    fn blob(&mut self, hash: Hash) -> Result<Option<Vec<u8>>, String> {
        self.reader.blob(&hash).map_err(|error| error.to_string())
    }

    fn checkpoint(&mut self, at_or_before: Seq) -> Result<Option<(Position, Vec<u8>)>, String> {
        let latest = self.reader.latest_checkpoint(at_or_before).map_err(|error| error.to_string())?;
        if let (None, Some(dropped)) = (&latest.checkpoint, latest.dropped.first()) {
            return Err(dropped.to_string());
        }
        Ok(latest.checkpoint.map(|checkpoint| (checkpoint.position, checkpoint.state)))
    }
}

/// A log of which the beginning was read through: checkpoints there save nothing, and nobody would check them.
pub struct ReadUpTo<'a>(pub &'a mut dyn Source, pub Seq);

impl<'a> ReadUpTo<'a> {
    /// Without any of its checkpoints: to read all of it.
    pub fn from_start(source: &'a mut dyn Source) -> ReadUpTo<'a> {
        ReadUpTo(source, Seq(u64::MAX))
    }
}

impl Source for ReadUpTo<'_> {
    fn log(&self) -> LogId {
        self.0.log()
    }

    fn head(&self) -> Seq {
        self.0.head()
    }

    fn read_after(&mut self, after: Seq, upto: Seq) -> Result<Vec<Told>, String> {
        self.0.read_after(after, upto)
    }

    fn blob(&mut self, hash: Hash) -> Result<Option<Vec<u8>>, String> {
        self.0.blob(hash)
    }

    fn checkpoint(&mut self, at_or_before: Seq) -> Result<Option<(Position, Vec<u8>)>, String> {
        if at_or_before <= self.1 {
            return Ok(None);
        }
        Ok(self.0.checkpoint(at_or_before)?.filter(|(position, _)| position.seq > self.1))
    }
}
