//! What a session tells its app: what changed, what happened, what went wrong.

use std::collections::BTreeSet;

use drawing::{Op, OpError, RecordId};
use protocol::{Ban, ClientSeq, Ended, Hash, Held, Person, Refusal, Role, Seq, SessionId, Token};

use crate::shared::FoldError;

/// What is different since the last time one looked.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Changes {
    /// Records of the shown drawing that were put, changed or taken away.
    pub ids: BTreeSet<RecordId>,
    /// Everything was replaced: a snapshot came.
    pub whole: bool,
    /// What happened, in order.
    pub notices: Vec<Notice>,
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq)]
pub enum Notice {
    /// One is in the room; `resumed` says that it is the session from before, with its locks.
    Welcomed {
        /// Whether it is the session from before.
        resumed: bool,
    },
    /// One holds these records from now on.
    Granted {
        /// Which.
        ids: Vec<RecordId>,
    },
    /// A lock that was asked for is not to be had.
    LockRefused {
        /// What was asked for.
        ids: Vec<RecordId>,
        /// Why, and what is free.
        refusal: Refusal,
    },
    /// Something else was refused. A refused edit is the last one of the drafts.
    Refused {
        /// The request.
        client_seq: ClientSeq,
        /// Whether it was an edit and is a draft now.
        draft: bool,
        /// Why.
        refusal: Refusal,
    },
    /// Locks of one's own ended because they were not used.
    Lapsed {
        /// On which records.
        ids: Vec<RecordId>,
    },
    /// An owner ended locks of one's own.
    Overridden {
        /// On which records.
        ids: Vec<RecordId>,
        /// Who.
        by: SessionId,
    },
    /// What one stood in line for is one's own from now on; follows on its [`Notice::Granted`].
    Turn {
        /// Which.
        ids: Vec<RecordId>,
        /// Who handed it over; none where it became free.
        from: Option<SessionId>,
    },
    /// One stands in line no more: some of those who hold what one waited for wait for what one holds.
    OutOfLine {
        /// What one waited for.
        ids: Vec<RecordId>,
    },
    /// Somebody waits for records that one holds.
    AskedFor {
        /// Who.
        by: SessionId,
        /// Which of them.
        ids: Vec<RecordId>,
    },
    /// A holder said "not now"; one stands in line as before.
    Declined {
        /// The holder.
        by: SessionId,
        /// Which of what one waits for they hold.
        ids: Vec<RecordId>,
    },
    /// An owner ends a lock of one's own soon: after [`protocol::Limits::override_countdown_ms`].
    Overriding {
        /// On which records.
        ids: Vec<RecordId>,
        /// What the owner is called.
        by: String,
    },
    /// The owner leaves it to one after all.
    CalledOff {
        /// The lock.
        token: Token,
    },
    /// Who stands in line, or which locks end soon, is other than before.
    Claims,
    /// The drawing has another name for people.
    Renamed {
        /// The name.
        title: String,
    },
    /// Somebody came in.
    Joined(Person),
    /// Somebody's session ended.
    Left(Person, Ended),
    /// An owner changed what somebody may do, perhaps oneself; a lock that the role doesn't allow has ended.
    RoleChanged {
        /// Who.
        session: SessionId,
        /// What they may do from here on.
        role: Role,
        /// Which owner.
        by: SessionId,
    },
    /// An owner put oneself out of the room; what waited is among the drafts.
    PutOut {
        /// What they are called.
        by: String,
        /// One is kept out, too.
        banned: bool,
    },
    /// An owner banned somebody else.
    Banned {
        /// What they were called.
        name: String,
        /// Which owner.
        by: SessionId,
    },
    /// Somebody may come in again.
    BanLifted(Ban),
    /// Somebody's locks are others than before.
    Locks,
    /// Somebody's connection broke or came back.
    People,
    /// Somebody shows something else of themselves.
    Presence(Vec<SessionId>),
    /// A request of one's own is safe, and is this entry.
    Stored {
        /// The request.
        client_seq: ClientSeq,
        /// Its entry.
        seq: Seq,
    },
    /// An undo or redo of one's own took effect.
    Undone {
        /// Its entry.
        seq: Seq,
        /// What it left alone, since others changed or hold it.
        left: Vec<RecordId>,
    },
    /// A blob that was asked for; none if there is no such blob.
    Blob {
        /// Which.
        hash: Hash,
        /// Its bytes.
        bytes: Option<Vec<u8>>,
    },
    /// The server's store does not answer, or answers again.
    Saving {
        /// Whether it stores nothing just now.
        paused: bool,
    },
    /// The drawing was not what the server says it is. A fresh one is on its way; what waits stays waiting.
    Mismatch {
        /// Where.
        seq: Seq,
    },
}

