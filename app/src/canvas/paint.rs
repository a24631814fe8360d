//! The drawing itself: the renderer inside egui's pass.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use egui::{Painter, Ui};
use egui_wgpu::{Callback, CallbackResources, CallbackTrait, ScreenDescriptor};
use render::{Budget, Progress, Renderer, View};
use scene::Background;

use crate::document::{Document, FrameShown, lock};

/// Strokes that each frame of a sheet may draw in any case.
const FRAME_STROKES_MIN: u64 = 20_000;

struct Paint {
    /// What lies below it: model space in the frames of a sheet.
    frames: Vec<FrameShown>,
    renderer: Arc<Mutex<Renderer>>,
    view: View,
    budget: Budget,
    /// Where it is noted that the whole drawing was shown, if nothing of it is still being made.
    whole: Option<Arc<AtomicBool>>,
    ctx: egui::Context,
}

impl CallbackTrait for Paint {
    fn prepare(
        &self,
        device: &wgpu::Device,
        queue: &wgpu::Queue,
        _: &ScreenDescriptor,
        encoder: &mut wgpu::CommandEncoder,
        _: &mut CallbackResources,
    ) -> Vec<wgpu::CommandBuffer> {
        let mut draw = |renderer: &Mutex<Renderer>, view: &View| {
            lock(renderer).prepare(device, queue, encoder, view, self.budget).map(|drawn| drawn.progress)
        };
        let mut progress = draw(&self.renderer, &self.view);
        for frame in &self.frames {
            match draw(&frame.renderer, &frame.view) {
                Ok(Progress::Finished) => {}
                other => progress = progress.and(other),
            }
        }
        match progress {
            Ok(Progress::Unfinished) => self.ctx.request_repaint(),
            Ok(Progress::Finished) => {
                if let Some(whole) = &self.whole
                    && !whole.swap(true, Ordering::Relaxed)
                {
                    // The next frame knows that this one was shown.
                    self.ctx.request_repaint();
                }
            }
            Err(error) => tracing::warn!(%error, "the canvas shows what it showed"),
        }
        Vec::new()
    }

    fn paint(&self, info: egui::PaintCallbackInfo, pass: &mut wgpu::RenderPass<'static>, _: &CallbackResources) {
        let canvas = info.viewport_in_pixels();
        let [left, top, width, height] =
            [canvas.left_px, canvas.top_px, canvas.width_px, canvas.height_px].map(|side| side as f32);
        for frame in &self.frames {
            // It may reach over the canvas; the pass is clipped to that.
            let ([x, y], [width, height]) = (frame.at, frame.view.size_px);
            pass.set_viewport(left + x as f32, top + y as f32, width as f32, height as f32, 0.0, 1.0);
            lock(&frame.renderer).paint(pass);
        }
        pass.set_viewport(left, top, width, height, 0.0, 1.0);
        lock(&self.renderer).paint(pass);
    }
}

/// Has the renderer show the drawing where the canvas is.
pub(super) fn drawing(ui: &Ui, painter: &Painter, document: &mut Document, background: Background) {
    let Some(renderer) = document.picture.renderer.clone() else { return };
    let px = f64::from(ui.pixels_per_point());
    let camera = &document.camera;
    let side = |points: f32| ((f64::from(points) * px).round() as u32).max(1);
    let view = View {
        center: camera.center,
        units_per_px: 1.0 / (camera.scale * px),
        size_px: [side(camera.area.width()), side(camera.area.height())],
        px_per_mm: (96.0 / 25.4 * px) as f32,
        lineweights: true,
        hairline_px: ui.pixels_per_point().max(1.0),
        // The grid lies below, so the picture brings no background of its own.
        background: [0.0; 4],
        ink: false,
    };
    let drawing = document.drawing().clone();
    let frames = document.picture.frames(&drawing, &document.visibility, background, &view);
    let (budget, whole) = (document.picture.budget(), document.picture.shown_whole_once_painted());
    // All frames together may take about as long as the sheet alone.
    let budget = Budget { strokes: (budget.strokes / (1 + frames.len() as u64)).max(FRAME_STROKES_MIN) };
    let paint = Paint { frames, renderer, view, budget, whole, ctx: ui.ctx().clone() };
    painter.add(Callback::new_paint_callback(camera.area, paint));
}
