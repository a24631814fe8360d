//! Picking, windows, snapping, extents.

use std::sync::Arc;

use drawing::{
    Arc as ArcShape, Block, BlockId, Boundary, Circle, Drawing, Entity, EntityId, Extrusion, Handle, Hatch, HatchFill,
    Insert, Layer, LayerId, Line, Op, Opaque, Order, Point3, PointMark, Record, Shape, Spline, Style, Vec2, Window,
};
use geometry::{Point, Rect};
use scene::{Fonts, Scene, SceneOptions, SnapKind, SnapKinds, TextMode, Visibility};

const SPACE: BlockId = Drawing::MODEL_SPACE;

fn of(shapes: Vec<Shape>) -> (Drawing, Scene) {
    let mut drawing = Drawing::new();
    let record = |(shape, id): (Shape, u64)| {
        let (id, order) = (EntityId(id), Order(id * Order::STEP));
        let style = Style::on(Drawing::LAYER_0);
        Record::Entity(Entity { id, handle: None, source: None, owner: SPACE, order, style, shape })
    };
    drawing.apply(&Op::New(shapes.into_iter().zip(100..).map(record).collect())).unwrap();
    let scene = Scene::new(
        &drawing,
        SPACE,
        SceneOptions { text: TextMode::Drawn, fonts: Arc::new(Fonts::default()), frames: false },
    );
    (drawing, scene)
}

fn line(x0: f64, y0: f64, x1: f64, y1: f64) -> Shape {
    Shape::Line(Line { start: Point3::flat(x0, y0), end: Point3::flat(x1, y1) })
}

fn circle(x: f64, y: f64, radius: f64) -> Shape {
    Shape::Circle(Circle { center: Point3::flat(x, y), radius, extrusion: Extrusion::UP })
}

fn filled(x0: f64, y0: f64, x1: f64, y1: f64) -> Shape {
    let corners = [(x0, y0), (x1, y0), (x1, y1), (x0, y1)];
    let vertices = corners.map(|p| (Point::from(p), 0.0)).to_vec();
    let boundaries = vec![Boundary::Polyline { flags: 2, vertices, closed: true }];
    let (elevation, extrusion, seeds) = (0.0, Extrusion::UP, Vec::new());
    Shape::Hatch(Hatch { elevation, extrusion, fill: HatchFill::Solid, island_style: 0, boundaries, seeds })
}

#[test]
fn strokes_come_before_areas_and_the_topmost_first() {
    // 100 an area, 101 and 102 the same line twice, 103 a circle around.
    let (drawing, scene) = of(vec![
        filled(0.0, 0.0, 10.0, 10.0),
        line(0.0, 5.0, 10.0, 5.0),
        line(0.0, 5.0, 10.0, 5.0),
        circle(5.0, 5.0, 3.0),
    ]);
    let check = |x: f64, y: f64, reach: f64, expect: &[u64]| {
        let hits = scene.pick(&drawing, Point::new(x, y), reach, &Visibility::default());
        assert_eq!(hits.iter().map(|hit| hit.id.0).collect::<Vec<_>>(), expect, "{x},{y}");
    };
    check(5.0, 5.1, 0.5, &[102, 101, 100]);
    check(5.0, 7.8, 0.5, &[103, 100]);
    check(8.1, 5.2, 0.5, &[103, 102, 101, 100]);
    check(1.0, 1.0, 0.5, &[100]);
    check(10.2, 1.0, 0.5, &[100]);
    check(12.0, 1.0, 0.5, &[]);
    check(f64::NAN, 1.0, 0.5, &[]);
}

#[test]
fn windows_hold_and_crossings_touch() {
    let (drawing, scene) = of(vec![
        line(0.0, 0.0, 10.0, 0.0),
        circle(5.0, 5.0, 2.0),
        filled(20.0, 0.0, 30.0, 10.0),
        // The corner of its rectangle is in some windows, but no point of it.
        line(0.0, 10.0, 10.0, 20.0),
    ]);
    let check = |rect: [f64; 4], window: &[u64], crossing: &[u64]| {
        let rect = Rect::new(rect[0], rect[1], rect[2], rect[3]);
        let ids = |found: Vec<EntityId>| found.iter().map(|id| id.0).collect::<Vec<_>>();
        assert_eq!(ids(scene.window(&drawing, rect, &Visibility::default())), window, "window {rect:?}");
        assert_eq!(ids(scene.crossing(&drawing, rect, &Visibility::default())), crossing, "crossing {rect:?}");
    };
    check([-1.0, -1.0, 11.0, 8.0], &[100, 101], &[100, 101]);
    check([11.0, 8.0, -1.0, -1.0], &[100, 101], &[100, 101]);
    check([2.0, -1.0, 6.0, 6.0], &[], &[100, 101]);
    // Inside the circle, inside the area, by the slanted line.
    check([4.5, 4.5, 5.5, 5.5], &[], &[]);
    check([22.0, 2.0, 23.0, 3.0], &[], &[102]);
    check([0.0, 16.0, 3.0, 20.0], &[], &[]);
    check([f64::NAN, 0.0, 1.0, 1.0], &[], &[]);
}

