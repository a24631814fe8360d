//! Everything that goes over a connection, in both directions.

use chain::{Hash, Position, Seq};
use drawing::{DrawingHash, IdRange, Op, RecordId};
use serde::{Deserialize, Serialize};

use crate::claims::{Countdown, Wait};
use crate::entry::Entry;
use crate::ids::{ClientId, ClientSeq, Epoch, ResumeKey, Role, SessionId, Token};
use crate::limits::Limits;
use crate::overview::Overview;
use crate::parts::Part;
use crate::presence::Presence;
use crate::standing::Ban;

/// The first message of a connection.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Hello {
    /// The highest version of the protocol that the client speaks.
    pub version: u32,
    /// The installation.
    pub client: ClientId,
    /// What the person calls themselves.
    pub name: String,
    /// The drawing's name on this server.
    pub drawing: String,
    /// What lets one in.
    pub secret: String,
    /// What will prove later that the session is one's own. A session that began without can't be gone on with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resume_key: Option<ResumeKey>,
    /// The session to go on with, for one who was here before with the same key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resume: Option<Resume>,
}

/// A session to go on with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resume {
    /// Which session.
    pub session: SessionId,
    /// The last epoch that the client was told.
    pub epoch: Epoch,
    /// The epoch in which it goes on: above every one that the client was told and every one that it said before. What
    /// isn't above the session's is refused, so that a hello that comes late can't end the connection of a later one.
    /// None: the one after the session's, whatever that is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<Epoch>,
    /// The last entry that the client has applied; what follows it is sent. A position on another branch gets a
    /// snapshot instead.
    pub position: Position,
}

/// What a client says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClientMessage {
    /// The first message, and only the first.
    Hello(Hello),
    /// Asks for something that will be an entry, or refused.
    Ask {
        /// The number of the request.
        client_seq: ClientSeq,
        /// All answers up to and with this one have arrived: the room may forget them.
        floor: ClientSeq,
        /// What is asked.
        request: Request,
    },
    /// A part of an `Ask` that is too long for one message.
    Part(Part),
    /// What one shows of oneself.
    Presence(Presence),
    /// Asks for a blob of the log, such as the file that the drawing came from.
    Blob {
        /// Which.
        hash: Hash,
    },
    /// Asks for entries of the log from before one came, to look back: everything after `after` up to and with `upto`, of
    /// which the room sends a bounded stretch, as [`ServerMessage::Entries`].
    Log {
        /// The last entry that one has.
        after: Seq,
        /// The last entry that is wanted.
        upto: Seq,
    },
    /// What one has doesn't match a check: says what differs, for whoever looks after the server. A refresh follows.
    Mismatch(Mismatch),
    /// Asks for a welcome with a snapshot: what one has doesn't match a check.
    Refresh,
    /// Nothing but "still here".
    Heartbeat,
    /// Leaves: the session ends at once and its locks with it.
    Leave,
    /// Wants to be told nothing from here on but answers to what one asks oneself: for programs that only write, under locks
    /// of their own. [`ClientMessage::Refresh`] ends it, by the welcome that it asks for.
    Hush {},
    /// Instead of a hello, and first: asks for overviews of the whole server. For its owner, signed in.
    Watch {},
    /// Asks for the lines of a drawing that nobody works on, while one watches.
    Look {
        /// Its name on this server.
        drawing: String,
    },
}

/// A drawing that is not what a check says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mismatch {
    /// Where both were: the client's own position at the check's entry.
    pub at: Position,
    /// The hash of what the client has there.
    pub here: DrawingHash,
    /// The hash that the server said.
    pub there: DrawingHash,
}

