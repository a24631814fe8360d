//! The drawing itself: the renderer inside egui's pass.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use egui::{Painter, Ui};
use egui_wgpu::{Callback, CallbackResources, CallbackTrait, ScreenDescriptor};
use render::{Budget, Progress, Renderer, View};

use crate::document::{Document, lock};

struct Paint {
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
        match lock(&self.renderer).prepare(device, queue, encoder, &self.view, self.budget) {
            Ok(drawn) if drawn.progress == Progress::Unfinished => self.ctx.request_repaint(),
            Ok(_) => {
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

    fn paint(&self, _: egui::PaintCallbackInfo, pass: &mut wgpu::RenderPass<'static>, _: &CallbackResources) {
        lock(&self.renderer).paint(pass);
    }
}

/// Has the renderer show the drawing where the canvas is.
pub(super) fn drawing(ui: &Ui, painter: &Painter, document: &Document) {
    let Some(renderer) = &document.picture.renderer else { return };
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
    let (budget, whole) = (document.picture.budget(), document.picture.shown_whole_once_painted());
    let paint = Paint { renderer: renderer.clone(), view, budget, whole, ctx: ui.ctx().clone() };
    painter.add(Callback::new_paint_callback(camera.area, paint));
}