#[test]
fn snaps_by_kind() {
    let (drawing, scene) = of(vec![
        line(0.0, 0.0, 10.0, 0.0),
        line(4.0, -5.0, 4.0, 5.0),
        circle(20.0, 0.0, 5.0),
        Shape::Arc(ArcShape {
            center: Point3::flat(40.0, 0.0),
            radius: 5.0,
            start_deg: 0.0,
            end_deg: 90.0,
            extrusion: Extrusion::UP,
        }),
        Shape::Point(PointMark { at: Point3::flat(60.0, 0.0), angle_deg: 0.0, extrusion: Extrusion::UP }),
    ]);
    let check =
        |cursor: (f64, f64), kinds: &[SnapKind], from: Option<(f64, f64)>, expect: Option<(SnapKind, f64, f64)>| {
            let (cursor, from) = (Point::from(cursor), from.map(Point::from));
            let kinds = SnapKinds::of(kinds);
            let snap = scene.snap(&drawing, cursor, 0.5, kinds, from, &Visibility::default(), &|_| false);
            match (snap, expect) {
                (Some(snap), Some((kind, x, y))) => {
                    assert_eq!(snap.kind, kind, "{cursor:?}");
                    assert!((snap.at - Point::new(x, y)).hypot() < 1e-9, "{cursor:?}: {snap:?}");
                }
                (None, None) => {}
                other => panic!("{cursor:?}: {other:?}"),
            }
        };
    use SnapKind::*;
    let all = SnapKind::ALL;
    check((0.1, 0.2), &all, None, Some((Endpoint, 0.0, 0.0)));
    check((5.1, 0.2), &all, None, Some((Midpoint, 5.0, 0.0)));
    check((4.1, 0.1), &all, None, Some((Intersection, 4.0, 0.0)));
    check((20.2, 0.1), &all, None, Some((Center, 20.0, 0.0)));
    check((25.1, 0.1), &all, None, Some((Quadrant, 25.0, 0.0)));
    check((45.1, 0.1), &all, None, Some((Endpoint, 45.0, 0.0)));
    check((60.1, 0.1), &all, None, Some((Node, 60.0, 0.0)));
    check((8.0, 0.2), &[Perpendicular], Some((7.0, 3.0)), Some((Perpendicular, 7.0, 0.0)));
    check((8.0, 0.2), &[Perpendicular], Some((17.0, 3.0)), None);
    check((8.0, 0.2), &[Nearest], None, Some((Nearest, 8.0, 0.0)));
    // A circle's centre is found by its stroke too.
    check((23.6, 3.6), &[Center, Endpoint], None, Some((Center, 20.0, 0.0)));
    check((24.9, 0.2), &[Endpoint], None, None);
    check((0.1, 0.2), &[], None, None);
    check((100.0, 100.0), &all, None, None);
    let except = |id| id == EntityId(100);
    let snap =
        scene.snap(&drawing, Point::new(0.1, 0.2), 0.5, SnapKinds::default(), None, &Visibility::default(), &except);
    assert_eq!(snap, None);
}

#[test]
fn extents_leave_out_strays_and_hidden_layers() {
    let near: Vec<Shape> = (0..50).map(|i| line(f64::from(i), 0.0, f64::from(i) + 1.0, 20.0)).collect();
    let check = |more: Vec<Shape>, x1: f64, strays: &[u64]| {
        let (drawing, scene) = of(near.iter().cloned().chain(more).collect());
        let extents = scene.extents(&drawing, &Visibility::default()).unwrap();
        assert_eq!(extents.rect.x1, x1);
        assert_eq!(extents.strays.iter().map(|id| id.0).collect::<Vec<_>>(), strays);
    };
    check(Vec::new(), 50.0, &[]);
    check(vec![line(1e7, 0.0, 1e7 + 1.0, 0.0)], 50.0, &[150]);
    check(vec![line(300.0, 0.0, 301.0, 0.0)], 301.0, &[]);
    // Two places, both with many things in them, are no strays.
    check((0..50).map(|i| line(1e7, 0.0, 1e7 + 1.0, f64::from(i))).collect(), 1e7 + 1.0, &[]);
    let (mut drawing, mut scene) = of(near);
    let mut layer = drawing.layer(Drawing::LAYER_0).unwrap().clone();
    layer.frozen = true;
    let outcome = drawing.apply(&Op::Change(vec![Record::Layer(layer)])).unwrap();
    scene.update(&drawing, &outcome.touched.into_iter().collect());
    assert_eq!(scene.extents(&drawing, &Visibility::default()), None);
}

