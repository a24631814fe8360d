//! A live log: made, opened, appended to by the one process that holds it.

use std::ops::Deref;
use std::path::Path;
use std::sync::Arc;

use chain::{Hash, LogId, Position, Seq, link};
use rusqlite::{ErrorCode, Transaction, TransactionBehavior, params};

use crate::entry::{
    Appended, LONG_PAYLOAD_BYTES, MAX_BATCH_BYTES, MAX_BATCH_ENTRIES, MAX_NAME_BYTES, MAX_PAYLOAD_BYTES, NewEntry,
};
use crate::error::check_size;
use crate::lock::{Lock, beside};
use crate::schema::{self, APPLICATION_ID, CHECKPOINT_TABLE, LENGTHEN, LOG_TABLES, LONG_VERSION, MAKE, WRITE};
use crate::{LogError, LogReader};

/// After something large was written, the write-ahead log is cut back to this many bytes.
const WAL_KEPT_BYTES: i64 = 16 << 20;

/// A log that this process holds and appends to. It can move between threads; reads go through [`LogReader`], whose
/// methods it has.
#[derive(Debug)]
pub struct Log {
    reader: LogReader,
    /// Set when a commit failed in a way that leaves open whether it is on the disk.
    unsure: Option<String>,
}

impl Deref for Log {
    type Target = LogReader;
    fn deref(&self) -> &LogReader {
        &self.reader
    }
}

impl Log {
    /// Makes a new live log and holds it. The name stands for a whole log or for none, whenever the power goes.
    ///
    /// # Errors
    /// [`LogError::Exists`], `Held`, `Full`, `Unfit` (no place for a live log), or what the system said.
    pub fn create(path: impl AsRef<Path>, id: LogId) -> Result<Log, LogError> {
        let path = schema::resolve_new(path.as_ref())?;
        let lock = Lock::take(&path)?;
        // Looked at again, now that nobody else makes it.
        let path = schema::resolve_new(&path)?;
        let unfinished = beside(&path, "-new");
        schema::remove(&unfinished).map_err(|source| LogError::io(&unfinished, "removing", source))?;
        make_file(&unfinished, id).map_err(|source| LogError::sqlite(&path, "making", source))?;
        schema::put_in_place(&unfinished, &path)?;
        // A side file left by a log that had this name is of no use: its checkpoints are of another chain.
        Log::open_held(path, lock)
    }

    /// Opens a log to append to it, and holds it; a saved log becomes a live one. What a crash or a power cut left
    /// half-written is taken back.
    ///
    /// # Errors
    /// [`LogError::Missing`], `Empty`, `NotALog`, `Newer`, `Held`; `Torn` if the end of it is damaged (a reader opens
    /// what is intact); `Unfit` on a file system that can't hold a live log.
    pub fn open(path: impl AsRef<Path>) -> Result<Log, LogError> {
        let path = schema::resolve(path.as_ref())?;
        let lock = Lock::take(&path)?;
        Log::open_held(path, lock)
    }

    fn open_held(path: std::path::PathBuf, lock: Lock) -> Result<Log, LogError> {
        let failed = |source| LogError::sqlite(&path, "opening", source);
        let connection = schema::connect(&path, WRITE).map_err(failed)?;
        let has_long = schema::identify(&connection, &path, APPLICATION_ID)? >= LONG_VERSION;
        let mode: String =
            connection.pragma_update_and_check(None, "journal_mode", "wal", |row| row.get(0)).map_err(failed)?;
        if mode != "wal" {
            let what = "its file system has no shared memory, as on network drives".to_owned();
            return Err(LogError::Unfit { path, what });
        }
        // FULL: a commit returns after fsync. The other two matter on macOS, where fsync alone leaves the data in the
        // drive's cache, and do nothing elsewhere.
        for (pragma, value) in [("synchronous", "full"), ("fullfsync", "on"), ("checkpoint_fullfsync", "on")] {
            connection.pragma_update(None, pragma, value).map_err(failed)?;
        }
        connection.pragma_update_and_check(None, "journal_size_limit", WAL_KEPT_BYTES, |_| Ok(())).map_err(failed)?;
        let id = schema::log_id(&connection, &path)?;
        let head = Position::start(id);
        let mut reader = LogReader { connection, path, head, has_long, lock: Some(Arc::new(lock)) };
        reader.head = read_head(&reader)?;
        sync_found(&reader.path)?;
        Ok(Log { reader, unsure: None })
    }

