//! What is known about blocks: their size, weight, and who shows whom, so that a change in one finds all that show it.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use drawing::{BlockId, Drawing, EntityId, Shape};
use geometry::Rect;
use rstar::{AABB, RTree, RTreeObject};

use crate::measure;
use crate::options::SceneOptions;
use crate::scene::envelope;

/// Blocks with fewer entities are looked through one by one.
const INDEXED_MIN: usize = 64;

/// What is known about a block.
#[derive(Debug, Clone, Default)]
pub(crate) struct BlockInfo {
    /// The rectangle around its entities, in its own coordinates.
    pub(crate) bounds: Option<Rect>,
    /// About how many segments it is.
    pub(crate) weight: u64,
    /// Its entities in draw order, with what they cover.
    pub(crate) members: Vec<(EntityId, Option<Rect>)>,
    /// The blocks that its entities show.
    shows: BTreeSet<BlockId>,
    /// Where its entities are, if they are many.
    index: Option<RTree<Placed>>,
}

impl BlockInfo {
    /// The entities that may touch a rectangle, in draw order; none if they are few and each may be looked at.
    pub(crate) fn near(&self, rect: Rect) -> Option<Vec<EntityId>> {
        let found = self.index.as_ref()?.locate_in_envelope_intersecting(envelope(rect));
        let mut places: Vec<u32> = found.map(|placed| placed.place).collect();
        places.sort_unstable();
        Some(places.into_iter().map(|place| self.members[place as usize].0).collect())
    }
}

/// An entity of a block in its index.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Placed {
    place: u32,
    bounds: Rect,
}

impl RTreeObject for Placed {
    type Envelope = AABB<[f64; 2]>;

    fn envelope(&self) -> AABB<[f64; 2]> {
        envelope(self.bounds)
    }
}

/// Blocks that were looked at.
pub(crate) type Known = HashMap<BlockId, Arc<BlockInfo>>;

/// Knowledge about blocks, gathered when it is asked for and forgotten when something of it changes.
#[derive(Debug, Clone, Default)]
pub(crate) struct Blocks {
    /// Shared with the work that is under way.
    known: Arc<Known>,
    /// The block that each entity of a known block is part of, for entities that are gone from the drawing.
    owners: HashMap<EntityId, BlockId>,
    /// The known blocks that show a block.
    shown_by: HashMap<BlockId, BTreeSet<BlockId>>,
}

impl Blocks {
    /// Looks at a block and at all that it shows, where that was not done before. Without recursion: a file may nest
    /// blocks as deep as it likes. A block inside itself is nothing there.
    pub(crate) fn learn(&mut self, drawing: &Drawing, options: &SceneOptions, block: BlockId) {
        let mut stack = vec![block];
        let mut open: BTreeSet<BlockId> = BTreeSet::new();
        while let Some(&top) = stack.last() {
            if self.known.contains_key(&top) {
                stack.pop();
            } else if open.insert(top) {
                let shown: BTreeSet<BlockId> =
                    drawing.entities_of(top).filter_map(|entity| shown_block(&entity.shape)).collect();
                stack.extend(shown.into_iter().filter(|id| !open.contains(id) && !self.known.contains_key(id)));
            } else {
                stack.pop();
                open.remove(&top);
                self.look_at(drawing, options, top);
            }
        }
    }

    /// What is inside of it is known already.
    fn look_at(&mut self, drawing: &Drawing, options: &SceneOptions, block: BlockId) {
        let mut info = BlockInfo::default();
        for entity in drawing.entities_of(block) {
            self.owners.insert(entity.id, block);
            if let Some(shown) = shown_block(&entity.shape) {
                info.shows.insert(shown);
                self.shown_by.entry(shown).or_default().insert(block);
            }
            let bounds =
                if entity.style.visible { measure::bounds(drawing, options, &self.known, entity, true) } else { None };
            info.members.push((entity.id, bounds));
            if entity.style.visible {
                info.bounds = [info.bounds, bounds].into_iter().flatten().reduce(|a, b| a.union(b));
                info.weight = info.weight.saturating_add(measure::weight(&self.known, entity));
            }
        }
        if info.members.len() >= INDEXED_MIN {
            let placed = info.members.iter().enumerate().filter_map(|(place, (_, bounds))| {
                Some(Placed { place: u32::try_from(place).ok()?, bounds: (*bounds)? })
            });
            info.index = Some(RTree::bulk_load(placed.collect()));
        }
        Arc::make_mut(&mut self.known).insert(block, Arc::new(info));
    }

    /// What is known.
    pub(crate) fn known(&self) -> &Arc<Known> {
        &self.known
    }

    /// The blocks of which an entity is or was part.
    pub(crate) fn owners_of(&self, drawing: &Drawing, id: EntityId) -> impl Iterator<Item = BlockId> + use<> {
        let before = self.owners.get(&id).copied();
        let now = drawing.entity(id).map(|entity| entity.owner);
        before.into_iter().chain(now)
    }

    /// Forgets what is known about blocks that changed and about those that show them; returns all of them.
    pub(crate) fn forget(&mut self, changed: &BTreeSet<BlockId>) -> BTreeSet<BlockId> {
        let mut stale = changed.clone();
        let mut left: Vec<BlockId> = changed.iter().copied().collect();
        while let Some(block) = left.pop() {
            for above in self.shown_by.get(&block).into_iter().flatten() {
                if stale.insert(*above) {
                    left.push(*above);
                }
            }
        }
        if !stale.iter().any(|block| self.known.contains_key(block)) {
            return stale;
        }
        let known = Arc::make_mut(&mut self.known);
        for block in &stale {
            let Some(info) = known.remove(block) else { continue };
            for (id, _) in &info.members {
                self.owners.remove(id);
            }
            for shown in &info.shows {
                if let Some(above) = self.shown_by.get_mut(shown) {
                    above.remove(block);
                    if above.is_empty() {
                        self.shown_by.remove(shown);
                    }
                }
            }
        }
        stale
    }

    /// Forgets everything.
    pub(crate) fn clear(&mut self) {
        *self = Blocks::default();
    }
}

/// The block that a shape shows.
pub(crate) fn shown_block(shape: &Shape) -> Option<BlockId> {
    match shape {
        Shape::Insert(insert) => Some(insert.block),
        Shape::Dimension(dimension) => dimension.block,
        _ => None,
    }
}
