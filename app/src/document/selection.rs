//! Selecting: it always succeeds, and asks for locks on what it holds.

use drawing::{EntityId, RecordId};

use super::Document;
use crate::action::Pick;

/// Up to so many selected entities are locked at once; more when they are first changed.
pub const LOCKED_MAX: usize = 200;

impl Document {
    /// Adds to the selection, or takes from it.
    pub fn select(&mut self, ids: &[EntityId], pick: Pick) {
        match pick {
            Pick::Add => {
                let new: Vec<_> = ids.iter().copied().filter(|id| self.selection.insert(*id)).collect();
                if self.selection.len() <= LOCKED_MAX && self.may_edit() {
                    // What others hold would make the room refuse the rest with it.
                    let free = new.into_iter().map(|id| RecordId(id.0)).filter(|id| !self.is_others(*id)).collect();
                    self.session.lock(free);
                }
            }
            Pick::Remove => {
                let gone: Vec<_> = ids.iter().copied().filter(|id| self.selection.remove(id)).collect();
                self.session.unlock(gone.into_iter().map(|id| RecordId(id.0)).collect());
            }
        }
        self.touched();
    }

    /// Lets go of all that is selected.
    pub fn select_none(&mut self) {
        let all: Vec<_> = std::mem::take(&mut self.selection).into_iter().map(|id| RecordId(id.0)).collect();
        self.session.unlock(all);
        self.touched();
    }

    /// Lets go of what one holds and does not work on any more: what one made, or brought back by an undo.
    pub fn let_go_of_the_rest(&mut self) {
        if self.tool.is_some() || !std::mem::take(&mut self.locks_changed) {
            return;
        }
        let held = self.session.locks().map(|(id, _)| id);
        let rest = held.filter(|id| self.session.is_mine(*id) && !self.selection.contains(&EntityId(id.0))).collect();
        self.session.unlock(rest);
    }

    /// Whether somebody else holds a record.
    pub fn is_others(&self, id: RecordId) -> bool {
        self.session.holder(id).is_some_and(|holding| Some(holding.session) != self.session.me())
    }
}
