//! HATCH: rings, islands, areas of one colour, lines of a pattern.

use drawing::{Boundary, Edge, Hatch, HatchFill};
use geometry::{Affine, EllipticArc, Nurbs, Point, Vec2};

use super::pattern::{Family, families};
use super::{Look, Lowering, Place, plane};
use crate::path::Piece;
use crate::styles::{ColorRule, StyleKey};

/// With more rings than this, islands are told by parity alone: who is inside whom costs their square.
const RINGS_NESTED_MAX: usize = 256;
/// Lines of a pattern that are nearer to one another on screen are thinned out, pixels.
const PATTERN_PX_MIN: f64 = 3.0;

impl Lowering<'_> {
    pub(super) fn hatch(&mut self, hatch: &Hatch, place: &Place, look: &Look) {
        let to_world = place.to_world * plane(hatch.extrusion, hatch.elevation);
        let scale = to_world.determinant().abs().sqrt();
        let tolerance = if scale > 0.0 { self.setting.tolerance / scale } else { self.setting.tolerance };
        let paths = hatch.boundaries.iter().map(|b| (ring(b, tolerance), is_text_box(b)));
        let own = islands(paths.filter(|(ring, _)| ring.len() >= 3).collect(), hatch.island_style);
        if own.is_empty() || own.iter().flatten().any(|p| !p.is_finite()) {
            return;
        }
        let rings: Vec<Vec<Point>> = own.iter().map(|ring| ring.iter().map(|p| to_world * *p).collect()).collect();
        match &hatch.fill {
            HatchFill::Solid => self.filled(&rings, look),
            HatchFill::Gradient { first, .. } => {
                let key = StyleKey { color: ColorRule::True(*first), ..look.key.clone() };
                self.filled(&rings, &Look { key, dashes: Vec::new() });
            }
            HatchFill::Pattern { lines, .. } => {
                let pen = self.pen(look);
                self.painter.area(&rings, &pen);
                if self.painter.wants_texture() {
                    let visible = PATTERN_PX_MIN / (self.setting.px_per_unit * scale);
                    let families: Vec<Family> = families(lines);
                    self.pattern(&families, &own, to_world, visible, look);
                }
            }
        }
    }

    /// An area, with a hairline around it that keeps it in sight where it is thinner than a pixel.
    pub(super) fn filled(&mut self, rings: &[Vec<Point>], look: &Look) {
        self.fill(rings, look);
        let thin = Look { key: look.key.hairline(), dashes: Vec::new() };
        for ring in rings {
            let mut outline = ring.clone();
            outline.extend(ring.first());
            self.stroke(&[Piece::Curve(outline)], &thin);
        }
    }

    fn pattern(&mut self, families: &[Family], rings: &[Vec<Point>], to_world: Affine, visible: f64, look: &Look) {
        let solid = Look { key: look.key.clone(), dashes: Vec::new() };
        let mut left = super::pattern::PIECES_MAX;
        for family in families {
            let complete = family.lines(rings, visible, &mut left, &mut |a, b| {
                self.stroke(&[Piece::Line(to_world * a, to_world * b)], &solid);
            });
            if !complete {
                self.painter.left_out();
            }
        }
    }
}

/// Whether a path is the box around a text: bit 8 of group 92. The text stays free, whatever is around it.
fn is_text_box(boundary: &Boundary) -> bool {
    let (Boundary::Polyline { flags, .. } | Boundary::Edges { flags, .. }) = boundary;
    flags & 8 != 0
}

