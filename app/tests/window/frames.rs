//! What is there for those who can't see it, and what a frame must not cost.

use app::action::{Action, Pick};
use app::command::Command;
use egui::accesskit;
use egui_kittest::kittest::NodeT as _;

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
fn a_still_pointer_over_a_large_selection_sums_nothing_up_again() {
    let mut opened = Opened::new();
    let shown = opened.document().shown();
    opened.perform(Action::Select(shown, Pick::Add));
    opened.until("the locks are granted", |window| {
        window.document().is_some_and(|d| d.selection.iter().all(|id| d.session.is_mine((*id).into())))
    });
    opened.harness.step();
    let before = opened.harness.state_mut().document_mut().expect("a drawing").facts();
    for step in 0..20 {
        opened.point(20.0 + f64::from(step), 20.0);
    }
    let after = opened.harness.state_mut().document_mut().expect("a drawing").facts();
    assert!(std::sync::Arc::ptr_eq(&before, &after), "the sum of the selection was made again");
}
