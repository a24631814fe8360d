//! Reading a log: its position, its entries, whether a position is on its branch.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chain::{Hash, Position, Seq, link};
use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::lock::Lock;
use crate::schema::{self, APPLICATION_ID, LONG_VERSION, READ};
use crate::{Broken, LogError, StoredEntry};

/// A log that is read and not written: a saved one, or a view of a live one from another thread.
///
/// It ends where it ended when it was opened, or at the last intact entry of a damaged file; what the file has after
/// that is not shown.
#[derive(Debug)]
pub struct LogReader {
    pub(crate) connection: Connection,
    pub(crate) path: PathBuf,
    pub(crate) head: Position,
    /// Entries may name a blob that is their payload.
    pub(crate) has_long: bool,
    /// Keeps a live log from others as long as anybody here reads it.
    pub(crate) lock: Option<Arc<Lock>>,
}

impl LogReader {
    /// Opens a saved log and walks its chain. A damaged one opens up to the break, which is returned.
    ///
    /// # Errors
    /// [`LogError::Held`] for a live log of another process (take a copy with [`crate::backup`]); `Missing`, `Empty`,
    /// `NotALog`, `Newer`; `Torn` if not even the log's id can be read.
    pub fn open(path: impl AsRef<Path>) -> Result<(LogReader, Option<Broken>), LogError> {
        let path = schema::resolve(path.as_ref())?;
        Lock::refuse_held(&path)?;
        LogReader::open_any(path)
    }

    /// As [`LogReader::open`], which takes as long as the log is: `progress` is told how many entries were walked and
    /// how many there are, and may give up; then there is nothing.
    ///
    /// # Errors
    /// As [`LogReader::open`].
    pub fn open_watched(
        path: impl AsRef<Path>,
        progress: &mut dyn FnMut(u64, u64) -> ControlFlow<()>,
    ) -> Result<Option<(LogReader, Option<Broken>)>, LogError> {
        let path = schema::resolve(path.as_ref())?;
        Lock::refuse_held(&path)?;
        LogReader::walk_open(path, progress)
    }

    fn walk_open(
        path: PathBuf,
        progress: &mut dyn FnMut(u64, u64) -> ControlFlow<()>,
    ) -> Result<Option<(LogReader, Option<Broken>)>, LogError> {
        let (reader, torn) = LogReader::connect(path)?;
        // What can't be counted is walked all the same.
        let last = reader.connection.query_row("SELECT max(seq) FROM entry", [], |row| row.get::<_, Option<i64>>(0));
        let total = last.ok().flatten().map_or(0, |last| last as u64);
        let walked = reader.walk_watched(&mut |seq| progress(seq.0, total));
        Ok(walked.map(|(head, broken)| reader.ending_at(head, broken, torn)))
    }

    /// As [`LogReader::open_watched`], whoever holds the log: it is shown as it is now, and goes on.
    ///
    /// # Errors
    /// As [`LogReader::open`], but never `Held`.
    pub fn open_in_use(
        path: impl AsRef<Path>,
        progress: &mut dyn FnMut(u64, u64) -> ControlFlow<()>,
    ) -> Result<Option<(LogReader, Option<Broken>)>, LogError> {
        LogReader::walk_open(schema::resolve(path.as_ref())?, progress)
    }

    /// Opens a log whoever holds it: SQLite itself keeps readers and the writer apart. `path` is resolved.
    pub(crate) fn open_any(path: PathBuf) -> Result<(LogReader, Option<Broken>), LogError> {
        let (reader, torn) = LogReader::connect(path)?;
        let (head, broken) = reader.walk();
        Ok(reader.ending_at(head, broken, torn))
    }

    /// A reader that does not know yet where its log ends, and why the file is short, if it is.
    fn connect(path: PathBuf) -> Result<(LogReader, Option<String>), LogError> {
        let connection = schema::connect(&path, READ).map_err(|source| LogError::sqlite(&path, "opening", source))?;
        let mut torn = None;
        if let Err(LogError::Torn { what, .. }) = schema::identify(&connection, &path, APPLICATION_ID) {
            // SQLite refuses a file that is shorter than its header says, unless told that somebody is salvaging;
            // this connection can't write whatever it is told.
            connection
                .pragma_update(None, "writable_schema", true)
                .map_err(|source| LogError::sqlite(&path, "opening", source))?;
            torn = Some(what);
        }
        let has_long = schema::identify(&connection, &path, APPLICATION_ID)? >= LONG_VERSION;
        let head = Position::start(schema::log_id(&connection, &path)?);
        Ok((LogReader { connection, path, head, has_long, lock: None }, torn))
    }

    fn ending_at(
        mut self,
        head: Position,
        broken: Option<Broken>,
        torn: Option<String>,
    ) -> (LogReader, Option<Broken>) {
        self.head = head;
        (self, broken.or_else(|| torn.map(|reason| Broken::pages(head, reason))))
    }

    /// When the last entry was decided, by the clock of whoever stored it; for people.
    ///
    /// # Errors
    /// What SQLite said.
    pub fn last_time_ms(&self) -> Result<Option<u64>, LogError> {
        self.connection
            .query_row("SELECT time_ms FROM entry WHERE seq = ?1", [self.head.seq.0 as i64], |row| row.get::<_, i64>(0))
            .optional()
            .map(|time| time.map(|time| time as u64))
            .map_err(|source| LogError::sqlite(&self.path, "reading", source))
    }

