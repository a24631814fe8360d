//! What is under the cursor, in a window, across a window.

use drawing::{Drawing, EntityId};
use geometry::{Affine, Point, Rect};

use crate::blocks::shown_block;
use crate::font::GlyphMesh;
use crate::lower::{Lowering, Setting};
use crate::options::Visibility;
use crate::painter::{Mark, Painter, Pen};
use crate::path::Piece;
use crate::scene::{Scene, envelope};
use crate::styles::{Inherited, StyleKey, is_seen};

/// Something under the cursor.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Hit {
    /// Which entity of the space.
    pub id: EntityId,
    /// How far away its nearest stroke is, drawing units; 0 inside an area.
    pub distance: f64,
    /// Whether it was hit inside a fill or a text and not at a stroke.
    pub area: bool,
}

/// Whose strokes are seen at all, remembered for the last style.
pub(crate) struct Seeing<'a> {
    drawing: &'a Drawing,
    visibility: &'a Visibility,
    last: Option<(StyleKey, bool)>,
}

impl<'a> Seeing<'a> {
    pub(crate) fn new(drawing: &'a Drawing, visibility: &'a Visibility) -> Seeing<'a> {
        Seeing { drawing, visibility, last: None }
    }

    pub(crate) fn sees(&mut self, key: &StyleKey) -> bool {
        match &self.last {
            Some((last, seen)) if last == key => *seen,
            _ => {
                let seen = is_seen(key, self.drawing, self.visibility);
                self.last = Some((key.clone(), seen));
                seen
            }
        }
    }
}

/// Measures how far things are from a point.
struct Probe<'a> {
    seeing: Seeing<'a>,
    at: Point,
    nearest: f64,
    inside: bool,
}

impl Painter for Probe<'_> {
    fn stroke(&mut self, path: &[Piece], pen: &Pen) {
        if self.seeing.sees(pen.key) {
            for piece in path {
                self.nearest = self.nearest.min((piece.nearest(self.at) - self.at).hypot());
            }
        }
    }

    fn fill(&mut self, rings: &[Vec<Point>], pen: &Pen) {
        if self.seeing.sees(pen.key) {
            self.inside |= geometry::contains(rings.iter().map(Vec::as_slice), self.at);
        }
    }

    fn area(&mut self, rings: &[Vec<Point>], pen: &Pen) {
        self.fill(rings, pen);
    }

    fn glyph(&mut self, _mesh: &GlyphMesh, _to_world: Affine, _pen: &Pen) {}

    fn mark(&mut self, _mark: Mark, _at: Point, _pen: &Pen) {}
}

/// Finds out whether something touches a rectangle, and whether all of it lies inside.
struct Frame<'a> {
    seeing: Seeing<'a>,
    rect: Rect,
    touched: bool,
    outside: bool,
    tolerance: f64,
    /// Whether what lies outside decides it.
    whole: bool,
}

fn holds(rect: Rect, p: Point) -> bool {
    p.x >= rect.x0 && p.x <= rect.x1 && p.y >= rect.y0 && p.y <= rect.y1
}

impl Painter for Frame<'_> {
    fn stroke(&mut self, path: &[Piece], pen: &Pen) {
        if !self.seeing.sees(pen.key) {
            return;
        }
        for piece in path {
            let mut from = piece.start();
            self.outside |= !holds(self.rect, from);
            piece.flatten(self.tolerance, &mut |to| {
                self.outside |= !holds(self.rect, to);
                self.touched = self.touched || geometry::segment_touches(from, to, self.rect);
                from = to;
            });
        }
    }

    fn fill(&mut self, rings: &[Vec<Point>], pen: &Pen) {
        if self.seeing.sees(pen.key) {
            rings.iter().for_each(|ring| self.outside |= !ring.iter().all(|p| holds(self.rect, *p)));
            // Touching an edge, or all within the area: then its corner is.
            let edge = |ring: &Vec<Point>| {
                let next = ring.iter().cycle().skip(1);
                ring.iter().zip(next).any(|(a, b)| geometry::segment_touches(*a, *b, self.rect))
            };
            self.touched |=
                rings.iter().any(edge) || geometry::contains(rings.iter().map(Vec::as_slice), self.rect.origin());
        }
    }

    fn area(&mut self, rings: &[Vec<Point>], pen: &Pen) {
        self.fill(rings, pen);
    }

    fn glyph(&mut self, _mesh: &GlyphMesh, _to_world: Affine, _pen: &Pen) {}

    fn mark(&mut self, _mark: Mark, _at: Point, _pen: &Pen) {}

    /// What comes after can't change what is decided.
    fn is_full(&self) -> bool {
        if self.whole { self.outside } else { self.touched }
    }
}

