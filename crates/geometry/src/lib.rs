//! CAD mathematics in f64: arcs and bulges, splines, nearest points, intersections.
//!
//! Floor 0. Stands on `kurbo` for plane points, curves and affine maps. Deliberately absent: layers, files, colours,
//! anything that knows what a drawing is.

mod elliptic;
mod extrusion;
mod intersect;
mod nurbs;
mod polygon;
mod segment;

pub use elliptic::{EllipticArc, ccw_sweep};
pub use extrusion::{Extrusion, Point3};
pub use intersect::{arc_arc, segment_arc};
pub use kurbo::{Affine, BezPath, Point, Rect, Vec2};
pub use nurbs::{Nurbs, through_points};
pub use polygon::{area, contains, ring_touches};
pub use segment::{
    clip_segment, distance_to_segment, foot_on_line, nearest_on_segment, segment_segment, segment_touches, unit,
};
