//! A colour is three tags: an index, a true colour, its name. Changing it changes nothing else.

use drawing::{Color, Line, Op, Point3, Record, Shape};

use super::files::{Work, bytes_of, drawing_of, names, subject};

/// A file whose subject has a true colour with an index and a name beside it, and a reactor.
fn true_colored(name: &str) -> Option<Vec<u8>> {
    let text = String::from_utf8(bytes_of(name)).ok()?;
    let ending = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let at = text.find(&format!("  5{ending}30{ending}"))?;
    let owner = at + text[at..].find(&format!("330{ending}"))?;
    let layer = owner + text[owner..].find(&format!("  8{ending}Walls{ending}"))?;
    let reactors = "102\n{ACAD_REACTORS\n330\n50\n102\n}\n".replace('\n', ending);
    let colors = " 62\n5\n420\n255\n430\nBOOK$BLUE\n".replace('\n', ending);
    let behind = layer + format!("  8{ending}Walls{ending}").len();
    let mut rest = &text[behind..];
    if rest.starts_with(" 62\n") {
        rest = rest.splitn(3, '\n').nth(2)?;
    }
    Some([&text[..owner], &reactors, &text[owner..behind], &colors, rest].concat().into_bytes())
}

fn check(name: &str, color: Color, expect: &[&str]) {
    let Some(bytes) = true_colored(name) else { return };
    let mut work = Work::on(bytes);
    let mut entity = work.subject();
    assert_eq!(entity.style.color, Color::True(255), "{name}");
    entity.style.color = color;
    work.apply(&Op::Change(vec![Record::Entity(entity)]));
    assert_eq!(work.differences(), expect, "{name} to {color:?}");
}

#[test]
fn a_true_color_goes_with_its_index_and_name() {
    let kinds = names().into_iter().filter(|name| true_colored(name).is_some()).collect::<Vec<_>>();
    assert!(kinds.len() > 20, "{kinds:?}");
    for name in &kinds {
        check(name, Color::ByLayer, &["-62 5", "-420 255", "-430 BOOK$BLUE"]);
        check(name, Color::ByBlock, &["-62 5", "-420 255", "-430 BOOK$BLUE", "+62 0"]);
        check(name, Color::Index(3), &["-62 5", "-420 255", "-430 BOOK$BLUE", "+62 3"]);
        check(name, Color::True(256), &["-420 255", "-430 BOOK$BLUE", "+420 256"]);
    }
}

/// What can't be patched is written anew with what applications hung on it, and that is told.
#[test]
fn what_is_written_anew_keeps_what_others_hung_on_it_and_says_so() {
    let text = String::from_utf8(true_colored("lwpolyline").expect("a polyline")).expect("text");
    let end = text.find("  0\nENDSEC\n  0\nSECTION\n  2\nOBJECTS").expect("the end of the entities");
    let bytes = [&text[..end], "1001\nACAD\n1070\n7\n", &text[end..]].concat().into_bytes();
    let mut work = Work::on(bytes);
    let mut entity = work.subject();
    entity.shape = Shape::Line(Line { start: Point3::default(), end: Point3::flat(1.0, 2.0) });
    work.apply(&Op::Change(vec![Record::Entity(entity.clone())]));
    let saved = work.save();
    let said = subject(&drawing_of(&saved.bytes)).expect("handle 30");
    assert_eq!(said.shape, entity.shape);
    let text = String::from_utf8(saved.bytes).expect("text");
    assert!(saved.notes[0].starts_with("LINE 30 is written anew"), "{:?}", saved.notes);
    assert!(text.contains("  5\n30\n102\n{ACAD_REACTORS\n330\n50\n102\n}\n330\n9\n"), "{text}");
    assert!(text.contains("1001\nACAD\n1070\n7\n  0\nENDSEC"), "{text}");
}
