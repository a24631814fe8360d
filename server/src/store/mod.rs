//! Where a drawing's log is kept. Few methods, so that a file and a server of records serve alike; what several servers
//! over one log tell each other is apart, in [`Neighbours`].

#[cfg(feature = "redis")]
pub(crate) mod redis;
mod sqlite;
mod writers;

use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;
use collab::{AppendAnswer, NewPayload, StoredPayload};
use protocol::{Durability, Hash, Position, Presence, Seq, SessionId};
use tokio::sync::mpsc;

#[cfg(feature = "redis")]
pub use self::redis::{RedisOptions, RedisPlace, RedisStore, Weaker};
pub use sqlite::SqliteStore;
pub(crate) use sqlite::{TITLE, log_path};
pub(crate) use writers::Writers;

/// What a store answers, in its own time. Dropping it doesn't take back what was asked for.
pub type Pending<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// A stretch of a log.
#[derive(Debug)]
pub struct Stretch {
    /// Entries, dense and ascending; empty at the log's head.
    pub entries: Vec<StoredPayload>,
    /// The log's head when they were read.
    pub head: Position,
}

/// A store did not do what was asked; it says so to the server's log by itself.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// What is there can't be used, or can't be written.
    #[error("{0}")]
    Failed(String),
    /// Nobody answered; trying again may help.
    #[error("{0}")]
    Away(String),
}

/// One drawing's log.
pub trait Store: Send + Sync + 'static {
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

    /// Nothing was asked of it for a while: lets go of what only makes the next answers quicker.
    fn rest(&self) {}

    /// Lets go of the log; everything that was acknowledged is kept. Nothing is asked of the store after it.
    fn close(&self) -> Pending<Result<(), StoreError>>;

    /// What other servers over the same log and this one tell each other; none where this is the only one.
    fn neighbours(&self) -> Option<Arc<dyn Neighbours>> {
        None
    }
}

/// Who is where, as one look at a shared store shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attendance {
    /// Sessions that are connected at other nodes, ascending.
    pub elsewhere: Vec<SessionId>,
    /// The log's head.
    pub head: Position,
}

/// What a node hears of the others.
#[derive(Debug, Clone, PartialEq)]
pub enum Signal {
    /// Somebody appended; the log's head is or was here.
    Head(Position),
    /// What people at another node show of themselves.
    Shown(Vec<(SessionId, Presence)>),
    /// Somebody came or went elsewhere, or signals may have been missed: it is time to look again.
    Stirred,
}

/// Several servers over one log.
pub trait Neighbours: Send + Sync + 'static {
    /// Says who is connected here, which counts for [`ATTENDANCE_MS`], and looks who is elsewhere.
    fn attend(&self, here: Vec<SessionId>) -> Pending<Result<Attendance, StoreError>>;

    /// Shows the others what people here show. May be dropped for something newer.
    fn show(&self, latest: Vec<(SessionId, Presence)>);

    /// Hears from the others from now on. What nobody takes in time is dropped: a later look makes up for it.
    fn listen(&self) -> mpsc::Receiver<Signal>;
}

/// For how long a node's word counts that somebody is connected there, in milliseconds: a few times as long as a desk
/// lets pass between two looks.
pub const ATTENDANCE_MS: u64 = 5_000;
