//! Lines, widths, fills, far coordinates, small sizes.

use geometry::{Point, Vec2};
use render::{RenderError, View};
use scene::{ChunkId, ChunkMesh, PaintStyle};

use crate::*;

fn picture(device: &Headless, mesh: &ChunkMesh, styles: &[PaintStyle], view: &View) -> Picture {
    device.picture([(ChunkId(0), mesh.clone())], styles, view).unwrap()
}

#[test]
fn nothing_is_the_background() {
    let Some(device) = device() else { return };
    let view = View { background: [0.0, 0.0, 1.0, 1.0], ..view() };
    let picture = device.picture([], &styles(), &view).unwrap();
    assert_eq!(count(&picture, BLUE), 100 * 100);
    let clear = View { background: [0.0; 4], ..view };
    assert_eq!(device.picture([], &styles(), &clear).unwrap().at(50, 50), Some([0; 4]));
}

#[test]
fn a_hairline_is_a_pixel_wide_at_every_angle() {
    let Some(device) = device() else { return };
    for degrees in [0, 7, 30, 45, 60, 89, 90, 133] {
        let turn = Vec2::from_angle(f64::from(degrees).to_radians()) * 30.0;
        let end = |sign: f64| [(50.25 + sign * turn.x) as f32, (50.6 + sign * turn.y) as f32];
        let mesh = Mesh::default().line(end(-1.0), end(1.0), 0, 0.5, 0.0).0;
        let ink = ink(&picture(&device, &mesh, &styles(), &view()));
        assert!((ink - 60.0).abs() < 4.0, "60 pixels long at {degrees} degrees: {ink}");
    }
}

#[test]
fn hairlines_along_an_axis_are_crisp() {
    let Some(device) = device() else { return };
    for at in [20.0, 20.25, 20.5, 20.75, 21.0] {
        for ends in [[[10.0, at], [90.0, at]], [[at, 10.0], [at, 90.0]]] {
            let mesh = Mesh::default().line(ends[0], ends[1], 0, 0.5, 0.0).0;
            let picture = picture(&device, &mesh, &styles(), &view());
            let blacks = count(&picture, BLACK);
            assert!((79..=81).contains(&blacks), "{ends:?}: {blacks} black pixels");
        }
    }
    // On the very edge of the picture, where half of an uncertain one would be outside.
    for ends in [
        [[0.0, 0.0], [0.0, 100.0]],
        [[0.0, 100.0], [100.0, 100.0]],
        [[100.0, 100.0], [100.0, 0.0]],
        [[100.0, 0.0], [0.0, 0.0]],
    ] {
        let mesh = Mesh::default().line(ends[0], ends[1], 0, 0.5, 0.0).0;
        assert_eq!(count(&picture(&device, &mesh, &styles(), &view()), BLACK), 100, "{ends:?}");
    }
    // Two pieces of one line, of chunks whose f32 are rounded otherwise.
    let mesh = |x: f32, origin: f64| {
        Mesh::at(Point::new(0.0, origin))
            .line([x, 50.0 - origin as f32], [x + 50.0, 50.0 - origin as f32], 0, 0.5, 0.0)
            .0
    };
    let both = [(ChunkId(0), mesh(0.0, 0.1)), (ChunkId(1), mesh(50.0, 33.3))];
    assert_eq!(count(&device.picture(both, &styles(), &view()).unwrap(), BLACK), 100);
}

#[test]
fn north_is_up() {
    let Some(device) = device() else { return };
    let mesh = Mesh::default().rect([10.0, 80.0, 20.0, 90.0], 1, 0.5).0;
    let picture = picture(&device, &mesh, &styles(), &view());
    assert_eq!(picture.at(15, 15), Some(RED));
    assert_eq!(count(&picture, RED), 100);
    assert_eq!(picture.at(100, 15), None);
}

#[test]
fn widths_are_of_the_paper_or_of_the_drawing_and_at_least_a_hairline() {
    let Some(device) = device() else { return };
    let wide = PaintStyle { width_mm: 2.0, ..style(BLACK) };
    let on = View { px_per_mm: 5.0, ..view() };
    for (name, view, style, width, expect) in [
        ("by style", on, wide, 0.0, 10.0),
        ("lineweights off", View { lineweights: false, ..on }, wide, 0.0, 1.0),
        ("by the drawing", on, wide, 4.0, 4.0),
        ("by the drawing, closer", View { units_per_px: 0.5, ..on }, wide, 4.0, 8.0),
        ("by the drawing, lineweights off", View { lineweights: false, ..on }, wide, 4.0, 4.0),
        ("thin", on, PaintStyle { width_mm: 0.01, ..wide }, 0.0, 1.0),
        ("a dense display", View { hairline_px: 2.0, ..on }, PaintStyle { width_mm: 0.01, ..wide }, 0.0, 2.0),
    ] {
        let mesh = Mesh::default().line([-500.0, 50.5], [500.0, 50.5], 0, 0.5, width).0;
        let ink = ink(&picture(&device, &mesh, &[style], &view)) / 100.0;
        assert!((ink - expect).abs() < 0.1, "{name}: {ink} px instead of {expect}");
    }
}

