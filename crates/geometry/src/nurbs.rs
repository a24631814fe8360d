//! B-splines, rational or not, and smooth curves through points.

use kurbo::{Point, Rect};

/// The highest degree that is evaluated.
const DEGREE_MAX: usize = 25;
/// Straight pieces that one curve is flattened into at most.
const PIECES_MAX: usize = 20_000;
/// How often a span is halved at most.
const HALVINGS_MAX: u32 = 12;

/// A B-spline that can be evaluated everywhere: what is wrong with its numbers was put right when it was made.
#[derive(Debug, Clone, PartialEq)]
pub struct Nurbs {
    degree: usize,
    knots: Vec<f64>,
    controls: Vec<Point>,
    /// As many as controls, or empty for all 1.
    weights: Vec<f64>,
}

impl Nurbs {
    /// A curve of these numbers. Knots that don't fit in number or order are replaced by uniform ones clamped at the
    /// ends, weights that don't fit by 1; a degree too high for the control points is lowered. None with fewer than two
    /// control points or with a coordinate that is not finite.
    pub fn new(degree: usize, knots: &[f64], controls: &[Point], weights: &[f64]) -> Option<Nurbs> {
        let count = controls.len();
        if count < 2 || !controls.iter().all(|p| p.is_finite()) {
            return None;
        }
        let fitted = degree.clamp(1, DEGREE_MAX).min(count - 1);
        let sound = knots.len() == count + degree + 1
            && fitted == degree
            && knots.iter().all(|k| k.is_finite())
            && knots.windows(2).all(|w| w[0] <= w[1])
            && knots[degree] < knots[count];
        let knots = if sound { knots.to_vec() } else { clamped_knots(fitted, count) };
        let weighted = weights.len() == count && weights.iter().all(|w| w.is_finite() && *w > 0.0);
        let weights = if weighted { weights.to_vec() } else { Vec::new() };
        Some(Nurbs { degree: fitted, knots, controls: controls.to_vec(), weights })
    }

    /// The control points.
    pub fn controls(&self) -> &[Point] {
        &self.controls
    }

    /// The same curve with its control points mapped; right for affine maps.
    pub fn map(&self, by: impl Fn(Point) -> Point) -> Nurbs {
        Nurbs { controls: self.controls.iter().map(|p| by(*p)).collect(), ..self.clone() }
    }

    /// The parameters where it starts and ends.
    pub fn domain(&self) -> (f64, f64) {
        (self.knots[self.degree], self.knots[self.controls.len()])
    }

    /// The point at a parameter, clamped to the domain. De Boor's algorithm in homogeneous coordinates (Piegl and
    /// Tiller, The NURBS Book, 4.1).
    pub fn at(&self, t: f64) -> Point {
        let (low, high) = self.domain();
        let t = t.clamp(low, high);
        // The last span of some length that holds t: knots[span] <= t, knots[span] < knots[span + 1].
        let upper = self.knots[..=self.controls.len()].partition_point(|k| *k <= t);
        let mut span = upper.saturating_sub(1).clamp(self.degree, self.controls.len() - 1);
        while span > self.degree && self.knots[span] >= self.knots[span + 1] {
            span -= 1;
        }
        let mut d = [(0.0, 0.0, 0.0); DEGREE_MAX + 1];
        for (j, d) in d.iter_mut().enumerate().take(self.degree + 1) {
            let i = span - self.degree + j;
            let (p, w) = (self.controls[i], self.weights.get(i).copied().unwrap_or(1.0));
            *d = (p.x * w, p.y * w, w);
        }
        for r in 1..=self.degree {
            for j in (r..=self.degree).rev() {
                let i = span - self.degree + j;
                let width = self.knots[i + self.degree - r + 1] - self.knots[i];
                let a = if width > 0.0 { (t - self.knots[i]) / width } else { 0.0 };
                let mix = |from: f64, to: f64| from + (to - from) * a;
                d[j] = (mix(d[j - 1].0, d[j].0), mix(d[j - 1].1, d[j].1), mix(d[j - 1].2, d[j].2));
            }
        }
        let (x, y, w) = d[self.degree];
        Point::new(x / w, y / w)
    }

