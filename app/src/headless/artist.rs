//! Draws a space of a drawing into a picture; a sheet with what its frames show of model space.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use anyhow::Context as _;
use drawing::{BlockId, Drawing, Shape, Window};
use geometry::{Point, Rect, Vec2};
use image::{Rgba, RgbaImage};
use render::{Headless, View};
use scene::{Band, ChunkId, ChunkMesh, Scene, SceneOptions, Theme, Visibility};

/// What all parts of a picture are drawn with.
pub struct Artist<'d> {
    /// The drawing.
    pub drawing: &'d Drawing,
    /// How texts are drawn.
    pub options: SceneOptions,
    /// Which colours are drawn.
    pub theme: Theme,
    /// What draws.
    pub device: Headless,
}

impl Artist<'_> {
    /// The scene of a space.
    pub fn scene(&self, space: BlockId) -> Scene {
        Scene::new(self.drawing, space, self.options.clone())
    }

    /// What a view shows of a space: of a sheet, first what is seen in its frames, then what is drawn on it.
    pub fn draw(&self, scene: &Scene, view: &View) -> anyhow::Result<RgbaImage> {
        let frames: Vec<(Rect, &Window)> = self.drawing.entities_of(scene.space()).filter_map(frame).collect();
        let model = self.drawing.model_space().filter(|model| *model != scene.space());
        let (Some(model), false) = (model, frames.is_empty()) else {
            return self.draw_space(scene, &Visibility::default(), view);
        };
        let [width, height] = view.size_px;
        let ground = view.background.map(|channel| (channel * 255.0).round() as u8);
        let mut sheet = RgbaImage::from_pixel(width, height, Rgba(ground));
        let model = self.scene(model);
        for (frame, window) in frames {
            let Some((at, inside)) = view_through(view, frame, window) else { continue };
            let seen = self.draw_space(&model, &self.seen_through(window), &inside)?;
            image::imageops::replace(&mut sheet, &seen, at[0].into(), at[1].into());
        }
        let clear = View { background: [0.0; 4], ..*view };
        let above = self.draw_space(scene, &Visibility::default(), &clear)?;
        image::imageops::overlay(&mut sheet, &above, 0, 0);
        Ok(sheet)
    }

    fn draw_space(&self, scene: &Scene, visibility: &Visibility, view: &View) -> anyhow::Result<RgbaImage> {
        let chunks = meshes(scene, self.drawing, view);
        let picture = self.device.picture(chunks, &scene.paint(self.drawing, visibility, self.theme), view)?;
        RgbaImage::from_raw(picture.width, picture.height, picture.rgba)
            .context("the picture has not the size that it says")
    }

    /// Which layers are seen in a frame.
    fn seen_through(&self, window: &Window) -> Visibility {
        let frozen = |layer: &&drawing::Layer| layer.handle.is_some_and(|handle| window.frozen.contains(&handle));
        Visibility { layers: self.drawing.layers().filter(frozen).map(|layer| (layer.id, false)).collect() }
    }
}

/// The frame of an entity that shows model space, and what it shows.
fn frame(entity: &drawing::Entity) -> Option<(Rect, &Window)> {
    let Shape::Opaque(opaque) = &entity.shape else { return None };
    let frame = opaque.extents.filter(|frame| frame.width() > 0.0 && frame.height() > 0.0)?;
    opaque.window.as_ref().filter(|_| entity.style.visible).map(|window| (frame, window))
}

/// Where in a view's picture the seen part of a frame begins, from the upper left corner, and the view of model space
/// that goes there; none if the frame is not in sight.
fn view_through(view: &View, frame: Rect, window: &Window) -> Option<([u32; 2], View)> {
    let (upper_left, lower_right) =
        (view.to_px(Point::new(frame.x0, frame.y1)), view.to_px(Point::new(frame.x1, frame.y0)));
    // A float cast to an integer saturates, so what lies far outside stays outside.
    let cut = |at: f64, side: u32| (at.round() as i64).clamp(0, i64::from(side)) as u32;
    let [width, height] = view.size_px;
    let (x0, y0) = (cut(upper_left.x, width), cut(upper_left.y, height));
    let (x1, y1) = (cut(lower_right.x, width), cut(lower_right.y, height));
    if x1 <= x0 || y1 <= y0 {
        return None;
    }
    let units_per_px = window.height * view.units_per_px / frame.height();
    let middle = upper_left.midpoint(lower_right);
    let seen_middle = Point::new(f64::from(x0 + x1) / 2.0, f64::from(y0 + y1) / 2.0);
    let off = seen_middle - middle;
    let center = window.center + Vec2::new(off.x, -off.y) * units_per_px;
    Some(([x0, y0], View { center, units_per_px, size_px: [x1 - x0, y1 - y0], ..*view }))
}

/// The meshes of all that the view shows, made by as many threads as there are processors.
fn meshes(scene: &Scene, drawing: &Drawing, view: &View) -> Vec<(ChunkId, ChunkMesh)> {
    let visible = view.visible();
    let shown = |id: &ChunkId| scene.chunk_bounds(*id).is_some_and(|bounds| bounds.overlaps(visible));
    let wanted: Vec<ChunkId> = scene.chunks().filter(shown).collect();
    let band = Band::of(1.0 / view.units_per_px);
    let next = AtomicUsize::new(0);
    let done = Mutex::new(Vec::with_capacity(wanted.len()));
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(wanted.len());
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some(id) = wanted.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let mesh = scene.tessellate(drawing, *id, band);
                    done.lock().unwrap_or_else(PoisonError::into_inner).push((*id, mesh));
                }
            });
        }
    });
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_unstable_by_key(|(id, _)| *id);
    done
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_shows_its_window() {
        let sheet = View { units_per_px: 1.0, ..View::of_bounds(Rect::new(0.0, 0.0, 200.0, 100.0), [200, 100]) };
        let window = Window { center: Point::new(1000.0, 500.0), height: 500.0, frozen: Vec::new() };
        let check = |frame: Rect, expect: Option<([u32; 2], [u32; 2], Point)>| {
            let seen = view_through(&sheet, frame, &window);
            assert_eq!(seen.map(|(at, view)| (at, view.size_px, view.center)), expect, "{frame:?}");
            assert!(seen.is_none_or(|(_, view)| view.units_per_px == 500.0 / frame.height()));
        };
        check(Rect::new(10.0, 20.0, 110.0, 70.0), Some(([10, 30], [100, 50], window.center)));
        // The left half is out of sight, so the middle of what is seen is a quarter of the frame to the right.
        check(Rect::new(-50.0, 20.0, 50.0, 70.0), Some(([0, 30], [50, 50], Point::new(1250.0, 500.0))));
        check(Rect::new(10.0, 80.0, 110.0, 130.0), Some(([10, 0], [100, 20], Point::new(1000.0, 350.0))));
        check(Rect::new(300.0, 0.0, 400.0, 50.0), None);
    }
}
