//! What covers what.

use scene::{ChunkId, ChunkMesh};

use crate::*;

/// Draws two meshes, as chunks in both orders and as one chunk.
fn check(name: &str, device: &Headless, meshes: [fn(Mesh) -> Mesh; 2], styles: &[PaintStyle], expect: [u8; 4]) {
    let alone = meshes.map(|add| add(Mesh::default()).0);
    let together = meshes[1](meshes[0](Mesh::default())).0;
    let numbered = |meshes: Vec<ChunkMesh>| meshes.into_iter().enumerate().map(|(i, mesh)| (ChunkId(i as u32), mesh));
    let [a, b] = alone;
    for (way, chunks) in [("a, b", vec![a.clone(), b.clone()]), ("b, a", vec![b, a]), ("one chunk", vec![together])] {
        let picture = device.picture(numbered(chunks), styles, &view()).unwrap();
        let got = picture.at(50, 50).unwrap();
        let near = got.iter().zip(&expect).all(|(a, b)| a.abs_diff(*b) <= 2);
        assert!(near, "{name} ({way}): {got:?} instead of {expect:?}");
    }
}

#[test]
fn the_higher_one_covers_the_lower_one() {
    let Some(device) = device() else { return };
    let translucent = || vec![style(BLACK), style([255, 0, 0, 128]), style(BLUE)];
    check(
        "fill over fill",
        &device,
        [|m| m.rect([0.0, 0.0, 100.0, 100.0], 1, 0.3), |m| m.rect([20.0, 20.0, 80.0, 80.0], 2, 0.2)],
        &styles(),
        RED,
    );
    check(
        "fill over stroke",
        &device,
        [|m| m.rect([0.0, 0.0, 100.0, 100.0], 1, 0.3), |m| m.line([0.0, 50.0], [100.0, 50.0], 2, 0.2, 9.0)],
        &styles(),
        RED,
    );
    check(
        "stroke over fill",
        &device,
        [|m| m.rect([0.0, 0.0, 100.0, 100.0], 1, 0.3), |m| m.line([0.0, 50.0], [100.0, 50.0], 2, 0.4, 9.0)],
        &styles(),
        BLUE,
    );
    check(
        "stroke over stroke",
        &device,
        [|m| m.line([50.0, 0.0], [50.0, 100.0], 1, 0.6, 9.0), |m| m.line([0.0, 50.0], [100.0, 50.0], 2, 0.4, 9.0)],
        &styles(),
        RED,
    );
    check(
        "a translucent fill over a stroke shows it",
        &device,
        [|m| m.rect([0.0, 0.0, 100.0, 100.0], 1, 0.3), |m| m.line([0.0, 50.0], [100.0, 50.0], 2, 0.2, 9.0)],
        &translucent(),
        [128, 0, 127, 255],
    );
    check(
        "a translucent fill under a fill is covered",
        &device,
        [|m| m.rect([0.0, 0.0, 100.0, 100.0], 1, 0.3), |m| m.rect([0.0, 0.0, 100.0, 100.0], 2, 0.5)],
        &translucent(),
        BLUE,
    );
}

#[test]
fn strokes_that_cross_have_no_halo() {
    let Some(device) = device() else { return };
    // The higher one comes first in the mesh: it is sorted behind the lower one.
    let mesh = Mesh::default()
        .line([0.0, 10.0], [100.0, 90.0], 1, 0.9, 0.0)
        .rect([0.0, 0.0, 100.0, 100.0], 2, 0.1)
        .line([0.0, 50.0], [100.0, 50.0], 2, 0.2, 30.0)
        .0;
    let picture = device.picture([(ChunkId(0), mesh)], &styles(), &view()).unwrap();
    let whitish = picture.rgba.chunks(4).filter(|p| p[1] > 3).count();
    assert_eq!(whitish, 0, "red on blue has no green in it");
}
