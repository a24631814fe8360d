//! What entities are and where, kind by kind, in the coordinates of their file.
//!
//! Kinds that a file writes in object coordinates (circle, arc, plane polyline, solid, text, insert, hatch) hold them
//! so, with their extrusion; the others are in world coordinates. Angles are degrees as in the file, counter-clockwise
//! in the entity's own plane, except where a name says otherwise.

use geometry::{Extrusion, Point, Point3, Rect};
use serde::{Deserialize, Serialize};

use crate::ids::{BlockId, Handle, TextStyleId};
use crate::record::Span;
use crate::style::Style;

/// What an entity is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Shape {
    /// LINE
    Line(Line),
    /// CIRCLE
    Circle(Circle),
    /// ARC
    Arc(Arc),
    /// ELLIPSE
    Ellipse(Ellipse),
    /// LWPOLYLINE or POLYLINE
    Polyline(Polyline),
    /// SPLINE
    Spline(Spline),
    /// POINT
    Point(PointMark),
    /// SOLID or TRACE
    Solid(Solid),
    /// TEXT
    Text(Text),
    /// MTEXT
    MText(MText),
    /// INSERT
    Insert(Insert),
    /// HATCH
    Hatch(Hatch),
    /// DIMENSION
    Dimension(Dimension),
    /// Whatever the program doesn't understand.
    Opaque(Opaque),
}

impl Shape {
    /// The name of the kind in a DXF file, such as `LWPOLYLINE`.
    pub fn kind(&self) -> &str {
        match self {
            Shape::Line(_) => "LINE",
            Shape::Circle(_) => "CIRCLE",
            Shape::Arc(_) => "ARC",
            Shape::Ellipse(_) => "ELLIPSE",
            Shape::Polyline(p) => match p.form {
                PolylineForm::Light => "LWPOLYLINE",
                PolylineForm::Heavy | PolylineForm::Space => "POLYLINE",
            },
            Shape::Spline(_) => "SPLINE",
            Shape::Point(_) => "POINT",
            Shape::Solid(s) => {
                if s.trace {
                    "TRACE"
                } else {
                    "SOLID"
                }
            }
            Shape::Text(_) => "TEXT",
            Shape::MText(_) => "MTEXT",
            Shape::Insert(_) => "INSERT",
            Shape::Hatch(_) => "HATCH",
            Shape::Dimension(_) => "DIMENSION",
            Shape::Opaque(o) => &o.kind,
        }
    }
}

/// A straight line, in world coordinates.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// Where it starts.
    pub start: Point3,
    /// Where it ends.
    pub end: Point3,
}

/// A full circle, in object coordinates.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Circle {
    /// Its middle.
    pub center: Point3,
    /// Its radius, drawing units.
    pub radius: f64,
    /// Its plane.
    pub extrusion: Extrusion,
}

/// Part of a circle, counter-clockwise from start to end, in object coordinates.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Arc {
    /// The middle of its circle.
    pub center: Point3,
    /// Its radius, drawing units.
    pub radius: f64,
    /// Where it starts, degrees.
    pub start_deg: f64,
    /// Where it ends, degrees.
    pub end_deg: f64,
    /// Its plane.
    pub extrusion: Extrusion,
}

/// An ellipse or part of one, in world coordinates.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Ellipse {
    /// Its middle.
    pub center: Point3,
    /// From the middle to the end of the long axis.
    pub major: Point3,
    /// Short axis over long axis, over 0 to 1.
    pub ratio: f64,
    /// Eccentric parameter of its start, radians.
    pub start_rad: f64,
    /// Eccentric parameter of its end, radians; start 0 and end 2 pi is a full ellipse.
    pub end_rad: f64,
    /// Its plane: counter-clockwise is seen from where this points to.
    pub extrusion: Extrusion,
}

/// A vertex of a polyline, and the way to the next one.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Vertex {
    /// Where; for a plane polyline `z` is its elevation, the same in all vertices.
    pub at: Point3,
    /// Tangent of a quarter of the angle of the arc to the next vertex; over 0 counter-clockwise, 0 straight.
    pub bulge: f64,
    /// Width here, drawing units.
    pub start_width: f64,
    /// Width at the next vertex, drawing units.
    pub end_width: f64,
}

impl Vertex {
    /// A corner with straight lines of no width.
    pub fn corner(at: Point3) -> Vertex {
        Vertex { at, bulge: 0.0, start_width: 0.0, end_width: 0.0 }
    }
}

/// How a file writes a polyline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum PolylineForm {
    /// LWPOLYLINE: one record, in object coordinates.
    Light,
    /// POLYLINE with VERTEX records, plane, in object coordinates.
    Heavy,
    /// POLYLINE with VERTEX records, in space, in world coordinates; bulges and widths say nothing.
    Space,
}

