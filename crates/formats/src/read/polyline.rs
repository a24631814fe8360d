//! POLYLINE with its VERTEX objects.

use drawing::{Extrusion, Opaque, Point3, Polyline, PolylineForm, Rect, Shape, Vertex};

use super::context::Context;
use crate::tag::Tag;

/// A POLYLINE whose vertices are still coming.
pub(crate) struct PolylineDraft {
    flags: i64,
    elevation: f64,
    /// Widths of vertices that say none: groups 40 and 41.
    widths: (f64, f64),
    extrusion: Extrusion,
    vertices: Vec<Vertex>,
    /// Whether the VERTEX that came last is one of them: those of the frame aren't.
    last_is_drawn: bool,
}

/// Group 70 of a POLYLINE.
pub(crate) mod flag {
    /// The last vertex is joined to the first.
    pub const CLOSED: i64 = 1;
    /// In space.
    pub const SPACE: i64 = 8;
    /// A mesh of polygons, or of faces.
    pub const MESH: i64 = 16 | 64;
    /// Of a VERTEX: a control point of the frame, not drawn.
    pub const FRAME: i64 = 16;
}

impl Context {
    /// The POLYLINE object.
    pub fn read_polyline(&mut self, tags: &[Tag]) -> PolylineDraft {
        let (mut base, mut flags, mut widths) = (Point3::default(), 0, (0.0, 0.0));
        let extrusion = self.read_points(tags, &mut [(0, &mut base)], &mut |context, tag| match tag.code {
            70 => flags = context.integer(tag),
            40 => widths.0 = context.number(tag),
            41 => widths.1 = context.number(tag),
            _ => {}
        });
        PolylineDraft { flags, elevation: base.z, widths, extrusion, vertices: Vec::new(), last_is_drawn: false }
    }

    /// A VERTEX object.
    pub fn read_vertex(&mut self, draft: &mut PolylineDraft, tags: &[Tag]) {
        let mut vertex =
            Vertex { at: Point3::default(), bulge: 0.0, start_width: draft.widths.0, end_width: draft.widths.1 };
        let mut flags = 0;
        for tag in tags.iter().filter(|tag| tag.own) {
            match tag.code {
                10 => vertex.at.x = self.number(tag),
                20 => vertex.at.y = self.number(tag),
                30 => vertex.at.z = self.number(tag),
                40 => vertex.start_width = self.number(tag),
                41 => vertex.end_width = self.number(tag),
                42 => vertex.bulge = self.number(tag),
                70 => flags = self.integer(tag),
                5 => {
                    self.handle(tag);
                }
                _ => {}
            }
        }
        // A face of a polyface mesh has flag 128 without 64 and no place.
        draft.last_is_drawn = flags & flag::FRAME == 0 && flags & 192 != 128 || draft.flags & flag::MESH != 0;
        if draft.last_is_drawn {
            draft.vertices.push(vertex);
        }
    }
}

/// Whether a VERTEX of a polyline is drawn: a control point of the frame isn't.
pub(crate) fn is_drawn_vertex(tags: &[Tag]) -> bool {
    let flags = tags.iter().find(|tag| tag.own && tag.code == 70).and_then(Tag::integer).unwrap_or(0);
    flags & flag::FRAME == 0 && flags & 192 != 128
}

impl PolylineDraft {
    /// Takes the last VERTEX out again, of which the end of the file may have cut half.
    pub fn cut_last_vertex(&mut self) {
        if self.last_is_drawn {
            self.vertices.pop();
        }
    }

    /// What it is, now that all vertices are there: meshes are opaque.
    pub fn into_shape(mut self) -> Shape {
        if self.flags & flag::MESH != 0 {
            let extents = self.vertices.iter().map(|vertex| vertex.at.xy()).fold(None, |rect: Option<Rect>, point| {
                Some(rect.map_or(Rect::from_points(point, point), |rect| rect.union_pt(point)))
            });
            return Shape::Opaque(Opaque { kind: "POLYLINE".into(), extents, window: None });
        }
        let form = if self.flags & flag::SPACE != 0 { PolylineForm::Space } else { PolylineForm::Heavy };
        for vertex in &mut self.vertices {
            match form {
                PolylineForm::Space => *vertex = Vertex::corner(vertex.at),
                _ => vertex.at.z = self.elevation,
            }
        }
        let closed = self.flags & flag::CLOSED != 0;
        Shape::Polyline(Polyline { form, vertices: self.vertices, closed, extrusion: self.extrusion })
    }
}
