//! POINT, SOLID and TRACE.

use drawing::{PointMark, Solid};
use geometry::{Affine, EllipticArc, Point};

use super::{Look, Lowering, Place, plane};
use crate::painter::Mark;
use crate::path::Piece;

/// What `$PDSIZE` = 0 means: 5 % of the height of a view of usual size, pixels.
const DEFAULT_PX: f64 = 20.0;
/// The height of a view of usual size that other percentages refer to, pixels.
const VIEW_PX: f64 = 800.0;

impl Lowering<'_> {
    pub(super) fn point(&mut self, point: &PointMark, place: &Place, look: &Look) {
        let at = place.to_world * point.at.xy();
        let header = self.setting.drawing.header();
        let size = match header.point_size {
            size if size > 0.0 => size,
            size if size < 0.0 => -size / 100.0 * VIEW_PX / self.setting.px_per_unit,
            _ => DEFAULT_PX / self.setting.px_per_unit,
        };
        let pen = self.pen(look);
        self.painter.mark(Mark::Node, at, &pen);
        let mode = if place.in_dimension { 0 } else { header.point_mode };
        let half = size / 2.0;
        let turned = Affine::translate(at.to_vec2()) * Affine::rotate(point.angle_deg.to_radians());
        let to = |x: f64, y: f64| turned * Point::new(x * half, y * half);
        let mut lines: Vec<Piece> = match mode & 7 {
            1 => Vec::new(),
            2 => vec![Piece::Line(to(-2.0, 0.0), to(2.0, 0.0)), Piece::Line(to(0.0, -2.0), to(0.0, 2.0))],
            3 => vec![Piece::Line(to(-1.0, -1.0), to(1.0, 1.0)), Piece::Line(to(-1.0, 1.0), to(1.0, -1.0))],
            4 => vec![Piece::Line(at, to(0.0, 1.0))],
            _ => vec![Piece::Line(at, at)],
        };
        if mode & 32 != 0 {
            lines.push(Piece::Arc(EllipticArc::circle(at, half)));
        }
        if mode & 64 != 0 {
            let ring = [(-1.0, -1.0), (1.0, -1.0), (1.0, 1.0), (-1.0, 1.0), (-1.0, -1.0)];
            lines.push(Piece::Curve(ring.map(|(x, y)| to(x, y)).to_vec()));
        }
        for line in lines {
            self.stroke(&[line], look);
        }
    }

    pub(super) fn solid(&mut self, solid: &Solid, place: &Place, look: &Look) {
        let to_world = place.to_world * plane(solid.extrusion, solid.corners[0].z);
        let mut ring: Vec<Point> = [0, 1, 3, 2].map(|i| to_world * solid.corners[i].xy()).to_vec();
        ring.dedup();
        if ring.len() > 1 && ring.first() == ring.last() {
            ring.pop();
        }
        self.filled(&[ring], look);
    }
}
