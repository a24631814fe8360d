//! What is kept between frames: nothing is drawn twice, and what is shown is always the drawing.

use geometry::{Point, Vec2};
use render::Progress;
use scene::ChunkId;

use crate::*;

/// 8 x 8 chunks of 12 units, each a frame and a diagonal, with details of every pixel.
fn chunks() -> Vec<(ChunkId, ChunkMesh)> {
    (0..64u32)
        .map(|i| {
            let origin = Point::new(f64::from(i % 8) * 12.3, f64::from(i / 8) * 12.3);
            let mesh = Mesh::at(origin)
                .line([1.0, 1.0], [11.0, 1.0], 0, 0.5, 0.0)
                .line([1.0, 1.0], [11.0, 11.0], 1, 0.6, 0.0)
                .rect([6.0, 2.0, 9.0, 4.0], 2, 0.4)
                .0;
            (ChunkId(i), mesh)
        })
        .collect()
}

fn filled(device: &Headless) -> Renderer {
    let mut renderer = renderer(device, &styles());
    for (id, mesh) in chunks() {
        renderer.upload(&device.device, &device.queue, id, &mesh).unwrap();
    }
    renderer
}

/// What a new renderer shows of the same.
fn afresh(device: &Headless, chunks: &[(ChunkId, ChunkMesh)], styles: &[PaintStyle], view: &View) -> Picture {
    let mut renderer = renderer(device, styles);
    for (id, mesh) in chunks {
        renderer.upload(&device.device, &device.queue, *id, mesh).unwrap();
    }
    shown(device, &mut renderer, view)
}

#[test]
fn nothing_changed_is_nothing_drawn() {
    let Some(device) = device() else { return };
    let mut renderer = filled(&device);
    assert!(prepare(&device, &mut renderer, &view(), Budget::ALL).chunks > 0);
    assert_eq!(prepare(&device, &mut renderer, &view(), Budget::ALL).chunks, 0);
}

#[test]
fn a_layer_switches_without_uploading_its_chunks() {
    let Some(device) = device() else { return };
    let mut renderer = filled(&device);
    let with = shown(&device, &mut renderer, &view());
    let mut off = styles();
    off[2].visible = false;
    renderer.set_styles(&device.device, &device.queue, &off);
    let without = shown(&device, &mut renderer, &view());
    assert_eq!((count(&with, BLUE) > 300, count(&without, BLUE)), (true, 0));
    assert_same(&without, &afresh(&device, &chunks(), &off, &view()), "off");
    renderer.set_styles(&device.device, &device.queue, &styles());
    assert_same(&shown(&device, &mut renderer, &view()), &with, "on again");
}

#[test]
fn a_table_that_grows_is_bound_anew() {
    let Some(device) = device() else { return };
    let mut renderer = filled(&device);
    shown(&device, &mut renderer, &view());
    let many: Vec<PaintStyle> = (0..3000).map(|i| style(if i == 2 { RED } else { BLACK })).collect();
    renderer.set_styles(&device.device, &device.queue, &many);
    assert_same(&shown(&device, &mut renderer, &view()), &afresh(&device, &chunks(), &many, &view()), "afterwards");
}

#[test]
fn a_pan_draws_what_it_uncovers() {
    let Some(device) = device() else { return };
    let mut renderer = filled(&device);
    let all = prepare(&device, &mut renderer, &view(), Budget::ALL).strokes;
    for by in [Vec2::new(7.0, 0.0), Vec2::new(-12.0, 5.0), Vec2::new(0.0, -3.0), Vec2::new(300.0, 0.0)] {
        let moved = View { center: view().center + by, ..view() };
        let drawn = prepare(&device, &mut renderer, &moved, Budget::ALL);
        assert!(drawn.strokes < all, "{by:?}: {} of {all} strokes", drawn.strokes);
        let picture = device.shown(&renderer, view().size_px).unwrap();
        assert_same(&picture, &afresh(&device, &chunks(), &styles(), &moved), &format!("{by:?}"));
    }
}

#[test]
fn an_edit_draws_what_it_touches() {
    let Some(device) = device() else { return };
    let mut renderer = filled(&device);
    let all = prepare(&device, &mut renderer, &view(), Budget::ALL).strokes;
    let mut chunks = chunks();
    chunks[20].1 = Mesh::at(chunks[20].1.origin).line([2.0, 8.0], [5.0, 9.0], 1, 0.7, 0.0).0;
    renderer.upload(&device.device, &device.queue, chunks[20].0, &chunks[20].1).unwrap();
    let gone = chunks.remove(50).0;
    renderer.remove(gone);
    let drawn = prepare(&device, &mut renderer, &view(), Budget::ALL);
    assert!(drawn.strokes > 0 && drawn.strokes < all / 2, "{} of {all} strokes", drawn.strokes);
    assert_same(
        &device.shown(&renderer, view().size_px).unwrap(),
        &afresh(&device, &chunks, &styles(), &view()),
        "afterwards",
    );
}

