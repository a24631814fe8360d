//! The renderer's second layer: overlays, and outlines of very many things below them.

use scene::{ChunkId, ChunkMesh};

use crate::{
    Budget, OverlayId, OverlayPaint, PackedChunk, Progress, RenderError, Renderer, View, chunk::GpuChunk, kept::Kept,
    outline::Source,
};

impl Renderer {
    /// Puts something into the overlay, in place of what has that id.
    ///
    /// # Errors
    ///
    /// [`RenderError::ChunkTooLarge`]; what has that id is then as it was.
    pub fn set_overlay(
        &mut self,
        device: &wgpu::Device,
        queue: &wgpu::Queue,
        id: OverlayId,
        mesh: &ChunkMesh,
        paint: OverlayPaint,
    ) -> Result<(), RenderError> {
        self.overlays.set(device, queue, id, mesh, paint)
    }

    /// Outlines all of a chunk of the drawing, whenever it is there: strokes without casing, below all overlays.
    pub fn outline_chunk(&mut self, id: OverlayId, chunk: ChunkId, paint: OverlayPaint) {
        self.outlines.set(id, Source::Shown(chunk), paint);
    }

    /// Outlines a chunk that is no part of the drawing, as [`Renderer::outline_chunk`] does.
    ///
    /// # Errors
    ///
    /// [`RenderError::ChunkTooLarge`]; what has that id is then as it was.
    pub fn outline_packed(
        &mut self,
        device: &wgpu::Device,
        queue: &wgpu::Queue,
        id: OverlayId,
        packed: &PackedChunk,
        paint: OverlayPaint,
    ) -> Result<(), RenderError> {
        let chunk = GpuChunk::upload(device, queue, packed, self.samples == 1, 0)?;
        self.outlines.set(id, Source::Own(Box::new(chunk)), paint);
        Ok(())
    }

    /// How often outlines were drawn: what neither a still window nor a hovering pointer may do.
    pub fn outlines_drawn(&self) -> u64 {
        self.outlines_count
    }

    /// Paints an overlay or an outline in another way, or elsewhere, without uploading it again. Whether there is one of
    /// that id.
    pub fn paint_overlay(&mut self, id: OverlayId, paint: OverlayPaint) -> bool {
        self.overlays.repaint(id, paint) || self.outlines.repaint(id, paint)
    }

    /// Takes an overlay or an outline away, if it is there.
    pub fn remove_overlay(&mut self, id: OverlayId) {
        self.overlays.remove(id);
        self.outlines.remove(id);
    }

    pub(crate) fn draw_overlay(
        &mut self,
        device: &wgpu::Device,
        queue: &wgpu::Queue,
        encoder: &mut wgpu::CommandEncoder,
        kept: &mut Kept,
        view: &View,
        budget: Budget,
    ) -> Progress {
        let moves = self.viewed.replace(*view) != Some(*view);
        let now = (*view, [self.overlays.version, self.outlines.version]);
        if self.overlays.is_empty() && self.outlines.is_empty() {
            (self.overlay_drawn, self.outlines_drawn) = (None, None);
            return Progress::Finished;
        }
        if self.overlay_drawn == Some(now) {
            return Progress::Finished;
        }
        let outlined = (*view, self.outlines.version);
        if !self.outlines.is_empty() && self.outlines_drawn != Some(outlined) {
            // Where they take more than a part of a frame, they wait until the view rests and the drawing is there; the old
            // overlay is moved and scaled with it.
            let can_wait = self.outlines_drawn.is_some_and(|(_, version)| version == self.outlines.version)
                && self.overlay_drawn.is_some();
            if can_wait && (moves || self.plan.is_some()) && self.outlines.cost(&self.chunks, view) > budget.strokes / 4
            {
                return Progress::Unfinished;
            }
            let sheet = kept.outlines(device);
            self.outlines.draw(device, queue, encoder, &self.pipelines, sheet, (&self.chunks, view));
            self.outlines_count += 1;
            self.outlines_drawn = Some(outlined);
        }
        // One that is dear waits until the drawing is there; the old one is moved and scaled with it.
        let can_wait = self.overlay_drawn.is_some_and(|(_, versions)| versions == now.1);
        if can_wait && self.plan.is_some() && self.overlays.cost() > budget.strokes {
            return Progress::Unfinished;
        }
        let below = kept.outlines.as_ref().filter(|_| !self.outlines.is_empty());
        self.overlays.draw(device, queue, encoder, &self.pipelines, (kept, below), view);
        self.overlay_drawn = Some(now);
        Progress::Finished
    }
}
