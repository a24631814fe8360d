//! The drawing as triangles and lines: a scene, kept up by worker threads, and the renderer that shows it.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use drawing::{BlockId, Drawing, DrawingHash, EntityId, Point, RecordId, Rect};
use render::{Budget, OverlayPaint, PackedChunk, Renderer, View};
use scene::{Background, Band, ChunkId, Dirty, PaintStyle, Scene, SceneOptions, TextMode, Visibility};

use super::frames::{FrameShown, Frames};
use super::outlines::{Outlines, Wanted};
use super::overlays::{Cover, OVERLAY_MAX, Of, Overlays};
use super::put::Guest;
use super::store::Store;
use super::studio::{Gpu, Studio, lock};
use crate::canvas::lift::lifted;
use crate::link::Wake;

/// What workers send back.
enum Made {
    Scene { number: u64, scene: Box<Scene> },
    Chunk { number: u64, id: ChunkId, packed: Box<PackedChunk>, left_out: u32 },
    Outline { asked: u64, place: u32, chunk: ChunkId, packed: Box<PackedChunk> },
}

/// How long chunks of the first picture wait for one another: drawing them a few at a time takes longer.
const HELD_MAX: Duration = Duration::from_millis(500);
/// A first picture may take so many times as much a frame: nobody works in it yet, and each frame costs by itself.
const FIRST_BUDGET: u64 = 4;

/// The picture of one space of one drawing.
pub struct Picture {
    studio: Studio,
    /// The renderer; shared with the callback that paints.
    pub renderer: Option<Arc<Mutex<Renderer>>>,
    /// How much is drawn a frame.
    budget: Budget,
    scene: Option<Scene>,
    /// What the scene was begun for before its drawing came through the room.
    begun: Option<(DrawingHash, BlockId)>,
    /// The scene that is being built, if one is.
    building: Option<u64>,
    /// What changed while it was being built.
    missed: BTreeSet<RecordId>,
    /// The finest that is looked at.
    band: Band,
    /// What is looked at, and for which zoom.
    views: Vec<(Rect, Band)>,
    pub(super) store: Store,
    pending: BTreeSet<ChunkId>,
    /// Chunks that workers have not finished.
    unfinished: Arc<AtomicUsize>,
    /// When the scene came whose first chunks wait for one another.
    held_since: Option<Instant>,
    overlays: Overlays,
    outlines: Outlines,
    /// Goes up when other entities are in some chunk than before, or look otherwise.
    layout: u64,
    /// How often a chunk was given to be tessellated.
    pub chunks_given: u64,
    paint_due: bool,
    /// The background that colours are lifted from, if they are.
    lifted_from: Option<egui::Color32>,
    /// The table of styles that was last set.
    styles: Vec<PaintStyle>,
    next: u64,
    made: Receiver<Made>,
    sender: Sender<Made>,
    isolated: Option<BTreeSet<EntityId>>,
    /// What the frames of a sheet show, where there are any.
    frames: Option<Box<Frames>>,
    /// How many things were said to be left out.
    left_out_told: u64,
    /// Whether all of it was on the screen once.
    shown_whole: Arc<AtomicBool>,
    /// Why nothing is drawn, in words.
    pub trouble: Option<String>,
}

impl Picture {
    /// A picture of nothing yet.
    pub fn new(studio: Studio) -> Picture {
        let mut trouble = None;
        let renderer = studio.gpu.as_ref().and_then(|gpu| match Renderer::new(&gpu.device, &gpu.queue, gpu.format) {
            Ok(renderer) => Some(renderer),
            Err(error) => {
                trouble = Some(error.to_string());
                None
            }
        });
        Picture { trouble, ..Picture::with_renderer(studio, renderer) }
    }

    /// The same with a renderer that is there, or without any.
    pub fn with_renderer(studio: Studio, renderer: Option<Renderer>) -> Picture {
        let (sender, made) = channel();
        let renderer = renderer.map(|renderer| Arc::new(Mutex::new(renderer)));
        Picture {
            budget: studio.gpu.as_ref().map_or(Budget::ALL, |gpu| Budget::of(&gpu.device)),
            renderer,
            studio,
            scene: None,
            begun: None,
            building: None,
            missed: BTreeSet::new(),
            band: Band::of(1.0),
            views: Vec::new(),
            store: Store::default(),
            pending: BTreeSet::new(),
            unfinished: Arc::default(),
            held_since: None,
            overlays: Overlays::default(),
            outlines: Outlines::default(),
            layout: 0,
            chunks_given: 0,
            paint_due: true,
            lifted_from: None,
            styles: Vec::new(),
            next: 0,
            made,
            sender,
            isolated: None,
            frames: None,
            left_out_told: 0,
            shown_whole: Arc::default(),
            trouble: None,
        }
    }

