//! All styles that entities come down to, found before anything is tessellated, so that tessellating changes nothing
//! that threads share.

use std::collections::HashMap;

use drawing::{BlockId, Drawing, Entity, HatchFill, Shape, Style};

use crate::blocks::shown_block;
use crate::lower::DEPTH_MAX;
use crate::styles::{ColorRule, Inherited, StyleKey, Styles};

/// Entities of blocks that are looked at for one change of the drawing. What is not looked at is painted as its layer.
const VISITS_MAX: u64 = 4_000_000;

/// Which blocks were looked through already, and under which inheritance.
#[derive(Debug, Clone, Default)]
pub(crate) struct Seen {
    /// The least depth at which each was met: what stands too deep there is not looked at.
    blocks: HashMap<BlockId, HashMap<Inherited, u8>>,
    visits: u64,
}

impl Seen {
    /// Something changed, so that there is something to look at.
    pub(crate) fn begin(&mut self) {
        self.visits = 0;
    }

    /// Puts the styles of an entity of the space, and of all that it shows, into the table.
    pub(crate) fn styles_of(&mut self, drawing: &Drawing, styles: &mut Styles, entity: &Entity) {
        self.entity(drawing, styles, entity, &Inherited::default(), 0);
    }

    /// A block changed: its entities may have new styles.
    pub(crate) fn forget(&mut self, block: BlockId) {
        self.blocks.remove(&block);
    }

    fn entity(&mut self, drawing: &Drawing, styles: &mut Styles, entity: &Entity, inherited: &Inherited, depth: u8) {
        let Some(block) = shown_block(&entity.shape) else {
            let (key, _) = inherited.resolve(drawing, &entity.style);
            return variants(&entity.shape, key, &mut |key| styles.intern(key));
        };
        let inside = inherited.inside(drawing, &entity.style);
        if let Shape::Insert(insert) = &entity.shape {
            for attribute in &insert.attributes {
                styles.intern(attribute_key(drawing, &inside, &attribute.style));
            }
        }
        // In its block things stand one deeper, and what is deeper than that limit is not drawn.
        if depth >= DEPTH_MAX || self.visits >= VISITS_MAX {
            return;
        }
        let ways = self.blocks.entry(block).or_default();
        if ways.get(&inside).is_none_or(|met| *met > depth) {
            ways.insert(inside.clone(), depth);
            for part in drawing.entities_of(block) {
                self.visits += 1;
                self.entity(drawing, styles, part, &inside, depth + 1);
            }
        }
    }
}

/// How an attribute is painted: like an entity of the block, but for its gates, which are those of the insert.
pub(crate) fn attribute_key(drawing: &Drawing, inside: &Inherited, style: &Style) -> StyleKey {
    inside.resolve(drawing, style).0
}

/// The styles that a shape is drawn with, given that of its strokes.
fn variants(shape: &Shape, key: StyleKey, to: &mut impl FnMut(StyleKey)) {
    match shape {
        Shape::Polyline(_) | Shape::Solid(_) | Shape::Opaque(_) => to(key.hairline()),
        Shape::Hatch(hatch) => {
            if let HatchFill::Gradient { first, .. } = hatch.fill {
                let first = StyleKey { color: ColorRule::True(first), ..key.clone() };
                to(first.hairline());
                to(first);
            }
            to(key.hairline());
        }
        _ => {}
    }
    to(key);
}
