//! Where one looks and what one sees: the view, isolation, layers, sheets.

use app::action::{Action, Pick};
use app::command::Command;
use drawing::{Point, Rect};
use egui::{Event, Key, Modifiers, MouseWheelSource, MouseWheelUnit, PointerButton, vec2};
use egui_kittest::kittest::Queryable as _;

use crate::Opened;

fn scroll(opened: &mut Opened, source: MouseWheelSource, unit: MouseWheelUnit, delta: egui::Vec2) {
    let phase = egui::TouchPhase::Move;
    opened.harness.event(Event::MouseWheel { unit, delta, source, phase, modifiers: Modifiers::NONE });
    opened.harness.step();
}

fn middle(opened: &mut Opened, at: egui::Pos2, pressed: bool) {
    opened.harness.event(Event::PointerMoved(at));
    let button = PointerButton::Middle;
    opened.harness.event(Event::PointerButton { pos: at, button, pressed, modifiers: Modifiers::NONE });
    opened.harness.step();
}

#[test]
fn the_wheel_zooms_at_the_cursor_and_two_fingers_pan() {
    let mut opened = Opened::new();
    opened.point(30.0, 20.0);
    let scale = opened.document().camera.scale;
    let under = opened.at(30.0, 20.0);
    scroll(&mut opened, MouseWheelSource::Wheel, MouseWheelUnit::Line, vec2(0.0, 2.0));
    assert!(opened.document().camera.scale > scale * 1.4);
    assert!((opened.at(30.0, 20.0) - under).length() < 0.1, "what was under the pointer is there still");
    let scale = opened.document().camera.scale;
    scroll(&mut opened, MouseWheelSource::Trackpad, MouseWheelUnit::Point, vec2(12.0, -30.0));
    assert_eq!(opened.document().camera.scale, scale, "two fingers don't zoom");
    assert!((opened.at(30.0, 20.0) - (under + vec2(12.0, -30.0))).length() < 0.1, "they pan");
    scroll(&mut opened, MouseWheelSource::Unknown, MouseWheelUnit::Point, vec2(0.0, 30.0));
    scroll(&mut opened, MouseWheelSource::Unknown, MouseWheelUnit::Point, vec2(0.0, -30.0));
    scroll(&mut opened, MouseWheelSource::Momentum, MouseWheelUnit::Point, vec2(50.0, 0.0));
    assert!((opened.at(30.0, 20.0) - (under + vec2(12.0, -30.0))).length() < 0.1, "and nothing goes on by itself");
    opened.perform(Action::Run(Command::Scrolling));
    scroll(&mut opened, MouseWheelSource::Trackpad, MouseWheelUnit::Point, vec2(0.0, 50.0));
    assert!(opened.document().camera.scale > scale, "unless one says that it is a wheel");
}

#[test]
fn the_middle_button_pans_and_twice_shows_everything() {
    let mut opened = Opened::new();
    let at = opened.at(50.0, 30.0);
    middle(&mut opened, at, true);
    opened.harness.event(Event::PointerMoved(at + vec2(40.0, 25.0)));
    opened.harness.step();
    middle(&mut opened, at + vec2(40.0, 25.0), false);
    assert!((opened.at(50.0, 30.0) - (at + vec2(40.0, 25.0))).length() < 0.1);
    opened.perform(Action::ZoomTo(Rect::new(0.0, 0.0, 1.0, 1.0)));
    let at = opened.document().camera.area.center();
    for _ in 0..2 {
        let (pos, button, modifiers) = (at, PointerButton::Middle, Modifiers::NONE);
        opened.harness.event(Event::PointerMoved(at));
        for pressed in [true, false] {
            opened.harness.event(Event::PointerButton { pos, button, pressed, modifiers });
        }
        opened.harness.step();
    }
    opened.harness.step();
    let seen = opened.document().camera.seen();
    assert!(seen.contains(Point::new(99.0, 59.0)) && seen.contains(Point::new(1.0, 1.0)), "{seen:?}");
}

#[test]
fn a_click_that_closes_a_menu_does_nothing_in_the_drawing() {
    let mut opened = Opened::new();
    opened.harness.get_by_label("Menu").click();
    opened.harness.step();
    opened.harness.step();
    assert!(egui::Popup::is_any_open(&opened.harness.ctx), "the menu is open");
    opened.click(90.0, 20.0, Modifiers::NONE);
    opened.harness.step();
    assert_eq!(opened.selected(), 0);
    assert!(!egui::Popup::is_any_open(&opened.harness.ctx), "the menu is closed");
    opened.click(90.0, 20.0, Modifiers::NONE);
    assert_eq!(opened.selected(), 1);
}

