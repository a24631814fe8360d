//! What is there for those who can't see it, and what a frame must not cost.

use app::action::{Action, Pick};
use app::command::Command;
use egui::accesskit;
use egui_kittest::kittest::{NodeT as _, Queryable as _};

use crate::Opened;

/// What has an action and no name, by role.
fn nameless(opened: &Opened) -> Vec<String> {
    let root = opened.harness.root();
    let mut found = Vec::new();
    let mut nodes = vec![root];
    while let Some(node) = nodes.pop() {
        let inner = node.accesskit_node();
        let acts = [accesskit::Action::Click, accesskit::Action::SetValue]
            .iter()
            .any(|action| inner.data().supports_action(*action));
        let label = inner.label().unwrap_or_default();
        let value = inner.value().unwrap_or_default();
        // A scroll bar is one of the pane around it, and says so by its role.
        if acts && inner.role() != accesskit::Role::ScrollBar && label.trim().is_empty() && value.trim().is_empty() {
            found.push(format!("{:?} {:?}", inner.role(), inner.raw_bounds()));
        }
        nodes.extend(node.children());
    }
    found
}

#[test]
fn everything_that_can_be_pressed_has_a_name() {
    let mut opened = Opened::new();
    let shown = opened.document().shown();
    opened.perform(Action::Select(shown, Pick::Add));
    for command in [Command::Layers, Command::Properties, Command::History] {
        opened.perform(Action::Run(command));
        assert_eq!(nameless(&opened), [""; 0], "{command:?}");
    }
    for command in [Command::Search, Command::Shortcuts, Command::Join, Command::Share] {
        opened.perform(Action::Run(command));
        assert_eq!(nameless(&opened), [""; 0], "{command:?}");
        opened.perform(Action::CloseDialog);
    }
    opened.perform(Action::Run(Command::Line));
    assert_eq!(nameless(&opened), [""; 0], "in a command");
}

#[test]
fn f6_takes_the_keyboard_through_the_parts_of_the_window_and_tab_stays_inside_one() {
    let mut opened = Opened::new();
    let mut names = Vec::new();
    for _ in 0..6 {
        opened.key(egui::Key::F6);
        opened.harness.step();
        names.push(focused(&opened));
    }
    let expect = ["Menu", "Select", "Layers panel", "Layer 0", "Model", "Menu"];
    let mut sorted = names[..5].to_vec();
    sorted.sort();
    let mut all = expect[..5].to_vec();
    all.sort_unstable();
    assert_eq!(sorted, all, "each part once");
    assert_eq!(names[5], names[0], "and round again");
    while focused(&opened) != "Select" {
        opened.key(egui::Key::F6);
        opened.harness.step();
    }
    let area = |opened: &Opened| {
        let id = opened.harness.ctx.memory(|memory| memory.focused()).expect("something has the keyboard");
        opened.harness.ctx.read_response(id).expect("it is shown").rect
    };
    for _ in 0..30 {
        opened.key(egui::Key::Tab);
        opened.harness.step();
        opened.harness.step();
        assert!(area(&opened).center().x < 44.0, "Tab left the rail for {}", focused(&opened));
    }
}

/// The name of what has the keyboard.
fn focused(opened: &Opened) -> String {
    let mut nodes = vec![opened.harness.root()];
    while let Some(node) = nodes.pop() {
        let inner = node.accesskit_node();
        if inner.is_focused() {
            return inner.label().unwrap_or_default();
        }
        nodes.extend(node.children());
    }
    String::new()
}

#[test]
fn a_held_button_of_the_rail_opens_its_family() {
    let mut opened = Opened::new();
    let at = opened.harness.get_by_label("Rotate").rect().center();
    let button = egui::PointerButton::Primary;
    let press = |pressed| egui::Event::PointerButton { pos: at, button, pressed, modifiers: egui::Modifiers::NONE };
    opened.harness.event(egui::Event::PointerMoved(at));
    opened.harness.event(press(true));
    for _ in 0..40 {
        opened.harness.step();
    }
    opened.harness.event(press(false));
    opened.harness.step();
    opened.harness.step();
    assert!(opened.document().tool.is_none(), "holding is no click");
    assert_eq!(opened.harness.query_all_by_label("Erase").count(), 2, "the menu of the family");
    opened.harness.query_all_by_label("Move").last().expect("it offers Move").click();
    opened.harness.step();
    opened.harness.step();
    assert_eq!(opened.document().tool.as_ref().map(|tool| tool.command()), Some(Command::Move));
}

#[test]
fn the_current_layer_is_in_sight_without_panels_and_findings_can_be_looked_up() {
    let text = crate::drawing().replace(" 8\nWALL\n 10\n10.0", " 8\nWALL\n 10\nten");
    let mut opened = Opened::with(&[("plan.dxf", &text)]);
    opened.perform(Action::Run(Command::HidePanels));
    assert!(opened.harness.query_by_label("Layer 0").is_some());
    let count = opened.document().findings.len();
    assert!(count > 0, "something was found");
    let name = if count == 1 { "1 finding".to_owned() } else { format!("{count} findings") };
    opened.harness.get_by_label(&name).click();
    opened.harness.step();
    opened.harness.step();
    let first = opened.document().findings[0].clone();
    assert!(opened.harness.query_by_label(&first).is_some(), "{first}");
}

#[test]
fn a_still_pointer_over_a_large_selection_sums_nothing_up_again() {
    let mut opened = Opened::new();
    let shown = opened.document().shown();
    opened.perform(Action::Select(shown, Pick::Add));
    opened.until("the locks are granted", |window| {
        window.document().is_some_and(|d| d.selection.iter().all(|id| d.session.is_mine((*id).into())))
    });
    opened.harness.step();
    let document = opened.harness.state_mut().document_mut().expect("a drawing");
    let (before, layers) = (document.facts(), document.layers());
    for step in 0..20 {
        opened.point(20.0 + f64::from(step), 20.0);
    }
    let document = opened.harness.state_mut().document_mut().expect("a drawing");
    let after = document.facts();
    assert!(std::sync::Arc::ptr_eq(&layers, &document.layers()), "the layers were sorted again");
    assert!(std::sync::Arc::ptr_eq(&before, &after), "the sum of the selection was made again");
}