    /// The scene, once it is built: for picking and snapping.
    pub fn scene(&self) -> Option<&Scene> {
        self.scene.as_ref()
    }

    /// What wakes the window.
    pub fn wake(&self) -> Wake {
        self.studio.wake.clone()
    }

    /// Whether workers are still at it.
    pub fn is_busy(&self) -> bool {
        let own = self.building.is_some() || !self.pending.is_empty();
        own || self.frames.as_ref().is_some_and(|frames| frames.is_busy())
    }

    /// The graphics device.
    pub fn gpu(&self) -> Option<&Gpu> {
        self.studio.gpu.as_ref()
    }

    /// Things that were too much to draw.
    pub fn left_out(&self) -> u64 {
        self.store.left_out() + self.frames.as_ref().map_or(0, |frames| frames.left_out())
    }

    /// How many things were too much to draw, if there are more than were told of before.
    pub fn left_out_news(&mut self) -> Option<u64> {
        let left_out = if self.is_busy() { 0 } else { self.left_out() };
        let is_news = left_out > self.left_out_told;
        self.left_out_told = self.left_out_told.max(left_out);
        is_news.then_some(left_out)
    }

    /// Whether the whole drawing was painted at least once.
    pub fn is_shown_whole(&self) -> bool {
        self.shown_whole.load(Ordering::Relaxed)
    }

    /// What to set once this frame's picture is finished; none while parts of it are still being made.
    pub fn shown_whole_once_painted(&self) -> Option<Arc<AtomicBool>> {
        (self.scene.is_some() && !self.is_busy()).then(|| self.shown_whole.clone())
    }

    /// How much is drawn a frame.
    pub fn budget(&self) -> Budget {
        let times = if self.is_shown_whole() { 1 } else { FIRST_BUDGET };
        Budget { strokes: self.budget.strokes.saturating_mul(times) }
    }

    /// Begins with the model space of a drawing that is still on its way through the room.
    pub fn begin(&mut self, drawing: &Drawing) {
        if let Some(space) = drawing.model_space() {
            self.build(drawing, space);
            self.begun = Some((drawing.hash(), space));
        }
    }

    /// Builds the scene of a space anew, on a worker.
    pub fn build(&mut self, drawing: &Drawing, space: BlockId) {
        if self.begun.take() == Some((drawing.hash(), space)) {
            return;
        }
        self.frames = None;
        self.left_out_told = 0;
        self.next += 1;
        let number = self.next;
        self.building = Some(number);
        self.missed.clear();
        let options = SceneOptions { text: TextMode::Drawn, fonts: self.studio.fonts.clone(), frames: true };
        let (drawing, sender, wake) = (drawing.clone(), self.sender.clone(), self.studio.wake.clone());
        self.studio.pool.give(move || {
            let scene = Box::new(Scene::new(&drawing, space, options));
            // Where the document is closed meanwhile, nobody waits for it.
            let _ = sender.send(Made::Scene { number, scene });
            wake();
        });
    }

    /// Forgets what is shown: another space comes.
    pub fn leave(&mut self) {
        self.scene = None;
        self.frames = None;
        self.store.clear();
        self.pending.clear();
        self.overlays.clear();
        self.outlines.clear();
        if let Some(renderer) = &self.renderer {
            lock(renderer).clear();
        }
    }

    /// The scene of a small drawing of its own, such as what is about to be pasted.
    pub fn scene_of(&self, drawing: &Drawing, space: BlockId) -> Scene {
        let options = SceneOptions { text: TextMode::Drawn, fonts: self.studio.fonts.clone(), frames: true };
        Scene::new(drawing, space, options)
    }

    /// Follows a drawing in which these records changed.
    pub fn update(&mut self, drawing: &Drawing, changed: &BTreeSet<RecordId>) {
        if self.building.is_some() {
            self.missed.extend(changed);
        }
        if let Some(frames) = &mut self.frames {
            frames.update(drawing, changed);
        }
        if let Some(scene) = &mut self.scene {
            let dirty = scene.update(drawing, changed);
            self.take(drawing, dirty);
        }
    }

    /// Shows these alone, or all again.
    pub fn isolate(&mut self, drawing: &Drawing, only: Option<BTreeSet<EntityId>>) {
        self.isolated = only.clone();
        if let Some(scene) = &mut self.scene {
            let dirty = scene.isolate(only);
            self.take(drawing, dirty);
        }
    }

