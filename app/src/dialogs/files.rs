//! Paths, unsaved changes, files that changed on disk, and what a crash left behind.

use std::path::Path;

use egui::{RichText, TextEdit, Ui};

use super::{card, quiet};
use crate::action::Action;
use crate::document::{AtStake, Home, Then};
use crate::file;
use crate::panels::widgets::{main_button, text_field};
use crate::theme::{Theme, mono, size};
use crate::window::{Purpose, Window};

pub(super) fn path(
    ui: &mut Ui,
    purpose: Purpose,
    (path, looked): (&mut String, &mut Option<(String, bool)>),
    enter: bool,
    actions: &mut Vec<Action>,
) {
    let theme = Theme::of(ui.ctx());
    let (title, verb) = match purpose {
        Purpose::Open => ("Open a drawing", "Open"),
        Purpose::Save { .. } => ("Save the drawing as", "Save"),
        Purpose::SaveLog { .. } => ("Save the log as", "Save"),
    };
    card(ui, title, 520.0, actions, |ui, actions| {
        let hint = match purpose {
            Purpose::Open => "Path of a .dxf or .linework file",
            Purpose::Save { .. } => "Path of a .dxf file",
            Purpose::SaveLog { .. } => "Path of a .linework file",
        };
        let field = TextEdit::singleline(path).font(mono(size::DENSE)).hint_text(hint);
        let field = text_field(ui, field.desired_width(f32::INFINITY), "Path");
        field.request_focus();
        let typed = match purpose {
            Purpose::Open => file::typed(path),
            Purpose::Save { .. } => file::with_ending(file::typed(path)),
            Purpose::SaveLog { .. } => file::with_log_ending(file::typed(path)),
        };
        let is_empty = path.trim().is_empty();
        let there = match looked {
            Some((text, there)) if text == path => *there,
            _ => looked.insert((path.clone(), !is_empty && typed.is_file())).1,
        };
        let problem = match purpose {
            Purpose::Open if !is_empty && !there => Some("There is no such file"),
            Purpose::SaveLog { .. } if there => Some("That file exists, and no log is written over"),
            Purpose::Save { .. } if there => Some("That file exists; its last state is kept as .bak"),
            _ => None,
        };
        if let Some(problem) = problem {
            ui.label(RichText::new(problem).color(theme.warn));
        }
        ui.horizontal(|ui| {
            let wanted = main_button(ui, verb).clicked() || enter;
            if wanted && !is_empty && (there || purpose != Purpose::Open) {
                actions.push(Action::Picked(purpose, typed));
            }
            if ui.button("Cancel").clicked() {
                actions.push(Action::CloseDialog);
            }
        });
    });
}

pub(super) fn unsaved(ui: &mut Ui, window: &Window, id: u64, then_quit: bool, enter: bool, actions: &mut Vec<Action>) {
    let Some(document) = window.documents.iter().find(|document| document.id == id) else {
        return actions.push(Action::CloseDialog);
    };
    let me = document.session.me();
    let own = matches!(document.home, Home::Own { .. });
    let inside = document.session.people().filter(|person| Some(person.session) != me && person.connected);
    let inside: Vec<_> = inside.filter(|_| own).map(|person| person.name.clone()).collect();
    let (stake, title) = (document.at_stake(), document.title.clone());
    let copy = stake.only_here || stake.waiting > 0;
    let heading = match stake {
        AtStake { unsaved: true, .. } => format!("Save the changes to {title}?"),
        AtStake { saving: true, .. } => format!("{title} is being saved"),
        _ if copy => format!("Save a copy of {title}?"),
        AtStake { comments: 1.., .. } => format!("Keep what was said about {title}?"),
        AtStake { drafts: 1.., .. } => format!("Close {title} without these changes?"),
        _ => format!("{title} is shared"),
    };
    card(ui, &heading, 440.0, actions, |ui, actions| {
        if !inside.is_empty() {
            quiet(ui, format!("{} would be put out: the drawing is shared from this window.", inside.join(", ")));
        }
        for words in stake.words() {
            quiet(ui, words);
        }
        let leave = if then_quit { Then::Quit } else { Then::Close };
        ui.horizontal(|ui| {
            let main = match stake {
                _ if stake.saving => Some("When it is saved"),
                _ if stake.unsaved => Some("Save"),
                _ if copy => Some("Save a copy..."),
                _ => None,
            };
            if main.is_some_and(|label| main_button(ui, label).clicked() || enter) {
                // Where it is saved already, that goes on as is said here.
                actions.extend([Action::CloseDialog, Action::SaveThen(leave)]);
            }
            let label = match (stake, then_quit) {
                (AtStake { saving: true, .. }, _) => "Don't wait",
                (AtStake { unsaved: true, .. }, _) => "Don't save",
                (_, true) => "Quit",
                (_, false) => "Close",
            };
            if ui.button(label).clicked() {
                actions.push(Action::CloseNow(id));
                if then_quit {
                    actions.push(Action::Run(crate::command::Command::Quit));
                }
            }
            if stake.comments > 0 && ui.button("Save the log...").clicked() {
                actions.extend([Action::CloseDialog, Action::Run(crate::command::Command::SaveLog)]);
            }
            let stay = if inside.is_empty() { "Cancel" } else { "Keep sharing" };
            if ui.button(stay).clicked() {
                actions.push(Action::CloseDialog);
            }
        });
    });
}

pub(super) fn changed(ui: &mut Ui, path: &Path, (document, then): (u64, Then), enter: bool, actions: &mut Vec<Action>) {
    card(ui, "The file changed on disk", 460.0, actions, |ui, actions| {
        quiet(
            ui,
            format!(
                "Something else wrote {} since you opened it. Saving here would put your state in its place.",
                path.display()
            ),
        );
        ui.horizontal(|ui| {
            if main_button(ui, "Save as...").clicked() || enter {
                actions.push(Action::AskSaveAs(document, then));
            }
            if ui.button("Replace it").on_hover_text("What is there now is kept as .bak").clicked() {
                actions.push(Action::SaveOver(document, then));
            }
            if ui.button("Cancel").clicked() {
                actions.push(Action::CloseDialog);
            }
        });
    });
}

pub(super) fn recover(ui: &mut Ui, window: &Window, enter: bool, actions: &mut Vec<Action>) {
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
            if main_button(ui, "Bring it back").clicked() || enter {
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
