//! Draws chunks and overlays into kept pictures, and shows them.

use std::collections::BTreeMap;
use std::sync::Arc;

use scene::{ChunkId, ChunkMesh, PaintStyle};

use crate::{
    PackedChunk, RenderError, View,
    chunk::GpuChunk,
    composite::Composite,
    kept::Kept,
    outline::Outlines,
    overlay::Overlays,
    pipelines::{Pipelines, UNIFORM_STRIDE},
    plan::{Damage, Kind, Plan, Step, add_rect, steps, uncovered},
    styles::{Change, StyleTable, is_visible},
    view::PxRect,
};

/// How much one [`Renderer::prepare`] may draw.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// Strokes and triangles, roughly: what is begun is a whole chunk.
    pub strokes: u64,
}

impl Budget {
    /// Everything at once: pictures without a window, and GPUs that are one.
    pub const ALL: Budget = Budget { strokes: u64::MAX };

    /// About 100 ms of a software rasteriser on two cores.
    pub const SOFTWARE: Budget = Budget { strokes: 120_000 };

    /// What suits a device.
    pub fn of(device: &wgpu::Device) -> Budget {
        if is_software(device) { Budget::SOFTWARE } else { Budget::ALL }
    }
}

/// What a [`Renderer::prepare`] drew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Drawn {
    /// Whether what is shown is what was asked for.
    pub progress: Progress,
    /// Chunks drawn now, once for each kind of thing in them.
    pub chunks: u32,
    /// Strokes drawn now, and edges of fills.
    pub strokes: u64,
    /// Triangles of fills drawn now.
    pub triangles: u64,
}

/// Whether the picture is complete.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// It is: nothing has to be drawn until something changes.
    Finished,
    /// Not yet: call `prepare` again in the next frame, with the same view unless it moved.
    Unfinished,
}

/// The scene on a GPU. Belongs to one device and one target; it may be moved between threads.
pub struct Renderer {
    pub(crate) pipelines: Arc<Pipelines>,
    pub(crate) samples: u32,
    /// Each may be shown by several renderers.
    pub(crate) chunks: BTreeMap<ChunkId, Arc<GpuChunk>>,
    /// Of the next upload.
    generation: u64,
    /// Goes up with each chunk that comes or goes.
    version: u64,
    /// The renderer's version whose chunks these are, where they are another's.
    shared_version: Option<u64>,
    bytes: u64,
    styles: StyleTable,
    /// Widest visible style, millimetres.
    width_max_mm: f32,
    places: Places,
    pub(crate) overlays: Overlays,
    pub(crate) outlines: Outlines,
    kept: Option<Kept>,
    /// What the front picture was drawn for, where there is one.
    front: Option<View>,
    /// Where the front picture is not the drawing any more, beyond what the running plan repairs.
    damage: Damage,
    pub(crate) plan: Option<Plan>,
    /// What the overlay's picture was drawn for, and which versions of it and of the outlines.
    pub(crate) overlay_drawn: Option<(View, [u64; 2])>,
    /// What the outlines below it were drawn for, and which version.
    pub(crate) outlines_drawn: Option<(View, u64)>,
    /// The view of the last time.
    pub(crate) viewed: Option<View>,
    /// How often outlines were drawn.
    pub(crate) outlines_count: u64,
    composite: Composite,
}

/// The uniform buffer of chunks, bound with the table of styles.
struct Places {
    buffer: wgpu::Buffer,
    group: wgpu::BindGroup,
    room: u64,
}

impl Renderer {
    /// Compiles the pipelines. `target_format` is of the pass that [`Renderer::paint`] is given, which must have one sample
    /// a pixel and no depth, as egui's has. Anti-aliasing suits the device: four samples on a GPU, one on a software
    /// rasteriser.
    ///
    /// # Errors
    ///
    /// [`RenderError::Pipelines`] if the device refuses them.
    pub fn new(
        device: &wgpu::Device,
        queue: &wgpu::Queue,
        target_format: wgpu::TextureFormat,
    ) -> Result<Renderer, RenderError> {
        Renderer::with_samples(device, queue, target_format, if is_software(device) { 1 } else { 4 })
    }

