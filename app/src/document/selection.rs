//! Selecting: it always succeeds, and asks for locks on what it holds.

use std::collections::BTreeSet;

use drawing::{Drawing, EntityId, RecordId};

use super::Document;
use crate::action::Pick;

/// Up to so many selected entities are locked at once; more when they are first changed.
pub const LOCKED_MAX: usize = 200;

impl Document {
    /// Adds to the selection, or takes from it.
    pub fn select(&mut self, ids: &[EntityId], pick: Pick) {
        if pick == Pick::Only {
            let only: BTreeSet<_> = ids.iter().copied().collect();
            let gone: Vec<_> = self.selection.difference(&only).copied().collect();
            self.select(&gone, Pick::Remove);
        }
        match pick {
            Pick::Add | Pick::Only => {
                let new: Vec<_> = ids.iter().copied().filter(|id| self.selection.insert(*id)).collect();
                for id in &new {
                    self.from_line.remove(&RecordId(id.0));
                }
                if self.selection.len() <= LOCKED_MAX && self.may_edit() {
                    // What others hold would make the room refuse the rest with it.
                    let free = new.into_iter().map(|id| RecordId(id.0)).filter(|id| !self.is_others(*id)).collect();
                    self.session.lock(free);
                }
            }
            Pick::Remove => {
                let gone: Vec<_> = ids.iter().copied().filter(|id| self.selection.remove(id)).collect();
                for id in &gone {
                    self.lapsed.remove(&RecordId(id.0));
                }
                self.session.unlock(gone.into_iter().map(|id| RecordId(id.0)).collect());
            }
        }
        self.touched();
    }

    /// Lets go of all that is selected.
    pub fn select_none(&mut self) {
        let all: Vec<_> = std::mem::take(&mut self.selection).into_iter().map(|id| RecordId(id.0)).collect();
        self.session.unlock(all);
        self.lapsed.clear();
        self.touched();
    }

    /// Lets go of what is selected and is not in this drawing.
    pub(super) fn keep_selected_of(&mut self, drawing: &Drawing) {
        let gone: Vec<_> = self.selection.iter().copied().filter(|id| drawing.entity(*id).is_none()).collect();
        if !gone.is_empty() {
            self.select(&gone, Pick::Remove);
        }
    }

    /// Lets go of what one holds and does not work on any more: what one made, or brought back by an undo.
    pub fn let_go_of_the_rest(&mut self) {
        if self.tool.is_some() || !std::mem::take(&mut self.locks_changed) {
            return;
        }
        let held = self.session.locks().map(|(id, _)| id);
        let rest = held.filter(|id| self.session.is_mine(*id) && !self.selection.contains(&EntityId(id.0)));
        let rest = rest.filter(|id| !self.from_line.contains(id)).collect();
        self.session.unlock(rest);
    }

    /// Asks again for what is selected, as far as nobody else holds it: after a lock lapsed, after another was refused
    /// because somebody was faster, or in a new session.
    pub fn lock_selection(&mut self) {
        self.lapsed.clear();
        if self.selection.len() <= LOCKED_MAX && self.may_edit() {
            let ids = self.selection.iter().map(|id| RecordId(id.0));
            let free = ids.filter(|id| !self.is_others(*id)).collect();
            self.session.lock(free);
        }
        self.touched();
    }

    /// Asks again for what was free when a lock on more was refused, as far as it is still selected.
    pub(super) fn lock_free(&mut self, free: &[RecordId]) {
        let wanted = free.iter().copied().filter(|id| self.selection.contains(&EntityId(id.0)) && !self.is_others(*id));
        let wanted = wanted.collect();
        self.session.lock(wanted);
    }

    /// Takes in that locks of one's own ended because they were not used; how many of what is selected that hits.
    pub fn note_lapsed(&mut self, ids: &[RecordId]) -> usize {
        for id in ids {
            self.from_line.remove(id);
        }
        let selected = ids.iter().filter(|id| self.selection.contains(&EntityId(id.0)));
        self.lapsed.extend(selected);
        self.touched();
        ids.len()
    }

    /// Whether somebody else holds a record.
    pub fn is_others(&self, id: RecordId) -> bool {
        self.session.holder(id).is_some_and(|holding| Some(holding.session) != self.session.me())
    }

    /// Takes the next of what lies under the pointer, instead of the one that is lit or was just taken.
    pub fn cycle(&mut self) {
        let reach = self.camera.units(crate::theme::size::PICK);
        let Some(scene) = self.picture.scene() else { return };
        let hits = scene.pick(self.drawing(), self.pointer.raw, reach, &self.visibility);
        if hits.is_empty() {
            return;
        }
        let lit = self.pointer.cycled.or(self.pointer.hover);
        let at = hits.iter().position(|hit| Some(hit.id) == lit).map_or(0, |at| (at + 1) % hits.len());
        let next = hits[at].id;
        // What the last click took is exchanged, so that a click and Shift+Space choose among what lies there.
        if let Some(lit) = lit.filter(|lit| self.selection.contains(lit) && *lit != next) {
            self.select(&[lit], Pick::Remove);
            self.select(&[next], Pick::Add);
        }
        self.pointer.cycled = Some(next);
    }
}