#[test]
fn far_from_the_origin_is_as_good_as_near() {
    let (mut drawing, mut scene) = of(vec![line(0.0, 0.0, 1.0, 0.5), line(2.0, 0.0, 3.0, 0.5)]);
    let by = Vec2::new(2_600_000.0, 1_200_000.0);
    let outcome = drawing.apply(&Op::Translate { ids: vec![EntityId(101)], by }).unwrap();
    scene.update(&drawing, &outcome.touched.into_iter().collect());
    let mesh = |id| scene.mesh_of(&drawing, &[EntityId(id)], scene::Band::of(100.0));
    let (near, far) = (mesh(100), mesh(101));
    assert_eq!((near.segments[0].a, near.segments[0].b), (far.segments[0].a, far.segments[0].b));
    assert_eq!(scene.chunks().count(), 2);
    let cursor = Point::new(2_600_002.0, 1_200_000.001);
    let kinds = SnapKinds::default();
    let snap = scene.snap(&drawing, cursor, 0.01, kinds, None, &Visibility::default(), &|_| false).unwrap();
    assert_eq!(snap.at, Point::new(2_600_002.0, 1_200_000.0));
}

/// An insert, with the lines and circles of its block.
fn with_block(in_block: Vec<Shape>, more: Vec<Shape>) -> (Drawing, Scene) {
    let (mut drawing, _) = of(more);
    let block = BlockId(50);
    let name = "b".to_owned();
    let record = Block { id: block, handle: None, source: None, name, base: Point::ZERO, xref_path: None };
    let entity = |id: u64, owner, shape| {
        let (id, order) = (EntityId(id), Order(id * Order::STEP));
        let style = Style::on(Drawing::LAYER_0);
        Record::Entity(Entity { id, handle: Some(Handle(id.0)), source: None, owner, order, style, shape })
    };
    let insert = Shape::Insert(Insert {
        block,
        at: Point3::flat(0.0, 0.0),
        scale: Point3 { x: 1.0, y: 1.0, z: 1.0 },
        rotation_deg: 0.0,
        columns: 1,
        rows: 1,
        column_spacing: 0.0,
        row_spacing: 0.0,
        extrusion: Extrusion::UP,
        attributes: Vec::new(),
    });
    let parts = in_block.into_iter().zip(10_000..).map(|(shape, id)| entity(id, block, shape));
    let records = std::iter::once(Record::Block(record)).chain(parts).chain([entity(60, SPACE, insert)]);
    drawing.apply(&Op::New(records.collect())).unwrap();
    let options = SceneOptions { text: TextMode::Drawn, fonts: Arc::new(Fonts::default()), frames: true };
    let scene = Scene::new(&drawing, SPACE, options);
    (drawing, scene)
}

#[test]
fn many_arcs_keep_nothing_from_being_snapped_to() {
    // All around the cursor, and none near it.
    let circles = (0..1100).map(|i| circle(f64::from(i % 40), f64::from(i / 40) + 50.0, 20.0));
    let below = line(-100.0, -100.0, 1.0, -100.0);
    let (drawing, scene) = with_block(circles.chain([below]).collect(), vec![line(0.0, 0.0, 10.0, 0.0)]);
    let at = Point::new(0.05, 0.05);
    let snap = scene.snap(&drawing, at, 0.5, SnapKinds::default(), None, &Visibility::default(), &|_| false).unwrap();
    assert_eq!((snap.kind, snap.at, snap.entity), (SnapKind::Endpoint, Point::ZERO, EntityId(100)));
    // Nor do very many that are all over there, with lower numbers and larger.
    let crowd = (0..400).map(|i| circle(3.0, 3.0, 100.0 + f64::from(i))).chain([line(0.0, 0.0, 10.0, 0.0)]);
    let (drawing, scene) = of(crowd.collect());
    let snap = scene.snap(&drawing, at, 0.5, SnapKinds::default(), None, &Visibility::default(), &|_| false).unwrap();
    assert_eq!((snap.kind, snap.at), (SnapKind::Endpoint, Point::ZERO));
}

