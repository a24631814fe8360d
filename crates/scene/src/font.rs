//! Letters: how wide they are, and their triangles.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use geometry::Rect;
use lyon::math::point;
use lyon::path::Path;
use lyon::tessellation::{BuffersBuilder, FillOptions, FillRule, FillTessellator, FillVertex, VertexBuffers};
use skrifa::font::Font;
use skrifa::{DrawMemory, PathSink, ScalerFont};

/// Letters kept tessellated; beyond that the cache starts over.
const CACHED_MAX: usize = 20_000;
/// Accuracy of letters, in heights of a capital, from coarse to fine.
const TOLERANCES: [f64; 3] = [0.06, 0.012, 0.0025];

/// How wide a digit is in the fonts that most drawings were made with (0.556 em in Arial and its metric twins, whose
/// capitals are 0.716 em high), in heights of a capital. Other fonts are stretched to that, within limits, so that
/// texts fill the place that was left for them.
const DIGIT_WIDTH: f64 = 0.556 / 0.716;

/// Fonts are wrong in some way.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum FontError {
    /// The bytes are no font that can be read.
    #[error("font {index} is no TrueType or OpenType font")]
    Unreadable {
        /// Which of those given, from 0.
        index: usize,
    },
}

/// The fonts of a scene: the first one that has a letter draws it. Without any, texts are measured but not drawn.
#[derive(Default)]
pub struct Fonts {
    faces: Vec<Face>,
    /// Letters by character and accuracy: what a letter looks like never changes, so sharing them between threads
    /// changes no picture.
    cache: Mutex<HashMap<(char, u8), Arc<GlyphMesh>>>,
}

struct Face {
    scaler: ScalerFont,
    /// Capital heights a font unit, upwards.
    scale: f64,
    /// Capital heights a font unit, along the line.
    along: f64,
    /// Advances of the letters of ASCII; NaN where the font lacks one.
    ascii: [f32; 128],
    /// Their ink.
    ascii_ink: Vec<Option<Option<Rect>>>,
}

/// The triangles of a letter, in heights of a capital from where it starts on the baseline.
#[derive(Debug, Default)]
pub(crate) struct GlyphMesh {
    pub(crate) vertices: Vec<[f32; 2]>,
    pub(crate) indices: Vec<u32>,
}

impl std::fmt::Debug for Fonts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Fonts").field("faces", &self.faces.len()).finish()
    }
}

impl Fonts {
    /// Fonts from the bytes of TrueType or OpenType files.
    pub fn new(files: impl IntoIterator<Item = Vec<u8>>) -> Result<Fonts, FontError> {
        let mut faces = Vec::new();
        for (index, bytes) in files.into_iter().enumerate() {
            faces.push(Face::new(Font::new(bytes, 0).ok_or(FontError::Unreadable { index })?));
        }
        Ok(Fonts { faces, cache: Mutex::default() })
    }

    /// How far a letter moves the pen, in heights of a capital.
    pub(crate) fn advance(&self, letter: char) -> f64 {
        let missing = if is_wide(letter) { 1.3 } else { 0.9 };
        self.faces.iter().find_map(|face| face.advance(letter)).unwrap_or(missing)
    }

    /// The rectangle around the ink of a letter, in heights of a capital from where it starts on the baseline; none for
    /// a space.
    pub(crate) fn ink(&self, letter: char) -> Option<Rect> {
        match self.faces.iter().find_map(|face| face.ink(letter)) {
            Some(ink) => ink,
            None if letter.is_whitespace() => None,
            None => Some(Rect::new(0.05, 0.0, self.advance(letter) - 0.05, 1.0)),
        }
    }

    /// The triangles of a letter, good enough for a capital of so many tolerances.
    pub(crate) fn glyph(&self, letter: char, tolerance: f64) -> Arc<GlyphMesh> {
        let level = TOLERANCES.iter().position(|t| *t <= tolerance).unwrap_or(TOLERANCES.len() - 1);
        let key = (letter, level as u8);
        // A thread that panicked can't have left half a letter: insertion is the last step.
        let lock = || self.cache.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(mesh) = lock().get(&key) {
            return mesh.clone();
        }
        let drawn = self.faces.iter().find_map(|face| face.tessellate(letter, TOLERANCES[level]));
        let mesh = Arc::new(drawn.unwrap_or_default());
        let mut cache = lock();
        if cache.len() >= CACHED_MAX {
            cache.clear();
        }
        cache.insert(key, mesh.clone());
        mesh
    }
}

