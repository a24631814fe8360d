//! What a drawing covers, robustly.

use std::collections::HashMap;

use drawing::{BlockId, Drawing, Entity, EntityId, LayerId, Shape};
use geometry::Rect;

use crate::blocks::{Known, shown_block};
use crate::frames::frame_of;
use crate::lower::{Array, DEPTH_MAX, shift};
use crate::options::Visibility;
use crate::scene::Scene;

/// One in so many entities, but at least one, may be a stray at each end of each axis.
const STRAYS_SHARE: usize = 100;
/// With fewer entities none is called a stray.
const ENTITIES_MIN: usize = 10;
/// How many widths of the others a stray is away from them.
const FAR: f64 = 10.0;

/// What a drawing covers.
#[derive(Debug, Clone, PartialEq)]
pub struct Extents {
    /// The rectangle around all that is seen, but for strays.
    pub rect: Rect,
    /// Few entities very far from all others, ascending.
    pub strays: Vec<EntityId>,
}

impl Scene {
    /// What is seen of the space covers; none if nothing is. What layers that are off or frozen hide doesn't count,
    /// nor does it in blocks.
    pub fn extents(&self, drawing: &Drawing, visibility: &Visibility) -> Option<Extents> {
        let mut sight = Sight {
            drawing,
            visibility,
            known: self.blocks.known(),
            shows_all: drawing.layers().all(|layer| visibility.shows(drawing, layer.id)),
            blocks: HashMap::new(),
        };
        let is_drawn = |entity: &Entity| {
            !matches!(entity.shape, Shape::Opaque(_)) || self.options.frames || frame_of(entity).is_some()
        };
        let mut seen: Vec<(EntityId, Rect)> = Vec::new();
        for boxed in self.tree.iter().filter(|boxed| !self.is_set_aside(boxed.id)) {
            let Some(entity) = drawing.entity(boxed.id).filter(|entity| is_drawn(entity)) else { continue };
            // What a frame shows is seen even where its edge is not.
            let bounds =
                if frame_of(entity).is_some() { Some(boxed.bounds) } else { sight.of(entity, boxed.bounds, None, 0) };
            seen.extend(bounds.map(|bounds| (boxed.id, bounds)));
        }
        let all = seen.iter().map(|(_, rect)| *rect).reduce(|a, b| a.union(b))?;
        let core = |range: fn(&Rect) -> (f64, f64)| core_of(seen.iter().map(|(_, rect)| range(rect)));
        let (x, y) = (core(|r| (r.x0, r.x1)), core(|r| (r.y0, r.y1)));
        let (Some((x0, x1)), Some((y0, y1))) = (x, y) else { return Some(Extents { rect: all, strays: Vec::new() }) };
        let size = (x1 - x0).max(y1 - y0);
        let near = Rect::new(x0, y0, x1, y1).inflate(size * FAR, size * FAR);
        let is_stray = |rect: &Rect| {
            size > 0.0 && (rect.x1 < near.x0 || rect.x0 > near.x1 || rect.y1 < near.y0 || rect.y0 > near.y1)
        };
        let (strays, rest): (Vec<_>, Vec<_>) = seen.into_iter().partition(|(_, rect)| is_stray(rect));
        let mut strays: Vec<EntityId> = strays.into_iter().map(|(id, _)| id).collect();
        strays.sort_unstable();
        let rect = rest.into_iter().map(|(_, rect)| rect).reduce(|a, b| a.union(b)).unwrap_or(all);
        Some(Extents { rect, strays })
    }
}

impl Extents {
    /// That there are strays, and which, as a person is told; none if there are none.
    pub fn strays_in_words(&self, drawing: &Drawing) -> Option<String> {
        const NAMED_MAX: usize = 5;
        let handles = self.strays.iter().filter_map(|id| drawing.entity(*id)?.handle);
        let mut named: Vec<String> = handles.take(NAMED_MAX).map(|handle| format!("{:X}", handle.0)).collect();
        if self.strays.len() > NAMED_MAX {
            named.push("...".into());
        }
        let handles = if named.is_empty() { String::new() } else { format!(" (handles {})", named.join(", ")) };
        match self.strays.len() {
            0 => None,
            1 => Some(format!("1 object lies far away from all others{handles}; the view of everything leaves it out")),
            count => Some(format!(
                "{count} objects lie far away from all others{handles}; the view of everything leaves them out"
            )),
        }
    }
}

