//! Thinner copies of a chunk, for when it is small on screen.

use scene::{ChunkMesh, Segment, StyleIndex};

use crate::pack::sort_by_depth;

/// A stroke up to this many cells long is thinned.
const SHORT_CELLS: f32 = 2.0;

/// What is left of a level when `extent / cells` drawing units look like one spot: everything clearly longer than that,
/// and of what is shorter the first of each style in each cell. A small triangle becomes a dot, so that text that is too small to be
/// read stays a grey line instead of flickering.
pub(crate) fn thinned(
    mesh: &ChunkMesh,
    segments: &[Segment],
    triangles: &[[u32; 3]],
    extent: f32,
    cells: u32,
) -> (Vec<Segment>, Vec<[u32; 3]>) {
    let cell = extent / cells as f32;
    let mut spots = Spots::new(mesh, cell, cells);
    let mut kept = Vec::new();
    // By style, so that one number a cell says whether a style was seen there.
    let mut in_order: Vec<&Segment> = segments.iter().collect();
    in_order.sort_by_key(|s| s.style);
    for s in in_order {
        let span = (s.b[0] - s.a[0]).abs().max((s.b[1] - s.a[1]).abs()).max(s.width);
        if span > cell * SHORT_CELLS || spots.is_first([(s.a[0] + s.b[0]) / 2.0, (s.a[1] + s.b[1]) / 2.0], s.style) {
            kept.push(*s);
        }
    }
    let style_of = |triangle: &[u32; 3]| mesh.fill_vertices[triangle[0] as usize].style;
    let mut triangles = triangles.to_vec();
    triangles.sort_by_key(style_of);
    let mut large = Vec::new();
    for triangle in &triangles {
        let [a, b, c] = triangle.map(|corner| mesh.fill_vertices[corner as usize]);
        let span = |axis: usize| {
            let (low, high) = (a.at[axis].min(b.at[axis]).min(c.at[axis]), a.at[axis].max(b.at[axis]).max(c.at[axis]));
            high - low
        };
        if span(0).max(span(1)) > cell {
            large.push(*triangle);
            continue;
        }
        let middle = [(a.at[0] + b.at[0] + c.at[0]) / 3.0, (a.at[1] + b.at[1] + c.at[1]) / 3.0];
        if spots.is_first(middle, a.style) {
            // A width in drawing units, so that the dot is not as wide as its style's strokes.
            kept.push(Segment { a: middle, b: middle, style: a.style, depth: a.depth, width: cell });
        }
    }
    sort_by_depth(&mut kept);
    (kept, large)
}

/// Which style was last seen in each cell of a chunk.
struct Spots<'a> {
    mesh: &'a ChunkMesh,
    cell: f32,
    cells: u32,
    /// Style + 1 by cell, 0 where nothing was seen.
    last: Vec<u32>,
}

impl<'a> Spots<'a> {
    fn new(mesh: &'a ChunkMesh, cell: f32, cells: u32) -> Spots<'a> {
        Spots { mesh, cell, cells, last: vec![0; (cells * cells) as usize] }
    }

    /// Whether nothing of this style was the last thing seen in the cell; remembers it.
    fn is_first(&mut self, at: [f32; 2], style: StyleIndex) -> bool {
        // The cast saturates: what lies outside the stated bounds counts to the outermost cell.
        let along = |axis: usize| (((at[axis] - self.mesh.bounds[axis]) / self.cell) as u32).min(self.cells - 1);
        let seen = &mut self.last[(along(1) * self.cells + along(0)) as usize];
        let stamp = style.0.wrapping_add(1);
        let first = *seen != stamp;
        *seen = stamp;
        first
    }
}
