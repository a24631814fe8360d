//! Entities to triangles and lines: chunks, spatial index, picking, snapping.
//!
//! Floor 2. Front end of the picture: resolves the rules of CAD (layers, blocks, linetypes, text) down to strokes and
//! fills that a renderer draws without knowing what a drawing is. Deliberately absent: a GPU, windows, pixels, colours of
//! the theme.

mod mesh;

pub use mesh::{ChunkId, ChunkMesh, FillVertex, PaintStyle, Segment, StyleIndex};