#[test]
fn a_small_budget_gets_there_and_shows_the_old_picture_meanwhile() {
    let Some(device) = device() else { return };
    let mut renderer = filled(&device);
    let before = shown(&device, &mut renderer, &view());
    let closer = View { units_per_px: 0.5, ..view() };
    let mut frames = 1;
    while prepare(&device, &mut renderer, &closer, Budget { strokes: 10 }).progress == Progress::Unfinished {
        // The old picture at twice its size: what was in its middle quarter.
        let meanwhile = device.shown(&renderer, closer.size_px).unwrap();
        let blue = |picture: &Picture| picture.rgba.chunks(4).filter(|p| p[2] > 200 && p[0] < 128).count();
        assert!(blue(&meanwhile) > blue(&before) / 2, "{} of {}", blue(&meanwhile), blue(&before));
        frames += 1;
        assert!(frames < 100, "it must come to an end");
    }
    assert!(frames > 3, "it was to take several frames: {frames}");
    assert_same(
        &device.shown(&renderer, closer.size_px).unwrap(),
        &afresh(&device, &chunks(), &styles(), &closer),
        "afterwards",
    );
}

#[test]
fn edits_while_it_is_drawn_are_not_lost() {
    let Some(device) = device() else { return };
    let mut renderer = filled(&device);
    let mut chunks = chunks();
    let mut edits = 0..64;
    let mut frames = 0;
    loop {
        let drawn = prepare(&device, &mut renderer, &view(), Budget { strokes: 20 });
        match edits.next() {
            Some(place) => {
                chunks[place].1 = Mesh::at(chunks[place].1.origin).rect([3.0, 3.0, 9.0, 9.0], 1, 0.7).0;
                renderer.upload(&device.device, &device.queue, chunks[place].0, &chunks[place].1).unwrap();
            }
            None if drawn.progress == Progress::Finished => break,
            None => {}
        }
        frames += 1;
        assert!(frames < 1000, "it must come to an end");
    }
    assert_same(
        &device.shown(&renderer, view().size_px).unwrap(),
        &afresh(&device, &chunks, &styles(), &view()),
        "afterwards",
    );
}

#[test]
fn another_size_is_another_picture() {
    let Some(device) = device() else { return };
    let mut renderer = filled(&device);
    shown(&device, &mut renderer, &view());
    let wide = View { size_px: [173, 60], ..view() };
    assert_same(&shown(&device, &mut renderer, &wide), &afresh(&device, &chunks(), &styles(), &wide), "afterwards");
}

#[test]
fn clear_forgets() {
    let Some(device) = device() else { return };
    let mut renderer = filled(&device);
    shown(&device, &mut renderer, &view());
    assert!(renderer.memory_bytes() > 0);
    renderer.clear();
    assert_eq!(renderer.memory_bytes(), 0);
    assert_eq!(count(&shown(&device, &mut renderer, &view()), WHITE), 100 * 100);
}

#[test]
fn a_view_that_is_refused_leaves_what_was_shown() {
    let Some(device) = device() else { return };
    let mut renderer = filled(&device);
    let before = shown(&device, &mut renderer, &view());
    let mut encoder = device.device.create_command_encoder(&Default::default());
    let bad = View { units_per_px: -1.0, ..view() };
    assert!(renderer.prepare(&device.device, &device.queue, &mut encoder, &bad, Budget::ALL).is_err());
    assert_same(&device.shown(&renderer, view().size_px).unwrap(), &before, "refused");
}

#[test]
fn several_views_share_chunks() {
    let Some(device) = device() else { return };
    let mesh = Mesh::default().rect([10.0, 10.0, 30.0, 30.0], 1, 0.5).0;
    let (gpu, queue) = (&device.device, &device.queue);
    let mut store = renderer(&device, &[]);
    store.upload(gpu, queue, ChunkId(1), &mesh).unwrap();
    let mut seen = store.sibling(gpu, queue);
    seen.set_styles(gpu, queue, &styles());
    seen.show_chunks_of(&store);
    assert_eq!(count(&shown(&device, &mut seen, &view()), RED), 400);
    // Another look at the same finds nothing to draw, a changed chunk is drawn, and one that is gone is gone.
    seen.show_chunks_of(&store);
    assert_eq!(prepare(&device, &mut seen, &view(), Budget::ALL).chunks, 0);
    store.upload(gpu, queue, ChunkId(1), &Mesh::default().rect([10.0, 10.0, 20.0, 20.0], 1, 0.5).0).unwrap();
    seen.show_chunks_of(&store);
    assert_eq!(count(&shown(&device, &mut seen, &view()), RED), 100);
    assert_eq!(seen.memory_bytes(), store.memory_bytes());
    store.remove(ChunkId(1));
    seen.show_chunks_of(&store);
    assert_eq!((count(&shown(&device, &mut seen, &view()), RED), seen.memory_bytes()), (0, 0));
}
