//! Comments: what may be said, where a pin is, and that everything is taken back exactly.

use drawing::*;

/// Two lines, a chair, and a comment on the first line, 1 to the right of its start and 2 above.
fn sample() -> Drawing {
    let mut drawing = Drawing::new();
    let line = |id: u64| {
        let start = Point3::flat(id as f64, 0.0);
        Record::Entity(Entity {
            id: EntityId(id),
            handle: None,
            source: None,
            owner: Drawing::MODEL_SPACE,
            order: Order(id),
            style: Style::on(Drawing::LAYER_0),
            shape: Shape::Line(Line { start, end: Point3::flat(50.0, 50.0) }),
        })
    };
    let (name, base) = ("Chair".into(), Point::ZERO);
    let chair = Block { id: BlockId(9), handle: None, source: None, name, base, xref_path: None };
    drawing.apply(&Op::New(vec![line(10), line(11), Record::Block(chair)])).unwrap();
    let pin = drawing.pin_on(EntityId(10), Point::new(11.0, 2.0));
    drawing.apply(&Op::New(vec![comment(20, pin)])).unwrap();
    drawing
}

fn writer() -> Writer {
    Writer { session: WriterId(2), client: Installation(7), name: "Ana".into(), color: 3 }
}

fn said(text: &str) -> Said {
    Said { text: text.into(), mentions: vec![], by: writer(), at_ms: 1_000, edited_ms: None }
}

fn comment(id: u64, pin: Pin) -> Record {
    let space = Drawing::MODEL_SPACE;
    Record::Comment(Comment { id: CommentId(id), space, pin, said: said("Is this wall load-bearing?"), settling: None })
}

fn reply(id: u64, to: u64) -> Record {
    Record::Reply(Reply { id: ReplyId(id), to: CommentId(to), said: said("It is.") })
}

fn of(record: Record, change: impl FnOnce(&mut Comment)) -> Record {
    let Record::Comment(mut comment) = record else { panic!("a comment") };
    change(&mut comment);
    Record::Comment(comment)
}

fn here() -> Pin {
    Pin::Point(Point::new(1.0, 2.0))
}

#[test]
fn what_may_be_said() {
    let check = |what: &str, record: Record, refused: bool| {
        let before = sample();
        let mut drawing = before.clone();
        match drawing.apply(&Op::New(vec![record.clone()])) {
            Ok(outcome) => {
                assert!(!refused, "{what}");
                assert_eq!(outcome.touched, [record.id()], "{what}");
                assert_ne!(drawing.hash(), before.hash(), "{what}");
                assert_eq!(drawing.drawn_hash(), before.drawn_hash(), "{what}");
                drawing.apply(&outcome.inverse).unwrap();
            }
            Err(error) => assert!(refused, "{what}: {error}"),
        }
        assert!(drawing == before && drawing.hash() == before.hash(), "{what}");
        let records = before.records().cloned().chain([record]).collect();
        assert_eq!(Drawing::from_records(Header::default(), records).is_err(), refused, "{what}, all at once");
    };
    let text = |text: &str| {
        let text = text.to_owned();
        of(comment(30, here()), |comment| comment.said.text = text)
    };
    let calls = |text: &str, name: &str| {
        let (text, name) = (text.to_owned(), name.to_owned());
        of(comment(30, here()), |comment| (comment.said.text, comment.said.mentions) = (text, vec![name]))
    };
    check("words", text("Two\nlines"), false);
    check("as many as there may be", text(&"\u{e9}".repeat(SAID_CHARS_MAX)), false);
    check("one more", text(&"\u{e9}".repeat(SAID_CHARS_MAX + 1)), true);
    check("nothing", text(" \n"), true);
    check("what drives a terminal", text("\u{1b}[2J"), true);
    check("a call", calls("Ask @Ana Sousa", "Ana Sousa"), false);
    check("a call of somebody else", calls("Ask @Ana", "Ben"), true);
    check("a call of nobody", calls("Ask @", ""), true);
    check("too many calls", of(calls("@A", "A"), |c| c.said.mentions = vec!["A".into(); MENTIONS_MAX + 1]), true);
    check("by nobody", of(comment(30, here()), |comment| comment.said.by.name.clear()), true);
    check("in a colour that isn't", of(comment(30, here()), |comment| comment.said.by.color = 8), true);
    check("a region", comment(30, Pin::Region(Rect::new(0.0, 0.0, 3.0, 1.0))), false);
    check("a region inside out", comment(30, Pin::Region(Rect::new(3.0, 0.0, 0.0, 1.0))), true);
    check("nowhere", comment(30, Pin::Point(Point::new(f64::NAN, 0.0))), true);
    check("about a block that is no space", of(comment(30, here()), |comment| comment.space = BlockId(9)), true);
    check("about an entity that is gone", comment(30, sample().pin_on(EntityId(99), Point::ZERO)), false);
    check("a reply", reply(30, 20), false);
    check("a reply to a line", reply(30, 10), true);
    check("a reply to nothing", reply(30, 99), true);
    check("under an id that is taken", comment(10, here()), true);
}

