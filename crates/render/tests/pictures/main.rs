//! Pictures, drawn without a window and looked at pixel by pixel.
//!
//! A machine without any graphics adapter skips them, and says so.

mod drawing;
mod order;
mod overlay;
mod window;

use geometry::{Point, Rect};
use render::{Budget, Drawn, Headless, Picture, RenderError, Renderer, View};
use scene::{ChunkMesh, FillVertex, PaintStyle, Segment, StyleIndex};

pub(crate) const WHITE: [u8; 4] = [255, 255, 255, 255];
pub(crate) const BLACK: [u8; 4] = [0, 0, 0, 255];
pub(crate) const RED: [u8; 4] = [255, 0, 0, 255];
pub(crate) const BLUE: [u8; 4] = [0, 0, 255, 255];

/// A device, or none on a machine that can't draw at all.
pub(crate) fn device() -> Option<Headless> {
    match Headless::new() {
        Ok(device) => Some(device),
        Err(error @ RenderError::NoAdapter(_)) => {
            eprintln!("SKIPPED, nothing was tested: {error}");
            None
        }
        Err(error) => panic!("{error}"),
    }
}

/// 100 x 100 pixels, one unit each, the lower left corner at the origin, white.
pub(crate) fn view() -> View {
    View { units_per_px: 1.0, ..View::of_bounds(Rect::new(0.0, 0.0, 100.0, 100.0), [100, 100]) }
}

/// Black, red, blue; each a hairline.
pub(crate) fn styles() -> Vec<PaintStyle> {
    [BLACK, RED, BLUE].map(style).to_vec()
}

pub(crate) fn style(color: [u8; 4]) -> PaintStyle {
    PaintStyle { color: color.map(|c| f32::from(c) / 255.0), width_mm: 0.0, visible: true }
}

/// A mesh under construction; coordinates are as the view's pixels, but y up.
#[derive(Default)]
pub(crate) struct Mesh(pub(crate) ChunkMesh);

impl Mesh {
    pub(crate) fn at(origin: Point) -> Mesh {
        Mesh(ChunkMesh { origin, ..ChunkMesh::default() })
    }

    pub(crate) fn line(mut self, a: [f32; 2], b: [f32; 2], style: u32, depth: f32, width: f32) -> Mesh {
        self.grow(&[a, b]);
        self.0.segments.push(Segment { a, b, style: StyleIndex(style), depth, width });
        self
    }

    pub(crate) fn rect(mut self, [x0, y0, x1, y1]: [f32; 4], style: u32, depth: f32) -> Mesh {
        let corners = [[x0, y0], [x1, y0], [x1, y1], [x0, y1]];
        self.grow(&corners);
        let first = self.0.fill_vertices.len() as u32;
        let corner = |at| FillVertex { at, style: StyleIndex(style), depth };
        self.0.fill_vertices.extend(corners.map(corner));
        self.0.fill_indices.extend([0, 1, 2, 0, 2, 3].map(|index| first + index));
        self
    }

    fn grow(&mut self, points: &[[f32; 2]]) {
        let empty = self.0.segments.is_empty() && self.0.fill_vertices.is_empty();
        if empty {
            self.0.bounds = [points[0][0], points[0][1], points[0][0], points[0][1]];
        }
        let b = &mut self.0.bounds;
        for p in points {
            *b = [b[0].min(p[0]), b[1].min(p[1]), b[2].max(p[0]), b[3].max(p[1])];
        }
    }
}

/// Prepares once and submits.
pub(crate) fn prepare(device: &Headless, renderer: &mut Renderer, view: &View, budget: Budget) -> Drawn {
    let mut encoder = device.device.create_command_encoder(&Default::default());
    let drawn = renderer.prepare(&device.device, &device.queue, &mut encoder, view, budget).unwrap();
    device.queue.submit([encoder.finish()]);
    drawn
}

/// Prepares with the whole budget and shows.
pub(crate) fn shown(device: &Headless, renderer: &mut Renderer, view: &View) -> Picture {
    prepare(device, renderer, view, Budget::ALL);
    device.shown(renderer, view.size_px).unwrap()
}

/// How many pixels are of exactly this colour.
pub(crate) fn count(picture: &Picture, color: [u8; 4]) -> usize {
    picture.rgba.chunks(4).filter(|pixel| **pixel == color).count()
}

/// How dark a picture is, in whole black pixels.
pub(crate) fn ink(picture: &Picture) -> f64 {
    picture.rgba.chunks(4).map(|p| (765.0 - p[..3].iter().map(|&c| f64::from(c)).sum::<f64>()) / 765.0).sum()
}

/// A renderer for `Headless::shown` with one sample a pixel.
pub(crate) fn renderer(device: &Headless, styles: &[PaintStyle]) -> Renderer {
    let mut renderer =
        Renderer::with_samples(&device.device, &device.queue, wgpu::TextureFormat::Rgba8Unorm, 1).unwrap();
    renderer.set_styles(&device.device, &device.queue, styles);
    renderer
}

/// Asserts that two pictures are the same, to one step of a channel: the same line may be rounded otherwise.
pub(crate) fn assert_same(got: &Picture, expect: &Picture, what: &str) {
    assert_eq!((got.width, got.height), (expect.width, expect.height), "{what}");
    let differs = |(a, b): (&[u8], &[u8])| a.iter().zip(b).any(|(a, b)| a.abs_diff(*b) > 1);
    let places: Vec<usize> = (0..got.rgba.len() / 4)
        .filter(|&place| differs((&got.rgba[place * 4..place * 4 + 4], &expect.rgba[place * 4..place * 4 + 4])))
        .collect();
    if let Some(&first) = places.first() {
        let (x, y) = (first as u32 % got.width, first as u32 / got.width);
        panic!(
            "{what}: {} pixels differ, first at {x}, {y}: {:?} instead of {:?}",
            places.len(),
            got.at(x, y),
            expect.at(x, y)
        );
    }
}