/// The rings that count, of rings and whether each is the box of a text. Group 75: 0 all, by parity; 1 the outermost
/// and the holes directly in them; 2 the outermost.
fn islands(rings: Vec<(Vec<Point>, bool)>, style: u8) -> Vec<Vec<Point>> {
    let simple = style == 0 && rings.iter().all(|(_, text)| !text);
    if simple || rings.len() > RINGS_NESTED_MAX {
        return rings.into_iter().map(|(ring, _)| ring).collect();
    }
    let deepest = match style {
        1 => 1,
        2 => 0,
        _ => usize::MAX,
    };
    let depth = |i: usize| {
        let corner = rings[i].0[0];
        let around = |(j, (ring, text)): &(usize, &(Vec<Point>, bool))| {
            *j != i && !text && geometry::contains([ring.as_slice()], corner)
        };
        rings.iter().enumerate().filter(around).count()
    };
    let depths: Vec<usize> = (0..rings.len()).map(depth).collect();
    // The box of a text is a hole where it lies in what is filled, and nothing where it lies in a hole.
    let counts =
        |text: bool, depth: usize| if text { depth.min(deepest.saturating_add(1)) % 2 == 1 } else { depth <= deepest };
    rings
        .into_iter()
        .zip(depths)
        .filter(|((_, text), depth)| counts(*text, *depth))
        .map(|((ring, _), _)| ring)
        .collect()
}

/// The corners of a path, curves flattened.
fn ring(boundary: &Boundary, tolerance: f64) -> Vec<Point> {
    let mut points: Vec<Point> = Vec::new();
    match boundary {
        Boundary::Polyline { vertices, .. } => {
            for (i, (a, bulge)) in vertices.iter().enumerate() {
                points.push(*a);
                let b = vertices[(i + 1) % vertices.len()].0;
                if let Some(arc) = EllipticArc::from_bulge(*a, b, *bulge) {
                    arc.flatten(finite(tolerance, &arc), &mut |p| points.push(p));
                }
            }
        }
        Boundary::Edges { edges, .. } => {
            let mut runs: Vec<Vec<Point>> = edges.iter().map(|edge| edge_points(edge, tolerance)).collect();
            runs.retain(|run| run.len() >= 2);
            for i in 0..runs.len() {
                // Edges may be written in either direction: each starts where the one before it ends.
                let from = match points.last() {
                    Some(last) => *last,
                    None if runs.len() > 1 => {
                        let (own, next) = (&runs[0], &runs[1]);
                        let gap = |end: Point| near(end, next[0]).min(near(end, next[next.len() - 1]));
                        if gap(own[own.len() - 1]) <= gap(own[0]) { own[0] } else { own[own.len() - 1] }
                    }
                    None => runs[0][0],
                };
                if near(from, runs[i][runs[i].len() - 1]) < near(from, runs[i][0]) {
                    runs[i].reverse();
                }
                points.extend_from_slice(&runs[i]);
            }
        }
    }
    points.dedup();
    if points.len() > 1 && points.first() == points.last() {
        points.pop();
    }
    points
}

fn near(a: Point, b: Point) -> f64 {
    (a - b).hypot2()
}

/// Areas are measured without a tolerance; then a hundredth will do.
fn finite(tolerance: f64, arc: &EllipticArc) -> f64 {
    tolerance.min(arc.u.hypot().max(arc.v.hypot()) / 100.0)
}

