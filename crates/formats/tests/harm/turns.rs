//! What isn't modelled moves and turns with what is.

use drawing::{Entity, HatchFill, Op, Point, Point3, Record, Shape};

use super::files::{Work, bytes_of, drawing_of, subject, with};

/// A quarter turn about the origin.
fn turn(point: &mut Point3) {
    *point = Point3::new(0.0 - point.y, point.x, point.z);
}

fn turn_flat(point: &mut Point) {
    *point = Point::new(0.0 - point.y, point.x);
}

fn check(bytes: Vec<u8>, change: impl Fn(&mut Entity), expect: &[&str]) {
    let mut work = Work::on(bytes);
    let mut entity = work.subject();
    change(&mut entity);
    work.apply(&Op::Change(vec![Record::Entity(entity.clone())]));
    assert_eq!(work.differences(), expect, "{}", entity.shape.kind());
}

#[test]
fn a_turned_text_turns_what_it_repeats() {
    let text = |entity: &mut Entity| {
        let Shape::MText(text) = &mut entity.shape else { panic!("an MTEXT") };
        turn(&mut text.at);
        text.rotation_deg += 90.0;
    };
    // From upwards to leftwards; in the embedded object group 10 is the way and 11 the place.
    let expect = ["-10 1.0", "-20 2.0", "+10 -2.0", "+20 1.0", "-11 0.0", "-21 1.0", "+11 -1.0", "+21 0.0"];
    check(bytes_of("mtext"), text, &expect);
    let more = ["-10 0.0", "-20 1.0", "+10 -1.0", "+20 0.0", "-11 1.0", "-21 2.0", "+11 -2.0", "+21 1.0"];
    check(bytes_of("mtext_embedded"), text, &[&expect[..], &more[..]].concat());
}

#[test]
fn a_turned_attribute_turns_what_it_repeats() {
    let attribute = |entity: &mut Entity| {
        let Shape::Insert(insert) = &mut entity.shape else { panic!("an insert") };
        let text = &mut insert.attributes[0].text;
        turn(&mut text.at);
        text.align_at.iter_mut().for_each(turn);
        text.rotation_deg += 90.0;
    };
    let mut work = Work::on(bytes_of("insert_attribute_multiline"));
    let mut entity = work.subject();
    attribute(&mut entity);
    work.apply(&Op::Change(vec![Record::Entity(entity)]));
    let found = work.differences();
    // Its two points, its angle, the place that it repeats, then the embedded object: place, way, angle.
    for tag in [
        "+11 -8.5",
        "+21 7.5",
        "+50 90.0",
        "+10 -8.75",
        "+20 7.25",
        "-11 1.0",
        "-21 0.0",
        "+11 0.0",
        "+21 1.0",
        "-50 0.0",
    ] {
        assert!(found.contains(&tag.to_owned()), "{tag} is not in {found:?}");
    }
}

#[test]
fn the_frame_of_a_turned_polyline_turns_with_it() {
    let turned = |entity: &mut Entity| {
        let Shape::Polyline(polyline) = &mut entity.shape else { panic!("a polyline") };
        polyline.vertices.iter_mut().for_each(|vertex| turn(&mut vertex.at));
    };
    let mut work = Work::on(bytes_of("polyline_fitted"));
    let mut entity = work.subject();
    turned(&mut entity);
    work.apply(&Op::Change(vec![Record::Entity(entity.clone())]));
    let found = work.differences();
    // The control point at 1, 2.
    for tag in ["-10 1.0", "-20 2.0", "+10 -2.0", "+20 1.0"] {
        assert!(found.contains(&tag.to_owned()), "{tag} is not in {found:?}");
    }
    // One corner dragged is no motion of the whole: the frame stays, and that is told.
    let Shape::Polyline(polyline) = &mut entity.shape else { panic!("a polyline") };
    polyline.vertices[1].at.x += 5.0;
    work.apply(&Op::Change(vec![Record::Entity(entity)]));
    assert_eq!(work.save().notes, ["the frame of a fitted POLYLINE stays as it is in the file"]);
}

#[test]
fn the_ends_of_a_turned_spline_and_the_angle_of_a_turned_hatch_turn_with_them() {
    let spline = with("spline", "100\nAcDbSpline\n", "100\nAcDbSpline\n 12\n1.0\n 22\n0.0\n 32\n0.0\n");
    let mut work = Work::on(spline);
    let mut entity = work.subject();
    let Shape::Spline(curve) = &mut entity.shape else { panic!("a spline") };
    curve.controls.iter_mut().for_each(turn);
    work.apply(&Op::Change(vec![Record::Entity(entity)]));
    let found = work.differences();
    for tag in ["-12 1.0", "-22 0.0", "+12 0.0", "+22 1.0"] {
        assert!(found.contains(&tag.to_owned()), "{tag} is not in {found:?}");
    }

    let mut work = Work::on(bytes_of("hatch"));
    let mut entity = work.subject();
    let Shape::Hatch(hatch) = &mut entity.shape else { panic!("a hatch") };
    let HatchFill::Pattern { lines, .. } = &mut hatch.fill else { panic!("a pattern") };
    for (angle_deg, base, offset, _) in lines {
        *angle_deg += 90.0;
        turn_flat(base);
        turn_flat(offset);
    }
    work.apply(&Op::Change(vec![Record::Entity(entity)]));
    let found = work.differences();
    assert!(found.iter().any(|tag| tag.starts_with("+52 ")), "{found:?}");
    assert_eq!(found.iter().filter(|tag| tag.starts_with("-52 ")).count(), 1, "{found:?}");
}

#[test]
fn the_last_attribute_takes_the_end_of_the_attributes_along() {
    let none = |entity: &mut Entity| {
        let Shape::Insert(insert) = &mut entity.shape else { panic!("an insert") };
        insert.attributes.clear();
    };
    let mut work = Work::on(bytes_of("insert"));
    let mut entity = work.subject();
    none(&mut entity);
    work.apply(&Op::Change(vec![Record::Entity(entity)]));
    let saved = work.save();
    assert_eq!(saved.notes, Vec::<String>::new());
    let text = String::from_utf8(saved.bytes.clone()).expect("text");
    assert!(!text.contains("SEQEND") && !text.contains("ATTRIB") && !text.contains("\n 66\n"), "{text}");
    assert!(matches!(subject(&drawing_of(&saved.bytes)).expect("handle 30").shape, Shape::Insert(_)));
}
