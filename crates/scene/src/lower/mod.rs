//! From entities to strokes and fills: the rules of CAD, kind by kind.

mod curves;
mod hatch;
mod inserts;
mod marks;
mod pattern;
mod polyline;
mod text;

use drawing::{Drawing, Entity, LinetypeId, Opaque, Shape, Style};
use geometry::{Affine, Extrusion, Point, Point3, Rect};

use crate::blocks::Known;
use crate::options::SceneOptions;
use crate::painter::{Painter, Pen};
use crate::path::Piece;
use crate::styles::{Inherited, StyleKey};

/// How deep inserts may be nested.
pub(crate) const DEPTH_MAX: u8 = 32;
/// Entities, and copies of blocks and attributes, that one top-level entity may expand to.
const PARTS_MAX: u32 = 500_000;

/// What lowering needs to know besides the entity.
#[derive(Clone, Copy)]
pub(crate) struct Setting<'a> {
    pub(crate) drawing: &'a Drawing,
    pub(crate) options: &'a SceneOptions,
    /// How far a flattened curve may be from the true one, drawing units.
    pub(crate) tolerance: f64,
    /// Pixels a drawing unit, for marks that have a size on screen.
    pub(crate) px_per_unit: f64,
    /// What lies outside may be left out.
    pub(crate) inside: Option<Rect>,
    /// What is known of blocks, for leaving out.
    pub(crate) known: Option<&'a Known>,
}

/// Lowers one entity of a space after another.
pub(crate) struct Lowering<'a> {
    pub(crate) setting: Setting<'a>,
    pub(crate) painter: &'a mut dyn Painter,
    /// Entities of the present top-level entity so far.
    part: u32,
    /// Entities and copies of it so far.
    spent: u32,
}

/// Where in a nest of inserts an entity is met.
#[derive(Debug, Clone)]
struct Place {
    to_world: Affine,
    inherited: Inherited,
    depth: u8,
    /// Whether a dimension shows it: the points in its block are what it measures, and only dots.
    in_dimension: bool,
}

impl Place {
    /// The space itself.
    fn top() -> Place {
        Place { to_world: Affine::IDENTITY, inherited: Inherited::default(), depth: 0, in_dimension: false }
    }
}

/// How one entity is drawn where it is met.
struct Look {
    key: StyleKey,
    dashes: Vec<f64>,
}

impl<'a> Lowering<'a> {
    pub(crate) fn new(setting: Setting<'a>, painter: &'a mut dyn Painter) -> Lowering<'a> {
        Lowering { setting, painter, part: 0, spent: 0 }
    }

    /// Lowers an entity of the space itself.
    pub(crate) fn top(&mut self, entity: &Entity) {
        self.part = 0;
        self.spent = 0;
        self.entity(entity, &Place::top());
    }

    fn entity(&mut self, entity: &Entity, place: &Place) {
        if !entity.style.visible {
            return;
        }
        if self.spent >= PARTS_MAX || self.painter.is_full() {
            self.painter.left_out();
            return;
        }
        self.spent += 1;
        self.part += 1;
        match &entity.shape {
            Shape::Insert(insert) => self.insert(insert, &entity.style, place),
            Shape::Dimension(dimension) => self.dimension(dimension, &entity.style, place),
            shape => {
                let look = self.look(&entity.style, place);
                match shape {
                    Shape::Line(line) => self.line(line, place, &look),
                    Shape::Circle(circle) => self.circle(circle, place, &look),
                    Shape::Arc(arc) => self.arc(arc, place, &look),
                    Shape::Ellipse(ellipse) => self.ellipse(ellipse, place, &look),
                    Shape::Spline(spline) => self.spline(spline, place, &look),
                    Shape::Polyline(polyline) => self.polyline(polyline, place, &look),
                    Shape::Point(point) => self.point(point, place, &look),
                    Shape::Solid(solid) => self.solid(solid, place, &look),
                    Shape::Hatch(hatch) => self.hatch(hatch, place, &look),
                    Shape::Text(text) => self.text(text, place, &look),
                    Shape::MText(text) => self.mtext(text, place, &look),
                    Shape::Opaque(opaque) => self.opaque(opaque, place, &look),
                    // They had their turn.
                    Shape::Insert(_) | Shape::Dimension(_) => {}
                }
            }
        }
    }

    fn look(&self, style: &Style, place: &Place) -> Look {
        let (key, linetype) = place.inherited.resolve(self.setting.drawing, style);
        Look { key, dashes: self.dashes(linetype, style.linetype_scale) }
    }

    fn dashes(&self, linetype: Option<LinetypeId>, scale: f64) -> Vec<f64> {
        let drawing = self.setting.drawing;
        let Some(linetype) = linetype.and_then(|id| drawing.linetype(id)) else { return Vec::new() };
        let scale = scale * drawing.header().linetype_scale;
        if !(scale.is_finite() && scale > 0.0) {
            return Vec::new();
        }
        linetype.pattern.iter().map(|length| length * scale).collect()
    }

    fn pen<'l>(&self, look: &'l Look) -> Pen<'l> {
        Pen { key: &look.key, dashes: &look.dashes, part: self.part }
    }

    /// What is not understood shows where it is.
    fn opaque(&mut self, opaque: &Opaque, place: &Place, look: &Look) {
        let Some(rect) = opaque.extents.filter(|_| is_framed(opaque, place.depth > 0)) else { return };
        let corners = [(rect.x0, rect.y0), (rect.x1, rect.y0), (rect.x1, rect.y1), (rect.x0, rect.y1)];
        let corners = corners.map(|corner| place.to_world * Point::from(corner));
        if corners.iter().all(|corner| corner.is_finite()) {
            let key = look.key.hairline();
            self.painter.frame(corners, &Pen { key: &key, dashes: &[], part: self.part });
        }
    }

    /// A stroke, if its numbers make sense.
    fn stroke(&mut self, path: &[Piece], look: &Look) {
        if !path.is_empty() && path.iter().all(Piece::is_finite) {
            let pen = self.pen(look);
            self.painter.stroke(path, &pen);
        }
    }

    /// An area, if its numbers make sense.
    fn fill(&mut self, rings: &[Vec<Point>], look: &Look) {
        if !rings.is_empty() && rings.iter().flatten().all(|p| p.is_finite()) {
            let pen = self.pen(look);
            self.painter.fill(rings, &pen);
        }
    }
}

pub(crate) use inserts::{Array, shift};

/// Whether an opaque entity is seen by its frame: where a block has the definition of an attribute, inserts show
/// something else, and a VIEWPORT without a window is off, or the sheet itself.
pub(crate) fn is_framed(opaque: &Opaque, in_block: bool) -> bool {
    let is = |kind| opaque.kind.eq_ignore_ascii_case(kind);
    opaque.extents.is_some() && !(is("ATTDEF") && in_block) && !(is("VIEWPORT") && opaque.window.is_none())
}

/// The map from object coordinates at a height to the world's plane, seen from above.
pub(crate) fn plane(extrusion: Extrusion, elevation: f64) -> Affine {
    if extrusion.is_up() {
        return Affine::IDENTITY;
    }
    let [ax, ay, _] = extrusion.axes();
    let origin = extrusion.to_world(Point3::new(0.0, 0.0, elevation));
    Affine::new([ax.x, ax.y, ay.x, ay.y, origin.x, origin.y])
}
