//! Ops: what they refuse, what they touch, and that their inverses are exact.

use drawing::*;

/// Model space with three lines on layer `0`, and a block `CHAIR` with one.
fn sample() -> Drawing {
    let mut drawing = Drawing::new();
    let chair =
        Block { id: BlockId(10), handle: None, source: None, name: "Chair".into(), base: Point::ZERO, xref_path: None };
    let mut records = vec![Record::Block(chair), line(20, 10)];
    records.extend((11..14).map(|id| line(id, 2)));
    drawing.apply(&Op::New(records)).unwrap();
    drawing
}

fn entity(id: u64, owner: u64, shape: Shape) -> Record {
    Record::Entity(Entity {
        id: EntityId(id),
        handle: None,
        source: None,
        owner: BlockId(owner),
        order: Order(id * Order::STEP),
        style: Style::on(Drawing::LAYER_0),
        shape,
    })
}

fn line(id: u64, owner: u64) -> Record {
    let start = Point3::flat(id as f64, 0.0);
    entity(id, owner, Shape::Line(Line { start, end: start + Point3::flat(0.5, 1.0) }))
}

fn insert(id: u64, owner: u64, block: u64) -> Record {
    entity(
        id,
        owner,
        Shape::Insert(Insert {
            block: BlockId(block),
            at: Point3::flat(1.0, 2.0),
            scale: Point3::new(1.0, 1.0, 1.0),
            rotation_deg: 0.0,
            columns: 1,
            rows: 1,
            column_spacing: 0.0,
            row_spacing: 0.0,
            extrusion: Extrusion::UP,
            attributes: vec![],
        }),
    )
}

fn opaque(id: u64) -> Record {
    entity(id, 2, Shape::Opaque(Opaque { kind: "3DSOLID".into(), extents: None, window: None }))
}

fn dimension(id: u64, block: u64) -> Record {
    let at = Point3::flat(3.0, 3.0);
    entity(
        id,
        2,
        Shape::Dimension(Dimension {
            block: Some(BlockId(block)),
            insert_at: None,
            world_points: vec![(10, at)],
            object_points: vec![(11, at)],
            text: String::new(),
            flags: 0,
            extrusion: Extrusion::UP,
        }),
    )
}

fn block(id: u64, name: &str) -> Record {
    let (name, base) = (name.into(), Point::ZERO);
    Record::Block(Block { id: BlockId(id), handle: None, source: None, name, base, xref_path: None })
}

/// Applies `op` to the sample: it touches `touched`, and its inverse leads back to the same drawing and hash.
fn check(op: Op, touched: &[u64]) {
    let before = sample();
    let mut drawing = before.clone();
    let outcome = drawing.apply(&op).unwrap_or_else(|error| panic!("{op:?}: {error}"));
    assert_eq!(outcome.touched, touched.iter().map(|id| RecordId(*id)).collect::<Vec<_>>(), "{op:?}");
    let rebuilt = Drawing::from_records(drawing.header().clone(), drawing.records().cloned().collect()).unwrap();
    assert_eq!(rebuilt.hash(), drawing.hash(), "{op:?}: the incremental hash is that of the records");
    let redo = drawing.apply(&outcome.inverse).unwrap_or_else(|error| panic!("inverse of {op:?}: {error}"));
    assert_eq!(drawing, before, "{op:?}");
    assert_eq!(drawing.hash(), before.hash(), "{op:?}");
    drawing.apply(&redo.inverse).unwrap_or_else(|error| panic!("redo of {op:?}: {error}"));
    assert_eq!(drawing.hash(), rebuilt.hash(), "{op:?}");
}

/// Applies `op` to the sample: it is refused with just these words, and nothing has changed.
fn check_refused(op: Op, words: &str) {
    let before = sample();
    let mut drawing = before.clone();
    let error = drawing.apply(&op).expect_err(words);
    assert_eq!(error.to_string(), words);
    assert_eq!((drawing.hash(), &drawing), (before.hash(), &before), "{op:?}");
}

fn translate(ids: &[u64]) -> Op {
    Op::Translate { ids: ids.iter().map(|id| EntityId(*id)).collect(), by: Vec2::new(0.1, -7.3) }
}

