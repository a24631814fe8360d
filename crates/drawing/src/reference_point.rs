//! The point by which an entity is held, for what is pinned to it.

use geometry::{Extrusion, Point, Point3};

use crate::shape::{Boundary, Edge, PolylineForm, Shape};

impl Shape {
    /// A point that moves with the shape, as seen from above: a start, a centre, an insertion point. Only what the
    /// shape holds, without anything that machines compute differently. None for a shape that is nowhere.
    pub fn reference_point(&self) -> Option<Point> {
        let flat = |at: Point3| Some(at.xy());
        let place = |extrusion: Extrusion, at: Point3| Some(extrusion.to_world(at).xy());
        match self {
            Shape::Line(line) => flat(line.start),
            Shape::Circle(circle) => place(circle.extrusion, circle.center),
            Shape::Arc(arc) => place(arc.extrusion, arc.center),
            Shape::Ellipse(ellipse) => flat(ellipse.center),
            Shape::Polyline(polyline) => {
                let at = polyline.vertices.first()?.at;
                if polyline.form == PolylineForm::Space { flat(at) } else { place(polyline.extrusion, at) }
            }
            Shape::Spline(spline) => spline.controls.first().or(spline.fit.first()).map(|at| at.xy()),
            Shape::Point(point) => flat(point.at),
            Shape::Solid(solid) => place(solid.extrusion, solid.corners[0]),
            Shape::Text(text) => place(text.extrusion, text.at),
            Shape::MText(text) => flat(text.at),
            Shape::Insert(insert) => place(insert.extrusion, insert.at),
            Shape::Hatch(hatch) => {
                let at = hatch.boundaries.iter().find_map(start_of)?;
                place(hatch.extrusion, Point3::new(at.x, at.y, hatch.elevation))
            }
            Shape::Dimension(dimension) => match dimension.world_points.first() {
                Some((_, at)) => flat(*at),
                None => dimension.object_points.first().and_then(|(_, at)| place(dimension.extrusion, *at)),
            },
            Shape::Opaque(opaque) => opaque.extents.map(|extents| Point::new(extents.x0, extents.y0)),
        }
    }
}

fn start_of(boundary: &Boundary) -> Option<Point> {
    match boundary {
        Boundary::Polyline { vertices, .. } => vertices.first().map(|(at, _)| *at),
        Boundary::Edges { edges, .. } => edges.iter().find_map(|edge| match edge {
            Edge::Line { from, .. } => Some(*from),
            Edge::Arc { center, .. } | Edge::Ellipse { center, .. } => Some(*center),
            Edge::Spline { controls, fit, .. } => controls.first().or(fit.first()).copied(),
        }),
    }
}