    /// The same with 1 or 4 samples a pixel. With 1, a pan draws only what it uncovers and an edit only what it touched.
    ///
    /// # Errors
    ///
    /// [`RenderError::Pipelines`] if the device refuses them.
    pub fn with_samples(
        device: &wgpu::Device,
        queue: &wgpu::Queue,
        target_format: wgpu::TextureFormat,
        samples: u32,
    ) -> Result<Renderer, RenderError> {
        let pipelines = Arc::new(Pipelines::new(device, target_format, samples)?);
        Ok(Renderer::with_pipelines(device, queue, pipelines, samples))
    }

    /// Another one with the same pipelines and no chunks, for another view.
    pub fn sibling(&self, device: &wgpu::Device, queue: &wgpu::Queue) -> Renderer {
        Renderer::with_pipelines(device, queue, self.pipelines.clone(), self.samples)
    }

    fn with_pipelines(device: &wgpu::Device, queue: &wgpu::Queue, pipelines: Arc<Pipelines>, samples: u32) -> Renderer {
        let mut styles = StyleTable::new(device);
        styles.set(device, queue, &[]);
        Renderer {
            places: Places::new(device, &pipelines, &styles, 64),
            overlays: Overlays::new(device, &pipelines),
            outlines: Outlines::new(device, &pipelines),
            composite: Composite::new(device),
            pipelines,
            samples,
            chunks: BTreeMap::new(),
            generation: 0,
            version: 0,
            shared_version: None,
            bytes: 0,
            styles,
            width_max_mm: 0.0,
            kept: None,
            front: None,
            damage: Damage::default(),
            plan: None,
            overlay_drawn: None,
            outlines_drawn: None,
            viewed: None,
            outlines_count: 0,
        }
    }

    /// Puts a chunk on the GPU, in place of the one of that id. Packing is the slow part: see [`Renderer::upload_packed`].
    ///
    /// # Errors
    ///
    /// [`RenderError::ChunkTooLarge`]; the chunk of that id is then as it was.
    pub fn upload(
        &mut self,
        device: &wgpu::Device,
        queue: &wgpu::Queue,
        id: ChunkId,
        mesh: &ChunkMesh,
    ) -> Result<(), RenderError> {
        self.upload_packed(device, queue, id, &PackedChunk::new(mesh))
    }

    /// Puts a chunk that a worker packed on the GPU, in place of the one of that id.
    ///
    /// # Errors
    ///
    /// [`RenderError::ChunkTooLarge`]; the chunk of that id is then as it was.
    pub fn upload_packed(
        &mut self,
        device: &wgpu::Device,
        queue: &wgpu::Queue,
        id: ChunkId,
        packed: &PackedChunk,
    ) -> Result<(), RenderError> {
        let chunk = GpuChunk::upload(device, queue, packed, self.samples == 1, self.generation)?;
        self.generation += 1;
        self.remove(id);
        self.damage.add(chunk.bounds, chunk.width_max);
        self.bytes += chunk.bytes;
        self.chunks.insert(id, Arc::new(chunk));
        self.outlines.chunk_changed(id);
        self.version += 1;
        Ok(())
    }

    /// Shows the chunks of another renderer, as they are now, and no others. They are on the GPU once.
    pub fn show_chunks_of(&mut self, other: &Renderer) {
        if self.shared_version == Some(other.version) {
            return;
        }
        self.shared_version = Some(other.version);
        let gone: Vec<ChunkId> = self.chunks.keys().copied().filter(|id| !other.chunks.contains_key(id)).collect();
        gone.into_iter().for_each(|id| self.remove(id));
        for (id, chunk) in &other.chunks {
            if self.chunks.get(id).is_none_or(|own| !Arc::ptr_eq(own, chunk)) {
                self.remove(*id);
                self.damage.add(chunk.bounds, chunk.width_max);
                self.bytes += chunk.bytes;
                self.chunks.insert(*id, chunk.clone());
            }
        }
    }

    /// Takes a chunk off the GPU, if it is there.
    pub fn remove(&mut self, id: ChunkId) {
        if let Some(chunk) = self.chunks.remove(&id) {
            self.version += 1;
            self.outlines.chunk_changed(id);
            self.bytes -= chunk.bytes;
            self.damage.add(chunk.bounds, chunk.width_max);
        }
    }

