//! Arcs of circles and ellipses as one type that survives every affine map.

use std::f64::consts::{PI, TAU};

use kurbo::{Affine, Point, Rect, Vec2};

/// Straight pieces that one arc is flattened into at most.
const PIECES_MAX: f64 = 8192.0;

/// The curve `center + u cos t + v sin t`, for `t` from `start` to `start + sweep`. A circle of radius r has
/// `u = (r, 0)` and `v = (0, r)`; conjugate half axes need not be perpendicular, so that any affine image is one too.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EllipticArc {
    /// The middle.
    pub center: Point,
    /// The half axis at `t` = 0.
    pub u: Vec2,
    /// The half axis at `t` = a quarter turn.
    pub v: Vec2,
    /// Parameter of the start, radians.
    pub start: f64,
    /// How far the parameter goes, radians, -2 pi to 2 pi.
    pub sweep: f64,
}

impl EllipticArc {
    /// A full circle, counter-clockwise from the east.
    pub fn circle(center: Point, radius: f64) -> EllipticArc {
        EllipticArc { center, u: Vec2::new(radius, 0.0), v: Vec2::new(0.0, radius), start: 0.0, sweep: TAU }
    }

    /// Part of a circle, counter-clockwise from one angle to the other, in radians; equal angles are a full circle.
    pub fn arc(center: Point, radius: f64, start: f64, end: f64) -> EllipticArc {
        EllipticArc { start, sweep: ccw_sweep(start, end), ..EllipticArc::circle(center, radius) }
    }

    /// The arc from `a` to `b` with a bulge, the tangent of a quarter of its angle, over 0 counter-clockwise; none where
    /// it is straight or has no length.
    ///
    /// With chord c: the radius is c (1 + b^2) / (4 b), the centre lies (1 - b^2) / (4 b) chords to the left of the
    /// chord's middle. (From the half-angle formulas of tan.)
    pub fn from_bulge(a: Point, b: Point, bulge: f64) -> Option<EllipticArc> {
        let chord = b - a;
        let length = chord.hypot();
        if !bulge.is_finite() || bulge.abs() < 1e-9 || !(length.is_finite() && length > 0.0) {
            return None;
        }
        let left = Vec2::new(-chord.y, chord.x);
        let center = a.midpoint(b) + left * ((1.0 - bulge * bulge) / (4.0 * bulge));
        let radius = length * (1.0 + bulge * bulge) / (4.0 * bulge.abs());
        let sweep = 4.0 * bulge.atan();
        Some(EllipticArc { start: (a - center).atan2(), sweep, ..EllipticArc::circle(center, radius) })
    }

    /// The bulge of a circular arc: the tangent of a quarter of its angle.
    pub fn bulge(&self) -> f64 {
        let turned = if self.u.cross(self.v) < 0.0 { -1.0 } else { 1.0 };
        turned * (self.sweep / 4.0).tan()
    }

    /// Whether it goes all the way round.
    pub fn is_full(&self) -> bool {
        self.sweep.abs() >= TAU - 1e-9
    }

    /// The radius, if it is part of a circle to within a millionth.
    pub fn radius(&self) -> Option<f64> {
        let (u, v) = (self.u.hypot(), self.v.hypot());
        let size = u.max(v);
        (size > 0.0 && (u - v).abs() < 1e-6 * size && self.u.dot(self.v).abs() < 1e-6 * size * size).then_some(u)
    }

    /// The image under an affine map.
    pub fn transformed(&self, by: Affine) -> EllipticArc {
        let origin = by * Point::ZERO;
        let turn = |v: Vec2| (by * v.to_point()) - origin;
        EllipticArc { center: by * self.center, u: turn(self.u), v: turn(self.v), ..*self }
    }

    /// The point at a parameter, radians.
    pub fn at(&self, t: f64) -> Point {
        let (sin, cos) = t.sin_cos();
        self.center + self.u * cos + self.v * sin
    }

    /// The first point.
    pub fn start_point(&self) -> Point {
        self.at(self.start)
    }

    /// The last point.
    pub fn end_point(&self) -> Point {
        self.at(self.start + self.sweep)
    }

    /// The point half way by parameter, which for a circle is half way by length.
    pub fn middle(&self) -> Point {
        self.at(self.start + self.sweep / 2.0)
    }

    /// Whether the arc passes the parameter `t`, give or take whole turns.
    pub fn covers(&self, t: f64) -> bool {
        let from_start = if self.sweep >= 0.0 { t - self.start } else { self.start - t };
        let turned = from_start.rem_euclid(TAU);
        turned <= self.sweep.abs() + 1e-9 || turned >= TAU - 1e-9
    }

