//! `linework render`: a drawing as a picture.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use clap::ValueEnum;
use drawing::{BlockId, Drawing};
use geometry::Rect;
use image::ImageFormat;
use render::{Headless, View};
use scene::{Background, Fonts, SceneOptions, TextMode, Theme, Visibility};

use super::artist::Artist;
use super::input::Input;

/// What `linework render` is given.
#[derive(Debug, clap::Args)]
#[command(after_help = "For example:\n  linework render plan.dxf --out plan.png --size 1600x1000\n  \
                        linework render plan.dxf --out door.png --size 800x600 --view=-10,0,30,30 --theme dark")]
pub struct Render {
    /// A DXF file or a saved op log.
    file: PathBuf,
    /// The picture that is written.
    #[arg(long, value_name = "PNG")]
    out: PathBuf,
    /// Its width and height in pixels.
    #[arg(long, value_name = "WxH", value_parser = parse_size)]
    size: [u32; 2],
    /// What it shows, in drawing units, in its middle if the shape differs; all that is drawn if not given.
    #[arg(long, value_name = "X0,Y0,X1,Y1", value_parser = parse_view, allow_hyphen_values = true)]
    view: Option<Rect>,
    /// The sheet that is drawn; model space if not given.
    #[arg(long, value_name = "NAME")]
    layout: Option<String>,
    /// How texts are drawn.
    #[arg(long, default_value = "drawn")]
    text: Text,
    /// Black on white, strokes as thin as they can be: to compare line work.
    #[arg(long)]
    ink: bool,
    /// The colours that the drawing is made for.
    #[arg(long, default_value = "light")]
    theme: Tone,
}

/// How texts are drawn.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Text {
    /// Not at all.
    None,
    /// As the outlines of their boxes.
    Boxes,
    /// With letters.
    Drawn,
}

/// Dark on light or light on dark.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Tone {
    /// Light on dark.
    Dark,
    /// Dark on light.
    Light,
}

impl Render {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let input = Input::read(&self.file)?;
        input.tell_findings(&self.file);
        let drawing = &input.drawing;
        let space = self.space(drawing)?;
        let text = match self.text {
            Text::None => TextMode::None,
            Text::Boxes => TextMode::Boxes,
            Text::Drawn => TextMode::Drawn,
        };
        let files = [
            include_bytes!("../../../assets/fonts/Inter-Regular.otf").to_vec(),
            include_bytes!("../../../assets/fonts/JetBrainsMono-Regular.ttf").to_vec(),
        ];
        let fonts = Arc::new(Fonts::new(files)?);
        let (background, ground) = match (self.ink, self.theme) {
            (true, _) => (Background::Light, [1.0; 4]),
            (false, Tone::Light) => (Background::Light, canvas_of(egui::Theme::Light)),
            (false, Tone::Dark) => (Background::Dark, canvas_of(egui::Theme::Dark)),
        };
        let theme = Theme { background, ink: self.ink };
        let options = SceneOptions { text, fonts, frames: false };
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
                if let Some(words) = extents.as_ref().and_then(|extents| extents.strays_in_words(drawing)) {
                    eprintln!("{}: {words}", self.file.display());
                }
                View::of_bounds(extents.map_or(Rect::new(0.0, 0.0, 100.0, 100.0), |e| e.rect), self.size)
            }
        };
        let view = View { background: ground, ink: self.ink, lineweights: !self.ink, ..view };
        let drawn = artist.draw(&scene, &view)?;
        if drawn.left_out > 0 {
            eprintln!(
                "{}: {} things are too much to draw (a pattern too dense, an array too large, blocks nested too deep); \
                 the picture is without them, the drawing has them",
                self.file.display(),
                drawn.left_out
            );
        }
        if drawn.frames_left_out > 0 {
            let more = drawn.frames_left_out;
            eprintln!(
                "{}: {more} frames of the sheet, the smallest, are left empty in the picture",
                self.file.display()
            );
        }
        drawn
            .image
            .save_with_format(&self.out, ImageFormat::Png)
            .with_context(|| format!("{} could not be written", self.out.display()))?;
        Ok(ExitCode::SUCCESS)
    }

    /// The block that is drawn.
    fn space(&self, drawing: &Drawing) -> anyhow::Result<BlockId> {
        let Some(name) = &self.layout else {
            return drawing.model_space().context("the drawing has no model space");
        };
        let mut names: Vec<&str> = Vec::new();
        for layout in drawing.layouts() {
            if layout.name.eq_ignore_ascii_case(name) {
                return Ok(layout.block);
            }
            names.push(&layout.name);
        }
        bail!("{} has no layout {name:?}; it has {}", self.file.display(), names.join(", "))
    }
}

/// The colour of the app's canvas.
fn canvas_of(theme: egui::Theme) -> [f32; 4] {
    crate::theme::Theme::named(theme).canvas.to_array().map(|channel| f32::from(channel) / 255.0)
}

fn parse_size(text: &str) -> Result<[u32; 2], String> {
    let side = |text: &str| text.parse::<u32>().ok().filter(|side| (1..=16_384).contains(side));
    text.split_once(['x', 'X'])
        .and_then(|(width, height)| Some([side(width)?, side(height)?]))
        .ok_or_else(|| "a size is WIDTHxHEIGHT, each 1 to 16384 pixels".to_owned())
}

fn parse_view(text: &str) -> Result<Rect, String> {
    let numbers: Option<Vec<f64>> =
        text.split(',').map(|part| part.trim().parse::<f64>().ok().filter(|number| number.is_finite())).collect();
    match numbers.as_deref() {
        Some(&[x0, y0, x1, y1]) if x0 != x1 && y0 != y1 => Ok(Rect::new(x0, y0, x1, y1).abs()),
        _ => Err("a view is X0,Y0,X1,Y1: two opposite corners".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_views_are_read() {
        assert_eq!(parse_size("1600x1000"), Ok([1600, 1000]));
        for bad in ["", "16", "0x5", "5x", "x", "20000x20", "-3x4"] {
            assert!(parse_size(bad).is_err(), "{bad}");
        }
        assert_eq!(parse_view("-1,2,-3.5,4e1"), Ok(Rect::new(-3.5, 2.0, -1.0, 40.0)));
        for bad in ["", "1,2,3", "1,2,3,4,5", "1,2,1,3", "nan,1,2,3", "inf,0,1,1"] {
            assert!(parse_view(bad).is_err(), "{bad}");
        }
    }
}
