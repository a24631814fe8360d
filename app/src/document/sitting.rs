//! When a drawing may sit for its thumbnail, and what the thumbnail is made of: chunks that are on the GPU anyway.

use std::path::PathBuf;

use drawing::Rect;
use render::Headless;
use scene::{Background, Visibility};

use super::Document;
use super::picture::Picture;
use super::studio::lock;
use crate::canvas::lift::lifted;
use crate::file::Stamp;
use crate::theme::Theme;
use crate::thumbnail::Sitting;

/// Of so many entities it is looked at anew what all of them cover; of more, what they covered when that was asked last.
const ENTITIES_MAX: usize = 20_000;

impl Document {
    /// The file as it now is, if a thumbnail of it is still to be asked for and what is on the screen is what it holds.
    pub fn due_thumbnail(&self) -> Option<(PathBuf, Stamp)> {
        let (path, stamp) = (self.file.path.as_ref()?, self.file.stamp?);
        let is_due = self.sat != Some(stamp)
            && self.is_model()
            && self.picture.is_shown_whole()
            && !self.picture.is_busy()
            && self.picture.is_all_here()
            && !self.is_looking_back()
            && self.isolated.is_empty()
            && self.file.saved == Some(self.session.drawing().drawn_hash());
        is_due.then(|| (path.clone(), stamp))
    }

    /// What the thumbnail is made of, elsewhere: the drawing alone, without what anybody has over it or hides for
    /// themselves. None where nothing is drawn.
    pub fn sit(&mut self) -> Option<Sitting> {
        self.sat = self.file.stamp;
        let few = self.picture.scene()?.entity_count() <= ENTITIES_MAX;
        let known = self.overall.filter(|_| !few);
        let extents = known.or_else(|| self.picture.extents(self.drawing(), &Visibility::default()))?;
        self.picture.sit(self.drawing(), extents)
    }
}

impl Picture {
    /// Whether there was room for all of the scene.
    fn is_all_here(&self) -> bool {
        self.scene().is_some_and(|scene| scene.chunks().all(|id| self.store.band(id).is_some()))
    }

    fn sit(&self, drawing: &drawing::Drawing, extents: Rect) -> Option<Sitting> {
        let (scene, gpu, renderer) = (self.scene()?, self.gpu()?, self.renderer.as_ref()?);
        let renderer = {
            let shown = lock(renderer);
            let mut renderer = shown.sibling(&gpu.device, &gpu.queue);
            renderer.show_chunks_of(&shown);
            renderer
        };
        let styles = [(egui::Theme::Dark, Background::Dark), (egui::Theme::Light, Background::Light)];
        let styles = styles.map(|(theme, background)| {
            let theme = Theme::named(theme);
            let mut styles = scene.paint(drawing, &Visibility::default(), scene::Theme { background, ink: false });
            styles.iter_mut().for_each(|style| style.color = lifted(style.color, theme.canvas));
            styles
        });
        let device = Headless { device: gpu.device.clone(), queue: gpu.queue.clone(), adapter: String::new() };
        Some(Sitting { device, renderer, styles, extents })
    }
}
