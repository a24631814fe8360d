//! Points that mean something near the cursor.

use drawing::{Drawing, EntityId, Shape};
use geometry::{Affine, Point, Rect};

use crate::font::GlyphMesh;
use crate::lower::Lowering;
use crate::options::Visibility;
use crate::painter::{Mark, Painter, Pen};
use crate::path::Piece;
use crate::pick::Seeing;
use crate::scene::Scene;

/// Pieces near the cursor that are looked at: the nearest.
const PIECES_MAX: usize = 128;
/// Entities near the cursor that are looked at.
const ENTITIES_MAX: usize = 256;

/// What can be snapped to, the most telling first: of equally near points the first kind wins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SnapKind {
    /// An end of a line, arc or curve.
    Endpoint,
    /// Where two strokes cross.
    Intersection,
    /// Half way along a line or arc.
    Midpoint,
    /// The middle of a circle, arc or ellipse.
    Center,
    /// Where a circle is level or upright.
    Quadrant,
    /// A POINT.
    Node,
    /// Where a block or text is held.
    Insertion,
    /// Where the line from the last point meets a stroke at a right angle.
    Perpendicular,
    /// The nearest point of a stroke.
    Nearest,
}

impl SnapKind {
    /// All kinds, in their order.
    pub const ALL: [SnapKind; 9] = [
        SnapKind::Endpoint,
        SnapKind::Intersection,
        SnapKind::Midpoint,
        SnapKind::Center,
        SnapKind::Quadrant,
        SnapKind::Node,
        SnapKind::Insertion,
        SnapKind::Perpendicular,
        SnapKind::Nearest,
    ];
}

/// Which kinds are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SnapKinds(u16);

impl SnapKinds {
    /// None.
    pub const NONE: SnapKinds = SnapKinds(0);

    /// Those kinds.
    pub fn of(kinds: &[SnapKind]) -> SnapKinds {
        kinds.iter().fold(SnapKinds::NONE, |all, kind| all.with(*kind, true))
    }

    /// With a kind switched on or off.
    pub fn with(self, kind: SnapKind, on: bool) -> SnapKinds {
        let bit = 1 << kind as u16;
        SnapKinds(if on { self.0 | bit } else { self.0 & !bit })
    }

    /// Whether a kind is on.
    pub fn has(self, kind: SnapKind) -> bool {
        self.0 & (1 << kind as u16) != 0
    }
}

impl Default for SnapKinds {
    /// Endpoint, midpoint, centre, intersection, perpendicular.
    fn default() -> SnapKinds {
        use SnapKind::{Center, Endpoint, Intersection, Midpoint, Perpendicular};
        SnapKinds::of(&[Endpoint, Intersection, Midpoint, Center, Perpendicular])
    }
}

/// A point that was snapped to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Snap {
    /// Why it means something.
    pub kind: SnapKind,
    /// Where.
    pub at: Point,
    /// Whose it is.
    pub entity: EntityId,
}

/// Gathers what lies near the cursor, and circles around it.
struct Gather<'a> {
    seeing: Seeing<'a>,
    at: Point,
    reach: f64,
    around: Rect,
    entity: EntityId,
    /// Whether the strokes of this entity mean nothing by themselves.
    marks_only: bool,
    /// Pieces with a point within reach, and how far that is.
    near: Vec<(f64, EntityId, Piece)>,
    /// Centres, nodes, insertion points within reach, also of curves that pass elsewhere.
    points: Vec<(SnapKind, Point, EntityId)>,
    /// How many pieces and points there may be once this entity is done.
    pieces_max: usize,
    points_max: usize,
}

