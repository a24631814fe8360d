//! Sharing a drawing, and joining one.

use egui::{Key, RichText, TextEdit, Ui};

use super::{card, quiet};
use crate::action::Action;
use crate::panels::widgets::{avatar, main_button, text_field};
use crate::theme::{Theme, mono, size};
use crate::window::Window;

pub(super) fn share(ui: &mut Ui, window: &Window, actions: &mut Vec<Action>) {
    let theme = Theme::of(ui.ctx());
    let address = window.shared_address();
    card(ui, "Share this drawing", 460.0, actions, |ui, actions| {
        quiet(ui, "Whoever has this address can join and edit while it is open here.");
        match address {
            Some(mut address) => {
                ui.horizontal(|ui| {
                    let width = ui.available_width() - 76.0;
                    let field = TextEdit::singleline(&mut address).font(mono(size::DENSE)).desired_width(width);
                    text_field(ui, field, "Address");
                    if main_button(ui, "Copy").clicked() {
                        actions.push(Action::CopyText(address.clone()));
                    }
                });
                quiet(ui, "It works on this network, and carries the secret that lets one in.");
            }
            None => quiet(ui, "Starting..."),
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
    window: &mut Window,
    address: &mut String,
    trouble: Option<&str>,
    actions: &mut Vec<Action>,
) {
    let theme = Theme::of(ui.ctx());
    let enter = ui.input(|input| input.key_pressed(Key::Enter));
    card(ui, "Join a shared drawing", 460.0, actions, |ui, actions| {
        ui.label("Address");
        let hint = "linework://192.168.1.20:4848/plan#secret";
        let field = TextEdit::singleline(address).hint_text(hint).desired_width(f32::INFINITY);
        let field = text_field(ui, field, "Address");
        if ui.memory(|memory| memory.focused()).is_none() {
            field.request_focus();
        }
        ui.label("Your name, as others see it");
        let name = TextEdit::singleline(&mut window.settings.name).desired_width(200.0).char_limit(64);
        text_field(ui, name, "Your name");
        if let Some(trouble) = trouble {
            ui.label(RichText::new(trouble).color(theme.bad));
        }
        ui.horizontal(|ui| {
            if main_button(ui, "Join").clicked() || enter {
                actions.push(Action::JoinAddress(address.trim().to_owned()));
            }
            if ui.button("Cancel").clicked() {
                actions.push(Action::CloseDialog);
            }
        });
    });
}
