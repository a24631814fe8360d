//! About where an entity is: a rectangle around what is seen of it. For filters, where a little is enough.

use std::collections::HashMap;

use drawing::{
    BlockId, Boundary, Drawing, Edge, Entity, HAlign, Insert, MText, Point, Point3, PolylineForm, Record, Rect, Shape,
    Text, Vec2,
};

/// How deep blocks in blocks are looked into.
const DEPTH_MAX: usize = 8;
/// Entities of one block that are looked at.
const PARTS_MAX: usize = 20_000;
/// How wide a letter is about, in its height.
const LETTER: f64 = 0.9;

/// Where entities are, with what is known of blocks.
#[derive(Debug, Default)]
pub struct Areas {
    blocks: HashMap<BlockId, Option<Rect>>,
}

impl Areas {
    /// Forgets what was known of blocks if this record is one or is inside of one: it changes.
    pub fn forget(&mut self, drawing: &Drawing, record: &Record) {
        let is_of_block = match record {
            Record::Entity(entity) => drawing.block(entity.owner).is_none_or(|block| !block.is_space()),
            Record::Block(_) => true,
            _ => false,
        };
        if is_of_block {
            self.blocks.clear();
        }
    }

    /// The rectangle around an entity; none for what has none that is known.
    pub fn about(&mut self, drawing: Option<&Drawing>, entity: &Entity) -> Option<Rect> {
        self.at_depth(drawing, &entity.shape, 0)
    }

    fn at_depth(&mut self, drawing: Option<&Drawing>, shape: &Shape, depth: usize) -> Option<Rect> {
        let Shape::Insert(insert) = shape else { return about(shape) };
        let block = drawing.filter(|_| depth < DEPTH_MAX).and_then(|drawing| self.block(drawing, insert.block, depth));
        let base = drawing.and_then(|drawing| drawing.block(insert.block)).map(|block| block.base);
        match (block, base) {
            (Some(rect), Some(base)) => Some(placed(insert, rect, base)),
            _ => about(shape),
        }
    }

    fn block(&mut self, drawing: &Drawing, id: BlockId, depth: usize) -> Option<Rect> {
        if let Some(known) = self.blocks.get(&id) {
            return *known;
        }
        let mut all = Around(None);
        for part in drawing.entities_of(id).take(PARTS_MAX) {
            if let Some(rect) = self.at_depth(Some(drawing), &part.shape, depth + 1) {
                all.rect(rect);
            }
        }
        self.blocks.insert(id, all.0);
        all.0
    }
}

/// Where the contents of a block are that is put somewhere, once or as an array.
fn placed(insert: &Insert, rect: Rect, base: Point) -> Rect {
    let turn = Vec2::from_angle(insert.rotation_deg.to_radians());
    let (across, up) = (turn, Vec2::new(-turn.y, turn.x));
    let mut all = Around(None);
    let (columns, rows) = (f64::from(insert.columns.max(1)) - 1.0, f64::from(insert.rows.max(1)) - 1.0);
    for cell in [(0.0, 0.0), (columns, 0.0), (0.0, rows), (columns, rows)] {
        for corner in [(rect.x0, rect.y0), (rect.x1, rect.y0), (rect.x0, rect.y1), (rect.x1, rect.y1)] {
            let x = (corner.0 - base.x) * insert.scale.x + cell.0 * insert.column_spacing;
            let y = (corner.1 - base.y) * insert.scale.y + cell.1 * insert.row_spacing;
            let at = insert.at.xy() + across * x + up * y;
            all.add([insert.extrusion.to_world(Point3::new(at.x, at.y, insert.at.z)).xy()]);
        }
    }
    all.0.unwrap_or(rect)
}

