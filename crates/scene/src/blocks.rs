//! What is known about blocks: their size, weight, and who shows whom, so that a change in one finds all that show it.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use drawing::{BlockId, Drawing, EntityId, Shape};
use geometry::Rect;

use crate::measure;
use crate::options::SceneOptions;

/// What is known about a block.
#[derive(Debug, Clone, Default)]
pub(crate) struct BlockInfo {
    /// The rectangle around its entities, in its own coordinates.
    pub(crate) bounds: Option<Rect>,
    /// About how many segments it is.
    pub(crate) weight: u64,
    /// It and the blocks that it shows, directly or by way of others.
    pub(crate) shows: BTreeSet<BlockId>,
    /// Its entities.
    members: Vec<EntityId>,
}

/// Knowledge about blocks, gathered when it is asked for and forgotten when something of it changes.
#[derive(Debug, Clone, Default)]
pub(crate) struct Blocks {
    known: HashMap<BlockId, Arc<BlockInfo>>,
    /// The block that each entity of a known block is part of, for entities that are gone from the drawing.
    owners: HashMap<EntityId, BlockId>,
    /// Blocks being looked at, so that a drawing with a block inside itself ends.
    open: BTreeSet<BlockId>,
}

impl Blocks {
    /// What is known about a block, after looking if need be.
    pub(crate) fn info(&mut self, drawing: &Drawing, options: &SceneOptions, block: BlockId) -> Arc<BlockInfo> {
        if let Some(info) = self.known.get(&block) {
            return info.clone();
        }
        if !self.open.insert(block) {
            return Arc::default();
        }
        let mut info = BlockInfo { shows: BTreeSet::from([block]), ..BlockInfo::default() };
        for entity in drawing.entities_of(block) {
            info.members.push(entity.id);
            self.owners.insert(entity.id, block);
            if let Some(shown) = shown_block(&entity.shape) {
                info.shows.extend(&self.info(drawing, options, shown).shows);
            }
            if entity.style.visible {
                let bounds = measure::bounds(drawing, options, self, entity);
                info.bounds = [info.bounds, bounds].into_iter().flatten().reduce(|a, b| a.union(b));
                info.weight = info.weight.saturating_add(measure::weight(drawing, options, self, entity));
            }
        }
        self.open.remove(&block);
        let info = Arc::new(info);
        self.known.insert(block, info.clone());
        info
    }

    /// The size of a block, if the block is known: outer none where it isn't, inner none where nothing of it is drawn.
    pub(crate) fn known_bounds(&self, block: BlockId) -> Option<Option<Rect>> {
        self.known.get(&block).map(|info| info.bounds)
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
        stale.extend(self.known.iter().filter(|(_, info)| !info.shows.is_disjoint(changed)).map(|(id, _)| *id));
        for block in &stale {
            if let Some(info) = self.known.remove(block) {
                for id in &info.members {
                    self.owners.remove(id);
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
