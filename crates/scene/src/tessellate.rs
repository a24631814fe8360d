//! The painter that makes meshes.

use geometry::{Affine, Point, Rect};
use lyon::math::point;
use lyon::path::Path;
use lyon::tessellation::{BuffersBuilder, FillOptions, FillRule, FillTessellator, VertexBuffers};

use crate::dashes;
use crate::depth::Slot;
use crate::font::GlyphMesh;
use crate::mesh::{ChunkMesh, FillVertex, Segment, StyleIndex};
use crate::painter::{Mark, Painter, Pen};
use crate::path::{Piece, flattened};
use crate::styles::{StyleKey, Styles};

/// Segments and fill corners of one mesh, together.
const PRIMITIVES_MAX: usize = 4_000_000;
/// A linetype whose pattern is shorter than this on screen is drawn solid, pixels.
const PATTERN_PX_MIN: f64 = 3.0;
/// Corners of one fill.
const CORNERS_MAX: usize = 200_000;

/// Collects strokes and fills relative to an origin.
pub(crate) struct MeshPainter<'a> {
    mesh: ChunkMesh,
    styles: &'a Styles,
    tolerance: f64,
    px_per_unit: f64,
    pub(crate) slot: Slot,
    /// Whether frames of what is not understood are drawn.
    pub(crate) frames: bool,
    last_style: Option<(StyleKey, StyleIndex)>,
    tessellator: FillTessellator,
}

impl<'a> MeshPainter<'a> {
    pub(crate) fn new(origin: Point, styles: &'a Styles, tolerance: f64, px_per_unit: f64) -> MeshPainter<'a> {
        let mesh = ChunkMesh { origin, ..ChunkMesh::default() };
        let slot = Slot { first: 0, room: 1 };
        let tessellator = FillTessellator::new();
        MeshPainter { mesh, styles, tolerance, px_per_unit, slot, frames: false, last_style: None, tessellator }
    }

    /// The mesh, with its bounds.
    pub(crate) fn finish(mut self) -> ChunkMesh {
        let corners =
            self.mesh.segments.iter().flat_map(|s| [s.a, s.b]).chain(self.mesh.fill_vertices.iter().map(|v| v.at));
        self.mesh.bounds = corners
            .map(|[x, y]| [x, y, x, y])
            .reduce(|b, c| [b[0].min(c[0]), b[1].min(c[1]), b[2].max(c[2]), b[3].max(c[3])])
            .unwrap_or_default();
        self.mesh
    }

    /// The style's place. Keys were put into the table when the scene was built or updated, as far as there is room.
    fn style(&mut self, key: &StyleKey) -> StyleIndex {
        match &self.last_style {
            Some((last, index)) if last == key => *index,
            _ => {
                let index = self.styles.find(key);
                self.last_style = Some((key.clone(), index));
                index
            }
        }
    }

    fn local(&self, p: Point) -> [f32; 2] {
        let d = p - self.mesh.origin;
        [d.x as f32, d.y as f32]
    }
}

impl Painter for MeshPainter<'_> {
    fn stroke(&mut self, path: &[Piece], pen: &Pen) {
        let (style, depth) = (self.style(pen.key), self.slot.depth(pen.part));
        let segment = |a, b| Segment { a, b, style, depth, width: 0.0 };
        if let ([Piece::Line(a, b)], []) = (path, pen.dashes) {
            let segment = segment(self.local(*a), self.local(*b));
            self.mesh.segments.push(segment);
            return;
        }
        let points = flattened(path, self.tolerance);
        let length: f64 = points.windows(2).map(|pair| (pair[1] - pair[0]).hypot()).sum();
        if dashes::applies(pen.dashes, length, PATTERN_PX_MIN / self.px_per_unit) {
            let mut pieces = Vec::new();
            dashes::cut(&points, pen.dashes, &mut |a, b| pieces.push((a, b)));
            for (a, b) in pieces {
                let segment = segment(self.local(a), self.local(b));
                self.mesh.segments.push(segment);
            }
        } else {
            for pair in points.windows(2) {
                let segment = segment(self.local(pair[0]), self.local(pair[1]));
                self.mesh.segments.push(segment);
            }
        }
    }

