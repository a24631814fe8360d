//! Outlines, casings, dashes, ghosts.

use geometry::Vec2;
use render::{Casing, OverlayId, OverlayPaint};
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
