//! Where arcs meet segments and each other.

use kurbo::Point;

use crate::elliptic::EllipticArc;
use crate::segment::segment_segment;

/// Where the segment `a`..`b` meets an arc. In the arc's own coordinates it is the unit circle, so that the parameters
/// along the segment are the roots of a quadratic, for ellipses too.
pub fn segment_arc(a: Point, b: Point, arc: &EllipticArc) -> Vec<Point> {
    let det = arc.u.cross(arc.v);
    if det == 0.0 || !det.is_finite() {
        return Vec::new();
    }
    let own = |p: Point| {
        let d = p - arc.center;
        Point::new(d.cross(arc.v) / det, arc.u.cross(d) / det)
    };
    let (p, d) = (own(a).to_vec2(), own(b) - own(a));
    let (qa, qb, qc) = (d.hypot2(), 2.0 * p.dot(d), p.hypot2() - 1.0);
    let discriminant = qb * qb - 4.0 * qa * qc;
    if qa == 0.0 || discriminant < -1e-12 * qb * qb.max(qa) || !discriminant.is_finite() {
        return Vec::new();
    }
    let root = discriminant.max(0.0).sqrt();
    let mut found: Vec<Point> = Vec::new();
    for s in [(-qb - root) / (2.0 * qa), (-qb + root) / (2.0 * qa)] {
        let on_circle = p + d * s;
        if (-1e-9..=1.0 + 1e-9).contains(&s) && arc.covers(on_circle.atan2()) {
            let at = a + (b - a) * s;
            if found.iter().all(|q| (*q - at).hypot2() > 0.0) {
                found.push(at);
            }
        }
    }
    found
}

/// Where two arcs meet: two circles by the radical line (at (d^2 + r1^2 - r2^2) / 2d from the first centre), others by
/// their chords at a thousandth of the smaller one's size.
pub fn arc_arc(first: &EllipticArc, second: &EllipticArc) -> Vec<Point> {
    match (first.radius(), second.radius()) {
        (Some(r1), Some(r2)) => {
            let between = second.center - first.center;
            let d = between.hypot();
            if d <= 1e-12 * r1.max(r2) {
                return Vec::new();
            }
            let along = (d * d + r1 * r1 - r2 * r2) / (2.0 * d);
            let height2 = r1 * r1 - along * along;
            if height2 < -1e-9 * r1 * r1 {
                return Vec::new();
            }
            let height = height2.max(0.0).sqrt();
            let direction = between / d;
            let foot = first.center + direction * along;
            let across = kurbo::Vec2::new(-direction.y, direction.x) * height;
            let both = [foot + across, foot - across];
            let on =
                |p: &Point| [first, second].iter().all(|arc| arc.parameter_towards(*p).is_some_and(|t| arc.covers(t)));
            let count = if height == 0.0 { 1 } else { 2 };
            both[..count].iter().copied().filter(on).collect()
        }
        _ => {
            let size = |arc: &EllipticArc| arc.u.hypot().max(arc.v.hypot());
            let tolerance = size(first).min(size(second)) * 1e-3;
            let points = |arc: &EllipticArc| {
                let mut points = vec![arc.start_point()];
                arc.flatten(tolerance, &mut |p| points.push(p));
                points
            };
            let (a, b) = (points(first), points(second));
            let pairs = a.windows(2).flat_map(|s| b.windows(2).map(move |t| (s, t)));
            pairs.filter_map(|(s, t)| segment_segment(s[0], s[1], t[0], t[1])).take(8).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f64::consts::PI;

    fn check(got: Vec<Point>, expect: &[(f64, f64)]) {
        assert_eq!(got.len(), expect.len(), "{got:?}");
        for (x, y) in expect {
            assert!(got.iter().any(|p| (*p - Point::new(*x, *y)).hypot() < 1e-6), "{got:?} lacks {x},{y}");
        }
    }

    #[test]
    fn segments_meet_arcs() {
        let circle = EllipticArc::circle(Point::ZERO, 5.0);
        check(segment_arc(Point::new(-9.0, 3.0), Point::new(9.0, 3.0), &circle), &[(-4.0, 3.0), (4.0, 3.0)]);
        check(segment_arc(Point::new(0.0, 3.0), Point::new(9.0, 3.0), &circle), &[(4.0, 3.0)]);
        check(segment_arc(Point::new(-9.0, 6.0), Point::new(9.0, 6.0), &circle), &[]);
        let upper = EllipticArc::arc(Point::ZERO, 5.0, 0.0, PI);
        check(segment_arc(Point::new(3.0, -9.0), Point::new(3.0, 9.0), &upper), &[(3.0, 4.0)]);
        let wide = EllipticArc { u: kurbo::Vec2::new(10.0, 0.0), ..circle };
        check(segment_arc(Point::new(-20.0, 0.0), Point::new(20.0, 0.0), &wide), &[(-10.0, 0.0), (10.0, 0.0)]);
    }

    #[test]
    fn arcs_meet_arcs() {
        let a = EllipticArc::circle(Point::ZERO, 5.0);
        check(arc_arc(&a, &EllipticArc::circle(Point::new(6.0, 0.0), 5.0)), &[(3.0, 4.0), (3.0, -4.0)]);
        check(arc_arc(&a, &EllipticArc::circle(Point::new(10.0, 0.0), 5.0)), &[(5.0, 0.0)]);
        check(arc_arc(&a, &EllipticArc::circle(Point::new(11.0, 0.0), 5.0)), &[]);
        check(arc_arc(&a, &EllipticArc::circle(Point::ZERO, 5.0)), &[]);
    }
}
