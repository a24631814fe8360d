//! Copying and pasting, within a drawing and between two.

use app::action::{Action, CanvasEvent, Pick};
use app::command::Command;
use drawing::{Drawing, EntityId, LineStyle, Point, Shape};
use egui::Key;

use crate::Opened;

/// A drawing in which the tables stand in this order, so that equal ids have other names in another order.
fn tables(layers: [&str; 2], linetypes: [&str; 2], styles: [&str; 2], blocks: [(&str, f64); 2]) -> String {
    let mut text = String::from(" 0\nSECTION\n 2\nTABLES\n 0\nTABLE\n 2\nLTYPE\n 70\n2\n");
    for name in linetypes {
        text += &format!(" 0\nLTYPE\n 2\n{name}\n 70\n0\n 3\n\n 72\n65\n 73\n2\n 40\n3.0\n 49\n2.0\n 49\n-1.0\n");
    }
    text += " 0\nENDTAB\n 0\nTABLE\n 2\nLAYER\n 70\n2\n";
    for name in layers {
        text += &format!(" 0\nLAYER\n 2\n{name}\n 70\n0\n 62\n3\n 6\nCONTINUOUS\n");
    }
    text += " 0\nENDTAB\n 0\nTABLE\n 2\nSTYLE\n 70\n2\n";
    for name in styles {
        text += &format!(" 0\nSTYLE\n 2\n{name}\n 70\n0\n 40\n0.0\n 41\n1.0\n 3\ntxt\n");
    }
    text += " 0\nENDTAB\n 0\nENDSEC\n 0\nSECTION\n 2\nBLOCKS\n";
    for (name, radius) in blocks {
        text += &format!(" 0\nBLOCK\n 8\n0\n 2\n{name}\n 70\n0\n 10\n0.0\n 20\n0.0\n");
        text += &format!(" 0\nCIRCLE\n 8\n{}\n 10\n0.0\n 20\n0.0\n 40\n{radius:?}\n 0\nENDBLK\n", layers[0]);
    }
    text + " 0\nENDSEC\n"
}

fn with_entities(tables: String, entities: &str) -> String {
    tables + " 0\nSECTION\n 2\nENTITIES\n" + entities + " 0\nENDSEC\n 0\nEOF\n"
}

/// Where a shape stands, and what it says of its tables, all by name.
fn by_name(drawing: &Drawing, id: EntityId) -> String {
    let entity = drawing.entity(id).expect("it is there");
    let layer = &drawing.layer(entity.style.layer).expect("its layer").name;
    let linetype = match entity.style.linetype {
        LineStyle::Named(id) => drawing.linetype(id).expect("its linetype").name.clone(),
        other => format!("{other:?}"),
    };
    let style = |id| drawing.text_style(id).expect("its text style").name.clone();
    let shape = match &entity.shape {
        Shape::Insert(insert) => {
            let block = drawing.block(insert.block).expect("its block");
            let inside: Vec<_> = drawing
                .entities_of(insert.block)
                .map(|part| match &part.shape {
                    Shape::Circle(circle) => {
                        format!("{} r{}", drawing.layer(part.style.layer).expect("a layer").name, circle.radius)
                    }
                    other => other.kind().to_owned(),
                })
                .collect();
            let attributes: Vec<_> = insert
                .attributes
                .iter()
                .map(|a| format!("{} {}", drawing.layer(a.style.layer).expect("a layer").name, a.text.value))
                .collect();
            format!("{} {inside:?} {attributes:?}", block.name)
        }
        Shape::Text(text) => format!("TEXT in {}", text.style.map_or("no style".into(), style)),
        other => other.kind().to_owned(),
    };
    format!("{layer} {linetype} {shape}")
}

#[test]
fn pasting_into_another_drawing_goes_by_name_and_brings_what_is_missing() {
    let entities = " 0\nLINE\n 8\nROOF\n 6\nDASHY\n 10\n0.0\n 20\n0.0\n 11\n9.0\n 21\n0.0\n\
         0\nTEXT\n 8\nWALL\n 7\nNARROW\n 10\n1.0\n 20\n1.0\n 40\n2.0\n 1\nHello\n\
         0\nINSERT\n 8\nWALL\n 2\nCHAIR\n 66\n1\n 10\n5.0\n 20\n5.0\n\
         0\nATTRIB\n 8\nROOF\n 2\nNO\n 1\nseven\n 10\n5.0\n 20\n5.0\n 40\n1.0\n 0\nSEQEND\n 8\n0\n\
         0\nINSERT\n 8\nROOF\n 2\nLAMP\n 10\n8.0\n 20\n5.0\n";
    let from = with_entities(
        tables(["WALL", "ROOF"], ["DASHY", "DOTTY"], ["NARROW", "WIDE"], [("CHAIR", 1.0), ("LAMP", 2.0)]),
        entities,
    );
    // The same tables in another order, some missing, and another LAMP.
    let into = with_entities(
        tables(["PIPES", "WALL"], ["OTHER", "DOTTY"], ["WIDE", "BOLD"], [("LAMP", 7.0), ("TABLE", 3.0)]),
        " 0\nLINE\n 8\nPIPES\n 10\n0.0\n 20\n0.0\n 11\n50.0\n 21\n30.0\n",
    );
    let mut opened = Opened::with(&[("from.dxf", &from), ("into.dxf", &into)]);
    let at = |opened: &Opened, title: &str| {
        opened.harness.state().documents.iter().position(|document| document.title == title).expect("it is open")
    };
    let source = at(&opened, "from.dxf");
    opened.perform(Action::Activate(source));
    let mut expect: Vec<_> =
        opened.document().shown().into_iter().map(|id| by_name(opened.document().drawing(), id)).collect();
    opened.ctrl(Key::A);
    opened.ctrl(Key::C);
    assert_eq!(opened.said(), "4 objects copied");
    let target = at(&opened, "into.dxf");
    opened.perform(Action::Activate(target));
    let before = opened.count();
    opened.ctrl(Key::V);
    assert_eq!(opened.document().asked().text, "Specify insertion point");
    opened.point(20.0, 20.0);
    opened.write("20,20 ");
    assert_eq!(opened.selected(), 4, "what was pasted is selected");
    assert_eq!(opened.count(), before + 4 + 1, "and the circle of the chair");
    for words in &mut expect {
        *words = words.replace("[\"WALL r2\"]", "[\"PIPES r7\"]");
    }
    let document = opened.document();
    let got: Vec<_> = document.selection.iter().map(|id| by_name(document.drawing(), *id)).collect();
    assert_eq!(got, expect);
    assert_eq!(opened.said(), "4 objects pasted; block LAMP differs here, and this drawing's own is used");
}

