//! What an entity covers, and how much work it is to draw.

use drawing::{Drawing, Entity, HatchFill, Insert, Shape};
use geometry::{Affine, Point, Rect};

use crate::blocks::Blocks;
use crate::font::GlyphMesh;
use crate::lower::{Lowering, Setting, placements, shift};
use crate::options::SceneOptions;
use crate::painter::{Mark, Painter, Pen};
use crate::path::Piece;

/// Copies of an array that are measured one by one; of a larger one the four at its corners.
const COPIES_MEASURED: usize = 64;

/// A painter that remembers nothing but the extent.
#[derive(Default)]
struct Extent(Option<Rect>);

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
/// than once it may be a little larger than need be.
pub(crate) fn bounds(drawing: &Drawing, options: &SceneOptions, blocks: &mut Blocks, entity: &Entity) -> Option<Rect> {
    let shown = match &entity.shape {
        Shape::Line(line) => Some(Rect::from_points(line.start.xy(), line.end.xy())),
        Shape::Insert(insert) => {
            let own = blocks.info(drawing, options, insert.block).bounds;
            let base = drawing.block(insert.block).map_or(Point::ZERO, |block| block.base);
            let copies: Vec<Affine> = placements(base, insert).collect();
            let (columns, count) = (usize::from(insert.columns.max(1)), copies.len());
            let corners = [0, columns.min(count) - 1, count.saturating_sub(columns), count - 1];
            let measured: Vec<Affine> =
                if count <= COPIES_MEASURED { copies } else { corners.iter().map(|i| copies[*i]).collect() };
            let copies = own.into_iter().flat_map(|own| measured.iter().map(move |copy| copy.transform_rect_bbox(own)));
            copies.chain(attributes(drawing, options, insert, entity)).reduce(|a, b| a.union(b))
        }
        Shape::Dimension(dimension) => {
            let own = dimension.block.and_then(|block| blocks.info(drawing, options, block).bounds);
            own.map(|own| shift(dimension).transform_rect_bbox(own))
        }
        Shape::Opaque(_) => None,
        _ => extent(drawing, options, entity),
    };
    shown.filter(|rect| rect.is_finite())
}

/// What the attributes of an insert cover: all of it but its block.
fn attributes(drawing: &Drawing, options: &SceneOptions, insert: &Insert, entity: &Entity) -> Option<Rect> {
    let mut extent = Extent::default();
    if !insert.attributes.is_empty() {
        Lowering::new(setting(drawing, options), &mut extent).attributes_of(insert, &entity.style);
    }
    extent.0
}

fn extent(drawing: &Drawing, options: &SceneOptions, entity: &Entity) -> Option<Rect> {
    let mut extent = Extent::default();
    Lowering::new(setting(drawing, options), &mut extent).top(entity);
    extent.0
}

/// Curves by their own bounds, so the tolerance matters for splines only; marks of points have no size yet.
fn setting<'a>(drawing: &'a Drawing, options: &'a SceneOptions) -> Setting<'a> {
    Setting { drawing, options, tolerance: f64::INFINITY, px_per_unit: f64::INFINITY, inside: None, blocks: None }
}

/// What nests of blocks in blocks weigh at most: the sum over all entities stays a number.
const ONE_WEIGHT_MAX: u64 = 1 << 40;

/// About how many segments an entity is.
pub(crate) fn weight(drawing: &Drawing, options: &SceneOptions, blocks: &mut Blocks, entity: &Entity) -> u64 {
    let weight = match &entity.shape {
        Shape::Line(_) | Shape::Solid(_) | Shape::Point(_) => 1,
        Shape::Circle(_) | Shape::Arc(_) | Shape::Ellipse(_) | Shape::Spline(_) => 16,
        Shape::Polyline(polyline) => polyline.vertices.len() as u64 * 2,
        Shape::Text(text) => 8 * text.value.len() as u64 + 1,
        Shape::MText(text) => 8 * text.value.len() as u64 + 1,
        Shape::Insert(insert) => {
            let copies = u64::from(insert.columns.max(1)) * u64::from(insert.rows.max(1));
            let own = blocks.info(drawing, options, insert.block).weight;
            own.saturating_mul(copies).saturating_add(32 * insert.attributes.len() as u64 + 1)
        }
        Shape::Dimension(dimension) => {
            dimension.block.map_or(0, |block| blocks.info(drawing, options, block).weight).saturating_add(1)
        }
        Shape::Hatch(hatch) => match &hatch.fill {
            HatchFill::Pattern { .. } => 500,
            _ => 50,
        },
        Shape::Opaque(_) => 0,
    };
    weight.min(ONE_WEIGHT_MAX)
}
