//! The embedded store: one `*.linework` file a drawing. Every call runs on a blocking thread, so that no fsync holds up
//! a socket.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use bytes::Bytes;
use collab::{AppendAnswer, NewPayload, StoredPayload};
use oplog::{Appended, Checkpoints, Log, LogError, LogReader, NewEntry};
use protocol::{Durability, Hash, Position, Seq};

use super::{Pending, Store, StoreError, Stretch, Writers};
use crate::metrics::Metrics;

/// The key of the title among a log's texts.
pub(crate) const TITLE: &str = "title";
/// The most entries in one stretch.
const STRETCH_ENTRIES_MAX: usize = 4_096;

/// A log in a file of this machine.
pub struct SqliteStore {
    file: Arc<LogFile>,
    writers: Arc<Writers>,
}

struct LogFile {
    path: PathBuf,
    /// The log. Whoever holds another of these locks may take this one, never the other way round.
    log: Mutex<State>,
    /// The log is [`State::Unsure`], or about to be: what a view shows may not be on the disk.
    in_doubt: AtomicBool,
    /// A view for reading that doesn't wait for appends; none until somebody reads.
    reader: Mutex<Option<LogReader>>,
    /// The side file; none until the first checkpoint.
    checkpoints: Mutex<Option<Checkpoints>>,
}

enum State {
    Open(Box<Log>),
    /// The disk left open what the log holds: it is to be opened again.
    Unsure,
    /// Let go of for good.
    Closed,
}

impl SqliteStore {
    /// What kind of store it is, in a word for people.
    pub(crate) const KIND: &str = "sqlite";
    /// How safe an acknowledged entry is.
    pub(crate) const DURABILITY: Durability = Durability::LocalFsync;

    /// Takes over a log that was made or opened.
    pub fn new(log: Log) -> SqliteStore {
        SqliteStore::among(log, Arc::new(Writers::new(&Metrics::new())))
    }

    /// As [`SqliteStore::new`], where others write to the same disk.
    pub(crate) fn among(log: Log, writers: Arc<Writers>) -> SqliteStore {
        let path = log.path().to_owned();
        let (reader, checkpoints) = (Mutex::new(None), Mutex::new(None));
        SqliteStore {
            file: Arc::new(LogFile {
                path,
                log: Mutex::new(State::Open(Box::new(log))),
                in_doubt: AtomicBool::new(false),
                reader,
                checkpoints,
            }),
            writers,
        }
    }

    /// Does something with the file on a blocking thread.
    fn with_file<T: Send + 'static>(
        &self,
        work: impl FnOnce(&LogFile) -> Result<T, LogError> + Send + 'static,
    ) -> Pending<Result<T, StoreError>> {
        let file = self.file.clone();
        Box::pin(async move {
            match tokio::task::spawn_blocking(move || work(&file)).await {
                Ok(Ok(value)) => Ok(value),
                Ok(Err(error)) => {
                    tracing::error!(%error, "the store failed");
                    Err(StoreError::Failed(error.to_string()))
                }
                Err(error) => {
                    tracing::error!(%error, "a thread of the store ended early");
                    Err(StoreError::Failed("a thread of the store ended early".into()))
                }
            }
        })
    }
}

impl SqliteStore {
    /// As `with_file`, in its turn among what is large.
    fn with_turn<T: Send + 'static>(
        &self,
        work: impl FnOnce(&LogFile) -> Result<T, LogError> + Send + 'static,
    ) -> Pending<Result<T, StoreError>> {
        let (writers, work) = (self.writers.clone(), self.with_file(work));
        Box::pin(async move {
            let _turn = writers.large().await;
            work.await
        })
    }
}

impl Store for SqliteStore {
    fn durability(&self) -> Durability {
        SqliteStore::DURABILITY
    }

    fn append(&self, after: Position, payloads: Vec<NewPayload>) -> Pending<AppendAnswer> {
        let writers = self.writers.clone();
        let answer = self.with_file(move |file| {
            let began = Instant::now();
            let answer = file.append(after, payloads);
            writers.note_commit(began);
            Ok(answer)
        });
        let writers = self.writers.clone();
        // A thread that ended early may have ended after the commit.
        Box::pin(async move {
            let _turn = writers.append().await;
            answer.await.unwrap_or(AppendAnswer::Unknown)
        })
    }