#[test]
fn what_is_pasted_stands_by_its_lower_left_corner_where_one_clicked() {
    let mut opened = Opened::new();
    opened.click(35.0, 45.0, egui::Modifiers::NONE);
    opened.ctrl(Key::C);
    opened.ctrl(Key::V);
    let made = opened.document().picture.overlays_made();
    opened.point(20.0, 20.0);
    opened.point(25.0, 20.0);
    opened.point(22.0, 30.0);
    assert!(opened.document().picture.overlays_made() <= made + 2, "the ghost is not made anew in each frame");
    opened.write("20,30 ");
    let lines = opened.document().drawing().entities().filter_map(|e| match &e.shape {
        Shape::Line(line) => Some((line.start.xy(), line.end.xy())),
        _ => None,
    });
    assert!(lines.collect::<Vec<_>>().contains(&(Point::new(20.0, 30.0), Point::new(70.0, 30.0))));
    opened.perform(Action::Run(Command::PasteInPlace));
    assert_eq!(opened.count(), 5);
    assert_eq!(opened.said(), "1 object pasted");
}

#[test]
fn a_copied_dimension_has_a_picture_of_its_own_that_moved_with_it() {
    let sample = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../assets/sample.dxf")).expect("a file");
    let mut opened = Opened::with(&[("sample.dxf", &sample)]);
    let block_of = |opened: &Opened, id: EntityId| match &opened.document().drawing().entity(id).expect("it").shape {
        Shape::Dimension(dimension) => dimension.block.expect("its picture"),
        other => panic!("{other:?}"),
    };
    let document = opened.document();
    let space = document.drawing().model_space().expect("model space");
    let found = document.drawing().entities_of(space).find(|e| matches!(e.shape, Shape::Dimension(_)));
    let original = found.expect("the sample has one").id;
    let lines = |opened: &Opened, id: EntityId| -> Vec<Point> {
        let drawing = opened.document().drawing();
        let parts = drawing.entities_of(block_of(opened, id));
        parts
            .filter_map(|part| if let Shape::Line(line) = &part.shape { Some(line.start.xy()) } else { None })
            .collect()
    };
    let before = lines(&opened, original);
    assert!(!before.is_empty());
    opened.perform(Action::Select(vec![original], Pick::Add));
    let known: std::collections::BTreeSet<_> = opened.document().drawing().entities().map(|e| e.id).collect();
    opened.perform(Action::CopyBy(drawing::Vec2::new(1000.0, 0.0)));
    let document = opened.document();
    let new = document.drawing().entities_of(space).find(|e| !known.contains(&e.id)).expect("a copy").id;
    assert_ne!(block_of(&opened, new), block_of(&opened, original));
    let moved: Vec<_> = before.iter().map(|at| Point::new(at.x + 1000.0, at.y)).collect();
    assert_eq!(lines(&opened, new), moved);
    assert_eq!(lines(&opened, original), before, "the original stays");
    opened.until("the room has it too", |window| window.document().is_some_and(|d| d.session.waiting() == 0));
    assert_eq!(opened.document().session.draft_count(), 0);
}

#[test]
fn more_than_there_are_numbers_for_is_pasted_as_soon_as_they_are_granted() {
    const COUNT: usize = 6_000;
    let line = |at: usize| format!(" 0\nLINE\n 8\n0\n 10\n{at}.0\n 20\n0.0\n 11\n{at}.0\n 21\n9.0\n");
    let lines: String = (0..COUNT).map(line).collect();
    let text = format!(" 0\nSECTION\n 2\nENTITIES\n{lines} 0\nENDSEC\n 0\nEOF\n");
    let mut opened = Opened::with(&[("many.dxf", &text)]);
    opened.ctrl(Key::A);
    opened.ctrl(Key::C);
    opened.perform(Action::Run(Command::PasteInPlace));
    opened.until("they are all there", |window| {
        window.document().is_some_and(|d| d.drawing().entity_count() == 2 * COUNT)
    });
    assert_eq!(opened.said(), "6000 objects pasted");
    opened.perform(Action::Run(Command::CopyTo));
    opened.perform(Action::Tell(CanvasEvent::Cancel));
}
