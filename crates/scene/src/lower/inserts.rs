//! INSERT, with arrays and attributes, and DIMENSION by way of its block.

use drawing::{BlockId, Dimension, Insert, Style};
use geometry::{Affine, Point, Vec2};

use crate::painter::{Mark, Pen};
use crate::styles::Inherited;

use super::{DEPTH_MAX, Lowering, Place, plane};

/// Copies of a block that one insert may show.
const COPIES_MAX: u64 = 100_000;

impl Lowering<'_> {
    pub(super) fn insert(&mut self, insert: &Insert, style: &Style, place: &Place) {
        let inside = place.inherited.inside(self.setting.drawing, style);
        let at = place.to_world * plane(insert.extrusion, insert.at.z) * insert.at.xy();
        let (key, _) = place.inherited.resolve(self.setting.drawing, style);
        self.painter.mark(Mark::Insertion, at, &Pen { key: &key, dashes: &[], part: 0 });
        for copy in placements(self.setting.drawing.block(insert.block).map_or(Point::ZERO, |b| b.base), insert) {
            let to_world = place.to_world * copy;
            let inherited = inside.clone();
            self.block(insert.block, &Place { to_world, inherited, depth: place.depth + 1, ..*place });
        }
        if u64::from(insert.columns) * u64::from(insert.rows) > COPIES_MAX {
            self.painter.left_out();
        }
        self.attributes_of_copies(insert, &inside, place);
    }

    /// The attributes alone of an insert of the space itself.
    pub(crate) fn attributes_of(&mut self, insert: &Insert, style: &Style) {
        let place = Place::top();
        let inside = place.inherited.inside(self.setting.drawing, style);
        self.attributes_of_copies(insert, &inside, &place);
    }

    /// An array shows its attributes in each copy.
    fn attributes_of_copies(&mut self, insert: &Insert, inside: &Inherited, place: &Place) {
        if insert.attributes.is_empty() {
            return;
        }
        let turned = plane(insert.extrusion, 0.0) * Affine::rotate(insert.rotation_deg.to_radians());
        for step in steps(insert) {
            let shift = Affine::translate((turned * step.to_point()) - (turned * Point::ZERO));
            let place = Place { to_world: place.to_world * shift, ..place.clone() };
            self.attributes(insert, inside, &place);
        }
    }

    pub(super) fn dimension(&mut self, dimension: &Dimension, style: &Style, place: &Place) {
        let Some(block) = dimension.block else { return };
        let inherited = place.inherited.inside(self.setting.drawing, style);
        let to_world = place.to_world * shift(dimension);
        self.block(block, &Place { to_world, inherited, depth: place.depth + 1, in_dimension: true });
    }

    fn block(&mut self, block: BlockId, place: &Place) {
        if place.depth > DEPTH_MAX {
            self.painter.left_out();
            return;
        }
        if let (Some(inside), Some(blocks)) = (self.setting.inside, self.setting.blocks)
            && let Some(Some(bounds)) = blocks.known_bounds(block)
            && !touches(place.to_world.transform_rect_bbox(bounds), inside)
        {
            return;
        }
        for entity in self.setting.drawing.entities_of(block) {
            self.entity(entity, place);
        }
    }
}

/// The maps from a block's coordinates to those of the one that inserts it, one for each copy.
pub(crate) fn placements(base: Point, insert: &Insert) -> impl Iterator<Item = Affine> + use<> {
    let first = plane(insert.extrusion, insert.at.z)
        * Affine::translate(insert.at.xy().to_vec2())
        * Affine::rotate(insert.rotation_deg.to_radians());
    let unscaled = Affine::scale_non_uniform(nonzero(insert.scale.x), nonzero(insert.scale.y))
        * Affine::translate(-base.to_vec2());
    steps(insert).map(move |step| first * Affine::translate(step) * unscaled)
}

/// Where the copies of an array are, along the turned axes of the insert.
fn steps(insert: &Insert) -> impl Iterator<Item = Vec2> + use<> {
    let (columns, rows) = (u64::from(insert.columns.max(1)), u64::from(insert.rows.max(1)));
    let (dx, dy) = (insert.column_spacing, insert.row_spacing);
    (0..(columns * rows).min(COPIES_MAX)).map(move |i| Vec2::new((i % columns) as f64 * dx, (i / columns) as f64 * dy))
}

/// How the block of a dimension is moved.
pub(crate) fn shift(dimension: &Dimension) -> Affine {
    let at = dimension.insert_at.map_or(Point::ZERO, |at| dimension.extrusion.to_world(at).xy());
    Affine::translate(at.to_vec2())
}

/// Files that write a scale of 0 mean 1.
fn nonzero(scale: f64) -> f64 {
    if scale == 0.0 { 1.0 } else { scale }
}

pub(crate) fn touches(a: geometry::Rect, b: geometry::Rect) -> bool {
    a.x0 <= b.x1 && b.x0 <= a.x1 && a.y0 <= b.y1 && b.y0 <= a.y1
}
