//! How a picture of a drawing is to look, and the picture.

use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use drawing::{BlockId, Drawing};
use geometry::Rect;
use image::{ImageFormat, RgbaImage};
use render::{Headless, View};
use scene::{Background, Fonts, SceneOptions, TextMode, Theme, Visibility};

use super::artist::{Artist, Drawn};

/// How a picture is to look.
#[derive(Debug, Clone, Copy)]
pub struct Look {
    /// How texts are drawn.
    pub text: TextMode,
    /// Light on dark, else dark on light.
    pub dark: bool,
    /// Black on white, strokes as thin as they can be.
    pub ink: bool,
    /// Width and height in pixels.
    pub size: [u32; 2],
    /// What is shown, in drawing units; all that is drawn if not given.
    pub view: Option<Rect>,
}

impl Look {
    /// The picture of a space of a drawing, and in words what isn't in it.
    pub fn draw(&self, drawing: &Drawing, space: BlockId) -> anyhow::Result<(RgbaImage, Vec<String>)> {
        let mut missing = Vec::new();
        let files = [
            include_bytes!("../../../assets/fonts/Inter-Regular.otf").to_vec(),
            include_bytes!("../../../assets/fonts/JetBrainsMono-Regular.ttf").to_vec(),
        ];
        let fonts = Arc::new(Fonts::new(files)?);
        let (background, ground) = match (self.ink, self.dark) {
            (true, _) => (Background::Light, [1.0; 4]),
            (false, false) => (Background::Light, canvas_of(egui::Theme::Light)),
            (false, true) => (Background::Dark, canvas_of(egui::Theme::Dark)),
        };
        let theme = Theme { background, ink: self.ink };
        let options = SceneOptions { text: self.text, fonts, frames: false };
        let artist = Artist { drawing, options, theme, device: Headless::new()? };
        let scene = artist.scene(space);
        let view = match self.view {
            Some(rect) => {
                let [width, height] = self.size.map(f64::from);
                let units_per_px = (rect.width() / width).max(rect.height() / height);
                View { units_per_px, ..View::of_bounds(rect, self.size) }
            }
            None => {
                let extents = scene.extents(drawing, &Visibility::default());
                missing.extend(extents.as_ref().and_then(|extents| extents.strays_in_words(drawing)));
                View::of_bounds(extents.map_or(Rect::new(0.0, 0.0, 100.0, 100.0), |e| e.rect), self.size)
            }
        };
        let view = View { background: ground, ink: self.ink, lineweights: !self.ink, ..view };
        let Drawn { image, left_out, frames_left_out } = artist.draw(&scene, &view)?;
        if left_out > 0 {
            missing.push(format!(
                "{left_out} things are too much to draw (a pattern too dense, an array too large, blocks nested too \
                 deep); the picture is without them, the drawing has them"
            ));
        }
        if frames_left_out > 0 {
            missing.push(format!("{frames_left_out} frames of the sheet, the smallest, are left empty in the picture"));
        }
        Ok((image, missing))
    }

    /// The picture, in a PNG file; in words what isn't in it.
    pub fn save(&self, drawing: &Drawing, space: BlockId, out: &Path) -> anyhow::Result<Vec<String>> {
        let (image, missing) = self.draw(drawing, space)?;
        let saved = image.save_with_format(out, ImageFormat::Png);
        saved.with_context(|| format!("{} could not be written", out.display()))?;
        Ok(missing)
    }
}

/// The colour of the app's canvas.
fn canvas_of(theme: egui::Theme) -> [f32; 4] {
    crate::theme::Theme::named(theme).canvas.to_array().map(|channel| f32::from(channel) / 255.0)
}
