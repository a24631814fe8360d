//! What a scene hands to a renderer.

use geometry::Point;

/// A chunk of a scene: a few thousand entities that are tessellated, uploaded and culled together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ChunkId(pub u32);

/// A place in the table of [`PaintStyle`]s: colour, width and visibility are looked up there, so that switching a layer
/// re-tessellates nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct StyleIndex(pub u32);

/// A straight piece of a stroke. 28 bytes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Segment {
    /// Start, drawing units from the chunk's origin.
    pub a: [f32; 2],
    /// End, drawing units from the chunk's origin. A dot has both ends in one place.
    pub b: [f32; 2],
    /// How it is painted.
    pub style: StyleIndex,
    /// Draw order, over 0 to below 1: what is drawn later has the higher one and covers what has a lower one.
    pub depth: f32,
    /// Width in drawing units where the drawing gives one (wide polylines are fills instead); 0 uses the style's.
    pub width: f32,
}

/// A corner of a filled triangle. 16 bytes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FillVertex {
    /// Where, drawing units from the chunk's origin.
    pub at: [f32; 2],
    /// How it is painted.
    pub style: StyleIndex,
    /// Draw order, as in [`Segment::depth`].
    pub depth: f32,
}

/// The strokes and fills of one chunk.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ChunkMesh {
    /// What its coordinates are relative to, so that f32 is enough for them anywhere in the world.
    pub origin: Point,
    /// Strokes.
    pub segments: Vec<Segment>,
    /// Corners of fills.
    pub fill_vertices: Vec<FillVertex>,
    /// Three a triangle.
    pub fill_indices: Vec<u32>,
    /// What it covers, from the origin: x0, y0, x1, y1; all zero where it is empty.
    pub bounds: [f32; 4],
    /// How many things were left out, because they or all together were too much.
    pub left_out: u32,
}

/// How a style is painted right now.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PaintStyle {
    /// Red, green, blue, opacity; sRGB, 0 to 1.
    pub color: [f32; 4],
    /// Stroke width in millimetres on paper; the renderer makes it pixels, at least a hairline.
    pub width_mm: f32,
    /// Whether it is painted at all.
    pub visible: bool,
}
