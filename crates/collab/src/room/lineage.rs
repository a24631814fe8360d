//! Lineages: what belongs to a person at work across sessions. One who was away for longer than the grace comes back
//! as a new session that carries the old one on: its requests are still stored exactly once, its ids and undos are
//! still its own. Two windows of one installation are two lineages, so neither's numbers are taken for the other's.

use std::sync::Arc;

use drawing::{IdRange, RecordId};
use imbl::OrdMap;
use protocol::{ClientSeq, Hash, Seq, SessionId};
use serde::{Deserialize, Serialize};

use super::{Room, Seqs};
use crate::shared::FoldError;

/// How many lineages without a live session are kept; those that ended longest ago go first.
const ENDED_MAX: usize = 1_024;
/// How many sessions of one lineage are known by name.
const SESSIONS_MAX: usize = 16;
/// How many stored requests of one lineage are kept, if the client never says that it knows of them.
const STORED_MAX: usize = 4_096;

/// What belongs to one person at work, across the sessions that carry one another on. Its root is the first of them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Lineage {
    /// What the key must fit of whoever goes on with it; none where nobody can.
    pub resume_lock: Option<Hash>,
    /// Its sessions, oldest first; the last one is the latest.
    pub sessions: Vec<SessionId>,
    /// The one that lives.
    pub live: Option<SessionId>,
    /// Requests up to here are answered, and the client knows.
    pub floor: ClientSeq,
    /// Stored requests above the floor.
    pub stored: OrdMap<ClientSeq, Seq>,
    /// Ids for what it makes, ascending.
    pub ranges: Vec<IdRange>,
    /// Its entries in the room's `edits`.
    pub edits: Seqs,
    /// Its last edit that was neither undo nor redo: no undo before it can be redone.
    pub last_fresh: Seq,
    /// The owner who ended its last session: it is not gone on with by itself.
    #[serde(default)]
    pub removed_by: Option<String>,
}

impl Lineage {
    pub fn note_stored(&mut self, request: ClientSeq, seq: Seq, floor: ClientSeq) {
        self.stored.insert(request, seq);
        self.floor = self.floor.max(floor);
        while let Some(&(oldest, _)) = self.stored.get_min()
            && (oldest <= self.floor || self.stored.len() > STORED_MAX)
        {
            self.floor = self.floor.max(oldest);
            self.stored.remove(&oldest);
        }
    }

    pub fn owns(&self, id: RecordId) -> bool {
        let after = self.ranges.partition_point(|range| range.first <= id);
        after > 0 && self.ranges[after - 1].contains(id)
    }
}

impl Room {
    pub(super) fn root(&self, seq: Seq, session: SessionId) -> Result<SessionId, FoldError> {
        self.roots.get(&session).copied().ok_or(FoldError::UnknownSession { seq, session })
    }

    pub(super) fn lineage_of(&self, session: SessionId) -> Option<&Lineage> {
        self.lineages.get(self.roots.get(&session)?).map(|lineage| &**lineage)
    }

    pub(super) fn with_lineage(&mut self, root: SessionId, change: impl FnOnce(&mut Lineage)) {
        if let Some(lineage) = self.lineages.get_mut(&root) {
            change(Arc::make_mut(lineage));
        }
    }

    pub(super) fn join_lineage(&mut self, root: SessionId, session: SessionId, resume_lock: Option<Hash>) {
        let fresh = || Lineage {
            resume_lock,
            sessions: Vec::new(),
            live: None,
            floor: ClientSeq::default(),
            stored: OrdMap::new(),
            ranges: Vec::new(),
            edits: Seqs::new(),
            last_fresh: Seq(0),
            removed_by: None,
        };
        let mut lineage = self.lineages.get(&root).map_or_else(fresh, |known| Lineage::clone(known));
        lineage.resume_lock = resume_lock;
        lineage.live = Some(session);
        lineage.removed_by = None;
        lineage.sessions.push(session);
        self.roots.insert(session, root);
        if lineage.sessions.len() > SESSIONS_MAX {
            // The root's own name stays: it is the key.
            let forgotten = lineage.sessions.remove(1);
            self.roots.remove(&forgotten);
        }
        self.lineages.insert(root, Arc::new(lineage));
        let ended = self.ended.iter().find(|(_, each)| **each == root).map(|(seq, _)| *seq);
        ended.map(|seq| self.ended.remove(&seq));
    }

    pub(super) fn end_lineage(&mut self, seq: Seq, session: SessionId) {
        let Some(&root) = self.roots.get(&session) else { return };
        self.with_lineage(root, |lineage| {
            if lineage.live == Some(session) {
                lineage.live = None;
            }
        });
        self.ended.insert(seq, root);
        while self.ended.len() > ENDED_MAX
            && let Some(&(at, oldest)) = self.ended.get_min()
        {
            self.ended.remove(&at);
            self.forget(oldest);
        }
    }

    /// Sessions that end by one entry. The first is kept under that entry; the others under the one that began them,
    /// which no session ended by.
    pub(super) fn end_lineages(&mut self, seq: Seq, sessions: &[SessionId]) {
        for (n, session) in sessions.iter().enumerate() {
            self.end_lineage(if n == 0 { seq } else { session.0 }, *session);
        }
    }

    fn forget(&mut self, root: SessionId) {
        let Some(lineage) = self.lineages.remove(&root) else { return };
        lineage.sessions.iter().for_each(|session| {
            self.roots.remove(session);
        });
        for seq in &lineage.edits {
            if let Some(edit) = self.edits.remove(seq) {
                self.edit_bytes -= edit.bytes;
            }
        }
    }
}
