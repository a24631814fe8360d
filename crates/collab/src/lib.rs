//! Room, Desk and Session: working together as pure functions.
//!
//! Floor 3. A [`Room`] is the fold over a log, a [`Desk`] the loop around it on a server, a [`Session`] the other end
//! in a client, a [`Replay`] the room at any entry of a log. All are synchronous values: messages and `now` go in,
//! messages and effects come out. Deliberately absent: sockets, files, clocks, randomness, threads, async.

mod claims;
mod desk;
mod effect;
mod replay;
mod room;
mod session;
mod shared;
pub mod words;

pub use claims::{Claims, Turn};
pub use desk::{Desk, Settings};
pub use effect::{AppendAnswer, ConnId, Effect, Input, NewPayload, StoredPayload};
pub use replay::{Ladder, Replay, ReplayError, Source};
pub use room::{CheckpointError, Decision, IDS_WITH_JOINING, Past, Room, is_said};
pub use session::{
    Asked, Changes, Draft, NothingToUndo, Notice, RedoError, Session, SessionError, Status, SubmitError, Ticket,
    Undoing,
};
pub use shared::{Applied, FoldError, Holding, Member, Shared};