    /// Forgets all chunks, overlays and pictures: another drawing.
    pub fn clear(&mut self) {
        self.chunks.clear();
        self.version += 1;
        self.shared_version = None;
        self.bytes = 0;
        self.overlays.clear();
        self.outlines.clear();
        self.forget_pictures();
    }

    /// What the chunks take of the GPU's memory, bytes.
    pub fn memory_bytes(&self) -> u64 {
        self.bytes
    }

    /// Makes this the table of styles. Uploads what differs and draws again what uses it.
    pub fn set_styles(&mut self, device: &wgpu::Device, queue: &wgpu::Queue, styles: &[PaintStyle]) {
        let changed: Vec<u32> = (0..styles.len().max(self.styles.all().len()))
            .filter(|&place| styles.get(place) != self.styles.all().get(place))
            .map(|place| place as u32)
            .collect();
        let width_before_mm = self.width_max_mm;
        let change = self.styles.set(device, queue, styles);
        if change == Change::None {
            return;
        }
        if change == Change::Moved {
            self.places = Places::new(device, &self.pipelines, &self.styles, self.places.room);
        }
        self.width_max_mm =
            styles.iter().filter(|style| is_visible(style)).fold(0.0, |width: f32, style| width.max(style.width_mm));
        // What the running plan drew so far has the old look; it starts again.
        self.give_up_plan();
        if self.width_max_mm == width_before_mm {
            for chunk in self.chunks.values().filter(|chunk| chunk.uses_any(&changed)) {
                self.damage.add(chunk.bounds, chunk.width_max);
            }
        } else {
            // Strokes may have reached further than is known now.
            self.damage.whole = true;
        }
    }

    /// Draws what has changed since the last time, as far as the budget goes; call it once a submission, before
    /// [`Renderer::paint`]. Until the new picture is finished the old one is shown, moved and scaled to the view.
    ///
    /// # Errors
    ///
    /// [`RenderError::Size`] or [`RenderError::View`]; what was shown is then still shown.
    pub fn prepare(
        &mut self,
        device: &wgpu::Device,
        queue: &wgpu::Queue,
        encoder: &mut wgpu::CommandEncoder,
        view: &View,
        budget: Budget,
    ) -> Result<Drawn, RenderError> {
        view.check(device.limits().max_texture_dimension_2d)?;
        // Out of its place while it is drawn into.
        let mut kept = match self.kept.take() {
            Some(kept) if kept.size_px == view.size_px => kept,
            _ => {
                self.forget_pictures();
                Kept::new(device, view.size_px, self.samples)
            }
        };
        let view = match &self.front {
            Some(front) if self.reuses_pixels() => view.snapped_to(front),
            _ => *view,
        };
        if self.plan.as_ref().is_some_and(|plan| plan.view != view) {
            self.give_up_plan();
        }
        if self.front == Some(view) && !self.damage.whole {
            let seen = self.damage.on_canvas(&view, self.width_max_mm);
            if seen.is_empty() {
                self.damage = Damage::default();
            }
        }
        if self.plan.is_none() && (self.front != Some(view) || !self.damage.is_empty()) {
            self.plan = Some(self.start_plan(device, queue, encoder, &kept, &view));
        }
        let mut drawn = Drawn { progress: Progress::Finished, chunks: 0, strokes: 0, triangles: 0 };
        if let Some(mut plan) = self.plan.take() {
            self.draw(encoder, &kept, &mut plan, budget, &mut drawn);
            if plan.next < plan.steps.len() {
                self.plan = Some(plan);
            } else {
                std::mem::swap(&mut kept.front, &mut kept.back);
                self.front = Some(plan.view);
                self.composite.unbind();
            }
        }
        let overlay = self.draw_overlay(device, queue, encoder, &mut kept, &view, budget);
        if self.plan.is_some() || !self.damage.is_empty() || overlay == Progress::Unfinished {
            drawn.progress = Progress::Unfinished;
        }
        self.show(device, queue, &kept, &view);
        self.kept = Some(kept);
        Ok(drawn)
    }

    /// Shows the drawing and its overlay in the current viewport of a pass, which should be as large as the view.
    pub fn paint(&self, pass: &mut wgpu::RenderPass<'_>) {
        self.composite.paint(pass, &self.pipelines.composite);
    }

    /// The finished picture without overlay, for reading back.
    pub(crate) fn finished(&self) -> Option<&wgpu::Texture> {
        match (&self.kept, &self.front) {
            (Some(kept), Some(_)) => Some(&kept.front.texture),
            _ => None,
        }
    }

