//! Following a drawing as it changes, at a cost that goes by what changed.

use std::collections::BTreeSet;
use std::sync::Arc;

use drawing::{BlockId, Drawing, Entity, EntityId, Record, RecordId};
use geometry::Rect;

use crate::blocks::shown_block;
use crate::chunks::{self, MEMBERS_MAX, Member, WEIGHT_MAX};
use crate::depth::Slot;
use crate::frames::frame_of;
use crate::measure;
use crate::mesh::ChunkId;
use crate::scene::{Boxed, Chunk, Dirty, Entry, Scene};

/// How many times larger than before a chunk may become by taking in an entity, before another one is looked for.
const GROWTH_MAX: f64 = 2.0;

impl Scene {
    /// Follows a drawing in which these records were put, changed or taken away.
    pub fn update(&mut self, drawing: &Drawing, changed: &BTreeSet<RecordId>) -> Dirty {
        let mut dirty = Dirty::default();
        let mut moved: BTreeSet<EntityId> = BTreeSet::new();
        let mut stale: BTreeSet<BlockId> = BTreeSet::new();
        let mut everything = false;
        for &id in changed {
            match drawing.get(id) {
                Some(Record::Layer(layer)) => {
                    dirty.paint = true;
                    Arc::make_mut(&mut self.styles).intern_layer(layer.id);
                    let before = self.layer_linetypes.insert(layer.id, layer.linetype);
                    everything |= before.is_some_and(|before| before != layer.linetype);
                }
                Some(Record::Block(block)) => {
                    stale.insert(block.id);
                }
                Some(Record::Linetype(_)) => everything |= !self.linetypes.insert(id),
                Some(Record::TextStyle(_)) => everything = true,
                Some(Record::Layout(_) | Record::Comment(_) | Record::Reply(_)) => {}
                // What is gone may have been anything; an id that was no entity of ours is of no block of ours.
                Some(Record::Entity(_)) | None => {
                    self.linetypes.remove(&id);
                    let id = EntityId(id.0);
                    if self.entries.contains_key(&id) || drawing.entity(id).is_some_and(|e| e.owner == self.space) {
                        moved.insert(id);
                    }
                    stale.extend(self.blocks.owners_of(drawing, id).filter(|owner| *owner != self.space));
                }
            }
        }
        if everything {
            return self.rebuild(drawing);
        }
        if !stale.is_empty() {
            for block in Arc::make_mut(&mut self.blocks).forget(&stale) {
                moved.extend(self.showing.get(&block).into_iter().flatten());
                self.seen.forget(block);
            }
        }
        self.seen.begin();
        let styles_before = self.styles.keys().len();
        for id in moved {
            if !self.renew(drawing, id, &mut dirty) {
                // The steps of depth between two neighbours are used up.
                return self.rebuild(drawing);
            }
        }
        dirty.paint |= self.styles.keys().len() != styles_before;
        for id in dirty.chunks.clone() {
            if let Some(chunk) = self.chunks.get_mut(&id) {
                if chunk.members.is_empty() {
                    self.chunks.remove(&id);
                } else {
                    chunk.bounds = chunks::union(&chunk.members).unwrap_or(Rect::ZERO);
                    chunk.weight = chunk.members.iter().map(|member| member.weight).sum();
                }
            }
        }
        dirty
    }

    /// Looks at one entity of the space again. False if there is no depth left for it between its neighbours.
    fn renew(&mut self, drawing: &Drawing, id: EntityId, dirty: &mut Dirty) -> bool {
        let before = self.entries.remove(&id);
        self.windows.remove(&id);
        if let Some(entry) = before {
            self.order.remove(&(entry.order, id));
            if let Some(entities) = entry.shows.and_then(|block| self.showing.get_mut(&block)) {
                entities.remove(&id);
            }
            if let Some((bounds, chunk)) = entry.drawn {
                self.tree.remove(&Boxed { id, bounds });
                dirty.chunks.insert(chunk);
                if let Some(chunk) = self.chunks.get_mut(&chunk) {
                    Arc::make_mut(&mut chunk.members).retain(|member| member.id != id);
                }
            }
        }
        let Some(entity) = drawing.entity(id).filter(|entity| entity.owner == self.space) else { return true };
        let slot = match before {
            Some(entry) if entry.order == entity.order => Some(entry.slot),
            _ => self.slot_between(entity),
        };
        let Some(slot) = slot else { return false };
        self.order.insert((entity.order, id));
        if frame_of(entity).is_some() {
            self.windows.insert(id);
        }
        self.seen.styles_of(drawing, Arc::make_mut(&mut self.styles), entity);
        let blocks = Arc::make_mut(&mut self.blocks);
        let shows = shown_block(&entity.shape);
        if let Some(block) = shows {
            blocks.learn(drawing, &self.options, block);
            self.showing.entry(block).or_default().insert(id);
        }
        let known = blocks.known();
        let bounds = measure::bounds(drawing, &self.options, known, entity, false).filter(|_| entity.style.visible);
        let weight = measure::weight(known, entity);
        let home = before.and_then(|entry| entry.drawn).map(|(_, chunk)| chunk);
        let drawn = bounds.map(|bounds| (bounds, self.settle(Member { id, slot, weight, bounds }, home)));
        if let Some((bounds, chunk)) = drawn {
            self.tree.insert(Boxed { id, bounds });
            dirty.chunks.insert(chunk);
        }
        self.entries.insert(id, Entry { order: entity.order, slot, drawn, shows });
        true
    }

    /// Puts a member in its old chunk, or the nearest one that has room, or a new one.
    fn settle(&mut self, member: Member, home: Option<ChunkId>) -> ChunkId {
        let spare = |chunk: &Chunk| chunk.members.len() < 2 * MEMBERS_MAX && chunk.weight < 2 * WEIGHT_MAX;
        let grown = |chunk: &Chunk| {
            let union = chunk.bounds.union(member.bounds);
            let size = |rect: Rect| rect.width().max(rect.height());
            let before = size(chunk.bounds).max(size(member.bounds));
            if before > 0.0 {
                size(union) / before
            } else if size(union) > 0.0 {
                f64::INFINITY
            } else {
                1.0
            }
        };
        let fits = |chunk: &Chunk| spare(chunk) && grown(chunk) <= GROWTH_MAX;
        let home = home.filter(|id| self.chunks.get(id).is_some_and(fits));
        let best = || {
            let fitting = self.chunks.iter().filter(|(_, chunk)| fits(chunk));
            fitting.min_by(|a, b| grown(a.1).total_cmp(&grown(b.1))).map(|(id, _)| *id)
        };
        let id = match home.or_else(best) {
            Some(id) => id,
            None => self.new_chunk_id(),
        };
        let chunk = self.chunks.entry(id).or_insert_with(|| Chunk::new(Vec::new()));
        chunk.bounds = if chunk.members.is_empty() { member.bounds } else { chunk.bounds.union(member.bounds) };
        chunk.weight += member.weight;
        Arc::make_mut(&mut chunk.members).push(member);
        id
    }

    /// Steps of depth between the entities drawn before and after; none if they are used up.
    fn slot_between(&self, entity: &Entity) -> Option<Slot> {
        let place = (entity.order, entity.id);
        let slot = |(_, id): &(_, EntityId)| self.entries.get(id).map(|entry| entry.slot);
        let before = self.order.range(..place).next_back().and_then(slot);
        let after = self.order.range(place..).next().and_then(slot);
        Slot::between(before, after)
    }
}
