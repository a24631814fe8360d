//! INSERT, with arrays and attributes, and DIMENSION by way of its block.

use drawing::{BlockId, Dimension, Drawing, Insert, Style};
use geometry::{Affine, Point, Rect, Vec2};

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
        let array = Array::of(self.setting.drawing, insert);
        if array.is_cut {
            self.painter.left_out();
        }
        if self.draws_something(insert.block) {
            for i in 0..array.count {
                if !self.has_room() {
                    break;
                }
                let to_world = place.to_world * array.copy(i);
                let inherited = inside.clone();
                self.block(insert.block, &Place { to_world, inherited, depth: place.depth + 1, ..*place });
            }
        }
        self.attributes_of_copies(insert, &inside, place, &array);
    }

    /// What the attributes of an insert of the space itself, or of a block, cover in its first copy.
    pub(crate) fn attribute_bounds(&mut self, insert: &Insert, style: &Style) -> Option<Rect> {
        let inside = Inherited::default().inside(self.setting.drawing, style);
        self.extent_of_attributes(insert, &inside)
    }

    /// An array shows its attributes in each copy.
    fn attributes_of_copies(&mut self, insert: &Insert, inside: &Inherited, place: &Place, array: &Array) {
        if insert.attributes.is_empty() {
            return;
        }
        let own = match self.setting.inside {
            Some(_) => self.extent_of_attributes(insert, inside),
            None => None,
        };
        for i in 0..array.count {
            if !self.has_room() {
                return;
            }
            let to_world = place.to_world * Affine::translate(array.shift(i));
            if let (Some(seen), Some(own)) = (self.setting.inside, own)
                && !touches(to_world.transform_rect_bbox(own), seen)
            {
                continue;
            }
            self.attributes(insert, inside, &Place { to_world, ..place.clone() });
        }
    }

    /// Whether there is room for one more copy; if not, the rest is left out, and counted as one.
    fn has_room(&mut self) -> bool {
        self.spent = self.spent.saturating_add(1);
        let has_room = self.spent <= super::PARTS_MAX && !self.painter.is_full();
        if !has_room {
            self.painter.left_out();
        }
        has_room
    }

    /// Whether anything of a block is drawn, as far as is known.
    fn draws_something(&self, block: BlockId) -> bool {
        self.setting.known.and_then(|known| known.get(&block)).is_none_or(|info| info.bounds.is_some())
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
        let drawing = self.setting.drawing;
        if let (Some(inside), Some(info)) =
            (self.setting.inside, self.setting.known.and_then(|known| known.get(&block)))
        {
            if info.bounds.is_some_and(|bounds| !touches(place.to_world.transform_rect_bbox(bounds), inside)) {
                return;
            }
            let determinant = place.to_world.determinant();
            if determinant != 0.0
                && determinant.is_finite()
                && let Some(near) = info.near(place.to_world.inverse().transform_rect_bbox(inside))
            {
                for entity in near.into_iter().filter_map(|id| drawing.entity(id)) {
                    self.entity(entity, place);
                }
                return;
            }
        }
        for entity in drawing.entities_of(block) {
            self.entity(entity, place);
        }
    }
}

/// The copies of a block that an insert shows, row by row.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Array {
    /// How many.
    pub(crate) count: u64,
    /// Whether there are more that are not shown.
    pub(crate) is_cut: bool,
    columns: u64,
    spacing: Vec2,
    first: Affine,
    unscaled: Affine,
    turned: Affine,
}

impl Array {
    pub(crate) fn of(drawing: &Drawing, insert: &Insert) -> Array {
        let base = drawing.block(insert.block).map_or(Point::ZERO, |block| block.base);
        let (columns, rows) = (u64::from(insert.columns.max(1)), u64::from(insert.rows.max(1)));
        let first = plane(insert.extrusion, insert.at.z)
            * Affine::translate(insert.at.xy().to_vec2())
            * Affine::rotate(insert.rotation_deg.to_radians());
        let unscaled = Affine::scale_non_uniform(nonzero(insert.scale.x), nonzero(insert.scale.y))
            * Affine::translate(-base.to_vec2());
        Array {
            count: (columns * rows).min(COPIES_MAX),
            is_cut: columns * rows > COPIES_MAX,
            columns,
            spacing: Vec2::new(insert.column_spacing, insert.row_spacing),
            first,
            unscaled,
            turned: plane(insert.extrusion, 0.0) * Affine::rotate(insert.rotation_deg.to_radians()),
        }
    }

