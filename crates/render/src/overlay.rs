//! The second layer: what is selected, hovered, held by others or dragged, over the kept picture.

use std::collections::BTreeMap;

use geometry::{Point, Vec2};
use scene::ChunkMesh;

use crate::{
    RenderError, View,
    chunk::{Fills, center_from, premultiplied, upload},
    edges::outer_edges,
    kept::{Kept, Sheet},
    pipelines::{Pipelines, UNIFORM_STRIDE},
    plan::push_uniform,
};

/// A place in the overlay; lower ones are painted first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OverlayId(pub u32);

/// How one overlay is painted. Changing it uploads nothing but itself.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OverlayPaint {
    /// Red, green, blue, opacity; sRGB, 0 to 1. Below 1 it is a ghost: it is painted under all that are not, without
    /// casing, and where ghosts overlap they don't add up.
    pub color: [f32; 4],
    /// Width of strokes, pixels.
    pub width_px: f32,
    /// A rim that keeps the colour apart from what is below it.
    pub casing: Option<Casing>,
    /// Dash, gap, dash, gap, pixels along each stroke; all 0 for a whole line.
    pub dash_px: [f32; 4],
    /// Opacity of fills, 0 to 1, on top of the colour's own.
    pub fill_opacity: f32,
    /// Moves everything, drawing units: where a drag has it now.
    pub offset: Vec2,
}

/// A rim of another colour, mostly the canvas's.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Casing {
    /// Red, green, blue, opacity; sRGB, 0 to 1.
    pub color: [f32; 4],
    /// How far it reaches beyond the stroke on each side, pixels.
    pub reach_px: f32,
}

impl OverlayPaint {
    /// A whole line of this colour, 2 px wide, without casing, fills at full strength.
    pub fn outline(color: [f32; 4]) -> OverlayPaint {
        OverlayPaint { color, width_px: 2.0, casing: None, dash_px: [0.0; 4], fill_opacity: 1.0, offset: Vec2::ZERO }
    }

    fn is_ghost(&self) -> bool {
        self.color[3] < 1.0
    }

    fn dash_words(&self) -> [u32; 4] {
        let sound = self.dash_px.iter().all(|length| length.is_finite() && *length >= 0.0);
        if sound { self.dash_px.map(f32::to_bits) } else { [0; 4] }
    }
}

/// Uniforms of one overlay: its fills, its casing, its strokes.
pub(crate) const ENTRIES: u64 = 3;

/// All overlays on the GPU.
pub(crate) struct Overlays {
    slots: BTreeMap<OverlayId, Slot>,
    uniforms: wgpu::Buffer,
    group: wgpu::BindGroup,
    room: u64,
    /// Goes up with each change.
    pub version: u64,
}

struct Slot {
    origin: Point,
    segments: Option<(wgpu::Buffer, u32)>,
    fills: Option<(Fills, u32)>,
    /// Outer edges of the fills.
    edges: Option<(wgpu::Buffer, u32)>,
    paint: OverlayPaint,
}

impl Overlays {
    pub fn new(device: &wgpu::Device, pipelines: &Pipelines) -> Overlays {
        let room = 8 * ENTRIES;
        let (uniforms, group) = bind(device, pipelines, room);
        Overlays { slots: BTreeMap::new(), uniforms, group, room, version: 0 }
    }

    pub fn set(
        &mut self,
        device: &wgpu::Device,
        queue: &wgpu::Queue,
        id: OverlayId,
        mesh: &ChunkMesh,
        paint: OverlayPaint,
    ) -> Result<(), RenderError> {
        let instances = |label, words: &[[f32; 5]]| {
            if words.is_empty() {
                return Ok(None);
            }
            let buffer = upload(device, queue, label, bytemuck::cast_slice(words), wgpu::BufferUsages::VERTEX)?;
            Ok(Some((buffer, words.len() as u32)))
        };
        let segments = instances("overlay strokes", &strokes(mesh))?;
        let corners: Vec<[f32; 2]> = mesh.fill_vertices.iter().map(|v| v.at).collect();
        let triangles: Vec<[u32; 3]> = mesh
            .fill_indices
            .chunks_exact(3)
            .map(|t| [t[0], t[1], t[2]])
            .filter(|triangle| triangle.iter().all(|&corner| (corner as usize) < corners.len()))
            .collect();
        let edges: Vec<[f32; 5]> = outer_edges(&mesh.fill_vertices, &triangles)
            .iter()
            .map(|edge| [edge.a[0], edge.a[1], edge.b[0], edge.b[1], 0.0])
            .collect();
        let edges = instances("overlay edges", &edges)?;
        let indices: Vec<u32> = triangles.into_iter().flatten().collect();
        let fills = if indices.is_empty() {
            None
        } else {
            let (corners, words) = (bytemuck::cast_slice(&corners), bytemuck::cast_slice(&indices));
            let buffers = Fills {
                corners: upload(device, queue, "overlay corners", corners, wgpu::BufferUsages::VERTEX)?,
                indices: upload(device, queue, "overlay indices", words, wgpu::BufferUsages::INDEX)?,
            };
            Some((buffers, indices.len() as u32))
        };
        self.slots.insert(id, Slot { origin: mesh.origin, segments, fills, edges, paint });
        self.version += 1;
        Ok(())
    }

