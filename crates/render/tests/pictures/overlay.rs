//! Outlines, casings, dashes, ghosts.

use geometry::{Point, Vec2};
use render::{Budget, Casing, OverlayId, OverlayPaint, PackedChunk, Progress};
use scene::{ChunkId, ChunkMesh};

use crate::*;

const RED_PAINT: [f32; 4] = [1.0, 0.0, 0.0, 1.0];

fn across() -> ChunkMesh {
    Mesh::default().line([0.0, 50.0], [100.0, 50.0], 0, 0.5, 0.0).0
}

/// A picture with black below one overlay.
fn over_black(device: &Headless, mesh: &ChunkMesh, paint: OverlayPaint) -> Picture {
    let mut renderer = renderer(device, &styles());
    let black = Mesh::default().rect([0.0, 0.0, 100.0, 100.0], 0, 0.5).0;
    renderer.upload(&device.device, &device.queue, ChunkId(0), &black).unwrap();
    renderer.set_overlay(&device.device, &device.queue, OverlayId(0), mesh, paint).unwrap();
    shown(device, &mut renderer, &view())
}

#[test]
fn an_outline_has_its_width_and_a_casing_around_it() {
    let Some(device) = device() else { return };
    let casing = Some(Casing { color: [1.0; 4], reach_px: 2.0 });
    let picture = over_black(&device, &across(), OverlayPaint { casing, ..OverlayPaint::outline(RED_PAINT) });
    let column: Vec<[u8; 4]> = (45..55).map(|y| picture.at(50, y).unwrap()).collect();
    assert_eq!(column, [BLACK, BLACK, WHITE, WHITE, RED, RED, WHITE, WHITE, BLACK, BLACK]);
}

#[test]
fn dashes_are_along_the_outline() {
    let Some(device) = device() else { return };
    for (dash_px, expect) in
        [([0.0; 4], 100), ([6.0, 4.0, 0.0, 0.0], 60), ([6.0, 2.0, 1.0, 1.0], 70), ([f32::NAN; 4], 100)]
    {
        let picture = over_black(&device, &across(), OverlayPaint { dash_px, ..OverlayPaint::outline(RED_PAINT) });
        let reds: f64 = (0..100).map(|x| f64::from(picture.at(x, 50).unwrap()[0]) / 255.0).sum();
        assert!((reds - f64::from(expect)).abs() <= 3.0, "{dash_px:?}: {reds} px instead of {expect}");
    }
}

#[test]
fn a_ghost_is_moved_and_even_where_its_pieces_overlap() {
    let Some(device) = device() else { return };
    let mesh = Mesh::default()
        .line([20.0, 50.0], [60.0, 50.0], 0, 0.5, 0.0)
        .line([40.0, 50.0], [80.0, 50.0], 0, 0.5, 0.0)
        .rect([20.0, 48.0, 40.0, 52.0], 0, 0.5)
        .0;
    let ghost =
        OverlayPaint { width_px: 6.0, offset: Vec2::new(0.0, 20.0), ..OverlayPaint::outline([1.0, 0.0, 0.0, 0.4]) };
    let picture = over_black(&device, &mesh, ghost);
    for x in [30, 50, 70] {
        let got = picture.at(x, 30).unwrap();
        assert!(got[0].abs_diff(102) <= 1 && got[1] == 0, "at {x}: {got:?}");
        assert_eq!(picture.at(x, 50), Some(BLACK), "nothing where it was");
    }
}

#[test]
fn overlays_come_and_go_without_drawing_the_drawing() {
    let Some(device) = device() else { return };
    let mut renderer = renderer(&device, &styles());
    let black = Mesh::default().rect([0.0, 0.0, 100.0, 100.0], 0, 0.5).0;
    renderer.upload(&device.device, &device.queue, ChunkId(0), &black).unwrap();
    assert_eq!(prepare(&device, &mut renderer, &view(), Budget::ALL).triangles, 2);
    let red = OverlayPaint::outline(RED_PAINT);
    renderer.set_overlay(&device.device, &device.queue, OverlayId(1), &across(), red).unwrap();
    let drawn = prepare(&device, &mut renderer, &view(), Budget::ALL);
    assert_eq!((drawn.chunks, drawn.progress), (0, render::Progress::Finished));
    assert_eq!(device.shown(&renderer, [100, 100]).unwrap().at(50, 50), Some(RED));

    let blue = OverlayPaint::outline([0.0, 0.0, 1.0, 1.0]);
    renderer.set_overlay(&device.device, &device.queue, OverlayId(0), &across(), blue).unwrap();
    assert_eq!(shown(&device, &mut renderer, &view()).at(50, 50), Some(RED), "lower ids are below");
    assert!(renderer.paint_overlay(OverlayId(1), OverlayPaint { offset: Vec2::new(0.0, 30.0), ..red }));
    assert_eq!(shown(&device, &mut renderer, &view()).at(50, 50), Some(BLUE));
    renderer.remove_overlay(OverlayId(0));
    assert!(!renderer.paint_overlay(OverlayId(0), red));
    assert_eq!(shown(&device, &mut renderer, &view()).at(50, 50), Some(BLACK));
}

#[test]
fn more_overlays_than_there_was_room_for() {
    let Some(device) = device() else { return };
    let mut renderer = renderer(&device, &styles());
    for i in 0..40 {
        let y = i as f32 * 2.0 + 1.0;
        let mesh = Mesh::default().line([0.0, y], [100.0, y], 0, 0.5, 0.0).0;
        let red = OverlayPaint { width_px: 1.0, ..OverlayPaint::outline(RED_PAINT) };
        renderer.set_overlay(&device.device, &device.queue, OverlayId(i), &mesh, red).unwrap();
    }
    let picture = shown(&device, &mut renderer, &view());
    assert!((0..40).all(|i| picture.at(50, 98 - i * 2).unwrap()[1] < 160));
}

