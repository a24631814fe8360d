//! Commands, and the keys and clicks that answer them.

use app::action::{Action, Pick};
use app::command::Command;
use drawing::Shape;
use egui::Key;
use egui_kittest::kittest::Queryable as _;

use crate::Opened;

/// The corners of the polylines of the drawing.
fn corners(opened: &Opened) -> Vec<usize> {
    let polylines = opened.document().drawing().entities().filter_map(|entity| match &entity.shape {
        Shape::Polyline(run) => Some(run.vertices.len()),
        _ => None,
    });
    polylines.collect()
}

#[test]
fn the_option_undo_takes_back_a_segment_clicked_in_the_line_and_in_the_menu() {
    let mut opened = Opened::new();
    let before = opened.count();
    opened.write("L 0,0 10,0 10,10 ");
    assert_eq!(opened.count(), before + 2);
    opened.harness.get_by_label("Undo").click();
    opened.until("the segment is gone", |window| {
        window.document().is_some_and(|d| d.drawing().entity_count() == before + 1)
    });
    let middle = opened.document().camera.area.center();
    for pressed in [true, false] {
        let (pos, button) = (middle, egui::PointerButton::Secondary);
        opened.harness.event(egui::Event::PointerMoved(middle));
        opened.harness.event(egui::Event::PointerButton { pos, button, pressed, modifiers: egui::Modifiers::NONE });
        opened.harness.step();
    }
    opened.harness.step();
    let options: Vec<_> = opened.harness.query_all_by_label("Undo").collect();
    options.last().expect("the menu offers it").click();
    drop(options);
    opened.until("the other one too", |window| window.document().is_some_and(|d| d.drawing().entity_count() == before));
}

#[test]
fn another_command_or_another_sheet_keeps_the_points_of_a_polyline() {
    let mut opened = Opened::new();
    opened.write("PL 0,0 10,0 10,10 ");
    opened.write("CIRCLE ");
    assert_eq!(corners(&opened), [3], "a circle was begun");
    opened.key(Key::Escape);
    opened.write("PL 0,0 10,0 ");
    opened.perform(Action::Run(Command::Move));
    assert_eq!(corners(&opened), [3, 2], "moving was begun");
    opened.key(Key::Escape);
    opened.write("PL 0,0 10,0 10,10 20,10 ");
    let other = opened.document().drawing().blocks().find(|block| block.is_paper_space()).map(|block| block.id);
    let other = other.or_else(|| opened.document().drawing().model_space()).expect("a space");
    opened.perform(Action::Space(other));
    assert_eq!(corners(&opened), [3, 2, 4], "a sheet was looked at");
}

#[test]
fn delete_inside_a_command_erases_nothing() {
    let mut opened = Opened::new();
    let before = opened.count();
    opened.click(35.0, 45.0, egui::Modifiers::NONE);
    opened.write("M 0,0 ");
    opened.key(Key::Delete);
    assert_eq!(opened.count(), before);
    opened.key(Key::Escape);
    opened.key(Key::Delete);
    opened
        .until("outside it does", |window| window.document().is_some_and(|d| d.drawing().entity_count() == before - 1));
}

#[test]
fn undo_inside_a_line_goes_back_a_point_and_says_nothing_of_other_edits() {
    let mut opened = Opened::new();
    let before = opened.count();
    opened.write("L 0,0 10,0 10,10 ");
    opened.ctrl(Key::Z);
    opened.until("one segment is left", |window| {
        window.document().is_some_and(|d| d.drawing().entity_count() == before + 1)
    });
    let base = opened.document().tool.as_ref().and_then(|tool| tool.base());
    assert_eq!(base, Some(drawing::Point::new(10.0, 0.0)), "the line goes on from where it is");
}