    /// Points of a polyline within about `tolerance` of the curve, both ends included. Each span between knots is cut
    /// in `degree` parts, each halved until its middle and quarters lie near its chord.
    pub fn flatten(&self, tolerance: f64) -> Vec<Point> {
        let (low, high) = self.domain();
        let mut points = vec![self.at(low)];
        let parts = if self.degree == 1 { 1 } else { self.degree.max(2) };
        let spans = self.knots[self.degree..=self.controls.len()].windows(2).filter(|w| w[0] < w[1]);
        for span in spans {
            for part in 0..parts {
                let at = |i: usize| span[0] + (span[1] - span[0]) * i as f64 / parts as f64;
                let (a, b) = (at(part), at(part + 1));
                let from = *points.last().unwrap_or(&Point::ZERO);
                self.halve((a, from), (b, self.at(b)), tolerance.max(0.0), HALVINGS_MAX, &mut points);
            }
        }
        if self.knots[self.degree] >= high {
            points.push(self.at(high));
        }
        points
    }

    /// A rectangle that holds the curve: that of its control points.
    pub fn bounds(&self) -> Rect {
        let first = self.controls[0];
        self.controls.iter().fold(Rect::from_points(first, first), |rect, p| rect.union_pt(*p))
    }

    fn halve(&self, a: (f64, Point), b: (f64, Point), tolerance: f64, left: u32, points: &mut Vec<Point>) {
        let middle = 0.5 * (a.0 + b.0);
        let on_curve = self.at(middle);
        let quarter = self.at(0.5 * (a.0 + middle));
        let flat = |p: Point| crate::segment::distance_to_segment(a.1, b.1, p) <= tolerance;
        if left == 0 || points.len() >= PIECES_MAX || self.degree == 1 || (flat(on_curve) && flat(quarter)) {
            points.push(b.1);
            return;
        }
        self.halve(a, (middle, on_curve), tolerance, left - 1, points);
        self.halve((middle, on_curve), b, tolerance, left - 1, points);
    }
}

/// Knots 0 .. 1, `degree + 1` times at each end, uniform between.
fn clamped_knots(degree: usize, count: usize) -> Vec<f64> {
    let inner = count - degree;
    let knot = |i: usize| i.saturating_sub(degree).min(inner) as f64 / inner as f64;
    (0..count + degree + 1).map(knot).collect()
}