/// A run of straight lines and arcs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Polyline {
    /// How a file writes it.
    pub form: PolylineForm,
    /// Its corners. A curve-fit or spline-fit POLYLINE holds the points that are drawn, not its frame.
    pub vertices: Vec<Vertex>,
    /// Whether the last vertex is joined to the first.
    pub closed: bool,
    /// Its plane.
    pub extrusion: Extrusion,
}

/// A B-spline, in world coordinates.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Spline {
    /// Its degree, 1 to 25.
    pub degree: u8,
    /// Whether its flags say closed.
    pub closed: bool,
    /// Knots; controls + degree + 1 of them where the file is sound.
    pub knots: Vec<f64>,
    /// Control points.
    pub controls: Vec<Point3>,
    /// One weight a control point, or empty for all 1.
    pub weights: Vec<f64>,
    /// Points that the curve passes; all there is where `controls` is empty.
    pub fit: Vec<Point3>,
}

/// A point, in world coordinates.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct PointMark {
    /// Where.
    pub at: Point3,
    /// Turns its mark, degrees.
    pub angle_deg: f64,
    /// Its plane.
    pub extrusion: Extrusion,
}

/// A filled triangle or quadrilateral, in object coordinates.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Solid {
    /// Corners in the file's order: the outline goes 0, 1, 3, 2. A triangle repeats corner 2 as corner 3.
    pub corners: [Point3; 4],
    /// Its plane.
    pub extrusion: Extrusion,
    /// Whether it is written as TRACE.
    pub trace: bool,
}

/// Where a text is held, from left to right: group 72.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum HAlign {
    /// 0
    #[default]
    Left,
    /// 1
    Center,
    /// 2
    Right,
    /// 3: stretched between both points, its height following.
    Aligned,
    /// 4: the middle of its box.
    Middle,
    /// 5: stretched between both points, its height kept.
    Fit,
}

/// Where a text is held, from bottom to top: group 73 (74 in ATTRIB).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum VAlign {
    /// 0
    #[default]
    Baseline,
    /// 1
    Bottom,
    /// 2
    Middle,
    /// 3
    Top,
}

/// One line of text, in object coordinates.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Text {
    /// What it says, as in the file with `%%` codes, decoded to Unicode.
    pub value: String,
    /// First point: where its baseline starts, unless an alignment says otherwise.
    pub at: Point3,
    /// Second point: what it is aligned to; none where the file has none.
    pub align_at: Option<Point3>,
    /// Height of capitals, drawing units.
    pub height: f64,
    /// Degrees.
    pub rotation_deg: f64,
    /// Stretches its letters; over 0.
    pub width_factor: f64,
    /// Slant, degrees.
    pub oblique_deg: f64,
    /// Its style, if the file's style is known.
    pub style: Option<TextStyleId>,
    /// Where it is held.
    pub h_align: HAlign,
    /// Where it is held.
    pub v_align: VAlign,
    /// Mirrored left to right: group 71, bit 2.
    pub backward: bool,
    /// Mirrored top to bottom: group 71, bit 4.
    pub upside_down: bool,
    /// Its plane.
    pub extrusion: Extrusion,
}

/// A paragraph of text. Its point is in world coordinates.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MText {
    /// What it says with its inline codes (groups 3 and 1 joined), decoded to Unicode.
    pub value: String,
    /// Where it is held.
    pub at: Point3,
    /// Height of capitals, drawing units.
    pub height: f64,
    /// The width that it is broken at, drawing units; 0 never.
    pub width: f64,
    /// Which point of its box is held: 1 top left, 2 top centre, 3 top right, 4 to 6 middle, 7 to 9 bottom.
    pub attachment: u8,
    /// Degrees; from group 50 or the direction of group 11.
    pub rotation_deg: f64,
    /// Distance of lines as a multiple of 5/3 heights, 0.25 to 4.
    pub line_spacing: f64,
    /// Its style, if the file's style is known.
    pub style: Option<TextStyleId>,
    /// Its plane.
    pub extrusion: Extrusion,
}

/// A text that belongs to an insert.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Attribute {
    /// Its handle in the file.
    pub handle: Option<Handle>,
    /// Its own tags in the file.
    pub source: Option<Span>,
    /// What it is called.
    pub tag: String,
    /// Not shown: group 70, bit 1.
    pub invisible: bool,
    /// Layer, colour and the like.
    pub style: Style,
    /// What it says and where.
    pub text: Text,
}

