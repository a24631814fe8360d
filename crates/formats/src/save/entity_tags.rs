//! The tags of each kind of entity, in the order of the DXF reference.

use drawing::{Attribute, BlockId, Color, Drawing, Entity, Handle, LineStyle, Lineweight, PolylineForm, Shape, Style};
use drawing::{Dimension, Insert, MText, Polyline, Text, Vertex};

use super::follow::upright_sin_cos;
use super::out::{Out, Outs};
use crate::charset::Charset;

/// The longest piece that a long text is cut into, in bytes.
const PIECE_MAX: usize = 250;

/// A text with its line ends as codes, which is how an MTEXT has them.
pub(crate) fn in_one_line(text: &str) -> String {
    text.replace("\r\n", "\n").replace(['\n', '\r'], "\\P")
}

/// The pieces of a long text: no letter is cut in two, of however many bytes it is.
fn pieces(text: &str, charset: Charset) -> Vec<Vec<u8>> {
    let whole = charset.encode(&in_one_line(text));
    if whole.len() <= PIECE_MAX {
        return vec![whole];
    }
    let mut pieces = vec![Vec::new()];
    for letter in in_one_line(text).chars() {
        let bytes = charset.encode(letter.encode_utf8(&mut [0; 4]));
        match pieces.last_mut() {
            Some(piece) if piece.len() + bytes.len() <= PIECE_MAX => piece.extend(bytes),
            _ => pieces.push(bytes),
        }
    }
    pieces
}

/// A drawing and what is needed to name its records in a file.
#[derive(Clone, Copy)]
pub(crate) struct Namer<'d> {
    pub drawing: &'d Drawing,
}