    /// Has colours that this background swallows lifted, or shows all as they are.
    pub fn lift(&mut self, background: Option<egui::Color32>) {
        self.paint_due |= self.lifted_from != background;
        self.lifted_from = background;
    }

    /// The table of styles is out of date: a layer was hidden, the theme changed.
    pub fn repaint(&mut self) {
        self.paint_due = true;
        if let Some(frames) = &mut self.frames {
            frames.repaint();
        }
    }

    /// Whether the table of styles was out of date: whoever asks brings it up to date.
    pub fn take_paint_due(&mut self) -> bool {
        self.scene.is_some() && std::mem::take(&mut self.paint_due)
    }

    fn take(&mut self, drawing: &Drawing, dirty: Dirty) {
        self.layout += u64::from(!dirty.chunks.is_empty());
        self.paint_due |= dirty.paint;
        for id in dirty.chunks {
            let bounds = self.scene.as_ref().and_then(|scene| scene.chunk_bounds(id));
            // What was put aside for want of room comes again when it is seen.
            if let Some(bounds) = bounds {
                self.tessellate(drawing, id, self.band_for(bounds).unwrap_or(self.band));
            } else {
                self.pending.remove(&id);
                self.drop_chunk(id);
            }
        }
    }

    fn drop_chunk(&mut self, id: ChunkId) {
        self.store.remove(id);
        if let Some(renderer) = &self.renderer {
            lock(renderer).remove(id);
        }
    }

    /// The finest zoom at which something in this rectangle is looked at; none if it is out of sight.
    fn band_for(&self, bounds: Rect) -> Option<Band> {
        self.views.iter().filter(|(seen, _)| overlaps(bounds, *seen)).map(|(_, band)| *band).max()
    }

    fn tessellate(&mut self, drawing: &Drawing, id: ChunkId, band: Band) {
        let Some(job) = self.scene.as_ref().and_then(|scene| scene.job(id)) else { return };
        self.next += 1;
        let number = self.next;
        self.store.begin(id, number, band);
        self.chunks_given += 1;
        self.pending.insert(id);
        let (drawing, sender) = (drawing.clone(), self.sender.clone());
        let (wake, wake_soon) = (self.studio.wake.clone(), self.studio.wake_soon.clone());
        self.unfinished.fetch_add(1, Ordering::Relaxed);
        let unfinished = self.unfinished.clone();
        self.studio.pool.give(move || {
            let mesh = job.tessellate(&drawing, band);
            let (packed, left_out) = (Box::new(PackedChunk::new(&mesh)), mesh.left_out);
            // As above: a closed document waits for nothing.
            let _ = sender.send(Made::Chunk { number, id, packed, left_out });
            // A frame for each of many would take longer than they do.
            if unfinished.fetch_sub(1, Ordering::AcqRel) == 1 { wake() } else { wake_soon() }
        });
    }

    /// Takes in what workers made. Whether a scene arrived.
    pub fn receive(&mut self, drawing: &Drawing) -> bool {
        let mut arrived = false;
        if let Some(frames) = &mut self.frames {
            frames.receive(drawing);
        }
        let is_held = self.held_since.is_some_and(|since| since.elapsed() < HELD_MAX)
            && !self.is_shown_whole()
            && self.unfinished.load(Ordering::Acquire) > 0;
        if self.begun.is_some() || is_held {
            return arrived;
        }
        while let Ok(made) = self.made.try_recv() {
            match made {
                Made::Scene { number, scene } if self.building == Some(number) => {
                    self.take_scene(drawing, *scene);
                    arrived = true;
                }
                Made::Chunk { number, id, packed, left_out }
                    if self.store.come(id, number, packed.bytes(), left_out) =>
                {
                    self.pending.remove(&id);
                    self.upload(id, &packed);
                }
                Made::Outline { asked, place, chunk, packed } => self.take_outline(asked, place, chunk, &packed),
                // Made of something that has changed since.
                Made::Scene { .. } | Made::Chunk { .. } => {}
            }
        }
        arrived
    }

    fn take_scene(&mut self, drawing: &Drawing, mut scene: Scene) {
        self.building = None;
        let missed = std::mem::take(&mut self.missed);
        scene.update(drawing, &missed);
        if self.isolated.is_some() {
            scene.isolate(self.isolated.clone());
        }
        if let Some(renderer) = &self.renderer {
            lock(renderer).clear();
        }
        self.store.clear();
        self.pending.clear();
        self.overlays.clear();
        self.outlines.clear();
        self.paint_due = true;
        self.held_since = Some(Instant::now());
        self.scene = Some(scene);
    }