    /// Where the log is, all links resolved.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The position after the last entry.
    pub fn position(&self) -> Position {
        self.head
    }

    /// The hash of entry `seq`, zero for 0; `None` beyond the end.
    pub fn hash_at(&self, seq: Seq) -> Result<Option<Hash>, LogError> {
        if seq == Seq(0) {
            return Ok(Some(Hash::default()));
        }
        if seq > self.head.seq {
            return Ok(None);
        }
        self.connection
            .prepare_cached("SELECT hash FROM entry WHERE seq = ?1")
            .and_then(|mut statement| statement.query_row([seq.0 as i64], |row| row.get(0).map(Hash)).optional())
            .map_err(|source| LogError::sqlite(&self.path, "reading", source))
    }

    /// The entry with this hash, 0 for the hash of none; `None` where the chain does not have it.
    pub fn seq_of(&self, hash: &Hash) -> Result<Option<Seq>, LogError> {
        if *hash == Hash::default() {
            return Ok(Some(Seq(0)));
        }
        self.connection
            .prepare_cached("SELECT max(seq) FROM entry WHERE hash = ?1 AND seq <= ?2")
            .and_then(|mut statement| {
                statement.query_row(params![hash.0, self.head.seq.0 as i64], |row| row.get::<_, Option<i64>>(0))
            })
            .map(|seq| seq.map(|seq| Seq(seq as u64)))
            .map_err(|source| LogError::sqlite(&self.path, "reading", source))
    }

    /// Whether `position` is a place in this log's own history: not of another log, not on another branch, not
    /// beyond the end.
    pub fn contains(&self, position: &Position) -> Result<bool, LogError> {
        Ok(position.log == self.head.log && self.hash_at(position.seq)? == Some(position.head))
    }

    /// The entries after `seq`, at most `limit_entries` and `limit_bytes` of payload, but one entry at least if
    /// there is any. Each is checked against the hash of the one before.
    ///
    /// # Errors
    /// [`LogError::Torn`] if an entry is missing, unreadable or not what was stored.
    pub fn read_after(&self, seq: Seq, limit_entries: usize, limit_bytes: usize) -> Result<Vec<StoredEntry>, LogError> {
        if seq >= self.head.seq || limit_entries == 0 {
            return Ok(Vec::new());
        }
        let failed = |source| LogError::sqlite(&self.path, "reading", source);
        let torn =
            |seq: Seq, what: &str| LogError::Torn { path: self.path.clone(), what: format!("entry {seq} {what}") };
        let mut previous = self.hash_at(seq)?.ok_or_else(|| torn(seq, "is missing"))?;
        let mut statement = self
            .connection
            .prepare_cached(if self.has_long {
                "SELECT seq, hash, time_ms, author, kind, payload, blob FROM entry
                 WHERE seq > ?1 AND seq <= ?2 ORDER BY seq LIMIT ?3"
            } else {
                "SELECT seq, hash, time_ms, author, kind, payload, NULL FROM entry
                 WHERE seq > ?1 AND seq <= ?2 ORDER BY seq LIMIT ?3"
            })
            .map_err(failed)?;
        let limit = i64::try_from(limit_entries).unwrap_or(i64::MAX);
        let mut rows = statement.query(params![seq.0 as i64, self.head.seq.0 as i64, limit]).map_err(failed)?;
        let mut entries: Vec<StoredEntry> = Vec::new();
        let mut bytes = 0usize;
        while let Some(row) = rows.next().map_err(failed)? {
            let mut entry = stored_entry(row).map_err(failed)?;
            let expected = entries.last().map_or(seq, |last| last.seq).next();
            if let Some(named) = row.get(6).map_err(failed)? {
                // One that alone is more than what was asked for isn't read in vain.
                if bytes >= limit_bytes && !entries.is_empty() {
                    return Ok(entries);
                }
                entry.payload = self.blob(&Hash(named))?.ok_or_else(|| torn(entry.seq, "has lost its payload"))?;
            }
            if entry.seq != expected {
                return Err(torn(expected, "is missing"));
            }
            if link(&previous, entry.seq, &entry.payload) != entry.hash {
                return Err(torn(entry.seq, "is not what was stored"));
            }
            bytes = bytes.saturating_add(entry.payload.len());
            if bytes > limit_bytes && !entries.is_empty() {
                return Ok(entries);
            }
            previous = entry.hash;
            entries.push(entry);
            // Looking past the end could stumble over what made it the end.
            if expected == self.head.seq {
                return Ok(entries);
            }
        }
        match entries.last() {
            None => Err(torn(seq.next(), "is missing")),
            Some(_) => Ok(entries),
        }
    }
}

fn stored_entry(row: &Row<'_>) -> rusqlite::Result<StoredEntry> {
    Ok(StoredEntry {
        seq: Seq(row.get::<_, i64>(0)? as u64),
        hash: Hash(row.get(1)?),
        time_ms: row.get::<_, i64>(2)? as u64,
        author: row.get(3)?,
        kind: row.get(4)?,
        payload: row.get(5)?,
    })
}
