//! Paths, unsaved changes, files that changed on disk, and what a crash left behind.

use std::path::{Path, PathBuf};

use egui::{Key, RichText, TextEdit, Ui};

use super::{card, quiet};
use crate::action::Action;
use crate::document::Then;
use crate::panels::widgets::{main_button, text_field};
use crate::theme::{Theme, mono, size};
use crate::window::{Purpose, Window};

pub(super) fn path(ui: &mut Ui, purpose: Purpose, path: &mut String, actions: &mut Vec<Action>) {
    let theme = Theme::of(ui.ctx());
    let enter = ui.input(|input| input.key_pressed(Key::Enter));
    let (title, verb) = match purpose {
        Purpose::Open => ("Open a drawing", "Open"),
        Purpose::Save => ("Save the drawing as", "Save"),
    };
    card(ui, title, 520.0, actions, |ui, actions| {
        let hint = match purpose {
            Purpose::Open => "Path of a .dxf or .linework file",
            Purpose::Save => "Path of a .dxf file",
        };
        let field = TextEdit::singleline(path).font(mono(size::DENSE)).hint_text(hint);
        let field = text_field(ui, field.desired_width(f32::INFINITY), "Path");
        field.request_focus();
        let typed = PathBuf::from(path.trim());
        let problem = match purpose {
            Purpose::Open if !path.trim().is_empty() && !typed.is_file() => Some("There is no such file"),
            Purpose::Save if typed.is_file() => Some("That file exists; its last state is kept as .bak"),
            _ => None,
        };
        if let Some(problem) = problem {
            ui.label(RichText::new(problem).color(theme.warn));
        }
        ui.horizontal(|ui| {
            if (main_button(ui, verb).clicked() || enter) && !path.trim().is_empty() {
                match purpose {
                    Purpose::Open if typed.is_file() => actions.extend([Action::CloseDialog, Action::OpenFile(typed)]),
                    Purpose::Open => {}
                    Purpose::Save => actions.push(Action::SaveTo(typed)),
                }
            }
            if ui.button("Cancel").clicked() {
                actions.push(Action::CloseDialog);
            }
        });
    });
}

pub(super) fn unsaved(ui: &mut Ui, window: &Window, then_quit: bool, actions: &mut Vec<Action>) {
    let Some(document) = window.document() else { return };
    let me = document.session.me();
    let inside: Vec<_> = document
        .session
        .people()
        .filter(|person| Some(person.session) != me && person.connected)
        .map(|p| p.name.clone())
        .collect();
    let (dirty, title) = (document.is_dirty(), document.title.clone());
    let at = window.active;
    let heading = if dirty { format!("Save the changes to {title}?") } else { format!("{title} is shared") };
    card(ui, &heading, 440.0, actions, |ui, actions| {
        if !inside.is_empty() {
            quiet(ui, format!("{} would be put out: the drawing is shared from this window.", inside.join(", ")));
        }
        if dirty {
            quiet(ui, "Without saving, what you changed since the last save is not in the file.");
        }
        let leave = if then_quit { Then::Quit } else { Then::Close };
        ui.horizontal(|ui| {
            if dirty && main_button(ui, "Save").clicked() {
                actions.extend([Action::CloseDialog, Action::SaveThen(leave)]);
            }
            let label = match (dirty, then_quit) {
                (true, _) => "Don't save",
                (false, true) => "Quit",
                (false, false) => "Close",
            };
            if ui.button(label).clicked() {
                actions.push(Action::CloseNow(at));
                if then_quit {
                    actions.push(Action::Run(crate::command::Command::Quit));
                }
            }
            let stay = if inside.is_empty() { "Cancel" } else { "Keep sharing" };
            if ui.button(stay).clicked() {
                actions.push(Action::CloseDialog);
            }
        });
    });
}

pub(super) fn changed(ui: &mut Ui, path: &Path, actions: &mut Vec<Action>) {
    card(ui, "The file changed on disk", 460.0, actions, |ui, actions| {
        quiet(
            ui,
            format!(
                "Something else wrote {} since you opened it. Saving here would put your state in its place.",
                path.display()
            ),
        );
        ui.horizontal(|ui| {
            if main_button(ui, "Save as...").clicked() {
                actions.push(Action::Run(crate::command::Command::SaveAs));
            }
            if ui.button("Replace it").on_hover_text("What is there now is kept as .bak").clicked() {
                actions.push(Action::SaveOver);
            }
            if ui.button("Cancel").clicked() {
                actions.push(Action::CloseDialog);
            }
        });
    });
}

pub(super) fn recover(ui: &mut Ui, window: &Window, actions: &mut Vec<Action>) {
    let count = window.backstage.leftovers.len();
    card(ui, "Unsaved work was kept", 440.0, actions, |ui, actions| {
        quiet(
            ui,
            match count {
                1 => "Linework did not end well last time. All you did is still there.".into(),
                _ => format!("Linework did not end well {count} times. All you did is still there."),
            },
        );
        ui.horizontal(|ui| {
            if main_button(ui, "Bring it back").clicked() {
                actions.push(Action::Recover);
            }
            if ui.button("Throw it away").clicked() {
                actions.push(Action::Discard);
            }
            if ui.button("Later").clicked() {
                actions.push(Action::CloseDialog);
            }
        });
    });
}