impl Namer<'_> {
    fn layer(&self, style: &Style) -> &str {
        self.drawing.layer(style.layer).map_or("0", |layer| &layer.name)
    }

    pub fn linetype(&self, id: drawing::LinetypeId) -> &str {
        self.drawing.linetype(id).map_or("Continuous", |linetype| &linetype.name)
    }

    fn text_style(&self, id: Option<drawing::TextStyleId>) -> Option<&str> {
        self.drawing.text_style(id?).map(|style| &*style.name)
    }

    fn block(&self, id: BlockId) -> &str {
        self.drawing.block(id).map_or("", |block| &block.name)
    }

    /// All tags of an entity's first object.
    pub fn entity(&self, entity: &Entity, outs: &mut Outs) {
        let light_as_heavy = !outs.manner.light_polylines && outs.source.is_none();
        let kind = match entity.shape.kind() {
            "LWPOLYLINE" if light_as_heavy => "POLYLINE",
            kind => kind,
        };
        outs.text(0, kind);
        if let Some(handle) = entity.handle {
            outs.handle(5, handle);
        }
        self.owner(entity.owner, outs);
        outs.marker("AcDbEntity");
        let owner = self.drawing.block(entity.owner);
        if owner.is_some_and(|owner| owner.is_paper_space()) {
            outs.integer(67, 1);
            let layout = self.drawing.layouts().find(|layout| layout.block == entity.owner);
            if let Some(layout) = layout
                && outs.manner.markers
            {
                outs.text(410, &layout.name);
            }
        }
        self.style(&entity.style, outs);
        self.shape(&entity.shape, outs);
    }

    fn owner(&self, owner: BlockId, outs: &mut Outs) {
        if outs.manner.markers
            && let Some(handle) = self.drawing.block(owner).and_then(|block| block.handle)
        {
            outs.handle(330, handle);
        }
    }

    fn style(&self, style: &Style, outs: &mut Outs) {
        outs.text(8, self.layer(style));
        match style.linetype {
            LineStyle::ByLayer => {}
            LineStyle::ByBlock => outs.plain(6, "BYBLOCK"),
            LineStyle::Named(id) => outs.text(6, self.linetype(id)),
        }
        match style.color {
            Color::ByLayer => {}
            Color::ByBlock => outs.integer(62, 0),
            Color::Index(index) => outs.integer(62, index.into()),
            Color::True(rgb) => {
                // Programs without true colour show the index: there the file's own stays, and goes with the true one.
                if let Some(index) = outs.source_integer(62) {
                    outs.integer(62, index);
                }
                outs.integer(420, rgb.into());
                let same = outs.source_integer(420).is_some_and(|there| there & 0xff_ffff == i64::from(rgb));
                if let (Some(name), true) = (outs.source_value(430), same) {
                    outs.tags.push(Out { code: 430, value: name });
                }
            }
        }
        match style.lineweight {
            Lineweight::ByLayer => {}
            Lineweight::ByBlock => outs.integer(370, -2),
            Lineweight::Default => outs.integer(370, -3),
            Lineweight::HundredthsMm(width) => outs.integer(370, width.into()),
        }
        outs.number_unless(48, style.linetype_scale, 1.0);
        if !style.visible {
            outs.integer(60, 1);
        }
    }

    fn shape(&self, shape: &Shape, outs: &mut Outs) {
        match shape {
            Shape::Line(line) => {
                outs.marker("AcDbLine");
                outs.point(10, line.start);
                outs.point(11, line.end);
            }
            Shape::Circle(circle) => {
                outs.marker("AcDbCircle");
                outs.point(10, circle.center);
                outs.number(40, circle.radius);
                outs.extrusion(circle.extrusion);
            }
            Shape::Arc(arc) => {
                outs.marker("AcDbCircle");
                outs.point(10, arc.center);
                outs.number(40, arc.radius);
                outs.extrusion(arc.extrusion);
                outs.marker("AcDbArc");
                outs.number(50, arc.start_deg);
                outs.number(51, arc.end_deg);
            }
            Shape::Ellipse(ellipse) => {
                outs.marker("AcDbEllipse");
                outs.point(10, ellipse.center);
                outs.point(11, ellipse.major);
                outs.extrusion(ellipse.extrusion);
                outs.number(40, ellipse.ratio);
                outs.number(41, ellipse.start_rad);
                outs.number(42, ellipse.end_rad);
            }
            Shape::Polyline(polyline) => self.polyline(polyline, outs),
            Shape::Spline(spline) => {
                outs.marker("AcDbSpline");
                let rational = if spline.weights.is_empty() { 0 } else { 4 };
                let closed = i64::from(spline.closed);
                outs.integer(70, if outs.source.is_some() { outs.flags(70, 1, closed) } else { 8 | rational | closed });
                outs.integer(71, spline.degree.into());
                outs.integer(72, spline.knots.len() as i64);
                outs.integer(73, spline.controls.len() as i64);
                outs.integer(74, spline.fit.len() as i64);
                spline.knots.iter().for_each(|knot| outs.number(40, *knot));
                spline.weights.iter().for_each(|weight| outs.number(41, *weight));
                spline.controls.iter().for_each(|point| outs.point(10, *point));
                spline.fit.iter().for_each(|point| outs.point(11, *point));
            }
            Shape::Point(point) => {
                outs.marker("AcDbPoint");
                outs.point(10, point.at);
                outs.extrusion(point.extrusion);
                outs.number_unless(50, point.angle_deg, 0.0);
            }
            Shape::Solid(solid) => {
                outs.marker("AcDbTrace");
                // A triangle that the file writes with three corners stays one.
                let triangle = outs.source.is_some() && !outs.source_has(13) && solid.corners[3] == solid.corners[2];
                let corners = &solid.corners[..if triangle { 3 } else { 4 }];
                corners.iter().zip(10..).for_each(|(corner, code)| outs.point(code, *corner));
                outs.extrusion(solid.extrusion);
            }
            Shape::Text(text) => {
                self.text(text, outs);
                outs.marker("AcDbText");
                outs.integer_unless(73, text.v_align as i64, 0);
            }
            Shape::MText(text) => self.mtext(text, outs),
            Shape::Insert(insert) => self.insert(insert, outs),
            Shape::Hatch(hatch) => super::hatch_tags::hatch(hatch, outs),
            Shape::Dimension(dimension) => self.dimension(dimension, outs),
            Shape::Opaque(_) => {}
        }
    }

    fn polyline(&self, polyline: &Polyline, outs: &mut Outs) {
        let closed = i64::from(polyline.closed);
        let elevation = polyline.vertices.first().map_or(0.0, |vertex| vertex.at.z);
        if polyline.form == PolylineForm::Light && (outs.manner.light_polylines || outs.source.is_some()) {
            outs.marker("AcDbPolyline");
            outs.integer(90, polyline.vertices.len() as i64);
            outs.integer(70, outs.flags(70, 1, closed));
            outs.number_unless(38, elevation, 0.0);
            let wide = polyline.vertices.iter().any(|vertex| vertex.start_width != 0.0 || vertex.end_width != 0.0);
            for vertex in &polyline.vertices {
                outs.flat(10, vertex.at.xy());
                if wide {
                    outs.number(40, vertex.start_width);
                    outs.number(41, vertex.end_width);
                }
                outs.number_unless(42, vertex.bulge, 0.0);
            }
        } else {
            let space = polyline.form == PolylineForm::Space;
            outs.marker(if space { "AcDb3dPolyline" } else { "AcDb2dPolyline" });
            outs.integer(66, 1);
            outs.number(10, 0.0);
            outs.number(20, 0.0);
            outs.number(30, if space { 0.0 } else { elevation });
            let flags = outs.flags(70, 9, closed | if space { 8 } else { 0 });
            outs.integer_unless(70, flags, 0);
        }
        outs.extrusion(polyline.extrusion);
    }

    /// The VERTEX object of a corner of a POLYLINE.
    pub fn vertex(
        &self,
        entity: &Entity,
        form: PolylineForm,
        vertex: &Vertex,
        handle: Option<Handle>,
        outs: &mut Outs,
    ) {
        self.part("VERTEX", entity, handle, outs);
        outs.marker("AcDbVertex");
        let space = form == PolylineForm::Space;
        outs.marker(if space { "AcDb3dPolylineVertex" } else { "AcDb2dVertex" });
        outs.point(10, vertex.at);
        outs.number_unless(40, vertex.start_width, 0.0);
        outs.number_unless(41, vertex.end_width, 0.0);
        outs.number_unless(42, vertex.bulge, 0.0);
        let flags = outs.flags(70, 32, if space { 32 } else { 0 });
        outs.integer_unless(70, flags, 0);
    }

    /// The SEQEND object behind vertices and attributes.
    pub fn seqend(&self, entity: &Entity, handle: Option<Handle>, outs: &mut Outs) {
        self.part("SEQEND", entity, handle, outs);
    }

    fn part(&self, kind: &str, entity: &Entity, handle: Option<Handle>, outs: &mut Outs) {
        outs.plain(0, kind);
        if let Some(handle) = handle {
            outs.handle(5, handle);
        }
        if let (Some(owner), true) = (entity.handle, outs.manner.markers) {
            outs.handle(330, owner);
        }
        outs.marker("AcDbEntity");
        outs.text(8, self.layer(&entity.style));
    }

    fn text(&self, text: &Text, outs: &mut Outs) {
        outs.marker("AcDbText");
        outs.point(10, text.at);
        outs.number(40, text.height);
        outs.text(1, &text.value);
        outs.number_unless(50, text.rotation_deg, 0.0);
        outs.number_unless(41, text.width_factor, 1.0);
        outs.number_unless(51, text.oblique_deg, 0.0);
        if let Some(style) = self.text_style(text.style) {
            outs.text(7, style);
        }
        let mirrored = 2 * i64::from(text.backward) + 4 * i64::from(text.upside_down);
        outs.integer_unless(71, mirrored, 0);
        outs.integer_unless(72, text.h_align as i64, 0);
        if let Some(point) = text.align_at {
            outs.point(11, point);
        }
        outs.extrusion(text.extrusion);
    }

    /// The ATTRIB object of an attribute.
    pub fn attribute(&self, entity: &Entity, attribute: &Attribute, handle: Option<Handle>, outs: &mut Outs) {
        outs.plain(0, "ATTRIB");
        if let Some(handle) = attribute.handle.or(handle) {
            outs.handle(5, handle);
        }
        if let (Some(owner), true) = (entity.handle, outs.manner.markers) {
            outs.handle(330, owner);
        }
        outs.marker("AcDbEntity");
        self.style(&attribute.style, outs);
        self.text(&attribute.text, outs);
        outs.marker("AcDbAttribute");
        outs.text(2, &attribute.tag);
        outs.integer(70, outs.flags(70, 1, i64::from(attribute.invisible)));
        outs.integer_unless(74, attribute.text.v_align as i64, 0);
    }

    fn mtext(&self, text: &MText, outs: &mut Outs) {
        outs.marker("AcDbMText");
        outs.point(10, text.at);
        outs.number(40, text.height);
        outs.number_unless(41, text.width, 0.0);
        outs.integer(71, text.attachment.into());
        outs.integer(72, outs.source_integer(72).unwrap_or(5));
        // A text that is as in the file is in the pieces of the file.
        let mut pieces = match outs.source_pieces() {
            there if outs.manner.charset.decode(&there.concat()) == text.value && !there.is_empty() => there,
            _ => pieces(&text.value, outs.manner.charset),
        };
        let last = pieces.pop().unwrap_or_default();
        outs.tags.extend(pieces.into_iter().map(|value| Out { code: 3, value }));
        outs.tags.push(Out { code: 1, value: last });
        if let Some(style) = self.text_style(text.style) {
            outs.text(7, style);
        }
        outs.extrusion(text.extrusion);
        if outs.source_has(11) {
            let (sin, cos) = upright_sin_cos(text.rotation_deg);
            outs.point(11, drawing::Point3::flat(cos, sin));
        } else {
            outs.number_unless(50, text.rotation_deg, 0.0);
        }
        outs.number_unless(44, text.line_spacing, 1.0);
    }

    fn insert(&self, insert: &Insert, outs: &mut Outs) {
        let array = insert.columns > 1 || insert.rows > 1;
        outs.marker(if array { "AcDbMInsertBlock" } else { "AcDbBlockReference" });
        if !insert.attributes.is_empty() {
            outs.integer(66, 1);
        }
        outs.text(2, self.block(insert.block));
        outs.point(10, insert.at);
        outs.number_unless(41, insert.scale.x, 1.0);
        outs.number_unless(42, insert.scale.y, 1.0);
        outs.number_unless(43, insert.scale.z, 1.0);
        outs.number_unless(50, insert.rotation_deg, 0.0);
        outs.integer_unless(70, insert.columns.into(), 1);
        outs.integer_unless(71, insert.rows.into(), 1);
        outs.number_unless(44, insert.column_spacing, 0.0);
        outs.number_unless(45, insert.row_spacing, 0.0);
        outs.extrusion(insert.extrusion);
    }

    fn dimension(&self, dimension: &Dimension, outs: &mut Outs) {
        outs.marker("AcDbDimension");
        if let Some(block) = dimension.block {
            outs.text(2, self.block(block));
        }
        let of = |outs: &mut Outs, codes: &[i16]| {
            let inserted = dimension.insert_at.map(|point| (12, point));
            let all = dimension.world_points.iter().chain(&dimension.object_points).copied().chain(inserted);
            let mut points: Vec<_> = all.filter(|(code, _)| codes.contains(code)).collect();
            points.sort_by_key(|(code, _)| *code);
            points.into_iter().for_each(|(code, point)| outs.point(code, point));
        };
        of(outs, &[10, 11, 12]);
        outs.integer(70, dimension.flags.into());
        if !dimension.text.is_empty() {
            outs.text(1, &dimension.text);
        }
        outs.extrusion(dimension.extrusion);
        if outs.source.is_none() {
            outs.plain(3, "Standard");
        }
        outs.marker(match dimension.flags & 7 {
            0 | 1 => "AcDbAlignedDimension",
            2 => "AcDb2LineAngularDimension",
            3 => "AcDbDiametricDimension",
            4 => "AcDbRadialDimension",
            5 => "AcDb3PointAngularDimension",
            _ => "AcDbOrdinateDimension",
        });
        of(outs, &[13, 14, 15, 16]);
        if dimension.flags & 7 == 0 {
            outs.marker("AcDbRotatedDimension");
        }
    }
}
