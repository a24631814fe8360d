//! LWPOLYLINE and POLYLINE: straight lines and arcs, thin ones as strokes, wide ones as areas.

use drawing::{Polyline, PolylineForm, Vertex};
use geometry::{EllipticArc, Point, Vec2};

use super::{Look, Lowering, Place, plane};
use crate::path::Piece;

/// Corners sharper than this many half widths are cut off.
const MITER_MAX: f64 = 4.0;

impl Lowering<'_> {
    pub(super) fn polyline(&mut self, polyline: &Polyline, place: &Place, look: &Look) {
        let flat = polyline.form != PolylineForm::Space;
        let vertices = &polyline.vertices;
        let Some(first) = vertices.first() else { return };
        let to_plane = if flat { plane(polyline.extrusion, first.at.z) } else { geometry::Affine::IDENTITY };
        let to_world = place.to_world * to_plane;
        if let [only] = vertices.as_slice() {
            let at = to_world * only.at.xy();
            return self.stroke(&[Piece::Line(at, at)], look);
        }
        let own: Vec<(Piece, &Vertex)> = legs(polyline).collect();
        let path: Vec<Piece> = own.iter().map(|(piece, _)| piece.transformed(to_world)).collect();
        if !flat || own.iter().all(|(_, v)| v.start_width <= 0.0 && v.end_width <= 0.0) {
            return self.stroke(&path, look);
        }
        // A hairline in the middle keeps a wide line in sight where it is thinner than a pixel.
        self.stroke(&path, &Look { key: look.key.hairline(), dashes: Vec::new() });
        let scale = to_world.determinant().abs().sqrt();
        let tolerance = if scale > 0.0 { self.setting.tolerance / scale } else { self.setting.tolerance };
        for ring in ribbons(&own, polyline.closed, tolerance) {
            let ring = ring.into_iter().map(|p| to_world * p).collect();
            self.fill(&[ring], look);
        }
    }
}

/// The pieces of a polyline in its own plane, each with the vertex that it starts at.
pub(super) fn legs(polyline: &Polyline) -> impl Iterator<Item = (Piece, &Vertex)> {
    let vertices = &polyline.vertices;
    let count = vertices.len();
    let flat = polyline.form != PolylineForm::Space;
    let legs = if polyline.closed && count > 1 { count } else { count.saturating_sub(1) };
    (0..legs).map(move |i| {
        let (from, to) = (&vertices[i], &vertices[(i + 1) % count]);
        let (a, b) = (from.at.xy(), to.at.xy());
        let arc = if flat { EllipticArc::from_bulge(a, b, from.bulge) } else { None };
        (arc.map_or(Piece::Line(a, b), Piece::Arc), from)
    })
}

/// A point of a wide line: where, and half its width there.
#[derive(Clone, Copy)]
struct Station {
    at: Point,
    half: f64,
}

/// The areas of a wide polyline: one for each straight piece, mitred where two meet.
fn ribbons(legs: &[(Piece, &Vertex)], closed: bool, tolerance: f64) -> Vec<Vec<Point>> {
    // Pairs of stations: widths may jump from one leg to the next.
    let mut quads: Vec<(Station, Station)> = Vec::new();
    for (piece, vertex) in legs {
        let mut points = vec![piece.start()];
        // Areas are measured without a tolerance; then a hundredth will do.
        let size = if let Piece::Arc(arc) = piece { arc.u.hypot() } else { f64::INFINITY };
        piece.flatten(tolerance.min(size / 100.0), &mut |p| points.push(p));
        let last = points.len() - 1;
        let half = |i: usize| {
            let along = i as f64 / last as f64;
            0.5 * (vertex.start_width + (vertex.end_width - vertex.start_width) * along).max(0.0)
        };
        for i in 0..last {
            if points[i] != points[i + 1] {
                let station = |k: usize| Station { at: points[k], half: half(k) };
                quads.push((station(i), station(i + 1)));
            }
        }
    }
    let count = quads.len();
    let direction = |i: usize| geometry::unit(quads[i].1.at - quads[i].0.at).unwrap_or(Vec2::new(1.0, 0.0));
    let left = |v: Vec2| Vec2::new(-v.y, v.x);
    // The half-width vector at the joint after quad `i`, if the next one goes on there without a jump or a sharp turn.
    let joint = |i: usize| -> Option<Vec2> {
        let next = if i + 1 < count {
            i + 1
        } else if closed && count > 1 {
            0
        } else {
            return None;
        };
        let (a, b) = (quads[i].1, quads[next].0);
        let (da, db) = (direction(i), direction(next));
        let middle = geometry::unit(left(da) + left(db))?;
        let cos = middle.dot(left(da));
        let smooth = (a.half - b.half).abs() <= 1e-9 * a.half.max(b.half) && a.at == b.at;
        (smooth && cos > 1.0 / MITER_MAX).then(|| middle * (a.half / cos))
    };
    let mut rings = Vec::with_capacity(count);
    for (i, (a, b)) in quads.iter().copied().enumerate() {
        let normal = left(direction(i));
        let before = if i > 0 {
            joint(i - 1)
        } else if closed {
            joint(count - 1)
        } else {
            None
        };
        let (at_a, at_b) = (before.unwrap_or(normal * a.half), joint(i).unwrap_or(normal * b.half));
        rings.push(vec![a.at + at_a, b.at + at_b, b.at - at_b, a.at - at_a]);
    }
    rings
}

#[cfg(test)]
mod tests {
    use super::*;
    use drawing::{Extrusion, Point3};

    fn wide(points: &[(f64, f64, f64, f64)], closed: bool) -> Polyline {
        let vertex = |(x, y, start_width, end_width): &(f64, f64, f64, f64)| Vertex {
            start_width: *start_width,
            end_width: *end_width,
            ..Vertex::corner(Point3::flat(*x, *y))
        };
        let vertices = points.iter().map(vertex).collect();
        Polyline { form: PolylineForm::Light, vertices, closed, extrusion: Extrusion::UP }
    }

    #[test]
    fn wide_lines_cover_the_area_they_should() {
        let check = |polyline: Polyline, expect: f64| {
            let own: Vec<_> = legs(&polyline).collect();
            let area: f64 = ribbons(&own, polyline.closed, 0.01).iter().map(|ring| geometry::area(ring).abs()).sum();
            assert!((area - expect).abs() < 1e-9, "{area} {expect}");
        };
        check(wide(&[(0.0, 0.0, 2.0, 2.0), (10.0, 0.0, 0.0, 0.0)], false), 20.0);
        check(wide(&[(0.0, 0.0, 2.0, 0.0), (10.0, 0.0, 0.0, 0.0)], false), 10.0);
        // A mitred square frame: 12^2 - 8^2.
        let square = [(0.0, 0.0, 2.0, 2.0), (10.0, 0.0, 2.0, 2.0), (10.0, 10.0, 2.0, 2.0), (0.0, 10.0, 2.0, 2.0)];
        check(wide(&square, true), 80.0);
    }
}
