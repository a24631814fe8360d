//! Closed rings of straight segments.

use kurbo::{Point, Rect};

use crate::segment::segment_touches;

/// Twice-signed shoelace: the area of a ring, over 0 counter-clockwise.
pub fn area(ring: &[Point]) -> f64 {
    let Some(&origin) = ring.first() else { return 0.0 };
    // Relative to a corner, so that rings far from 0 keep their digits.
    edges(ring).map(|(a, b)| (a - origin).cross(b - origin)).sum::<f64>() / 2.0
}

/// Whether `p` is inside the rings by the even-odd rule: a ray to the east crosses them an odd number of times.
pub fn contains<'a>(rings: impl IntoIterator<Item = &'a [Point]>, p: Point) -> bool {
    let mut inside = false;
    for ring in rings {
        for (a, b) in edges(ring) {
            if (a.y > p.y) != (b.y > p.y) && p.x < a.x + (b.x - a.x) * ((p.y - a.y) / (b.y - a.y)) {
                inside = !inside;
            }
        }
    }
    inside
}

/// Whether the area of a ring touches `rect`.
pub fn ring_touches(ring: &[Point], rect: Rect) -> bool {
    edges(ring).any(|(a, b)| segment_touches(a, b, rect)) || contains([ring], rect.origin())
}

fn edges(ring: &[Point]) -> impl Iterator<Item = (Point, Point)> + '_ {
    (0..ring.len()).map(|i| (ring[i], ring[(i + 1) % ring.len()]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn square(x: f64, y: f64, side: f64) -> Vec<Point> {
        [(x, y), (x + side, y), (x + side, y + side), (x, y + side)].map(Point::from).to_vec()
    }

    #[test]
    fn areas_and_insides() {
        let (outer, inner) = (square(0.0, 0.0, 10.0), square(3.0, 3.0, 4.0));
        assert_eq!(area(&outer), 100.0);
        assert_eq!(area(&outer.iter().rev().copied().collect::<Vec<_>>()), -100.0);
        assert_eq!(area(&[]), 0.0);
        let check = |x, y, expect| {
            assert_eq!(contains([outer.as_slice(), inner.as_slice()], Point::new(x, y)), expect, "{x},{y}");
        };
        check(1.0, 1.0, true);
        check(5.0, 5.0, false);
        check(11.0, 5.0, false);
        assert!(ring_touches(&outer, Rect::new(4.0, 4.0, 5.0, 5.0)));
        assert!(ring_touches(&inner, Rect::new(0.0, 0.0, 3.5, 3.5)));
        assert!(!ring_touches(&inner, Rect::new(0.0, 0.0, 2.5, 2.5)));
    }
}