    /// Appends entries if the log's head is exactly `after`, all of them in one transaction and one fsync. They are on
    /// the disk when this returns `Stored`. Long payloads are stored as blobs before.
    ///
    /// # Errors
    /// With [`LogError::Unsure`] the batch may or may not be stored, and the log takes nothing more until it is opened
    /// again. With any other error (`TooLarge`, `Full`, ...) nothing of it is stored.
    pub fn append(&mut self, after: &Position, entries: &[NewEntry]) -> Result<Appended, LogError> {
        let before = self.head;
        let path = &self.reader.path;
        let unsure = |reason: String| LogError::Unsure { path: path.clone(), after: before.seq.0, reason };
        if let Some(reason) = &self.unsure {
            return Err(unsure(reason.clone()));
        }
        if *after != before {
            return Ok(Appended::Behind(before));
        }
        check_batch(path, entries)?;
        if entries.is_empty() {
            return Ok(Appended::Stored(before));
        }
        let blobs = self.put_long(entries)?;
        let has_long = self.reader.has_long || blobs.iter().any(Option::is_some);
        let path = &self.reader.path;
        let unsure = |reason: String| LogError::Unsure { path: path.clone(), after: before.seq.0, reason };
        let failed = |source| LogError::sqlite(path, "appending to", source);
        let transaction =
            self.reader.connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(failed)?;
        if has_long && !self.reader.has_long {
            transaction.execute_batch(LENGTHEN).map_err(failed)?;
        }
        let head = insert(&transaction, before, entries, &blobs).map_err(failed)?;
        match transaction.commit() {
            Ok(()) => {
                self.reader.head = head;
                self.reader.has_long = has_long;
                Ok(Appended::Stored(head))
            }
            // The record that ends a transaction is written last, so a full disk never has it.
            Err(source) if source.sqlite_error_code() == Some(ErrorCode::DiskFull) => Err(failed(source)),
            Err(source) => {
                let error = unsure(source.to_string());
                self.unsure = Some(source.to_string());
                Err(error)
            }
        }
    }

    /// Stores the payloads that are long; the blob of each entry, where it has one.
    fn put_long(&mut self, entries: &[NewEntry]) -> Result<Vec<Option<Hash>>, LogError> {
        let is_long = |entry: &NewEntry| entry.payload.len() > LONG_PAYLOAD_BYTES;
        let mut blobs = Vec::with_capacity(entries.len());
        for entry in entries {
            match is_long(entry).then(|| self.put_blob(&entry.payload)).transpose() {
                Ok(blob) => blobs.push(blob),
                Err(error @ (LogError::Full { .. } | LogError::TooLarge { .. })) => return Err(error),
                Err(error) => {
                    // It may be readable and not on the disk, and would be taken for stored when asked again.
                    self.unsure = Some(error.to_string());
                    let (path, after) = (self.reader.path.clone(), self.reader.head.seq.0);
                    return Err(LogError::Unsure { path, after, reason: error.to_string() });
                }
            }
        }
        Ok(blobs)
    }

    /// Brings everything that the log shows to the disk: what a commit in doubt left may be readable and not yet there.
    /// Whoever opens a log after [`LogError::Unsure`] does this before believing what it reads.
    ///
    /// # Errors
    /// What the disk said: then nobody knows yet.
    pub fn settle(&self) -> Result<(), LogError> {
        let failed = |source| LogError::sqlite(&self.path, "settling", source);
        let busy: bool =
            self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0)).map_err(failed)?;
        if busy {
            let source = std::io::Error::other("somebody still reads it");
            return Err(LogError::Access { path: self.path.clone(), doing: "settling", source });
        }
        Ok(())
    }

    /// Frees the pages of the file that are kept in memory; they are read again when they are needed.
    pub fn shrink(&self) {
        // What can't be freed now is freed when the log closes.
        let _ = self.connection.execute_batch("PRAGMA shrink_memory");
    }

    /// A reader of the log as it is now, for another thread; neither waits for the other. As long as it lives the
    /// log stays held by this process.
    pub fn reader(&self) -> Result<LogReader, LogError> {
        let path = self.path.clone();
        let connection =
            schema::connect(&path, schema::READ).map_err(|source| LogError::sqlite(&path, "opening", source))?;
        Ok(LogReader { connection, path, head: self.head, has_long: self.has_long, lock: self.lock.clone() })
    }

    /// Closes the log and leaves it as one file, without a write-ahead log beside it, unless somebody still reads it.
    /// Dropping a log is as safe, but the file then opens only in a folder that can be written to.
    ///
    /// # Errors
    /// What the disk said; all that was stored is kept.
    pub fn close(self) -> Result<(), LogError> {
        let LogReader { connection, path, lock, .. } = self.reader;
        let failed = |source| LogError::sqlite(&path, "closing", source);
        match connection.pragma_update_and_check(None, "journal_mode", "delete", |_| Ok(())) {
            Err(source) if source.sqlite_error_code() != Some(ErrorCode::DatabaseBusy) => return Err(failed(source)),
            _ => {}
        }
        let closed = connection.close().map_err(|(_, source)| failed(source));
        drop(lock);
        closed
    }
}