impl Painter for Gather<'_> {
    fn stroke(&mut self, path: &[Piece], pen: &Pen) {
        if self.marks_only || !self.seeing.sees(pen.key) {
            return;
        }
        for piece in path {
            if let Piece::Arc(arc) = piece
                && self.around.contains(arc.center)
            {
                self.points.push((SnapKind::Center, arc.center, self.entity));
            }
            let distance = (piece.nearest(self.at) - self.at).hypot();
            if self.near.len() < self.pieces_max && distance <= self.reach {
                self.near.push((distance, self.entity, piece.clone()));
            }
        }
    }

    fn fill(&mut self, _rings: &[Vec<Point>], _pen: &Pen) {}

    fn area(&mut self, _rings: &[Vec<Point>], _pen: &Pen) {}

    fn glyph(&mut self, _mesh: &GlyphMesh, _to_world: Affine, _pen: &Pen) {}

    fn mark(&mut self, mark: Mark, at: Point, pen: &Pen) {
        if self.seeing.sees(pen.key) && self.around.contains(at) {
            let kind = match mark {
                Mark::Insertion => SnapKind::Insertion,
                Mark::Node => SnapKind::Node,
            };
            self.points.push((kind, at, self.entity));
        }
    }

    /// The corners of a frame say nothing of what is in it.
    fn frame(&mut self, _corners: [Point; 4], _pen: &Pen) {}

    fn is_full(&self) -> bool {
        self.points.len() >= self.points_max || self.near.len() >= self.pieces_max
    }
}

impl Scene {
    /// The point to snap to within `reach` of the cursor, drawing units: the nearest that means something. Without one,
    /// the centre of a circle or the foot of the perpendicular from `from` on a stroke under the cursor, wherever it
    /// lies; at last the nearest point of that stroke. `except` are not snapped to: what is being moved.
    #[allow(clippy::too_many_arguments)]
    pub fn snap(
        &self,
        drawing: &Drawing,
        at: Point,
        reach: f64,
        kinds: SnapKinds,
        from: Option<Point>,
        visibility: &Visibility,
        except: &dyn Fn(EntityId) -> bool,
    ) -> Option<Snap> {
        if kinds == SnapKinds::NONE || !(at.is_finite() && reach.is_finite() && reach > 0.0) {
            return None;
        }
        let around = Rect::from_points(at, at).inflate(reach, reach);
        let mut gather = Gather {
            seeing: Seeing::new(drawing, visibility),
            at,
            reach,
            around,
            entity: EntityId(0),
            marks_only: false,
            near: Vec::new(),
            points: Vec::new(),
            pieces_max: 0,
            points_max: 0,
        };
        // All are within reach by their rectangles. If they are very many, the small ones: of a large one little is here.
        let size = |id: EntityId| {
            let drawn = self.entries.get(&id).and_then(|entry| entry.drawn);
            drawn.map_or(0.0, |(bounds, _)| bounds.width().max(bounds.height()))
        };
        let mut near: Vec<(f64, EntityId)> = self.near(around).into_iter().map(|id| (size(id), id)).collect();
        near.retain(|(_, id)| !except(*id));
        near.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        for (_, id) in near.into_iter().take(ENTITIES_MAX) {
            let Some(entity) = drawing.entity(id) else { continue };
            if matches!(entity.shape, Shape::Hatch(_)) {
                continue;
            }
            // Each has its share, so that none keeps the others out.
            gather.pieces_max = gather.near.len() + 2 * PIECES_MAX;
            gather.points_max = gather.points.len() + PIECES_MAX;
            gather.entity = id;
            gather.marks_only = matches!(entity.shape, Shape::Point(_) | Shape::Text(_) | Shape::MText(_));
            Lowering::new(self.setting(drawing, reach / 16.0, Some(around)), &mut gather).top(entity);
        }
        let Gather { mut near, points, .. } = gather;
        near.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        let near: Vec<(EntityId, Piece)> =
            near.into_iter().take(PIECES_MAX).map(|(_, id, piece)| (id, piece)).collect();
        let (direct, under) = candidates(&near, points, at, reach, from);
        let wanted = |(kind, ..): &&(SnapKind, Point, EntityId)| kinds.has(*kind);
        let distance = |p: Point| (p - at).hypot();
        let nearer = |a: &&(SnapKind, Point, EntityId), b: &&(SnapKind, Point, EntityId)| {
            // Points that can't be told apart on screen are ranked by what they mean.
            let apart = distance(a.1) - distance(b.1);
            let by_distance =
                if apart.abs() > reach * 0.05 { apart.total_cmp(&0.0) } else { std::cmp::Ordering::Equal };
            by_distance.then(a.0.cmp(&b.0)).then(distance(a.1).total_cmp(&distance(b.1))).then(a.2.cmp(&b.2))
        };
        let found = reduce(direct.iter().filter(wanted).filter(|(_, p, _)| distance(*p) <= reach), nearer);
        let found = found.or_else(|| reduce(under.iter().filter(wanted), |a, b| a.0.cmp(&b.0).then(nearer(a, b))));
        found.map(|(kind, at, entity)| Snap { kind: *kind, at: *at, entity: *entity })
    }
}

