//! Sharing a drawing, and joining one.

use egui::{RichText, TextEdit, Ui};

use super::{card, quiet};
use crate::action::Action;
use crate::command::Command;
use crate::document::Home;
use crate::nearby::Uninvited;
use crate::panels::nearby;
use crate::panels::widgets::{avatar, main_button, text_field, width_beside};
use crate::theme::{Theme, mono, size, strong};
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
                    let width = width_beside(ui, strong("Copy"));
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

/// The hosts on the network take no more than this part of the window's height; the rest is scrolled to.
const NEARBY_MAX: f32 = 0.28;

/// The field for an address.
fn address_field() -> egui::Id {
    egui::Id::unique("address to join")
}

/// The field for an address has the keyboard.
pub(crate) fn focus_address(ctx: &egui::Context) {
    ctx.memory_mut(|memory| memory.request_focus(address_field()));
}

pub(super) fn join(
    ui: &mut Ui,
    window: &Window,
    (address, name): (&mut String, &mut String),
    (trouble, wanted): (Option<&str>, Option<&Uninvited>),
    enter: bool,
    actions: &mut Vec<Action>,
) {
    let theme = Theme::of(ui.ctx());
    // A row or a button that Tab went to has Enter for itself.
    let focused = ui.memory(|memory| memory.focused());
    let in_a_field = focused.is_none_or(|focused| focused == address_field() || focused == name_field());
    card(ui, "Join a shared drawing", 460.0, actions, |ui, actions| {
        let called = name.clone();
        let height = NEARBY_MAX * ui.ctx().content_rect().height();
        egui::ScrollArea::vertical().max_height(height).show(ui, |ui| {
            nearby::show(ui, window, actions, |window, at, drawing| {
                let join = Action::JoinNearby(at, drawing.name.clone());
                match window.way_in(at, drawing) {
                    Some(_) => vec![Action::Name(called.clone()), join],
                    None => vec![join],
                }
            });
        });
        if let Some(Uninvited { title, host, .. }) = wanted {
            let words = format!(
                "{title}, at {host}, is joined by invitation. Whoever shares it can give you its address: from Share in \
                 their window, or from Invite on the host's page. Paste it here."
            );
            ui.label(RichText::new(words).color(theme.text));
        }
        ui.label(if wanted.is_some() { "Invitation" } else { "Address" });
        let hint = "linework://192.168.1.20:4848/plan#secret";
        let field = TextEdit::singleline(address).id(address_field()).hint_text(hint).desired_width(f32::INFINITY);
        let field = text_field(ui, field, "Address");
        if ui.memory(|memory| memory.focused()).is_none() {
            field.request_focus();
        }
        ui.label("Your name, as others see it");
        let field = TextEdit::singleline(name).id(name_field()).desired_width(200.0).char_limit(64);
        text_field(ui, field.hint_text("Your name"), "Your name");
        if let Some(trouble) = trouble {
            ui.label(RichText::new(trouble).color(theme.bad));
        }
        ui.horizontal(|ui| {
            if main_button(ui, "Join").clicked() || (enter && in_a_field) {
                let meant = wanted.map_or_else(|| address.trim().to_owned(), |wanted| wanted.address(address));
                actions.push(Action::Name(name.clone()));
                actions.push(Action::JoinAddress(meant));
            }
            if ui.button("Cancel").clicked() {
                actions.push(Action::CloseDialog);
            }
        });
    });
}

/// The field for one's name.
fn name_field() -> egui::Id {
    egui::Id::unique("name to join by")
}
