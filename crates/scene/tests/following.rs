//! A scene follows its drawing: whatever is changed, it draws what a scene made afresh draws.

use std::collections::BTreeSet;

use drawing::{
    Block, BlockId, Drawing, Entity, EntityId, Extrusion, Insert, Line, Linetype, LinetypeId, Op, Order, Point3,
    Record, RecordId, Shape, Style, Vec2,
};
use geometry::Point;
use scene::{Background, Band, Fonts, Scene, SceneOptions, SnapKinds, TextMode, Theme, Visibility};

fn options() -> SceneOptions {
    SceneOptions { text: TextMode::Boxes, fonts: std::sync::Arc::new(Fonts::default()), frames: false }
}

fn line(id: u64, owner: BlockId, x: f64, y: f64) -> Record {
    let line = Line { start: Point3::flat(x, y), end: Point3::flat(x + 1.0, y + 0.5) };
    Record::Entity(Entity {
        id: EntityId(id),
        handle: None,
        source: None,
        owner,
        order: Order(id * Order::STEP),
        style: Style::on(Drawing::LAYER_0),
        shape: Shape::Line(line),
    })
}

const DOOR: BlockId = BlockId(50);

fn insert(id: u64, owner: BlockId, block: BlockId, x: f64) -> Record {
    let insert = Insert {
        block,
        at: Point3::flat(x, 7.0),
        scale: Point3 { x: 1.5, y: 1.0, z: 1.0 },
        rotation_deg: 30.0,
        columns: 2,
        rows: 1,
        column_spacing: 11.0,
        row_spacing: 0.0,
        extrusion: Extrusion::UP,
        attributes: Vec::new(),
    };
    let Record::Entity(entity) = line(id, owner, x, 0.0) else { unreachable!() };
    Record::Entity(Entity { shape: Shape::Insert(insert), ..entity })
}

#[test]
fn a_new_linetype_changes_nothing_and_a_changed_one_everything() {
    let mut drawing = Drawing::new();
    drawing.apply(&Op::New(vec![line(100, Drawing::MODEL_SPACE, 0.0, 0.0)])).unwrap();
    let mut scene = Scene::new(&drawing, Drawing::MODEL_SPACE, options());
    let mut dashed = Linetype {
        id: LinetypeId(70),
        handle: None,
        source: None,
        name: "DASHED".into(),
        description: String::new(),
        pattern: vec![2.0, -1.0],
    };
    let outcome = drawing.apply(&Op::New(vec![Record::Linetype(dashed.clone())])).unwrap();
    let dirty = scene.update(&drawing, &outcome.touched.iter().copied().collect());
    assert!(dirty.chunks.is_empty());
    dashed.pattern = vec![1.0, -1.0];
    let outcome = drawing.apply(&Op::Change(vec![Record::Linetype(dashed)])).unwrap();
    let dirty = scene.update(&drawing, &outcome.touched.iter().copied().collect());
    assert!(!dirty.chunks.is_empty());
}

/// Every segment in world coordinates with its place in the draw order, sorted.
fn picture(scene: &Scene, drawing: &Drawing) -> Vec<[f64; 4]> {
    let mut depths = Vec::new();
    for chunk in scene.chunks() {
        let mesh = scene.tessellate(drawing, chunk, Band::of(10.0));
        for s in &mesh.segments {
            let world = |p: [f32; 2]| [mesh.origin.x + f64::from(p[0]), mesh.origin.y + f64::from(p[1])];
            let [a, b] = [world(s.a), world(s.b)];
            depths.push((s.depth, [a[0], a[1], b[0], b[1]]));
        }
    }
    depths.sort_by(|a, b| a.0.total_cmp(&b.0));
    depths.into_iter().map(|(_, segment)| segment).collect()
}

/// A small generator of numbers, so that a run can be repeated (Steele and others, splitmix64).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % bound
    }
}

