//! When an object goes, nothing of it is left: what it owned goes too, and nothing names it.

use drawing::{Handle, Op};

use super::files::{Work, bytes_of, differences, drawing_of, tags, with};

/// Every tag that can name another object and names `handle`.
fn names(bytes: &[u8], handle: &str) -> Vec<String> {
    let names = |tag: &String| {
        let (code, value) = tag.split_once(' ').expect("a tag");
        matches!(code.parse().unwrap_or(0), 320..=369 | 1005) && value == handle
    };
    tags(bytes).into_iter().filter(names).collect()
}

fn delete(work: &mut Work, handle: u64) {
    let entity = work.current.entities().find(|entity| entity.handle == Some(Handle(handle))).expect("an entity");
    let id = entity.id;
    work.apply(&Op::Remove(vec![id.into()]));
}

#[test]
fn a_deleted_line_leaves_no_trace() {
    let mut work = Work::on(bytes_of("line_named_by_others"));
    delete(&mut work, 0x30);
    let saved = work.save();
    assert_eq!(names(&saved.bytes, "30"), Vec::<String>::new());
    assert_eq!(names(&saved.bytes, "61"), Vec::<String>::new());
    let found = differences(&work.bytes, &saved.bytes);
    let line = tags(&work.bytes);
    let at = line.iter().position(|tag| tag == "5 30").expect("it was there") - 1;
    let len = line[at + 1..].iter().position(|tag| tag.starts_with("0 ")).expect("an end") + 1;
    let mut expect: Vec<String> = line[at..at + len].iter().map(|tag| format!("-{tag}")).collect();
    expect.extend(
        [
            // The reactors of the circle, its extended data.
            "-102 {ACAD_REACTORS",
            "-330 30",
            "-102 }",
            "-1005 30",
            "+1005 0",
            // One source object less of the hatch.
            "-97 2",
            "+97 1",
            "-330 30",
            // What the leader points to, the group.
            "-340 30",
            "+340 0",
            "-340 30",
            // Its dictionary and what is in it.
            "-0 DICTIONARY",
            "-5 61",
            "-330 30",
            "-100 AcDbDictionary",
            "-280 1",
            "-281 1",
            "-3 NOTES",
            "-360 62",
            "-0 XRECORD",
            "-5 62",
            "-330 61",
            "-100 AcDbXrecord",
            "-280 1",
            "-1 of the line",
            // Its place in the draw order.
            "-331 30",
            "-5 30",
        ]
        .map(str::to_owned),
    );
    assert_eq!(found, expect);
    assert_eq!(
        saved.notes,
        [
            "a CIRCLE named 30, which is gone: it names nothing now",
            "a LEADER named 30, which is gone: it names nothing now"
        ]
    );
    assert_eq!(drawing_of(&saved.bytes).entity_count(), work.original.entity_count() - 1);
}

#[test]
fn all_that_names_it_may_go_with_it() {
    let mut work = Work::on(bytes_of("line_named_by_others"));
    [0x30, 0x33, 0x34, 0x35].into_iter().for_each(|handle| delete(&mut work, handle));
    let saved = work.save();
    for handle in ["30", "33", "34", "35", "61", "62"] {
        assert_eq!(names(&saved.bytes, handle), Vec::<String>::new(), "{handle}");
    }
    assert_eq!(saved.notes, Vec::<String>::new());
}

/// Of two objects with one handle the other stays, and so does what names it.
#[test]
fn a_handle_that_another_object_has_too_is_still_named() {
    let mut work = Work::on(with("line_named_by_others", "CIRCLE\n  5\n33\n", "CIRCLE\n  5\n30\n"));
    let line =
        work.current.entities().find(|entity| entity.shape.kind() == "LINE" && entity.handle == Some(Handle(0x30)));
    let id = line.expect("the line").id;
    work.apply(&Op::Remove(vec![id.into()]));
    let saved = work.save();
    assert!(!names(&saved.bytes, "30").is_empty());
    assert_eq!(saved.notes, Vec::<String>::new());
}

/// A paper space can't go out of a file while its layout stays.
#[test]
fn a_removed_sheet_stays_in_the_file_and_that_is_told() {
    let mut work = Work::on(bytes_of("line"));
    let layout = work.current.layouts().find(|layout| layout.name == "Sheet").expect("a sheet").clone();
    let mut ids: Vec<drawing::RecordId> =
        work.current.entities_of(layout.block).map(|entity| entity.id.into()).collect();
    ids.extend([drawing::RecordId::from(layout.id), layout.block.into()]);
    work.apply(&Op::Remove(ids));
    let saved = work.save();
    assert_eq!(differences(&work.bytes, &saved.bytes), Vec::<String>::new());
    assert_eq!(saved.notes.len(), 2, "{:?}", saved.notes);
}
