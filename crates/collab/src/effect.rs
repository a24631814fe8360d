//! What goes into a desk and what it wants done: the whole of what a server performs and a simulation plays.

use std::sync::Arc;

use drawing::Drawing;
use protocol::{Came, ClientMessage, Hash, Hello, Millis, Position, Presence, Role, Seq, ServerMessage, SessionId};

/// A connection, as the server numbers them: never the same twice in the life of a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ConnId(pub u64);

/// A log entry to be stored.
#[derive(Debug, Clone, PartialEq)]
pub struct NewPayload {
    /// The encoded entry ([`protocol::encode_entry`]).
    pub payload: Vec<u8>,
    /// When it was decided, by the clock, for people.
    pub time_ms: Millis,
    /// Whose it is, for people: a name, or empty for the room itself.
    pub author: String,
    /// [`protocol::Event::kind`].
    pub kind: &'static str,
}

/// A log entry as the store gave it back.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredPayload {
    /// Its place.
    pub seq: Seq,
    /// Its hash.
    pub hash: Hash,
    /// The encoded entry.
    pub payload: Vec<u8>,
}

/// The store's answer to an append.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AppendAnswer {
    /// All of it is durable; the log's head is here now.
    Stored(Position),
    /// None of it was stored: the head was not where the append said. It is here.
    Behind(Position),
    /// Nobody knows: it may be stored, may be in the future, may never be.
    Unknown,
    /// None of it was stored and none of it will be: the store can't write now (a full disk), for this reason.
    Failed(&'static str),
}

/// What happens to a desk.
#[derive(Debug, Clone, PartialEq)]
pub enum Input {
    /// Someone whose secret was checked asks to come in.
    Hello {
        /// Over which connection.
        conn: ConnId,
        /// What they said.
        hello: Hello,
        /// What their secret lets them do.
        role: Role,
        /// By what they come.
        came: Came,
    },
    /// Someone who came in says something else than hello.
    Message {
        /// Over which connection.
        conn: ConnId,
        /// What they said.
        message: ClientMessage,
        /// How long it was on the wire; 0 within the process.
        bytes: usize,
    },
    /// A connection ended; its session's grace starts, unless the session goes on over another.
    Closed {
        /// Which.
        conn: ConnId,
    },
    /// A connection's queue of outgoing messages overflowed and was emptied: it must catch up from the log.
    Overflowed {
        /// Which.
        conn: ConnId,
    },
    /// The answer to [`Effect::Append`].
    Appended(AppendAnswer),
    /// The answer to [`Effect::Read`]: some entries after that place, dense; empty at the log's head.
    Read {
        /// The entries.
        entries: Vec<StoredPayload>,
        /// The log's head when they were read.
        head: Position,
    },
    /// The store could not be read now; the desk asks again at a later tick.
    ReadFailed,
    /// Somebody appended to this log, perhaps this very node; its head is or was here.
    Woken {
        /// Where the head was.
        head: Position,
    },
    /// The answer to [`Effect::Attend`].
    Attended {
        /// Who is connected at other nodes.
        elsewhere: Vec<SessionId>,
        /// The log's head.
        head: Position,
    },
    /// The store did not answer to [`Effect::Attend`]; the desk asks again.
    AttendFailed,
    /// Somebody came or went at another node, or signals may have been missed.
    Stirred,
    /// What people at other nodes show of themselves.
    Shown {
        /// The latest of each.
        latest: Vec<(SessionId, Presence)>,
    },
    /// Time passes; given at least every 100 ms while anybody is connected or any session lives.
    Tick,
}

/// What a desk wants done. In order, but for appends, reads and looks at other nodes, which answer later; at most one of
/// each is under way at a time.
#[derive(Debug, Clone)]
pub enum Effect {
    /// Store these entries if the log's head is exactly `after`, durably, then say so with [`Input::Appended`].
    Append {
        /// Where the head must be.
        after: Position,
        /// What to store, in order.
        payloads: Vec<NewPayload>,
    },
    /// Read entries after this place for the room itself, and answer with [`Input::Read`].
    Read {
        /// The last entry that is known.
        after: Seq,
    },
    /// Tell the other nodes who is connected here, find out who is connected there, and answer with
    /// [`Input::Attended`] or [`Input::AttendFailed`]. Wanted only where [`crate::Settings::shared`].
    Attend {
        /// Sessions with an open connection here, ascending.
        here: Vec<SessionId>,
    },
    /// Show the people at other nodes what people here show; may be dropped for something newer.
    ShowElsewhere {
        /// The latest of each.
        latest: Vec<(SessionId, Presence)>,
    },
    /// Send a message to each of these connections; encoded once an encoding.
    Send {
        /// To whom, ascending.
        to: Vec<ConnId>,
        /// What.
        message: Arc<ServerMessage>,
    },
    /// Send presence: may be dropped for a newer one if the connection is busy, and never fills its queue.
    SendPresence {
        /// To whom, ascending.
        to: Vec<ConnId>,
        /// A [`ServerMessage::Presence`].
        message: Arc<ServerMessage>,
    },
    /// Send this frozen drawing as [`ServerMessage::Snapshot`] pieces, or hand it over as it is within one process.
    /// What is sent to this connection after this effect goes out after the last piece.
    SendSnapshot {
        /// To whom.
        to: ConnId,
        /// What.
        drawing: Drawing,
    },
    /// Send a stretch of the log to one who catches up, as [`ServerMessage::Entries`]: everything after `after` up to
    /// and with `upto`. What is sent to this connection after this effect goes out after the last entry of it.
    SendLog {
        /// To whom.
        to: ConnId,
        /// The last entry that they have.
        after: Seq,
        /// The last entry that they need before the live ones.
        upto: Seq,
    },
    /// Send a blob of the log as [`ServerMessage::Blob`] pieces.
    SendBlob {
        /// To whom.
        to: ConnId,
        /// Which.
        hash: Hash,
    },
    /// Keep this checkpoint; encoding and writing it may take its time, elsewhere.
    SaveCheckpoint {
        /// The whole room, frozen.
        room: Arc<crate::Room>,
    },
    /// End a connection after what was sent to it has gone out, with a [`ServerMessage::Bye`] as the last message. No
    /// [`Input::Closed`] has to follow.
    Close {
        /// Which.
        conn: ConnId,
        /// Why, in words.
        why: String,
        /// Whether trying again may help.
        retry: bool,
    },
}
