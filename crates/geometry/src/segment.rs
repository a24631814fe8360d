//! Straight segments: nearest point, foot, intersection, and whether one touches a rectangle.

use kurbo::{Point, Rect, Vec2};

/// The point of the segment `a`..`b` nearest to `p`: the orthogonal projection, clamped to the ends.
pub fn nearest_on_segment(a: Point, b: Point, p: Point) -> Point {
    let ab = b - a;
    let length2 = ab.hypot2();
    if length2 <= 0.0 || !length2.is_finite() {
        return a;
    }
    a + ab * ((p - a).dot(ab) / length2).clamp(0.0, 1.0)
}

/// The distance from `p` to the segment `a`..`b`.
pub fn distance_to_segment(a: Point, b: Point, p: Point) -> f64 {
    (nearest_on_segment(a, b, p) - p).hypot()
}

/// The foot of the perpendicular from `p` on the line through `a` and `b`, which may lie beyond the segment; none where
/// `a` and `b` are the same.
pub fn foot_on_line(a: Point, b: Point, p: Point) -> Option<Point> {
    let ab = b - a;
    let length2 = ab.hypot2();
    (length2 > 0.0 && length2.is_finite()).then(|| a + ab * ((p - a).dot(ab) / length2))
}

/// Where the segments `a0`..`a1` and `b0`..`b1` cross or touch; none where they are parallel. Cramer's rule on
/// `a0 + s (a1 - a0) = b0 + t (b1 - b0)`.
pub fn segment_segment(a0: Point, a1: Point, b0: Point, b1: Point) -> Option<Point> {
    let (da, db) = (a1 - a0, b1 - b0);
    let cross = da.cross(db);
    // Relative to the lengths, so that it says the same in millimetres and kilometres.
    if cross.abs() <= 1e-12 * da.hypot() * db.hypot() {
        return None;
    }
    let between = b0 - a0;
    let s = between.cross(db) / cross;
    let t = between.cross(da) / cross;
    const SLACK: f64 = 1e-9;
    let inside = |u: f64| (-SLACK..=1.0 + SLACK).contains(&u);
    (inside(s) && inside(t)).then(|| a0 + da * s.clamp(0.0, 1.0))
}

/// The part of the segment `a`..`b` inside `rect`, its border included. Liang and Barsky, 1984.
pub fn clip_segment(a: Point, b: Point, rect: Rect) -> Option<(Point, Point)> {
    let d = b - a;
    let (mut t0, mut t1) = (0.0f64, 1.0f64);
    for (p, q) in [(-d.x, a.x - rect.x0), (d.x, rect.x1 - a.x), (-d.y, a.y - rect.y0), (d.y, rect.y1 - a.y)] {
        if p == 0.0 {
            if q < 0.0 {
                return None;
            }
        } else if p < 0.0 {
            t0 = t0.max(q / p);
        } else {
            t1 = t1.min(q / p);
        }
    }
    let at = |t: f64| {
        if t <= 0.0 {
            a
        } else if t >= 1.0 {
            b
        } else {
            a + d * t
        }
    };
    (t0 <= t1).then(|| (at(t0), at(t1)))
}

/// Whether the segment `a`..`b` touches `rect`.
pub fn segment_touches(a: Point, b: Point, rect: Rect) -> bool {
    clip_segment(a, b, rect).is_some()
}

/// `v` at length 1; none where it has no length.
pub fn unit(v: Vec2) -> Option<Vec2> {
    let length = v.hypot();
    (length > 0.0 && length.is_finite()).then(|| v / length)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn p(x: f64, y: f64) -> Point {
        Point::new(x, y)
    }

    #[test]
    fn nearest_points_are_clamped_to_the_ends() {
        let check = |at, expect| assert_eq!(nearest_on_segment(p(0.0, 0.0), p(10.0, 0.0), at), expect);
        check(p(3.0, 4.0), p(3.0, 0.0));
        check(p(-3.0, 4.0), p(0.0, 0.0));
        check(p(30.0, -4.0), p(10.0, 0.0));
        assert_eq!(nearest_on_segment(p(1.0, 1.0), p(1.0, 1.0), p(5.0, 5.0)), p(1.0, 1.0));
        assert_eq!(foot_on_line(p(0.0, 0.0), p(10.0, 0.0), p(30.0, 7.0)), Some(p(30.0, 0.0)));
        assert_eq!(foot_on_line(p(1.0, 0.0), p(1.0, 0.0), p(30.0, 7.0)), None);
    }

    #[test]
    fn segments_meet_where_they_cross_or_touch() {
        let check = |a: [f64; 4], b: [f64; 4], expect: Option<(f64, f64)>| {
            let got = segment_segment(p(a[0], a[1]), p(a[2], a[3]), p(b[0], b[1]), p(b[2], b[3]));
            assert_eq!(got.map(|q| (q.x, q.y)), expect, "{a:?} {b:?}");
        };
        check([0.0, 0.0, 4.0, 4.0], [0.0, 4.0, 4.0, 0.0], Some((2.0, 2.0)));
        check([0.0, 0.0, 4.0, 0.0], [4.0, 0.0, 4.0, 9.0], Some((4.0, 0.0)));
        check([0.0, 0.0, 4.0, 0.0], [5.0, -1.0, 5.0, 9.0], None);
        check([0.0, 0.0, 4.0, 0.0], [0.0, 1.0, 4.0, 1.0], None);
    }

    #[test]
    fn segments_are_clipped_to_rectangles() {
        let rect = Rect::new(0.0, 0.0, 10.0, 10.0);
        assert_eq!(clip_segment(p(-5.0, 5.0), p(15.0, 5.0), rect), Some((p(0.0, 5.0), p(10.0, 5.0))));
        assert_eq!(clip_segment(p(2.0, 2.0), p(3.0, 3.0), rect), Some((p(2.0, 2.0), p(3.0, 3.0))));
        assert!(!segment_touches(p(-5.0, 8.0), p(5.0, 18.0), rect));
        assert!(segment_touches(p(10.0, 10.0), p(12.0, 12.0), rect));
        assert!(segment_touches(p(4.0, 4.0), p(4.0, 4.0), rect));
    }
}
