//! Files of which something is missing, edited.

use drawing::{Color, Entity, Op, Record, Shape};

use super::files::{Work, bytes_of, drawing_of, file_of, new_line, tags};

#[test]
fn new_entities_of_a_file_without_a_section_for_them_share_one() {
    let mut work = Work::on(file_of("0 SECTION|2 HEADER|9 $ACADVER|1 AC1015|0 ENDSEC|0 EOF"));
    let first = work.current.id_max().0 + 1;
    let lines = (first..first + 3).map(|id| new_line(&work.current, id)).collect();
    work.apply(&Op::New(lines));
    let saved = work.save();
    assert_eq!(drawing_of(&saved.bytes).entity_count(), 3);
    assert_eq!(tags(&saved.bytes).iter().filter(|tag| *tag == "2 ENTITIES").count(), 1);
}

fn recolored(work: &mut Work, is_it: impl Fn(&Entity) -> bool) {
    let mut entity = work.current.entities().find(|entity| is_it(entity)).expect("it is there").clone();
    assert!(matches!(entity.shape, Shape::Opaque(_)), "{:?}", entity.shape);
    entity.style.color = Color::Index(6);
    work.apply(&Op::Change(vec![Record::Entity(entity)]));
}

/// What isn't drawn is recoloured all the same: an insert of a block inside itself, a line that the end of its file cut.
#[test]
fn what_is_not_drawn_takes_another_color() {
    let mut work = Work::on(bytes_of("mistakes"));
    recolored(&mut work, |entity| entity.shape.kind() == "INSERT" && matches!(entity.shape, Shape::Opaque(_)));
    assert_eq!(work.differences(), ["+62 6"]);

    let bytes = bytes_of("line");
    let text = String::from_utf8(bytes.clone()).expect("text");
    let end = text.find(" 21\n4.0\n 31\n0.0\n1001").expect("the end of the line");
    let mut work = Work::on(bytes[..end].to_vec());
    recolored(&mut work, |entity| entity.handle == Some(drawing::Handle(0x30)));
    assert_eq!(work.differences(), ["-62 3", "+62 6"]);
}
