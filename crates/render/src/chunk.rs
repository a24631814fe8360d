//! A chunk on the GPU, and where it stands on the canvas.

use geometry::{Point, Rect};

use crate::{
    PackedChunk, RenderError, View,
    pack::Level,
    styles::{StyleTable, is_translucent, is_visible},
    view::split,
};

/// A chunk's buffers and what is needed to decide whether and how to draw it.
pub(crate) struct GpuChunk {
    pub origin: Point,
    /// What it covers, drawing units.
    pub bounds: Rect,
    pub depth_min: f32,
    /// Widest stroke that is given in drawing units.
    pub width_max: f32,
    pub levels: Vec<Level>,
    pub segments: Option<wgpu::Buffer>,
    pub fills: Option<Fills>,
    /// Outer edges of fills, where they are drawn.
    pub edges: Option<wgpu::Buffer>,
    /// What it takes of the GPU's memory.
    pub bytes: u64,
    /// Which upload it came with: what was planned for another one is not drawn with this.
    pub generation: u64,
    styles: Option<Vec<u32>>,
}

/// Corners and indices of filled triangles.
pub(crate) struct Fills {
    pub corners: wgpu::Buffer,
    pub indices: wgpu::Buffer,
}

/// Which of the two passes a chunk has anything for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Passes {
    pub opaque: bool,
    pub translucent: bool,
}

impl GpuChunk {
    pub fn upload(
        device: &wgpu::Device,
        queue: &wgpu::Queue,
        chunk: &PackedChunk,
        with_edges: bool,
        generation: u64,
    ) -> Result<GpuChunk, RenderError> {
        let buffer = |label, bytes: &[u8], usage| upload(device, queue, label, bytes, usage);
        let segments = match chunk.segments.as_slice() {
            [] => None,
            words => Some(buffer("strokes", bytemuck::cast_slice(words), wgpu::BufferUsages::VERTEX)?),
        };
        let fills = match chunk.fill_indices.as_slice() {
            [] => None,
            indices => Some(Fills {
                corners: buffer("corners", bytemuck::cast_slice(&chunk.fill_vertices), wgpu::BufferUsages::VERTEX)?,
                indices: buffer("indices", bytemuck::cast_slice(indices), wgpu::BufferUsages::INDEX)?,
            }),
        };
        let edges = match chunk.edges.as_slice() {
            words if with_edges && !words.is_empty() => {
                Some(buffer("edges", bytemuck::cast_slice(words), wgpu::BufferUsages::VERTEX)?)
            }
            _ => None,
        };
        let bytes = segments.iter().chain(&edges).map(wgpu::Buffer::size).sum::<u64>()
            + fills.iter().map(|f| f.corners.size() + f.indices.size()).sum::<u64>();
        Ok(GpuChunk {
            origin: chunk.origin,
            bounds: chunk.bounds,
            depth_min: chunk.depth_min,
            width_max: chunk.width_max,
            levels: chunk.levels.clone(),
            segments,
            fills,
            edges,
            bytes,
            generation,
            styles: chunk.styles.clone(),
        })
    }

    /// The thinnest level that looks like the whole at this scale.
    pub fn level_at(&self, units_per_px: f64) -> usize {
        self.levels.iter().rposition(|level| level.cell <= units_per_px * 0.75).unwrap_or(0)
    }

    /// What it has to draw by what the table says of its styles now.
    pub fn passes(&self, table: &StyleTable, ink: bool) -> Passes {
        let mut passes = Passes { opaque: false, translucent: false };
        let mut see = |style: &scene::PaintStyle| {
            if is_visible(style) {
                let translucent = is_translucent(style) && !ink;
                passes.translucent |= translucent;
                passes.opaque |= !translucent;
            }
        };
        match &self.styles {
            Some(styles) => styles.iter().filter_map(|&style| table.get(style)).for_each(&mut see),
            None => table.all().iter().for_each(&mut see),
        }
        passes
    }

    /// Whether it uses one of these styles, sorted; a chunk of very many styles counts as using all.
    pub fn uses_any(&self, changed: &[u32]) -> bool {
        match &self.styles {
            Some(styles) => styles.iter().any(|style| changed.binary_search(style).is_ok()),
            None => true,
        }
    }
}

/// How far beyond a chunk's bounds its strokes may reach, pixels.
pub(crate) fn pad_px(view: &View, width_max_units: f32, width_max_mm: f32) -> f64 {
    let by_units = f64::from(width_max_units) / view.units_per_px;
    let by_style = f64::from(width_max_mm * view.lineweight_px_per_mm());
    by_units.max(by_style).max(f64::from(view.hairline_px)) / 2.0 + 2.0
}

/// What place.wgsl reads: where the origin of some coordinates stands on the canvas.
pub(crate) fn place_words(view: &View, origin: Point, style_count: u32) -> [u32; 16] {
    let ([high_x, high_y], [low_x, low_y]) = center_from(view, origin);
    let [width, height] = view.size_px.map(|side| side as f32 / 2.0);
    let [red, green, blue, alpha] = premultiplied(view.background);
    let bits = f32::to_bits;
    [
        bits(high_x),
        bits(high_y),
        bits(low_x),
        bits(low_y),
        bits(width),
        bits(height),
        bits(view.units_per_px.recip() as f32),
        bits(view.lineweight_px_per_mm()),
        bits(if view.hairline_px.is_finite() { view.hairline_px.max(0.5) } else { 1.0 }),
        style_count,
        u32::from(view.ink),
        0,
        bits(red),
        bits(green),
        bits(blue),
        bits(alpha),
    ]
}

/// The centre of the view from `origin`, drawing units, as two f32 each.
pub(crate) fn center_from(view: &View, origin: Point) -> ([f32; 2], [f32; 2]) {
    let ((high_x, low_x), (high_y, low_y)) = (split(view.center.x - origin.x), split(view.center.y - origin.y));
    ([high_x, high_y], [low_x, low_y])
}

/// A colour with its opacity multiplied in, as all blending here wants it.
pub(crate) fn premultiplied([red, green, blue, alpha]: [f32; 4]) -> [f32; 4] {
    let alpha = alpha.clamp(0.0, 1.0);
    let [red, green, blue] = [red, green, blue].map(|c| c.clamp(0.0, 1.0) * alpha);
    [red, green, blue, alpha]
}

/// A buffer that holds `bytes`, which are not empty; refused if longer than the device allows.
pub(crate) fn upload(
    device: &wgpu::Device,
    queue: &wgpu::Queue,
    label: &str,
    bytes: &[u8],
    usage: wgpu::BufferUsages,
) -> Result<wgpu::Buffer, RenderError> {
    let (size, limit) = (bytes.len() as u64, device.limits().max_buffer_size);
    if size > limit {
        return Err(RenderError::ChunkTooLarge { bytes: size, limit });
    }
    let buffer = device.create_buffer(&wgpu::BufferDescriptor {
        label: Some(label),
        size,
        usage: usage | wgpu::BufferUsages::COPY_DST,
        mapped_at_creation: false,
    });
    queue.write_buffer(&buffer, 0, bytes);
    Ok(buffer)
}