impl Scene {
    /// The entities within `reach` of a point, drawing units: strokes before areas, nearer ones first, of equally near
    /// ones the topmost first.
    pub fn pick(&self, drawing: &Drawing, at: Point, reach: f64, visibility: &Visibility) -> Vec<Hit> {
        if !(at.is_finite() && reach.is_finite() && reach >= 0.0) {
            return Vec::new();
        }
        let around = Rect::from_points(at, at).inflate(reach, reach);
        let mut hits = Vec::new();
        for id in self.near(around) {
            let Some(entity) = drawing.entity(id) else { continue };
            let seeing = Seeing::new(drawing, visibility);
            let mut probe = Probe { seeing, at, nearest: f64::INFINITY, inside: false };
            Lowering::new(self.setting(drawing, reach / 16.0, Some(around)), &mut probe).top(entity);
            if probe.nearest <= reach {
                hits.push(Hit { id, distance: probe.nearest, area: false });
            } else if probe.inside {
                hits.push(Hit { id, distance: 0.0, area: true });
            }
        }
        let height = |hit: &Hit| self.entries.get(&hit.id).map_or(0, |entry| entry.slot.first);
        hits.sort_by(|a, b| {
            let by_kind = a.area.cmp(&b.area).then(a.distance.total_cmp(&b.distance));
            by_kind.then_with(|| height(b).cmp(&height(a))).then(a.id.cmp(&b.id))
        });
        hits
    }

    /// The entities all of which lies inside a rectangle, ascending.
    pub fn window(&self, drawing: &Drawing, rect: Rect, visibility: &Visibility) -> Vec<EntityId> {
        self.framed(drawing, rect, visibility, true)
    }

    /// The entities that lie in or touch a rectangle, ascending.
    pub fn crossing(&self, drawing: &Drawing, rect: Rect, visibility: &Visibility) -> Vec<EntityId> {
        self.framed(drawing, rect, visibility, false)
    }

    fn framed(&self, drawing: &Drawing, rect: Rect, visibility: &Visibility, whole: bool) -> Vec<EntityId> {
        if !rect.is_finite() {
            return Vec::new();
        }
        let rect = rect.abs();
        // Fine enough that what is decided can't be seen to be wrong at a zoom that shows the rectangle.
        let tolerance = rect.width().max(rect.height()) / 4000.0;
        let inside = if whole { None } else { Some(rect) };
        let choose = |id: &EntityId| {
            let Some(entity) = drawing.entity(*id) else { return false };
            let mut seeing = Seeing::new(drawing, visibility);
            let bounds = self.entries.get(id).and_then(|entry| entry.drawn).map(|(bounds, _)| bounds);
            if shown_block(&entity.shape).is_none()
                && let Some(bounds) = bounds
                && holds(rect, bounds.origin())
                && holds(rect, Point::new(bounds.x1, bounds.y1))
            {
                return seeing.sees(&Inherited::default().resolve(drawing, &entity.style).0);
            }
            let mut frame = Frame { seeing, rect, touched: false, outside: false, tolerance, whole };
            Lowering::new(self.setting(drawing, tolerance, inside), &mut frame).top(entity);
            frame.touched && !(whole && frame.outside)
        };
        self.near(rect).into_iter().filter(choose).collect()
    }

    /// Entities whose rectangles touch this one, ascending.
    pub(crate) fn near(&self, rect: Rect) -> Vec<EntityId> {
        let found = self.tree.locate_in_envelope_intersecting(envelope(rect)).map(|boxed| boxed.id);
        let mut ids: Vec<EntityId> = found.filter(|id| !self.is_set_aside(*id)).collect();
        ids.sort_unstable();
        ids
    }

    pub(crate) fn setting<'a>(&'a self, drawing: &'a Drawing, tolerance: f64, inside: Option<Rect>) -> Setting<'a> {
        let px_per_unit = if tolerance > 0.0 { 0.25 / tolerance } else { 1.0 };
        Setting { drawing, options: &self.options, tolerance, px_per_unit, inside, known: Some(self.blocks.known()) }
    }
}