/// The box that a line of letters takes, about.
fn written(text: &Text) -> [Point; 4] {
    let letters = text.value.chars().count() as f64;
    let length = letters * text.height * text.width_factor.abs() * LETTER;
    let along = Vec2::from_angle(text.rotation_deg.to_radians());
    let up = Vec2::new(-along.y, along.x) * text.height;
    let (from, at) = match text.h_align {
        HAlign::Left => (0.0, text.at),
        HAlign::Right => (-length, text.align_at.unwrap_or(text.at)),
        _ => (-length / 2.0, text.align_at.unwrap_or(text.at)),
    };
    let start = at.xy() + along * from;
    let corners = [start - up * 0.3, start + along * length - up * 0.3, start + up, start + along * length + up];
    corners.map(|p| text.extrusion.to_world(Point3::new(p.x, p.y, at.z)).xy())
}

/// The box that a paragraph takes, about.
fn set(text: &MText) -> [Point; 4] {
    let letters = text.value.chars().count() as f64 * text.height * LETTER;
    let width = if text.width > 0.0 { text.width } else { letters };
    let rows = (1.0 + text.value.matches("\\P").count() as f64).max((letters / width.max(text.height)).ceil());
    let height = rows * text.height * 5.0 / 3.0 * text.line_spacing.max(0.25);
    let (column, row) = ((text.attachment.clamp(1, 9) - 1) % 3, (text.attachment.clamp(1, 9) - 1) / 3);
    let (x, y) = (-width * f64::from(column) / 2.0, -height * (1.0 - f64::from(row) / 2.0));
    let along = Vec2::from_angle(text.rotation_deg.to_radians());
    let up = Vec2::new(-along.y, along.x);
    [(x, y), (x + width, y), (x, y + height), (x + width, y + height)].map(|(x, y)| text.at.xy() + along * x + up * y)
}

/// The rectangle around an entity's own points.
fn about(shape: &Shape) -> Option<Rect> {
    let mut found = Around(None);
    match shape {
        Shape::Line(line) => found.add([line.start.xy(), line.end.xy()]),
        Shape::Circle(circle) => found.disc(circle.extrusion.to_world(circle.center), circle.radius),
        Shape::Arc(arc) => found.disc(arc.extrusion.to_world(arc.center), arc.radius),
        Shape::Ellipse(ellipse) => found.disc(ellipse.center, ellipse.major.xy().to_vec2().hypot()),
        Shape::Polyline(run) => found.add(run.vertices.iter().map(|vertex| match run.form {
            PolylineForm::Space => vertex.at.xy(),
            _ => run.extrusion.to_world(vertex.at).xy(),
        })),
        Shape::Spline(spline) => found.add(spline.controls.iter().chain(&spline.fit).map(|p| p.xy())),
        Shape::Point(point) => found.add([point.at.xy()]),
        Shape::Solid(solid) => found.add(solid.corners.iter().map(|p| solid.extrusion.to_world(*p).xy())),
        Shape::Text(text) => found.add(written(text)),
        Shape::MText(text) => found.add(set(text)),
        Shape::Insert(insert) => found.add([insert.extrusion.to_world(insert.at).xy()]),
        Shape::Hatch(hatch) => {
            for boundary in &hatch.boundaries {
                match boundary {
                    Boundary::Polyline { vertices, .. } => found.add(vertices.iter().map(|(p, _)| *p)),
                    Boundary::Edges { edges, .. } => edges.iter().for_each(|edge| found.edge(edge)),
                }
            }
        }
        Shape::Dimension(dimension) => found.add(dimension.world_points.iter().map(|(_, p)| p.xy())),
        Shape::Opaque(opaque) => found.0 = opaque.extents,
    }
    found.0
}

struct Around(Option<Rect>);

impl Around {
    fn add(&mut self, points: impl IntoIterator<Item = Point>) {
        for p in points {
            let rect = Rect::from_points(p, p);
            self.0 = Some(self.0.map_or(rect, |all| all.union(rect)));
        }
    }

    fn rect(&mut self, rect: Rect) {
        self.0 = Some(self.0.map_or(rect, |all| all.union(rect)));
    }

