//! Rooms kept all along a log, so that no place in it is far from one.

use std::collections::BTreeMap;

use protocol::Seq;

use crate::room::Room;

/// How many rooms are kept. Each costs what changed since the one before.
const RUNGS_MAX: usize = 48;
/// What is applied between two rooms at first, in entries and records that they touch.
const COST: u64 = 8_192;

/// Rooms at a bounded cost of replaying from one another.
#[derive(Debug, Clone)]
pub struct Ladder {
    rungs: BTreeMap<Seq, Room>,
    cost: u64,
    /// What was applied since the last place where a room was kept or started from.
    passed: u64,
    last: Seq,
}

impl Default for Ladder {
    fn default() -> Ladder {
        Ladder { rungs: BTreeMap::new(), cost: COST, passed: 0, last: Seq(0) }
    }
}

impl Ladder {
    /// The latest room at or before a place.
    pub fn at_or_before(&self, seq: Seq) -> Option<&Room> {
        self.rungs.range(..=seq).next_back().map(|(_, room)| room)
    }

    /// The rooms after a place, ascending.
    pub fn after(&self, seq: Seq) -> impl Iterator<Item = &Room> {
        self.rungs.range(seq.next()..).map(|(_, room)| room)
    }

    /// How many rooms are kept.
    pub fn len(&self) -> usize {
        self.rungs.len()
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.rungs.is_empty()
    }

    /// Keeps a room, and lets go of every other one where there are too many: they lie twice as far apart from then on.
    pub fn keep(&mut self, room: &Room) {
        self.rungs.insert(room.position().seq, room.clone());
        if self.rungs.len() > RUNGS_MAX {
            let mut stays = false;
            self.rungs.retain(|_, _| {
                stays = !stays;
                stays
            });
            self.cost = self.cost.saturating_mul(2);
        }
    }

    /// A room was brought one entry on, at this cost: it is kept where it lies far enough from the last one.
    pub(super) fn pass(&mut self, room: &Room, cost: u64) {
        let seq = room.position().seq;
        if self.last.next() != seq {
            self.passed = 0;
        }
        self.last = seq;
        self.passed += cost;
        if self.passed >= self.cost && !self.rungs.contains_key(&seq) {
            self.passed = 0;
            self.keep(room);
        }
    }
}