/// What can be asked for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Request {
    /// To hold these records, all or none. Those already held stay as they are and are no reason to refuse.
    Lock {
        /// Which.
        #[serde(with = "drawing::runs")]
        ids: Vec<RecordId>,
        /// Where others hold some of them, to stand in line for all of them instead of being refused.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        wait: bool,
    },
    /// To hold these records no more; those not held don't matter.
    Unlock {
        /// Which.
        #[serde(with = "drawing::runs")]
        ids: Vec<RecordId>,
    },
    /// To change the drawing.
    Edit {
        /// How.
        op: Op,
        /// The last entry that the author had applied when they made the op: an unlocked record that somebody else
        /// changed since makes the room refuse.
        seen: Seq,
        /// The tokens of the locks that the author believes to hold on what the op touches, ascending.
        under: Vec<Token>,
    },
    /// To take back edits of one's own; redo is to take back such a taking back.
    Undo {
        /// The edits, by seq, newest first.
        entries: Vec<Seq>,
    },
    /// More ids for what one makes.
    Grant {
        /// How many; at most [`IdRange::len`] can say.
        len: u32,
    },
    /// To stand in line no more.
    Withdraw {
        /// The wait, by its place in the line.
        wait: Seq,
    },
    /// To let records go to those who are first in line for each of them; those not held, and those that nobody waits
    /// for, don't matter.
    HandOver {
        /// Which.
        #[serde(with = "drawing::runs")]
        ids: Vec<RecordId>,
    },
    /// To tell somebody in line that one keeps what one holds of it for now. They stay in line.
    Decline {
        /// The wait, by its place in the line.
        wait: Seq,
    },
    /// To end a lock of somebody else's; an owner's to ask. A holder who is there sees a countdown first; one whose
    /// connection is broken loses it at once.
    Override {
        /// Which: all that is still held under it. It names one grant, so that nobody else who holds one of the records
        /// by now loses it.
        token: Token,
        /// Whose: one entry may have granted records to several people who stood in line. None where only one holds
        /// anything under the token.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        of: Option<SessionId>,
    },
    /// To leave a lock to its holder after all, before the countdown is over; an owner's to ask.
    CallOff {
        /// Which lock.
        token: Token,
        /// Whose; none where only one countdown is of this token.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        of: Option<SessionId>,
    },
    /// To give the drawing another name for people; an owner's to ask.
    Rename {
        /// The name, at most [`crate::TITLE_CHARS_MAX`] characters.
        title: String,
    },
    /// To let somebody do something else from here on; an owner's to ask.
    SetRole {
        /// Whom.
        session: SessionId,
        /// What they may do.
        role: Role,
    },
    /// To end somebody's session; an owner's to ask. They may come back.
    Remove {
        /// Whose.
        session: SessionId,
    },
    /// To end somebody's sessions and keep them out; an owner's to ask.
    Ban {
        /// Whom: one of their sessions.
        session: SessionId,
    },
    /// To let somebody in again who was banned; an owner's to ask.
    LiftBan {
        /// The entry that banned them.
        ban: Seq,
    },
}

/// How safe an acknowledged edit is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Durability {
    /// In memory only: of this process, or of a Redis that doesn't write a log of its own or may drop what it holds.
    Memory,
    /// On the server's disk, by fsync.
    LocalFsync,
    /// On the disk of the Redis that several servers share, by fsync.
    RedisFsync,
    /// In that Redis, which writes to its disk each second: a power cut may take the last second.
    RedisEverySecond,
}

/// Somebody in the room.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Person {
    /// Their session.
    pub session: SessionId,
    /// Their installation.
    pub client: ClientId,
    /// What they call themselves.
    pub name: String,
    /// Their place among the colours for people, 0 to 7.
    pub color: u8,
    /// What they may do.
    pub role: Role,
    /// How often they have come back.
    #[serde(default)]
    pub epoch: Epoch,
    /// Whether a connection of theirs is open; else their grace runs.
    pub connected: bool,
}

/// Records held by one session under one token.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Held {
    /// Who holds them.
    pub session: SessionId,
    /// The lock's token.
    pub token: Token,
    /// When it was granted, for people to read: milliseconds since 1970.
    pub since_ms: u64,
    /// Ascending.
    #[serde(with = "drawing::runs")]
    pub ids: Vec<RecordId>,
}

/// The answer to a hello.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Welcome {
    /// The version of the protocol that is spoken from here on.
    pub version: u32,
    /// One's session.
    pub session: SessionId,
    /// Its epoch.
    pub epoch: Epoch,
    /// What one may do.
    pub role: Role,
    /// The drawing's name for people.
    pub title: String,
    /// The file that the drawing came from, to be had as a blob.
    pub source: Option<Hash>,
    /// The drawing as it was read from that file, to be had as a blob.
    pub original: Hash,
    /// Where the room stands. For one who resumes, the entries up to here follow; for one who joins, a snapshot of
    /// just this position follows.
    pub position: Position,
    /// Whether a snapshot follows; else entries after the resume position do.
    pub snapshot: bool,
    /// Everybody in the room, oneself too.
    pub people: Vec<Person>,
    /// All locks.
    pub locks: Vec<Held>,
    /// Everybody who stands in line, first come first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub waits: Vec<Wait>,
    /// Locks that an owner ends soon.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub countdowns: Vec<Countdown>,
    /// Ids for what one makes, unused so far as the room knows.
    pub ids: Vec<IdRange>,
    /// Whether the room knows the session that the hello named, so that `stored` and `floor` speak of its requests. If
    /// not, nobody knows what became of requests that had no answer.
    #[serde(default)]
    pub carries_on: bool,
    /// The room's stored requests of this client above its floor, each with its entry: what is pending at the client
    /// and not named here was not stored.
    pub stored: Vec<(ClientSeq, Seq)>,
    /// The highest request number of this client that the room knows to be answered.
    pub floor: ClientSeq,
    /// Edits of one's own that can be taken back, oldest first, and those that can be redone.
    pub undoable: Vec<Seq>,
    /// Undos of one's own that can be taken back, oldest first.
    pub redoable: Vec<Seq>,
    /// Who is kept out, by the entry that banned them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub bans: Vec<Ban>,
    /// How safe acknowledged edits are here.
    pub durability: Durability,
    /// Bounds.
    pub limits: Limits,
}

