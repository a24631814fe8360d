//! Sharing a drawing, and joining one.

use egui::{RichText, TextEdit, Ui};

use super::{card, quiet};
use crate::action::Action;
use crate::command::Command;
use crate::document::Home;
use crate::panels::widgets::{avatar, main_button, text_field};
use crate::theme::{Theme, mono, size};
use crate::window::{Shared, Window};

pub(super) fn share(ui: &mut Ui, window: &Window, actions: &mut Vec<Action>) {
    let theme = Theme::of(ui.ctx());
    let shared = window.shared();
    let own = window.document().is_some_and(|document| matches!(document.home, Home::Own { .. }));
    card(ui, "Share this drawing", 460.0, actions, |ui, actions| {
        quiet(ui, "Whoever has this address can join and edit while it is open here.");
        match shared {
            Some(Shared::At(mut address)) => {
                ui.horizontal(|ui| {
                    let width = ui.available_width() - 76.0;
                    let field = TextEdit::singleline(&mut address).font(mono(size::DENSE)).desired_width(width);
                    text_field(ui, field, "Address");
                    if main_button(ui, "Copy").clicked() {
                        actions.push(Action::CopyText(address.clone()));
                    }
                });
                quiet(ui, "It works on this network, and carries the secret that lets one in.");
                if own && ui.button("Stop sharing").on_hover_text("Puts out everybody who joined").clicked() {
                    actions.push(Action::StopSharing);
                }
            }
            Some(Shared::Failed(why)) => {
                ui.label(RichText::new(why).color(theme.bad));
                if main_button(ui, "Try again").clicked() {
                    actions.push(Action::Run(Command::Share));
                }
            }
            Some(Shared::Starting) | None => quiet(ui, "Starting..."),
        }
        if let Some(document) = window.document() {
            let me = document.session.me();
            ui.separator();
            for person in document.session.people() {
                ui.horizontal(|ui| {
                    let mine = Some(person.session) == me;
                    avatar(ui, person, mine, false);
                    ui.label(&person.name);
                    let role = if mine { "you".into() } else { format!("{:?}", person.role).to_lowercase() };
                    ui.label(RichText::new(role).color(theme.quiet));
                });
            }
        }
    });
}

pub(super) fn join(
    ui: &mut Ui,
    (address, name): (&mut String, &mut String),
    trouble: Option<&str>,
    enter: bool,
    actions: &mut Vec<Action>,
) {
    let theme = Theme::of(ui.ctx());
    card(ui, "Join a shared drawing", 460.0, actions, |ui, actions| {
        ui.label("Address");
        let hint = "linework://192.168.1.20:4848/plan#secret";
        let field = TextEdit::singleline(address).hint_text(hint).desired_width(f32::INFINITY);
        let field = text_field(ui, field, "Address");
        if ui.memory(|memory| memory.focused()).is_none() {
            field.request_focus();
        }
        ui.label("Your name, as others see it");
        let field = TextEdit::singleline(name).desired_width(200.0).char_limit(64).hint_text("Your name");
        text_field(ui, field, "Your name");
        if let Some(trouble) = trouble {
            ui.label(RichText::new(trouble).color(theme.bad));
        }
        ui.horizontal(|ui| {
            if main_button(ui, "Join").clicked() || enter {
                actions.push(Action::Name(name.clone()));
                actions.push(Action::JoinAddress(address.trim().to_owned()));
            }
            if ui.button("Cancel").clicked() {
                actions.push(Action::CloseDialog);
            }
        });
    });
}
