//! Draw order as depth: what is drawn later covers what was drawn before, whichever chunk it is in.

/// Steps of depth that an entity has for its parts at most.
const ROOM_MAX: u32 = 1024;

/// The steps of depth of one entity of a space.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Slot {
    /// The first of them.
    pub(crate) first: u32,
    /// How many, at least 1.
    pub(crate) room: u32,
}

impl Slot {
    /// Steps of depth that there are: f32 tells all of them apart between 0 and 1. Step 0 is left to the background.
    pub(crate) const END: u32 = 1 << 24;

    /// The slot of an entity that has `rank` others before it, among `count`: half of the depth is left for those that
    /// come between, and what is left over for those that come on top.
    pub(crate) fn of_rank(rank: usize, count: usize) -> Slot {
        let step = (Slot::END as usize / 2 / (count + 1)).clamp(1, 2 * ROOM_MAX as usize);
        let first = (1 + rank.saturating_mul(step)).min(Slot::END as usize - 1) as u32;
        Slot { first, room: (step as u32 / 2).max(1) }
    }

    /// A slot between two others, or at an end; none if there is no step left.
    pub(crate) fn between(before: Option<Slot>, after: Option<Slot>) -> Option<Slot> {
        let low = before.map_or(1, |slot| slot.first + slot.room);
        let high = after.map_or(Slot::END, |slot| slot.first);
        let free = high.checked_sub(low).filter(|free| *free > 0)?;
        // On top there will be more to come: a small share. Between two, the middle.
        let (first, room) = if after.is_none() { (low, free / 65536) } else { (low + free / 3, free / 3) };
        Some(Slot { first, room: room.clamp(1, ROOM_MAX) })
    }

    /// The depth of a part of the entity, counted from 1; over 0, below 1.
    pub(crate) fn depth(self, part: u32) -> f32 {
        (self.first + part.saturating_sub(1).min(self.room - 1)) as f32 / Slot::END as f32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn later_is_higher() {
        for count in [1, 10, 100_000, 3_000_000] {
            let slot = |rank| Slot::of_rank(rank, count);
            assert!(slot(0).depth(1) > 0.0);
            assert!(slot(count - 1).depth(u32::MAX) < 1.0);
            if count > 1 {
                assert!(slot(0).depth(u32::MAX) < slot(1).depth(1), "{count}");
            }
        }
    }

    #[test]
    fn something_fits_between_until_it_is_full() {
        let (before, after) = (Slot::of_rank(0, 1000), Slot::of_rank(1, 1000));
        let mut low = before;
        let mut fitted = 0;
        while let Some(slot) = Slot::between(Some(low), Some(after)) {
            assert!(slot.first >= low.first + low.room && slot.first + slot.room <= after.first);
            low = slot;
            fitted += 1;
        }
        assert!(fitted >= 5, "{fitted}");
    }

    #[test]
    fn many_fit_on_top() {
        let mut top = Some(Slot::of_rank(99, 100));
        for _ in 0..100_000 {
            top = Slot::between(top, None);
            assert!(top.is_some());
        }
    }
}