    fn read_after(&self, after: Seq, bytes_max: usize) -> Pending<Result<Stretch, StoreError>> {
        self.with_file(move |file| file.read_after(after, bytes_max))
    }

    fn put_blob(&self, content: Bytes) -> Pending<Result<Hash, StoreError>> {
        self.with_turn(move |file| {
            let mut log = lock(&file.log);
            let stored = file.open_log(&mut log)?.put_blob(&content);
            if let Err(error) = &stored
                && !matches!(error, LogError::Full { .. } | LogError::TooLarge { .. })
            {
                // It may be readable and not on the disk; and asked again, it would be taken for stored.
                file.doubt(log);
            }
            stored
        })
    }

    fn blob(&self, hash: Hash) -> Pending<Result<Option<Bytes>, StoreError>> {
        self.with_file(move |file| {
            let mut reader = lock(&file.reader);
            // A blob may be newer than the view; which ones there are doesn't depend on where the view ends.
            Ok(file.open_reader(&mut reader)?.blob(&hash)?.map(Bytes::from))
        })
    }

    fn save_checkpoint(&self, position: Position, state: Vec<u8>) -> Pending<Result<(), StoreError>> {
        self.with_turn(move |file| {
            let mut side = lock(&file.checkpoints);
            let checkpoints = match &mut *side {
                Some(checkpoints) => checkpoints,
                none => {
                    let (checkpoints, dropped) = Checkpoints::open(file.open_log(&mut lock(&file.log))?)?;
                    warn_dropped(dropped);
                    none.insert(checkpoints)
                }
            };
            warn_dropped(checkpoints.put(&position, &state)?);
            Ok(())
        })
    }

    fn latest_checkpoint(&self) -> Pending<Result<Option<Vec<u8>>, StoreError>> {
        self.with_file(|file| {
            let mut reader = lock(&file.reader);
            // A view ends where the log ended when it was made, and a state may be newer.
            reader.take();
            let latest = file.open_reader(&mut reader)?.latest_checkpoint(Seq(u64::MAX))?;
            warn_dropped(latest.dropped);
            Ok(latest.checkpoint.map(|checkpoint| checkpoint.state))
        })
    }

    fn set_title(&self, title: String) -> Pending<Result<(), StoreError>> {
        self.with_file(move |file| file.open_log(&mut lock(&file.log))?.set_meta(TITLE, &title))
    }

    fn backup(&self, to: PathBuf) -> Pending<Result<(), StoreError>> {
        self.with_file(move |file| oplog::backup(&file.path, to).map(|_| ()))
    }

    fn rest(&self) {
        // Whoever is at work with one of these comes back to it soon enough.
        if let Ok(mut reader) = self.file.reader.try_lock() {
            reader.take();
        }
        if let Ok(mut checkpoints) = self.file.checkpoints.try_lock() {
            checkpoints.take();
        }
        if let Ok(log) = self.file.log.try_lock()
            && let State::Open(log) = &*log
        {
            log.shrink();
        }
    }

    fn close(&self) -> Pending<Result<(), StoreError>> {
        self.with_file(|file| {
            lock(&file.checkpoints).take();
            // The last reader goes first: closing leaves one file only if nobody reads.
            lock(&file.reader).take();
            match std::mem::replace(&mut *lock(&file.log), State::Closed) {
                State::Open(log) => log.close(),
                State::Unsure | State::Closed => Ok(()),
            }
        })
    }
}

impl LogFile {
    fn append(&self, after: Position, payloads: Vec<NewPayload>) -> AppendAnswer {
        let mut log = lock(&self.log);
        let open = match self.open_log(&mut log) {
            Ok(open) => open,
            Err(error) => {
                tracing::error!(%error, "the log can't be opened again");
                return AppendAnswer::Unknown;
            }
        };
        let entries: Vec<NewEntry> = payloads.into_iter().map(new_entry).collect();
        match open.append(&after, &entries) {
            Ok(Appended::Stored(head)) => AppendAnswer::Stored(head),
            Ok(Appended::Behind(head)) => AppendAnswer::Behind(head),
            Err(error @ LogError::Unsure { .. }) => {
                tracing::error!(%error, "the disk failed");
                self.doubt(log);
                AppendAnswer::Unknown
            }
            Err(error) => {
                tracing::error!(%error, "nothing was appended");
                AppendAnswer::Failed(match error {
                    LogError::Full { .. } => "the server's disk is full",
                    LogError::TooLarge { .. } => "it is too large for the log",
                    _ => "the server can't write to its disk",
                })
            }
        }
    }

