//! Changes that the room did not take: kept with the reason until one applies them again or discards them, all or one by
//! one.

use std::collections::BTreeMap;

use collab::is_said;
use drawing::{EntityId, Op, Record, RecordId};
use serde::{Deserialize, Serialize};

use super::{Document, Hindrance, history};

/// Changes that may wait to be looked at; beyond that no more are made.
pub(super) const UNDONE_MAX: usize = 1_000;

/// A change that was shown and then not done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Undone {
    /// What tells it from the others of its drawing, in this run of the program.
    #[serde(skip)]
    pub number: u64,
    /// The change.
    pub op: Op,
    /// What it was, in short words.
    pub what: String,
    /// Why it was not done, in words.
    pub why: String,
}

/// All of a drawing, oldest first.
#[derive(Debug, Default)]
pub struct Drafts {
    list: Vec<Undone>,
    last: u64,
    /// By their old numbers, what was drawn again: for changes to it that were not done either.
    renumbered: BTreeMap<RecordId, RecordId>,
    /// Goes up whenever there are others than before.
    revision: u64,
    /// The one that is pointed at, in the list or on the canvas.
    pub lit: Option<u64>,
}

impl Drafts {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// All of them, oldest first.
    pub fn iter(&self) -> impl Iterator<Item = &Undone> {
        self.list.iter()
    }

    /// Goes up whenever there are others than before.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// Puts one behind the others.
    pub fn push(&mut self, op: Op, what: String, why: String) {
        self.last += 1;
        self.put(Undone { number: self.last, op, what, why });
    }

    fn put(&mut self, undone: Undone) {
        self.list.push(undone);
        self.revision += 1;
    }

    /// Takes out the one of this number, or all.
    fn take(&mut self, which: Option<u64>) -> Vec<Undone> {
        self.revision += 1;
        let is_meant = |draft: &Undone| which.is_none_or(|number| draft.number == number);
        let (taken, left) = std::mem::take(&mut self.list).into_iter().partition(is_meant);
        self.list = left;
        self.lit = self.lit.filter(|lit| self.list.iter().any(|draft| draft.number == *lit));
        taken
    }
}

impl Document {
    /// Takes over what the session's room refused.
    pub(super) fn keep_drafts(&mut self) {
        for draft in self.session.take_drafts() {
            // Handles are given for a file; that one is written.
            if matches!(draft.op, Op::Mint(_)) {
                tracing::warn!(refusal = ?draft.refusal, "handles given while saving are not in the room");
                continue;
            }
            let what = history::op_words(&draft.op);
            let why = self.refusal_words(&draft.refusal);
            self.drafts.push(draft.op, what, why);
        }
    }

    /// Makes the change of this number that was not done, or all, as if they were made now. What still can't be done stays,
    /// with the reason. Returns how many were made.
    pub fn apply_drafts(&mut self, which: Option<u64>) -> usize {
        let mut made = 0;
        let mut renumbered = std::mem::take(&mut self.drafts.renumbered);
        for draft in self.drafts.take(which) {
            match self.apply_draft(draft.op.clone(), &mut renumbered) {
                Ok(()) => made += 1,
                Err(hindrance) => {
                    let why = match hindrance {
                        Hindrance::Held { who, .. } => who,
                        Hindrance::Other(why) => why,
                    };
                    self.drafts.put(Undone { why, ..draft });
                }
            }
        }
        self.drafts.list.sort_by_key(|draft| draft.number);
        self.drafts.renumbered = if self.drafts.is_empty() { BTreeMap::new() } else { renumbered };
        self.touched();
        made
    }

    fn apply_draft(&mut self, op: Op, renumbered: &mut BTreeMap<RecordId, RecordId>) -> Result<(), Hindrance> {
        if is_said(&op, self.session.drawing()) {
            // A number that was refused was not used.
            return if self.may_comment() { self.submit_said(op) } else { Err(Hindrance::Other(self.why_not())) };
        }
        if !self.may_edit() {
            return Err(Hindrance::Other(self.why_not()));
        }
        let op = match op {
            Op::New(records) => {
                // Numbers are used once: what is drawn again is drawn with new ones.
                let entities = records.iter().filter(|record| matches!(record, Record::Entity(_))).count();
                let fresh = self
                    .session
                    .take_ids(entities)
                    .ok_or_else(|| Hindrance::Other("the server has to grant numbers for new things first".into()))?;
                let mut fresh = fresh.into_iter();
                let records = records.into_iter().map(|record| match record {
                    Record::Entity(mut entity) => {
                        if let Some(id) = fresh.next() {
                            renumbered.insert(RecordId(entity.id.0), id);
                            entity.id = EntityId(id.0);
                        }
                        Record::Entity(entity)
                    }
                    other => other,
                });
                Op::New(records.collect())
            }
            op => with_numbers(op, renumbered),
        };
        self.submit(op)
    }

    /// Drops the change of this number that was not done, or all.
    pub fn discard_drafts(&mut self, which: Option<u64>) {
        self.drafts.take(which);
        self.touched();
    }

    /// Why nothing can be changed now.
    pub(super) fn why_not(&self) -> String {
        match self.session.status() {
            collab::Status::Ended { why, .. } => {
                format!("The room is closed ({why}); save a copy to keep what you see")
            }
            _ if self.is_looking_back() => "You look at the past, where nothing can be changed".into(),
            _ if self.is_here() => self.role_hinders().unwrap_or("You may look at this drawing, not change it").into(),
            _ => "The drawing is not here yet".into(),
        }
    }
}

/// An op on what was renumbered.
fn with_numbers(op: Op, renumbered: &BTreeMap<RecordId, RecordId>) -> Op {
    let now = |id: RecordId| renumbered.get(&id).copied().unwrap_or(id);
    match op {
        Op::Change(records) => Op::Change(
            records
                .into_iter()
                .map(|record| match record {
                    Record::Entity(mut entity) => {
                        entity.id = EntityId(now(RecordId(entity.id.0)).0);
                        Record::Entity(entity)
                    }
                    other => other,
                })
                .collect(),
        ),
        Op::Remove(ids) => Op::Remove(ids.into_iter().map(now).collect()),
        Op::Translate { ids, by } => {
            Op::Translate { ids: ids.into_iter().map(|id| EntityId(now(RecordId(id.0)).0)).collect(), by }
        }
        Op::Batch(ops) => Op::Batch(ops.into_iter().map(|op| with_numbers(op, renumbered)).collect()),
        other => other,
    }
}
