//! What a restoring does, on small drawings.

use super::*;
use drawing::{Entity, EntityId, Layer, Line, Order, Point3, Vec2};

fn line(id: u64, layer: u64) -> Record {
    let shape = Shape::Line(Line { start: Point3::flat(0.0, 0.0), end: Point3::flat(id as f64, 1.0) });
    entity(id, layer, shape)
}

fn entity(id: u64, layer: u64, shape: Shape) -> Record {
    let (owner, style, order) = (Drawing::MODEL_SPACE, Style::on(LayerId(layer)), Order(id));
    Record::Entity(Entity { id: EntityId(id), handle: None, source: None, owner, order, style, shape })
}

fn layer(id: u64, name: &str) -> Record {
    let first = Drawing::new().layers().next().expect("layer 0").clone();
    Record::Layer(Layer { id: LayerId(id), name: name.into(), ..first })
}

fn with(start: &Drawing, ops: &[Op]) -> Drawing {
    let mut drawing = start.clone();
    ops.iter().for_each(|op| drop(drawing.apply(op).expect("it is allowed")));
    drawing
}

/// Restores `then`; what it says and what comes of it.
fn check(now: &Drawing, then: &Drawing, held: &[u64]) -> (Restoring, Drawing) {
    let is_others = |id: RecordId| held.contains(&id.0);
    let next = now.id_max().0.max(then.id_max().0) + 1;
    let ids = |count: usize| Some((next..next + count as u64).map(RecordId).collect());
    let restoring = restoring(now, then, 100, is_others, ids).expect("it can be restored");
    let after = with(now, restoring.op.as_slice());
    (restoring, after)
}

/// Everything in a drawing but its numbers.
fn seen(drawing: &Drawing) -> Vec<String> {
    let layer = |entity: &Entity| drawing.layer(entity.style.layer).map(|layer| layer.name.clone());
    let mut all: Vec<_> = drawing.entities().map(|e| format!("{:?} {:?} {:?}", e.order, e.shape, layer(e))).collect();
    all.extend(drawing.layers().map(|layer| format!("{} {:?}", layer.name, layer.color)));
    all.sort();
    all
}

/// A drawing with a layer `WALLS` and a few lines.
fn then() -> Drawing {
    with(&Drawing::new(), &[Op::New(vec![layer(20, "WALLS"), line(30, 20), line(31, 1), line(32, 1)])])
}

#[test]
fn what_was_changed_made_and_erased_is_as_it_was() {
    let then = then();
    let now = with(
        &then,
        &[
            Op::Translate { ids: vec![EntityId(31)], by: Vec2::new(5.0, 0.0) },
            Op::Remove(vec![RecordId(30), RecordId(20)]),
            Op::New(vec![line(40, 1)]),
            Op::Translate { ids: vec![EntityId(32)], by: Vec2::new(1.0, 0.0) },
        ],
    );
    let (restoring, after) = check(&now, &then, &[]);
    assert_eq!((restoring.count, restoring.made.len(), restoring.held.len()), (5, 2, 0));
    assert_eq!(seen(&after), seen(&then));
    // What others hold stays.
    let (restoring, after) = check(&now, &then, &[31, 40]);
    assert_eq!(restoring.held, [RecordId(31), RecordId(40)]);
    assert_eq!((after.get(RecordId(31)), after.get(RecordId(40))), (now.get(RecordId(31)), now.get(RecordId(40))));
    assert_eq!(after.get(RecordId(32)), then.get(RecordId(32)));
    // And of nothing comes nothing.
    let (restoring, _) = check(&then, &then, &[]);
    assert_eq!((restoring.op, restoring.count), (None, 0));
}

#[test]
fn restoring_again_finds_nothing_to_do_and_later_the_same_things() {
    let then = then();
    let now = with(&then, &[Op::Remove(vec![RecordId(30), RecordId(20)])]);
    let (first, once) = check(&now, &then, &[]);
    assert_eq!(first.made.len(), 2);
    let (again, _) = check(&once, &then, &[]);
    assert_eq!((again.op, again.count), (None, 0), "all of it is here again, under other numbers");
    // The layer that came back is recoloured and renumbered: it is changed, not made a third time.
    let walls = once.layer_named("WALLS").expect("it is here again");
    let mut other = once.layer(walls).expect("it is here").clone();
    other.color = drawing::Color::Index(3);
    let later = with(&once, &[Op::Change(vec![Record::Layer(other)]), Op::New(vec![line(90, walls.0)])]);
    let (third, after) = check(&later, &then, &[]);
    assert_eq!((third.count, third.made.len()), (2, 0), "{:?}", third.op);
    assert_eq!(seen(&after), seen(&then));
}

#[test]
fn a_name_is_free_again_before_it_is_taken() {
    // WALLS was erased, and another layer that is to go has its name; a third was renamed and another took its name.
    let then = with(&then(), &[Op::New(vec![layer(21, "DOORS")])]);
    let now = with(
        &then,
        &[
            Op::Remove(vec![RecordId(30), RecordId(20)]),
            Op::Change(vec![layer(21, "walls")]),
            Op::New(vec![layer(70, "DOORS"), line(71, 70)]),
        ],
    );
    let (restoring, after) = check(&now, &then, &[]);
    assert_eq!(seen(&after), seen(&then), "{:?}", restoring.op);
}

