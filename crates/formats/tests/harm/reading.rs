//! What files get that are odd or broken.

use std::ops::ControlFlow;

use drawing::{Handle, LinearFormat, Shape};
use formats::{Reading, read};

use super::files::{Work, bytes_of, drawing_of, file_of, new_line, reading_of, subject, with};

fn told(reading: &Reading) -> Vec<String> {
    reading.findings.iter().map(ToString::to_string).collect()
}

/// Names that differ by blanks of Unicode alone are two names.
#[test]
fn a_blank_that_is_none_in_ascii_makes_another_name() {
    for blank in ["\u{a0}", "\u{2003}", "\u{3000}", "\u{85}"] {
        let tags = format!(
            "0 SECTION|2 HEADER|9 $ACADVER|1 AC1021|0 ENDSEC|0 SECTION|2 TABLES|0 TABLE|2 LTYPE|0 LTYPE|2 A|70 0|\
             0 LTYPE|2 A{blank}|70 0|0 ENDTAB|0 TABLE|2 LAYER|0 LAYER|2 WALL|70 0|62 1|6 A|0 LAYER|2 WALL{blank}|70 0|62 2|\
             6 A{blank}|0 ENDTAB|0 TABLE|2 STYLE|0 STYLE|2 S|70 0|0 STYLE|2 S{blank}|70 0|0 ENDTAB|0 ENDSEC|0 SECTION|2 BLOCKS|\
             0 BLOCK|2 B|70 0|0 ENDBLK|0 BLOCK|2 B{blank}|70 0|0 ENDBLK|0 ENDSEC|0 SECTION|2 ENTITIES|0 LINE|8 WALL{blank}|\
             10 1|20 1|11 2|21 2|0 LINE|8  wall |10 1|20 1|11 2|21 2|0 LINE|8 {blank}WALL|10 1|20 1|11 2|21 2|0 ENDSEC|0 EOF"
        );
        let drawing = drawing_of(&file_of(&tags));
        let layers: Vec<_> = drawing.layers().map(|layer| layer.name.as_str()).collect();
        let [with_blank, before] = [format!("WALL{blank}"), format!("{blank}WALL")];
        assert!(["WALL", &with_blank, &before].iter().all(|name| layers.contains(name)), "{layers:?}");
        let of_lines: Vec<_> = drawing.entities().map(|line| &drawing.layer(line.style.layer).unwrap().name).collect();
        assert_eq!(of_lines, [&with_blank, "WALL", &before]);
        assert_eq!(drawing.linetypes().count(), 2);
    }
}

/// Only the beginning of what is no number is looked through, so that a long line takes no longer than a short one.
#[test]
fn a_very_long_number_is_read_by_its_beginning() {
    let long = "1".repeat(50_000_000) + "x";
    let file =
        |number: &str| file_of(&format!("0 SECTION|2 ENTITIES|0 LINE|8 0|10 {number}|20 0|11 2|21 2|0 ENDSEC|0 EOF"));
    let reading = reading_of(&file(&long));
    let Some(Shape::Line(line)) = reading.drawing.entities().next().map(|line| line.shape.clone()) else { panic!() };
    assert_eq!(line.start.x, "1".repeat(64).parse().unwrap());
    assert!(told(&reading)[0].contains("which is not a number"), "{:?}", told(&reading));
    let Some(Shape::Line(line)) = drawing_of(&file("1.5e")).entities().next().map(|line| line.shape.clone()) else {
        panic!()
    };
    assert_eq!(line.start.x, 1.5);
}

#[test]
fn an_object_of_too_many_tags_is_kept_but_not_drawn() {
    let corners = "10\n1\n20\n1\n".repeat(1_100_000);
    let bytes = with("lwpolyline", "100\nAcDbPolyline\n", &format!("100\nAcDbPolyline\n{corners}"));
    let reading = reading_of(&bytes);
    assert!(told(&reading).iter().any(|line| line.contains("more tags than are read")), "{:?}", told(&reading));
    let mut work = Work::on(bytes);
    let entity = work.subject();
    assert!(matches!(entity.shape, Shape::Opaque(_)));
    let span = entity.source.expect("a place").range();
    work.apply(&drawing::Op::Remove(vec![entity.id.into()]));
    let saved = work.save();
    assert_eq!(saved.bytes, [&work.bytes[..span.start], &work.bytes[span.end..]].concat());
    assert!(work.bytes[span.end..].starts_with(b"  0\nENDSEC"));
}

/// However a file is cut, no half corner or text of it is drawn.
#[test]
fn a_file_that_is_cut_anywhere_shows_only_what_came_whole() {
    for name in ["polyline", "polyline_space", "polyline_fitted", "insert", "line", "lwpolyline", "text"] {
        let bytes = bytes_of(name);
        let whole = subject(&drawing_of(&bytes)).expect("handle 30").shape;
        let text = String::from_utf8_lossy(&bytes);
        let from = text.find("  2\nENTITIES").expect("entities");
        let to = from + text[from..].find("ENDSEC").expect("its end");
        for at in from..to {
            let Ok(reading) = read(&bytes[..at], &mut |_| ControlFlow::Continue(())) else { continue };
            let Some(entity) = subject(&reading.drawing) else { continue };
            match (&entity.shape, &whole) {
                (Shape::Opaque(_), _) => {}
                (Shape::Polyline(part), Shape::Polyline(whole)) => {
                    assert_eq!(part.vertices, whole.vertices[..part.vertices.len()], "{name} cut at {at}");
                }
                (Shape::Insert(part), Shape::Insert(whole)) => {
                    let texts = |insert: &drawing::Insert| {
                        insert.attributes.iter().map(|attribute| attribute.text.clone()).collect::<Vec<_>>()
                    };
                    assert_eq!(texts(part), texts(whole)[..part.attributes.len()], "{name} cut at {at}");
                    assert_eq!(part.at, whole.at, "{name} cut at {at}");
                }
                (part, whole) => assert_eq!(part, whole, "{name} cut at {at}"),
            }
        }
    }
}