#[test]
fn every_op_has_an_exact_inverse() {
    check(Op::New(vec![line(30, 2), line(31, 10)]), &[30, 31]);
    check(Op::New(vec![insert(31, 2, 30), block(30, "Late")]), &[30, 31]);
    check(Op::Change(vec![line(12, 10)]), &[12]);
    check(Op::Remove(vec![RecordId(12), RecordId(11)]), &[11, 12]);
    check(Op::Remove(vec![RecordId(10), RecordId(20)]), &[10, 20]);
    check(translate(&[11, 13, 11]), &[11, 13]);
    check(Op::Mint(vec![(RecordId(11), Handle(0x100)), (RecordId(10), Handle(0x101))]), &[10, 11]);
    check(Op::Batch(vec![Op::New(vec![line(30, 2)]), translate(&[30]), Op::Remove(vec![RecordId(11)])]), &[11, 30]);
}

#[test]
fn a_moved_dimension_takes_its_own_block_along_but_not_a_shared_one() {
    let own = vec![block(30, "*D1"), line(31, 30), line(32, 30), dimension(33, 30)];
    check(Op::Batch(vec![Op::New(own.clone()), translate(&[33])]), &[30, 31, 32, 33]);

    let mut drawing = sample();
    drawing.apply(&Op::New(own)).unwrap();
    assert_eq!(drawing.apply(&translate(&[33])).unwrap().touched, [31, 32, 33].map(RecordId));
    drawing.apply(&Op::New(vec![dimension(34, 30)])).unwrap();
    assert_eq!(drawing.apply(&translate(&[33])).unwrap().touched, [RecordId(33)]);
    let Some(Shape::Dimension(moved)) = drawing.entity(EntityId(33)).map(|e| &e.shape) else { panic!() };
    assert_eq!(moved.insert_at, Some(Point3::flat(0.1, -7.3)));
}

#[test]
fn what_would_break_the_drawing_is_refused_whole() {
    check_refused(Op::New(vec![line(30, 2), line(11, 2)]), "record 11 exists already");
    check_refused(Op::Change(vec![line(30, 2)]), "record 30 does not exist");
    check_refused(Op::Change(vec![block(11, "A")]), "record 11 is of another kind");
    check_refused(Op::Remove(vec![RecordId(30)]), "record 30 does not exist");
    check_refused(Op::Remove(vec![RecordId(11), RecordId(1)]), "record 1 is in use by record 12");
    check_refused(Op::New(vec![line(0, 2)]), "0 is not a record's id");
    check_refused(Op::New(vec![line(30, 99)]), "record 30 needs block 99, which does not exist");
    check_refused(Op::New(vec![insert(30, 2, 1)]), "record 30 needs block 1, which does not exist");
    check_refused(Op::New(vec![insert(30, 10, 10)]), "block 10 would be inside itself");
    check_refused(
        Op::New(vec![block(30, "B"), insert(31, 30, 10), insert(32, 10, 30)]),
        "block 30 would be inside itself",
    );
    check_refused(Op::New(vec![block(30, "CHAIR")]), "the name \"CHAIR\" is taken by record 10");
    check_refused(
        Op::Translate { ids: vec![EntityId(11)], by: Vec2::new(f64::NAN, 0.0) },
        "record 11 holds a number that is not finite",
    );
    check_refused(
        Op::Batch(vec![Op::New(vec![opaque(30)]), translate(&[11, 30])]),
        "3DSOLID 30 can't be moved: Linework does not read this kind of entity and would tear it from its data",
    );
    let twice = vec![(RecordId(11), Handle(0x100)), (RecordId(12), Handle(0x100))];
    check_refused(Op::Mint(twice), "handle 100 can't be given to record 12");
    let deep = (0..6).fold(Op::Remove(vec![]), |op, _| Op::Batch(vec![op]));
    check_refused(deep, "an op is nested more than 4 deep");
}

