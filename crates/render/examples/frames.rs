//! How long a frame takes on this machine, by how many strokes there are: `cargo run --release -p render --example frames`.
//! `WGPU_BACKEND=vulkan` or `gl` chooses what draws.

use std::time::{Duration, Instant};

use geometry::{Point, Rect, Vec2};
use render::{Budget, Headless, OverlayId, OverlayPaint, PackedChunk, Progress, Renderer, View};
use scene::{ChunkId, ChunkMesh, PaintStyle, Segment, StyleIndex};

const SIZE_PX: [u32; 2] = [1280, 800];
const CHUNK_STROKES: u32 = 10_000;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let device = Headless::new()?;
    println!("{}, {} x {} px, ms", device.adapter, SIZE_PX[0], SIZE_PX[1]);
    println!(
        "{:>9} {:>7} {:>6} {:>7} {:>8} {:>6} {:>6} {:>8} {:>8} {:>8} {:>8}",
        "strokes", "samples", "pack", "upload", "first", "again", "pan", "zoom in", "zoom out", "budgeted", "overlay"
    );
    for strokes in [10_000, 100_000, 1_000_000] {
        for samples in [1, 4] {
            measure(&device, strokes, samples)?;
        }
    }
    Ok(())
}

fn measure(device: &Headless, strokes: u32, samples: u32) -> Result<(), Box<dyn std::error::Error>> {
    let mut renderer = Renderer::with_samples(&device.device, &device.queue, wgpu::TextureFormat::Rgba8Unorm, samples)?;
    let styles: Vec<PaintStyle> =
        (0..16).map(|i| PaintStyle { color: [1.0, i as f32 / 16.0, 0.5, 1.0], width_mm: 0.0, visible: true }).collect();
    renderer.set_styles(&device.device, &device.queue, &styles);

    let meshes = drawing(strokes);
    let start = Instant::now();
    let packed: Vec<PackedChunk> = meshes.iter().map(PackedChunk::new).collect();
    let pack = start.elapsed();
    let start = Instant::now();
    for (id, chunk) in packed.iter().enumerate() {
        renderer.upload_packed(&device.device, &device.queue, ChunkId(id as u32), chunk)?;
    }
    wait(device)?;
    let upload = start.elapsed();

    let [width, height] = SIZE_PX.map(f64::from);
    let view = View {
        units_per_px: 1.0,
        background: [0.08, 0.09, 0.11, 1.0],
        ..View::of_bounds(Rect::new(0.0, 0.0, width, height), SIZE_PX)
    };
    let first = frame(device, &mut renderer, &view, Budget::ALL)?;
    let again = frame(device, &mut renderer, &view, Budget::ALL)?;
    let panned = View { center: view.center + Vec2::new(8.0, 3.0), ..view };
    let pan = frame(device, &mut renderer, &panned, Budget::ALL)?;
    let closer = frame(device, &mut renderer, &View { units_per_px: 0.25, ..view }, Budget::ALL)?;
    let further = frame(device, &mut renderer, &View { units_per_px: 8.0, ..view }, Budget::ALL)?;

    // The slowest of the frames that it takes in portions.
    let mut budgeted = Duration::ZERO;
    renderer.set_styles(&device.device, &device.queue, &styles[1..]);
    for _ in 0..1000 {
        let (time, progress) = frame(device, &mut renderer, &view, Budget::SOFTWARE)?;
        budgeted = budgeted.max(time);
        if progress == Progress::Finished {
            break;
        }
    }
    renderer.set_overlay(&device.device, &device.queue, OverlayId(0), &meshes[0], OverlayPaint::outline([1.0; 4]))?;
    let overlay = frame(device, &mut renderer, &view, Budget::ALL)?;
    let ms = |time: Duration| time.as_secs_f64() * 1e3;
    println!(
        "{strokes:>9} {samples:>7} {:>6.1} {:>7.1} {:>8.1} {:>6.1} {:>6.1} {:>8.1} {:>8.1} {:>8.1} {:>8.1}",
        ms(pack),
        ms(upload),
        ms(first.0),
        ms(again.0),
        ms(pan.0),
        ms(closer.0),
        ms(further.0),
        ms(budgeted),
        ms(overlay.0),
    );
    Ok(())
}

/// Strokes of 8 units everywhere on the canvas, in chunks that are neighbours.
fn drawing(strokes: u32) -> Vec<ChunkMesh> {
    let chunks = strokes.div_ceil(CHUNK_STROKES);
    let columns = f64::from(chunks).sqrt().ceil() as u32;
    let rows = chunks.div_ceil(columns);
    let [width, height] = [f64::from(SIZE_PX[0]) / f64::from(columns), f64::from(SIZE_PX[1]) / f64::from(rows)];
    // A linear congruential generator (Knuth, MMIX): the same drawing in every run.
    let mut state = 1u64;
    let mut random = move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f32 / (1u64 << 24) as f32
    };
    (0..chunks)
        .map(|chunk| {
            let origin = Point::new(f64::from(chunk % columns) * width, f64::from(chunk / columns) * height);
            let segments = (0..CHUNK_STROKES.min(strokes))
                .map(|i| {
                    let a = [random() * width as f32, random() * height as f32];
                    let turn = random() * std::f32::consts::TAU;
                    let b = [a[0] + 8.0 * turn.cos(), a[1] + 8.0 * turn.sin()];
                    let depth = (chunk * CHUNK_STROKES + i + 1) as f32 / (strokes + 1) as f32;
                    Segment { a, b, style: StyleIndex((chunk + i / 2500) % 16), depth, width: 0.0 }
                })
                .collect();
            ChunkMesh {
                origin,
                segments,
                bounds: [-8.0, -8.0, width as f32 + 8.0, height as f32 + 8.0],
                ..ChunkMesh::default()
            }
        })
        .collect()
}

/// Prepares, shows and waits.
fn frame(
    device: &Headless,
    renderer: &mut Renderer,
    view: &View,
    budget: Budget,
) -> Result<(Duration, Progress), Box<dyn std::error::Error>> {
    let start = Instant::now();
    let mut encoder = device.device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
    let drawn = renderer.prepare(&device.device, &device.queue, &mut encoder, view, budget)?;
    device.queue.submit([encoder.finish()]);
    wait(device)?;
    Ok((start.elapsed(), drawn.progress))
}

fn wait(device: &Headless) -> Result<(), Box<dyn std::error::Error>> {
    device.queue.submit([]);
    device.device.poll(wgpu::PollType::wait_indefinitely())?;
    Ok(())
}