#[test]
fn wide_strokes_close_their_corners() {
    let Some(device) = device() else { return };
    let mesh =
        Mesh::default().line([20.0, 20.0], [80.0, 20.0], 0, 0.5, 10.0).line([80.0, 20.0], [80.0, 80.0], 0, 0.5, 10.0).0;
    let picture = picture(&device, &mesh, &styles(), &view());
    assert_eq!(picture.at(82, 82), Some(BLACK), "outside of the corner, inside its round");
    assert_eq!(picture.at(86, 86), Some(WHITE));
}

#[test]
fn the_corners_of_a_rectangle_of_hairlines_are_closed() {
    let Some(device) = device() else { return };
    let mesh =
        Mesh::default().line([20.5, 20.5], [80.5, 20.5], 0, 0.5, 0.0).line([80.5, 20.5], [80.5, 80.5], 0, 0.5, 0.0).0;
    let corner = picture(&device, &mesh, &styles(), &view()).at(80, 79).unwrap();
    assert!(corner[0] < 100, "{corner:?}");
}

#[test]
fn a_dot_is_seen() {
    let Some(device) = device() else { return };
    for at in [[50.0, 50.0], [50.5, 50.5], [20.2, 70.9]] {
        let mesh = Mesh::default().line(at, at, 0, 0.5, 0.0).0;
        let ink = ink(&picture(&device, &mesh, &styles(), &view()));
        assert!((0.4..2.0).contains(&ink), "{at:?}: {ink}");
    }
}

#[test]
fn a_curve_is_as_dark_as_a_line() {
    let Some(device) = device() else { return };
    for pieces in [16, 90, 400] {
        let on = |i: i32| {
            let at = Point::new(50.0, 50.0)
                + Vec2::from_angle(f64::from(i) * std::f64::consts::TAU / f64::from(pieces)) * 40.0;
            [at.x as f32, at.y as f32]
        };
        let mesh = (0..pieces).fold(Mesh::default(), |mesh, i| mesh.line(on(i), on(i + 1), 0, 0.5, 0.0)).0;
        let ink = ink(&picture(&device, &mesh, &styles(), &view())) / (std::f64::consts::TAU * 40.0);
        assert!((0.9..1.15).contains(&ink), "{pieces} pieces: {ink}");
    }
}

#[test]
fn far_from_the_origin_the_picture_is_the_same() {
    let Some(device) = device() else { return };
    let draw = |origin: Point, offset: [f32; 2]| {
        // Details of a millimetre in drawing units of a metre.
        let place = |x: f32, y: f32| [offset[0] + x * 0.001, offset[1] + y * 0.001];
        let mesh = Mesh::at(origin)
            .line(place(10.0, 10.0), place(90.0, 63.0), 0, 0.5, 0.0)
            .line(place(10.0, 40.0), place(70.0, 40.0), 1, 0.6, 0.004)
            .line(place(33.0, 20.0), place(33.0, 20.0), 2, 0.6, 0.0)
            .0;
        let center = origin + Vec2::new(f64::from(offset[0]) + 0.05, f64::from(offset[1]) + 0.05);
        picture(&device, &mesh, &styles(), &View { center, units_per_px: 0.001, ..view() })
    };
    let near = draw(Point::ORIGIN, [0.0, 0.0]);
    assert!(ink(&near) > 100.0);
    let largest = |far: &Picture| near.rgba.iter().zip(&far.rgba).map(|(a, b)| a.abs_diff(*b)).max().unwrap();
    assert!(largest(&draw(Point::new(2.6e6, 1.2e6), [0.0, 0.0])) <= 1);
    // 16 units from the chunk's origin f32 still has steps of 2e-6 units, 500 of them a pixel.
    assert!(largest(&draw(Point::new(2.6e6, 1.2e6), [16.0, -16.0])) <= 3);
}

#[test]
fn a_line_from_very_far_to_very_far_is_where_it_belongs() {
    let Some(device) = device() else { return };
    let mesh =
        Mesh::default().line([-3.0e7, 50.5], [2.0e7, 50.5], 0, 0.5, 0.0).line([50.5, -4e8], [50.5, 1e9], 0, 0.5, 0.0).0;
    let picture = picture(&device, &mesh, &styles(), &view());
    for place in [0, 20, 80, 99] {
        assert_eq!((picture.at(place, 49), picture.at(50, place)), (Some(BLACK), Some(BLACK)), "{place}");
        assert_eq!((picture.at(place, 47), picture.at(53, place)), (Some(WHITE), Some(WHITE)), "{place}");
    }
}