#[test]
fn extents_leave_out_what_is_hidden_in_blocks() {
    let (mut drawing, _) = with_block(vec![line(0.0, 0.0, 10.0, 0.0), line(0.0, 0.0, 1000.0, 0.0)], Vec::new());
    let far = LayerId(70);
    let layer = Layer { id: far, name: "FAR".into(), ..drawing.layer(Drawing::LAYER_0).unwrap().clone() };
    let mut entity = drawing.entity(EntityId(10_001)).unwrap().clone();
    entity.style.layer = far;
    drawing.apply(&Op::New(vec![Record::Layer(layer)])).unwrap();
    drawing.apply(&Op::Change(vec![Record::Entity(entity)])).unwrap();
    let options = SceneOptions { text: TextMode::Drawn, fonts: Arc::new(Fonts::default()), frames: true };
    let scene = Scene::new(&drawing, SPACE, options);
    let check = |visibility: Visibility, expect: Option<f64>| {
        assert_eq!(scene.extents(&drawing, &visibility).map(|extents| extents.rect.x1), expect, "{visibility:?}");
    };
    check(Visibility::default(), Some(1000.0));
    check(Visibility { layers: [(far, false)].into(), ..Visibility::default() }, Some(10.0));
    // The insert's layer frozen hides all that is in it; hidden, only what stands on it.
    check(Visibility { frozen: [Drawing::LAYER_0].into(), ..Visibility::default() }, None);
    check(Visibility { layers: [(Drawing::LAYER_0, false)].into(), ..Visibility::default() }, Some(1000.0));
}

#[test]
fn a_spline_through_points_is_known_where_it_bulges() {
    let fit = [(0.0, 0.0), (1.0, 10.0), (9.0, 10.0), (10.0, 0.0)].map(|(x, y)| Point3::flat(x, y)).to_vec();
    let (knots, controls, weights) = (Vec::new(), Vec::new(), Vec::new());
    let (drawing, scene) = of(vec![Shape::Spline(Spline { degree: 3, closed: false, knots, controls, weights, fit })]);
    let mesh = scene.mesh_of(&drawing, &[EntityId(100)], scene::Band::of(100.0));
    let top = mesh.origin.y + f64::from(mesh.bounds[3]);
    assert!(top > 10.3, "{top}");
    let extents = scene.extents(&drawing, &Visibility::default()).unwrap().rect;
    assert!((extents.y1 - top).abs() < 0.1, "{extents:?} {top}");
    assert_eq!(scene.pick(&drawing, Point::new(5.0, top), 0.05, &Visibility::default()).len(), 1);
}

#[test]
fn strays_are_named() {
    let near: Vec<Shape> = (0..50).map(|i| line(f64::from(i), 0.0, f64::from(i) + 1.0, 20.0)).collect();
    let (drawing, scene) = with_block(vec![line(1e7, 0.0, 1e7 + 1.0, 0.0)], near);
    let extents = scene.extents(&drawing, &Visibility::default()).unwrap();
    assert_eq!(extents.rect.x1, 50.0);
    let words = extents.strays_in_words(&drawing).unwrap();
    assert!(words.contains("1 object ") && words.contains("3C"), "{words}");
}

#[test]
fn what_is_not_understood_is_picked_by_its_frame() {
    let extents = Some(Rect::new(0.0, 0.0, 10.0, 5.0));
    let opaque = |kind: &str, extents| Shape::Opaque(Opaque { kind: kind.into(), extents, window: None });
    let (drawing, scene) = of(vec![opaque("3DFACE", extents), opaque("XLINE", None), opaque("VIEWPORT", extents)]);
    let everything = Visibility::default();
    let at = |x, y| -> Vec<u64> {
        scene.pick(&drawing, Point::new(x, y), 0.1, &everything).iter().map(|hit| hit.id.0).collect()
    };
    assert_eq!((at(10.0, 2.0), at(5.0, 2.0)), (vec![100], vec![]));
    assert_eq!(scene.window(&drawing, Rect::new(-1.0, -1.0, 11.0, 6.0), &everything), [EntityId(100)]);
    assert_eq!(scene.crossing(&drawing, Rect::new(9.0, 1.0, 11.0, 2.0), &everything), [EntityId(100)]);
    assert!(scene.crossing(&drawing, Rect::new(4.0, 1.0, 6.0, 2.0), &everything).is_empty());
    // An overlay shows it always, a picture only where it is asked for.
    assert_eq!(scene.mesh_of(&drawing, &[EntityId(100)], scene::Band::of(1.0)).segments.len(), 4);
    let segments = |frames| -> usize {
        let options = SceneOptions { text: TextMode::Drawn, fonts: Arc::new(Fonts::default()), frames };
        let scene = Scene::new(&drawing, SPACE, options);
        scene.chunks().map(|id| scene.tessellate(&drawing, id, scene::Band::of(1.0)).segments.len()).sum()
    };
    assert_eq!((segments(true), segments(false)), (4, 0));
}