    /// The disk failed: whoever uses the log next opens it again, and sees what the disk really holds.
    fn doubt(&self, mut log: MutexGuard<'_, State>) {
        self.in_doubt.store(true, Ordering::SeqCst);
        *log = State::Unsure;
        drop(log);
        // The view would keep the log from being opened.
        lock(&self.reader).take();
    }

    fn read_after(&self, after: Seq, bytes_max: usize) -> Result<Stretch, LogError> {
        let mut reader = lock(&self.reader);
        if self.open_reader(&mut reader)?.position().seq <= after {
            // A view ends where the log ended when it was made.
            reader.take();
        }
        let reader = self.open_reader(&mut reader)?;
        let entries = reader.read_after(after, STRETCH_ENTRIES_MAX, bytes_max)?;
        let stored =
            |entry: oplog::StoredEntry| StoredPayload { seq: entry.seq, hash: entry.hash, payload: entry.payload };
        Ok(Stretch { entries: entries.into_iter().map(stored).collect(), head: reader.position() })
    }

    fn open_log<'a>(&self, state: &'a mut State) -> Result<&'a mut Log, LogError> {
        if let State::Unsure = state {
            let log = Log::open(&self.path)?;
            // Before this nothing that it shows is believed: a page whose fsync failed reads as if it were stored.
            log.settle()?;
            *state = State::Open(Box::new(log));
            self.in_doubt.store(false, Ordering::SeqCst);
        }
        match state {
            State::Open(log) => Ok(log),
            State::Unsure | State::Closed => {
                let source = std::io::Error::other("it was closed already");
                Err(LogError::Access { path: self.path.clone(), doing: "using", source })
            }
        }
    }

    fn open_reader<'a>(&self, reader: &'a mut Option<LogReader>) -> Result<&'a mut LogReader, LogError> {
        if self.in_doubt.load(Ordering::SeqCst) {
            reader.take();
        }
        match reader {
            Some(reader) => Ok(reader),
            none => Ok(none.insert(self.open_log(&mut lock(&self.log))?.reader()?)),
        }
    }
}

/// Names a log file of a folder.
pub(crate) fn log_path(folder: &Path, name: &str) -> PathBuf {
    folder.join(format!("{name}.linework"))
}

fn new_entry(payload: NewPayload) -> NewEntry {
    let NewPayload { payload, time_ms, author, kind } = payload;
    NewEntry { payload, time_ms, author, kind: kind.to_owned() }
}

fn warn_dropped(dropped: impl IntoIterator<Item = oplog::DroppedCheckpoints>) {
    for dropped in dropped {
        tracing::warn!(%dropped, "checkpoints were dropped");
    }
}

/// A thread that panicked while it held the lock left whole values behind: each is replaced at once or not at all.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn payload(bytes: &[u8]) -> NewPayload {
        NewPayload { payload: bytes.to_vec(), time_ms: 1, author: String::new(), kind: "edited" }
    }

    #[tokio::test]
    async fn after_a_commit_in_doubt_nothing_is_read_before_it_is_on_the_disk() {
        let folder = tempfile::tempdir().unwrap();
        let path = log_path(folder.path(), "plan");
        let log = Log::create(&path, protocol::LogId([7; 16])).unwrap();
        let start = log.position();
        let store = SqliteStore::new(log);
        let stored = store.append(start, vec![payload(b"one")]).await;
        assert_eq!(stored, AppendAnswer::Stored(start.after(b"one")));
        assert_eq!(store.read_after(Seq(0), 1 << 20).await.unwrap().entries.len(), 1);
        let not_settled = || std::fs::metadata(path.with_extension("linework-wal")).map_or(0, |file| file.len());
        assert!(not_settled() > 0, "what was appended is in the write-ahead log alone");
        // The disk fails here: what was written may read well and not be there.
        store.file.doubt(lock(&store.file.log));
        let stretch = store.read_after(Seq(0), 1 << 20).await.unwrap();
        assert_eq!((stretch.entries.len(), stretch.head, not_settled()), (1, start.after(b"one"), 0));
        assert_eq!(
            store.append(stretch.head, vec![payload(b"two")]).await,
            AppendAnswer::Stored(stretch.head.after(b"two"))
        );
    }
}