    fn disc(&mut self, center: Point3, radius: f64) {
        let (x, y) = (center.x, center.y);
        self.add([Point::new(x - radius, y - radius), Point::new(x + radius, y + radius)]);
    }

    fn edge(&mut self, edge: &Edge) {
        match edge {
            Edge::Line { from, to } => self.add([*from, *to]),
            Edge::Arc { center, radius, .. } => self.disc((*center).into(), *radius),
            Edge::Ellipse { center, major, .. } => self.disc((*center).into(), major.to_vec2().hypot()),
            Edge::Spline { controls, fit, .. } => self.add(controls.iter().chain(fit).copied()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use drawing::{Block, EntityId, Extrusion, LayerId, Line, Op, Order, Style};

    const UP: Extrusion = Extrusion(Point3 { x: 0.0, y: 0.0, z: 1.0 });

    fn entity(id: u64, owner: BlockId, shape: Shape) -> Entity {
        let (style, order) = (Style::on(LayerId(1)), Order(id));
        Entity { id: EntityId(id), handle: None, source: None, owner, order, style, shape }
    }

    fn insert(block: u64, at: Point3, rotation_deg: f64, columns: u16) -> Shape {
        Shape::Insert(Insert {
            block: BlockId(block),
            at,
            scale: Point3::new(2.0, 2.0, 1.0),
            rotation_deg,
            columns,
            rows: 1,
            column_spacing: 50.0,
            row_spacing: 0.0,
            extrusion: UP,
            attributes: Vec::new(),
        })
    }

    /// About where a shape in model space is, next to a block 20 with a line far from its base, and one with that.
    #[track_caller]
    fn check(shape: Shape, expect: Rect) {
        let mut drawing = Drawing::new();
        let block = |id, name: &str, base| {
            Record::Block(Block {
                id: BlockId(id),
                handle: None,
                source: None,
                name: name.into(),
                base,
                xref_path: None,
            })
        };
        let line = Line { start: Point3::flat(100.0, 0.0), end: Point3::flat(110.0, 5.0) };
        let records = vec![
            block(20, "DOOR", Point::new(90.0, 0.0)),
            block(21, "PAIR", Point::ZERO),
            Record::Entity(entity(30, BlockId(20), Shape::Line(line))),
            Record::Entity(entity(31, BlockId(21), insert(20, Point3::flat(1_000.0, 0.0), 0.0, 1))),
        ];
        drawing.apply(&Op::New(records)).expect("it fits together");
        let mut areas = Areas::default();
        let entity = entity(40, Drawing::MODEL_SPACE, shape);
        for _ in 0..2 {
            let found = areas.about(Some(&drawing), &entity).expect("it is somewhere");
            let off = [found.x0 - expect.x0, found.y0 - expect.y0, found.x1 - expect.x1, found.y1 - expect.y1];
            assert!(off.iter().all(|off| off.abs() < 1e-6), "{found:?}, not {expect:?}");
        }
        // What changes in a block is seen.
        let record = drawing.get(EntityId(30)).expect("it is there").clone();
        areas.forget(&drawing, &record);
        assert!(areas.blocks.is_empty());
    }

    #[test]
    fn an_insert_is_where_its_block_is_seen() {
        check(insert(20, Point3::flat(0.0, 0.0), 0.0, 1), Rect::new(20.0, 0.0, 40.0, 10.0));
        check(insert(20, Point3::flat(0.0, 0.0), 90.0, 1), Rect::new(-10.0, 20.0, 0.0, 40.0));
        check(insert(20, Point3::flat(7.0, 0.0), 0.0, 3), Rect::new(27.0, 0.0, 147.0, 10.0));
        check(insert(21, Point3::flat(0.0, 0.0), 0.0, 1), Rect::new(2_040.0, 0.0, 2_080.0, 20.0));
        check(insert(99, Point3::flat(3.0, 4.0), 0.0, 1), Rect::new(3.0, 4.0, 3.0, 4.0));
    }
}