#[test]
fn a_crowd_looks_alike_when_it_is_thinned() {
    let Some(device) = device() else { return };
    let mut mesh = Mesh::default();
    for i in 0..40_000u32 {
        let at = [(i % 200) as f32 * 5.0, (i / 200) as f32 * 5.0];
        // The left half only.
        if at[0] < 500.0 {
            mesh = mesh.line(at, [at[0] + 3.0, at[1] + 2.0], 0, 0.5, 0.0);
        }
    }
    let mesh = mesh.line([999.0, 0.0], [999.0, 999.0], 1, 0.5, 0.0).0;
    let view = View { center: Point::new(500.0, 500.0), units_per_px: 20.0, ..view() };
    let picture = picture(&device, &mesh, &styles(), &view);
    let dark = |x: u32| (30..70).all(|y| picture.at(x, y).unwrap()[0] < 60);
    assert!(dark(30) && dark(40) && dark(49), "the crowd is closed");
    assert_eq!(picture.at(60, 50), Some(WHITE));
    assert!(picture.at(74, 50).unwrap()[1] < 200, "the line stays");
}

#[test]
fn ink_is_black_and_what_is_off_stays_off() {
    let Some(device) = device() else { return };
    let styles = [style([255, 255, 255, 40]), PaintStyle { visible: false, ..style(RED) }];
    let mesh = Mesh::default().rect([0.0, 0.0, 50.0, 100.0], 0, 0.5).rect([50.0, 0.0, 100.0, 100.0], 1, 0.5).0;
    let picture = picture(&device, &mesh, &styles, &View { ink: true, ..view() });
    assert_eq!((count(&picture, BLACK), count(&picture, WHITE)), (5000, 5000));
}

#[test]
fn edges_of_fills_are_smooth_with_four_samples_and_with_one() {
    let Some(device) = device() else { return };
    // A tilted square of 40 x 40, opaque and translucent.
    let turn = |x: f32, y: f32| [50.0 + x * 0.8 - y * 0.6, 50.0 + x * 0.6 + y * 0.8];
    let mut mesh = Mesh::default().rect([0.0, 0.0, 100.0, 100.0], 0, 0.5).0;
    for (corner, [x, y]) in
        mesh.fill_vertices.iter_mut().zip([[-20.0, -20.0], [20.0, -20.0], [20.0, 20.0], [-20.0, 20.0]])
    {
        corner.at = turn(x, y);
    }
    for (color, inside) in [(BLACK, 0u8), ([0, 0, 0, 128], 127)] {
        let styles = [style(color)];
        let mut one = renderer(&device, &styles);
        one.upload(&device.device, &device.queue, ChunkId(0), &mesh).unwrap();
        let four = picture(&device, &mesh, &styles, &view());
        for (samples, picture) in [(1, shown(&device, &mut one, &view())), (4, four)] {
            let grey = picture.rgba.chunks(4).filter(|p| p[0] > inside.saturating_add(2) && p[0] < 253).count();
            let darker = picture.rgba.chunks(4).filter(|p| p[0] < inside.saturating_sub(2)).count();
            let area = ink(&picture) / (1.0 - f64::from(inside) / 255.0);
            assert!(grey > 60, "{samples} samples: {grey} grey pixels");
            assert_eq!(darker, 0, "{samples} samples: nothing is painted twice");
            assert!((area - 1600.0).abs() < 40.0, "{samples} samples: {area} of 1600 px");
        }
    }
}

#[test]
fn what_cannot_be_drawn_is_told() {
    let Some(device) = device() else { return };
    for view in [View { size_px: [0, 10], ..view() }, View { size_px: [1_000_000, 10], ..view() }] {
        assert!(matches!(device.picture([], &styles(), &view), Err(RenderError::Size { .. })), "{view:?}");
    }
    assert_eq!(device.picture([], &styles(), &View { units_per_px: 0.0, ..view() }), Err(RenderError::View));
}

#[test]
fn broken_meshes_do_not_panic() {
    let Some(device) = device() else { return };
    let mut mesh = Mesh::default()
        .line([f32::NAN, 0.0], [1.0, f32::INFINITY], 0, f32::NAN, f32::NAN)
        .line([0.0, 50.5], [100.0, 50.5], 0, 0.5, 0.0)
        .line([0.0, 10.5], [100.0, 10.5], 4_000_000_000, 0.5, 0.0)
        .0;
    mesh.bounds = [0.0, 0.0, 100.0, 100.0];
    mesh.fill_indices = vec![0, 7, 9, 3];
    let picture = picture(&device, &mesh, &styles(), &view());
    assert!((ink(&picture) - 100.0).abs() < 1.0, "only the sound line with a style: {}", ink(&picture));
}