#[test]
fn what_every_drawing_needs_by_name_stays_under_its_name() {
    let layer = |id: u64, name: &str| {
        let mut layer = sample().layer(Drawing::LAYER_0).unwrap().clone();
        (layer.id, layer.name) = (LayerId(id), name.into());
        Record::Layer(layer)
    };
    let fixed =
        |id: u64, name: &str| format!("record {id} can't be renamed or removed: every drawing needs its {name:?}");
    let bad = |id: u64, name: &str| format!("record {id} can't be called {name:?}: a name is one line of visible text");
    let unused = Op::Remove([11, 12, 13, 20].map(RecordId).to_vec());
    check_refused(Op::Change(vec![layer(1, "Base")]), &fixed(1, "0"));
    check_refused(Op::Batch(vec![unused, Op::Remove(vec![RecordId(1)])]), &fixed(1, "0"));
    check_refused(Op::Change(vec![block(2, "Model")]), &fixed(2, "*Model_Space"));
    check_refused(Op::Change(vec![block(10, "*Paper_Space7")]), &fixed(10, "Chair"));
    check_refused(Op::Remove([2, 4, 11, 12, 13].map(RecordId).to_vec()), &fixed(2, "*Model_Space"));
    check_refused(Op::New(vec![layer(30, "")]), &bad(30, ""));
    check_refused(Op::New(vec![layer(30, "Wall\nDoor")]), &bad(30, "Wall\nDoor"));
    check_refused(Op::Change(vec![block(10, " ")]), &bad(10, " "));
    check(Op::Change(vec![block(10, "Stool")]), &[10]);
    check(Op::Change(vec![block(2, "*MODEL_SPACE")]), &[2]);
    check(Op::Remove(vec![RecordId(3), RecordId(5)]), &[3, 5]);
    check(Op::Remove(vec![RecordId(6)]), &[6]);
}

/// What was read from a file may have any name: its removal can be taken back.
#[test]
fn a_removed_layer_with_a_name_from_the_file_comes_back() {
    let mut odd = sample().layer(Drawing::LAYER_0).unwrap().clone();
    (odd.id, odd.name, odd.source) = (LayerId(30), "tab\there".into(), Some(Span { start: 1, len: 2 }));
    let records = sample().records().cloned().chain([Record::Layer(odd)]).collect();
    let mut drawing = Drawing::from_records(Header::default(), records).unwrap();
    let before = drawing.clone();
    let undo = drawing.apply(&Op::Remove(vec![RecordId(30)])).unwrap().inverse;
    drawing.apply(&undo).unwrap();
    assert_eq!(drawing, before);
}

#[test]
fn the_handle_given_out_last_is_known_when_its_record_is_gone() {
    let mut drawing = sample();
    let plain = drawing.hash();
    drawing.apply(&Op::Mint(vec![(RecordId(11), Handle(0x100))])).unwrap();
    drawing.apply(&Op::Remove(vec![RecordId(11)])).unwrap();
    assert_eq!(drawing.header().last_minted, 0x100);
    // Logs from before it was kept have hashes without it.
    drawing.apply(&Op::New(vec![line(11, 2)])).unwrap();
    assert_eq!(drawing.hash(), plain);
    assert_eq!(drawing, sample());
}

/// Logs name drawings by these hashes: they were the same before the handle given out last was kept.
#[test]
fn hashes_are_those_that_logs_hold() {
    let mut drawing = sample();
    assert_eq!(Drawing::new().hash().to_string(), "4539a6cf67b29856be29a66b3873ff2d");
    assert_eq!(drawing.hash().to_string(), "daa30a2d60d115a04af49e2dfa8224c7");
    drawing.apply(&Op::Mint(vec![(RecordId(11), Handle(0x100)), (RecordId(10), Handle(0x101))])).unwrap();
    drawing.apply(&translate(&[11, 12])).unwrap();
    drawing.apply(&Op::Remove(vec![RecordId(11)])).unwrap();
    assert_eq!(drawing.hash().to_string(), "841383acf326f4b73b46678899aac6ab");
}

/// In a file whose handles go to the top, those between them are given out.
#[test]
fn handles_are_given_out_above_those_of_the_file_or_else_between_them() {
    let check = |highest_handle: u64, handle: u64, fine: bool| {
        let header = Header { highest_handle, ..Header::default() };
        let mut read = sample().layer(Drawing::LAYER_0).unwrap().clone();
        (read.id, read.name, read.source) = (LayerId(30), "A".into(), Some(Span { start: 1, len: 2 }));
        read.handle = Some(Handle(0x50));
        let records = sample().records().cloned().chain([Record::Layer(read)]).collect();
        let mut drawing = Drawing::from_records(header, records).unwrap();
        let minted = drawing.apply(&Op::Mint(vec![(RecordId(11), Handle(handle))]));
        assert_eq!(minted.is_ok(), fine, "{handle:X} where the highest is {highest_handle:X}");
    };
    check(0x100, 0x101, true);
    check(0x100, 0x100, false);
    check(0x100, 0x10, false);
    check(0x100, 0x1_0000_0000, false);
    check(0xffff_fff0, 0xffff_fff1, true);
    check(0xffff_fff0, 0x10, true);
    check(0xffff_fff0, 0x50, false);
    check(0xffff_fff0, 0, false);
}