    /// The parameter whose point lies in the direction of `p` from the centre, by the inverse of (u, v); none where the
    /// half axes are parallel.
    pub fn parameter_towards(&self, p: Point) -> Option<f64> {
        let det = self.u.cross(self.v);
        if det == 0.0 || !det.is_finite() {
            return None;
        }
        let d = p - self.center;
        Some((self.u.cross(d) / det).atan2(d.cross(self.v) / det))
    }

    /// How many straight pieces keep the curve within `tolerance` of their chords: a chord of a circle of radius r over
    /// the angle a is r (1 - cos(a / 2)) away from it at most; an ellipse is no worse than the circle around it.
    pub fn pieces(&self, tolerance: f64) -> usize {
        let r = (self.u.hypot2() + self.v.hypot2()).sqrt().min(self.u.hypot() + self.v.hypot());
        let r = self.radius().unwrap_or(r);
        let cos = 1.0 - tolerance.max(0.0) / r;
        let step = if cos.is_finite() { 2.0 * cos.clamp(-1.0, 1.0).acos() } else { PI };
        let step = step.clamp(TAU / PIECES_MAX, PI / 3.0);
        (self.sweep.abs() / step).ceil().clamp(1.0, PIECES_MAX) as usize
    }

    /// Calls `to` with the points after the start that make a polyline within `tolerance` of the curve.
    pub fn flatten(&self, tolerance: f64, to: &mut impl FnMut(Point)) {
        let pieces = self.pieces(tolerance);
        for i in 1..=pieces {
            to(self.at(self.start + self.sweep * (i as f64 / pieces as f64)));
        }
    }

    /// The smallest rectangle around it: its ends, and the extremes of x and y (where the derivative of a coordinate is
    /// 0: tan t = v / u) that it passes.
    pub fn bounds(&self) -> Rect {
        let mut rect = Rect::from_points(self.start_point(), self.end_point());
        for t in [self.v.x.atan2(self.u.x), self.v.y.atan2(self.u.y)] {
            for t in [t, t + PI] {
                if self.covers(t) {
                    rect = rect.union_pt(self.at(t));
                }
            }
        }
        rect
    }

    /// The points where its tangent is level or upright: a circle's quadrants.
    pub fn quadrants(&self) -> impl Iterator<Item = Point> + '_ {
        let axes = [self.v.x.atan2(self.u.x), self.v.y.atan2(self.u.y)];
        axes.into_iter().flat_map(|t| [t, t + PI]).filter(|t| self.covers(*t)).map(|t| self.at(t))
    }

    /// The nearest point of it to `p`: exact for a circle; for an ellipse the best of 64 samples, refined by Newton's
    /// method on the derivative of the squared distance.
    pub fn nearest(&self, p: Point) -> Point {
        let ends = [self.start_point(), self.end_point()];
        let nearer = |a: Point, b: Point| if (a - p).hypot2() <= (b - p).hypot2() { a } else { b };
        let mut best = nearer(ends[0], ends[1]);
        if self.radius().is_some() {
            if let Some(t) = self.parameter_towards(p)
                && self.covers(t)
            {
                best = nearer(best, self.at(t));
            }
            return best;
        }
        const SAMPLES: usize = 64;
        let parameter = |i: usize| self.start + self.sweep * i as f64 / SAMPLES as f64;
        let distance2 = |t: f64| (self.at(t) - p).hypot2();
        let nearest = (0..=SAMPLES).min_by(|a, b| distance2(parameter(*a)).total_cmp(&distance2(parameter(*b))));
        let mut t = parameter(nearest.unwrap_or(0));
        for _ in 0..8 {
            let (sin, cos) = t.sin_cos();
            let d = self.at(t) - p;
            let first = self.v * cos - self.u * sin;
            let second = -(self.u * cos + self.v * sin);
            let slope = first.hypot2() + d.dot(second);
            if slope.abs() < f64::MIN_POSITIVE {
                break;
            }
            t -= d.dot(first) / slope;
        }
        if t.is_finite() && self.covers(t) { nearer(best, self.at(t)) } else { best }
    }

    /// Points of it where the line from `p` meets it at a right angle, for a circle: those in line with the centre.
    pub fn feet(&self, p: Point) -> Vec<Point> {
        if self.radius().is_none() {
            return vec![self.nearest(p)];
        }
        let Some(t) = self.parameter_towards(p) else { return Vec::new() };
        [t, t + PI].into_iter().filter(|t| self.covers(*t)).map(|t| self.at(t)).collect()
    }
}

