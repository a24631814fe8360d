//! A chunk made ready for the GPU, off the thread that paints: sorted, thinned for small sizes, as bytes.

use geometry::{Point, Rect};
use scene::{ChunkMesh, FillVertex, Segment, StyleIndex};

use crate::{edges::outer_edges, thin::thinned};

/// Cells along the longer side of a chunk, one level of detail each, finest first. A level is drawn when its cells are
/// smaller than a pixel.
const LEVEL_CELLS: [u32; 7] = [1024, 512, 256, 128, 64, 32, 16];

/// Fewer strokes and triangles than this are drawn as they are.
const THINNED_FROM: usize = 256;

/// More styles than this are not remembered by chunk: it then counts as having all.
const STYLES_MAX: usize = 256;

/// A stroke as the vertex shader reads it: ends, depth and width as f32 bits, style. 28 bytes.
type SegmentWords = [u32; 7];

/// A chunk as the renderer uploads it. Building one is the slow part of an upload and needs no GPU: do it on a worker.
#[derive(Debug, Clone, PartialEq)]
pub struct PackedChunk {
    pub(crate) origin: Point,
    /// What it covers, drawing units.
    pub(crate) bounds: Rect,
    /// All levels, one after another.
    pub(crate) segments: Vec<SegmentWords>,
    /// Corners of fills, 16 bytes each.
    pub(crate) fill_vertices: Vec<[u32; 4]>,
    /// All levels, one after another.
    pub(crate) fill_indices: Vec<u32>,
    /// Outer edges of fills, as strokes with the fill on their left; all levels, one after another.
    pub(crate) edges: Vec<SegmentWords>,
    /// Which parts of the three are drawn; the first is everything.
    pub(crate) levels: Vec<Level>,
    /// Lowest depth in it: chunks are drawn by it.
    pub(crate) depth_min: f32,
    /// Widest stroke that is given in drawing units.
    pub(crate) width_max: f32,
    /// Styles it uses, sorted; none where there are too many to keep.
    pub(crate) styles: Option<Vec<u32>>,
}

/// One level of detail of a chunk.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Level {
    /// Drawing units that look like one spot at this level; 0 for the whole.
    pub cell: f64,
    /// Which strokes.
    pub segments: std::ops::Range<u32>,
    /// Which corners, three a triangle.
    pub indices: std::ops::Range<u32>,
    /// Which outer edges of those triangles.
    pub edges: std::ops::Range<u32>,
}

impl PackedChunk {
    /// What it takes of the GPU's memory, about.
    pub fn bytes(&self) -> u64 {
        let words =
            7 * (self.segments.len() + self.edges.len()) + 4 * self.fill_vertices.len() + self.fill_indices.len();
        4 * words as u64
    }

    /// Sorts, thins and packs. Indices beyond the corners are left out, with their triangle; what is not finite is left out too.
    pub fn new(mesh: &ChunkMesh) -> PackedChunk {
        let mut whole: Vec<Segment> = mesh.segments.iter().copied().filter(is_finite).collect();
        sort_by_depth(&mut whole);
        let triangles: Vec<[u32; 3]> =
            mesh.fill_indices.chunks_exact(3).map(|t| [t[0], t[1], t[2]]).filter(|t| is_drawable(mesh, t)).collect();

        let mut packed = PackedChunk {
            origin: mesh.origin,
            bounds: Rect::new(
                mesh.origin.x + f64::from(mesh.bounds[0]),
                mesh.origin.y + f64::from(mesh.bounds[1]),
                mesh.origin.x + f64::from(mesh.bounds[2]),
                mesh.origin.y + f64::from(mesh.bounds[3]),
            ),
            segments: Vec::with_capacity(whole.len()),
            fill_vertices: mesh.fill_vertices.iter().map(corner_words).collect(),
            fill_indices: Vec::with_capacity(triangles.len() * 3),
            edges: Vec::new(),
            levels: Vec::with_capacity(1 + LEVEL_CELLS.len()),
            depth_min: depths(&whole, mesh).fold(f32::INFINITY, f32::min).min(1.0),
            width_max: whole.iter().fold(0.0, |width, s| s.width.max(width)),
            styles: styles_of(&whole, mesh),
        };
        packed.push_level(mesh, 0.0, &whole, &triangles);
        packed.thin(mesh, whole, triangles);
        packed
    }

