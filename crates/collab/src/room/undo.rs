//! Undo and redo: to take back edits of one's own, leaving alone what others changed or hold since.

use std::collections::BTreeSet;
use std::sync::Arc;

use drawing::{Op, Record, RecordId};
use protocol::{Event, Limits, Refusal, Seq, SessionId};
use serde::Serialize;

use super::decide::{Decision, named, size, store, within};
use super::{Edit, Room};
use crate::shared::FoldError;

/// How many edits of one lineage can be taken back; older ones no longer.
const EDITS_MAX: usize = 1_000;
/// How many bytes the inverses of all edits in a room take, roughly; the oldest go first, never the last one.
const EDIT_BYTES_MAX: u64 = 64 << 20;

impl Room {
    pub(super) fn decide_undo(
        &self,
        session: SessionId,
        root: SessionId,
        entries: &[Seq],
        limits: &Limits,
    ) -> Result<Decision, Refusal> {
        within("records_max", limits.records_max.min(EDITS_MAX as u32), entries.len())?;
        if entries.is_empty() {
            return Ok(Decision::Nothing);
        }
        if let Some(pair) = entries.windows(2).find(|pair| pair[0] <= pair[1]) {
            return Err(Refusal::NotUndoable { seq: pair[1] });
        }
        let (mut parts, mut left) = (Vec::new(), BTreeSet::new());
        for &seq in entries {
            let mine = self.edits.get(&seq).filter(|edit| edit.root == root && !edit.taken_back);
            let edit = mine.ok_or(Refusal::NotUndoable { seq })?;
            let overtaken = |id: &RecordId| self.is_overtaken(session, root, *id, seq);
            let blocked: BTreeSet<_> = named(&edit.inverse).into_iter().filter(overtaken).collect();
            keep(&edit.inverse, &blocked, &mut parts);
            left.extend(blocked);
        }
        let op = match parts.len() {
            0 => return Err(Refusal::Overtaken { ids: left.into_iter().collect() }),
            1 => parts.swap_remove(0),
            _ => Op::Batch(parts),
        };
        within("records_max", limits.records_max, size(&op))?;
        self.may_touch(session, &op)?;
        if self.shared.drawing.clone().apply(&op).is_err() {
            // What is left can't stand without what others have changed: a layer that somebody drew on since.
            left.extend(named(&op));
            return Err(Refusal::Overtaken { ids: left.into_iter().collect() });
        }
        store(Event::Edited { session, op, undoes: entries.to_vec() })
    }

    fn is_overtaken(&self, session: SessionId, root: SessionId, id: RecordId, since: Seq) -> bool {
        let held = self.shared.locks.get(&id).is_some_and(|holding| holding.session != session);
        held || self.changed_by_others(id, root) > since
    }

    /// Keeps what takes an applied edit back, and marks what it took back itself.
    pub(super) fn note_edit(
        &mut self,
        seq: Seq,
        root: SessionId,
        inverse: Option<&Op>,
        undoes: &[Seq],
    ) -> Result<(), FoldError> {
        // One that takes an undo back is a redo, and so an edit again.
        let mut is_undo = false;
        for &undone in undoes {
            let refused = FoldError::NotUndoable { seq, undone };
            let edit = self.edits.get_mut(&undone).filter(|edit| edit.root == root && !edit.taken_back);
            let edit = edit.ok_or(refused)?;
            edit.taken_back = true;
            is_undo |= !edit.is_undo;
        }
        let Some(inverse) = inverse else { return Ok(()) };
        let bytes = weight(inverse);
        let edit = Edit { root, inverse: Arc::new(inverse.clone()), bytes, is_undo, taken_back: false };
        self.edits.insert(seq, edit);
        // What a file says of its edits may be any number.
        self.edit_bytes = self.edit_bytes.saturating_add(bytes);
        let mut overflow = None;
        self.with_lineage(root, |lineage| {
            lineage.edits.insert(seq);
            if undoes.is_empty() {
                lineage.last_fresh = seq;
            }
            if lineage.edits.len() > EDITS_MAX {
                overflow = lineage.edits.get_min().copied();
            }
        });
        overflow.into_iter().for_each(|oldest| self.drop_edit(oldest));
        while self.edit_bytes > EDIT_BYTES_MAX
            && self.edits.len() > 1
            && let Some(&(oldest, _)) = self.edits.get_min()
        {
            self.drop_edit(oldest);
        }
        Ok(())
    }