    fn upload(&mut self, id: ChunkId, packed: &PackedChunk) {
        if let (Some(gpu), Some(renderer)) = (&self.studio.gpu, &self.renderer) {
            let uploaded = lock(renderer).upload_packed(&gpu.device, &gpu.queue, id, packed);
            self.trouble = uploaded.err().map(|error| error.to_string());
        }
    }

    fn take_outline(&mut self, asked: u64, place: u32, chunk: ChunkId, packed: &PackedChunk) {
        let (Some(gpu), Some(renderer)) = (&self.studio.gpu, &self.renderer) else { return };
        // What is selected may be something else by now.
        let Some((id, paint)) = self.outlines.come(place, chunk, asked) else { return };
        let outlined = lock(renderer).outline_packed(&gpu.device, &gpu.queue, id, packed, paint);
        self.trouble = outlined.err().map(|error| error.to_string());
    }

    /// Has everything that is seen tessellated finely enough for this zoom, nearest the middle first, and brings the
    /// table of styles up to date.
    pub fn keep_up(
        &mut self,
        drawing: &Drawing,
        visibility: &Visibility,
        background: Background,
        seen: Rect,
        px_per_unit: f64,
    ) {
        self.keep_up_for(drawing, &[(seen, px_per_unit)]);
        let Some(scene) = &self.scene else { return };
        if self.paint_due {
            self.paint_due = false;
            self.styles = scene.paint(drawing, visibility, scene::Theme { background, ink: false });
            if let Some(background) = self.lifted_from {
                self.styles.iter_mut().for_each(|style| style.color = lifted(style.color, background));
            }
            if let (Some(gpu), Some(renderer)) = (&self.studio.gpu, &self.renderer) {
                lock(renderer).set_styles(&gpu.device, &gpu.queue, &self.styles);
            }
        }
    }

    /// Has everything that is seen in any of these views tessellated finely enough for its zoom, pixels a drawing unit;
    /// nearest the middle of the first one first. What is out of sight goes where there is no room for it.
    pub fn keep_up_for(&mut self, drawing: &Drawing, views: &[(Rect, f64)]) {
        self.views = views.iter().map(|(seen, px_per_unit)| (*seen, Band::of(*px_per_unit))).collect();
        let Some(scene) = &self.scene else { return };
        self.band = self.views.iter().map(|(_, band)| *band).max().unwrap_or(self.band);
        let coarsest = self.views.iter().map(|(_, band)| *band).min().unwrap_or(self.band);
        let (is_over, has_room) = (self.store.is_over(), self.store.has_room());
        self.store.begin_frame();
        let mut wanted: Vec<(ChunkId, Rect, Band)> = Vec::new();
        for (id, bounds) in scene.chunks().filter_map(|id| Some((id, scene.chunk_bounds(id)?))) {
            let needed = self.views.iter().filter(|(seen, _)| overlaps(bounds, *seen)).map(|(_, band)| *band).max();
            if needed.is_some() {
                self.store.see(id);
            }
            let is_wanted = match (self.store.band(id), needed) {
                (None, _) => needed.is_some() || has_room,
                (Some(band), Some(needed)) => {
                    (band < needed || (is_over && band > needed)) && !self.pending.contains(&id)
                }
                (Some(_), None) => false,
            };
            if is_wanted {
                wanted.push((id, bounds, needed.unwrap_or(coarsest)));
            }
        }
        for id in self.store.to_drop() {
            if !self.pending.contains(&id) {
                self.drop_chunk(id);
            }
        }
        let middle = views.first().map_or(Point::ZERO, |(seen, _)| seen.center());
        let far = |rect: &Rect| (rect.center() - middle).hypot2();
        wanted.sort_by(|a, b| far(&a.1).total_cmp(&far(&b.1)));
        for (id, _, band) in wanted {
            self.tessellate(drawing, id, band);
        }
    }

    /// What the frames of the sheet show on a canvas with this view, to be painted below it; nothing in model space.
    pub fn frames(
        &mut self,
        drawing: &Drawing,
        visibility: &Visibility,
        background: Background,
        sheet: &View,
    ) -> Vec<FrameShown> {
        let (Some(scene), Some(renderer)) = (&self.scene, &self.renderer) else { return Vec::new() };
        let model = drawing.model_space().filter(|model| *model != scene.space());
        let shown = if model.is_some() { scene.frames(drawing).shown } else { Vec::new() };
        let (Some(model), false) = (model, shown.is_empty()) else {
            self.frames = None;
            return Vec::new();
        };
        let begin = || Box::new(Frames::new(self.studio.clone(), renderer, drawing, model));
        self.frames.get_or_insert_with(begin).show(drawing, visibility, background, &shown, sheet)
    }