/// A smooth curve through `points`: cubic, with the tangents of a Catmull-Rom spline by chord length (Barry and Goldman,
/// 1988), flattened to within about `tolerance`. What a file that gives only fit points is drawn by.
pub fn through_points(points: &[Point], closed: bool, tolerance: f64) -> Vec<Point> {
    let mut distinct: Vec<Point> = Vec::with_capacity(points.len());
    for p in points {
        if p.is_finite() && distinct.last() != Some(p) {
            distinct.push(*p);
        }
    }
    let ring = closed && distinct.len() > 2;
    if ring && distinct.first() != distinct.last() {
        distinct.push(distinct[0]);
    }
    let count = distinct.len();
    if count < 3 {
        return distinct;
    }
    let neighbour = |i: isize| -> Point {
        let last = count as isize - 1;
        match (ring, i) {
            (true, i) => distinct[i.rem_euclid(last) as usize],
            (false, i) if i < 0 => distinct[0] + (distinct[0] - distinct[1]),
            (false, i) if i > last => distinct[count - 1] + (distinct[count - 1] - distinct[count - 2]),
            (false, i) => distinct[i as usize],
        }
    };
    let tangent = |i: isize| {
        let (before, at, after) = (neighbour(i - 1), neighbour(i), neighbour(i + 1));
        let (h0, h1) = ((at - before).hypot().max(f64::MIN_POSITIVE), (after - at).hypot().max(f64::MIN_POSITIVE));
        ((at - before) / h0 * h1 + (after - at) / h1 * h0) / (h0 + h1)
    };
    let mut out = vec![distinct[0]];
    for i in 0..count - 1 {
        let (a, b) = (distinct[i], distinct[i + 1]);
        let chord = (b - a).hypot();
        let (ta, tb) = (tangent(i as isize) * chord, tangent(i as isize + 1) * chord);
        let bezier = kurbo::CubicBez::new(a, a + ta / 3.0, b - tb / 3.0, b);
        let bend = (bezier.p1 - a.lerp(b, 1.0 / 3.0)).hypot().max((bezier.p2 - a.lerp(b, 2.0 / 3.0)).hypot());
        // A cubic is within 3/4 of its controls' distance from the chord; halving pieces divides that by four.
        let pieces = (bend / tolerance.max(chord * 1e-4)).sqrt().ceil().clamp(1.0, 256.0) as usize;
        if out.len() + pieces > PIECES_MAX {
            out.extend(&distinct[i + 1..]);
            break;
        }
        out.extend((1..=pieces).map(|k| kurbo::ParamCurve::eval(&bezier, k as f64 / pieces as f64)));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points(xy: &[(f64, f64)]) -> Vec<Point> {
        xy.iter().copied().map(Point::from).collect()
    }

    #[test]
    fn a_rational_quadratic_is_a_quarter_circle() {
        // The NURBS Book, example 7.1: weights 1, 1/sqrt 2, 1.
        let controls = points(&[(1.0, 0.0), (1.0, 1.0), (0.0, 1.0)]);
        let quarter = Nurbs::new(2, &[0.0, 0.0, 0.0, 1.0, 1.0, 1.0], &controls, &[1.0, 0.5f64.sqrt(), 1.0]).unwrap();
        for i in 0..=10 {
            assert!((quarter.at(f64::from(i) / 10.0).to_vec2().hypot() - 1.0).abs() < 1e-12);
        }
        let flat = quarter.flatten(1e-3);
        assert!(flat.len() > 8 && flat.len() < 200);
        assert_eq!(flat[0], Point::new(1.0, 0.0));
        assert!((*flat.last().unwrap() - Point::new(0.0, 1.0)).hypot() < 1e-12);
    }

    #[test]
    fn broken_numbers_are_put_right() {
        let controls = points(&[(0.0, 0.0), (1.0, 2.0), (3.0, 2.0), (4.0, 0.0)]);
        let check = |degree, knots: &[f64], weights: &[f64]| {
            let curve = Nurbs::new(degree, knots, &controls, weights).unwrap();
            let flat = curve.flatten(0.01);
            assert_eq!(flat[0], controls[0]);
            assert!((*flat.last().unwrap() - controls[3]).hypot() < 1e-9);
            assert!(flat.iter().all(|p| p.is_finite()));
        };
        check(3, &[], &[]);
        check(3, &[1.0; 8], &[1.0]);
        check(9, &[0.0, 1.0], &[0.0, -1.0, 2.0, 1.0]);
        check(0, &[0.0, 1.0], &[]);
        assert!(Nurbs::new(3, &[], &controls[..1], &[]).is_none());
        assert!(Nurbs::new(3, &[], &[Point::new(f64::NAN, 0.0), Point::ZERO], &[]).is_none());
    }

    #[test]
    fn curves_pass_their_fit_points() {
        let through = points(&[(0.0, 0.0), (1.0, 2.0), (1.0, 2.0), (3.0, 2.0), (4.0, 0.0)]);
        for closed in [false, true] {
            let flat = through_points(&through, closed, 0.01);
            for p in &through {
                assert!(flat.iter().any(|q| (*q - *p).hypot() < 1e-9), "{p:?}");
            }
        }
        assert_eq!(through_points(&through[..2], false, 0.1).len(), 2);
        assert!(through_points(&[], true, 0.1).is_empty());
    }
}