    /// Whether parts of a finished picture stand in the next one. Several samples resolve only as a whole.
    fn reuses_pixels(&self) -> bool {
        self.samples == 1
    }

    fn forget_pictures(&mut self) {
        self.kept = None;
        self.front = None;
        self.plan = None;
        self.damage = Damage::default();
        self.overlay_drawn = None;
        self.outlines_drawn = None;
        self.composite.unbind();
    }

    fn give_up_plan(&mut self) {
        if let Some(plan) = self.plan.take() {
            self.damage.merge(plan.repairs);
        }
    }

    /// Decides what to draw again for a view, and starts the back picture with what can stay.
    fn start_plan(
        &mut self,
        device: &wgpu::Device,
        queue: &wgpu::Queue,
        encoder: &mut wgpu::CommandEncoder,
        kept: &Kept,
        view: &View,
    ) -> Plan {
        let repairs = std::mem::take(&mut self.damage);
        let whole = PxRect::whole(view.size_px);
        let shift = self.front.and_then(|front| view.shift_from(&front));
        let mut rects = match shift {
            Some(shift) if self.reuses_pixels() && !repairs.whole => {
                let shift = [shift.x.round() as i64, shift.y.round() as i64];
                let mut rects = uncovered(view.size_px, shift);
                for rect in repairs.on_canvas(view, self.width_max_mm) {
                    add_rect(&mut rects, rect);
                }
                if rects.iter().map(PxRect::area).sum::<u64>() < whole.area() * 3 / 4 {
                    kept.copy_front(encoder, shift);
                } else {
                    rects = vec![whole];
                }
                rects
            }
            _ => vec![whole],
        };
        // Larger ones first, so that joined leftovers come last.
        rects.sort_by_key(|rect| std::cmp::Reverse(rect.area()));
        let (steps, uniforms) = steps(&self.chunks, &self.styles, self.width_max_mm, view, &rects);
        let entries = uniforms.len() as u64 / UNIFORM_STRIDE;
        if entries > self.places.room {
            self.places = Places::new(device, &self.pipelines, &self.styles, entries.next_power_of_two());
        }
        queue.write_buffer(&self.places.buffer, 0, &uniforms);
        Plan { view: *view, steps, next: 0, repairs }
    }

