//! Putting the kept picture and the overlay into somebody else's render pass.

use geometry::Point;

use crate::{
    View,
    chunk::premultiplied,
    kept::{Kept, Sheet},
    pipelines::Pipelines,
};

/// What the composite pipeline is bound to.
pub(crate) struct Composite {
    uniform: wgpu::Buffer,
    /// With the front and with the back, for the current textures.
    groups: Option<[wgpu::BindGroup; 2]>,
    /// Which of the two is shown.
    shows_back: bool,
    written: Option<[u32; 16]>,
}

impl Composite {
    pub fn new(device: &wgpu::Device) -> Composite {
        let uniform = device.create_buffer(&wgpu::BufferDescriptor {
            label: Some("composite"),
            size: 64,
            usage: wgpu::BufferUsages::UNIFORM | wgpu::BufferUsages::COPY_DST,
            mapped_at_creation: false,
        });
        Composite { uniform, groups: None, shows_back: false, written: None }
    }

    /// Binds new textures, or the same after front and back changed places.
    pub fn bind(&mut self, device: &wgpu::Device, pipelines: &Pipelines, kept: &Kept) {
        let group = |drawing: &Sheet| {
            device.create_bind_group(&wgpu::BindGroupDescriptor {
                label: Some("composite"),
                layout: &pipelines.composite_layout,
                entries: &[
                    wgpu::BindGroupEntry { binding: 0, resource: self.uniform.as_entire_binding() },
                    wgpu::BindGroupEntry { binding: 1, resource: wgpu::BindingResource::TextureView(&drawing.view) },
                    wgpu::BindGroupEntry {
                        binding: 2,
                        resource: wgpu::BindingResource::TextureView(&kept.overlay.view),
                    },
                    wgpu::BindGroupEntry { binding: 3, resource: wgpu::BindingResource::Sampler(&pipelines.sampler) },
                ],
            })
        };
        self.groups = Some([group(&kept.front), group(&kept.back)]);
    }

    /// Says what is shown from now on: the view that the drawing's picture was drawn for (the back's if that one is
    /// shown), and the overlay's where there is any.
    pub fn show(&mut self, queue: &wgpu::Queue, view: &View, drawing: &View, from_back: bool, overlay: Option<&View>) {
        self.shows_back = from_back;
        let [scale, x, y] = placed(view, drawing);
        let [overlay_scale, overlay_x, overlay_y] = match overlay {
            Some(drawn_for) => placed(view, drawn_for),
            None => [1.0, 0.0, 0.0],
        };
        let [red, green, blue, alpha] = premultiplied(view.background);
        let floats = [scale, scale, x, y, overlay_scale, overlay_scale, overlay_x, overlay_y, red, green, blue, alpha];
        let mut words = [0; 16];
        for (word, float) in words.iter_mut().zip(floats) {
            *word = float.to_bits();
        }
        words[12] = u32::from(overlay.is_some());
        if self.written != Some(words) {
            queue.write_buffer(&self.uniform, 0, bytemuck::cast_slice(&words));
            self.written = Some(words);
        }
    }

    /// Whether it has textures.
    pub fn is_bound(&self) -> bool {
        self.groups.is_some()
    }

    /// Shows nothing until told what.
    pub fn unbind(&mut self) {
        self.groups = None;
    }

    pub fn paint(&self, pass: &mut wgpu::RenderPass<'_>, pipeline: &wgpu::RenderPipeline) {
        let Some([front, back]) = &self.groups else { return };
        pass.set_pipeline(pipeline);
        pass.set_bind_group(0, if self.shows_back { back } else { front }, &[]);
        pass.draw(0..3, 0..1);
    }
}

/// Where a picture that was drawn for another view of the same size stands in this one: a place in the picture is a
/// place in the view times the first plus the other two, all 0 to 1 from the upper left corner.
fn placed(view: &View, drawn_for: &View) -> [f32; 3] {
    if view.center == drawn_for.center && view.units_per_px == drawn_for.units_per_px {
        // Exactly, so that the sampler has nothing to blend.
        return [1.0, 0.0, 0.0];
    }
    let corner = drawn_for.to_px(view.to_units(Point::ORIGIN));
    let [width, height] = drawn_for.size_px.map(f64::from);
    [view.units_per_px / drawn_for.units_per_px, corner.x / width, corner.y / height].map(|number| number as f32)
}

#[cfg(test)]
mod tests {
    use geometry::{Rect, Vec2};

    use super::*;

    #[test]
    fn an_older_picture_is_moved_and_scaled() {
        let old = View { units_per_px: 1.0, ..View::of_bounds(Rect::new(0.0, 0.0, 100.0, 100.0), [100, 100]) };
        for (name, view, expect) in [
            ("same", old, [1.0, 0.0, 0.0]),
            ("looking east", View { center: old.center + Vec2::new(25.0, 0.0), ..old }, [1.0, 0.25, 0.0]),
            ("looking north", View { center: old.center + Vec2::new(0.0, 25.0), ..old }, [1.0, 0.0, -0.25]),
            ("closer", View { units_per_px: 0.5, ..old }, [0.5, 0.25, 0.25]),
        ] {
            assert_eq!(placed(&view, &old), expect, "{name}");
        }
    }
}