#[test]
fn frames_of_a_sheet_show_windows() {
    let frame = |x: f64, size: f64, window| {
        let extents = Some(Rect::new(x, 0.0, x + size, size));
        Shape::Opaque(Opaque { kind: "VIEWPORT".into(), extents, window })
    };
    let window = |frozen| Some(Window { center: Point::ZERO, height: 10.0, frozen });
    let (drawing, mut scene) =
        of(vec![frame(0.0, 10.0, window(vec![])), frame(20.0, 0.0, window(vec![])), frame(30.0, 5.0, None)]);
    let ids = |scene: &Scene| scene.frames(&drawing).shown.iter().map(|frame| frame.id.0).collect::<Vec<_>>();
    assert_eq!(ids(&scene), [100]);
    let mut emptied = drawing.clone();
    let outcome = emptied.apply(&Op::Remove(vec![EntityId(100).into()])).unwrap();
    scene.update(&emptied, &outcome.touched.into_iter().collect());
    assert!(scene.frames(&emptied).shown.is_empty());
    let (drawing, scene) = of((0..100).map(|i| frame(f64::from(i), 1.0 + f64::from(i), window(vec![]))).collect());
    let frames = scene.frames(&drawing);
    assert_eq!((frames.shown.len(), frames.left_out, frames.shown[0].id), (64, 36, EntityId(136)));
}

#[test]
fn what_is_frozen_in_a_frame_is_hidden_in_it_with_all_that_is_in_its_blocks() {
    let (mut drawing, _) = with_block(vec![line(0.0, 0.0, 10.0, 0.0)], Vec::new());
    let (steel, inside) = (LayerId(70), LayerId(71));
    let plain = drawing.layer(Drawing::LAYER_0).unwrap().clone();
    let layer = |id, name: &str, handle| Layer { id, name: name.into(), handle: Some(Handle(handle)), ..plain.clone() };
    let layers = vec![Record::Layer(layer(steel, "STEEL", 0x70)), Record::Layer(layer(inside, "INSIDE", 0x71))];
    drawing.apply(&Op::New(layers)).unwrap();
    for (id, layer) in [(60, steel), (10_000, inside)] {
        let mut entity = drawing.entity(EntityId(id)).unwrap().clone();
        entity.style.layer = layer;
        drawing.apply(&Op::Change(vec![Record::Entity(entity)])).unwrap();
    }
    let options = SceneOptions { text: TextMode::Drawn, fonts: Arc::new(Fonts::default()), frames: false };
    let scene = Scene::new(&drawing, SPACE, options);
    let seen = |visibility: &Visibility| !scene.pick(&drawing, Point::ZERO, 0.1, visibility).is_empty();
    let through = |frozen: Vec<Handle>, visibility: Visibility| {
        visibility.through(&drawing, &Window { center: Point::ZERO, height: 1.0, frozen })
    };
    assert!(seen(&through(vec![], Visibility::default())));
    assert!(!seen(&through(vec![Handle(0x70)], Visibility::default())));
    assert!(!seen(&through(vec![Handle(0x71)], Visibility::default())));
    // One who hides the layer of the insert still sees what is on others in it, and freezing beats showing.
    let hidden = Visibility { layers: [(steel, false)].into(), ..Visibility::default() };
    assert!(seen(&through(vec![], hidden)));
    let shown = Visibility { layers: [(steel, true), (inside, true)].into(), ..Visibility::default() };
    assert!(!seen(&through(vec![Handle(0x70)], shown)));
}

#[test]
fn isolating_leaves_the_rest_out() {
    let (drawing, mut scene) = of(vec![line(0.0, 0.0, 10.0, 0.0), line(0.0, 1.0, 10.0, 1.0)]);
    let drawn = |scene: &Scene| -> usize {
        scene.chunks().map(|chunk| scene.tessellate(&drawing, chunk, scene::Band::of(1.0)).segments.len()).sum()
    };
    let picked = |scene: &Scene| scene.pick(&drawing, Point::new(5.0, 0.5), 1.0, &Visibility::default()).len();
    assert_eq!((drawn(&scene), picked(&scene)), (2, 2));
    assert!(!scene.isolate(Some([EntityId(101)].into())).chunks.is_empty());
    assert_eq!((drawn(&scene), picked(&scene)), (1, 1));
    scene.isolate(None);
    assert_eq!((drawn(&scene), picked(&scene)), (2, 2));
}
