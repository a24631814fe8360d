//! The room: the fold over a log. What is stored is applied, and nothing else; what is asked for is decided, and
//! nothing is changed by deciding.

mod checkpoint;
mod comments;
mod decide;
mod lineage;
mod overriding;
mod queue;
mod roles;
mod undo;

use std::sync::Arc;

use drawing::{Drawing, IdRange, Op, RecordId};
use imbl::{OrdMap, OrdSet};
use protocol::{ClientSeq, Epoch, Event, Hash, LogId, Position, ResumeKey, Role, Seq, SessionId, Told};
use serde::{Deserialize, Serialize};

use crate::claims::Claims;
use crate::shared::{Applied, FoldError, Shared, Tried, add_range};

pub use checkpoint::CheckpointError;
pub use comments::is_said;
pub use decide::Decision;
pub(crate) use decide::{named, request_size};
use lineage::Lineage;
pub(crate) use roles::Comer;
use roles::Standings;
pub(crate) use undo::encoded_bytes;

/// How many ids come with joining.
pub const IDS_WITH_JOINING: u32 = 1_024;

/// Which entry last touched a record, and which one last did so that was somebody else's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Version {
    /// The last entry that touched it.
    seq: Seq,
    /// Whose that was.
    by: SessionId,
    /// The last entry that touched it and was not theirs; 0 if there is none.
    before: Seq,
}

/// An edit that can be taken back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Edit {
    /// Whose it is: a root, see [`Lineage`].
    root: SessionId,
    /// What takes it back, as of when it was applied.
    inverse: Arc<Op>,
    /// Roughly what keeping it costs.
    bytes: u64,
    /// It took an edit back itself; taking it back is to redo.
    is_undo: bool,
    /// It was taken back.
    taken_back: bool,
}

/// A room at one position of its log. Cloning is O(1), so that a clone serves to decide on top of what isn't stored
/// yet, as a checkpoint, and to look back.
#[derive(Debug, Clone)]
pub struct Room {
    shared: Shared,
    title: String,
    source: Option<Hash>,
    original: Hash,
    /// No id from here on was ever granted or in use.
    next_id: RecordId,
    /// Records that were touched since the log started, those that are gone too.
    versions: OrdMap<RecordId, Version>,
    /// What sessions have besides what everybody sees, by root.
    lineages: OrdMap<SessionId, Arc<Lineage>>,
    /// The root of every session that is kept in a lineage.
    roots: OrdMap<SessionId, SessionId>,
    /// Lineages without a live session, by the entry that ended them.
    ended: OrdMap<Seq, SessionId>,
    edits: OrdMap<Seq, Edit>,
    edit_bytes: u64,
    standings: Standings,
}

impl Room {
    /// The room after the first entry of a log, with the drawing that this entry names.
    pub fn start(log: LogId, first: &Told, drawing: Drawing) -> Result<Room, FoldError> {
        let Event::Created { title, source, snapshot, drawing: hash } = &first.entry.event else {
            return Err(FoldError::Start(first.seq));
        };
        if first.seq != Seq(1) {
            return Err(FoldError::NotNext { expected: Seq(1), found: first.seq });
        }
        if drawing.hash() != *hash {
            return Err(FoldError::OtherDrawing);
        }
        let next_id = drawing.id_max().0.checked_add(1).ok_or(FoldError::Ids(first.seq))?;
        Ok(Room {
            next_id: RecordId(next_id),
            shared: Shared {
                position: Position { log, seq: first.seq, head: first.hash },
                drawing,
                members: OrdMap::new(),
                locks: OrdMap::new(),
                claims: Claims::default(),
            },
            title: title.clone(),
            source: *source,
            original: *snapshot,
            versions: OrdMap::new(),
            lineages: OrdMap::new(),
            roots: OrdMap::new(),
            ended: OrdMap::new(),
            edits: OrdMap::new(),
            edit_bytes: 0,
            standings: Standings::default(),
        })
    }

    /// Applies the stored entry that comes next, whole or not at all.
    pub fn apply(&mut self, told: &Told) -> Result<Applied, FoldError> {
        let mut next = self.clone();
        let applied = next.apply_or_spoil(told)?;
        *self = next;
        Ok(applied)
    }

