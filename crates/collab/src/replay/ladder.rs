//! Rooms kept all along a log, so that no place in it is far from one.

use std::collections::BTreeMap;

use protocol::Seq;

use crate::room::Room;

/// How many rooms are kept. Each costs what changed since the one before.
const RUNGS_MAX: usize = 48;
/// Rooms that are kept however much they hold.
const RUNGS_MIN: usize = 6;
/// Records that rooms may have each for themselves, all of them together: some hundred bytes a record.
const WEIGHT_MAX: u64 = 1_500_000;
/// What is applied between two rooms at first, in entries and records that they touch.
const COST: u64 = 8_192;

/// A room that is kept.
#[derive(Debug, Clone)]
struct Rung {
    room: Room,
    /// Records that it does not share with the room before it, about.
    weight: u64,
}

/// Rooms at a bounded cost of replaying from one another.
#[derive(Debug, Clone)]
pub struct Ladder {
    rungs: BTreeMap<Seq, Rung>,
    cost: u64,
    /// What all rooms may hold each for themselves.
    weight_max: u64,
    /// What was applied since the last place where a room was kept or started from.
    passed: u64,
    last: Seq,
}

impl Default for Ladder {
    fn default() -> Ladder {
        Ladder { rungs: BTreeMap::new(), cost: COST, weight_max: WEIGHT_MAX, passed: 0, last: Seq(0) }
    }
}

impl Ladder {
    /// The latest room at or before a place.
    pub fn at_or_before(&self, seq: Seq) -> Option<&Room> {
        self.rungs.range(..=seq).next_back().map(|(_, rung)| &rung.room)
    }

    /// The rooms after a place, ascending, each with how many records it does not share with the one before it.
    pub fn after(&self, seq: Seq) -> impl Iterator<Item = (&Room, u64)> {
        self.rungs.range(seq.next()..).map(|(_, rung)| (&rung.room, rung.weight))
    }

    /// How many rooms are kept.
    pub fn len(&self) -> usize {
        self.rungs.len()
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.rungs.is_empty()
    }

    /// Keeps a room of which so many records are not shared with the one before it; lets go of every other one where
    /// there are too many or they hold too much: they lie twice as far apart from then on.
    pub fn keep(&mut self, room: &Room, weight: u64) {
        // Nothing weighs more than all of it.
        let weight = weight.min(room.drawing().record_count() as u64);
        self.rungs.insert(room.position().seq, Rung { room: room.clone(), weight });
        let weight: u64 = self.rungs.values().map(|rung| rung.weight).sum();
        if self.rungs.len() > RUNGS_MAX || self.rungs.len() > RUNGS_MIN && weight > self.weight_max {
            let (mut stays, mut carried) = (false, 0);
            self.rungs.retain(|_, rung| {
                stays = !stays;
                carried += rung.weight;
                if stays {
                    rung.weight = std::mem::take(&mut carried).min(rung.room.drawing().record_count() as u64);
                }
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
            let weight = std::mem::take(&mut self.passed);
            self.keep(room, weight);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use drawing::Drawing;
    use protocol::{Entry, Epoch, Event, Hash, LogId, Role, Told};

    /// Keeps a room at each of so many places, each of this weight; how many are left at the end.
    fn check(weight: u64, weight_max: u64) -> usize {
        let drawing = Drawing::new();
        let told = |seq, event| Told { seq, hash: Hash([1; 32]), entry: Entry { time_ms: 0, author: None, event } };
        let hash = drawing.hash();
        let event = Event::Created { title: String::new(), source: None, snapshot: Hash([0; 32]), drawing: hash };
        let mut room = Room::start(LogId([1; 16]), &told(Seq(1), event), drawing).expect("a log starts");
        let mut ladder = Ladder { weight_max, ..Ladder::default() };
        for seq in (2..=300).map(Seq) {
            let joined = Event::Joined {
                client: Default::default(),
                name: "Ana".into(),
                color: 0,
                role: Role::Editor,
                ids: room.ids_for_joining(),
                resume_lock: None,
                epoch: Epoch(0),
                carries_on: None,
                came: Default::default(),
            };
            room.apply(&told(seq, joined)).expect("it follows");
            ladder.keep(&room, weight);
            let held: u64 = ladder.after(Seq(0)).map(|(_, weight)| weight).sum();
            assert!(ladder.len() <= RUNGS_MAX && (held <= weight_max || ladder.len() <= RUNGS_MIN), "{held}");
            assert_eq!(ladder.at_or_before(seq).map(|room| room.position().seq <= seq), Some(true));
        }
        ladder.len()
    }

    #[test]
    fn rooms_are_kept_by_what_they_hold() {
        assert!(check(1, 1_000) > RUNGS_MAX / 2 - 1, "light ones by their number");
        // A new drawing has six records: no room weighs more than all of it.
        let heavy = check(1_000_000, 60);
        assert!((RUNGS_MIN / 2..=10).contains(&heavy), "{heavy}");
        assert!((RUNGS_MIN / 2..=RUNGS_MIN).contains(&check(6, 0)), "some in any case");
    }
}
