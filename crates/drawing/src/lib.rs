//! The drawing: records, the ops that change them, and the exact inverse of each op.
//!
//! Floor 1. A [`Drawing`] is a value: cloning it costs nothing that grows with it, and the only way to change one is
//! [`Drawing::apply`]. Deliberately absent: files, people, locks, colours in pixels, time.

mod aci;
mod build;
mod comment;
mod drawing;
mod hash;
mod header;
mod ids;
mod names;
mod op;
mod record;
mod reference_point;
mod references;
pub mod runs;
mod shape;
mod style;
mod translate;

pub use aci::aci_rgb;
pub use build::Builder;
pub use comment::{
    COMMENTS_MAX, Comment, Installation, MENTIONS_MAX, Pin, REPLIES_MAX, Reply, SAID_CHARS_MAX, Said, Settling, Writer,
};
pub use drawing::Drawing;
pub use geometry::{Extrusion, Point, Point3, Rect, Vec2};
pub use hash::DrawingHash;
pub use header::{Header, LinearFormat, Units, View};
pub use ids::{
    BlockId, CommentId, EntityId, Handle, IdRange, LayerId, LayoutId, LinetypeId, Order, RecordId, ReplyId,
    TextStyleId, WriterId,
};
pub use op::{Op, OpError, Outcome};
pub use record::{Block, Entity, Layer, Layout, Linetype, Record, Span, TextStyle};
pub use shape::{
    Arc, Attribute, Boundary, Circle, Dimension, Edge, Ellipse, HAlign, Hatch, HatchFill, Insert, Line, MText, Opaque,
    PointMark, Polyline, PolylineForm, Shape, Solid, Spline, Text, VAlign, Vertex, Window,
};
pub use style::{Color, LineStyle, Lineweight, Style};
pub use translate::CannotMove;
