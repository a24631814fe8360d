//! What turning means, kind by kind.

use drawing::{Boundary, Edge, Extrusion, Hatch, HatchFill, Point, Point3, PolylineForm, Shape, Text};

/// A turn in the world's plane.
#[derive(Debug, Clone, Copy)]
pub struct Turn {
    center: Point,
    radians: f64,
    cos: f64,
    sin: f64,
}

impl Turn {
    /// Around `center`, counter-clockwise. Quarter turns come out exact.
    pub fn new(center: Point, radians: f64) -> Turn {
        let exact = |v: f64| if v.abs() < 1e-15 { 0.0 } else { v };
        Turn { center, radians, cos: exact(radians.cos()), sin: exact(radians.sin()) }
    }

    /// A point, turned.
    pub fn point(&self, p: Point) -> Point {
        let by = p - self.center;
        Point::new(self.center.x + by.x * self.cos - by.y * self.sin, self.center.y + by.x * self.sin + by.y * self.cos)
    }

    fn point3(&self, p: Point3) -> Point3 {
        let turned = self.point(p.xy());
        Point3::new(turned.x, turned.y, p.z)
    }

    /// A direction, turned.
    fn way(&self, p: Point3) -> Point3 {
        Point3::new(p.x * self.cos - p.y * self.sin, p.x * self.sin + p.y * self.cos, p.z)
    }

    fn degrees(&self) -> f64 {
        self.radians.to_degrees()
    }

    /// The same turn as seen in object coordinates: mirrored for what is seen from behind. None for other planes.
    fn inside(&self, extrusion: Extrusion) -> Option<Turn> {
        if extrusion.is_up() {
            return Some(*self);
        }
        let Point3 { x, y, z } = extrusion.0;
        (x == 0.0 && y == 0.0 && z < 0.0).then(|| Turn::new(Point::new(-self.center.x, self.center.y), -self.radians))
    }
}

/// A shape, turned; in words why not, where it can't be.
pub fn turned(shape: &Shape, turn: &Turn) -> Result<Shape, String> {
    let mut shape = shape.clone();
    let tilted = |kind: &str| format!("{kind} in a tilted plane can't be rotated");
    match &mut shape {
        Shape::Line(line) => {
            line.start = turn.point3(line.start);
            line.end = turn.point3(line.end);
        }
        Shape::Circle(circle) => {
            let turn = turn.inside(circle.extrusion).ok_or_else(|| tilted("CIRCLE"))?;
            circle.center = turn.point3(circle.center);
        }
        Shape::Arc(arc) => {
            let turn = turn.inside(arc.extrusion).ok_or_else(|| tilted("ARC"))?;
            arc.center = turn.point3(arc.center);
            arc.start_deg = (arc.start_deg + turn.degrees()).rem_euclid(360.0);
            arc.end_deg = (arc.end_deg + turn.degrees()).rem_euclid(360.0);
        }
        Shape::Ellipse(ellipse) => {
            turn.inside(ellipse.extrusion).ok_or_else(|| tilted("ELLIPSE"))?;
            ellipse.center = turn.point3(ellipse.center);
            ellipse.major = turn.way(ellipse.major);
        }
        Shape::Polyline(polyline) => {
            let turn = match polyline.form {
                PolylineForm::Space => *turn,
                _ => turn.inside(polyline.extrusion).ok_or_else(|| tilted("polyline"))?,
            };
            polyline.vertices.iter_mut().for_each(|vertex| vertex.at = turn.point3(vertex.at));
        }
        Shape::Spline(spline) => {
            spline.controls.iter_mut().chain(&mut spline.fit).for_each(|p| *p = turn.point3(*p));
        }
        Shape::Point(point) => point.at = turn.point3(point.at),
        Shape::Solid(solid) => {
            let turn = turn.inside(solid.extrusion).ok_or_else(|| tilted("SOLID"))?;
            solid.corners.iter_mut().for_each(|p| *p = turn.point3(*p));
        }
        Shape::Text(text) => turn_text(text, turn).ok_or_else(|| tilted("TEXT"))?,
        Shape::MText(text) => {
            turn.inside(text.extrusion).ok_or_else(|| tilted("MTEXT"))?;
            text.at = turn.point3(text.at);
            text.rotation_deg = (text.rotation_deg + turn.degrees()).rem_euclid(360.0);
        }
        Shape::Insert(insert) => {
            let inner = turn.inside(insert.extrusion).ok_or_else(|| tilted("INSERT"))?;
            insert.at = inner.point3(insert.at);
            insert.rotation_deg = (insert.rotation_deg + inner.degrees()).rem_euclid(360.0);
            for attribute in &mut insert.attributes {
                turn_text(&mut attribute.text, turn).ok_or_else(|| tilted("ATTRIB"))?;
            }
        }
        Shape::Hatch(hatch) => {
            let turn = turn.inside(hatch.extrusion).ok_or_else(|| tilted("HATCH"))?;
            turn_hatch(hatch, &turn);
        }
        Shape::Dimension(_) => {
            return Err("DIMENSION can't be rotated: its text and lines would have to be laid out anew".into());
        }
        Shape::Opaque(opaque) => {
            return Err(format!("{} can't be rotated: Linework does not read this kind of entity", opaque.kind));
        }
    }
    Ok(shape)
}