    /// Whether there is such an overlay.
    pub fn repaint(&mut self, id: OverlayId, paint: OverlayPaint) -> bool {
        let Some(slot) = self.slots.get_mut(&id) else { return false };
        if slot.paint != paint {
            slot.paint = paint;
            self.version += 1;
        }
        true
    }

    pub fn remove(&mut self, id: OverlayId) {
        if self.slots.remove(&id).is_some() {
            self.version += 1;
        }
    }

    pub fn clear(&mut self) {
        self.slots.clear();
        self.version += 1;
    }

    pub fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// What drawing all of it costs, in strokes.
    pub fn cost(&self) -> u64 {
        self.slots.values().map(Slot::cost).sum()
    }

    /// Draws all overlays into the overlay's picture, over what is below them.
    pub fn draw(
        &mut self,
        device: &wgpu::Device,
        queue: &wgpu::Queue,
        encoder: &mut wgpu::CommandEncoder,
        pipelines: &Pipelines,
        (kept, below): (&Kept, Option<&Sheet>),
        view: &View,
    ) {
        if let Some(below) = below {
            let (from, to) = (below.texture.as_image_copy(), kept.overlay.texture.as_image_copy());
            encoder.copy_texture_to_texture(from, to, below.texture.size());
        }
        let needed = self.slots.len() as u64 * ENTRIES;
        if needed > self.room {
            self.room = needed.next_power_of_two();
            (self.uniforms, self.group) = bind(device, pipelines, self.room);
        }
        let mut uniforms = Vec::with_capacity((needed * UNIFORM_STRIDE) as usize);
        for slot in self.slots.values() {
            for words in entries(&slot.paint, slot.origin, view) {
                push_uniform(&mut uniforms, &words);
            }
        }
        if !uniforms.is_empty() {
            queue.write_buffer(&self.uniforms, 0, &uniforms);
        }

        let mut pass = encoder.begin_render_pass(&wgpu::RenderPassDescriptor {
            label: Some("overlay"),
            color_attachments: &[Some(wgpu::RenderPassColorAttachment {
                view: &kept.overlay.view,
                depth_slice: None,
                resolve_target: None,
                ops: wgpu::Operations {
                    load: match below {
                        Some(_) => wgpu::LoadOp::Load,
                        None => wgpu::LoadOp::Clear(wgpu::Color::TRANSPARENT),
                    },
                    store: wgpu::StoreOp::Store,
                },
            })],
            depth_stencil_attachment: None,
            timestamp_writes: None,
            occlusion_query_set: None,
            multiview_mask: None,
        });
        // Ghosts first: what takes the larger value needs a canvas without anything else on it.
        for ghosts in [true, false] {
            let (fills, strokes) = if ghosts {
                (&pipelines.ghost_fills, &pipelines.ghost_strokes)
            } else {
                (&pipelines.overlay_fills, &pipelines.overlay_strokes)
            };
            for (place, slot) in self.slots.values().enumerate() {
                if slot.paint.is_ghost() != ghosts {
                    continue;
                }
                let offset = |entry: u64| [((place as u64 * ENTRIES + entry) * UNIFORM_STRIDE) as u32];
                if let Some((segments, count)) = &slot.segments
                    && slot.paint.casing.is_some()
                    && !ghosts
                {
                    pass.set_pipeline(strokes);
                    pass.set_bind_group(0, &self.group, &offset(1));
                    pass.set_vertex_buffer(0, segments.slice(..));
                    pass.draw(0..4, 0..*count);
                }
                if let Some((buffers, count)) = &slot.fills
                    && slot.paint.fill_opacity > 0.0
                {
                    pass.set_pipeline(fills);
                    pass.set_bind_group(0, &self.group, &offset(0));
                    pass.set_vertex_buffer(0, buffers.corners.slice(..));
                    pass.set_index_buffer(buffers.indices.slice(..), wgpu::IndexFormat::Uint32);
                    pass.draw_indexed(0..*count, 0, 0..1);
                    if let Some((edges, count)) = &slot.edges {
                        pass.set_pipeline(strokes);
                        pass.set_vertex_buffer(0, edges.slice(..));
                        pass.draw(0..4, 0..*count);
                    }
                }
                if let Some((segments, count)) = &slot.segments {
                    pass.set_pipeline(strokes);
                    pass.set_bind_group(0, &self.group, &offset(2));
                    pass.set_vertex_buffer(0, segments.slice(..));
                    pass.draw(0..4, 0..*count);
                }
            }
        }
    }
}

