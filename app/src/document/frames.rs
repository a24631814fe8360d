//! What the frames of a sheet show of model space: one scene and one set of chunks, seen by a renderer for each frame.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use drawing::{BlockId, Drawing, EntityId, Handle, RecordId, Rect};
use render::{Renderer, View};
use scene::{Background, Frame, Theme, Visibility};

use super::picture::Picture;
use super::studio::{Studio, lock};

/// Pixels of all frames together, in times those of the canvas: frames that cover one another end somewhere.
const CANVASES_MAX: u64 = 4;

/// A frame on the canvas.
pub struct FrameShown {
    /// What draws it.
    pub renderer: Arc<Mutex<Renderer>>,
    /// What it shows.
    pub view: View,
    /// Where it begins, pixels from the upper left corner of the canvas.
    pub at: [i64; 2],
}

/// A frame that is in sight.
struct Seen {
    renderer: Arc<Mutex<Renderer>>,
    /// What its table of styles was made for.
    painted: Option<(u64, Vec<Handle>)>,
}

/// Model space as the frames of a sheet show it.
pub struct Frames {
    /// Its renderer holds the chunks and draws nothing itself.
    model: Picture,
    seen: BTreeMap<EntityId, Seen>,
    /// Goes up whenever tables of styles are to be made again.
    look: u64,
}

impl Frames {
    /// Begins with model space; `renderer` is that of the sheet.
    pub fn new(studio: Studio, renderer: &Mutex<Renderer>, drawing: &Drawing, model: BlockId) -> Frames {
        let store = studio.gpu.as_ref().map(|gpu| lock(renderer).sibling(&gpu.device, &gpu.queue));
        let mut model_picture = Picture::with_renderer(studio, store);
        model_picture.build(drawing, model);
        Frames { model: model_picture, seen: BTreeMap::new(), look: 0 }
    }

    /// Follows a drawing in which these records changed.
    pub fn update(&mut self, drawing: &Drawing, changed: &std::collections::BTreeSet<RecordId>) {
        self.model.update(drawing, changed);
    }

    /// Takes in what workers made.
    pub fn receive(&mut self, drawing: &Drawing) {
        self.model.receive(drawing);
    }

    /// The tables of styles are out of date.
    pub fn repaint(&mut self) {
        self.look += 1;
    }

    /// Whether workers are still at it.
    pub fn is_busy(&self) -> bool {
        self.model.is_busy()
    }

    /// Things that were too much to draw.
    pub fn left_out(&self) -> u64 {
        self.model.left_out()
    }

    /// The frames that are in sight, ready to be painted below the sheet.
    pub fn show(
        &mut self,
        drawing: &Drawing,
        visibility: &Visibility,
        background: Background,
        frames: &[Frame],
        sheet: &View,
    ) -> Vec<FrameShown> {
        let canvas = |view: &View| u64::from(view.size_px[0]) * u64::from(view.size_px[1]);
        let mut left = canvas(sheet) * CANVASES_MAX;
        let mut in_sight: Vec<(&Frame, [i64; 2], View)> = Vec::new();
        for frame in frames {
            let Some((at, view)) = sheet.through(frame.rect, frame.window.center, frame.window.height) else {
                continue;
            };
            if canvas(&view) <= left {
                left -= canvas(&view);
                in_sight.push((frame, at, view));
            }
        }
        let views: Vec<(Rect, f64)> =
            in_sight.iter().map(|(_, _, view)| (view.visible(), 1.0 / view.units_per_px)).collect();
        self.model.keep_up_for(drawing, &views);
        self.look += u64::from(self.model.take_paint_due());
        self.seen.retain(|id, _| in_sight.iter().any(|(frame, ..)| frame.id == *id));
        let (Some(gpu), Some(store), Some(scene)) = (self.model.gpu(), &self.model.renderer, self.model.scene()) else {
            return Vec::new();
        };
        let store = lock(store);
        let mut shown = Vec::with_capacity(in_sight.len());
        for (frame, at, view) in in_sight {
            let fresh =
                || Seen { renderer: Arc::new(Mutex::new(store.sibling(&gpu.device, &gpu.queue))), painted: None };
            let seen = self.seen.entry(frame.id).or_insert_with(fresh);
            let mut renderer = lock(&seen.renderer);
            renderer.show_chunks_of(&store);
            let look = (self.look, frame.window.frozen.clone());
            if seen.painted.as_ref() != Some(&look) {
                let visibility = visibility.through(drawing, &frame.window);
                let styles = scene.paint(drawing, &visibility, Theme { background, ink: false });
                renderer.set_styles(&gpu.device, &gpu.queue, &styles);
                seen.painted = Some(look);
            }
            shown.push(FrameShown { renderer: seen.renderer.clone(), view, at });
        }
        shown
    }
}