#[test]
fn updates_draw_what_a_new_scene_draws() {
    for seed in 0..8 {
        let mut numbers = Numbers(seed);
        let mut drawing = Drawing::new();
        let space = Drawing::MODEL_SPACE;
        let block =
            Block { id: DOOR, handle: None, source: None, name: "door".into(), base: Point::ZERO, xref_path: None };
        let outer = Block { id: BlockId(51), name: "doors".into(), ..block.clone() };
        drawing.apply(&Op::New(vec![Record::Block(block), Record::Block(outer)])).unwrap();
        let parts = vec![line(60, DOOR, 0.0, 0.0), line(61, DOOR, 2.0, 1.0), insert(62, BlockId(51), DOOR, 3.0)];
        drawing.apply(&Op::New(parts)).unwrap();
        let first = (100..300).map(|id| line(id, space, numbers.below(1000) as f64, numbers.below(1000) as f64));
        drawing.apply(&Op::New(first.collect())).unwrap();
        let mut scene = Scene::new(&drawing, space, options());
        let mut undo: Vec<Op> = Vec::new();
        let mut next = 1000;
        for _ in 0..60 {
            let ids: Vec<EntityId> = drawing.entities_of(space).map(|entity| entity.id).collect();
            let some = |numbers: &mut Numbers| ids[numbers.below(ids.len() as u64) as usize];
            let op = match numbers.below(8) {
                0 => Op::Remove(vec![some(&mut numbers).into()]),
                1 => {
                    next += 1;
                    Op::New(vec![line(next, space, numbers.below(1000) as f64, 0.0)])
                }
                2 => Op::Translate { ids: vec![some(&mut numbers)], by: Vec2::new(numbers.below(100_000) as f64, 3.0) },
                // What many entities show changes, or one more shows it.
                5 => Op::Translate { ids: vec![EntityId(60)], by: Vec2::new(numbers.below(20) as f64, 1.0) },
                6 => {
                    next += 1;
                    let shown = if numbers.below(2) == 0 { DOOR } else { BlockId(51) };
                    Op::New(vec![insert(next, space, shown, numbers.below(1000) as f64)])
                }
                7 => {
                    next += 1;
                    Op::New(vec![line(next, DOOR, numbers.below(50) as f64, 2.0)])
                }
                3 => undo.pop().unwrap_or(Op::Batch(Vec::new())),
                _ => {
                    let mut entity = drawing.entity(some(&mut numbers)).unwrap().clone();
                    entity.order = Order(numbers.below(2000) * Order::STEP + 1);
                    Op::Change(vec![Record::Entity(entity)])
                }
            };
            // An undo may come too late to be possible.
            let Ok(outcome) = drawing.apply(&op) else { continue };
            let changed: BTreeSet<RecordId> = outcome.touched.iter().copied().collect();
            undo.push(outcome.inverse);
            let dirty = scene.update(&drawing, &changed);
            let seen = |id: &RecordId| drawing.entity(EntityId(id.0)).is_some_and(|entity| entity.owner == space);
            assert!(!changed.iter().any(seen) || !dirty.chunks.is_empty());
            let afresh = Scene::new(&drawing, space, options());
            let (drawn, expect) = (picture(&scene, &drawing), picture(&afresh, &drawing));
            assert_eq!(drawn.len(), expect.len(), "seed {seed}");
            // Chunks have origins of their own, from which they are rounded.
            let is_near = |(a, b): &(&[f64; 4], &[f64; 4])| a.iter().zip(*b).all(|(a, b)| (a - b).abs() < 0.02);
            let other = drawn.iter().zip(&expect).find(|pair| !is_near(pair));
            assert_eq!(other, None, "seed {seed}");
            let everything = Visibility::default();
            assert_eq!(scene.extents(&drawing, &everything), afresh.extents(&drawing, &everything), "seed {seed}");
            let at = Point::new(numbers.below(1000) as f64, numbers.below(1000) as f64);
            let ids = |scene: &Scene| {
                let mut ids: Vec<_> = scene.pick(&drawing, at, 50.0, &everything).iter().map(|hit| hit.id).collect();
                ids.sort_unstable();
                ids
            };
            assert_eq!(ids(&scene), ids(&afresh), "seed {seed}");
            let snap =
                |scene: &Scene| scene.snap(&drawing, at, 20.0, SnapKinds::default(), None, &everything, &|_| false);
            assert_eq!(snap(&scene), snap(&afresh), "seed {seed}");
        }
    }
}

#[test]
fn an_update_touches_few_chunks() {
    let mut drawing = Drawing::new();
    let space = Drawing::MODEL_SPACE;
    let lines = (0..30_000u64).map(|i| line(100 + i, space, (i % 200) as f64 * 2.0, (i / 200) as f64 * 2.0));
    drawing.apply(&Op::New(lines.collect())).unwrap();
    let mut scene = Scene::new(&drawing, space, options());
    assert!(scene.chunks().count() > 10);
    let outcome = drawing.apply(&Op::Translate { ids: vec![EntityId(5000)], by: Vec2::new(0.1, 0.0) }).unwrap();
    let dirty = scene.update(&drawing, &outcome.touched.iter().copied().collect());
    assert_eq!(dirty.chunks.len(), 1);
    assert!(!dirty.paint);
}

#[test]
fn switching_a_layer_is_paint_only() {
    let mut drawing = Drawing::new();
    drawing.apply(&Op::New(vec![line(100, Drawing::MODEL_SPACE, 0.0, 0.0)])).unwrap();
    let mut scene = Scene::new(&drawing, Drawing::MODEL_SPACE, options());
    let mut layer = drawing.layer(Drawing::LAYER_0).unwrap().clone();
    layer.off = true;
    let outcome = drawing.apply(&Op::Change(vec![Record::Layer(layer)])).unwrap();
    let dirty = scene.update(&drawing, &outcome.touched.iter().copied().collect());
    assert!(dirty.paint && dirty.chunks.is_empty());
    let theme = Theme { background: Background::Dark, ink: false };
    let mut visibility = Visibility::default();
    assert!(!scene.paint(&drawing, &visibility, theme)[0].visible);
    assert!(scene.pick(&drawing, geometry::Point::ZERO, 1.0, &visibility).is_empty());
    visibility.layers.insert(Drawing::LAYER_0, true);
    let style = scene.paint(&drawing, &visibility, theme)[0];
    assert!(style.visible && style.color == [1.0; 4]);
    assert_eq!(scene.pick(&drawing, geometry::Point::ZERO, 1.0, &visibility).len(), 1);
}