/// An edit that was shown and then refused: kept for the person, never dropped silently.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    /// What they did.
    pub op: Op,
    /// Why it was refused.
    pub refusal: Refusal,
}

/// Where a session stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Status {
    /// Not welcomed yet.
    Connecting,
    /// The drawing is on its way.
    Joining {
        /// Pieces that have come.
        received: u32,
        /// Pieces in all; 0 while not known, or when it is catching up.
        pieces: u32,
    },
    /// In the room.
    Live,
    /// The connection broke; edits wait.
    Reconnecting,
    /// The server ended it.
    Ended {
        /// Why, in words for a person.
        why: String,
        /// Whether trying again may help.
        retry: bool,
    },
}

/// Why an edit was refused on the spot. Nothing of it was done.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum SubmitError {
    /// There is no room yet, or no longer.
    #[error("the drawing is not open for editing yet")]
    NotReady,
    /// One may only look.
    #[error("the role {0:?} doesn't allow editing")]
    NotAllowed(Role),
    /// Others hold some of it.
    #[error("somebody else holds some of it")]
    Held {
        /// Who holds what.
        by: Vec<Held>,
    },
    /// There is no connection, and one doesn't hold some of it: others may be changing it now.
    #[error("there is no connection: until it is back, only what you hold and what you draw can be changed")]
    Apart {
        /// What isn't held.
        ids: Vec<RecordId>,
    },
    /// The drawing's own rules forbid it.
    #[error(transparent)]
    Invalid(#[from] OpError),
    /// More than one message may hold.
    #[error("it is too much at once: {bytes} bytes, where one change may have {max}")]
    TooLarge {
        /// Its bytes, encoded.
        bytes: usize,
        /// The most that there may be.
        max: usize,
    },
    /// Too many edits wait to be stored or to be looked at.
    #[error("{0} edits wait already: the connection has to come back first")]
    TooManyWaiting(usize),
}

/// There is nothing to take back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("there is nothing to take back")]
pub struct NothingToUndo;

/// Why nothing was redone.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum RedoError {
    /// There is nothing to bring back.
    #[error("there is nothing to bring back")]
    Nothing,
    /// It can't be done now; it can be tried again.
    #[error(transparent)]
    Refused(SubmitError),
}

impl From<NothingToUndo> for RedoError {
    fn from(_: NothingToUndo) -> RedoError {
        RedoError::Nothing
    }
}

/// What an undo or a redo is about.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Undoing<'a> {
    /// An entry of the log.
    Entry(Seq),
    /// An edit that is not stored yet.
    Op(&'a Op),
}

/// What a server said doesn't fit: the connection is of no more use, a new one may be.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum SessionError {
    /// Something came before the welcome, or twice.
    #[error("{0} came when it was not due")]
    NotDue(&'static str),
    /// An entry that doesn't follow on what is there.
    #[error(transparent)]
    Fold(#[from] FoldError),
    /// A piece of a snapshot or a blob that isn't the next one.
    #[error("piece {found} of {what} came where {expected} was due")]
    Piece {
        /// Of what.
        what: &'static str,
        /// The piece that was due.
        expected: u32,
        /// The piece that came.
        found: u32,
    },
    /// A snapshot that can't be read.
    #[error("the drawing can't be read: {0}")]
    Snapshot(String),
    /// A blob whose bytes are not what its name says.
    #[error("blob {0} has other bytes than its name says")]
    Blob(Hash),
    /// A version of the protocol that this program doesn't speak.
    #[error("the server speaks version {0} of the protocol, which this program doesn't")]
    Version(u32),
}

impl Changes {
    /// Puts what came later to what came before.
    pub fn extend(&mut self, later: Changes) {
        self.ids.extend(later.ids);
        self.whole |= later.whole;
        self.notices.extend(later.notices);
    }
}
