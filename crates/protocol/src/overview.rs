//! What the owner of a server sees of it while they watch: every drawing, who is in it, what is held, what happened.

use chain::Seq;
use serde::{Deserialize, Serialize};

use crate::ids::{Millis, Role, SessionId, Token};
use crate::message::Durability;
use crate::presence::Attention;
use crate::standing::Ban;

/// What changed since the last one; the first names every drawing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Overview {
    /// The server's clock, milliseconds since 1970: what the other times compare with.
    pub now_ms: Millis,
    /// What doesn't change while one watches; in the first only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server: Option<ServerFacts>,
    /// Drawings of which something changed.
    pub drawings: Vec<DrawingFacts>,
}

/// A server.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ServerFacts {
    /// The program's version.
    pub version: String,
    /// What kind of store holds the drawings.
    pub store: String,
    /// How safe an acknowledged edit is.
    pub durability: Durability,
    /// The largest file that can be added, bytes.
    pub upload_bytes_max: u64,
}

/// A drawing, whole but for `lines` and `samples`: of these, what is new.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DrawingFacts {
    /// Its name in addresses.
    pub name: String,
    /// Its name for people.
    pub title: String,
    /// Nobody can join it until it is brought back.
    pub archived: bool,
    /// What goes on in it.
    pub live: LiveFacts,
}

/// What goes on in a drawing.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct LiveFacts {
    /// It is being worked on; else the rest is as it was when that ended.
    pub open: bool,
    /// Why nothing more can be stored in it, if so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub broken: Option<String>,
    /// The last entry of its log; 0 where that was not looked at yet.
    pub entries: Seq,
    /// Entities in the drawing.
    pub entities: u64,
    /// Everybody in the room, ascending by session.
    pub people: Vec<PersonFacts>,
    /// Locks, the oldest first; at most [`LiveFacts::LOCKS_MAX`].
    pub locks: Vec<LockFacts>,
    /// How many locks there are besides.
    pub locks_more: u32,
    /// Who is kept out, the last ones first; at most [`LiveFacts::BANS_MAX`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub bans: Vec<Ban>,
    /// Entries in words, ascending, each told once; of a drawing that one begins to watch, the last
    /// [`LiveFacts::LINES_MAX`].
    pub lines: Vec<Line>,
    /// Seconds in which something was stored, ascending, each told once.
    pub samples: Vec<Sample>,
}

impl LiveFacts {
    /// Locks that are named one by one.
    pub const LOCKS_MAX: usize = 200;
    /// Bans that are named one by one.
    pub const BANS_MAX: usize = 200;
    /// Entries that are told in words to one who begins to watch.
    pub const LINES_MAX: usize = 100;
    /// Seconds that are told to one who begins to watch.
    pub const SAMPLES_MAX: usize = 120;
}

/// Somebody at work.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PersonFacts {
    /// Their session.
    pub session: SessionId,
    /// What they call themselves.
    pub name: String,
    /// Their place among the colours for people, 0 to 7.
    pub color: u8,
    /// What they may do.
    pub role: Role,
    /// Whether a connection of theirs is open; else their grace runs.
    pub connected: bool,
    /// The command they are in, such as `MOVE`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool: Option<String>,
    /// When they last moved or changed something, as far as the server saw it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub active_ms: Option<Millis>,
    /// How many records they hold.
    pub holds: u64,
    /// Whether they are at their window.
    #[serde(default, skip_serializing_if = "Attention::is_here")]
    pub attention: Attention,
    /// They are in the process that serves the drawing, and stay its owner.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub within: bool,
}

/// A lock.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LockFacts {
    /// The entry that granted it.
    pub token: Token,
    /// Who holds it.
    pub session: SessionId,
    /// When it was granted.
    pub since_ms: Millis,
    /// How many records are held under it.
    pub count: u64,
    /// What they are, such as `2 LINE, 1 CIRCLE`; of many, the first hundred.
    pub kinds: String,
    /// Their handles in the file, of those that have one; the first few.
    pub handles: Vec<String>,
}

/// An entry of the log, in words.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// Its place.
    pub seq: Seq,
    /// When it was decided.
    pub time_ms: Millis,
    /// Who did it; empty for the room itself.
    pub who: String,
    /// One word for what sort of entry it is, such as `edited`.
    pub kind: String,
    /// What was done, as a sentence about them.
    pub what: String,
}

/// A second in which something was stored.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Sample {
    /// Which: seconds since 1970.
    pub second: u64,
    /// Requests that were stored in it.
    pub stored: u32,
    /// From when the drawing's desk heard of a request until its answer was sent off, in microseconds, on average ...
    pub answer_us_mean: u32,
    /// ... and at most.
    pub answer_us_max: u32,
}