    /// Where a copy is, along the turned axes of the insert.
    fn step(&self, i: u64) -> Vec2 {
        Vec2::new((i % self.columns) as f64 * self.spacing.x, (i / self.columns) as f64 * self.spacing.y)
    }

    /// The map from the block's coordinates to those of the one that inserts it.
    pub(crate) fn copy(&self, i: u64) -> Affine {
        self.first * Affine::translate(self.step(i)) * self.unscaled
    }

    /// How far a copy is from the first one.
    pub(crate) fn shift(&self, i: u64) -> Vec2 {
        (self.turned * self.step(i).to_point()) - (self.turned * Point::ZERO)
    }

    /// The copies at the corners: whatever all of them cover, these do. The last row may be shorter than the others.
    pub(crate) fn corners(&self) -> impl Iterator<Item = u64> + use<> {
        let (columns, count) = (self.columns.min(self.count), self.count);
        let full = count / columns * columns;
        let mut corners = [0, columns - 1, full - columns, full - 1, full.min(count - 1), count - 1];
        corners.sort_unstable();
        let mut last = None;
        corners.into_iter().filter(move |i| last.replace(*i) != Some(*i))
    }
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use drawing::{Block, Entity, EntityId, Extrusion, Line, Op, Order, Point3, Record, Shape};

    use super::*;
    use crate::blocks::Blocks;
    use crate::font::Fonts;
    use crate::lower::Setting;
    use crate::measure::Extent;
    use crate::options::{SceneOptions, TextMode};

    fn insert(columns: u16, rows: u16) -> Insert {
        Insert {
            block: BlockId(50),
            at: Point3::flat(0.0, 0.0),
            scale: Point3 { x: 2.0, y: 2.0, z: 2.0 },
            rotation_deg: 90.0,
            columns,
            rows,
            column_spacing: 3.0,
            row_spacing: 5.0,
            extrusion: Extrusion::UP,
            attributes: Vec::new(),
        }
    }

    #[test]
    fn in_a_large_block_only_what_is_near_is_looked_at() {
        let block = BlockId(50);
        let record = |id: u64, owner, shape| {
            let (id, order, style) = (EntityId(id), Order(id * Order::STEP), Style::on(Drawing::LAYER_0));
            Record::Entity(Entity { id, handle: None, source: None, owner, order, style, shape })
        };
        let line = |i: u64| {
            let x = i as f64;
            Shape::Line(Line { start: Point3::flat(x, 0.0), end: Point3::flat(x + 0.5, 0.0) })
        };
        let own = Block { id: block, handle: None, source: None, name: "b".into(), base: Point::ZERO, xref_path: None };
        let mut records = vec![Record::Block(own)];
        records.extend((0..20_000).map(|i| record(100 + i, block, line(i))));
        records.push(record(60, Drawing::MODEL_SPACE, Shape::Insert(insert(1, 1))));
        let mut drawing = Drawing::new();
        drawing.apply(&Op::New(records)).unwrap();
        let options = SceneOptions { text: TextMode::None, fonts: Arc::new(Fonts::default()), frames: false };
        let mut blocks = Blocks::default();
        blocks.learn(&drawing, &options, block);
        // Turned by a quarter and twice as large, the line at 777 stands at y = 1554.
        let around = Rect::new(-0.1, 1554.2, 0.1, 1554.4);
        let looked_at = |inside| {
            let known = Some(&**blocks.known());
            let setting =
                Setting { drawing: &drawing, options: &options, tolerance: 0.1, px_per_unit: 1.0, inside, known };
            let mut extent = Extent::default();
            let mut lowering = Lowering::new(setting, &mut extent);
            lowering.top(drawing.entity(EntityId(60)).unwrap());
            lowering.part
        };
        assert_eq!((looked_at(Some(around)), looked_at(None)), (2, 20_001));
    }

    #[test]
    fn corners_reach_as_far_as_all_copies() {
        for (columns, rows) in [(1, 1), (3, 1), (1, 4), (7, 5), (3000, 100)] {
            let array = Array::of(&Drawing::new(), &insert(columns, rows));
            let reach = |copies: &mut dyn Iterator<Item = u64>| {
                let own = Rect::new(0.0, 0.0, 1.0, 1.0);
                copies.map(|i| array.copy(i).transform_rect_bbox(own)).reduce(|a, b| a.union(b)).unwrap()
            };
            assert_eq!(reach(&mut array.corners()), reach(&mut (0..array.count)), "{columns} x {rows}");
        }
    }
}