fn reduce<'a, T>(
    items: impl Iterator<Item = &'a T>,
    by: impl Fn(&&'a T, &&'a T) -> std::cmp::Ordering,
) -> Option<&'a T> {
    items.reduce(|best, next| if by(&next, &best).is_lt() { next } else { best })
}

type Candidates = Vec<(SnapKind, Point, EntityId)>;

/// Points that are snapped to when they are near, and those that count when a stroke is under the cursor.
fn candidates(
    near: &[(EntityId, Piece)],
    points: Candidates,
    at: Point,
    reach: f64,
    from: Option<Point>,
) -> (Candidates, Candidates) {
    let mut direct = points;
    let mut under = Vec::new();
    for (id, piece) in near {
        direct.push((SnapKind::Endpoint, piece.start(), *id));
        direct.push((SnapKind::Endpoint, piece.end(), *id));
        under.push((SnapKind::Nearest, piece.nearest(at), *id));
        match piece {
            Piece::Line(a, b) => direct.push((SnapKind::Midpoint, a.midpoint(*b), *id)),
            Piece::Arc(arc) => {
                if arc.is_full() {
                    direct.retain(|(kind, p, owner)| {
                        !(*kind == SnapKind::Endpoint
                            && owner == id
                            && (*p == arc.start_point() || *p == arc.end_point()))
                    });
                } else {
                    direct.push((SnapKind::Midpoint, arc.middle(), *id));
                }
                direct.extend(arc.quadrants().map(|p| (SnapKind::Quadrant, p, *id)));
                under.push((SnapKind::Center, arc.center, *id));
            }
            Piece::Curve(_) => {}
        }
        if let Some(from) = from {
            let feet = match piece {
                Piece::Line(a, b) => {
                    let foot = geometry::foot_on_line(*a, *b, from);
                    let on = |p: &Point| geometry::distance_to_segment(*a, *b, *p) <= 1e-9 * (*b - *a).hypot();
                    foot.into_iter().filter(on).collect()
                }
                Piece::Arc(arc) => arc.feet(from),
                Piece::Curve(_) => vec![piece.nearest(from)],
            };
            under.extend(feet.into_iter().map(|p| (SnapKind::Perpendicular, p, *id)));
        }
    }
    for (i, (id, a)) in near.iter().enumerate() {
        for (_, b) in &near[i + 1..] {
            let meet = meetings(a, b, at, reach);
            // Where two ends meet is an endpoint.
            let inner = |p: &Point| {
                ![a.start(), a.end(), b.start(), b.end()].iter().any(|end| (*end - *p).hypot() < 1e-9 * reach)
            };
            direct.extend(meet.into_iter().filter(inner).map(|p| (SnapKind::Intersection, p, *id)));
        }
    }
    (direct, under)
}

/// Where two pieces meet.
fn meetings(a: &Piece, b: &Piece, at: Point, reach: f64) -> Vec<Point> {
    let close = |s: &[Point]| geometry::distance_to_segment(s[0], s[1], at) <= reach;
    match (a, b) {
        (Piece::Line(a0, a1), Piece::Line(b0, b1)) => {
            geometry::segment_segment(*a0, *a1, *b0, *b1).into_iter().collect()
        }
        (Piece::Line(a0, a1), Piece::Arc(arc)) | (Piece::Arc(arc), Piece::Line(a0, a1)) => {
            geometry::segment_arc(*a0, *a1, arc)
        }
        (Piece::Arc(first), Piece::Arc(second)) => geometry::arc_arc(first, second),
        (Piece::Curve(points), other) | (other, Piece::Curve(points)) => points
            .windows(2)
            .filter(|s| close(s))
            .take(PIECES_MAX)
            .flat_map(|s| match other {
                Piece::Curve(others) => {
                    let others = others.windows(2).filter(|t| close(t)).take(PIECES_MAX);
                    others.filter_map(|t| geometry::segment_segment(s[0], s[1], t[0], t[1])).collect()
                }
                simple => meetings(&Piece::Line(s[0], s[1]), simple, at, reach),
            })
            .collect(),
    }
}
