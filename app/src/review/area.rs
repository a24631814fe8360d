//! About where an entity is: a rectangle around the points that it is made of. For filters, where a little is enough.

use drawing::{Boundary, Edge, Point, Point3, PolylineForm, Rect, Shape};

/// The rectangle around an entity's own points; none for what has none that are known.
pub fn about(shape: &Shape) -> Option<Rect> {
    let mut found = Around(None);
    match shape {
        Shape::Line(line) => found.add([line.start.xy(), line.end.xy()]),
        Shape::Circle(circle) => found.disc(circle.extrusion.to_world(circle.center), circle.radius),
        Shape::Arc(arc) => found.disc(arc.extrusion.to_world(arc.center), arc.radius),
        Shape::Ellipse(ellipse) => found.disc(ellipse.center, ellipse.major.xy().to_vec2().hypot()),
        Shape::Polyline(run) => found.add(run.vertices.iter().map(|vertex| match run.form {
            PolylineForm::Space => vertex.at.xy(),
            _ => run.extrusion.to_world(vertex.at).xy(),
        })),
        Shape::Spline(spline) => found.add(spline.controls.iter().chain(&spline.fit).map(|p| p.xy())),
        Shape::Point(point) => found.add([point.at.xy()]),
        Shape::Solid(solid) => found.add(solid.corners.iter().map(|p| solid.extrusion.to_world(*p).xy())),
        Shape::Text(text) => found.add([text.extrusion.to_world(text.at).xy()]),
        Shape::MText(text) => found.add([text.at.xy()]),
        Shape::Insert(insert) => found.add([insert.extrusion.to_world(insert.at).xy()]),
        Shape::Hatch(hatch) => {
            for boundary in &hatch.boundaries {
                match boundary {
                    Boundary::Polyline { vertices, .. } => found.add(vertices.iter().map(|(p, _)| *p)),
                    Boundary::Edges { edges, .. } => edges.iter().for_each(|edge| found.edge(edge)),
                }
            }
        }
        Shape::Dimension(dimension) => found.add(dimension.world_points.iter().map(|(_, p)| p.xy())),
        Shape::Opaque(opaque) => found.0 = opaque.extents,
    }
    found.0
}

struct Around(Option<Rect>);

impl Around {
    fn add(&mut self, points: impl IntoIterator<Item = Point>) {
        for p in points {
            let rect = Rect::from_points(p, p);
            self.0 = Some(self.0.map_or(rect, |all| all.union(rect)));
        }
    }

    fn disc(&mut self, center: Point3, radius: f64) {
        let (x, y) = (center.x, center.y);
        self.add([Point::new(x - radius, y - radius), Point::new(x + radius, y + radius)]);
    }

    fn edge(&mut self, edge: &Edge) {
        match edge {
            Edge::Line { from, to } => self.add([*from, *to]),
            Edge::Arc { center, radius, .. } => self.disc((*center).into(), *radius),
            Edge::Ellipse { center, major, .. } => self.disc((*center).into(), major.to_vec2().hypot()),
            Edge::Spline { controls, fit, .. } => self.add(controls.iter().chain(fit).copied()),
        }
    }
}
