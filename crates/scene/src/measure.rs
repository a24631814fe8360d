//! What an entity covers, and how much work it is to draw.

use drawing::{Drawing, Entity, HatchFill, Insert, Shape};
use geometry::{Affine, Point, Rect};

use crate::blocks::Known;
use crate::font::GlyphMesh;
use crate::lower::{Array, Lowering, Setting, is_framed, shift};
use crate::options::SceneOptions;
use crate::painter::{Mark, Painter, Pen};
use crate::path::Piece;

/// A painter that remembers nothing but the extent.
#[derive(Default)]
pub(crate) struct Extent(pub(crate) Option<Rect>);

impl Extent {
    fn add(&mut self, rect: Rect) {
        self.0 = Some(self.0.map_or(rect, |all| all.union(rect)));
    }
}

impl Painter for Extent {
    fn stroke(&mut self, path: &[Piece], _pen: &Pen) {
        path.iter().for_each(|piece| self.add(piece.bounds()));
    }

    fn fill(&mut self, rings: &[Vec<Point>], _pen: &Pen) {
        rings.iter().flatten().for_each(|p| self.add(Rect::from_points(*p, *p)));
    }

    fn area(&mut self, rings: &[Vec<Point>], pen: &Pen) {
        self.fill(rings, pen);
    }

    fn glyph(&mut self, _mesh: &GlyphMesh, _to_world: Affine, _pen: &Pen) {}

    fn mark(&mut self, _mark: Mark, _at: Point, _pen: &Pen) {}
}

/// The rectangle around an entity, in the coordinates of its owner; none where nothing is drawn. Of a block shown more
/// than once it may be a little larger than need be. What its block is must be known already.
pub(crate) fn bounds(
    drawing: &Drawing,
    options: &SceneOptions,
    known: &Known,
    entity: &Entity,
    in_block: bool,
) -> Option<Rect> {
    let shown = match &entity.shape {
        Shape::Line(line) => Some(Rect::from_points(line.start.xy(), line.end.xy())),
        Shape::Insert(insert) => {
            let own = known.get(&insert.block).and_then(|info| info.bounds);
            let array = Array::of(drawing, insert);
            let copies =
                own.into_iter().flat_map(|own| array.corners().map(move |i| array.copy(i).transform_rect_bbox(own)));
            copies.chain(attributes(drawing, options, insert, entity)).reduce(|a, b| a.union(b))
        }
        Shape::Dimension(dimension) => {
            let own = dimension.block.and_then(|block| known.get(&block)).and_then(|info| info.bounds);
            own.map(|own| shift(dimension).transform_rect_bbox(own))
        }
        Shape::Opaque(opaque) => opaque.extents.filter(|_| is_framed(opaque, in_block)),
        _ => extent(drawing, options, entity),
    };
    shown.filter(|rect| rect.is_finite())
}

/// What the attributes of an insert cover: all of it but its block.
fn attributes(drawing: &Drawing, options: &SceneOptions, insert: &Insert, entity: &Entity) -> Option<Rect> {
    let first =
        Lowering::new(setting(drawing, options), &mut Extent::default()).attribute_bounds(insert, &entity.style)?;
    let array = Array::of(drawing, insert);
    array.corners().map(|i| first + array.shift(i)).reduce(|a, b| a.union(b))
}

fn extent(drawing: &Drawing, options: &SceneOptions, entity: &Entity) -> Option<Rect> {
    let mut extent = Extent::default();
    Lowering::new(setting(drawing, options), &mut extent).top(entity);
    extent.0
}

/// Curves by their own bounds, so the tolerance matters for splines only; marks of points have no size yet.
fn setting<'a>(drawing: &'a Drawing, options: &'a SceneOptions) -> Setting<'a> {
    Setting { drawing, options, tolerance: f64::INFINITY, px_per_unit: f64::INFINITY, inside: None, known: None }
}

/// Segments that an entity counts as at most: sums of many stay numbers.
const WEIGHT_MAX: u64 = 1 << 32;

/// About how many segments an entity is.
pub(crate) fn weight(known: &Known, entity: &Entity) -> u64 {
    let weight = match &entity.shape {
        Shape::Line(_) | Shape::Solid(_) | Shape::Point(_) => 1,
        Shape::Circle(_) | Shape::Arc(_) | Shape::Ellipse(_) | Shape::Spline(_) => 16,
        Shape::Polyline(polyline) => polyline.vertices.len() as u64 * 2,
        Shape::Text(text) => 8 * text.value.len() as u64 + 1,
        Shape::MText(text) => 8 * text.value.len() as u64 + 1,
        Shape::Insert(insert) => {
            let copies = u64::from(insert.columns.max(1)) * u64::from(insert.rows.max(1));
            let own = known.get(&insert.block).map_or(0, |info| info.weight);
            own.saturating_mul(copies).saturating_add(32 * insert.attributes.len() as u64 + 1)
        }
        Shape::Dimension(dimension) => {
            dimension.block.and_then(|block| known.get(&block)).map_or(0, |info| info.weight).saturating_add(1)
        }
        Shape::Hatch(hatch) => match &hatch.fill {
            HatchFill::Pattern { .. } => 500,
            _ => 50,
        },
        Shape::Opaque(_) => 4,
    };
    weight.min(WEIGHT_MAX)
}
