//! LINE, CIRCLE, ARC, ELLIPSE, SPLINE.

use drawing::{Arc, Circle, Ellipse, Line, Spline};
use geometry::{Affine, EllipticArc, Nurbs, Point, Point3, Rect, Vec2};

use super::{Look, Lowering, Place, plane};
use crate::path::Piece;

impl Lowering<'_> {
    pub(super) fn line(&mut self, line: &Line, place: &Place, look: &Look) {
        let piece = Piece::Line(place.to_world * line.start.xy(), place.to_world * line.end.xy());
        self.stroke(&[piece], look);
    }

    pub(super) fn circle(&mut self, circle: &Circle, place: &Place, look: &Look) {
        let to_world = place.to_world * plane(circle.extrusion, circle.center.z);
        self.curve(EllipticArc::circle(circle.center.xy(), circle.radius.abs()), to_world, look);
    }

    pub(super) fn arc(&mut self, arc: &Arc, place: &Place, look: &Look) {
        let to_world = place.to_world * plane(arc.extrusion, arc.center.z);
        let (start, end) = (arc.start_deg.to_radians(), arc.end_deg.to_radians());
        self.curve(EllipticArc::arc(arc.center.xy(), arc.radius.abs(), start, end), to_world, look);
    }

    pub(super) fn ellipse(&mut self, ellipse: &Ellipse, place: &Place, look: &Look) {
        self.curve(elliptic(ellipse), place.to_world, look);
    }

    pub(super) fn spline(&mut self, spline: &Spline, place: &Place, look: &Look) {
        let to_world = place.to_world;
        let world = |p: &Point3| to_world * p.xy();
        let controls: Vec<Point> = spline.controls.iter().map(world).collect();
        let points = match Nurbs::new(usize::from(spline.degree), &spline.knots, &controls, &spline.weights) {
            Some(curve) => {
                // Where no tolerance is given, to measure, a hundredth will do.
                let size = curve.bounds();
                curve.flatten(self.setting.tolerance.min(size.width().max(size.height()) / 100.0))
            }
            None => {
                let fit: Vec<Point> = spline.fit.iter().map(world).collect();
                geometry::through_points(&fit, spline.closed, fit_tolerance(&fit, self.setting.tolerance))
            }
        };
        if points.len() >= 2 {
            self.stroke(&[Piece::Curve(points)], look);
        }
    }

    fn curve(&mut self, arc: EllipticArc, to_world: Affine, look: &Look) {
        self.stroke(&[Piece::Arc(arc.transformed(to_world))], look);
    }
}

/// How finely a curve through points is flattened: a hundredth of their extent at least, where none is given, to measure.
pub(super) fn fit_tolerance(fit: &[Point], tolerance: f64) -> f64 {
    let bounds = fit.iter().map(|p| Rect::from_points(*p, *p)).reduce(|a, b| a.union(b)).unwrap_or(Rect::ZERO);
    tolerance.min(bounds.width().max(bounds.height()) / 100.0)
}

/// An ellipse as seen from above. Its short axis is the long one turned a quarter about the extrusion direction.
pub(super) fn elliptic(ellipse: &Ellipse) -> EllipticArc {
    let [_, _, n] = ellipse.extrusion.axes();
    let m = ellipse.major;
    let across = Vec2::new(n.y * m.z - n.z * m.y, n.z * m.x - n.x * m.z);
    let sweep = geometry::ccw_sweep(ellipse.start_rad, ellipse.end_rad);
    let v = across * ellipse.ratio;
    EllipticArc { center: ellipse.center.xy(), u: Vec2::new(m.x, m.y), v, start: ellipse.start_rad, sweep }
}
