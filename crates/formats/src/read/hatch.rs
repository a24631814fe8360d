//! HATCH: its codes mean different things in different parts, which follow one another in a fixed order.

use drawing::{Boundary, Edge, Extrusion, Hatch, HatchFill, Point, Shape};

use super::context::Context;
use super::curves::{plane, set};
use crate::tag::Tag;

/// The part of a hatch that a tag stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// Elevation, plane, name.
    Head,
    /// A path of corners.
    Corners,
    /// A path of edges.
    Edges,
    /// Island style, pattern angle and scale.
    Style,
    /// A family of pattern lines.
    PatternLine,
    /// Seed points.
    Seeds,
    /// Gradient.
    Gradient,
}

impl Part {
    /// The part that a tag stands in, given that of the tag before it.
    pub fn next(self, tag: &Tag) -> Part {
        match (tag.code, self) {
            (92, Part::Head | Part::Corners | Part::Edges) => {
                if tag.integer().unwrap_or(0) & 2 != 0 {
                    Part::Corners
                } else {
                    Part::Edges
                }
            }
            (75, Part::Head | Part::Corners | Part::Edges) => Part::Style,
            (53, Part::Style | Part::PatternLine) => Part::PatternLine,
            (98, Part::Style | Part::PatternLine) => Part::Seeds,
            (450.., Part::Style | Part::PatternLine | Part::Seeds) => Part::Gradient,
            _ => self,
        }
    }
}

type PatternLine = (f64, Point, Point, Vec<f64>);

impl Context {
    pub fn read_hatch(&mut self, tags: &[Tag]) -> Shape {
        let mut hatch = Hatch {
            elevation: 0.0,
            extrusion: Extrusion::UP,
            fill: HatchFill::Solid,
            island_style: 0,
            boundaries: Vec::new(),
            seeds: Vec::new(),
        };
        let (mut name, mut solid) = (String::new(), false);
        let mut lines: Vec<PatternLine> = Vec::new();
        let (mut gradient, mut colors) = (false, Vec::new());
        let mut part = Part::Head;
        for tag in tags.iter().filter(|tag| tag.own) {
            part = part.next(tag);
            match (part, tag.code) {
                (Part::Head, 30) => hatch.elevation = self.number(tag),
                (Part::Head, 210 | 220 | 230) => {
                    set(&mut hatch.extrusion.0, tag.code / 10 - 20, self.number(tag));
                }
                (Part::Head, 2) => name = self.text(tag),
                (Part::Head, 70) => solid = self.integer(tag) != 0,
                (Part::Corners | Part::Edges, _) => self.read_boundary(&mut hatch.boundaries, part, tag),
                (Part::Style, 75) => hatch.island_style = self.integer(tag).clamp(0, 2) as u8,
                (Part::PatternLine, 53) => lines.push((self.number(tag), Point::ZERO, Point::ZERO, Vec::new())),
                (Part::PatternLine, code) => {
                    if let (Some(line), 43..=49) = (lines.last_mut(), code) {
                        let value = self.number(tag);
                        match code {
                            43 => line.1.x = value,
                            44 => line.1.y = value,
                            45 => line.2.x = value,
                            46 => line.2.y = value,
                            49 => line.3.push(value),
                            _ => {}
                        }
                    }
                }
                (Part::Seeds, 10) => hatch.seeds.push(Point::new(self.number(tag), 0.0)),
                (Part::Seeds, 20) => {
                    let y = self.number(tag);
                    hatch.seeds.last_mut().into_iter().for_each(|seed| seed.y = y);
                }
                (Part::Gradient, 450) => gradient = self.integer(tag) != 0,
                (Part::Gradient, 421) => colors.push(self.integer(tag) as u32 & 0xff_ffff),
                _ => {}
            }
        }
        hatch.extrusion = plane(hatch.extrusion.0);
        hatch.fill = match colors[..] {
            [first, ..] if gradient => HatchFill::Gradient { first, second: colors.get(1).copied().unwrap_or(first) },
            _ if solid => HatchFill::Solid,
            _ => HatchFill::Pattern { name, lines },
        };
        Shape::Hatch(hatch)
    }

