//! What lowering writes to: meshes, bounds, picking and snapping are painters of the same strokes and fills, so that
//! what is seen is what is picked.

use geometry::{Affine, Point};

use crate::font::GlyphMesh;
use crate::path::Piece;
use crate::styles::StyleKey;

/// What is drawn with.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pen<'a> {
    pub(crate) key: &'a StyleKey,
    /// Dash lengths in drawing units: over 0 a dash, below 0 a gap, 0 a dot; empty is continuous.
    pub(crate) dashes: &'a [f64],
    /// Which part of its top-level entity this is, in draw order.
    pub(crate) part: u32,
}

/// A point of an entity that means something besides its strokes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mark {
    /// Where a block or a text is held.
    Insertion,
    /// A POINT.
    Node,
}

/// Takes what an entity comes down to, in world coordinates.
pub(crate) trait Painter {
    /// A stroke; its pieces follow one another without gaps.
    fn stroke(&mut self, path: &[Piece], pen: &Pen);

    /// An area between rings, even-odd.
    fn fill(&mut self, rings: &[Vec<Point>], pen: &Pen);

    /// What counts as inside although it isn't filled: a line of text, a pattern of lines. Even-odd.
    fn area(&mut self, rings: &[Vec<Point>], pen: &Pen);

    /// A letter.
    fn glyph(&mut self, mesh: &GlyphMesh, to_world: Affine, pen: &Pen);

    /// A point that means something.
    fn mark(&mut self, mark: Mark, at: Point, pen: &Pen);

    /// The frame around something that is not understood, corner by corner.
    fn frame(&mut self, corners: [Point; 4], pen: &Pen) {
        let [a, b, c, d] = corners;
        let sides = [(a, b), (b, c), (c, d), (d, a)].map(|(from, to)| Piece::Line(from, to));
        self.stroke(&sides, pen);
    }

    /// Whether letters and the lines of patterns are looked at, not only their area.
    fn wants_texture(&self) -> bool {
        false
    }

    /// Whether it has had enough: the rest of the entity is left out and counted.
    fn is_full(&self) -> bool {
        false
    }

    /// Something was left out.
    fn left_out(&mut self) {}
}