/// Brings the write-ahead log that a process left behind to the disk. Killed between a write and its fsync, it left what
/// can be read and is not there yet: whoever tells of that must not lose it with the power.
fn sync_found(path: &Path) -> Result<(), LogError> {
    let mut found = path.as_os_str().to_owned();
    found.push("-wal");
    // Of the log's own file nothing is opened here: closing it would give back the locks that SQLite holds on it.
    match std::fs::File::open(&found).and_then(|file| file.sync_all()) {
        Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
            Err(LogError::Access { path: path.into(), doing: "bringing to the disk what was left of", source })
        }
        _ => Ok(()),
    }
}

/// Makes the file of an empty log.
fn make_file(path: &Path, id: LogId) -> rusqlite::Result<()> {
    let mut connection = schema::connect(path, MAKE)?;
    schema::make(&mut connection, &[LOG_TABLES, CHECKPOINT_TABLE], APPLICATION_ID)?;
    connection.execute("INSERT INTO log (id) VALUES (?1)", [id.0])?;
    connection.close().map_err(|(_, source)| source)
}

/// Reads where the log ends, and checks the last entry against the one before: a torn end is found on opening and not
/// by the first reader. The whole chain is walked by [`LogReader::verify`].
pub(crate) fn read_head(reader: &LogReader) -> Result<Position, LogError> {
    let failed = |source| LogError::sqlite(&reader.path, "opening", source);
    let torn = |what: String| LogError::Torn { path: reader.path.clone(), what };
    let blob = if reader.has_long { "blob" } else { "NULL" };
    let mut statement = reader
        .connection
        .prepare(&format!("SELECT seq, hash, payload, {blob} FROM entry ORDER BY seq DESC LIMIT 2"))
        .map_err(failed)?;
    type Row = (i64, [u8; 32], Vec<u8>, Option<[u8; 32]>);
    let last = statement
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))
        .and_then(|rows| rows.collect::<Result<Vec<Row>, _>>())
        .map_err(failed)?;
    let Some((seq, head, payload, long)) = last.first() else {
        return Ok(reader.head);
    };
    let position = Position { log: reader.head.log, seq: Seq(*seq as u64), head: Hash(*head) };
    let (previous_seq, previous) = last.get(1).map_or((0, [0; 32]), |(seq, hash, ..)| (*seq, *hash));
    if previous_seq + 1 != *seq {
        return Err(torn(format!("entry {} is missing", *seq - 1)));
    }
    let long = match long {
        Some(hash) => {
            Some(reader.blob(&Hash(*hash))?.ok_or_else(|| torn(format!("entry {seq} has lost its payload")))?)
        }
        None => None,
    };
    if link(&Hash(previous), position.seq, long.as_ref().unwrap_or(payload)) != position.head {
        return Err(torn(format!("entry {seq} is not what was stored")));
    }
    Ok(position)
}

/// Refuses what the format doesn't take, before anything is written.
fn check_batch(path: &Path, entries: &[NewEntry]) -> Result<(), LogError> {
    check_size(path, "a batch (entries)", entries.len(), MAX_BATCH_ENTRIES)?;
    let mut bytes = 0usize;
    for entry in entries {
        check_size(path, "a payload (bytes)", entry.payload.len(), MAX_PAYLOAD_BYTES)?;
        check_size(path, "an author (bytes)", entry.author.len(), MAX_NAME_BYTES)?;
        check_size(path, "a kind (bytes)", entry.kind.len(), MAX_NAME_BYTES)?;
        if i64::try_from(entry.time_ms).is_err() {
            let (size, limit) = (entry.time_ms, i64::MAX as u64);
            return Err(LogError::TooLarge { path: path.to_owned(), what: "a time (ms)", size, limit });
        }
        bytes = bytes.saturating_add(entry.payload.len());
    }
    check_size(path, "a batch (bytes)", bytes, MAX_BATCH_BYTES)
}

