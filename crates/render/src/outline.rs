//! The lowest part of the second layer: outlines of very many things. They are chunks, drawn or of their own, with their
//! thinned levels and culled as such, and are drawn again only when the view or they change.

use std::collections::BTreeMap;
use std::sync::Arc;

use geometry::Rect;
use scene::ChunkId;

use crate::{
    OverlayId, OverlayPaint, View,
    chunk::GpuChunk,
    kept::Sheet,
    overlay::{ENTRIES, bind, entries},
    pipelines::{Pipelines, UNIFORM_STRIDE},
    plan::push_uniform,
};

/// All outlines of very many things.
pub(crate) struct Outlines {
    slots: BTreeMap<OverlayId, Outline>,
    uniforms: wgpu::Buffer,
    group: wgpu::BindGroup,
    room: u64,
    /// Goes up with each change.
    pub version: u64,
}

struct Outline {
    source: Source,
    paint: OverlayPaint,
}

/// What is outlined.
pub(crate) enum Source {
    /// All of a chunk of the drawing, as it is there when it is drawn.
    Shown(ChunkId),
    /// A chunk of its own.
    Own(Box<GpuChunk>),
}

impl Outlines {
    pub fn new(device: &wgpu::Device, pipelines: &Pipelines) -> Outlines {
        let room = 8 * ENTRIES;
        let (uniforms, group) = bind(device, pipelines, room);
        Outlines { slots: BTreeMap::new(), uniforms, group, room, version: 0 }
    }

    pub fn set(&mut self, id: OverlayId, source: Source, paint: OverlayPaint) {
        self.slots.insert(id, Outline { source, paint });
        self.version += 1;
    }

    /// Whether there is such an outline.
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

    /// A chunk of the drawing came or went.
    pub fn chunk_changed(&mut self, id: ChunkId) {
        if self.slots.values().any(|slot| matches!(slot.source, Source::Shown(shown) if shown == id)) {
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

    /// What is in sight, and how it is painted.
    fn visible<'a>(
        &'a self,
        chunks: &'a BTreeMap<ChunkId, Arc<GpuChunk>>,
        view: &View,
    ) -> Vec<(&'a OverlayPaint, &'a GpuChunk)> {
        let seen = view.visible();
        let is_seen = |paint: &OverlayPaint, bounds: Rect| {
            let reach = f64::from(paint.width_px) * view.units_per_px;
            (bounds + paint.offset).inflate(reach, reach).overlaps(seen)
        };
        let found = self.slots.values().filter_map(|slot| {
            let chunk: &GpuChunk = match &slot.source {
                Source::Shown(id) => chunks.get(id)?,
                Source::Own(chunk) => chunk,
            };
            is_seen(&slot.paint, chunk.bounds).then_some((&slot.paint, chunk))
        });
        found.collect()
    }

    /// What drawing what is in sight costs, in strokes.
    pub fn cost(&self, chunks: &BTreeMap<ChunkId, Arc<GpuChunk>>, view: &View) -> u64 {
        let cost = |(_, chunk): (&OverlayPaint, &GpuChunk)| {
            let level = &chunk.levels[chunk.level_at(view.units_per_px)];
            (level.segments.len() + level.edges.len() + level.indices.len() / 3) as u64
        };
        self.visible(chunks, view).into_iter().map(cost).sum()
    }

    /// Draws all that is in sight.
    pub fn draw(
        &mut self,
        device: &wgpu::Device,
        queue: &wgpu::Queue,
        encoder: &mut wgpu::CommandEncoder,
        pipelines: &Pipelines,
        sheet: &Sheet,
        (chunks, view): (&BTreeMap<ChunkId, Arc<GpuChunk>>, &View),
    ) {
        let needed = self.slots.len() as u64 * ENTRIES;
        if needed > self.room {
            self.room = needed.next_power_of_two();
            (self.uniforms, self.group) = bind(device, pipelines, self.room);
        }
        let visible = self.visible(chunks, view);
        let mut uniforms = Vec::with_capacity(visible.len() * (ENTRIES * UNIFORM_STRIDE) as usize);
        for (paint, chunk) in &visible {
            for words in entries(paint, chunk.origin, view) {
                push_uniform(&mut uniforms, &words);
            }
        }
        if !uniforms.is_empty() {
            queue.write_buffer(&self.uniforms, 0, &uniforms);
        }
        let mut pass = encoder.begin_render_pass(&wgpu::RenderPassDescriptor {
            label: Some("outlines"),
            color_attachments: &[Some(wgpu::RenderPassColorAttachment {
                view: &sheet.view,
                depth_slice: None,
                resolve_target: None,
                ops: wgpu::Operations {
                    load: wgpu::LoadOp::Clear(wgpu::Color::TRANSPARENT),
                    store: wgpu::StoreOp::Store,
                },
            })],
            depth_stencil_attachment: None,
            timestamp_writes: None,
            occlusion_query_set: None,
            multiview_mask: None,
        });
        for (place, (paint, chunk)) in visible.iter().enumerate() {
            let offset = |entry: u64| [((place as u64 * ENTRIES + entry) * UNIFORM_STRIDE) as u32];
            let level = &chunk.levels[chunk.level_at(view.units_per_px)];
            if let Some(fills) = chunk.fills.as_ref().filter(|_| paint.fill_opacity > 0.0) {
                pass.set_pipeline(&pipelines.outline_fills);
                pass.set_bind_group(0, &self.group, &offset(0));
                pass.set_vertex_buffer(0, fills.corners.slice(..));
                pass.set_index_buffer(fills.indices.slice(..), wgpu::IndexFormat::Uint32);
                pass.draw_indexed(level.indices.clone(), 0, 0..1);
            }
            pass.set_pipeline(&pipelines.outline_strokes);
            if let Some(edges) = chunk.edges.as_ref().filter(|_| paint.fill_opacity > 0.0) {
                pass.set_bind_group(0, &self.group, &offset(0));
                pass.set_vertex_buffer(0, edges.slice(..));
                pass.draw(0..4, level.edges.clone());
            }
            if let Some(segments) = &chunk.segments {
                pass.set_bind_group(0, &self.group, &offset(2));
                pass.set_vertex_buffer(0, segments.slice(..));
                pass.draw(0..4, level.segments.clone());
            }
        }
    }
}
