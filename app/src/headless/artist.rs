//! Draws a space of a drawing into a picture; a sheet with what its frames show of model space.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use anyhow::Context as _;
use drawing::{BlockId, Drawing};
use image::{Rgba, RgbaImage};
use render::{Headless, Renderer, View};
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

/// A picture, and what is missing in it.
pub struct Drawn {
    /// The picture.
    pub image: RgbaImage,
    /// How many things were too much to draw.
    pub left_out: u64,
    /// How many frames of a sheet were too many.
    pub frames_left_out: usize,
}

/// A space with what is on the GPU of it.
struct Easel<'s> {
    scene: &'s Scene,
    renderer: Renderer,
    /// What each chunk is flattened for, and how many things of it were left out.
    chunks: BTreeMap<ChunkId, (Band, u32)>,
}

impl Artist<'_> {
    /// The scene of a space.
    pub fn scene(&self, space: BlockId) -> Scene {
        Scene::new(self.drawing, space, self.options.clone())
    }

    /// What a view shows of a space: of a sheet, first what is seen in its frames, then what is drawn on it.
    pub fn draw(&self, scene: &Scene, view: &View) -> anyhow::Result<Drawn> {
        let frames = scene.frames(self.drawing);
        let model = self.drawing.model_space().filter(|model| *model != scene.space());
        let mut own = self.easel(scene)?;
        let (Some(model), false) = (model, frames.shown.is_empty()) else {
            let image = self.draw_space(&mut own, &Visibility::default(), view)?;
            return Ok(Drawn { image, left_out: own.left_out(), frames_left_out: 0 });
        };
        let [width, height] = view.size_px;
        let ground = view.background.map(|channel| (channel * 255.0).round() as u8);
        let mut sheet = RgbaImage::from_pixel(width, height, Rgba(ground));
        let model = self.scene(model);
        let mut model = self.easel(&model)?;
        for frame in &frames.shown {
            let window = &frame.window;
            let Some((at, inside)) = view.through(frame.rect, window.center, window.height) else { continue };
            let visibility = Visibility::default().through(self.drawing, window);
            let seen = self.draw_space(&mut model, &visibility, &inside)?;
            image::imageops::replace(&mut sheet, &seen, at[0], at[1]);
        }
        let clear = View { background: [0.0; 4], ..*view };
        let above = self.draw_space(&mut own, &Visibility::default(), &clear)?;
        image::imageops::overlay(&mut sheet, &above, 0, 0);
        let left_out = own.left_out() + model.left_out();
        Ok(Drawn { image: sheet, left_out, frames_left_out: frames.left_out })
    }

    fn easel<'s>(&self, scene: &'s Scene) -> anyhow::Result<Easel<'s>> {
        Ok(Easel { scene, renderer: self.device.renderer()?, chunks: BTreeMap::new() })
    }

    fn draw_space(&self, easel: &mut Easel<'_>, visibility: &Visibility, view: &View) -> anyhow::Result<RgbaImage> {
        let (device, queue) = (&self.device.device, &self.device.queue);
        let band = Band::of(1.0 / view.units_per_px);
        for (id, mesh) in meshes(easel, self.drawing, view, band) {
            easel.chunks.insert(id, (band, mesh.left_out));
            easel.renderer.upload(device, queue, id, &mesh)?;
        }
        easel.renderer.set_styles(device, queue, &easel.scene.paint(self.drawing, visibility, self.theme));
        let picture = self.device.picture_of(&mut easel.renderer, view)?;
        RgbaImage::from_raw(picture.width, picture.height, picture.rgba)
            .context("the picture has not the size that it says")
    }
}

impl Easel<'_> {
    fn left_out(&self) -> u64 {
        self.chunks.values().map(|(_, left_out)| u64::from(*left_out)).sum()
    }
}

/// The meshes of all that the view shows and that are not there yet, made by as many threads as there are processors.
fn meshes(easel: &Easel<'_>, drawing: &Drawing, view: &View, band: Band) -> Vec<(ChunkId, ChunkMesh)> {
    let (scene, visible) = (easel.scene, view.visible());
    let shown = |id: &ChunkId| {
        scene.chunk_bounds(*id).is_some_and(|bounds| bounds.overlaps(visible))
            && easel.chunks.get(id).is_none_or(|(there, _)| *there != band)
    };
    let wanted: Vec<ChunkId> = scene.chunks().filter(shown).collect();
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
