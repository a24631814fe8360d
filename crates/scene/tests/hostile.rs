//! What no honest program writes: it is drawn as far as that goes, and said to be left out beyond.

use std::sync::Arc;

use drawing::{
    Attribute, Block, BlockId, Color, Drawing, Entity, EntityId, Extrusion, Insert, Line, Op, Order, Point3, Record,
    Shape, Style, Text,
};
use geometry::{Point, Rect};
use scene::{Background, Band, Fonts, Scene, SceneOptions, TextMode, Theme, Visibility};

const SPACE: BlockId = Drawing::MODEL_SPACE;
const FIRST_BLOCK: u64 = 1_000_000;

fn block(id: u64) -> Record {
    let name = format!("b{id}");
    Record::Block(Block { id: BlockId(id), handle: None, source: None, name, base: Point::ZERO, xref_path: None })
}

fn entity(id: u64, owner: BlockId, shape: Shape) -> Entity {
    let order = Order(id * Order::STEP);
    Entity { id: EntityId(id), handle: None, source: None, owner, order, style: Style::on(Drawing::LAYER_0), shape }
}

fn insert(block: u64) -> Insert {
    Insert {
        block: BlockId(block),
        at: Point3::flat(0.0, 0.0),
        scale: Point3 { x: 1.0, y: 1.0, z: 1.0 },
        rotation_deg: 0.0,
        columns: 1,
        rows: 1,
        column_spacing: 0.0,
        row_spacing: 0.0,
        extrusion: Extrusion::UP,
        attributes: Vec::new(),
    }
}

fn line(id: u64, owner: BlockId) -> Record {
    let line = Line { start: Point3::flat(0.0, 0.0), end: Point3::flat(1.0, 0.5) };
    Record::Entity(entity(id, owner, Shape::Line(line)))
}

fn text(value: String) -> Text {
    Text {
        value,
        at: Point3::flat(0.0, 0.0),
        align_at: None,
        height: 1.0,
        rotation_deg: 0.0,
        oblique_deg: 0.0,
        width_factor: 1.0,
        style: None,
        h_align: drawing::HAlign::Left,
        v_align: drawing::VAlign::Baseline,
        backward: false,
        upside_down: false,
        extrusion: Extrusion::UP,
    }
}

fn scene(drawing: &Drawing) -> Scene {
    let font = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/../../assets/fonts/Inter-Regular.otf")).unwrap();
    let fonts = Arc::new(Fonts::new([font]).unwrap());
    Scene::new(drawing, SPACE, SceneOptions { text: TextMode::Drawn, fonts, frames: true })
}

fn drawing_of(records: Vec<Record>) -> Drawing {
    let mut drawing = Drawing::new();
    drawing.apply(&Op::New(records)).unwrap();
    drawing
}

/// Everything that a window asks of a scene; how many things were left out.
fn look(drawing: &Drawing) -> u64 {
    let scene = scene(drawing);
    let everything = Visibility::default();
    scene.extents(drawing, &everything);
    scene.pick(drawing, Point::new(0.2, 0.1), 0.5, &everything);
    scene.crossing(drawing, Rect::new(0.0, 0.0, 0.5, 0.5), &everything);
    let left_out = |chunk| u64::from(scene.tessellate(drawing, chunk, Band::of(16.0)).left_out);
    scene.chunks().map(left_out).sum()
}

#[test]
fn blocks_may_be_nested_deeper_than_a_stack() {
    const DEEP: u64 = 20_000;
    let deep = || {
        let mut drawing = drawing_of((0..DEEP).map(|i| block(FIRST_BLOCK + i)).collect());
        // One by one, from the outside: each shows a block that is still empty, which can't be inside itself.
        for i in 0..DEEP - 1 {
            let inner = Shape::Insert(insert(FIRST_BLOCK + i + 1));
            let inner = Record::Entity(entity(100 + i, BlockId(FIRST_BLOCK + i), inner));
            drawing.apply(&Op::New(vec![inner])).unwrap();
        }
        let around = Record::Entity(entity(97, SPACE, Shape::Insert(insert(FIRST_BLOCK))));
        drawing.apply(&Op::New(vec![line(98, BlockId(FIRST_BLOCK)), around])).unwrap();
        drawing.apply(&Op::New(vec![line(99, BlockId(FIRST_BLOCK + DEEP - 1))])).unwrap();
        assert!(look(&drawing) > 0);
        let hits = scene(&drawing).pick(&drawing, Point::ZERO, 0.1, &Visibility::default());
        assert_eq!(hits.iter().map(|hit| hit.id).collect::<Vec<_>>(), [EntityId(97)]);
    };
    std::thread::Builder::new().stack_size(2 << 20).spawn(deep).unwrap().join().unwrap();
}

