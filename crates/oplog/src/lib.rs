//! The op log as one SQLite file: opaque entries in a hash chain, blobs by content, checkpoints.
//!
//! [`Log`] is a live log: one process holds it, appends by compare-and-swap on the whole position, and every answer
//! comes after the bytes are on the disk. [`LogReader`] reads a saved log, or what is left of a damaged one.
//! [`Checkpoints`] writes states of the room to a side file, from a thread of its own if need be, so that a large
//! state never delays an append. `docs/oplog.md` specifies the format for other programs.
//!
//! Deliberately absent: what a payload means, clocks (times are passed in), threads, async, networks.

mod backup;
mod blobs;
mod checkpoints;
mod entry;
mod error;
mod glance;
mod live;
mod lock;
mod meta;
mod reader;
mod schema;
mod verify;

pub use backup::backup;
pub use blobs::MAX_BLOB_BYTES;
pub use checkpoints::{
    Checkpoint, Checkpoints, DroppedCheckpoints, KEPT_CHECKPOINTS, LatestCheckpoint, MAX_STATE_BYTES, checkpoints_path,
};
pub use entry::{
    Appended, LONG_PAYLOAD_BYTES, MAX_BATCH_BYTES, MAX_BATCH_ENTRIES, MAX_NAME_BYTES, MAX_PAYLOAD_BYTES, NewEntry,
    StoredEntry,
};
pub use error::LogError;
pub use glance::{Glance, glance};
pub use live::Log;
pub use meta::MAX_META_BYTES;
pub use reader::LogReader;
pub use schema::{APPLICATION_ID, CHECKPOINTS_APPLICATION_ID, FORMAT_VERSION, LONG_VERSION};
pub use verify::{BlobName, Broken, Damage, Verified};
