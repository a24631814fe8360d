//! Which entities go together: neighbours in space, a bounded amount of work, and near enough to one another that f32
//! is fine for what lies between.

use drawing::EntityId;
use geometry::{Point, Rect};

use crate::depth::Slot;

/// Entities of one chunk.
pub(crate) const MEMBERS_MAX: usize = 2048;
/// Segments of one chunk, about; a single heavier entity is a chunk of its own.
pub(crate) const WEIGHT_MAX: u64 = 24_000;
/// How many sizes of a usual entity a chunk may measure: f32 has 24 bits, which leaves it 1/1024 of its size.
const SPAN_MAX: f64 = (1u64 << 14) as f64;
/// Chunks up to which far things are kept apart from one another.
const APART_MAX: usize = 4096;

/// An entity of a chunk.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Member {
    pub(crate) id: EntityId,
    pub(crate) slot: Slot,
    pub(crate) weight: u64,
    pub(crate) bounds: Rect,
}

/// Members in groups. The order of groups and of the members in them depends on the members alone.
pub(crate) fn group(mut members: Vec<Member>) -> Vec<Vec<Member>> {
    let Some(all) = union(&members) else { return Vec::new() };
    let usual = usual_size(&members);
    // Large things first and by themselves, so that they don't widen the chunks of small ones.
    let large = all.width().max(all.height()) / 8.0;
    let key = |member: &Member| {
        let size = member.bounds.width().max(member.bounds.height());
        (size < large, morton(member.bounds.center(), all), member.id)
    };
    members.sort_by_cached_key(key);
    let mut groups: Vec<Vec<Member>> = Vec::new();
    let (mut weight, mut span, mut small) = (0, Rect::ZERO, false);
    for member in members {
        let is_small = member.bounds.width().max(member.bounds.height()) < large;
        let wider = span.union(member.bounds);
        let too_wide = usual > 0.0 && wider.width().max(wider.height()) > usual * SPAN_MAX && groups.len() < APART_MAX;
        match groups.last_mut() {
            Some(group)
                if group.len() < MEMBERS_MAX
                    && weight + member.weight <= WEIGHT_MAX
                    && small == is_small
                    && !(too_wide && is_small) =>
            {
                weight += member.weight;
                span = wider;
                group.push(member);
            }
            _ => {
                weight = member.weight;
                span = member.bounds;
                small = is_small;
                groups.push(vec![member]);
            }
        }
    }
    groups
}

/// The rectangle around members.
pub(crate) fn union(members: &[Member]) -> Option<Rect> {
    members.iter().map(|member| member.bounds).reduce(|a, b| a.union(b))
}

/// The median of what has a size, of a sample.
fn usual_size(members: &[Member]) -> f64 {
    let step = (members.len() / 1000).max(1);
    let size = |member: &Member| member.bounds.width().max(member.bounds.height());
    let mut sizes: Vec<f64> = members.iter().step_by(step).map(size).filter(|size| *size > 0.0).collect();
    sizes.sort_by(f64::total_cmp);
    sizes.get(sizes.len() / 2).copied().unwrap_or(0.0)
}

/// The place of a point on a curve that visits neighbours one after another (Morton, 1966): the bits of both
/// coordinates in turn.
fn morton(p: Point, all: Rect) -> u64 {
    let part = |x: f64, from: f64, size: f64| {
        let share = if size > 0.0 { (x - from) / size } else { 0.0 };
        (share.clamp(0.0, 1.0) * f64::from(u32::MAX)) as u32
    };
    spread(part(p.x, all.x0, all.width())) | spread(part(p.y, all.y0, all.height())) << 1
}

/// Puts a 0 between each two bits.
fn spread(x: u32) -> u64 {
    let mut x = u64::from(x);
    for (shift, mask) in [
        (16, 0x0000_ffff_0000_ffff),
        (8, 0x00ff_00ff_00ff_00ff),
        (4, 0x0f0f_0f0f_0f0f_0f0f),
        (2, 0x3333_3333_3333_3333),
        (1, 0x5555_5555_5555_5555),
    ] {
        x = (x | (x << shift)) & mask;
    }
    x
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(id: u64, x: f64, y: f64, size: f64) -> Member {
        let slot = Slot { first: id as u32, room: 1 };
        Member { id: EntityId(id), slot, weight: 1, bounds: Rect::new(x, y, x + size, y + size) }
    }

    #[test]
    fn bits_are_spread() {
        assert_eq!(spread(0b1011), 0b100_0101);
        assert_eq!(spread(u32::MAX), 0x5555_5555_5555_5555);
    }

    #[test]
    fn far_things_are_kept_apart() {
        let near = (0..100).map(|i| member(i, i as f64, 0.0, 1.0));
        let far = (100..200).map(|i| member(i, 2.6e6 + i as f64, 1.2e6, 1.0));
        let groups = group(near.chain(far).collect());
        assert_eq!(groups.len(), 2);
        assert!(groups.iter().all(|group| group.len() == 100));
    }

    #[test]
    fn groups_are_bounded_and_lose_nobody() {
        let members: Vec<_> = (0..10_000).map(|i| member(i, (i % 100) as f64, (i / 100) as f64, 1.0)).collect();
        let groups = group(members);
        assert!(groups.iter().all(|group| group.len() <= MEMBERS_MAX));
        let mut ids: Vec<_> = groups.iter().flatten().map(|member| member.id.0).collect();
        ids.sort_unstable();
        assert_eq!(ids, (0..10_000).collect::<Vec<_>>());
        assert!(groups.len() <= 6, "{}", groups.len());
    }
}
