//! The right button: while idle a menu that begins with the last command; in a command its options, Enter first.

use drawing::EntityId;
use egui::{Button, Id, Response, RichText, Ui, vec2};

use crate::action::{Action, CanvasEvent};
use crate::command::Command;
use crate::document::{Document, LineWish};
use crate::theme::{Theme, size};

pub(super) fn show(response: &Response, document: &Document, actions: &mut Vec<Action>) {
    if response.secondary_clicked() {
        // The pointer is over the menu from here on.
        let under = document.pointer.hover;
        response.ctx.data_mut(|data| data.insert_temp(under_id(), under));
    }
    response.context_menu(|ui| {
        if document.tool.is_some() {
            options(ui, document, actions);
        } else {
            commands(ui, document, actions);
        }
    });
}

/// Where it is kept what lay under the pointer when the menu was opened.
fn under_id() -> Id {
    Id::unique("under the menu")
}

fn options(ui: &mut Ui, document: &Document, actions: &mut Vec<Action>) {
    if item(ui, "", "Enter", "Enter") {
        actions.push(Action::Tell(CanvasEvent::Accept));
    }
    for option in document.asked().options {
        if item(ui, "", option, "") {
            actions.push(Action::Tell(CanvasEvent::option(option)));
        }
    }
    ui.separator();
    if item(ui, "", "Cancel", "Esc") {
        actions.push(Action::Tell(CanvasEvent::Cancel));
    }
}

fn commands(ui: &mut Ui, document: &Document, actions: &mut Vec<Action>) {
    if let Some(last) = document.last_command {
        if item(ui, last.about().icon, &format!("Repeat {}", last.about().word), "Space") {
            actions.push(Action::Run(last));
        }
        ui.separator();
    }
    let under = ui.data(|data| data.get_temp::<Option<EntityId>>(under_id())).flatten();
    let under = under.filter(|id| document.may_edit() && document.is_others((*id).into()));
    if let Some(id) = under {
        let name = document.holders_of(&[id.into()]);
        let askable = document.may_ask_for(id);
        if askable && item(ui, crate::icon::LOCK_SIMPLE, &format!("Ask {name} for it"), "") {
            actions.push(Action::Line(LineWish::Ask(vec![id])));
        }
        if document.is_owner() && item(ui, "", &format!("Take over from {name}"), "") {
            actions.push(Action::Line(LineWish::TakeOver(vec![id])));
        }
        ui.separator();
    }
    let selected = !document.selection.is_empty();
    let groups: [&[Command]; 4] = [
        if selected { &[Command::Move, Command::CopyTo, Command::Rotate, Command::Erase] } else { &[] },
        if selected { &[Command::Cut, Command::Copy, Command::Paste] } else { &[Command::Paste, Command::SelectAll] },
        if selected { &[Command::Isolate, Command::SelectNone] } else { &[Command::EndIsolate] },
        &[Command::ZoomExtents, Command::Undo],
    ];
    for group in groups.into_iter().filter(|group| !group.is_empty()) {
        for command in group {
            let about = command.about();
            let hindered = document.role_hinders().filter(|_| command.changes());
            let chosen = |ui: &mut Ui| item(ui, about.icon, about.label, &about.keys());
            let row = ui.add_enabled_ui(hindered.is_none(), chosen);
            row.response.on_disabled_hover_text(hindered.unwrap_or_default());
            if row.inner {
                actions.push(Action::Run(*command));
            }
        }
        ui.separator();
    }
}

/// A row of the menu; whether it was chosen.
fn item(ui: &mut Ui, icon: &str, text: &str, keys: &str) -> bool {
    let theme = Theme::of(ui.ctx());
    let keys = RichText::new(keys).small().color(theme.quiet);
    let chosen = ui
        .add(Button::new((crate::theme::icon(icon), text)).right_text(keys).min_size(vec2(180.0, size::ROW)))
        .clicked();
    if chosen {
        ui.close();
    }
    chosen
}
