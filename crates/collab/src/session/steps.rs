//! What can be taken back and redone, as far as the client knows: what is stored by its seq, what waits by its request.

use std::collections::BTreeMap;

use drawing::{Op, RecordId};
use protocol::{ClientSeq, Seq};
use serde::{Deserialize, Serialize};

/// How many of one's own edits are remembered by what they touched.
const TOUCHED_MAX: usize = 1_000;

/// Something that can be taken back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) enum Step {
    /// An entry of the log.
    Stored(Seq),
    /// A request that isn't answered yet.
    Waiting(ClientSeq),
    /// An edit that was taken back before it was ever sent: to redo it is to submit it.
    Local(Op),
}

/// Both stacks, the latest last.
#[derive(Debug, Clone, Default)]
pub(super) struct Steps {
    pub undo: Vec<Step>,
    pub redo: Vec<Step>,
    /// What one's own stored edits touched, to say what an undo left alone.
    touched: BTreeMap<Seq, Vec<RecordId>>,
}

impl Steps {
    /// A request was stored as an entry.
    pub fn stored(&mut self, request: ClientSeq, seq: Seq) {
        for step in self.undo.iter_mut().chain(&mut self.redo) {
            if *step == Step::Waiting(request) {
                *step = Step::Stored(seq);
            }
        }
    }

    /// A request was refused.
    pub fn refused(&mut self, request: ClientSeq) {
        self.undo.retain(|step| *step != Step::Waiting(request));
        self.redo.retain(|step| *step != Step::Waiting(request));
    }

    /// An edit of one's own touched these.
    pub fn note_touched(&mut self, seq: Seq, touched: &[RecordId]) {
        self.touched.insert(seq, touched.to_vec());
        if self.touched.len() > TOUCHED_MAX {
            self.touched.pop_first();
        }
    }

    /// What the taking back of `entries` left alone, where it touched these.
    pub fn left_alone(&self, entries: &[Seq], touched: &[RecordId]) -> Vec<RecordId> {
        let before = entries.iter().filter_map(|seq| self.touched.get(seq)).flatten().copied();
        let left: std::collections::BTreeSet<_> = before.filter(|id| touched.binary_search(id).is_err()).collect();
        left.into_iter().collect()
    }
}