fn insert(
    transaction: &Transaction<'_>,
    before: Position,
    entries: &[NewEntry],
    blobs: &[Option<Hash>],
) -> rusqlite::Result<Position> {
    let mut head = before;
    for (entry, blob) in entries.iter().zip(blobs) {
        head = head.after(&entry.payload);
        let (seq, time_ms) = (head.seq.0 as i64, entry.time_ms as i64);
        let NewEntry { author, kind, payload, .. } = entry;
        match blob {
            None => transaction
                .prepare_cached(
                    "INSERT INTO entry (seq, hash, time_ms, author, kind, payload) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                )?
                .execute(params![seq, head.head.0, time_ms, author, kind, payload])?,
            Some(blob) => transaction
                .prepare_cached(
                    "INSERT INTO entry (seq, hash, time_ms, author, kind, payload, blob)
                     VALUES (?1, ?2, ?3, ?4, ?5, x'', ?6)",
                )?
                .execute(params![seq, head.head.0, time_ms, author, kind, blob.0])?,
        };
    }
    Ok(head)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_stores_nothing_and_keeps_all() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.linework");
        let entry = |payload: Vec<u8>| NewEntry { payload, time_ms: 0, author: "Ana".into(), kind: "edit".into() };
        let mut log = Log::create(&path, LogId([7; 16])).unwrap();
        let start = log.position();
        assert_eq!(log.append(&start, &[entry(b"one".to_vec())]).unwrap(), Appended::Stored(start.after(b"one")));
        // The nearest to a full disk that a test can make: SQLite itself refuses more pages, for this connection.
        log.connection.pragma_update_and_check(None, "max_page_count", 20, |_| Ok(())).unwrap();
        let before = log.position();
        let error = log.append(&before, &vec![entry(vec![1; 4000]); 100]).unwrap_err();
        assert!(matches!(error, LogError::Full { .. }), "{error}");
        assert!(matches!(log.put_blob(&[0; 500_000]), Err(LogError::Full { .. })));
        assert_eq!(log.position(), before);
        let end = before.after(b"two");
        assert_eq!(log.append(&before, &[entry(b"two".to_vec())]).unwrap(), Appended::Stored(end));
        drop(log);
        let log = Log::open(&path).unwrap();
        assert_eq!((log.position(), log.verify().unwrap().position), (end, end));
    }

    #[test]
    fn the_disk_is_waited_for_at_each_commit() {
        let folder = tempfile::tempdir().unwrap();
        let log = Log::create(folder.path().join("a.linework"), LogId([7; 16])).unwrap();
        let value = |pragma| log.connection.pragma_query_value(None, pragma, |row| row.get::<_, i64>(0)).unwrap();
        assert_eq!((value("synchronous"), value("fullfsync"), value("checkpoint_fullfsync")), (2, 1, 1));
    }

    #[test]
    fn after_a_commit_in_doubt_nothing_is_appended_until_the_log_is_opened_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.linework");
        let mut log = Log::create(&path, LogId([7; 16])).unwrap();
        log.unsure = Some("disk I/O error".into());
        let error = log.append(&log.position(), &[]).unwrap_err();
        assert!(matches!(error, LogError::Unsure { after: 0, .. }), "{error}");
        drop(log);
        let mut log = Log::open(&path).unwrap();
        assert!(matches!(log.append(&log.position(), &[]), Ok(Appended::Stored(_))));
    }

    #[test]
    fn a_log_is_settled_once_all_of_it_is_in_its_file_and_not_before() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.linework");
        let mut log = Log::create(&path, LogId([7; 16])).unwrap();
        let entry = NewEntry { payload: vec![1], time_ms: 0, author: String::new(), kind: String::new() };
        let Appended::Stored(_) = log.append(&log.position(), &[entry]).unwrap() else { panic!("it is stored") };
        let waiting = || std::fs::metadata(path.with_extension("linework-wal")).unwrap().len();
        let reading = log.reader().unwrap();
        reading.connection.execute_batch("BEGIN; SELECT count(*) FROM entry").unwrap();
        // One who reads what is not in the file yet keeps it from being cut off there.
        assert!(matches!(log.settle(), Err(LogError::Access { doing: "settling", .. })));
        assert!(waiting() > 0);
        drop(reading);
        log.settle().unwrap();
        assert_eq!(waiting(), 0);
    }

    #[test]
    fn handles_can_move_to_another_thread() {
        fn check<T: Send>() {}
        check::<Log>();
        check::<LogReader>();
        check::<crate::Checkpoints>();
    }
}
