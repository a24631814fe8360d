//! Asking before somebody is put out.

use egui::Ui;
use protocol::SessionId;

use super::{card, quiet};
use crate::action::Action;
use crate::panels::widgets::main_button;
use crate::window::{Window, Word};

pub(super) fn put_out(
    ui: &mut Ui,
    window: &Window,
    (document, session): (u64, SessionId),
    name: &str,
    banned: bool,
    enter: bool,
    actions: &mut Vec<Action>,
) {
    let there = window.document().filter(|front| front.id == document);
    if there.is_none_or(|front| front.session.person(session).is_none()) {
        // They went by themselves meanwhile.
        return actions.push(Action::CloseDialog);
    }
    let (title, go) = if banned { (format!("Ban {name}?"), "Ban") } else { (format!("Remove {name}?"), "Remove") };
    card(ui, &title, 380.0, actions, |ui, actions| {
        let told = "They are told and have to go. What they hold is free at once; what was not stored stays with them.";
        quiet(ui, told);
        quiet(
            ui,
            if banned {
                "This installation of theirs is not let in again, nor is an invite that was made out to them. You can lift the \
                 ban in the dialog to share."
            } else {
                "They can come back by their link."
            },
        );
        ui.horizontal(|ui| {
            if main_button(ui, go).clicked() || enter {
                actions.push(Action::People(if banned { Word::Ban(session) } else { Word::Remove(session) }));
            }
            if ui.button("Cancel").clicked() {
                actions.push(Action::CloseDialog);
            }
        });
    });
}