    /// Shows entities over the picture, in this paint; nothing where there are none.
    pub fn overlay(
        &mut self,
        drawing: &Drawing,
        place: u32,
        ids: &[EntityId],
        revision: u64,
        paint: (OverlayPaint, Cover),
    ) {
        let (Some(scene), Some(gpu), Some(renderer)) = (&self.scene, &self.studio.gpu, &self.renderer) else { return };
        let of = Of { scene, drawing, ids, revision, band: self.band };
        if let Some(shown) = self.overlays.show(gpu, &mut lock(renderer), place, of, &self.styles, paint) {
            self.trouble = shown.err().map(|error| error.to_string());
        }
    }

    /// Outlines entities over the picture, all of them: few one by one, many by the chunk.
    pub fn outline(
        &mut self,
        drawing: &Drawing,
        place: u32,
        ids: &Arc<[EntityId]>,
        revision: u64,
        paint: OverlayPaint,
    ) {
        let are_few = ids.len() <= OVERLAY_MAX;
        self.overlay(drawing, place, if are_few { ids } else { &[] }, revision, (paint, Cover::Around));
        let (Some(scene), Some(renderer)) = (&self.scene, &self.renderer) else { return };
        let mut shown = lock(renderer);
        if are_few {
            return self.outlines.take_down(&mut shown, place);
        }
        let wanted = self.outlines.show(&mut shown, (scene, &self.store), place, (ids, self.layout), paint);
        drop(shown);
        for Wanted { place, chunk, asked, ids } in wanted {
            let (job, band) = (scene.job_of_some(&ids), self.store.band(chunk).unwrap_or(self.band));
            let (drawing, sender) = (drawing.clone(), self.sender.clone());
            let (wake, wake_soon) = (self.studio.wake.clone(), self.studio.wake_soon.clone());
            self.unfinished.fetch_add(1, Ordering::Relaxed);
            let unfinished = self.unfinished.clone();
            self.studio.pool.give(move || {
                let packed = Box::new(PackedChunk::new(&job.tessellate(&drawing, band)));
                // As above: a closed document waits for nothing.
                let _ = sender.send(Made::Outline { asked, place, chunk, packed });
                if unfinished.fetch_sub(1, Ordering::AcqRel) == 1 { wake() } else { wake_soon() }
            });
        }
    }

    /// How many entities are outlined by the chunk, and how often that was looked at entity by entity.
    pub fn outlined(&self) -> (usize, u64) {
        let count = self.scene.as_ref().map_or(0, |scene| self.outlines.count(scene));
        (count, self.outlines.grouped())
    }

    /// Shows what is about to be pasted over the picture.
    pub fn overlay_guest(&mut self, place: u32, guest: &Guest, paint: OverlayPaint) {
        let (Some(gpu), Some(renderer)) = (&self.studio.gpu, &self.renderer) else { return };
        let Guest { scene, drawing, ids, number, .. } = guest;
        let of = Of { scene, drawing, ids, revision: *number, band: self.band };
        let paint = (paint, Cover::Whole);
        if let Some(shown) = self.overlays.show(gpu, &mut lock(renderer), place, of, &self.styles, paint) {
            self.trouble = shown.err().map(|error| error.to_string());
        }
    }

    /// Takes overlays down that are not among these.
    pub fn keep_overlays(&mut self, keep: &BTreeSet<u32>) {
        if let Some(renderer) = &self.renderer {
            self.overlays.keep(&mut lock(renderer), keep);
            self.outlines.keep(&mut lock(renderer), keep);
        }
    }

    /// How often an overlay was tessellated: what a moving cursor must not do.
    pub fn overlays_made(&self) -> u64 {
        self.overlays.made()
    }

    /// What is seen covers, but for strays.
    pub fn extents(&self, drawing: &Drawing, visibility: &Visibility) -> Option<Rect> {
        self.scene.as_ref()?.extents(drawing, visibility).map(|extents| extents.rect)
    }

    /// That there are strays, in words.
    pub fn strays(&self, drawing: &Drawing, visibility: &Visibility) -> Option<String> {
        self.scene.as_ref()?.extents(drawing, visibility)?.strays_in_words(drawing)
    }

    /// The entity under a place.
    pub fn pick(&self, drawing: &Drawing, at: Point, reach: f64, visibility: &Visibility) -> Option<EntityId> {
        self.scene.as_ref()?.pick(drawing, at, reach, visibility).first().map(|hit| hit.id)
    }
}

fn overlaps(a: Rect, b: Rect) -> bool {
    a.x0 <= b.x1 && b.x0 <= a.x1 && a.y0 <= b.y1 && b.y0 <= a.y1
}