/// A chain of nested blocks is gone through once: were each link followed to its end, this would take hours.
#[test]
fn a_long_chain_of_nested_blocks_is_a_drawing_and_a_long_circle_none() {
    const LINKS: u64 = 100_000;
    let sample = sample();
    let chain = |last: u64| {
        let blocks = (0..=LINKS).map(|n| block(1000 + n, &format!("B{n}")));
        let links = (0..LINKS).map(|n| insert(1_000_000 + n, 1000 + n, 1000 + n + 1));
        let records = sample.records().cloned().chain(blocks).chain(links);
        records.chain([insert(5_000_000, 1000 + LINKS, last)]).collect::<Vec<_>>()
    };
    Drawing::from_records(Header::default(), chain(10)).unwrap();
    let circle = Drawing::from_records(Header::default(), chain(1000 + LINKS - 3));
    assert!(matches!(circle, Err(OpError::Cycle(_))), "{circle:?}");
}

#[test]
fn a_copy_of_a_dimension_says_where_it_puts_the_block_that_both_show() {
    let Record::Entity(original) = dimension(30, 10) else { panic!("an entity") };
    let mut copy = original.shape.clone();
    copy.translate_copy(Vec2::new(2.0, -1.0)).unwrap();
    copy.translate_copy(Vec2::new(1.0, 0.0)).unwrap();
    let Shape::Dimension(copy) = &copy else { panic!("a dimension") };
    assert_eq!(copy.insert_at, Some(Point3::flat(3.0, -1.0)));
    assert_eq!(copy.world_points, [(10, Point3::flat(6.0, 2.0))]);
    let mut line = Shape::Line(Line { start: Point3::flat(1.0, 1.0), end: Point3::flat(2.0, 2.0) });
    line.translate_copy(Vec2::new(2.0, -1.0)).unwrap();
    assert_eq!(line, Shape::Line(Line { start: Point3::flat(3.0, 0.0), end: Point3::flat(4.0, 1.0) }));
}

/// What is drawn by parts that can't be moved is moved as a whole.
#[test]
fn a_dimension_with_an_opaque_part_is_moved_by_where_its_block_is_put() {
    let Record::Entity(mut part) = opaque(31) else { panic!("an entity") };
    part.owner = BlockId(30);
    let own = Op::New(vec![block(30, "*D1"), line(32, 30), Record::Entity(part), dimension(33, 30)]);
    check(Op::Batch(vec![own.clone(), translate(&[33])]), &[30, 31, 32, 33]);
    let mut drawing = sample();
    drawing.apply(&own).unwrap();
    assert_eq!(drawing.apply(&translate(&[33])).unwrap().touched, [RecordId(33)]);
}

#[test]
fn negative_zero_becomes_zero_so_that_replicas_agree_bit_by_bit() {
    let mut drawing = sample();
    let (start, end) = (Point3::flat(-0.0, 1.0), Point3::flat(1.0, -0.0));
    drawing.apply(&Op::New(vec![entity(30, 2, Shape::Line(Line { start, end }))])).unwrap();
    let Some(Shape::Line(line)) = drawing.entity(EntityId(30)).map(|e| &e.shape) else { panic!() };
    assert!(line.start.x.is_sign_positive() && line.end.y.is_sign_positive());
}

#[test]
fn undoing_a_removal_restores_the_draw_order() {
    let mut drawing = sample();
    let order = |drawing: &Drawing| drawing.entities_of(Drawing::MODEL_SPACE).map(|e| e.id.0).collect::<Vec<_>>();
    let outcome = drawing.apply(&Op::Remove(vec![RecordId(12)])).unwrap();
    assert_eq!(order(&drawing), [11, 13]);
    drawing.apply(&outcome.inverse).unwrap();
    assert_eq!(order(&drawing), [11, 12, 13]);
    assert_eq!(drawing.order_on_top(Drawing::MODEL_SPACE), Order(14 * Order::STEP));
}

