//! The lines of a hatch pattern, cut to the rings of the hatch.

use geometry::{Point, Vec2};

/// Lines and dashes that one hatch is drawn with.
pub(super) const PIECES_MAX: usize = 60_000;
/// Crossings of lines and rings of one family.
const CROSSINGS_MAX: usize = 400_000;

/// A family of parallel lines.
pub(super) struct Family {
    base: Point,
    /// The direction of its lines, length 1.
    along: Vec2,
    /// To the base of the next line.
    step: Vec2,
    /// Over 0 a dash, below 0 a gap, 0 a dot; empty is continuous.
    dashes: Vec<f64>,
}

/// The families of a pattern whose numbers make sense.
pub(super) fn families(lines: &[(f64, Point, Point, Vec<f64>)]) -> Vec<Family> {
    let family = |(angle_deg, base, offset, dashes): &(f64, Point, Point, Vec<f64>)| {
        let along = Vec2::from_angle(angle_deg.to_radians());
        let step = offset.to_vec2();
        let sound = base.is_finite() && along.cross(step).abs() > 1e-9 * step.hypot() && step.is_finite();
        (sound && step.hypot() > 0.0).then(|| Family { base: *base, along, step, dashes: dashes.clone() })
    };
    lines.iter().filter_map(family).collect()
}

impl Family {
    /// Calls `to` with the pieces of lines inside the rings, even-odd. Of lines nearer to one another than `visible`
    /// some are passed over, of dashes shorter than that the gaps. Takes one off `left` for each piece; false if there
    /// were more.
    pub(super) fn lines(
        &self,
        rings: &[Vec<Point>],
        visible: f64,
        left: &mut usize,
        to: &mut impl FnMut(Point, Point),
    ) -> bool {
        // In the family's own coordinates line k is at across = k.
        let spacing = self.along.cross(self.step);
        let own = |p: Point| {
            let d = p - self.base;
            (d.dot(self.along), self.along.cross(d) / spacing)
        };
        let thinned = (visible / spacing.abs()).max(1.0).log2().ceil().exp2();
        if !thinned.is_finite() {
            return true;
        }
        let mut crossings: Vec<(i64, f64)> = Vec::new();
        for ring in rings {
            for i in 0..ring.len() {
                let (a, b) = (own(ring[i]), own(ring[(i + 1) % ring.len()]));
                let (low, high) = if a.1 <= b.1 { (a, b) } else { (b, a) };
                // Lines of low < k <= high: each corner counts for one of its edges only.
                let (from, until) = ((low.1 / thinned).floor() + 1.0, (high.1 / thinned).floor());
                if !(from.abs() < 1e15 && until.abs() < 1e15) || until - from > (CROSSINGS_MAX - crossings.len()) as f64
                {
                    return false;
                }
                for k in from as i64..=until as i64 {
                    let share = (k as f64 * thinned - low.1) / (high.1 - low.1);
                    crossings.push((k, low.0 + (high.0 - low.0) * share));
                }
            }
        }
        crossings.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
        for line in crossings.chunk_by(|a, b| a.0 == b.0) {
            let base = self.base + self.step * (line[0].0 as f64 * thinned);
            // The base of each line is shifted along it by its share of the step.
            let shift = (base - self.base).dot(self.along);
            for pair in line.chunks_exact(2) {
                if !self.dash(base, pair[0].1 - shift, pair[1].1 - shift, visible, left, to) {
                    return false;
                }
            }
        }
        true
    }

    /// The dashes of the line through `base` from one place along it to another.
    fn dash(
        &self,
        base: Point,
        from: f64,
        until: f64,
        visible: f64,
        left: &mut usize,
        to: &mut impl FnMut(Point, Point),
    ) -> bool {
        let mut put = |a: f64, b: f64| {
            *left = left.saturating_sub(1);
            to(base + self.along * a, base + self.along * b);
            *left > 0
        };
        let period: f64 = self.dashes.iter().map(|dash| dash.abs()).sum();
        let broken = self.dashes.iter().any(|dash| *dash < 0.0) && period > visible.max(0.0);
        if !broken || !period.is_finite() || (until - from) / period > PIECES_MAX as f64 {
            return put(from, until);
        }
        let mut start = (from / period).floor() * period;
        while start < until {
            let mut at = start;
            for dash in &self.dashes {
                let end = at + dash.abs();
                let (a, b) = (at.max(from), end.min(until));
                if *dash >= 0.0 && a <= b && !put(a, b) {
                    return false;
                }
                at = end;
            }
            if start + period <= start {
                break;
            }
            start += period;
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(line: (f64, (f64, f64), (f64, f64), &[f64]), visible: f64, pieces: usize, length: f64) {
        let square: Vec<Point> = [(0.0, 0.0), (10.0, 0.0), (10.0, 10.0), (0.0, 10.0)].map(Point::from).to_vec();
        let family = families(&[(line.0, line.1.into(), line.2.into(), line.3.to_vec())]);
        let (mut count, mut sum, mut left) = (0, 0.0, PIECES_MAX);
        for family in &family {
            assert!(family.lines(std::slice::from_ref(&square), visible, &mut left, &mut |a, b| {
                count += 1;
                sum += (b - a).hypot();
                for p in [a, b] {
                    assert!(p.x > -1e-9 && p.x < 10.0 + 1e-9 && p.y > -1e-9 && p.y < 10.0 + 1e-9, "{p:?}");
                }
            }));
        }
        assert_eq!(count, pieces);
        assert!((sum - length).abs() < 1e-6, "{sum}");
    }

    #[test]
    fn lines_fill_their_ring() {
        check((0.0, (0.0, 0.5), (0.0, 1.0), &[]), 0.0, 10, 100.0);
        check((90.0, (0.5, 0.0), (-1.0, 0.0), &[]), 0.0, 10, 100.0);
        check((0.0, (3.0, 0.5), (7.0, 1.0), &[]), 0.0, 10, 100.0);
        check((0.0, (0.0, 0.5), (0.0, 1.0), &[1.0, -1.0]), 0.0, 50, 50.0);
        // Too fine to see: every other line, and no gaps.
        check((0.0, (0.0, 0.5), (0.0, 1.0), &[0.1, -0.1]), 1.5, 5, 50.0);
        // Nonsense draws nothing.
        check((0.0, (0.0, 0.0), (1.0, 0.0), &[]), 0.0, 0, 0.0);
        check((0.0, (0.0, 0.0), (0.0, 0.0), &[]), 0.0, 0, 0.0);
    }

    #[test]
    fn too_much_is_refused() {
        let big: Vec<Point> = [(0.0, 0.0), (1e9, 0.0), (1e9, 1e9), (0.0, 1e9)].map(Point::from).to_vec();
        let family = families(&[(0.0, Point::ZERO, Point::new(0.0, 1e-3), Vec::new())]);
        assert!(!family[0].lines(&[big], 0.0, &mut 100, &mut |_, _| {}));
    }
}
