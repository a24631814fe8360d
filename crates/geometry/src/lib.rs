//! CAD mathematics in f64: arcs and bulges, splines, nearest points, intersections.
//!
//! Floor 0. Stands on `kurbo` for plane points, curves and affine maps. Deliberately absent: layers, files, colours,
//! anything that knows what a drawing is.

mod extrusion;

pub use extrusion::{Extrusion, Point3};
pub use kurbo::{Affine, BezPath, Point, Rect, Vec2};