fn edge_points(edge: &Edge, tolerance: f64) -> Vec<Point> {
    let flat = |arc: EllipticArc| {
        let mut points = vec![arc.start_point()];
        arc.flatten(finite(tolerance, &arc), &mut |p| points.push(p));
        points
    };
    // A clockwise arc is written with its angles mirrored.
    let swept = |start: f64, end: f64, ccw: bool| {
        let sweep = geometry::ccw_sweep(start, end);
        if ccw { (start, sweep) } else { (-start, -sweep) }
    };
    match edge {
        Edge::Line { from, to } => vec![*from, *to],
        Edge::Arc { center, radius, start_deg, end_deg, ccw } => {
            let (start, sweep) = swept(start_deg.to_radians(), end_deg.to_radians(), *ccw);
            flat(EllipticArc { start, sweep, ..EllipticArc::circle(*center, *radius) })
        }
        Edge::Ellipse { center, major, ratio, start_deg, end_deg, ccw } => {
            let u = major.to_vec2();
            let v = Vec2::new(-u.y, u.x) * *ratio;
            // Angles are those of the points seen from the centre; parameters follow by tan t = tan angle / ratio.
            let parameter = |deg: f64| {
                let (sin, cos) = deg.to_radians().sin_cos();
                (sin / if *ratio > 0.0 { *ratio } else { 1.0 }).atan2(cos)
            };
            let full = (end_deg - start_deg).abs() >= 360.0 - 1e-9;
            let end = if full { *start_deg } else { *end_deg };
            let (start, sweep) = swept(parameter(*start_deg), parameter(end), *ccw);
            flat(EllipticArc { center: *center, u, v, start, sweep })
        }
        Edge::Spline { degree, knots, controls, weights, fit } => {
            match Nurbs::new(usize::from(*degree), knots, controls, weights) {
                Some(curve) => {
                    let size = curve.bounds();
                    curve.flatten(tolerance.min(size.width().max(size.height()) / 100.0))
                }
                None => geometry::through_points(fit, false, super::curves::fit_tolerance(fit, tolerance)),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn square(x: f64, side: f64) -> Vec<Point> {
        [(x, x), (x + side, x), (x + side, x + side), (x, x + side)].map(Point::from).to_vec()
    }

    #[test]
    fn islands_by_style() {
        let nested = || [(0.0, 10.0), (2.0, 6.0), (4.0, 2.0)].map(|(x, side)| (square(x, side), false)).to_vec();
        let check = |style, expect: usize| assert_eq!(islands(nested(), style).len(), expect, "{style}");
        check(0, 3);
        check(1, 2);
        check(2, 1);
        // The box of a text in a hole is no island; in what is filled it is a hole.
        let with_text = |place: usize| {
            let mut rings = nested();
            rings.truncate(place + 1);
            rings[place].1 = true;
            islands(rings, 0).len()
        };
        assert_eq!(with_text(2), 2);
        assert_eq!(with_text(1), 2);
    }

    #[test]
    fn edges_are_joined_whichever_way_they_are_written() {
        let line = |a: (f64, f64), b: (f64, f64)| Edge::Line { from: a.into(), to: b.into() };
        let edges = vec![
            line((4.0, 0.0), (0.0, 0.0)),
            line((4.0, 0.0), (4.0, 4.0)),
            line((0.0, 4.0), (4.0, 4.0)),
            line((0.0, 4.0), (0.0, 0.0)),
        ];
        let ring = ring(&Boundary::Edges { flags: 1, edges }, 0.01);
        assert_eq!(geometry::area(&ring).abs(), 16.0);
    }

    #[test]
    fn arcs_of_either_sense() {
        // The upper half of a circle of radius 2: clockwise from 180 degrees to 0, written as -180 .. 0.
        for (start_deg, end_deg, ccw) in [(0.0, 180.0, true), (180.0, 360.0, false)] {
            let arc = Edge::Arc { center: Point::ZERO, radius: 2.0, start_deg, end_deg, ccw };
            let back = Edge::Line { from: (-2.0, 0.0).into(), to: (2.0, 0.0).into() };
            let ring = ring(&Boundary::Edges { flags: 1, edges: vec![arc, back] }, 1e-4);
            assert!((geometry::area(&ring).abs() - 2.0 * std::f64::consts::PI).abs() < 0.01);
            assert!(ring.iter().all(|p| p.y > -1e-9), "{ccw}");
        }
        let full = |ratio| Edge::Ellipse {
            center: Point::ZERO,
            major: (4.0, 0.0).into(),
            ratio,
            start_deg: 0.0,
            end_deg: 360.0,
            ccw: true,
        };
        let ring = ring(&Boundary::Edges { flags: 1, edges: vec![full(0.5)] }, 1e-4);
        assert!((geometry::area(&ring) - 8.0 * std::f64::consts::PI).abs() < 0.01);
    }
}