    fn drop_edit(&mut self, seq: Seq) {
        let Some(edit) = self.edits.remove(&seq) else { return };
        self.edit_bytes = self.edit_bytes.saturating_sub(edit.bytes);
        self.with_lineage(edit.root, |lineage| {
            lineage.edits.remove(&seq);
        });
    }
}

/// The parts of an inverse that leave `blocked` records alone, in order, none of them a batch.
fn keep(op: &Op, blocked: &BTreeSet<RecordId>, parts: &mut Vec<Op>) {
    let records = |records: &[Record]| -> Vec<Record> {
        records.iter().filter(|record| !blocked.contains(&record.id())).cloned().collect()
    };
    let part = match op {
        Op::Batch(ops) => return ops.iter().for_each(|op| keep(op, blocked, parts)),
        Op::New(new) => Op::New(records(new)),
        Op::Change(changed) => Op::Change(records(changed)),
        Op::Remove(ids) => Op::Remove(ids.iter().copied().filter(|id| !blocked.contains(id)).collect()),
        Op::Translate { ids, by } => {
            let ids = ids.iter().copied().filter(|id| !blocked.contains(&RecordId::from(*id))).collect();
            Op::Translate { ids, by: *by }
        }
        // Never part of an edit's inverse: minting is no edit.
        Op::Mint(_) | Op::Unmint(_) => return,
    };
    if size(&part) > 0 {
        parts.push(part);
    }
}

/// Roughly what keeping an op costs. Which edits can be taken back hangs on it, so that it stays what it was before ids
/// were written by their ranges: one by one, as memory holds them.
fn weight(op: &Op) -> u64 {
    64 + count(|to| op.serialize(&mut rmp_serde::Serializer::new(to))) + one_by_one(op)
}

/// How many bytes more an op would have with its ids one by one.
fn one_by_one(op: &Op) -> u64 {
    fn more<I: drawing::runs::Id>(ids: &[I]) -> u64 {
        let all = count(|to| ids.serialize(&mut rmp_serde::Serializer::new(to)));
        all.saturating_sub(count(|to| drawing::runs::serialize(ids, &mut rmp_serde::Serializer::new(to))))
    }
    match op {
        Op::Remove(ids) | Op::Unmint(ids) => more(ids),
        Op::Translate { ids, .. } => more(ids),
        Op::Batch(ops) => ops.iter().map(one_by_one).sum(),
        Op::New(_) | Op::Change(_) | Op::Mint(_) => 0,
    }
}

/// Bytes of an op in a message or an entry.
pub(crate) fn encoded_bytes(op: &Op) -> usize {
    count(|to| op.serialize(&mut rmp_serde::Serializer::new(to).with_struct_map())) as usize
}

/// How many bytes are written.
fn count(write: impl FnOnce(&mut dyn std::io::Write) -> Result<(), rmp_serde::encode::Error>) -> u64 {
    struct Count(u64);
    impl std::io::Write for Count {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0 += bytes.len() as u64;
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let mut count = Count(0);
    // Counting can't fail, and our own types always have a MessagePack form.
    write(&mut count).expect("an op serialises");
    count.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_op_weighs_what_it_did_with_its_ids_one_by_one() {
        // What `rmp_serde` gave for each before there were ranges: a map of one, the name, an array of numbers.
        let removed = |ids: std::ops::Range<u64>| Op::Remove(ids.map(RecordId).collect());
        for (op, weight_before) in [
            (removed(1..1), 64 + 1 + 7 + 1),
            (removed(1..3), 64 + 1 + 7 + 1 + 2),
            (removed(1..9), 64 + 1 + 7 + 1 + 8),
            (removed(1_000..101_000), 64 + 1 + 7 + 5 + 3 * 64_536 + 5 * 35_464),
            (Op::Batch(vec![removed(1..9), removed(1..9)]), 64 + 1 + 6 + 1 + 2 * (1 + 7 + 1 + 8)),
        ] {
            assert_eq!(weight(&op), weight_before);
        }
    }
}