#[test]
fn a_pin_follows_its_entity_and_stays_where_it_was_last() {
    let mut drawing = sample();
    let place = |drawing: &Drawing| drawing.place_of(drawing.comment(CommentId(20)).unwrap());
    assert_eq!(place(&drawing), Point::new(11.0, 2.0));
    let moved = Op::Translate { ids: vec![EntityId(10)], by: Vec2::new(100.0, 50.0) };
    assert_eq!(drawing.apply(&moved).unwrap().touched, [RecordId(10)], "moving an entity writes no comment");
    assert_eq!(place(&drawing), Point::new(111.0, 52.0));

    // Nested as deep as ops may be, and taken back from there.
    for depth in 0..4 {
        let mut op = Op::Remove(vec![RecordId(10), RecordId(11)]);
        for _ in 0..depth {
            op = Op::Batch(vec![op]);
        }
        let before = drawing.clone();
        let outcome = drawing.apply(&op).unwrap();
        assert_eq!(outcome.touched, [RecordId(10), RecordId(11), RecordId(20)]);
        assert_eq!(place(&drawing), Point::new(111.0, 52.0), "the pin stays");
        let gone = drawing.clone();
        let again = drawing.apply(&outcome.inverse).unwrap().inverse;
        assert!(drawing == before && drawing.hash() == before.hash());
        drawing.apply(&again).unwrap();
        assert!(drawing == gone && drawing.hash() == gone.hash());
        drawing.apply(&outcome.inverse).unwrap();
    }
    drawing.apply(&Op::Translate { ids: vec![EntityId(10)], by: Vec2::new(-1.0, 0.0) }).unwrap();
    assert_eq!(place(&drawing), Point::new(110.0, 52.0), "what came back leads it again");

    // The comment goes with what it is about, in one op.
    let before = drawing.clone();
    let outcome = drawing.apply(&Op::Remove(vec![RecordId(10), RecordId(20)])).unwrap();
    assert_eq!((outcome.touched.len(), drawing.comment_count()), (2, 0));
    drawing.apply(&outcome.inverse).unwrap();
    assert!(drawing == before);
}

#[test]
fn threads() {
    let mut drawing = sample();
    drawing.apply(&Op::New(vec![reply(31, 20), reply(30, 20)])).unwrap();
    let replies: Vec<_> = drawing.replies_to(CommentId(20)).map(|reply| reply.id.0).collect();
    assert_eq!(replies, [30, 31]);
    // Words that others answered can't go alone.
    let refused = drawing.apply(&Op::Remove(vec![RecordId(20)])).unwrap_err();
    assert_eq!(refused, OpError::InUse { id: RecordId(20), by: RecordId(30) });
    let before = drawing.clone();
    let outcome = drawing.apply(&Op::Remove(vec![RecordId(20), RecordId(30), RecordId(31)])).unwrap();
    assert_eq!((drawing.comment_count(), drawing.replies_to(CommentId(20)).count()), (0, 0));
    drawing.apply(&outcome.inverse).unwrap();
    assert!(drawing == before && drawing.hash() == before.hash());

    let settling = Settling { resolved: true, by: writer(), at_ms: 2_000 };
    let resolved = of(drawing.get(RecordId(20)).unwrap().clone(), |comment| comment.settling = Some(settling));
    let outcome = drawing.apply(&Op::Change(vec![resolved])).unwrap();
    assert!(drawing.comment(CommentId(20)).unwrap().is_resolved());
    drawing.apply(&outcome.inverse).unwrap();
    assert!(drawing == before && drawing.hash() == before.hash());

    let mint = drawing.apply(&Op::Mint(vec![(RecordId(20), Handle(0x99))]));
    assert_eq!(mint.unwrap_err(), OpError::Handle { id: RecordId(20), handle: Handle(0x99) });
    assert!(drawing.tables().all(|record| !record.is_comment()), "comments are no tables");
}

#[test]
fn there_is_an_end_to_talk() {
    let mut drawing = sample();
    let replies = (0..REPLIES_MAX as u64).map(|n| reply(1_000 + n, 20)).collect();
    drawing.apply(&Op::New(replies)).unwrap();
    let full = drawing.apply(&Op::New(vec![reply(5_000, 20)])).unwrap_err();
    assert_eq!(full, OpError::TooMany { what: "the comment", of: "replies", max: REPLIES_MAX });
    // What is full can be changed.
    drawing.apply(&Op::Change(vec![drawing.get(RecordId(1_000)).unwrap().clone()])).unwrap();
    let comments = (1..COMMENTS_MAX as u64).map(|n| comment(10_000 + n, here())).collect();
    drawing.apply(&Op::New(comments)).unwrap();
    let full = drawing.apply(&Op::New(vec![comment(50_000, here())])).unwrap_err();
    assert_eq!(full, OpError::TooMany { what: "the drawing", of: "comments", max: COMMENTS_MAX });
    drawing.apply(&Op::Change(vec![drawing.get(RecordId(10_001)).unwrap().clone()])).unwrap();
}