    fn fill(&mut self, rings: &[Vec<Point>], pen: &Pen) {
        let (style, depth) = (self.style(pen.key), self.slot.depth(pen.part));
        let corner = |at| FillVertex { at, style, depth };
        let first = self.mesh.fill_vertices.len() as u32;
        if let [ring] = rings
            && (3..=4).contains(&ring.len())
            && is_convex(ring)
        {
            for p in ring {
                let at = self.local(*p);
                self.mesh.fill_vertices.push(corner(at));
            }
            for i in 1..ring.len() as u32 - 1 {
                self.mesh.fill_indices.extend([first, first + i, first + i + 1]);
            }
            return;
        }
        if rings.iter().map(Vec::len).sum::<usize>() > CORNERS_MAX {
            self.left_out();
            return;
        }
        // The tessellator works in f32 at a scale of its own: it is given coordinates of about -1 to 1.
        let Some(bounds) = bounds_of(rings) else { return };
        let (center, size) = (bounds.center(), bounds.width().max(bounds.height()) / 2.0);
        if size <= 0.0 {
            return;
        }
        let own = |p: &Point| {
            let d = (*p - center) / size;
            point(d.x as f32, d.y as f32)
        };
        let mut path = Path::builder();
        for ring in rings.iter().filter(|ring| ring.len() >= 3) {
            path.begin(own(&ring[0]));
            for p in &ring[1..] {
                path.line_to(own(p));
            }
            path.end(true);
        }
        let mut buffers: VertexBuffers<[f32; 2], u32> = VertexBuffers::new();
        let options = FillOptions::tolerance(0.001).with_fill_rule(FillRule::EvenOdd);
        let take = |vertex: lyon::tessellation::FillVertex| vertex.position().to_array();
        let done =
            self.tessellator.tessellate_path(&path.build(), &options, &mut BuffersBuilder::new(&mut buffers, take));
        if done.is_err() {
            self.left_out();
            return;
        }
        let origin = center - self.mesh.origin;
        for [x, y] in buffers.vertices {
            let at = [(origin.x + f64::from(x) * size) as f32, (origin.y + f64::from(y) * size) as f32];
            self.mesh.fill_vertices.push(corner(at));
        }
        self.mesh.fill_indices.extend(buffers.indices.iter().map(|i| first + i));
    }

    fn area(&mut self, _rings: &[Vec<Point>], _pen: &Pen) {}

    fn glyph(&mut self, glyph: &GlyphMesh, to_world: Affine, pen: &Pen) {
        let (style, depth) = (self.style(pen.key), self.slot.depth(pen.part));
        let first = self.mesh.fill_vertices.len() as u32;
        for [x, y] in &glyph.vertices {
            let at = self.local(to_world * Point::new(f64::from(*x), f64::from(*y)));
            self.mesh.fill_vertices.push(FillVertex { at, style, depth });
        }
        self.mesh.fill_indices.extend(glyph.indices.iter().map(|i| first + i));
    }

    fn mark(&mut self, _mark: Mark, _at: Point, _pen: &Pen) {}

    fn frame(&mut self, corners: [Point; 4], pen: &Pen) {
        if self.frames {
            let [a, b, c, d] = corners;
            self.stroke(&[(a, b), (b, c), (c, d), (d, a)].map(|(from, to)| Piece::Line(from, to)), pen);
        }
    }

    fn wants_texture(&self) -> bool {
        true
    }

    fn is_full(&self) -> bool {
        self.mesh.segments.len() + self.mesh.fill_vertices.len() >= PRIMITIVES_MAX
    }

    fn left_out(&mut self) {
        self.mesh.left_out = self.mesh.left_out.saturating_add(1);
    }
}

fn is_convex(ring: &[Point]) -> bool {
    let count = ring.len();
    let turn = |i: usize| (ring[(i + 1) % count] - ring[i]).cross(ring[(i + 2) % count] - ring[(i + 1) % count]);
    (0..count).all(|i| turn(i) >= 0.0) || (0..count).all(|i| turn(i) <= 0.0)
}

fn bounds_of(rings: &[Vec<Point>]) -> Option<Rect> {
    let mut points = rings.iter().flatten();
    let first = points.next()?;
    Some(points.fold(Rect::from_points(*first, *first), |rect, p| rect.union_pt(*p)))
}