    /// Checks that a payload continues the chain, reads it and applies it.
    pub fn apply_payload(&mut self, seq: Seq, hash: Hash, payload: &[u8]) -> Result<(Told, Applied), FoldError> {
        let expected = self.shared.position.after(payload);
        if seq != expected.seq {
            return Err(FoldError::NotNext { expected: expected.seq, found: seq });
        }
        if hash != expected.head {
            return Err(FoldError::Chain(seq));
        }
        let entry =
            protocol::decode_entry(payload).map_err(|error| FoldError::Unreadable { seq, why: error.to_string() })?;
        let told = Told { seq, hash, entry };
        let applied = self.apply(&told)?;
        Ok((told, applied))
    }

    /// As [`Room::apply`], for one who throws the room away after an error: it is left half changed then.
    pub(crate) fn apply_or_spoil(&mut self, told: &Told) -> Result<Applied, FoldError> {
        self.apply_tried(told, None)
    }

    /// The same, with what deciding found out by trying the entry's op on this room.
    pub(crate) fn apply_tried(&mut self, told: &Told, tried: Option<Tried>) -> Result<Applied, FoldError> {
        let seq = told.seq;
        let applied = self.shared.apply_tried(told, tried)?;
        match &told.entry.event {
            Event::Joined { ids, resume_lock, carries_on, .. } => {
                self.take_ids(seq, *ids)?;
                let session = SessionId(seq);
                let root = carries_on.and_then(|past| self.roots.get(&past).copied()).unwrap_or(session);
                self.join_lineage(root, session, *resume_lock);
                self.with_lineage(root, |lineage| add_range(&mut lineage.ranges, *ids));
            }
            Event::Gone { session, .. } => self.end_lineage(seq, *session),
            Event::Granted { session, ids } => {
                self.take_ids(seq, *ids)?;
                let root = self.root(seq, *session)?;
                self.with_lineage(root, |lineage| add_range(&mut lineage.ranges, *ids));
            }
            Event::Edited { session, op, undoes } => {
                let root = self.root(seq, *session)?;
                if !matches!(op, Op::Mint(_)) {
                    self.note_versions(seq, root, &applied.touched);
                    self.note_edit(seq, root, applied.inverse.as_ref(), undoes)?;
                }
            }
            Event::Renamed { title, .. } => self.title.clone_from(title),
            Event::Banned { sessions, .. } => self.end_lineages(seq, sessions),
            Event::Created { .. } | Event::Resumed { .. } | Event::Locked { .. } | Event::Unlocked { .. } => {}
            Event::Queued { .. } | Event::Withdrawn { .. } | Event::HandedOver { .. } | Event::Declined { .. } => {}
            Event::Overriding { .. } | Event::CalledOff { .. } => {}
            Event::RoleChanged { .. } | Event::BanLifted { .. } => {}
        }
        self.note_standing(told);
        if let Some(author) = &told.entry.author {
            let root = self.root(seq, author.session)?;
            self.with_lineage(root, |lineage| lineage.note_stored(author.client_seq, seq, author.floor));
        }
        Ok(applied)
    }

    fn take_ids(&mut self, seq: Seq, ids: IdRange) -> Result<(), FoldError> {
        let end = ids.first.0.checked_add(u64::from(ids.len));
        match end {
            Some(end) if ids.first == self.next_id => {
                self.next_id = RecordId(end);
                Ok(())
            }
            _ => Err(FoldError::Ids(seq)),
        }
    }

    fn note_versions(&mut self, seq: Seq, root: SessionId, touched: &[RecordId]) {
        for &id in touched {
            let before = match self.versions.get(&id) {
                Some(known) if known.by == root => known.before,
                Some(known) => known.seq,
                None => Seq(0),
            };
            self.versions.insert(id, Version { seq, by: root, before });
        }
    }

    /// The last entry that touched a record and was not of this lineage; 0 if there is none.
    fn changed_by_others(&self, id: RecordId, root: SessionId) -> Seq {
        match self.versions.get(&id) {
            Some(known) if known.by == root => known.before,
            Some(known) => known.seq,
            None => Seq(0),
        }
    }

    /// Where it stands.
    pub fn position(&self) -> Position {
        self.shared.position
    }

    /// What everybody in it sees.
    pub fn shared(&self) -> &Shared {
        &self.shared
    }

    /// The drawing.
    pub fn drawing(&self) -> &Drawing {
        &self.shared.drawing
    }

    /// The drawing's name for people.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// The file that the drawing was read from: a blob of the log.
    pub fn source(&self) -> Option<Hash> {
        self.source
    }