/// How far it is counter-clockwise from one angle to another, over 0 to a full turn, radians.
pub fn ccw_sweep(start: f64, end: f64) -> f64 {
    let sweep = (end - start).rem_euclid(TAU);
    if sweep < 1e-12 || !sweep.is_finite() { TAU } else { sweep }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(a: Point, b: Point) {
        assert!((a - b).hypot() < 1e-9, "{a:?} {b:?}");
    }

    #[test]
    fn bulges_make_arcs_and_come_back() {
        // A half circle over the chord (0,0)..(2,0): counter-clockwise goes below.
        let check = |bulge: f64, middle: Point| {
            let (a, b) = (Point::ZERO, Point::new(2.0, 0.0));
            let arc = EllipticArc::from_bulge(a, b, bulge).unwrap();
            close(arc.start_point(), a);
            close(arc.end_point(), b);
            close(arc.middle(), middle);
            assert!((arc.bulge() - bulge).abs() < 1e-12);
        };
        check(1.0, Point::new(1.0, -1.0));
        check(-1.0, Point::new(1.0, 1.0));
        check(0.5, Point::new(1.0, -0.5));
        check(-3.0, Point::new(1.0, 3.0));
        assert!(EllipticArc::from_bulge(Point::ZERO, Point::ZERO, 1.0).is_none());
        assert!(EllipticArc::from_bulge(Point::ZERO, Point::new(1.0, 0.0), 0.0).is_none());
    }

    #[test]
    fn flattening_keeps_its_tolerance() {
        for (radius, tolerance) in [(1.0, 0.1), (10.0, 0.01), (1e6, 0.25), (3.0, 100.0)] {
            let arc = EllipticArc::arc(Point::new(5.0, 5.0), radius, 0.3, 4.0);
            let mut last = arc.start_point();
            arc.flatten(tolerance, &mut |p| {
                let sagitta = radius - (last.midpoint(p) - arc.center).hypot();
                assert!(sagitta <= tolerance * 1.001 || arc.pieces(tolerance) as f64 >= PIECES_MAX);
                last = p;
            });
            close(last, arc.end_point());
        }
    }

    #[test]
    fn bounds_hold_the_extremes_that_are_passed() {
        let arc = EllipticArc::arc(Point::ZERO, 2.0, 0.0, PI);
        let b = arc.bounds();
        assert!(
            (b.x0 + 2.0).abs() < 1e-9 && b.y0.abs() < 1e-9 && (b.x1 - 2.0).abs() < 1e-9 && (b.y1 - 2.0).abs() < 1e-9
        );
        let turned = EllipticArc::circle(Point::ZERO, 1.0)
            .transformed(Affine::rotate(0.7) * Affine::scale_non_uniform(3.0, 1.0));
        let mut around = Rect::from_points(turned.start_point(), turned.start_point());
        turned.flatten(1e-6, &mut |p| around = around.union_pt(p));
        let b = turned.bounds();
        assert!((b.x1 - around.x1).abs() < 1e-4 && (b.y1 - around.y1).abs() < 1e-4, "{b:?} {around:?}");
    }

    #[test]
    fn nearest_points() {
        let half = EllipticArc::arc(Point::ZERO, 2.0, 0.0, PI);
        close(half.nearest(Point::new(0.0, 5.0)), Point::new(0.0, 2.0));
        close(half.nearest(Point::new(1.9, -3.0)), Point::new(2.0, 0.0));
        let ellipse = EllipticArc { u: Vec2::new(4.0, 0.0), ..EllipticArc::circle(Point::ZERO, 1.0) };
        close(ellipse.nearest(Point::new(9.0, 0.0)), Point::new(4.0, 0.0));
        let q = ellipse.nearest(Point::new(2.0, 2.0));
        let t = ellipse.parameter_towards(q).unwrap();
        let tangent = ellipse.v * t.cos() - ellipse.u * t.sin();
        assert!((Point::new(2.0, 2.0) - q).dot(tangent).abs() < 1e-6);
    }

    #[test]
    fn a_mirrored_arc_keeps_its_ends() {
        let arc = EllipticArc::arc(Point::new(1.0, 0.0), 2.0, 0.5, 1.5);
        let mirror = Affine::new([-1.0, 0.0, 0.0, 1.0, 0.0, 0.0]);
        close(arc.transformed(mirror).start_point(), mirror * arc.start_point());
        close(arc.transformed(mirror).end_point(), mirror * arc.end_point());
    }
}