    /// Adds the thinner levels, each made from the one before, while they are worth it.
    fn thin(&mut self, mesh: &ChunkMesh, mut segments: Vec<Segment>, mut triangles: Vec<[u32; 3]>) {
        let extent = (mesh.bounds[2] - mesh.bounds[0]).max(mesh.bounds[3] - mesh.bounds[1]);
        if !extent.is_finite() || extent <= 0.0 {
            return;
        }
        for cells in LEVEL_CELLS {
            let count = segments.len() + triangles.len();
            if count < THINNED_FROM {
                return;
            }
            // So few in so many cells hardly ever meet.
            if count < cells as usize * 2 {
                continue;
            }
            let (thin_segments, thin_triangles) = thinned(mesh, &segments, &triangles, extent, cells);
            // Half of the one before, or it is not worth its memory: all levels together are at most twice the whole.
            if (thin_segments.len() + thin_triangles.len()) * 2 > count {
                continue;
            }
            self.push_level(mesh, f64::from(extent) / f64::from(cells), &thin_segments, &thin_triangles);
            (segments, triangles) = (thin_segments, thin_triangles);
        }
    }

    fn push_level(&mut self, mesh: &ChunkMesh, cell: f64, segments: &[Segment], triangles: &[[u32; 3]]) {
        let before = [self.segments.len(), self.fill_indices.len(), self.edges.len()];
        self.segments.extend(segments.iter().map(segment_words));
        self.fill_indices.extend(triangles.iter().flatten());
        self.edges.extend(outer_edges(&mesh.fill_vertices, triangles).iter().map(segment_words));
        let [first_segment, first_index, first_edge] = before.map(|count| count as u32);
        self.levels.push(Level {
            cell,
            segments: first_segment..self.segments.len() as u32,
            indices: first_index..self.fill_indices.len() as u32,
            edges: first_edge..self.edges.len() as u32,
        });
    }
}

fn is_finite(segment: &Segment) -> bool {
    segment.a.iter().chain(&segment.b).all(|c| c.is_finite()) && segment.depth.is_finite() && segment.width.is_finite()
}

fn is_drawable(mesh: &ChunkMesh, triangle: &[u32; 3]) -> bool {
    triangle.iter().all(|&corner| {
        mesh.fill_vertices
            .get(corner as usize)
            .is_some_and(|v| v.at.iter().all(|c| c.is_finite()) && v.depth.is_finite())
    })
}

/// Strokes blend at their edges with what is already there, so what covers comes last.
pub(crate) fn sort_by_depth(segments: &mut [Segment]) {
    if !segments.is_sorted_by(|a, b| a.depth <= b.depth) {
        segments.sort_by(|a, b| a.depth.total_cmp(&b.depth));
    }
}

fn depths<'a>(segments: &'a [Segment], mesh: &'a ChunkMesh) -> impl Iterator<Item = f32> + 'a {
    segments.first().map(|s| s.depth).into_iter().chain(mesh.fill_vertices.iter().map(|v| v.depth))
}

fn styles_of(segments: &[Segment], mesh: &ChunkMesh) -> Option<Vec<u32>> {
    let mut styles: Vec<u32> = Vec::new();
    let all = segments.iter().map(|s| s.style).chain(mesh.fill_vertices.iter().map(|v| v.style));
    let mut last = None;
    for StyleIndex(style) in all {
        // Neighbours mostly share a style, so that the search is rare.
        if last == Some(style) {
            continue;
        }
        last = Some(style);
        if let Err(place) = styles.binary_search(&style) {
            if styles.len() == STYLES_MAX {
                return None;
            }
            styles.insert(place, style);
        }
    }
    Some(styles)
}