/// A block put somewhere, once or as an array; its point is in object coordinates.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Insert {
    /// Which block.
    pub block: BlockId,
    /// Where the block's base goes.
    pub at: Point3,
    /// Along its own axes; a mirrored one has one below 0.
    pub scale: Point3,
    /// Degrees.
    pub rotation_deg: f64,
    /// How many side by side; at least 1.
    pub columns: u16,
    /// How many above one another; at least 1.
    pub rows: u16,
    /// From column to column, along its turned x axis, not scaled.
    pub column_spacing: f64,
    /// From row to row, along its turned y axis, not scaled.
    pub row_spacing: f64,
    /// Its plane.
    pub extrusion: Extrusion,
    /// Its texts, in object coordinates of their own.
    pub attributes: Vec<Attribute>,
}

/// A piece of the edge of a hatch, in object coordinates of the hatch.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Edge {
    /// A straight line.
    Line {
        /// Start.
        from: Point,
        /// End.
        to: Point,
    },
    /// Part of a circle. Angles as in the file: for a clockwise arc they are measured clockwise.
    Arc {
        /// Middle.
        center: Point,
        /// Drawing units.
        radius: f64,
        /// Degrees.
        start_deg: f64,
        /// Degrees.
        end_deg: f64,
        /// Counter-clockwise.
        ccw: bool,
    },
    /// Part of an ellipse. Angles as in the file, like those of an arc.
    Ellipse {
        /// Middle.
        center: Point,
        /// From the middle to the end of the long axis.
        major: Point,
        /// Short axis over long axis.
        ratio: f64,
        /// Degrees.
        start_deg: f64,
        /// Degrees.
        end_deg: f64,
        /// Counter-clockwise.
        ccw: bool,
    },
    /// A B-spline.
    Spline {
        /// Degree.
        degree: u8,
        /// Knots.
        knots: Vec<f64>,
        /// Control points.
        controls: Vec<Point>,
        /// One a control point, or empty.
        weights: Vec<f64>,
        /// Points that it passes, where the file gives them.
        fit: Vec<Point>,
    },
}

/// One closed path of a hatch.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Boundary {
    /// Corners with bulges.
    Polyline {
        /// The path's type flags: group 92.
        flags: u32,
        /// Each corner and the bulge of the way to the next.
        vertices: Vec<(Point, f64)>,
        /// Group 73.
        closed: bool,
    },
    /// Edges one after another.
    Edges {
        /// The path's type flags: group 92.
        flags: u32,
        /// The edges.
        edges: Vec<Edge>,
    },
}

/// What a hatch is filled with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum HatchFill {
    /// One colour.
    Solid,
    /// Lines; the pattern's base points move with the hatch.
    Pattern {
        /// The pattern's name.
        name: String,
        /// Each family of lines: angle in degrees, base, offset to the next line (both in object coordinates, already
        /// turned and scaled as the file writes them), dash lengths.
        lines: Vec<(f64, Point, Point, Vec<f64>)>,
    },
    /// A colour gradient, drawn as its first colour.
    Gradient {
        /// 0xRRGGBB.
        first: u32,
        /// 0xRRGGBB.
        second: u32,
    },
}

/// A filled area, in object coordinates.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Hatch {
    /// The height of its plane.
    pub elevation: f64,
    /// Its plane.
    pub extrusion: Extrusion,
    /// What it is filled with.
    pub fill: HatchFill,
    /// Which areas count: group 75: 0 odd parity, 1 outermost only, 2 all.
    pub island_style: u8,
    /// Its paths.
    pub boundaries: Vec<Boundary>,
    /// Points that it was made from.
    pub seeds: Vec<Point>,
}

/// A dimension, drawn by its anonymous block.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Dimension {
    /// The block that shows it.
    pub block: Option<BlockId>,
    /// What its block is moved by, where the file gives one (group 12, object coordinates).
    pub insert_at: Option<Point3>,
    /// Points in world coordinates: the group code of each (10, 13, 14, 15) and where.
    pub world_points: Vec<(i16, Point3)>,
    /// Points in object coordinates: the group code of each (11, 16) and where.
    pub object_points: Vec<(i16, Point3)>,
    /// Its text where it isn't the measured length.
    pub text: String,
    /// Its type and flags: group 70.
    pub flags: i16,
    /// Its plane.
    pub extrusion: Extrusion,
}

/// What the program doesn't understand, kept as it is in the file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Opaque {
    /// The name of its kind in the file.
    pub kind: String,
    /// What it covers, if known, in world coordinates.
    pub extents: Option<Rect>,
    /// What it shows of model space, for a VIEWPORT that is on: its extents are the frame.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window: Option<Window>,
}

/// A view of model space from above, as a sheet shows it in a frame.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Window {
    /// What stands in the middle of the frame, in world coordinates.
    pub center: Point,
    /// Drawing units from the frame's bottom to its top; over 0.
    pub height: f64,
    /// The layers that are frozen in this frame alone, by their handles in the file.
    pub frozen: Vec<Handle>,
}