    /// Takes steps of a plan until the budget is used up; at least one.
    fn draw(
        &self,
        encoder: &mut wgpu::CommandEncoder,
        kept: &Kept,
        plan: &mut Plan,
        budget: Budget,
        drawn: &mut Drawn,
    ) {
        if plan.next == plan.steps.len() {
            return;
        }
        let (target, resolve_target) = kept.target();
        let mut pass = encoder.begin_render_pass(&wgpu::RenderPassDescriptor {
            label: Some("drawing"),
            color_attachments: &[Some(wgpu::RenderPassColorAttachment {
                view: target,
                depth_slice: None,
                resolve_target,
                ops: wgpu::Operations { load: wgpu::LoadOp::Load, store: wgpu::StoreOp::Store },
            })],
            depth_stencil_attachment: Some(wgpu::RenderPassDepthStencilAttachment {
                view: &kept.depth,
                depth_ops: Some(wgpu::Operations { load: wgpu::LoadOp::Load, store: wgpu::StoreOp::Store }),
                stencil_ops: None,
            }),
            timestamp_writes: None,
            occlusion_query_set: None,
            multiview_mask: None,
        });
        let (mut scissor, mut bound, mut cost) = (None, None, 0u64);
        while let Some(step) = plan.steps.get(plan.next)
            && cost < budget.strokes
        {
            plan.next += 1;
            let (Step::Clear(rect) | Step::Draw(rect, ..)) = step;
            if scissor != Some(*rect) {
                pass.set_scissor_rect(rect.x0, rect.y0, rect.x1 - rect.x0, rect.y1 - rect.y0);
                scissor = Some(*rect);
            }
            let Step::Draw(_, kind, visible) = step else {
                pass.set_pipeline(&self.pipelines.clear);
                pass.set_bind_group(0, &self.places.group, &[0]);
                pass.draw(0..3, 0..1);
                bound = None;
                continue;
            };
            // What was replaced meanwhile is damage by now and is drawn with the next plan.
            let Some(chunk) = self.chunks.get(&visible.chunk).filter(|c| c.generation == visible.generation) else {
                continue;
            };
            if bound != Some(*kind) {
                pass.set_pipeline(match kind {
                    Kind::Fills => &self.pipelines.fills,
                    Kind::Edges => &self.pipelines.edges,
                    Kind::Strokes => &self.pipelines.strokes,
                    Kind::TranslucentFills => &self.pipelines.translucent_fills,
                    Kind::TranslucentEdges => &self.pipelines.translucent_edges,
                    Kind::TranslucentStrokes => &self.pipelines.translucent_strokes,
                });
                bound = Some(*kind);
            }
            pass.set_bind_group(0, &self.places.group, &[visible.slot * UNIFORM_STRIDE as u32]);
            let level = &chunk.levels[visible.level];
            drawn.chunks += 1;
            let (segments, range) = match kind {
                Kind::Fills | Kind::TranslucentFills => {
                    if let Some(fills) = &chunk.fills {
                        pass.set_vertex_buffer(0, fills.corners.slice(..));
                        pass.set_index_buffer(fills.indices.slice(..), wgpu::IndexFormat::Uint32);
                        pass.draw_indexed(level.indices.clone(), 0, 0..1);
                        let triangles = u64::from(level.indices.end - level.indices.start) / 3;
                        drawn.triangles += triangles;
                        cost += triangles;
                    }
                    continue;
                }
                Kind::Edges | Kind::TranslucentEdges => (&chunk.edges, &level.edges),
                Kind::Strokes | Kind::TranslucentStrokes => (&chunk.segments, &level.segments),
            };
            if let Some(segments) = segments {
                pass.set_vertex_buffer(0, segments.slice(..));
                pass.draw(0..4, range.clone());
                let strokes = u64::from(range.end - range.start);
                drawn.strokes += strokes;
                cost += strokes;
            }
        }
    }

    fn show(&mut self, device: &wgpu::Device, queue: &wgpu::Queue, kept: &Kept, view: &View) {
        if !self.composite.is_bound() {
            self.composite.bind(device, &self.pipelines, kept);
        }
        let overlay = self.overlay_drawn.map(|(drawn_for, _)| drawn_for);
        let (drawing, from_back) = match (&self.front, &self.plan) {
            // An old picture that says little about this view is worse than half of the new one.
            (Some(front), Some(plan)) if !says_much(front, view) => (plan.view, true),
            (Some(front), _) => (*front, false),
            (None, Some(plan)) => (plan.view, true),
            (None, None) => return,
        };
        self.composite.show(queue, view, &drawing, from_back, overlay.as_ref());
    }
}

impl Places {
    fn new(device: &wgpu::Device, pipelines: &Pipelines, styles: &StyleTable, room: u64) -> Places {
        let buffer = device.create_buffer(&wgpu::BufferDescriptor {
            label: Some("places of chunks"),
            size: room * UNIFORM_STRIDE,
            usage: wgpu::BufferUsages::UNIFORM | wgpu::BufferUsages::COPY_DST,
            mapped_at_creation: false,
        });
        let group = device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: Some("places of chunks"),
            layout: &pipelines.place_layout,
            entries: &[
                wgpu::BindGroupEntry {
                    binding: 0,
                    resource: wgpu::BindingResource::Buffer(wgpu::BufferBinding {
                        buffer: &buffer,
                        offset: 0,
                        size: std::num::NonZeroU64::new(64),
                    }),
                },
                wgpu::BindGroupEntry { binding: 1, resource: wgpu::BindingResource::TextureView(&styles.view()) },
            ],
        });
        Places { buffer, group, room }
    }
}

/// Whether a device draws without a GPU.
fn is_software(device: &wgpu::Device) -> bool {
    device.adapter_info().device_type == wgpu::DeviceType::Cpu
}

/// Whether an old picture covers at least a third of a view at up to 8 times its size.
fn says_much(old: &View, view: &View) -> bool {
    let (have, want) = (old.visible(), view.visible());
    let common = have.intersect(want);
    let zoom = old.units_per_px / view.units_per_px;
    zoom <= 8.0 && common.width().max(0.0) * common.height().max(0.0) * 3.0 >= want.area()
}