#[test]
fn fills_of_an_overlay_have_smooth_edges_and_an_opacity() {
    let Some(device) = device() else { return };
    for (fill_opacity, expect) in [(1.0, 255), (0.5, 128), (0.0, 0)] {
        let mesh = Mesh::default().rect([20.0, 20.25, 60.0, 60.25], 0, 0.5).0;
        let picture = over_black(&device, &mesh, OverlayPaint { fill_opacity, ..OverlayPaint::outline(RED_PAINT) });
        let (inside, edge) = (picture.at(40, 60).unwrap()[0], picture.at(40, 39).unwrap()[0]);
        assert!(inside.abs_diff(expect) <= 1, "{fill_opacity}: {inside}");
        assert!(edge.abs_diff(expect / 4) <= 2, "{fill_opacity}: {edge} at the edge");
    }
}

#[test]
fn outlines_follow_the_chunks_and_are_drawn_only_when_they_change() {
    let Some(device) = device() else { return };
    let mut renderer = renderer(&device, &styles());
    let line = |y: f32| Mesh::default().line([0.0, y], [100.0, y], 0, 0.5, 0.0).0;
    let (gpu, queue) = (&device.device, &device.queue);
    renderer.upload(gpu, queue, ChunkId(7), &line(50.0)).unwrap();
    renderer.upload(gpu, queue, ChunkId(8), &line(20.0)).unwrap();
    let red = OverlayPaint { width_px: 4.0, ..OverlayPaint::outline(RED_PAINT) };
    renderer.outline_chunk(OverlayId(0), ChunkId(7), red);
    let rows = |picture: &Picture| -> Vec<u32> { (0..100).filter(|y| picture.at(50, *y) == Some(RED)).collect() };
    assert_eq!(rows(&shown(&device, &mut renderer, &view())), [48, 49, 50, 51], "over the one chunk");
    let count = renderer.outlines_drawn();
    // What lies above it comes and goes without it.
    let blue = OverlayPaint::outline([0.0, 0.0, 1.0, 1.0]);
    let upright = Mesh::default().line([10.0, 0.0], [10.0, 100.0], 0, 0.5, 0.0).0;
    renderer.set_overlay(gpu, queue, OverlayId(5), &upright, blue).unwrap();
    let picture = shown(&device, &mut renderer, &view());
    assert_eq!((picture.at(10, 50), rows(&picture).len()), (Some(BLUE), 4), "an overlay lies on top");
    renderer.remove_overlay(OverlayId(5));
    let picture = shown(&device, &mut renderer, &view());
    assert_eq!((picture.at(10, 50), rows(&picture).len()), (Some(RED), 4), "and leaves it as it was");
    assert_eq!(renderer.outlines_drawn(), count, "drawn once for all that");
    // The chunk changes, and its outline with it.
    renderer.upload(gpu, queue, ChunkId(7), &line(70.0)).unwrap();
    assert_eq!(rows(&shown(&device, &mut renderer, &view())), [28, 29, 30, 31]);
    // One of its own, moved; and gone.
    let packed = PackedChunk::new(&line(10.0));
    let moved = OverlayPaint { offset: Vec2::new(0.0, 30.0), ..red };
    renderer.outline_packed(gpu, queue, OverlayId(1), &packed, moved).unwrap();
    assert_eq!(rows(&shown(&device, &mut renderer, &view())), [28, 29, 30, 31, 58, 59, 60, 61]);
    renderer.remove_overlay(OverlayId(0));
    renderer.remove(ChunkId(7));
    assert_eq!(rows(&shown(&device, &mut renderer, &view())), [58, 59, 60, 61]);
    renderer.remove_overlay(OverlayId(1));
    assert_eq!(rows(&shown(&device, &mut renderer, &view())).len(), 0);
}

#[test]
fn dear_outlines_wait_until_the_view_rests() {
    let Some(device) = device() else { return };
    let mut renderer = renderer(&device, &styles());
    let (gpu, queue) = (&device.device, &device.queue);
    let two =
        Mesh::default().line([0.0, 50.0], [100.0, 50.0], 0, 0.5, 0.0).line([0.0, 9.0], [90.0, 9.0], 0, 0.5, 0.0).0;
    renderer.upload(gpu, queue, ChunkId(0), &two).unwrap();
    renderer.outline_chunk(OverlayId(0), ChunkId(0), OverlayPaint::outline(RED_PAINT));
    let mut prepare = |view: &View| {
        let mut encoder = gpu.create_command_encoder(&Default::default());
        // Less than both strokes.
        let drawn = renderer.prepare(gpu, queue, &mut encoder, view, Budget { strokes: 1 }).unwrap();
        queue.submit([encoder.finish()]);
        (drawn.progress, renderer.outlines_drawn())
    };
    assert_eq!(prepare(&view()).1, 1, "new ones are drawn at once");
    let moved = |step: f64| View { center: Point::new(50.0, 50.0 + step), ..view() };
    for step in 1..5 {
        assert_eq!(prepare(&moved(f64::from(step))), (Progress::Unfinished, 1), "it moves");
    }
    let rested = (0..20).map(|_| prepare(&moved(4.0))).find(|(progress, _)| *progress == Progress::Finished);
    assert_eq!(rested, Some((Progress::Finished, 2)), "drawn once as it rests");
    assert_eq!(prepare(&moved(4.0)), (Progress::Finished, 2));
}