/// What is seen of entities, some layers being hidden.
struct Sight<'a> {
    drawing: &'a Drawing,
    visibility: &'a Visibility,
    known: &'a Known,
    /// Whether no layer is hidden.
    shows_all: bool,
    /// What is seen of blocks that are inserted on a layer, in their own coordinates.
    blocks: HashMap<(BlockId, LayerId), Option<Rect>>,
}

impl Sight<'_> {
    /// The rectangle around what is seen of an entity, given that around all of it and the layer of the insert around.
    fn of(&mut self, entity: &Entity, bounds: Rect, inserted_on: Option<LayerId>, depth: u8) -> Option<Rect> {
        if self.shows_all {
            return Some(bounds);
        }
        let layer = self.layer(entity.style.layer, inserted_on);
        let Some(block) = shown_block(&entity.shape) else {
            return self.visibility.shows(self.drawing, layer).then_some(bounds);
        };
        if !self.visibility.passes(self.drawing, layer) {
            return None;
        }
        if let Shape::Insert(insert) = &entity.shape {
            let shown = insert.attributes.iter().any(|attribute| {
                let own = self.layer(attribute.style.layer, Some(layer));
                !attribute.invisible && attribute.style.visible && self.visibility.shows(self.drawing, own)
            });
            // Where attributes are is known only together with the block.
            if shown {
                return Some(bounds);
            }
        }
        let own = self.of_block(block, layer, depth + 1)?;
        match &entity.shape {
            Shape::Insert(insert) => {
                let array = Array::of(self.drawing, insert);
                array.corners().map(|i| array.copy(i).transform_rect_bbox(own)).reduce(|a, b| a.union(b))
            }
            Shape::Dimension(dimension) => Some(shift(dimension).transform_rect_bbox(own)),
            _ => None,
        }
    }

    fn of_block(&mut self, block: BlockId, layer: LayerId, depth: u8) -> Option<Rect> {
        if depth > DEPTH_MAX {
            return None;
        }
        if let Some(seen) = self.blocks.get(&(block, layer)) {
            return *seen;
        }
        // A block inside itself is nothing there.
        self.blocks.insert((block, layer), None);
        let (known, drawing) = (self.known, self.drawing);
        let mut seen: Option<Rect> = None;
        for (id, bounds) in known.get(&block).into_iter().flat_map(|info| &info.members) {
            if let (Some(bounds), Some(entity)) = (bounds, drawing.entity(*id)) {
                let own = self.of(entity, *bounds, Some(layer), depth);
                seen = [seen, own].into_iter().flatten().reduce(|a, b| a.union(b));
            }
        }
        self.blocks.insert((block, layer), seen);
        seen
    }

    /// The layer that shows or hides what stands on this one.
    fn layer(&self, own: LayerId, inserted_on: Option<LayerId>) -> LayerId {
        match inserted_on {
            Some(inserted) if self.drawing.layer(own).is_some_and(|layer| layer.name == "0") => inserted,
            _ => own,
        }
    }
}

/// From where to where ranges go once a few at each end are set aside; none if there are too few.
fn core_of(ranges: impl Iterator<Item = (f64, f64)>) -> Option<(f64, f64)> {
    let (mut lows, mut highs): (Vec<f64>, Vec<f64>) = ranges.unzip();
    let count = lows.len();
    if count < ENTITIES_MIN {
        return None;
    }
    let aside = (count / STRAYS_SHARE).max(1);
    let (_, low, _) = lows.select_nth_unstable_by(aside, f64::total_cmp);
    let (_, high, _) = highs.select_nth_unstable_by(count - 1 - aside, f64::total_cmp);
    (*low <= *high).then_some((*low, *high))
}
