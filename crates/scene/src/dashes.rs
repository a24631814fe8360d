//! Linetypes: a stroke cut into dashes.

use geometry::Point;

/// Dashes that one stroke is cut into; what would need more is drawn solid.
const DASHES_MAX: f64 = 4000.0;

/// Whether a pattern is drawn as dashes along `length` units: it has a gap, repeats a bounded number of times, and is
/// not too fine to see at `visible` units a repeat. A stroke without length is a dot, whatever its linetype.
pub(crate) fn applies(pattern: &[f64], length: f64, visible: f64) -> bool {
    let period: f64 = pattern.iter().map(|dash| dash.abs()).sum();
    let gaps = pattern.iter().any(|dash| *dash < 0.0);
    gaps && length > 0.0
        && period.is_finite()
        && period > visible
        && length / period * pattern.len() as f64 <= DASHES_MAX
}

/// Calls `to` with the straight pieces that are drawn of a polyline; the pattern goes on around its corners. A dot has
/// both ends in one place.
pub(crate) fn cut(points: &[Point], pattern: &[f64], to: &mut impl FnMut(Point, Point)) {
    let mut index = 0;
    let mut left = pattern.first().copied().unwrap_or(0.0);
    for pair in points.windows(2) {
        let (a, b) = (pair[0], pair[1]);
        let length = (b - a).hypot();
        if length <= 0.0 {
            continue;
        }
        let mut done = 0.0;
        let at = |s: f64| a + (b - a) * (s / length).min(1.0);
        while done < length {
            let reach = left.abs().min(length - done);
            if left >= 0.0 {
                to(at(done), at(done + reach));
            }
            done += reach;
            if reach >= left.abs() {
                index = (index + 1) % pattern.len();
                left = pattern[index];
            } else {
                left -= reach.copysign(left);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(points: &[(f64, f64)], pattern: &[f64], drawn: f64, pieces: usize) {
        let points: Vec<Point> = points.iter().copied().map(Point::from).collect();
        let (mut sum, mut count) = (0.0, 0);
        cut(&points, pattern, &mut |a, b| {
            sum += (b - a).hypot();
            count += 1;
        });
        assert!((sum - drawn).abs() < 1e-9, "{sum}");
        assert_eq!(count, pieces);
    }

    #[test]
    fn dashes_go_around_corners() {
        check(&[(0.0, 0.0), (10.0, 0.0)], &[3.0, -2.0], 6.0, 2);
        check(&[(0.0, 0.0), (11.0, 0.0)], &[3.0, -2.0], 7.0, 3);
        // The second dash is bent.
        check(&[(0.0, 0.0), (6.0, 0.0), (6.0, 4.0)], &[3.0, -2.0], 6.0, 3);
        check(&[(0.0, 0.0), (4.0, 0.0)], &[0.0, -1.0], 0.0, 4);
        check(&[(0.0, 0.0), (0.0, 0.0)], &[1.0, -1.0], 0.0, 0);
    }

    #[test]
    fn only_what_can_be_seen_and_counted_is_dashed() {
        assert!(applies(&[1.0, -1.0], 100.0, 0.1));
        assert!(!applies(&[1.0, -1.0], 1e9, 0.1));
        assert!(!applies(&[1.0, -1.0], 0.0, 0.1));
        assert!(!applies(&[1.0, -1.0], 100.0, 5.0));
        assert!(!applies(&[0.0, 0.0], 100.0, 0.0));
        assert!(!applies(&[], 100.0, 0.0));
        assert!(!applies(&[1.0], 100.0, 0.0));
        assert!(!applies(&[f64::NAN, -1.0], 100.0, 0.0));
    }
}
