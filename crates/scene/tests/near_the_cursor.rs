//! Picking, windows, snapping, extents.

use std::sync::Arc;

use drawing::{
    Arc as ArcShape, BlockId, Boundary, Circle, Drawing, Entity, EntityId, Extrusion, Hatch, HatchFill, Line, Op,
    Order, Point3, PointMark, Record, Shape, Style, Vec2,
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
