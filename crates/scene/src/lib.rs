//! Entities to triangles and lines: chunks, spatial index, picking, snapping.
//!
//! Floor 2. Front end of the picture: resolves the rules of CAD (layers, blocks, linetypes, text) down to strokes and
//! fills that a renderer draws without knowing what a drawing is. Deliberately absent: a GPU, windows, pixels, colours of
//! the theme.

mod blocks;
mod chunks;
mod dashes;
mod depth;
mod enumerate;
mod extents;
mod font;
mod frames;
mod job;
mod lower;
mod measure;
mod mesh;
mod options;
mod painter;
mod path;
mod pick;
mod scene;
mod snap;
mod styles;
mod tessellate;
mod text;
mod update;

pub use extents::Extents;
pub use font::{FontError, Fonts};
pub use frames::{Frame, Frames};
pub use job::ChunkJob;
pub use mesh::{ChunkId, ChunkMesh, FillVertex, PaintStyle, Segment, StyleIndex};
pub use options::{Background, Band, SceneOptions, TextMode, Theme, Visibility};
pub use pick::Hit;
pub use scene::{Dirty, Scene, Share};
pub use snap::{Snap, SnapKind, SnapKinds};
pub use styles::{ColorRule, StyleKey, WeightRule, rgb_of, weight_of};