#[test]
fn undo_and_redo_say_what_they_did() {
    let mut opened = Opened::new();
    opened.write("C 50,50 5\n");
    opened.until("it is stored", |window| window.document().is_some_and(|d| d.session.waiting() == 0));
    opened.ctrl(Key::Z);
    assert_eq!(opened.said(), "Undone: drew CIRCLE");
    opened.until("it is stored", |window| window.document().is_some_and(|d| d.session.waiting() == 0));
    opened.ctrl(Key::Y);
    assert_eq!(opened.said(), "Redone: drew CIRCLE");
    opened.until("it is stored", |window| window.document().is_some_and(|d| d.session.waiting() == 0));
    opened.ctrl(Key::Y);
    assert_eq!(opened.said(), "Nothing to redo");
}

#[test]
fn esc_ends_a_command_whatever_is_typed_then_the_selection() {
    let mut opened = Opened::new();
    opened.click(35.0, 45.0, egui::Modifiers::NONE);
    opened.write("M 1,");
    opened.key(Key::Escape);
    assert!(opened.document().tool.is_none() && opened.document().prompt.typed.is_empty());
    assert_eq!(opened.selected(), 1, "the selection stays");
    opened.key(Key::Escape);
    assert_eq!(opened.selected(), 0);
}

#[test]
fn space_and_enter_repeat_the_last_command_accept_in_one_and_are_letters_in_a_text() {
    let mut opened = Opened::new();
    opened.write("L 0,0 1,0 ");
    opened.write(" ");
    assert!(opened.document().tool.is_none(), "Space ended the line");
    opened.write(" ");
    assert_eq!(opened.document().tool.as_ref().map(|tool| tool.command()), Some(Command::Line), "and began another");
    opened.key(Key::Escape);
    opened.write("T 0,0 3 a b\n\n");
    let texts = opened.document().drawing().entities().filter_map(|entity| match &entity.shape {
        Shape::Text(text) => Some(text.value.clone()),
        _ => None,
    });
    assert_eq!(texts.collect::<Vec<_>>(), ["a b"]);
}

#[test]
fn keys_go_on_working_after_tab_went_to_a_control() {
    let mut opened = Opened::new();
    opened.key(Key::Tab);
    opened.harness.step();
    assert!(opened.harness.ctx.memory(|memory| memory.focused()).is_some(), "Tab goes to a control");
    let snap = opened.harness.state().settings.snap;
    opened.key(Key::F3);
    assert_ne!(opened.harness.state().settings.snap, snap, "F3");
    opened.ctrl(Key::A);
    assert_eq!(opened.selected(), 3, "Ctrl+A");
    opened.key(Key::Escape);
    assert_eq!(opened.selected(), 3, "Esc leaves the control first");
    opened.key(Key::Tab);
    opened.harness.step();
    opened.write("L 0,0 5,5 ");
    assert_eq!(opened.count(), 4, "typing is the prompt's");
}

#[test]
fn keys_start_their_commands() {
    let mut opened = Opened::new();
    let settings = |opened: &Opened| {
        let settings = &opened.harness.state().settings;
        [settings.snap, settings.grid, settings.ortho, settings.polar, settings.cursor_input]
    };
    for (key, at) in [(Key::F3, 0), (Key::F7, 1), (Key::F8, 2), (Key::F10, 3), (Key::F12, 4)] {
        let before = settings(&opened);
        opened.key(key);
        assert_ne!(settings(&opened)[at], before[at], "{key:?}");
    }
    assert!(!settings(&opened)[2], "polar is instead of ortho");
    opened.ctrl(Key::A);
    assert_eq!(opened.selected(), 3);
    opened.ctrl(Key::C);
    assert_eq!(opened.said(), "3 objects copied");
    opened.ctrl(Key::X);
    assert_eq!(opened.count(), 0);
    opened.ctrl(Key::V);
    assert_eq!(opened.document().tool.as_ref().map(|tool| tool.command()), Some(Command::Paste));
    opened.key(Key::Escape);
    for (key, panel) in [(Key::Num2, "Properties"), (Key::Num3, "History"), (Key::Num1, "Layers")] {
        opened.ctrl(key);
        let shown = opened.harness.state().panel.map(|panel| format!("{panel:?}"));
        assert_eq!(shown.as_deref(), Some(panel));
    }
    opened.ctrl(Key::Num0);
    assert!(opened.harness.state().bare);
    opened.ctrl(Key::Num0);
    for (key, dialog) in [(Key::K, "Search"), (Key::F1, "Shortcuts")] {
        if key == Key::K {
            opened.ctrl(key)
        } else {
            opened.key(key)
        }
        opened.harness.step();
        assert!(format!("{:?}", opened.harness.state().dialog).starts_with(dialog), "{key:?}");
        opened.key(Key::Escape);
        opened.harness.step();
    }
    opened.ctrl(Key::N);
    opened.until("there is a new drawing", |window| window.documents.len() == 2);
    opened.ctrl(Key::W);
    assert_eq!(opened.harness.state().documents.len(), 1);
}

