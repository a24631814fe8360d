//! What people want of what others hold: who stands in line for it, and which locks an owner is about to end.

use chain::Seq;
use drawing::RecordId;
use serde::{Deserialize, Serialize};

use crate::ids::{Millis, SessionId, Token};

/// Somebody who waits for records that others hold, all of them at once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wait {
    /// Their place in the line, and the wait's name: the seq of the entry that put them there. Who has the lower one
    /// comes first.
    pub wait: Seq,
    /// Who waits.
    pub session: SessionId,
    /// Since when, for people to read: milliseconds since 1970.
    pub since_ms: Millis,
    /// What for, ascending: records that are there and that they don't hold yet.
    #[serde(with = "drawing::runs")]
    pub ids: Vec<RecordId>,
    /// Holders who said "not now", ascending.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub declined_by: Vec<SessionId>,
}

/// A lock that an owner ends soon.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Countdown {
    /// Who holds it.
    pub session: SessionId,
    /// The lock's token.
    pub token: Token,
    /// The entry that started the countdown.
    pub at: Seq,
    /// The owner who ends it; their session may be over before the countdown is.
    pub by: SessionId,
    /// What that owner is called.
    pub by_name: String,
    /// When it was started, for people to read: milliseconds since 1970.
    pub since_ms: Millis,
}
