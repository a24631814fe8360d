//! `linework render`: a drawing as a picture.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::ValueEnum;
use drawing::{BlockId, Drawing};
use geometry::Rect;
use scene::TextMode;

use super::input::Input;
use super::look::Look;
use super::output;

/// What `linework render` is given.
#[derive(Debug, clap::Args)]
#[command(after_help = "For example:\n  linework render plan.dxf --out plan.png --size 1600x1000\n  \
                        linework render plan.dxf --out door.png --size 800x600 --view=-10,0,30,30 --theme dark\n  \
                        linework render plan.linework --out then.png --at 120")]
pub struct Render {
    /// A DXF file or a saved op log.
    file: PathBuf,
    /// The picture that is written.
    #[arg(long, value_name = "PNG")]
    out: PathBuf,
    /// Its width and height in pixels.
    #[arg(long, value_name = "WxH", value_parser = parse_size, default_value = "1600x1000")]
    size: [u32; 2],
    /// Of an op log: the drawing as it was after this entry, and not at the end.
    #[arg(long, value_name = "SEQ")]
    at: Option<u64>,
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
        output::spare_logs(&self.out)?;
        let input = Input::read(&self.file, self.at)?;
        input.tell_findings(&self.file);
        let space = self.space(&input.drawing)?;
        let text = match self.text {
            Text::None => TextMode::None,
            Text::Boxes => TextMode::Boxes,
            Text::Drawn => TextMode::Drawn,
        };
        let dark = matches!(self.theme, Tone::Dark);
        let look = Look { text, dark, ink: self.ink, size: self.size, view: self.view };
        for words in look.save(&input.drawing, space, &self.out)? {
            eprintln!("{}: {words}", self.file.display());
        }
        Ok(if input.broken.is_some() { ExitCode::FAILURE } else { ExitCode::SUCCESS })
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