#[test]
fn what_something_that_stays_refers_to_stays() {
    let then = then();
    let block = drawing::Block {
        id: BlockId(80),
        handle: None,
        source: None,
        name: "DOOR".into(),
        base: drawing::Point::ZERO,
        xref_path: None,
    };
    let Record::Entity(mut leaf) = line(82, 81) else { unreachable!("a line is an entity") };
    leaf.owner = BlockId(80);
    let insert = drawing::Insert {
        block: BlockId(80),
        at: Point3::flat(0.0, 0.0),
        scale: Point3::new(1.0, 1.0, 1.0),
        rotation_deg: 0.0,
        columns: 1,
        rows: 1,
        column_spacing: 0.0,
        row_spacing: 0.0,
        extrusion: drawing::Extrusion(Point3::new(0.0, 0.0, 1.0)),
        attributes: Vec::new(),
    };
    let records = vec![
        Record::Block(block),
        layer(81, "LEAVES"),
        Record::Entity(leaf),
        entity(83, 1, Shape::Insert(insert)),
        layer(84, "UNUSED"),
        line(85, 84),
        layer(86, "HERS"),
        line(87, 86),
    ];
    let now = with(&then, &[Op::New(records)]);
    // Ben holds the insert and a line on his layer: the block, what is in it and its layers stay with them.
    let (restoring, after) = check(&now, &then, &[83, 87]);
    assert_eq!(restoring.held, [RecordId(83), RecordId(87)]);
    assert_eq!((restoring.count, restoring.needed), (2, 4), "{:?}", restoring.op);
    for id in [80, 81, 82, 83, 86, 87] {
        assert_eq!(after.get(RecordId(id)), now.get(RecordId(id)), "{id}");
    }
    assert!(after.get(RecordId(84)).is_none() && after.get(RecordId(85)).is_none());
}

#[test]
fn what_is_made_anew_is_referred_to_by_attributes_too() {
    let text = drawing::Text {
        at: Point3::flat(0.0, 0.0),
        align_at: None,
        height: 1.0,
        value: "12".into(),
        rotation_deg: 0.0,
        width_factor: 1.0,
        oblique_deg: 0.0,
        style: None,
        h_align: drawing::HAlign::Left,
        v_align: drawing::VAlign::Baseline,
        backward: false,
        upside_down: false,
        extrusion: drawing::Extrusion(Point3::new(0.0, 0.0, 1.0)),
    };
    let attribute = drawing::Attribute {
        handle: None,
        source: None,
        tag: "NUMBER".into(),
        invisible: false,
        style: Style::on(LayerId(20)),
        text,
    };
    let mut record = entity(40, 20, Shape::Text(attribute.text.clone()));
    let anew = HashMap::from([(RecordId(20), RecordId(70))]);
    let Record::Entity(entity) = &mut record else { unreachable!("a text is an entity") };
    let insert = drawing::Insert {
        block: BlockId(50),
        at: Point3::flat(0.0, 0.0),
        scale: Point3::new(1.0, 1.0, 1.0),
        rotation_deg: 0.0,
        columns: 1,
        rows: 1,
        column_spacing: 0.0,
        row_spacing: 0.0,
        extrusion: drawing::Extrusion(Point3::new(0.0, 0.0, 1.0)),
        attributes: vec![attribute],
    };
    entity.shape = Shape::Insert(insert);
    refer(&mut record, &anew);
    let mut named = Vec::new();
    record.each_reference(&mut |to| named.push(to.0));
    assert!(named.contains(&70) && !named.contains(&20), "{named:?}");
}

#[test]
fn a_name_that_somebody_holds_stays_theirs() {
    // DOORS was renamed and another took its name, and WALLS was erased and a third is called that now; Ben holds both.
    let then = with(&then(), &[Op::New(vec![layer(21, "DOORS"), layer(22, "OTHER"), line(33, 21)])]);
    let now = with(
        &then,
        &[
            Op::Remove(vec![RecordId(30), RecordId(20), RecordId(33)]),
            Op::Change(vec![layer(21, "GATES"), layer(22, "WALLS")]),
            Op::New(vec![layer(70, "DOORS")]),
        ],
    );
    let (restoring, after) = check(&now, &then, &[22, 70]);
    assert_eq!(restoring.made.len(), 2, "the lines, and no layer: {:?}", restoring.op);
    let name = |id| after.layer(LayerId(id)).map(|layer| layer.name.as_str());
    assert_eq!((name(21), name(22), name(70)), (Some("GATES"), Some("WALLS"), Some("DOORS")));
    // The line that was on WALLS is on what is called that now.
    let on_walls = after.entities().filter(|entity| entity.style.layer == LayerId(22)).count();
    assert_eq!(on_walls, 1);
}