pub(crate) fn segment_words(s: &Segment) -> SegmentWords {
    let [ax, ay, bx, by] = [s.a[0], s.a[1], s.b[0], s.b[1]].map(f32::to_bits);
    [ax, ay, bx, by, s.style.0, s.depth.to_bits(), s.width.to_bits()]
}

pub(crate) fn corner_words(v: &FillVertex) -> [u32; 4] {
    [v.at[0].to_bits(), v.at[1].to_bits(), v.style.0, v.depth.to_bits()]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn segment(a: [f32; 2], b: [f32; 2], style: u32, depth: f32) -> Segment {
        Segment { a, b, style: StyleIndex(style), depth, width: 0.0 }
    }

    fn mesh(segments: Vec<Segment>) -> ChunkMesh {
        ChunkMesh { segments, bounds: [0.0, 0.0, 1024.0, 1024.0], ..ChunkMesh::default() }
    }

    #[test]
    fn strokes_are_sorted_by_depth_and_what_is_not_finite_is_left_out() {
        let packed = PackedChunk::new(&mesh(vec![
            segment([0.0, 0.0], [5.0, 0.0], 1, 0.9),
            segment([0.0, f32::NAN], [5.0, 0.0], 1, 0.5),
            segment([0.0, 0.0], [5.0, 0.0], 7, 0.1),
        ]));
        let depths: Vec<f32> = packed.segments.iter().map(|words| f32::from_bits(words[5])).collect();
        assert_eq!(depths, [0.1, 0.9]);
        assert_eq!(packed.styles, Some(vec![1, 7]));
        assert_eq!(packed.depth_min, 0.1);
    }

    #[test]
    fn an_index_without_a_corner_loses_its_triangle_only() {
        let corner = FillVertex { at: [1.0, 1.0], style: StyleIndex(0), depth: 0.5 };
        let packed = PackedChunk::new(&ChunkMesh {
            fill_vertices: vec![corner; 3],
            fill_indices: vec![0, 1, 2, 0, 1, 3, 2],
            ..ChunkMesh::default()
        });
        assert_eq!(packed.fill_indices, [0, 1, 2]);
    }

    #[test]
    fn a_crowd_of_short_strokes_is_thinned_and_a_long_one_stays() {
        let mut segments: Vec<Segment> =
            (0..10_000).map(|i| segment([i as f32 % 100.0, 10.0], [i as f32 % 100.0 + 0.5, 10.5], 3, 0.5)).collect();
        segments.push(segment([0.0, 0.0], [1024.0, 1024.0], 3, 0.6));
        let packed = PackedChunk::new(&mesh(segments));
        let counts: Vec<usize> = packed.levels.iter().map(|level| level.segments.len()).collect();
        assert_eq!(counts[0], 10_001);
        assert!(counts[1] <= 102, "one a cell and the long one: {counts:?}");
        assert!(packed.levels.iter().all(|level| {
            packed.segments[level.segments.start as usize..level.segments.end as usize]
                .iter()
                .any(|s| s[2] == 1024f32.to_bits())
        }));
    }

    #[test]
    fn small_triangles_become_dots() {
        let mut crowd = ChunkMesh { bounds: [0.0, 0.0, 1024.0, 1024.0], ..ChunkMesh::default() };
        for i in 0..900u32 {
            let at = [(i % 30) as f32 * 0.1, (i / 30) as f32 * 0.1];
            for d in [[0.0, 0.0], [0.05, 0.0], [0.0, 0.05]] {
                crowd.fill_indices.push(crowd.fill_vertices.len() as u32);
                crowd.fill_vertices.push(FillVertex {
                    at: [at[0] + d[0], at[1] + d[1]],
                    style: StyleIndex(0),
                    depth: 0.5,
                });
            }
        }
        let packed = PackedChunk::new(&crowd);
        let thin = &packed.levels[1];
        assert!(thin.indices.is_empty());
        assert!((1..=16).contains(&thin.segments.len()), "{thin:?}");
    }
}
