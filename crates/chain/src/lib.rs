//! Positions in a hash-chained log.
//!
//! A log is a dense sequence of opaque payloads. Each entry's hash covers the hash before it, so that a
//! [`Position`] names not only a place but the whole history up to it. The log file, the rooms and the wire all
//! stand on these few types. Deliberately absent: what a payload means, storage, time.

mod hex;
mod position;

pub use hex::HexError;
pub use position::{Hash, LogId, Position, Seq, link};
