//! Where a drawing's log is kept. Few methods, so that a file and a server of records serve alike.

mod sqlite;

use std::path::PathBuf;
use std::pin::Pin;

use bytes::Bytes;
use collab::{AppendAnswer, NewPayload, StoredPayload};
use protocol::{Durability, Hash, Position, Seq};

pub(crate) use sqlite::{SqliteStore, TITLE, log_path};

/// What a store answers, in its own time. Dropping it doesn't take back what was asked for.
pub(crate) type Pending<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// A stretch of a log.
#[derive(Debug)]
pub(crate) struct Stretch {
    /// Entries, dense and ascending; empty at the log's head.
    pub entries: Vec<StoredPayload>,
    /// The log's head when they were read.
    pub head: Position,
}

/// A store did not do what was asked; it says so to the server's log by itself.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct StoreError(pub String);

/// One drawing's log.
pub(crate) trait Store: Send + Sync + 'static {
    /// How safe an acknowledged entry is.
    fn durability(&self) -> Durability;

    /// Stores entries if the log's head is exactly `after`. The caller has one append under way at a time.
    fn append(&self, after: Position, payloads: Vec<NewPayload>) -> Pending<AppendAnswer>;

    /// The entries after a place: as many as fit into `bytes_max`, but one at least if there is any.
    fn read_after(&self, after: Seq, bytes_max: usize) -> Pending<Result<Stretch, StoreError>>;

    /// Stores bytes under their hash.
    fn put_blob(&self, content: Bytes) -> Pending<Result<Hash, StoreError>>;

    /// The bytes with this hash, if they were stored here.
    fn blob(&self, hash: Hash) -> Pending<Result<Option<Bytes>, StoreError>>;

    /// Keeps a state of the room; never needed, only quicker.
    fn save_checkpoint(&self, position: Position, state: Vec<u8>) -> Pending<Result<(), StoreError>>;

    /// The newest state of the room that is in this log's own history.
    fn latest_checkpoint(&self) -> Pending<Result<Option<Vec<u8>>, StoreError>>;

    /// Keeps the drawing's name for people where it is found without reading the log.
    fn set_title(&self, title: String) -> Pending<Result<(), StoreError>>;

    /// Writes the log as it is now as a file of its own, whole in itself, at a path where nothing is yet.
    fn backup(&self, to: PathBuf) -> Pending<Result<(), StoreError>>;

    /// Lets go of the log; everything that was acknowledged is kept. Nothing is asked of the store after it.
    fn close(&self) -> Pending<Result<(), StoreError>>;
}
