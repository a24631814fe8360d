//! Lines, circles, arcs, ellipses, splines, points, solids, light polylines.

use drawing::Vertex;
use drawing::{Arc, Circle, Ellipse, Extrusion, Line, Point3, PointMark, Polyline, PolylineForm, Shape, Solid, Spline};

use super::context::Context;
use crate::tag::Tag;

/// A point's coordinate by its group code: 10 to 18 x, 20 to 28 y, 30 to 38 z; likewise 210, 220, 230.
pub(crate) fn set(point: &mut Point3, tens: i16, value: f64) {
    match tens {
        1 => point.x = value,
        2 => point.y = value,
        _ => point.z = value,
    }
}

/// The plane of a direction. None, and what is up but for rounding, is the world's.
pub(crate) fn plane(direction: Point3) -> Extrusion {
    let Point3 { x, y, z } = direction;
    let upright = z > 0.0 && x.hypot(y) <= 1e-12 * z;
    if upright || direction == Point3::default() { Extrusion::UP } else { Extrusion(direction) }
}

impl Context {
    /// Reads points by the last digit of their codes, and an extrusion; calls `other` for every other own tag.
    pub fn read_points(
        &mut self,
        tags: &[Tag],
        points: &mut [(i16, &mut Point3)],
        other: &mut dyn FnMut(&mut Context, &Tag),
    ) -> Extrusion {
        let mut extrusion = Extrusion::UP;
        for tag in tags.iter().filter(|tag| tag.own) {
            match tag.code {
                10..=38 => {
                    let digit = tag.code % 10;
                    match points.iter_mut().find(|(code, _)| *code == digit) {
                        Some((_, point)) => set(point, tag.code / 10, self.number(tag)),
                        None => other(self, tag),
                    }
                }
                210 | 220 | 230 => set(&mut extrusion.0, tag.code / 10 - 20, self.number(tag)),
                _ => other(self, tag),
            }
        }
        plane(extrusion.0)
    }

    pub fn read_line(&mut self, tags: &[Tag]) -> Shape {
        let (mut start, mut end) = (Point3::default(), Point3::default());
        self.read_points(tags, &mut [(0, &mut start), (1, &mut end)], &mut |_, _| {});
        Shape::Line(Line { start, end })
    }

    pub fn read_circle(&mut self, tags: &[Tag]) -> Shape {
        let (mut center, mut radius) = (Point3::default(), 0.0);
        let extrusion = self.read_points(tags, &mut [(0, &mut center)], &mut |context, tag| {
            if tag.code == 40 {
                radius = context.number(tag);
            }
        });
        Shape::Circle(Circle { center, radius, extrusion })
    }

    pub fn read_arc(&mut self, tags: &[Tag]) -> Shape {
        let (mut center, mut radius, mut start_deg, mut end_deg) = (Point3::default(), 0.0, 0.0, 360.0);
        let extrusion = self.read_points(tags, &mut [(0, &mut center)], &mut |context, tag| match tag.code {
            40 => radius = context.number(tag),
            50 => start_deg = context.number(tag),
            51 => end_deg = context.number(tag),
            _ => {}
        });
        Shape::Arc(Arc { center, radius, start_deg, end_deg, extrusion })
    }

    pub fn read_ellipse(&mut self, tags: &[Tag]) -> Shape {
        let (mut center, mut major) = (Point3::default(), Point3::flat(1.0, 0.0));
        let (mut ratio, mut start_rad, mut end_rad) = (1.0, 0.0, std::f64::consts::TAU);
        let points = &mut [(0, &mut center), (1, &mut major)];
        let extrusion = self.read_points(tags, points, &mut |context, tag| match tag.code {
            40 => ratio = context.number(tag),
            41 => start_rad = context.number(tag),
            42 => end_rad = context.number(tag),
            _ => {}
        });
        Shape::Ellipse(Ellipse { center, major, ratio, start_rad, end_rad, extrusion })
    }

    pub fn read_point(&mut self, tags: &[Tag]) -> Shape {
        let (mut at, mut angle_deg) = (Point3::default(), 0.0);
        let extrusion = self.read_points(tags, &mut [(0, &mut at)], &mut |context, tag| {
            if tag.code == 50 {
                angle_deg = context.number(tag);
            }
        });
        Shape::Point(PointMark { at, angle_deg, extrusion })
    }

    pub fn read_solid(&mut self, tags: &[Tag], trace: bool) -> Shape {
        let [mut a, mut b, mut c, mut d] = [Point3::default(); 4];
        let extrusion =
            self.read_points(tags, &mut [(0, &mut a), (1, &mut b), (2, &mut c), (3, &mut d)], &mut |_, _| {});
        if !tags.iter().any(|tag| tag.own && tag.code == 13) {
            d = c;
        }
        Shape::Solid(Solid { corners: [a, b, c, d], extrusion, trace })
    }

    pub fn read_spline(&mut self, tags: &[Tag]) -> Shape {
        let mut spline = Spline {
            degree: 3,
            closed: false,
            knots: Vec::new(),
            controls: Vec::new(),
            weights: Vec::new(),
            fit: Vec::new(),
        };
        for tag in tags.iter().filter(|tag| tag.own) {
            match tag.code {
                70 => spline.closed = self.integer(tag) & 1 != 0,
                71 => spline.degree = self.integer(tag).clamp(1, 25) as u8,
                40 => spline.knots.push(self.number(tag)),
                41 => spline.weights.push(self.number(tag)),
                10 => spline.controls.push(Point3::flat(self.number(tag), 0.0)),
                11 => spline.fit.push(Point3::flat(self.number(tag), 0.0)),
                20 | 30 => {
                    let value = self.number(tag);
                    spline.controls.last_mut().into_iter().for_each(|point| set(point, tag.code / 10, value));
                }
                21 | 31 => {
                    let value = self.number(tag);
                    spline.fit.last_mut().into_iter().for_each(|point| set(point, tag.code / 10, value));
                }
                _ => {}
            }
        }
        Shape::Spline(spline)
    }

    pub fn read_light_polyline(&mut self, tags: &[Tag]) -> Shape {
        let mut vertices: Vec<Vertex> = Vec::new();
        let (mut closed, mut elevation, mut width) = (false, 0.0, 0.0);
        let mut extrusion = Extrusion::UP;
        for tag in tags.iter().filter(|tag| tag.own) {
            match (tag.code, vertices.last_mut()) {
                (70, _) => closed = self.integer(tag) & 1 != 0,
                (38, _) => elevation = self.number(tag),
                (43, _) => width = self.number(tag),
                (10, _) => {
                    let at = Point3::flat(self.number(tag), 0.0);
                    vertices.push(Vertex { at, bulge: 0.0, start_width: width, end_width: width });
                }
                (20, Some(vertex)) => vertex.at.y = self.number(tag),
                (40, Some(vertex)) => vertex.start_width = self.number(tag),
                (41, Some(vertex)) => vertex.end_width = self.number(tag),
                (42, Some(vertex)) => vertex.bulge = self.number(tag),
                (210 | 220 | 230, _) => set(&mut extrusion.0, tag.code / 10 - 20, self.number(tag)),
                _ => {}
            }
        }
        extrusion = plane(extrusion.0);
        vertices.iter_mut().for_each(|vertex| vertex.at.z = elevation);
        Shape::Polyline(Polyline { form: PolylineForm::Light, vertices, closed, extrusion })
    }
}
