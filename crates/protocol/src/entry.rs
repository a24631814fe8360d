//! What a log holds: every act that ever changed a room.

use chain::{Hash, Seq};
use drawing::{DrawingHash, IdRange, Op, RecordId};
use serde::{Deserialize, Serialize};

use crate::ids::{ClientId, ClientSeq, Epoch, Millis, Role, SessionId, Token};
use crate::standing::Came;

/// Who asked for what an entry records.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Author {
    /// The session that asked.
    pub session: SessionId,
    /// Its installation.
    pub client: ClientId,
    /// The request that this entry answers: among those of the session and of the sessions that it carries on, stored
    /// exactly once.
    pub client_seq: ClientSeq,
    /// The answers that had arrived at the client: the room forgets those requests.
    #[serde(default)]
    pub floor: ClientSeq,
}

/// One act, as decided. Its place in the log and its hash are the log's business.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// When it was decided, by the clock of the node that decided: for people to read, never for a rule.
    pub time_ms: Millis,
    /// Who asked; none where the room itself acted (a start, an expiry).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author: Option<Author>,
    /// What happened.
    pub event: Event,
}

/// Why a session ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ended {
    /// They left.
    Left,
    /// Nothing was heard of them for a whole grace period.
    Expired,
    /// An owner removed them. They may come back.
    Removed {
        /// Which owner.
        by: SessionId,
    },
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// The log starts: always the first entry, never another.
    Created {
        /// The drawing's name for people.
        title: String,
        /// The file that the drawing was read from: a blob of the log.
        source: Option<Hash>,
        /// The drawing as it was read ([`crate::encode_drawing`]): a blob of the log, so that a better reader later
        /// changes no history.
        snapshot: Hash,
        /// The hash of that drawing.
        drawing: DrawingHash,
    },
    /// Someone came in; the session's id is the seq of this entry.
    Joined {
        /// Their installation.
        client: ClientId,
        /// What they call themselves.
        name: String,
        /// Their place among the colours for people, 0 to 7.
        color: u8,
        /// What they may do.
        role: Role,
        /// Ids for what they make.
        ids: IdRange,
        /// What the key must fit of whoever goes on with this session: [`crate::ResumeKey::lock`]. None where nobody
        /// can.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        resume_lock: Option<Hash>,
        /// Its first epoch: 0, or what its client proposed for going on with a session that had ended.
        #[serde(default, skip_serializing_if = "Epoch::is_first")]
        epoch: Epoch,
        /// The session of theirs that ended and that this one carries on: its stored requests, ids and undos are this
        /// one's too. None for one who comes in without a past, such as a second window.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        carries_on: Option<SessionId>,
        /// By what they came in.
        #[serde(default, skip_serializing_if = "Came::is_link")]
        came: Came,
    },
    /// A session goes on over a new connection. Stored before the welcome is sent, so that two connections can't both
    /// believe that they are the session.
    Resumed {
        /// Which session.
        session: SessionId,
        /// Its epoch from here on.
        epoch: Epoch,
    },
    /// A session ended; its locks ended with it.
    Gone {
        /// Which session.
        session: SessionId,
        /// The epoch that ended.
        epoch: Epoch,
        /// Why.
        why: Ended,
    },
    /// A session holds these records from here on, under this entry's seq as its token. All of those asked for, or
    /// none.
    Locked {
        /// Who holds them.
        session: SessionId,
        /// Ascending.
        #[serde(with = "drawing::runs")]
        ids: Vec<RecordId>,
    },
    /// A session holds these records no more.
    Unlocked {
        /// Who held them.
        session: SessionId,
        /// Ascending.
        #[serde(with = "drawing::runs")]
        ids: Vec<RecordId>,
        /// They lapsed unused; else they were let go.
        #[serde(default)]
        lapsed: bool,
        /// The owner who ended them; none where their holder or time did.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        overridden_by: Option<SessionId>,
    },
    /// A session stands in line for these records from here on, under this entry's seq: whenever all of them are free,
    /// the first in line for whom that is so holds them, under the seq of the entry that made it so.
    Queued {
        /// Who waits.
        session: SessionId,
        /// Ascending.
        #[serde(with = "drawing::runs")]
        ids: Vec<RecordId>,
    },
    /// A session stands in line no more.
    Withdrawn {
        /// Who waited.
        session: SessionId,
        /// Its place in the line.
        wait: Seq,
    },
    /// A session lets records go, each to the first in line for it, who holds it under this entry's seq.
    HandedOver {
        /// Who held them.
        session: SessionId,
        /// Ascending.
        #[serde(with = "drawing::runs")]
        ids: Vec<RecordId>,
    },
    /// A holder said "not now" to somebody in line, who stays there.
    Declined {
        /// The holder.
        session: SessionId,
        /// The place in the line.
        wait: Seq,
    },
    /// An owner overrides a lock; its holder has until the countdown is over.
    Overriding {
        /// The holder.
        session: SessionId,
        /// The lock.
        token: Token,
        /// The owner.
        by: SessionId,
    },
    /// An owner leaves a lock to its holder after all.
    CalledOff {
        /// The holder.
        session: SessionId,
        /// The lock.
        token: Token,
        /// The owner.
        by: SessionId,
    },
    /// The drawing changed. What is new in it is its author's until let go: locked under this entry's seq.
    Edited {
        /// By whom.
        session: SessionId,
        /// How.
        op: Op,
        /// The edits that this one takes back, newest first; empty for an edit of its own.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        undoes: Vec<Seq>,
    },
    /// A session got more ids for what it makes.
    Granted {
        /// Who.
        session: SessionId,
        /// Which ids.
        ids: IdRange,
    },
    /// The drawing has another name for people from here on.
    Renamed {
        /// By whom.
        session: SessionId,
        /// The name.
        title: String,
    },
    /// Somebody may do something else from here on. Locks that the role doesn't allow end with this entry.
    RoleChanged {
        /// Whose role.
        session: SessionId,
        /// What they may do.
        role: Role,
        /// Which owner gave it to them.
        by: SessionId,
        /// Other windows of theirs that may do no more than this from here on either, ascending.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        also: Vec<SessionId>,
    },
    /// Somebody is kept out from here on, under this entry's seq. Their sessions end with this entry, and their locks.
    Banned {
        /// Whom it was said of.
        session: SessionId,
        /// Their installation, which doesn't come in any more.
        client: ClientId,
        /// What they were called.
        name: String,
        /// They came by an invite to that name: those that were made before let nobody in any more either.
        #[serde(default)]
        invited: bool,
        /// Which owner banned them.
        by: SessionId,
        /// The sessions that end, that one too, ascending.
        sessions: Vec<SessionId>,
    },
    /// Somebody may come in again.
    BanLifted {
        /// The entry that banned them.
        ban: Seq,
        /// Which owner let them in again.
        by: SessionId,
    },
}

impl Event {
    /// One word for logs, lists and the column `kind`.
    pub fn kind(&self) -> &'static str {
        match self {
            Event::Created { .. } => "created",
            Event::Joined { .. } => "joined",
            Event::Resumed { .. } => "resumed",
            Event::Gone { why: Ended::Removed { .. }, .. } => "removed",
            Event::Gone { .. } => "gone",
            Event::Locked { .. } => "locked",
            Event::Unlocked { overridden_by: Some(_), .. } => "overridden",
            Event::Unlocked { .. } => "unlocked",
            Event::Queued { .. } => "queued",
            Event::Withdrawn { .. } => "withdrawn",
            Event::HandedOver { .. } => "handed_over",
            Event::Declined { .. } => "declined",
            Event::Overriding { .. } => "overriding",
            Event::CalledOff { .. } => "called_off",
            Event::Edited { undoes, .. } if !undoes.is_empty() => "undone",
            Event::Edited { .. } => "edited",
            Event::Granted { .. } => "granted",
            Event::Renamed { .. } => "renamed",
            Event::RoleChanged { .. } => "role_changed",
            Event::Banned { .. } => "banned",
            Event::BanLifted { .. } => "ban_lifted",
        }
    }
}