    /// The drawing as it was read: a blob of the log.
    pub fn original(&self) -> Hash {
        self.original
    }

    /// The epoch of a session that lives.
    pub fn epoch(&self, session: SessionId) -> Option<Epoch> {
        self.shared.members.get(&session).map(|member| member.epoch)
    }

    /// As which entry a request was stored, if it was and the client hasn't said that it knows.
    pub fn stored_as(&self, session: SessionId, client_seq: ClientSeq) -> Option<Seq> {
        self.lineage_of(session)?.stored.get(&client_seq).copied()
    }

    /// All stored requests above the floor, and the floor.
    pub fn stored_requests(&self, session: SessionId) -> (Vec<(ClientSeq, Seq)>, ClientSeq) {
        self.lineage_of(session).map_or((Vec::new(), ClientSeq::default()), |lineage| {
            (lineage.stored.iter().map(|(request, seq)| (*request, *seq)).collect(), lineage.floor)
        })
    }

    /// The highest request that the client said is answered, with all before it.
    pub fn floor_of(&self, session: SessionId) -> ClientSeq {
        self.lineage_of(session).map_or(ClientSeq::default(), |lineage| lineage.floor)
    }

    /// The highest request that was stored; what isn't stored below it was refused.
    pub fn highest_stored(&self, session: SessionId) -> ClientSeq {
        self.lineage_of(session).map_or(ClientSeq::default(), |lineage| {
            lineage.stored.get_max().map_or(lineage.floor, |(highest, _)| lineage.floor.max(*highest))
        })
    }

    /// The ids that were granted to a session and those that it carries on.
    pub fn ids_of(&self, session: SessionId) -> Vec<IdRange> {
        self.lineage_of(session).map_or(Vec::new(), |lineage| lineage.ranges.clone())
    }

    /// Edits that a session can take back, and undos that it can redo, oldest first.
    pub fn undoable(&self, session: SessionId) -> (Vec<Seq>, Vec<Seq>) {
        let Some(lineage) = self.lineage_of(session) else { return (Vec::new(), Vec::new()) };
        let open = lineage.edits.iter().filter_map(|seq| self.edits.get(seq).map(|edit| (*seq, edit)));
        let open = open.filter(|(_, edit)| !edit.taken_back);
        let (undos, edits): (Vec<_>, Vec<_>) = open.partition(|(_, edit)| edit.is_undo);
        let redoable = undos.into_iter().map(|(seq, _)| seq).filter(|seq| *seq > lineage.last_fresh);
        (edits.into_iter().map(|(seq, _)| seq).collect(), redoable.collect())
    }

    /// The lineage of the session that a client says it had, if its key fits.
    pub(crate) fn proven_root(&self, session: SessionId, key: Option<ResumeKey>) -> Option<SessionId> {
        let lock = key.map(ResumeKey::lock);
        let root = *self.roots.get(&session)?;
        self.lineages.get(&root).filter(|lineage| lock.is_some() && lineage.resume_lock == lock).map(|_| root)
    }

    /// What is known of the session that a client says it had, if its key fits.
    pub fn past_of(&self, session: SessionId, key: Option<ResumeKey>, role: Role) -> Past {
        let lock = key.map(ResumeKey::lock);
        let Some(lineage) = self.lineage_of(session).filter(|lineage| lock.is_some() && lineage.resume_lock == lock)
        else {
            return Past::Unknown;
        };
        match lineage.live {
            None => Past::Ended,
            Some(live) if self.shared.members.get(&live).is_some_and(|member| member.role == role) => Past::Lives(live),
            Some(_) => Past::Unknown,
        }
    }

    /// The ids that the next one to join is given.
    pub fn ids_for_joining(&self) -> IdRange {
        IdRange { first: self.next_id, len: IDS_WITH_JOINING }
    }

    /// The colour that fewest people have, the lowest of those.
    pub fn free_color(&self) -> u8 {
        let count = |color: &u8| self.shared.members.values().filter(|member| member.color == *color).count();
        (0..8).min_by_key(count).unwrap_or(0)
    }
}

/// What a room knows of a session that somebody says was theirs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Past {
    /// Nothing, or it was somebody else's.
    Unknown,
    /// It ended; another may carry it on.
    Ended,
    /// It goes on under this name: its own, or that of one that carries it on.
    Lives(SessionId),
}

/// A set of seqs; ordered.
type Seqs = OrdSet<Seq>;
