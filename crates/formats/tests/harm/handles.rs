//! Handles are given out once, stay what they are from save to save, and never stand in the way of saving.

use drawing::{Color, Drawing, EntityId, Handle, Op, Record, RecordId, Shape};
use formats::{mint, save};

use super::files::{Work, bytes_of, drawing_of, new_line, subject, tags, with};

#[test]
fn a_handle_is_not_given_out_again_when_its_record_is_gone() {
    let mut work = Work::on(bytes_of("line"));
    let (a, b) = (work.current.id_max().0 + 1, work.current.id_max().0 + 2);
    let handle = |work: &Work, id: u64| work.current.entity(EntityId(id)).and_then(|entity| entity.handle);
    let line = new_line(&work.current, a);
    work.apply(&Op::New(vec![line]));
    work.save();
    let first = handle(&work, a).expect("minted");
    let undo = work.apply(&Op::Remove(vec![RecordId(a)]));
    let line = new_line(&work.current, b);
    work.apply(&Op::New(vec![line]));
    work.save();
    assert!(handle(&work, b).expect("minted") > first);
    work.apply(&undo);
    assert_eq!(handle(&work, a), Some(first));
    let saved = work.save();
    assert_eq!(drawing_of(&saved.bytes).entity_count(), work.current.entity_count());
}

/// A line drawn into a file with that in place of the handle of its first line, `piece`, is saved under a handle that
/// nothing else has.
fn check_odd(bytes: Vec<u8>, what: &str) {
    let mut work = Work::on(bytes);
    let id = work.current.id_max().0 + 1;
    let line = new_line(&work.current, id);
    work.apply(&Op::New(vec![line]));
    let saved = work.save();
    let handle = work.current.entity(EntityId(id)).and_then(|entity| entity.handle).expect("minted");
    let (tags, own) = (tags(&work.bytes), format!("5 {:X}", handle.0));
    let seen = tags.windows(2).any(|pair| pair[0] != "9 $HANDSEED" && pair[1] == own);
    assert!(!seen && handle.0 > 0 && handle.0 <= 0xffff_ffff, "{what}: {handle:?}");
    assert_eq!(drawing_of(&saved.bytes).entity_count(), work.current.entity_count(), "{what}");
}

#[test]
fn odd_handles_do_not_stand_in_the_way_of_new_lines() {
    for handle in ["FFFFFFFE", "FFFFFFFF", "FFFFFFF0", "100000000", "FFFFFFFFFFFFFFFF", "FFFFFFFFFFFFFFFFFFFF", "no"] {
        check_odd(with("line", "LINE\n  5\n30\n", &format!("LINE\n  5\n{handle}\n")), handle);
        check_odd(with("line", "$HANDSEED\n  5\n100\n", &format!("$HANDSEED\n  5\n{handle}\n")), handle);
    }
}

/// Where the file's handles go to the top, what is minted from the gaps isn't given out again either.
#[test]
fn gaps_are_gone_through_once() {
    let mut work = Work::on(with("line", "LINE\n  5\n30\n", "LINE\n  5\nFFFFFFFE\n"));
    let mut last = 0;
    for id in work.current.id_max().0 + 1..work.current.id_max().0 + 60 {
        let line = new_line(&work.current, id);
        work.apply(&Op::New(vec![line]));
        work.save();
        let handle = work.current.entity(EntityId(id)).and_then(|entity| entity.handle).expect("minted").0;
        assert!(handle > last && !tags(&work.bytes).contains(&format!("5 {handle:X}")), "{handle:X}");
        last = handle;
        work.apply(&Op::Remove(vec![RecordId(id)]));
    }
}

/// What stands at the handles of `kinds` of objects in a file.
fn handles_of(bytes: &[u8], kinds: &[&str]) -> Vec<String> {
    let tags = tags(bytes);
    let pairs = tags.windows(2).filter(|pair| kinds.contains(&&pair[0][..]));
    pairs.map(|pair| format!("{} {}", pair[0], pair[1])).collect()
}