/// A stored entry, as it is told.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Told {
    /// Its place.
    pub seq: Seq,
    /// Its hash.
    pub hash: Hash,
    /// What it is.
    pub entry: Entry,
}

/// The answer to a request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// Stored as this entry, which has been or is being told.
    Stored {
        /// Its place.
        seq: Seq,
        /// How safe it is.
        durability: Durability,
    },
    /// Nothing to do: what was asked for is so already.
    Nothing,
    /// Refused; nothing of it was stored.
    Refused(Refusal),
}

/// Why a request was refused, and what would be possible.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// Others hold some of it.
    Held {
        /// Who holds what, of the records asked for.
        by: Vec<Held>,
        /// Those of the records asked for that exist and that nobody else holds.
        #[serde(with = "drawing::runs")]
        free: Vec<RecordId>,
    },
    /// To wait for it would be to wait in a circle, in which nobody ever gets anything.
    Circle {
        /// Who holds some of what was asked for, then each time who holds what the one before waits for; the last one
        /// waits for what the asker holds.
        through: Vec<SessionId>,
        /// What that is, ascending.
        #[serde(with = "drawing::runs")]
        yours: Vec<RecordId>,
    },
    /// Somebody else changed some of it since the author last saw it.
    Changed {
        /// Which records.
        #[serde(with = "drawing::runs")]
        ids: Vec<RecordId>,
        /// Who changed the first of them.
        by: Option<SessionId>,
        /// In which entry.
        at: Seq,
    },
    /// The author's lock ended before the edit arrived.
    LockLost {
        /// Which records.
        #[serde(with = "drawing::runs")]
        ids: Vec<RecordId>,
    },
    /// The drawing's own rules forbid it.
    Invalid {
        /// What is wrong, in words.
        why: String,
    },
    /// The role does not allow it.
    NotAllowed {
        /// The role.
        role: Role,
    },
    /// Over a limit.
    Limit {
        /// The limit's name in [`Limits`].
        limit: String,
        /// Its value.
        max: u64,
        /// What was asked for.
        asked: u64,
    },
    /// An edit that is to be taken back isn't the asker's, isn't there, or was taken back already.
    NotUndoable {
        /// Which.
        seq: Seq,
    },
    /// Nothing of the undo is left to do: others have changed or hold all of it since.
    Overtaken {
        /// The records in the way.
        #[serde(with = "drawing::runs")]
        ids: Vec<RecordId>,
    },
    /// The ids of new records were not granted to the asker.
    ForeignIds {
        /// The first such id.
        id: RecordId,
    },
    /// The store can't take it now; the connection stays, and what is held stays held.
    Unavailable {
        /// What is wrong, in words.
        why: String,
    },
}

/// What a server says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ServerMessage {
    /// The first message.
    Welcome(Box<Welcome>),
    /// A piece of the drawing at the welcome's position: pieces joined in order are [`crate::encode_drawing`]'s bytes.
    Snapshot {
        /// Zero-based.
        piece: u32,
        /// How many pieces in all.
        pieces: u32,
        /// The bytes.
        #[serde(with = "crate::codec::binary")]
        bytes: Vec<u8>,
    },
    /// Stored entries, dense and ascending.
    Entries(Vec<Told>),
    /// A part of something else that is said here and is too long for one message.
    Part(Part),
    /// The answer to a request. Comes after the entry itself has been told.
    Answer {
        /// Which request.
        client_seq: ClientSeq,
        /// The answer.
        answer: Answer,
    },
    /// What others show of themselves: the latest of each person since the last time.
    Presence(Vec<(SessionId, Presence)>),
    /// Somebody's connection broke or came back; their session goes on meanwhile.
    Connected {
        /// Whose.
        session: SessionId,
        /// Whether a connection is open.
        connected: bool,
    },
    /// A blob that was asked for, in pieces like a snapshot; no pieces at all if there is no such blob.
    Blob {
        /// Which.
        hash: Hash,
        /// Zero-based.
        piece: u32,
        /// How many pieces in all; 0 if there is no such blob.
        pieces: u32,
        /// The bytes.
        #[serde(with = "crate::codec::binary")]
        bytes: Vec<u8>,
    },
    /// The hash of the drawing at a position, to compare with one's own.
    Check {
        /// Where.
        seq: Seq,
        /// The hash there.
        drawing: DrawingHash,
    },
    /// What one who watches the server sees of it.
    Overview(Box<Overview>),
    /// The server's store does not answer, or answers again: meanwhile nothing is stored and nothing is lost. Requests
    /// are answered when it does.
    Saving {
        /// Whether it is paused.
        paused: bool,
        /// Why, in words for a person; empty when it goes on.
        why: String,
    },
    /// Nothing but "still here".
    Heartbeat,
    /// The connection ends.
    Bye {
        /// Why, in words for a person.
        why: String,
        /// Whether trying again may help.
        retry: bool,
    },
}