fn turn_text(text: &mut Text, turn: &Turn) -> Option<()> {
    let turn = turn.inside(text.extrusion)?;
    text.at = turn.point3(text.at);
    text.align_at = text.align_at.map(|p| turn.point3(p));
    text.rotation_deg = (text.rotation_deg + turn.degrees()).rem_euclid(360.0);
    Some(())
}

fn turn_hatch(hatch: &mut Hatch, turn: &Turn) {
    let direction = |p: Point| turn.way(p.into()).xy();
    hatch.seeds.iter_mut().for_each(|p| *p = turn.point(*p));
    if let HatchFill::Pattern { lines, .. } = &mut hatch.fill {
        for (angle_deg, base, offset, _) in lines {
            *angle_deg += turn.degrees();
            *base = turn.point(*base);
            *offset = direction(*offset);
        }
    }
    for boundary in &mut hatch.boundaries {
        match boundary {
            Boundary::Polyline { vertices, .. } => vertices.iter_mut().for_each(|(p, _)| *p = turn.point(*p)),
            Boundary::Edges { edges, .. } => edges.iter_mut().for_each(|edge| match edge {
                Edge::Line { from, to } => {
                    *from = turn.point(*from);
                    *to = turn.point(*to);
                }
                Edge::Arc { center, start_deg, end_deg, ccw, .. } => {
                    *center = turn.point(*center);
                    // Clockwise arcs measure their angles clockwise.
                    let by = if *ccw { turn.degrees() } else { -turn.degrees() };
                    *start_deg += by;
                    *end_deg += by;
                }
                Edge::Ellipse { center, major, .. } => {
                    *center = turn.point(*center);
                    *major = direction(*major);
                }
                Edge::Spline { controls, fit, .. } => {
                    controls.iter_mut().chain(fit).for_each(|p| *p = turn.point(*p));
                }
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f64::consts::FRAC_PI_2;

    #[test]
    fn quarter_turns_are_exact() {
        let turn = Turn::new(Point::new(1.0, 1.0), FRAC_PI_2);
        assert_eq!(turn.point(Point::new(3.0, 1.0)), Point::new(1.0, 3.0));
        let line = Shape::Line(drawing::Line { start: Point3::flat(1.0, 1.0), end: Point3::flat(3.0, 1.0) });
        let Ok(Shape::Line(turned)) = turned(&line, &turn) else { panic!("a line can be turned") };
        assert_eq!((turned.start, turned.end), (Point3::flat(1.0, 1.0), Point3::flat(1.0, 3.0)));
    }

    #[test]
    fn what_is_seen_from_behind_turns_the_same_way_on_the_sheet() {
        let behind = Extrusion(Point3::new(0.0, 0.0, -1.0));
        let turn = Turn::new(Point::new(5.0, 2.0), 0.3);
        let circle = drawing::Circle { center: Point3::flat(-7.0, 4.0), radius: 1.0, extrusion: behind };
        let expect = turn.point(behind.to_world(circle.center).xy());
        let Ok(Shape::Circle(turned)) = turned(&Shape::Circle(circle), &turn) else { panic!("it can be turned") };
        assert!((behind.to_world(turned.center).xy() - expect).hypot() < 1e-12);
    }

    #[test]
    fn what_is_not_understood_is_refused_in_words() {
        let opaque = Shape::Opaque(drawing::Opaque { kind: "MLINE".into(), extents: None, window: None });
        let refused = turned(&opaque, &Turn::new(Point::ZERO, 1.0)).unwrap_err();
        assert!(refused.contains("MLINE"), "{refused}");
    }
}
