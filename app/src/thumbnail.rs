//! Thumbnails of recent drawings: PNG files in the state folder, named by where the drawing is and which state of it they
//! show. All of it is work for a thread that nobody waits for.

use std::collections::BTreeSet;
use std::fs;
use std::io::Cursor;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use drawing::Rect;
use image::{ImageFormat, ImageReader, Limits, RgbaImage};
use protocol::Hash;
use render::{Budget, Headless, Renderer, View};
use scene::PaintStyle;

use crate::file::{self, Stamp};

/// Width and height of a thumbnail in points.
pub const SIZE: [f32; 2] = [124.0, 78.0];
/// Pixels a point: sharp on dense displays, halved evenly on others.
const DENSITY: u32 = 2;
/// So thin that what is dense is not one blot, and that halved there is still something.
const HAIRLINE_PX: f32 = 1.4;
/// Free around what is shown, as a part of its longer side; the view has a little of its own.
const MARGIN: f64 = 0.03;
/// The folder in the state folder.
const FOLDER: &str = "thumbnails";
/// Strokes that are drawn at a time, so that a frame of the window waits little: about 10 ms without a GPU.
const PIECE: Budget = Budget { strokes: 12_000 };
/// No thumbnail is as long.
const BYTES_MAX: u64 = 1 << 20;

/// What a thumbnail is made of.
pub struct Sitting {
    /// What draws.
    pub device: Headless,
    /// The chunks, as they are in the window.
    pub renderer: Renderer,
    /// How styles are painted, on dark and on light.
    pub styles: [Vec<PaintStyle>; 2],
    /// What is shown.
    pub extents: Rect,
}

/// A thumbnail for both themes, the background transparent.
pub struct Faces {
    /// For the dark one.
    pub dark: egui::ColorImage,
    /// For the light one.
    pub light: egui::ColorImage,
}

impl Sitting {
    /// Draws it and keeps it for this state of the file, in place of those of others; one that is there stays.
    pub fn keep(self, state_dir: &Path, path: &Path, stamp: Stamp) -> anyhow::Result<()> {
        let kept = place(state_dir, path, stamp);
        if kept.exists() {
            return Ok(());
        }
        let image = self.draw().with_context(|| format!("no thumbnail of {} was made", path.display()))?;
        let mut bytes = Vec::new();
        image.write_to(&mut Cursor::new(&mut bytes), ImageFormat::Png).context("a picture has a PNG form")?;
        let folder = state_dir.join(FOLDER);
        fs::create_dir_all(&folder).with_context(|| format!("{} could not be made", folder.display()))?;
        file::write_private(&kept, &bytes)?;
        let (of, name) = (first_part(path), name(path, stamp));
        remove(&folder, |other| other.starts_with(&of) && other != name)
    }

    /// The dark face above the light one.
    fn draw(mut self) -> anyhow::Result<RgbaImage> {
        let [width, height] = size_px();
        let margin = self.extents.width().max(self.extents.height()) * MARGIN;
        let extents = self.extents.inflate(margin, margin);
        let view = View {
            background: [0.0; 4],
            lineweights: false,
            hairline_px: HAIRLINE_PX,
            ..View::of_bounds(extents, [width, height])
        };
        let mut rgba = Vec::new();
        for styles in &self.styles {
            self.renderer.set_styles(&self.device.device, &self.device.queue, styles);
            rgba.extend(self.device.picture_within(&mut self.renderer, &view, PIECE)?.rgba);
        }
        RgbaImage::from_raw(width, height * 2, rgba).context("the picture has not the size that it says")
    }
}

/// The thumbnails of these files as far as there are any of the state that they are in, and removes all others; those of
/// files that can't be looked at now stay.
pub fn load(state_dir: &Path, paths: &[PathBuf]) -> Vec<(PathBuf, Faces)> {
    let folder = state_dir.join(FOLDER);
    let (mut found, mut known, mut away) = (Vec::new(), BTreeSet::new(), BTreeSet::new());
    for path in paths {
        let Some(stamp) = Stamp::of(path) else {
            away.insert(first_part(path));
            continue;
        };
        match read(&folder.join(name(path, stamp))) {
            Ok(faces) => {
                known.insert(name(path, stamp));
                found.extend(faces.map(|faces| (path.clone(), faces)));
            }
            // It goes with those that nobody knows, and is made anew when the drawing is opened.
            Err(error) => tracing::warn!(error = %format!("{error:#}"), "a thumbnail is broken"),
        }
    }
    let is_away = |name: &str| away.iter().any(|part| name.starts_with(part.as_str()));
    if let Err(error) = remove(&folder, |name| !known.contains(name) && !is_away(name)) {
        tracing::warn!(error = %format!("{error:#}"), "old thumbnails stay");
    }
    found
}

/// What a PNG file holds; nothing where there is none.
fn read(path: &Path) -> anyhow::Result<Option<Faces>> {
    let [width, height] = size_px();
    let len = match fs::metadata(path) {
        Ok(facts) => facts.len(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error).with_context(|| format!("{} can't be read", path.display())),
    };
    anyhow::ensure!(len <= BYTES_MAX, "{} is longer than any thumbnail", path.display());
    let bytes = fs::read(path).with_context(|| format!("{} can't be read", path.display()))?;
    let mut reader = ImageReader::with_format(Cursor::new(bytes), ImageFormat::Png);
    let mut limits = Limits::default();
    (limits.max_image_width, limits.max_image_height) = (Some(width), Some(height * 2));
    reader.limits(limits);
    let image = reader.decode().with_context(|| format!("{} is no picture", path.display()))?.into_rgba8();
    anyhow::ensure!(image.dimensions() == (width, height * 2), "{} has another size", path.display());
    let (dark, light) = image.as_raw().split_at((width * height * 4) as usize);
    let face = |rgba| egui::ColorImage::from_rgba_unmultiplied([width as usize, height as usize], rgba);
    Ok(Some(Faces { dark: face(dark), light: face(light) }))
}

fn remove(folder: &Path, is_old: impl Fn(&str) -> bool) -> anyhow::Result<()> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        entries => entries.with_context(|| format!("{} can't be looked through", folder.display()))?,
    };
    for entry in entries {
        let entry = entry.with_context(|| format!("{} can't be looked through", folder.display()))?;
        if is_old(&entry.file_name().to_string_lossy()) {
            fs::remove_file(entry.path())
                .with_context(|| format!("{} could not be removed", entry.path().display()))?;
        }
    }
    Ok(())
}

/// Where the thumbnail of this state of a file is kept.
pub fn place(state_dir: &Path, path: &Path, stamp: Stamp) -> PathBuf {
    state_dir.join(FOLDER).join(name(path, stamp))
}

fn name(path: &Path, stamp: Stamp) -> String {
    format!("{}{}.png", first_part(path), stamp.word())
}

/// What the names of all thumbnails of a file begin with: where it is need not be read from them.
fn first_part(path: &Path) -> String {
    let Hash(bytes) = Hash::of(path.as_os_str().as_encoded_bytes());
    let hex: String = bytes[..16].iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{hex}-")
}

fn size_px() -> [u32; 2] {
    SIZE.map(|side| side as u32 * DENSITY)
}
