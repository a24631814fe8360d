//! Reading: opening a log, catching up with what others appended, finding out what became of an append.

use std::collections::BTreeSet;
use std::sync::Arc;

use protocol::{Millis, Position, ServerMessage, SessionId, Token, Told};

use super::aging::{given_by, used_by};
use super::{BATCH_BYTES_MAX, CHECK_ENTRIES, CHECKPOINT_BYTES, CHECKPOINT_ENTRIES, Desk, Phase};
use crate::effect::{Effect, StoredPayload};
use crate::shared::FoldError;

/// Whether the log is being read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reading {
    /// The room is where it knows the log's head to be.
    Not,
    /// A read is under way.
    Asked,
    /// A read is under way, and somebody appended since it began.
    AskedAndWoken,
    /// A read is to be asked for at the next tick.
    Due,
}

impl Reading {
    pub fn failed(self) -> Reading {
        if self == Reading::Not { Reading::Not } else { Reading::Due }
    }
}

impl Desk {
    pub(super) fn ask_to_read(&mut self, effects: &mut Vec<Effect>) {
        self.reading = Reading::Asked;
        effects.push(Effect::Read { after: self.room.position().seq });
    }

    pub(super) fn reading_tick(&mut self, effects: &mut Vec<Effect>) {
        if self.reading == Reading::Due {
            self.ask_to_read(effects);
        }
    }

    pub(super) fn woken(&mut self, head: Position, effects: &mut Vec<Effect>) {
        if head.seq <= self.room.position().seq {
            return;
        }
        self.known_head = self.known_head.max(head.seq);
        match self.reading {
            Reading::Asked => self.reading = Reading::AskedAndWoken,
            // What became of the append under way is found out first.
            Reading::Not if self.batch.is_none() => self.ask_to_read(effects),
            Reading::Not | Reading::AskedAndWoken | Reading::Due => {}
        }
    }

    pub(super) fn read(&mut self, now: Millis, entries: Vec<StoredPayload>, head: Position, effects: &mut Vec<Effect>) {
        let again = match self.reading {
            Reading::Asked => false,
            Reading::AskedAndWoken => true,
            Reading::Not | Reading::Due => return,
        };
        self.reading = Reading::Not;
        if !again {
            // Whoever named a later head was mistaken.
            self.known_head = head.seq;
        }
        if !entries.is_empty() || head == self.room.position() {
            self.settle_by(now, &entries, head.seq, effects);
        }
        if self.batch.is_none() {
            self.saving.answered();
        }
        if let Err(error) = self.follow(now, entries, effects) {
            return self.break_off(error, effects);
        }
        let here = self.room.position();
        if head.seq == here.seq && head != here || head.seq < here.seq && !again {
            // Either the log lost what it had, or it is another one.
            return self.break_off(FoldError::Chain(head.seq), effects);
        }
        // What is being appended again says by itself whether somebody else was first. A read beside it might be
        // answered with what was before it, after it.
        if again && !self.is_appending() || here.seq < head.seq {
            return self.ask_to_read(effects);
        }
        if self.phase == Phase::Opening {
            self.phase = Phase::Serving;
            self.start_clocks(now);
        }
    }

    /// Applies entries that are in the log, save those that are applied already, and tells them.
    fn follow(&mut self, now: Millis, entries: Vec<StoredPayload>, effects: &mut Vec<Effect>) -> Result<(), FoldError> {
        let mut told = Vec::with_capacity(entries.len());
        let mut used = BTreeSet::new();
        let mut bytes = 0;
        let mut result = Ok(());
        for StoredPayload { seq, hash, payload } in entries {
            if seq <= self.room.position().seq {
                continue;
            }
            if bytes > 0 && bytes + payload.len() > BATCH_BYTES_MAX {
                // What is told by one message stays well below what a message may be.
                self.follow_up(now, std::mem::take(&mut told), std::mem::take(&mut used), bytes, effects);
                bytes = 0;
            }
            bytes += payload.len();
            let before = self.room.clone();
            match self.room.apply_payload(seq, hash, &payload) {
                Ok((entry, applied)) => {
                    used.extend(given_by(seq, &applied));
                    used.extend(used_by(&entry.entry.event, &before));
                    used.extend(used_by(&entry.entry.event, &self.room));
                    told.push(entry);
                }
                Err(error) => {
                    result = Err(error);
                    break;
                }
            }
        }
        self.follow_up(now, told, used, bytes, effects);
        result
    }

    /// Counts what was read, and tells it. What another node appended it also counts, and keeps the checkpoint of.
    fn follow_up(
        &mut self,
        now: Millis,
        told: Vec<Told>,
        used: BTreeSet<(SessionId, Token)>,
        bytes: usize,
        effects: &mut Vec<Effect>,
    ) {
        if !self.settings.shared || !self.is_serving() {
            self.count_unsaved(told.len(), bytes);
        }
        self.tell_stored(now, told, used, effects);
    }

    /// Counts entries that are in no checkpoint yet.
    pub(super) fn count_unsaved(&mut self, entries: usize, bytes: usize) {
        self.unsaved_entries += entries;
        self.unsaved_bytes += bytes;
    }

    /// What follows on every entry once the room has applied it; `used` are the locks under which something was done.
    pub(super) fn tell_stored(
        &mut self,
        now: Millis,
        told: Vec<Told>,
        used: BTreeSet<(SessionId, Token)>,
        effects: &mut Vec<Effect>,
    ) {
        let Some(first) = told.first().map(|told| told.seq) else { return };
        self.recent.extend(told.iter().map(|told| (told.seq, told.hash)));
        while self.recent.len() > Desk::RECENT_MAX {
            self.recent.pop_front();
        }
        if self.is_serving() {
            let message = Arc::new(ServerMessage::Entries(told));
            let to = self.live(None);
            if !to.is_empty() {
                effects.push(Effect::Send { to, message: message.clone() });
            }
            self.used.extend(used.into_iter().map(|lock| (lock, now)));
            if let ServerMessage::Entries(told) = &*message {
                told.iter().for_each(|told| self.set_clocks(now, told.seq, &told.entry.event, effects));
            }
            let last = self.room.position().seq;
            if first.0 / CHECK_ENTRIES != last.0.saturating_add(1) / CHECK_ENTRIES {
                self.tell(ServerMessage::Check { seq: last, drawing: self.room.drawing().hash() }, effects);
            }
        }
        if self.unsaved_entries >= CHECKPOINT_ENTRIES || self.unsaved_bytes >= CHECKPOINT_BYTES {
            self.save(effects);
        }
    }
}