#[test]
fn shift_space_goes_through_what_lies_under_the_pointer() {
    let mut opened = Opened::new();
    let before = opened.document().shown();
    opened.write("L 10,45 60,45 ");
    opened.key(Key::Escape);
    opened.point(35.0, 45.0);
    let new = opened.document().shown().into_iter().find(|id| !before.contains(id)).expect("the new line");
    let lit = opened.document().pointer.hover.expect("something is lit");
    assert_eq!(lit, new, "the upper one first");
    opened.harness.key_press_modifiers(Modifiers::SHIFT, Key::Space);
    opened.harness.step();
    opened.harness.step();
    let next = opened.document().pointer.hover.expect("something is lit");
    assert_ne!(next, lit);
    opened.click(35.0, 45.0, Modifiers::NONE);
    assert_eq!(opened.document().selection.iter().copied().collect::<Vec<_>>(), [next]);
}

#[test]
fn what_is_set_aside_is_neither_selected_nor_erased() {
    let mut opened = Opened::new();
    opened.click(35.0, 45.0, Modifiers::NONE);
    opened.perform(Action::Run(Command::Isolate));
    opened.perform(Action::SelectNone);
    assert!(opened.harness.query_by_label("End isolation").is_some(), "the status bar says that it is on");
    opened.ctrl(Key::A);
    assert_eq!(opened.selected(), 1);
    opened.key(Key::Delete);
    assert_eq!(opened.count(), 2, "the other two are there still");
    opened.write("L 0,0 20,20 ");
    opened.key(Key::Escape);
    opened.ctrl(Key::A);
    assert_eq!(opened.selected(), 1, "what one draws meanwhile is seen");
    opened.harness.get_by_label("End isolation").click();
    opened.harness.step();
    opened.harness.step();
    assert_eq!(opened.document().shown().len(), 3);
}

fn sheet(opened: &Opened) -> Option<drawing::BlockId> {
    opened.document().drawing().blocks().find(|block| block.is_paper_space()).map(|block| block.id)
}

#[test]
fn an_empty_sheet_leaves_the_view_and_the_isolation_of_model_space_as_they_were() {
    let mut opened = Opened::new();
    opened.perform(Action::Run(Command::New));
    opened.until("there is a drawing with a sheet", |window| window.document().is_some_and(|d| d.title == "Drawing 1"));
    opened.until("it is here", |window| window.document().is_some_and(|d| d.may_edit() && d.picture.scene().is_some()));
    opened.write("L 0,0 100,60 ");
    opened.key(Key::Escape);
    opened.write("C 5,5 2 ");
    opened.ctrl(Key::A);
    opened.perform(Action::Run(Command::Isolate));
    opened.perform(Action::ZoomTo(Rect::new(3.0, 4.0, 13.0, 10.0)));
    let camera = opened.document().camera;
    let model = opened.document().drawing().model_space().expect("model space");
    let sheet = sheet(&opened).expect("a sheet");
    opened.perform(Action::Space(sheet));
    assert!(opened.document().isolated_here().is_none(), "the sheet is whole");
    opened.until("the sheet is built", |window| window.document().is_some_and(|d| !d.picture.is_busy()));
    opened.harness.step();
    let ctx = opened.harness.ctx.clone();
    opened.harness.state_mut().perform(&ctx, Action::Space(model));
    assert!(opened.document().picture.scene().is_none(), "nothing of the sheet is picked through this view");
    opened.until("model space is built", |window| {
        window.document().is_some_and(|d| d.picture.scene().is_some() && !d.picture.is_busy())
    });
    opened.harness.step();
    assert_eq!(opened.document().camera.center, camera.center);
    assert!((opened.document().camera.scale / camera.scale - 1.0).abs() < 1e-9);
    assert_eq!(opened.document().isolated_here().map(|only| only.len()), Some(2));
}

#[test]
fn layers_that_are_applied_stay_ones_own_until_everybody_has_them() {
    let mut opened = Opened::new();
    let wall = opened.document().drawing().layer_named("WALL").expect("the layer");
    opened.harness.get_by_label("Hide layer WALL").click();
    opened.harness.step();
    opened.harness.step();
    assert!(!opened.document().shows_layer(wall));
    let ctx = opened.harness.ctx.clone();
    opened.harness.state_mut().perform(&ctx, Action::Run(Command::ApplyLayers));
    assert_eq!(opened.document().visibility.layers.get(&wall), Some(&false), "asked for, not stored yet");
    opened.until("it is stored", |window| {
        window.document().is_some_and(|d| d.session.confirmed().layer(wall).is_some_and(|layer| layer.off))
    });
    opened.harness.step();
    assert!(opened.document().visibility.layers.is_empty() && !opened.document().shows_layer(wall));
}

#[test]
fn a_selection_of_what_layers_hide_is_not_made() {
    let mut opened = Opened::new();
    opened.harness.get_by_label("Hide layer POST").click();
    opened.harness.step();
    opened.harness.step();
    opened.ctrl(Key::A);
    assert_eq!(opened.selected(), 2);
    opened.perform(Action::Select(Vec::new(), Pick::Add));
    assert_eq!(opened.selected(), 2);
}