#[test]
fn the_scale_of_the_interface_has_bounds_and_leaves_the_drawing_as_large_as_it_was() {
    let mut opened = Opened::new();
    opened.perform(Action::ZoomTo(drawing::Rect::new(0.0, 0.0, 50.0, 30.0)));
    let pixels = |opened: &Opened| opened.document().camera.scale * f64::from(opened.harness.ctx.pixels_per_point());
    let before = pixels(&opened);
    opened.ctrl(Key::Equals);
    opened.harness.step();
    assert!((opened.harness.state().settings.zoom - 1.1).abs() < 1e-6);
    assert!((opened.harness.ctx.zoom_factor() - 1.1).abs() < 1e-6);
    assert!((pixels(&opened) / before - 1.0).abs() < 1e-4, "{} is not {before}", pixels(&opened));
    opened.perform(Action::Run(Command::Shortcuts));
    for _ in 0..20 {
        opened.ctrl(Key::Plus);
    }
    assert!(opened.harness.ctx.zoom_factor() < 1.2, "nothing is scaled under a dialog");
}

#[test]
fn what_a_command_asks_stands_at_the_pointer_unless_one_switches_that_off() {
    let mut opened = Opened::new();
    opened.perform(Action::Run(Command::Snap));
    opened.write("L ");
    opened.point(30.0, 30.0);
    let at = opened.at(30.0, 30.0);
    // The card below the pointer hides the grid and has letters in it.
    let colors = |opened: &mut Opened| {
        let picture = opened.harness.render().expect("a picture");
        let mut found = std::collections::BTreeSet::new();
        for x in 20..120 {
            for y in 30..44 {
                found.insert(picture.get_pixel(at.x as u32 + x, at.y as u32 + y).0);
            }
        }
        found.len()
    };
    let with = colors(&mut opened);
    opened.key(Key::F12);
    opened.harness.step();
    let without = colors(&mut opened);
    assert!(with > without + 20, "{with} colors with it, {without} without");
}

#[test]
fn a_click_may_select_alone() {
    let mut opened = Opened::new();
    opened.perform(Action::Run(Command::PickAdd));
    let (none, shift) = (egui::Modifiers::NONE, egui::Modifiers::SHIFT);
    opened.click(35.0, 45.0, none);
    opened.click(90.0, 20.0, none);
    assert_eq!(opened.selected(), 1, "a click selects alone");
    opened.click(35.0, 45.0, shift);
    assert_eq!(opened.selected(), 2, "Shift+click adds");
    opened.click(35.0, 45.0, shift);
    assert_eq!(opened.selected(), 1, "and takes out");
}

#[test]
fn text_from_the_clipboard_waits_to_be_entered() {
    let mut opened = Opened::new();
    let before = opened.count();
    opened.perform(Action::Select(opened.document().shown(), Pick::Add));
    opened.ctrl(Key::C);
    opened.harness.event(egui::Event::Paste("something else".into()));
    opened.harness.step();
    assert!(opened.document().tool.is_none(), "old objects are not pasted for other text");
    opened.write("T 0,0 3 ");
    opened.harness.event(egui::Event::Paste("two\nlines".into()));
    opened.harness.step();
    assert_eq!((opened.count(), opened.document().prompt.typed.as_str()), (before, "two lines"));
    opened.key(Key::Enter);
    assert_eq!(opened.count(), before + 1);
}