#[test]
fn lengths_are_in_feet_and_inches_where_the_dimensions_are() {
    let check = |bytes: Vec<u8>, format: LinearFormat, precision: u8| {
        let reading = reading_of(&bytes);
        let header = reading.drawing.header();
        assert_eq!((header.linear_format, header.linear_precision), (format, precision));
        let says = told(&reading).iter().any(|line| line.contains("feet and inches"));
        assert_eq!(says, format != LinearFormat::Decimal, "{:?}", told(&reading));
    };
    let name = "dimension_feet";
    check(bytes_of(name), LinearFormat::Architectural, 5);
    check(with(name, "277\n4\n", "277\n3\n"), LinearFormat::Engineering, 5);
    check(with(name, "277\n4\n", "270\n4\n"), LinearFormat::Architectural, 5);
    check(with(name, "277\n4\n", "277\n2\n"), LinearFormat::Decimal, 2);
    check(with(name, "271\n5\n", ""), LinearFormat::Architectural, 4);
    // The style that is there but that no dimension uses says nothing.
    check(with(name, "  3\nArch\n", "  3\nStandard\n"), LinearFormat::Decimal, 2);
    // What the header says besides decimal counts.
    let fractional = with(name, "$LUNITS\n 70\n2\n", "$LUNITS\n 70\n5\n");
    assert_eq!(drawing_of(&fractional).header().linear_format, LinearFormat::Fractional);
}

#[test]
fn the_draw_order_is_that_of_the_sort_table() {
    let order = |bytes: &[u8]| {
        let drawing = drawing_of(bytes);
        let model = drawing.model_space().expect("model space");
        drawing.entities_of(model).filter_map(|entity| entity.handle).map(|handle| handle.0).collect::<Vec<_>>()
    };
    let name = "hatch_draw_order";
    assert_eq!(order(&bytes_of(name)), [0x31, 0x30, 0x32]);
    assert_eq!(order(&with(name, "331\n30\n  5\n31\n331\n31\n  5\n30\n", "331\n30\n  5\n40\n")), [0x31, 0x32, 0x30]);
    // A table of a block that isn't there.
    let lost = with(name, "AcDbSortentsTable\n330\n9\n", "AcDbSortentsTable\n330\nFFF\n");
    assert_eq!(order(&lost), [0x30, 0x31, 0x32]);

    // A new line is on top, here and in the file.
    let mut work = Work::on(bytes_of(name));
    let line = new_line(&work.current, work.current.id_max().0 + 1);
    work.apply(&drawing::Op::New(vec![line]));
    assert_eq!(order(&work.save().bytes), [0x31, 0x30, 0x32, 0x100]);
    // What files can't say yet is told.
    let mut work = Work::on(bytes_of(name));
    let mut entity = work.subject();
    entity.order = drawing::Order(1);
    work.apply(&drawing::Op::Change(vec![drawing::Record::Entity(entity)]));
    let notes = work.save().notes;
    assert_eq!(notes, ["HATCH 30 keeps the place in the draw order that it has in the file"]);
}

/// A direction that means up and was rounded is up: a move in the plane changes no height.
#[test]
fn a_direction_that_is_up_but_for_rounding_is_up() {
    let bytes = with("circle_from_behind", "210\n0.0\n220\n0.0\n230\n-1.0\n", "210\n6e-17\n220\n0.0\n230\n1.0\n");
    let mut work = Work::on(bytes);
    let id = work.subject().id;
    work.apply(&drawing::Op::Translate { ids: vec![id], by: drawing::Vec2::new(1e6, 5.0) });
    assert_eq!(work.differences(), ["-10 5.0", "-20 6.0", "+10 1000005.0", "+20 11.0"]);
}

#[test]
fn an_attribute_is_where_its_first_part_says() {
    let check = |name: &str, at: (f64, f64), align_at: (f64, f64), value: &str| {
        let Shape::Insert(insert) = subject(&drawing_of(&bytes_of(name))).expect("handle 30").shape else { panic!() };
        let text = &insert.attributes[0].text;
        assert_eq!((text.at.x, text.at.y), at, "{name}");
        assert_eq!(text.align_at.map(|at| (at.x, at.y)), Some(align_at), "{name}");
        assert_eq!((text.value.as_str(), insert.attributes[0].tag.as_str()), (value, "NUMBER"), "{name}");
        assert_eq!(insert.attributes[0].handle, Some(Handle(0x31)), "{name}");
    };
    check("insert_attribute_repeated", (7.1, 8.1), (7.5, 8.5), "D1");
    check("insert_attribute_multiline", (7.1, 8.1), (7.5, 8.5), "D1");
}
