//! The whole wire: messages, log entries, their codec, versions and limits.
//!
//! Floor 2. `docs/protocol.md` says in words what stands here in types. Deliberately absent: sockets, decisions, the
//! log's file.

mod address;
mod claims;
mod codec;
mod entry;
mod ids;
mod limits;
mod message;
mod overview;
mod parts;
mod presence;
mod snapshot;
mod standing;

pub use address::{Address, AddressError};
pub use chain::{Hash, LogId, Position, Seq, link};
pub use claims::{Countdown, Wait};
pub use codec::{CodecError, Encoding, decode_entry, encode_entry};
pub use entry::{Author, Ended, Entry, Event};
pub use ids::{ClientId, ClientSeq, Epoch, Millis, ResumeKey, Role, SessionId, Token};
pub use limits::{Limits, TITLE_CHARS_MAX};
pub use message::{
    Answer, ClientMessage, Durability, Held, Hello, Mismatch, Person, Refusal, Request, Resume, ServerMessage, Told,
    Welcome,
};
pub use overview::{DrawingFacts, Line, LiveFacts, LockFacts, Overview, PersonFacts, Sample, ServerFacts};
pub use parts::{PART_BYTES, Part, PartError, Parts, WHOLE_BYTES_MAX, cut};
pub use presence::{Attention, Ghost, Presence};
pub use snapshot::{DrawingReader, SnapshotError, chunk_count, decode_drawing, encode_chunks, encode_drawing};
pub use standing::{Ban, Came};

/// The version of the wire and of log payloads that this program speaks.
pub const VERSION: u32 = 1;
/// The WebSocket subprotocol in MessagePack, for the app.
pub const SUBPROTOCOL_MSGPACK: &str = "linework.v1.msgpack";
/// The WebSocket subprotocol in JSON, for scripts, people and browsers.
pub const SUBPROTOCOL_JSON: &str = "linework.v1.json";
