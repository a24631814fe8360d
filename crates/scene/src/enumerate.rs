//! All styles that entities come down to, found before anything is tessellated, so that tessellating changes nothing
//! that threads share.

use std::collections::{HashMap, HashSet};

use drawing::{BlockId, Drawing, Entity, HatchFill, Shape, Style};

use crate::blocks::shown_block;
use crate::styles::{ColorRule, Inherited, StyleKey, Styles};

/// How deep inserts may be nested, as in lowering.
const DEPTH_MAX: u8 = 32;
/// Ways to inherit that are told apart for one block; drawings have a few.
const WAYS_MAX: usize = 4096;

/// Which blocks were looked through already, and under which inheritance.
#[derive(Debug, Clone, Default)]
pub(crate) struct Seen {
    blocks: HashMap<BlockId, HashSet<Inherited>>,
}

impl Seen {
    /// Puts the styles of an entity of the space, and of all that it shows, into the table.
    pub(crate) fn styles_of(&mut self, drawing: &Drawing, styles: &mut Styles, entity: &Entity) {
        self.entity(drawing, styles, entity, &Inherited::default(), 0);
    }

    /// A block changed: its entities may have new styles.
    pub(crate) fn forget(&mut self, block: BlockId) {
        self.blocks.remove(&block);
    }

    fn entity(&mut self, drawing: &Drawing, styles: &mut Styles, entity: &Entity, inherited: &Inherited, depth: u8) {
        let (key, _) = inherited.resolve(drawing, &entity.style);
        match shown_block(&entity.shape) {
            None => variants(&entity.shape, key, &mut |key| {
                styles.intern(key);
            }),
            Some(block) => {
                let inside = inherited.inside(drawing, &entity.style);
                if let Shape::Insert(insert) = &entity.shape {
                    for attribute in &insert.attributes {
                        styles.intern(attribute_key(drawing, &inside, &attribute.style));
                    }
                }
                let ways = self.blocks.entry(block).or_default();
                if depth <= DEPTH_MAX && ways.len() < WAYS_MAX && ways.insert(inside.clone()) {
                    for part in drawing.entities_of(block) {
                        self.entity(drawing, styles, part, &inside, depth + 1);
                    }
                }
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
        Shape::Polyline(_) | Shape::Solid(_) => to(key.hairline()),
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
