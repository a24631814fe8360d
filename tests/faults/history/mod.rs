//! What clients did and saw over their sockets, in the order in which it happened, and the checker that holds it against
//! the log that is left in the end. The clients are many and the noting is one list under one lock: what stands later in
//! it happened later, and what is asked is noted before it is sent, what is heard after it came.
//!
//! The log says in which order things were decided; the checker asks whether that order, and everything that anybody was
//! told, can be true.

mod check;
mod doctored;
mod edits;
mod ledger;
mod locks;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use collab::{Room, StoredPayload};
use drawing::{Drawing, DrawingHash};
use protocol::{Answer, ClientSeq, Event, Hash, LogId, Position, Request, Seq, SessionId, Told};

pub use check::{Summary, check};

/// Something that a window did or saw.
#[derive(Debug, Clone)]
pub struct Record {
    /// Which window, from its start to its end, over however many connections.
    pub window: usize,
    /// When, since the history began.
    pub at_us: u64,
    /// What.
    pub what: What,
}

/// What a window does and sees.
#[derive(Debug, Clone)]
pub enum What {
    /// It says hello over a new connection.
    Hello,
    /// It is in.
    Welcomed {
        /// As whom.
        session: SessionId,
        /// Where the room stands.
        position: Position,
        /// What of its requests is stored, and where.
        stored: Vec<(ClientSeq, Seq)>,
    },
    /// It asks, for the first time or again.
    Asked {
        /// The request's number.
        request: ClientSeq,
        /// What it asks for.
        what: Request,
    },
    /// It has an answer.
    Answered {
        /// The request's number.
        request: ClientSeq,
        /// The answer.
        answer: Answer,
    },
    /// It is told an entry.
    Told {
        /// Its place.
        seq: Seq,
        /// Its hash.
        hash: Hash,
    },
    /// It heard the answer to a heartbeat: the server heard of it at this time or later.
    Alive {
        /// When it said the heartbeat.
        said_us: u64,
    },
    /// Its connection is gone.
    Lost,
    /// It is done, and holds this.
    Done {
        /// The last entry that it applied.
        position: Position,
        /// The drawing that it confirmed there.
        drawing: DrawingHash,
        /// Edits that have no answer yet.
        waiting: usize,
    },
}

/// A history while it is being written.
#[derive(Debug, Clone)]
pub struct Notes {
    began: Instant,
    records: Arc<Mutex<Vec<Record>>>,
}

impl Notes {
    /// An empty one.
    pub fn begin() -> Notes {
        Notes { began: Instant::now(), records: Arc::default() }
    }

    /// Microseconds since it began.
    pub fn now_us(&self) -> u64 {
        self.began.elapsed().as_micros() as u64
    }

    /// Notes what happened just now.
    pub fn note(&self, window: usize, what: What) {
        let mut records = self.records.lock().unwrap_or_else(PoisonError::into_inner);
        records.push(Record { window, at_us: self.now_us(), what });
    }

    /// All of it so far.
    pub fn records(&self) -> Vec<Record> {
        self.records.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// A log as it was found in the end.
#[derive(Debug, Clone)]
pub struct Log {
    /// Which.
    pub id: LogId,
    /// Its entries, from the first on.
    pub entries: Vec<StoredPayload>,
    /// The drawing that it begins with.
    pub drawing: Drawing,
}

impl Log {
    /// What the entries say of when they were decided, for people to read.
    pub fn times(&self) -> Vec<u64> {
        let entries = self.entries.iter().filter_map(|stored| protocol::decode_entry(&stored.payload).ok());
        entries.map(|entry| entry.time_ms).collect()
    }

    /// An entry as it is told.
    fn told(&self, stored: &StoredPayload) -> Result<Told, String> {
        let entry =
            protocol::decode_entry(&stored.payload).map_err(|error| format!("entry {}: {error}", stored.seq))?;
        Ok(Told { seq: stored.seq, hash: stored.hash, entry })
    }

    /// The room as the first entry leaves it.
    fn first_room(&self) -> Result<Room, String> {
        let first = self.entries.first().ok_or("the log is empty")?;
        Room::start(self.id, &self.told(first)?, self.drawing.clone())
            .map_err(|error| format!("the log starts: {error}"))
    }

    /// Who made each session, by what it carries on: its first ancestor.
    fn first_of(&self) -> Result<std::collections::BTreeMap<SessionId, SessionId>, String> {
        let mut first = std::collections::BTreeMap::new();
        for stored in &self.entries {
            if let Event::Joined { carries_on, .. } = self.told(stored)?.entry.event {
                let me = SessionId(stored.seq);
                let root = carries_on.and_then(|past| first.get(&past).copied()).unwrap_or(me);
                first.insert(me, root);
            }
        }
        Ok(first)
    }
}