    fn read_boundary(&mut self, boundaries: &mut Vec<Boundary>, part: Part, tag: &Tag) {
        if tag.code == 92 {
            let flags = self.integer(tag) as u32;
            boundaries.push(match part {
                Part::Corners => Boundary::Polyline { flags, vertices: Vec::new(), closed: false },
                _ => Boundary::Edges { flags, edges: Vec::new() },
            });
            return;
        }
        match boundaries.last_mut() {
            Some(Boundary::Polyline { vertices, closed, .. }) => match (tag.code, vertices.last_mut()) {
                (73, _) => *closed = self.integer(tag) != 0,
                (10, _) => vertices.push((Point::new(self.number(tag), 0.0), 0.0)),
                (20, Some((point, _))) => point.y = self.number(tag),
                (42, Some((_, bulge))) => *bulge = self.number(tag),
                _ => {}
            },
            Some(Boundary::Edges { edges, .. }) if tag.code == 72 => {
                let (zero, none) = (Point::ZERO, Vec::new);
                match self.integer(tag) {
                    1 => edges.push(Edge::Line { from: zero, to: zero }),
                    2 => {
                        edges.push(Edge::Arc { center: zero, radius: 0.0, start_deg: 0.0, end_deg: 360.0, ccw: true });
                    }
                    3 => edges.push(Edge::Ellipse {
                        center: zero,
                        major: zero,
                        ratio: 1.0,
                        start_deg: 0.0,
                        end_deg: 360.0,
                        ccw: true,
                    }),
                    4 => edges.push(Edge::Spline {
                        degree: 3,
                        knots: none(),
                        controls: Vec::new(),
                        weights: none(),
                        fit: Vec::new(),
                    }),
                    other => {
                        let what = format!("a hatch edge of unknown type {other}");
                        self.repaired(tag, None, what, "the edge is left out of the picture");
                    }
                }
            }
            Some(Boundary::Edges { edges, .. }) => {
                if let Some(edge) = edges.last_mut() {
                    self.read_edge(edge, tag);
                }
            }
            None => {}
        }
    }

    fn read_edge(&mut self, edge: &mut Edge, tag: &Tag) {
        // Codes that hold something else than numbers that matter here.
        if !matches!(tag.code, 10..=51 | 73 | 94) {
            return;
        }
        let value = self.number(tag);
        match (edge, tag.code) {
            (Edge::Line { from, .. }, 10) => from.x = value,
            (Edge::Line { from, .. }, 20) => from.y = value,
            (Edge::Line { to, .. }, 11) => to.x = value,
            (Edge::Line { to, .. }, 21) => to.y = value,
            (Edge::Arc { center, .. } | Edge::Ellipse { center, .. }, 10) => center.x = value,
            (Edge::Arc { center, .. } | Edge::Ellipse { center, .. }, 20) => center.y = value,
            (Edge::Arc { radius, .. }, 40) => *radius = value,
            (Edge::Ellipse { major, .. }, 11) => major.x = value,
            (Edge::Ellipse { major, .. }, 21) => major.y = value,
            (Edge::Ellipse { ratio, .. }, 40) => *ratio = value,
            (Edge::Arc { start_deg, .. } | Edge::Ellipse { start_deg, .. }, 50) => *start_deg = value,
            (Edge::Arc { end_deg, .. } | Edge::Ellipse { end_deg, .. }, 51) => *end_deg = value,
            (Edge::Arc { ccw, .. } | Edge::Ellipse { ccw, .. }, 73) => *ccw = value != 0.0,
            (Edge::Spline { degree, .. }, 94) => *degree = value.clamp(1.0, 25.0) as u8,
            (Edge::Spline { knots, .. }, 40) => knots.push(value),
            (Edge::Spline { weights, .. }, 42) => weights.push(value),
            (Edge::Spline { controls, .. }, 10) => controls.push(Point::new(value, 0.0)),
            (Edge::Spline { controls, .. }, 20) => controls.last_mut().into_iter().for_each(|point| point.y = value),
            (Edge::Spline { fit, .. }, 11) => fit.push(Point::new(value, 0.0)),
            (Edge::Spline { fit, .. }, 21) => fit.last_mut().into_iter().for_each(|point| point.y = value),
            _ => {}
        }
    }
}