/// A small generator of pseudo-random numbers (splitmix64), so that a failing seed can be run again.
struct Seeded(u64);

impl Seeded {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % n
    }
}

fn random_op(seeded: &mut Seeded, depth: u32) -> Op {
    let id = |seeded: &mut Seeded| 1 + seeded.below(40);
    match seeded.below(if depth < 2 { 6 } else { 5 }) {
        0 => Op::New((0..1 + seeded.below(3)).map(|_| random_record(seeded)).collect()),
        1 => Op::Change((0..1 + seeded.below(3)).map(|_| random_record(seeded)).collect()),
        2 => Op::Remove((0..1 + seeded.below(3)).map(|_| RecordId(id(seeded))).collect()),
        3 => translate(&[id(seeded), id(seeded)]),
        4 => Op::Mint(vec![(RecordId(id(seeded)), Handle(0x100 + seeded.below(50)))]),
        _ => Op::Batch((0..seeded.below(4)).map(|_| random_op(seeded, depth + 1)).collect()),
    }
}

fn random_record(seeded: &mut Seeded) -> Record {
    let (id, owner) = (7 + seeded.below(34), [2, 2, 10, 7 + seeded.below(34)][seeded.below(4) as usize]);
    match seeded.below(5) {
        0 => block(id, ["A", "B", "*D1", "*D2"][seeded.below(4) as usize]),
        1 => insert(id, owner, 7 + seeded.below(34)),
        2 => dimension(id, 7 + seeded.below(34)),
        3 => opaque(id),
        _ => line(id, owner),
    }
}

#[test]
fn any_run_of_ops_can_be_taken_back_step_by_step() {
    let mut applied = 0;
    for seed in 0..300 {
        let mut seeded = Seeded(seed);
        let mut drawing = sample();
        let mut way_back = vec![];
        for _ in 0..40 {
            let op = random_op(&mut seeded, 0);
            let before = drawing.clone();
            match drawing.apply(&op) {
                Ok(outcome) => way_back.push((before, outcome.inverse)),
                Err(_) => assert_eq!(drawing.hash(), before.hash(), "seed {seed}: {op:?}"),
            }
        }
        applied += way_back.len();
        while let Some((before, inverse)) = way_back.pop() {
            drawing.apply(&inverse).unwrap_or_else(|error| panic!("seed {seed}: {inverse:?}: {error}"));
            assert!(drawing == before && drawing.hash() == before.hash(), "seed {seed}: {inverse:?}");
        }
    }
    assert!(applied > 1_000, "only {applied} ops were sound: the test says little");
}

/// All records at once are held to the rules of one op, and count what is named just as it does.
#[test]
fn all_records_at_once() {
    let sample = sample();
    let records: Vec<_> = sample.records().cloned().collect();
    let check = |records: Vec<Record>, refused: Option<OpError>| {
        let at_once = Drawing::from_records(Header::default(), records.clone());
        let mut by_op = Drawing::empty(Header::default());
        let applied = by_op.apply(&Op::New(records));
        match refused {
            None => {
                let at_once = at_once.unwrap();
                assert_eq!((at_once.hash(), &at_once), (by_op.hash(), &by_op));
                for record in by_op.records() {
                    assert_eq!(at_once.use_count(record.id()), by_op.use_count(record.id()));
                }
            }
            Some(error) => {
                assert_eq!(at_once.unwrap_err(), error);
                assert_eq!(applied.unwrap_err(), error);
            }
        }
    };
    let with = |more: Vec<Record>| [records.clone(), more].concat();
    check(records.iter().rev().cloned().collect(), None);
    check(with(vec![insert(40, 2, 10), insert(41, 2, 10)]), None);
    check(with(vec![line(11, 2)]), Some(OpError::Exists(RecordId(11))));
    check(with(vec![line(0, 2)]), Some(OpError::ZeroId));
    check(with(vec![line(40, 99)]), Some(OpError::Dangling { from: RecordId(40), what: "block", to: RecordId(99) }));
    check(with(vec![line(40, 1)]), Some(OpError::Dangling { from: RecordId(40), what: "block", to: RecordId(1) }));
    check(with(vec![block(40, "chair")]), Some(OpError::NameTaken { name: "CHAIR".into(), by: RecordId(10) }));
    check(with(vec![insert(40, 10, 10)]), Some(OpError::Cycle(RecordId(10))));
}
