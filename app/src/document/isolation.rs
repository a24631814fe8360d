//! What is shown: layers, single entities, and what is isolated, which each space has for itself.

use std::collections::BTreeSet;

use drawing::{Entity, EntityId, Layer, Op, Record};

use super::{Document, Hindrance};

impl Document {
    /// What alone is shown of the space in front, if something is isolated there.
    pub fn isolated_here(&self) -> Option<&BTreeSet<EntityId>> {
        self.isolated.get(&self.space?)
    }

    /// Shows these alone in the space in front, or all of it again.
    pub fn isolate(&mut self, only: Option<BTreeSet<EntityId>>) {
        let Some(space) = self.space else { return };
        match only.clone() {
            Some(only) => self.isolated.insert(space, only),
            None => self.isolated.remove(&space),
        };
        let drawing = self.drawing().clone();
        self.picture.isolate(&drawing, only);
        self.touched();
    }

    /// What one makes is seen, even while other things are isolated.
    pub(super) fn show_among_isolated(&mut self, new: &[EntityId]) {
        if new.is_empty() {
            return;
        }
        if let Some(mut only) = self.isolated_here().cloned() {
            only.extend(new);
            self.isolate(Some(only));
        }
    }

    /// Whether an entity of the space in front is seen by this person.
    pub fn is_shown(&self, entity: &Entity) -> bool {
        let set_aside = self.isolated_here().is_some_and(|only| !only.contains(&entity.id));
        entity.style.visible && !set_aside && self.shows_layer(entity.style.layer)
    }

    /// All that is shown of the space in front.
    pub fn shown(&self) -> Vec<EntityId> {
        let entities = self.space.into_iter().flat_map(|space| self.drawing().entities_of(space));
        entities.filter(|entity| self.is_shown(entity)).map(|entity| entity.id).collect()
    }

    /// Asks that the layer states one chose for oneself be everybody's; how many layers that changes. One's own states
    /// stay until the drawing has them, so that nothing is lost if the room refuses.
    pub fn apply_layers(&mut self) -> Result<usize, Hindrance> {
        let changed: Vec<_> = self
            .visibility
            .layers
            .iter()
            .filter_map(|(id, shown)| {
                let layer = self.drawing().layer(*id)?;
                let frozen = layer.frozen && !shown;
                let changed = layer.off == *shown || layer.frozen != frozen;
                changed.then(|| Record::Layer(Layer { off: !shown, frozen, ..layer.clone() }))
            })
            .collect();
        let count = changed.len();
        if count > 0 {
            self.submit(Op::Change(changed))?;
        }
        self.applying = self.visibility.layers.keys().copied().collect();
        self.settle_layers();
        Ok(count)
    }

    /// Forgets one's own states of layers that everybody has now, of those that were asked for.
    pub(super) fn settle_layers(&mut self) {
        if self.applying.is_empty() {
            return;
        }
        for id in std::mem::take(&mut self.applying) {
            let Some(shown) = self.visibility.layers.get(&id).copied() else { continue };
            let stored = self.session.confirmed().layer(id).map(|layer| !layer.off && !layer.frozen);
            if stored.is_none() || stored == Some(shown) {
                self.visibility.layers.remove(&id);
            } else if self.session.waiting() > 0 {
                self.applying.insert(id);
            }
        }
    }
}