const PARTS: [&str; 5] = ["0 VERTEX", "0 ATTRIB", "0 SEQEND", "0 BLOCK", "0 ENDBLK"];

#[test]
fn parts_keep_their_handles_from_save_to_save() {
    for name in ["insert", "polyline"] {
        let mut work = Work::on(bytes_of(name));
        let first = work.current.id_max().0 + 1;
        let mut copy = work.subject();
        (copy.id, copy.handle, copy.source) = (EntityId(first), None, None);
        if let Shape::Insert(insert) = &mut copy.shape {
            insert.attributes.iter_mut().for_each(|each| (each.handle, each.source) = (None, None));
        }
        let block = drawing::Block {
            id: drawing::BlockId(first + 1),
            handle: None,
            source: None,
            name: "New".into(),
            base: drawing::Point::ZERO,
            xref_path: None,
        };
        work.apply(&Op::New(vec![Record::Entity(copy.clone()), Record::Block(block)]));
        let before = handles_of(&work.save().bytes, &PARTS);
        copy.id = EntityId(first + 2);
        let line = new_line(&work.current, first + 3);
        work.apply(&Op::New(vec![Record::Entity(copy), line]));
        let after = handles_of(&work.save().bytes, &PARTS);
        assert!(before.iter().all(|handle| after.contains(handle)), "{name}: {before:?} became {after:?}");
        let alone: std::collections::BTreeSet<_> = after.iter().collect();
        assert_eq!(alone.len(), after.len(), "{name}: {after:?}");
        assert!(after.len() > before.len(), "{name}");
    }
}

#[test]
fn a_file_from_nothing_keeps_its_handles_from_save_to_save() {
    let empty = Drawing::new();
    let mut current = empty.clone();
    let mut saved = |id: u64| {
        let line = new_line(&current, id);
        current.apply(&Op::New(vec![line])).expect("applies");
        let op = mint(None, &empty, &current).expect("handles");
        current.apply(&op).expect("mints");
        save(None, &empty, &current).expect("saves").bytes
    };
    let (before, after) = (saved(100), saved(101));
    let handles = |bytes: &[u8]| {
        let tags = tags(bytes);
        tags.into_iter().filter(|tag| tag.starts_with("5 ") || tag.starts_with("105 ")).collect::<Vec<_>>()
    };
    let (before, after) = (handles(&before), handles(&after));
    // The first is the seed.
    assert!(before[1..].iter().all(|handle| after.contains(handle)), "{before:?} became {after:?}");
    let alone: std::collections::BTreeSet<_> = after[1..].iter().collect();
    assert_eq!(alone.len(), after.len() - 1, "{after:?}");
}

/// A line without a handle, in a file that has them, is recoloured by one tag; where it must be written anew, it gets
/// one.
#[test]
fn an_entity_without_a_handle_can_be_rewritten() {
    let bytes = with("lwpolyline", "LWPOLYLINE\n  5\n30\n", "LWPOLYLINE\n");
    let mut work = Work::on(bytes);
    let find = |drawing: &Drawing| {
        let polyline = drawing.entities().find(|entity| matches!(entity.shape, Shape::Polyline(_)));
        polyline.cloned().expect("the polyline")
    };
    let mut entity = find(&work.current);
    entity.style.color = Color::Index(3);
    work.apply(&Op::Change(vec![Record::Entity(entity.clone())]));
    assert_eq!(work.differences(), ["+62 3"]);
    entity.shape =
        Shape::Line(drawing::Line { start: drawing::Point3::default(), end: drawing::Point3::flat(1.0, 2.0) });
    work.apply(&Op::Change(vec![Record::Entity(entity.clone())]));
    let saved = work.save();
    let again = drawing_of(&saved.bytes);
    let line = again.entities().find(|each| each.shape == entity.shape).expect("the line");
    assert_eq!(line.handle, Some(Handle(0x100)));
    assert_eq!(subject(&again), None);
    assert!(tags(&saved.bytes).contains(&"5 101".to_owned()), "the seed is above it");
}