impl Slot {
    fn cost(&self) -> u64 {
        let strokes = self.segments.as_ref().map_or(0, |(_, count)| u64::from(*count));
        let triangles = self.fills.as_ref().map_or(0, |(_, count)| u64::from(*count) / 3);
        let edges = self.edges.as_ref().map_or(0, |(_, count)| u64::from(*count));
        strokes * if self.paint.casing.is_some() { 2 } else { 1 } + triangles + edges
    }
}

/// What overlay.wgsl reads for fills, casing and strokes.
pub(crate) fn entries(paint: &OverlayPaint, origin: Point, view: &View) -> [[u32; 16]; ENTRIES as usize] {
    let casing = paint.casing.unwrap_or(Casing { color: [0.0; 4], reach_px: 0.0 });
    let [red, green, blue, alpha] = paint.color;
    let fill = [red, green, blue, alpha * paint.fill_opacity];
    let entry = |color, width_px: f32, dash: [u32; 4]| {
        let ([high_x, high_y], [low_x, low_y]) = center_from(view, origin + paint.offset);
        let [width, height] = view.size_px.map(|side| side as f32 / 2.0);
        let [red, green, blue, alpha] = premultiplied(color);
        let scale = view.units_per_px.recip() as f32;
        let width_px = if width_px.is_finite() { width_px.max(0.0) } else { 1.0 };
        let mut words = [0; 16];
        let floats =
            [high_x, high_y, low_x, low_y, width, height, scale, width_px, red, green, blue, alpha].map(f32::to_bits);
        words[..12].copy_from_slice(&floats);
        words[12..].copy_from_slice(&dash);
        words
    };
    [
        entry(fill, 0.0, [0; 4]),
        entry(casing.color, paint.width_px + casing.reach_px * 2.0, [0; 4]),
        entry(paint.color, paint.width_px.max(0.5), paint.dash_words()),
    ]
}

pub(crate) fn bind(device: &wgpu::Device, pipelines: &Pipelines, room: u64) -> (wgpu::Buffer, wgpu::BindGroup) {
    let uniforms = device.create_buffer(&wgpu::BufferDescriptor {
        label: Some("overlay paints"),
        size: room * UNIFORM_STRIDE,
        usage: wgpu::BufferUsages::UNIFORM | wgpu::BufferUsages::COPY_DST,
        mapped_at_creation: false,
    });
    let group = device.create_bind_group(&wgpu::BindGroupDescriptor {
        label: Some("overlay paints"),
        layout: &pipelines.paint_layout,
        entries: &[wgpu::BindGroupEntry {
            binding: 0,
            resource: wgpu::BindingResource::Buffer(wgpu::BufferBinding {
                buffer: &uniforms,
                offset: 0,
                size: std::num::NonZeroU64::new(64),
            }),
        }],
    });
    (uniforms, group)
}

/// Strokes as overlay.wgsl reads them: ends, and how far along its outline each piece starts. Pieces that meet end to
/// start are one outline, so that its dashes run on through a curve.
fn strokes(mesh: &ChunkMesh) -> Vec<[f32; 5]> {
    let mut last = ([f32::NAN; 2], 0.0);
    let mut strokes = Vec::with_capacity(mesh.segments.len());
    for segment in &mesh.segments {
        let (a, b) = (segment.a, segment.b);
        if !a.iter().chain(&b).all(|c| c.is_finite()) {
            continue;
        }
        let (end, reached) = last;
        let along = if a == end { reached } else { 0.0 };
        strokes.push([a[0], a[1], b[0], b[1], along]);
        last = (b, along + (b[0] - a[0]).hypot(b[1] - a[1]));
    }
    strokes
}

#[cfg(test)]
mod tests {
    use scene::{Segment, StyleIndex};

    use super::*;

    #[test]
    fn dashes_run_on_through_pieces_that_meet() {
        let piece = |a, b| Segment { a, b, style: StyleIndex(0), depth: 0.5, width: 0.0 };
        let mesh = ChunkMesh {
            segments: vec![
                piece([0.0, 0.0], [3.0, 4.0]),
                piece([3.0, 4.0], [3.0, 14.0]),
                piece([50.0, 0.0], [51.0, 0.0]),
                piece([51.0, f32::NAN], [0.0, 0.0]),
            ],
            ..ChunkMesh::default()
        };
        let along: Vec<f32> = strokes(&mesh).iter().map(|stroke| stroke[4]).collect();
        assert_eq!(along, [0.0, 5.0, 0.0]);
    }
}