impl Face {
    fn new(font: Font) -> Face {
        let scaler = ScalerFont::unhinted(font, None);
        let per_em = f64::from(scaler.font().units_per_em()).max(1.0);
        let capital = scaler.metrics().cap_height().map_or(0.0, f64::from);
        let scale = if capital > 0.05 * per_em { 1.0 / capital } else { 1.0 / (0.72 * per_em) };
        let mut face = Face { scaler, scale, along: scale, ascii: [f32::NAN; 128], ascii_ink: vec![None; 128] };
        if let Some(digit) = face.measure('0').filter(|width| *width > 0.0) {
            face.along *= (DIGIT_WIDTH / digit).clamp(0.85, 1.15);
        }
        for code in 32..127u8 {
            face.ascii_ink[usize::from(code)] = face.measure_ink(char::from(code));
            face.ascii[usize::from(code)] = face.measure(char::from(code)).map_or(f32::NAN, |advance| advance as f32);
        }
        face
    }

    fn measure(&self, letter: char) -> Option<f64> {
        let glyph = self.scaler.font().charmap().map_unicode(letter)?;
        let advance = f64::from(self.scaler.linear_glyph_metrics().h_advance(glyph)) * self.along;
        advance.is_finite().then_some(advance)
    }

    fn advance(&self, letter: char) -> Option<f64> {
        match self.ascii.get(letter as usize) {
            Some(advance) => (!advance.is_nan()).then_some(f64::from(*advance)),
            None => self.measure(letter),
        }
    }

    /// Outer none where the font lacks the letter, inner none where the letter is blank.
    fn ink(&self, letter: char) -> Option<Option<Rect>> {
        match self.ascii_ink.get(letter as usize) {
            Some(ink) => *ink,
            None => self.measure_ink(letter),
        }
    }

    fn measure_ink(&self, letter: char) -> Option<Option<Rect>> {
        let glyph = self.scaler.font().charmap().map_unicode(letter)?;
        let ink = self.scaler.linear_glyph_metrics().extents(glyph).map(|extents| {
            let [x, width] = [extents.x_bearing, extents.width].map(|v| f64::from(v) * self.along);
            let [y, height] = [extents.y_bearing, extents.height].map(|v| f64::from(v) * self.scale);
            Rect::new(x, y - height, x + width, y)
        });
        Some(ink.filter(|ink| ink.is_finite() && ink.width() > 0.0))
    }

    fn tessellate(&self, letter: char, tolerance: f64) -> Option<GlyphMesh> {
        let glyph = self.scaler.font().charmap().map_unicode(letter)?;
        let Some(outline) = self.scaler.outline(glyph) else { return Some(GlyphMesh::default()) };
        let mut sink =
            Outline { builder: Path::builder(), along: self.along as f32, up: self.scale as f32, open: false };
        outline.draw(DrawMemory::Scratch, &mut sink).ok()?;
        if sink.open {
            sink.builder.end(true);
        }
        let mut buffers: VertexBuffers<[f32; 2], u32> = VertexBuffers::new();
        let options = FillOptions::tolerance(tolerance as f32).with_fill_rule(FillRule::NonZero);
        let mut output = BuffersBuilder::new(&mut buffers, |vertex: FillVertex| vertex.position().to_array());
        FillTessellator::new().tessellate_path(&sink.builder.build(), &options, &mut output).ok()?;
        Some(GlyphMesh { vertices: buffers.vertices, indices: buffers.indices })
    }
}

/// Letters of scripts that are written in squares.
fn is_wide(letter: char) -> bool {
    matches!(letter as u32, 0x1100..=0x115f | 0x2e80..=0xa4cf | 0xac00..=0xd7a3 | 0xf900..=0xfaff | 0xff00..=0xff60 | 0x20000..=0x3fffd)
}

/// A letter's outline on its way to the tessellator.
struct Outline {
    builder: lyon::path::path::Builder,
    along: f32,
    up: f32,
    open: bool,
}

impl Outline {
    fn at(&self, x: f32, y: f32) -> lyon::math::Point {
        point(x * self.along, y * self.up)
    }
}

impl PathSink for Outline {
    fn move_to(&mut self, x: f32, y: f32) {
        if self.open {
            self.builder.end(true);
        }
        self.open = true;
        self.builder.begin(self.at(x, y));
    }

    fn line_to(&mut self, x: f32, y: f32) {
        if self.open {
            self.builder.line_to(self.at(x, y));
        }
    }

    fn quad_to(&mut self, cx: f32, cy: f32, x: f32, y: f32) {
        if self.open {
            self.builder.quadratic_bezier_to(self.at(cx, cy), self.at(x, y));
        }
    }

    fn curve_to(&mut self, cx0: f32, cy0: f32, cx1: f32, cy1: f32, x: f32, y: f32) {
        if self.open {
            self.builder.cubic_bezier_to(self.at(cx0, cy0), self.at(cx1, cy1), self.at(x, y));
        }
    }

    fn close(&mut self) {
        if std::mem::take(&mut self.open) {
            self.builder.end(true);
        }
    }
}