#[test]
fn an_array_of_long_attributes_is_cut_off() {
    let attribute = Attribute {
        tag: "T".into(),
        text: text("W".repeat(1000)),
        style: Style::on(Drawing::LAYER_0),
        invisible: false,
        handle: None,
        source: None,
    };
    let array = Insert {
        columns: 1000,
        rows: 100,
        column_spacing: 1.0,
        row_spacing: 2.0,
        attributes: vec![attribute],
        ..insert(FIRST_BLOCK)
    };
    let drawing = drawing_of(vec![
        block(FIRST_BLOCK),
        line(100, BlockId(FIRST_BLOCK)),
        Record::Entity(entity(101, SPACE, Shape::Insert(array))),
    ]);
    assert!(look(&drawing) > 0);
    // It is known how far the copies reach, though.
    let extents = scene(&drawing).extents(&drawing, &Visibility::default()).unwrap().rect;
    assert!(extents.x1 > 999.0 && extents.y1 > 198.0, "{extents:?}");
}

#[test]
fn nested_arrays_end_whether_there_is_something_in_them_or_not() {
    let array = |block| Insert { columns: 316, rows: 316, column_spacing: 2.0, row_spacing: 2.0, ..insert(block) };
    for filled in [false, true] {
        let mut records = vec![
            block(FIRST_BLOCK),
            block(FIRST_BLOCK + 1),
            Record::Entity(entity(100, BlockId(FIRST_BLOCK), Shape::Insert(array(FIRST_BLOCK + 1)))),
            Record::Entity(entity(101, SPACE, Shape::Insert(array(FIRST_BLOCK)))),
        ];
        if filled {
            records.push(line(102, BlockId(FIRST_BLOCK + 1)));
        }
        assert_eq!(look(&drawing_of(records)) > 0, filled);
    }
}

#[test]
fn every_one_of_very_many_styles_is_painted() {
    const MANY: u64 = 5000;
    let mut by_block = entity(100, BlockId(FIRST_BLOCK), Shape::Insert(insert(FIRST_BLOCK + 1)));
    by_block.style.color = Color::ByBlock;
    let Record::Entity(mut stroke) = line(101, BlockId(FIRST_BLOCK + 1)) else { unreachable!() };
    stroke.style.color = Color::ByBlock;
    let mut records =
        vec![block(FIRST_BLOCK), block(FIRST_BLOCK + 1), Record::Entity(by_block), Record::Entity(stroke)];
    records.extend((0..MANY).map(|i| {
        let mut insert = entity(1000 + i, SPACE, Shape::Insert(insert(FIRST_BLOCK)));
        insert.style.color = Color::True(i as u32);
        Record::Entity(insert)
    }));
    let drawing = drawing_of(records);
    let scene = scene(&drawing);
    let theme = Theme { background: Background::Dark, ink: false };
    let table = scene.paint(&drawing, &Visibility::default(), theme);
    let mut blues = std::collections::BTreeSet::new();
    for chunk in scene.chunks() {
        let mesh = scene.tessellate(&drawing, chunk, Band::of(16.0));
        for segment in &mesh.segments {
            let [red, green, blue, _] = table[segment.style.0 as usize].color.map(|channel| (channel * 255.0) as u32);
            blues.insert(red << 16 | green << 8 | blue);
        }
    }
    assert_eq!(blues.len() as u64, MANY);
}

#[test]
fn a_block_met_too_deep_first_is_painted_where_it_is_met_again() {
    // 33 blocks one in another, and the last of them once more at the top.
    let mut records: Vec<Record> = (0..34).map(|i| block(FIRST_BLOCK + i)).collect();
    for i in 0..33 {
        let inner = Shape::Insert(insert(FIRST_BLOCK + i + 1));
        records.push(Record::Entity(entity(100 + i, BlockId(FIRST_BLOCK + i), inner)));
    }
    let Record::Entity(mut red) = line(200, BlockId(FIRST_BLOCK + 33)) else { unreachable!() };
    red.style.color = Color::True(0xff_0000);
    records.push(Record::Entity(red));
    for (id, first) in [(300, FIRST_BLOCK), (301, FIRST_BLOCK + 32)] {
        records.push(Record::Entity(entity(id, SPACE, Shape::Insert(insert(first)))));
    }
    let drawing = drawing_of(records);
    let scene = scene(&drawing);
    let theme = Theme { background: Background::Dark, ink: false };
    let table = scene.paint(&drawing, &Visibility::default(), theme);
    let chunk = scene.chunks().next().unwrap();
    let mesh = scene.tessellate(&drawing, chunk, Band::of(16.0));
    assert_eq!(mesh.segments.len(), 1);
    assert_eq!(table[mesh.segments[0].style.0 as usize].color, [1.0, 0.0, 0.0, 1.0]);
    assert_eq!(mesh.left_out, 1);
}
