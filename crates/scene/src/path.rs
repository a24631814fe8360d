//! What entities come down to: strokes made of exact pieces, in world coordinates.

use geometry::{Affine, EllipticArc, Point, Rect};

/// A piece of a stroke.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Piece {
    /// Straight.
    Line(Point, Point),
    /// Part of a circle or ellipse.
    Arc(EllipticArc),
    /// A curve, already flattened; at least two points.
    Curve(Vec<Point>),
}

impl Piece {
    pub(crate) fn start(&self) -> Point {
        match self {
            Piece::Line(a, _) => *a,
            Piece::Arc(arc) => arc.start_point(),
            Piece::Curve(points) => points[0],
        }
    }

    pub(crate) fn end(&self) -> Point {
        match self {
            Piece::Line(_, b) => *b,
            Piece::Arc(arc) => arc.end_point(),
            Piece::Curve(points) => points[points.len() - 1],
        }
    }

    pub(crate) fn bounds(&self) -> Rect {
        match self {
            Piece::Line(a, b) => Rect::from_points(*a, *b),
            Piece::Arc(arc) => arc.bounds(),
            Piece::Curve(points) => {
                let start = Rect::from_points(points[0], points[0]);
                points.iter().fold(start, |rect, p| rect.union_pt(*p))
            }
        }
    }

    /// Calls `to` with the points after the start.
    pub(crate) fn flatten(&self, tolerance: f64, to: &mut impl FnMut(Point)) {
        match self {
            Piece::Line(_, b) => to(*b),
            Piece::Arc(arc) => arc.flatten(tolerance, to),
            Piece::Curve(points) => points[1..].iter().for_each(|p| to(*p)),
        }
    }

    pub(crate) fn nearest(&self, p: Point) -> Point {
        match self {
            Piece::Line(a, b) => geometry::nearest_on_segment(*a, *b, p),
            Piece::Arc(arc) => arc.nearest(p),
            Piece::Curve(points) => {
                let near = points.windows(2).map(|s| geometry::nearest_on_segment(s[0], s[1], p));
                near.min_by(|a, b| (*a - p).hypot2().total_cmp(&(*b - p).hypot2())).unwrap_or(points[0])
            }
        }
    }

    pub(crate) fn transformed(&self, by: Affine) -> Piece {
        match self {
            Piece::Line(a, b) => Piece::Line(by * *a, by * *b),
            Piece::Arc(arc) => Piece::Arc(arc.transformed(by)),
            Piece::Curve(points) => Piece::Curve(points.iter().map(|p| by * *p).collect()),
        }
    }

    pub(crate) fn is_finite(&self) -> bool {
        match self {
            Piece::Line(a, b) => a.is_finite() && b.is_finite(),
            Piece::Arc(arc) => {
                arc.center.is_finite()
                    && arc.u.is_finite()
                    && arc.v.is_finite()
                    && arc.start.is_finite()
                    && arc.sweep.is_finite()
            }
            Piece::Curve(points) => points.len() >= 2 && points.iter().all(|p| p.is_finite()),
        }
    }
}

/// All points of a stroke, flattened.
pub(crate) fn flattened(path: &[Piece], tolerance: f64) -> Vec<Point> {
    let mut points = Vec::with_capacity(path.len() + 1);
    for piece in path {
        if points.last() != Some(&piece.start()) {
            points.push(piece.start());
        }
        piece.flatten(tolerance, &mut |p| points.push(p));
    }
    points
}
